"""Groups by a part of a date: years, quarters, months, of one year or of several.

A quarter, and a month where dates lie in several years, goes with its year, so that no two years are added up
unasked; then and for years sums are SUMIFS between two dates. Months of one year alone are compared by
SUMPRODUCT.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from cellwright.ask.frames import Frame, FrameColumn
from cellwright.ask.grounding.quantities import Day, day_of_serial
from cellwright.ask.intents.writing import down, new_sheet, values
from cellwright.ask.model import Draft
from cellwright.ask.scene import Scene
from cellwright.ask.targets import Target
from cellwright.reference import Cell, column_letters, quote_sheet
from cellwright.workbook.detect import ColumnKind
from cellwright.workbook.model import Value

Caption = Callable[[FrameColumn, str, str], str]
Measures = Sequence[tuple[FrameColumn, str]]

_PARTS = ("year", "quarter", "month")
_WORDS = {"yearly": "year", "annual": "year", "annually": "year", "quarterly": "quarter", "monthly": "month"}
_PART = re.compile(
    r"\b(?:each|every|per|by|for)\s+(?:the\s+)?(?:calendar\s+)?(?P<part>year|quarter|month)s?\b"
    r"(?:\s*(?:,|and|/|then)\s*(?:by\s+)?(?P<also>year|quarter|month)s?\b)?|"
    r"\b(?P<word>yearly|annual(?:ly)?|quarterly|monthly)\b|\b(?P<step>year|quarter|month) by (?:year|"
    r"quarter|month)\b",
    re.I,
)
_FUNCTIONS = {"sum": "SUMIFS", "count": "COUNTIFS", "average": "AVERAGEIFS", "max": "MAXIFS", "min": "MINIFS"}


def periods_in(text: str, frame: Frame) -> tuple[tuple[str, ...], FrameColumn] | None:
    """(parts from the year down, the date column) where a text groups by parts that no column holds."""
    dates = [column for column in frame.columns if column.kind is ColumnKind.DATE]
    match = _PART.search(text)
    if match is None or not dates:
        return None
    said = [match["part"], match["also"], match["step"], _WORDS.get((match["word"] or "").lower())]
    wanted = {word.lower() for word in said if word}
    if any(column.stems == (part,) for column in frame.columns for part in wanted):
        return None
    return tuple(part for part in _PARTS if part in wanted), dates[0]


def by_period(
    frame: Frame,
    parts: tuple[str, ...],
    dates: FrameColumn,
    measures: Measures,
    target: Target,
    scene: Scene,
    caption: Caption,
) -> list[Draft]:
    """The periods that the dates fall in, and a formula for each beside them."""
    days = [day_of_serial(v) for v in frame.values(scene.snapshot, dates) if isinstance(v, float)]
    if not days or any(how not in _FUNCTIONS for _, how in measures):
        return []
    if "quarter" in parts or len({day.year for day in days}) > 1:
        parts = ("year", *(part for part in parts if part != "year"))
    keys = sorted({tuple(_value(part, day) for part in parts) for day in days})
    place, edits = new_sheet(scene, target)
    first = Cell(0, 0) if place != frame.sheet else Cell(frame.area.top, scene.free_column(frame) + 1)
    heads: list[Value] = [part.capitalize() for part in parts]
    heads += [caption(column, how, "") for column, how in measures]
    edits.append(values(place, first, [heads]))
    edits.append(values(place, Cell(first.row + 1, first.column), [list(key) for key in keys]))
    prefix = f"{quote_sheet(frame.sheet)}!" if place != frame.sheet else ""

    def area(column: FrameColumn) -> str:
        return f"{prefix}${column.letters}${frame.first + 1}:${column.letters}${frame.last + 1}"

    cells = [f"${column_letters(first.column + n)}{first.row + 2}" for n in range(len(parts))]
    for number, (column, how) in enumerate(measures, len(parts)):
        if "year" in parts:
            formula = _between(how, area(column), area(dates), parts, cells)
        elif how in ("sum", "count", "average"):
            formula = _in_one_year(how, area(column), area(dates), cells[0])
        else:
            return []
        edits.append(down(place, Cell(first.row + 1, first.column + number), formula, len(keys)))
    told = ", ".join(f"{how} of {column.name}" for column, how in measures)
    by = " and ".join(parts)
    return [Draft(f"{told} by {by} on {place}", tuple(edits), "summary", (frame.place(frame.area),))]


def _value(part: str, day: Day) -> float:
    if part == "quarter":
        return float(((day.month or 1) + 2) // 3)
    return float((day.year if part == "year" else day.month) or 0)


def _between(how: str, numbers: str, dates: str, parts: tuple[str, ...], cells: list[str]) -> str:
    """A sum of the rows from the first day of a period to the day before the next one's."""
    year, months, step = cells[0], "1", "13"
    if parts[-1] == "month":
        months, step = cells[-1], f"{cells[-1]}+1"
    elif parts[-1] == "quarter":
        months, step = f"3*{cells[-1]}-2", f"3*{cells[-1]}+1"
    tests = f'{dates},">="&DATE({year},{months},1),{dates},"<"&DATE({year},{step},1)'
    return f"=COUNTIFS({tests})" if how == "count" else f"={_FUNCTIONS[how]}({numbers},{tests})"


def _in_one_year(how: str, numbers: str, dates: str, cell: str) -> str:
    value = f"MONTH({dates})"
    count, total = f"SUMPRODUCT(--({value}={cell}))", f"SUMPRODUCT(({value}={cell})*{numbers})"
    return {"sum": f"={total}", "count": f"={count}", "average": f"={total}/{count}"}[how]
