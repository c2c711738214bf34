"""Continuing a series of constants into an empty target: numbers by a steady step, and what a fill would do.

Two or more constants before the target (above it, or to its left) with one step between them; texts that end
in a number (`Q1`, `Item 7`) count as the number. Nothing is offered where formulas stand before the target.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise

from cellwright.edits.model import SetValues
from cellwright.proposers.model import Place
from cellwright.reference import Cell, Range, SheetRange
from cellwright.verify.model import Candidate, Kind
from cellwright.workbook.model import Value

_NUMBERED = re.compile(r"(.*?)(\d{1,9})", re.DOTALL)
_LEAST = 2
_MOST = 12
_MONTHS = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

_Read = Callable[[Value], tuple[str, float] | None]
_Write = Callable[[str, float], Value]


class Continuation:
    """Continues a series of constants."""

    name = "continuation"

    def propose(self, place: Place) -> list[Candidate]:
        """A candidate for the column and one for the row, where a series leads up to the target."""
        target = place.target.range
        if place.sheet.is_filled(place.cell):
            return []
        found: list[Candidate] = []
        for line in ("column", "row"):
            if (line == "column" and target.width != 1) or (line == "row" and target.height != 1):
                continue
            cells = _before(place, line)
            count = target.height if line == "column" else target.width
            values = continued([place.sheet.value(cell) for cell in cells], count)
            if values is None:
                continue
            rows = tuple((value,) for value in values) if line == "column" else (tuple(values),)
            edit = SetValues(place.target.sheet, target, rows)
            source = Range(cells[0].row, cells[0].column, cells[-1].row, cells[-1].column)
            features = {"continues": 1.0, "continues_count": min(len(cells), 6) / 6}
            reason = f"Continues the series {source.a1}"
            citations = (SheetRange(place.sheet.name, source),)
            found.append(Candidate(Kind.EDIT, (edit,), self.name, reason, citations, features))
        return found


def _before(place: Place, line: str) -> list[Cell]:
    """The constants that lead up to the place without a gap, in order; empty where a formula does."""
    cells: list[Cell] = []
    for distance in range(1, _MOST + 1):
        row, column = place.cell
        row, column = (row - distance, column) if line == "column" else (row, column - distance)
        if row < 0 or column < 0:
            break
        content = place.sheet.contents.get(Cell(row, column))
        if content is None or content.is_blank:
            break
        if content.formula is not None:
            return []
        cells.insert(0, Cell(row, column))
    return cells


def continued(values: list[Value], count: int) -> list[Value] | None:
    """The next `count` values of a series, None where the last few have no steady step.

    The longest tail of one kind is the series; a header before it does not count.
    """
    for read, write in (_NUMBER, _TEXT, _named(_MONTHS), _named(_DAYS)):
        tail: list[tuple[str, float]] = []
        for value in reversed(values):
            pair = read(value)
            if pair is None or (tail and pair[0] != tail[0][0]):
                break
            tail.insert(0, pair)
        if len(tail) < _LEAST:
            continue
        steps = {round(b[1] - a[1], 9) for a, b in pairwise(tail)}
        if len(steps) != 1 or steps == {0.0}:
            continue
        step, last = steps.pop(), tail[-1][1]
        return [write(tail[-1][0], last + step * (i + 1)) for i in range(count)]
    return None


def _read_number(value: Value) -> tuple[str, float] | None:
    return ("", value) if isinstance(value, float) else None


def _write_number(_kind: str, number: float) -> Value:
    return round(number, 9)


def _read_text(value: Value) -> tuple[str, float] | None:
    match = _NUMBERED.fullmatch(value) if isinstance(value, str) else None
    return (match[1], float(match[2])) if match and match[1] else None


def _write_text(prefix: str, number: float) -> Value:
    return f"{prefix}{int(number)}"


_NUMBER = (_read_number, _write_number)
_TEXT = (_read_text, _write_text)


def _named(names: tuple[str, ...]) -> tuple[_Read, _Write]:
    """Reading and writing of names in a cycle, in full or by their first three letters, the case kept."""

    def read(value: Value) -> tuple[str, float] | None:
        if not isinstance(value, str):
            return None
        folded = value.casefold()
        for number, name in enumerate(names):
            if folded in (name, name[:3]):
                length = "full" if folded == name and len(name) > 3 else "short"
                case = "upper" if value.isupper() else "title" if value[0].isupper() else "lower"
                return f"{length} {case}", float(number)
        return None

    def write(kind: str, number: float) -> Value:
        length, case = kind.split()
        name = names[int(number) % len(names)]
        name = name if length == "full" else name[:3]
        return name.upper() if case == "upper" else name.title() if case == "title" else name

    return read, write
