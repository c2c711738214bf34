"""formualizer (Rust) behind the worker's Engine interface.

Measured with 0.13: setting a formula, `evaluate_all` and `get_value` take 0.02-0.3 ms on a sheet of 100,000
formulas (`evaluate_all` visits dirty cells only); reading 100,000 values takes 12 ms; `trace` is quadratic in
depth, so dependents are walked here.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Sequence

import formualizer

from cellwright.calc.engine import Address, Outcome, Write
from cellwright.calc.wire import Wire
from cellwright.reference import Cell, Range, quote_sheet, split_sheet

MAX_DEPENDENTS = 200_000

_ERRORS = {
    "Div": "#DIV/0!",
    "Ref": "#REF!",
    "Name": "#NAME?",
    "Value": "#VALUE!",
    "Num": "#NUM!",
    "Null": "#NULL!",
    "Na": "#N/A",
    "Spill": "#SPILL!",
    "Calc": "#CALC!",
}
_KINDS = {text: kind for kind, text in _ERRORS.items()}
_NO_VALUE = {"Circ": "circular"}
_UNBOUNDED = 1_000_000_000


def _wire(value: object) -> Wire:
    if value is None or isinstance(value, str | bool):
        return value
    if isinstance(value, int | float):
        return float(value) if math.isfinite(value) else {"x": "not a number"}
    if isinstance(value, dict):
        kind = str(value.get("kind"))
        if kind in _ERRORS:
            return {"e": _ERRORS[kind]}
        return {"x": _NO_VALUE.get(kind, "unsupported")}
    return {"x": "unsupported"}


def _literal(value: Wire) -> object:
    if isinstance(value, dict):
        kind = _KINDS.get(value.get("e", ""), "Na")
        return formualizer.LiteralValue.error(kind, None)
    return value


def _address(text: str) -> Address:
    sheet, rest = split_sheet(text)
    cell = Cell.parse(rest)
    return (sheet or "", cell.row + 1, cell.column + 1)


def _cells(extent: str) -> list[Address]:
    sheet, rest = split_sheet(extent)
    return [(sheet or "", cell.row + 1, cell.column + 1) for cell in Range.parse(rest).cells()]


def _text(address: Address) -> str:
    return f"{quote_sheet(address[0])}!{Cell(address[1] - 1, address[2] - 1).a1}"


class FormualizerEngine:
    """One workbook in formualizer."""

    def __init__(self, image: bytes, is_1904: bool) -> None:
        options = formualizer.EvaluationConfig()
        options.enable_parallel = False
        options.date_system = "1904" if is_1904 else "1900"
        config = formualizer.WorkbookConfig(
            mode=formualizer.WorkbookMode.Interactive, eval_config=options, enable_changelog=False
        )
        self._book = formualizer.Workbook.from_bytes(image, config=config)
        self._book.set_temporal_egress("serial")
        self._book.evaluate_all()
        self.is_spoiled = False

    def values(self, cells: Iterable[Address]) -> list[Wire]:
        """Computed values, in order."""
        return [self._value(cell) for cell in cells]

    def what_if(self, writes: Sequence[Write], read_dependents: bool) -> Outcome:
        """Set cells, recalculate, read, put the cells back and recalculate again."""
        written = list(dict.fromkeys(address for address, _, _ in writes))
        watched = list(written)
        truncated = False
        if read_dependents:
            dependents = self.dependents(written, transitive=True, limit=MAX_DEPENDENTS)
            truncated = len(dependents) >= MAX_DEPENDENTS
            watched = list(dict.fromkeys(written + dependents))
        before = {cell: self._value(cell) for cell in watched}
        originals = [(cell, *self._stored(cell)) for cell in written]
        refused: list[tuple[Address, str]] = []
        for address, kind, content in writes:
            try:
                self._put(address, str(content) if kind == "formula" else None, content)
            except (RuntimeError, ValueError, formualizer.ExcelEvaluationError) as error:
                refused.append((address, str(error)[:200]))
        self._book.evaluate_all()
        spills = self._spills([address for address, kind, _ in writes if kind == "formula"])
        if read_dependents and spills:
            spilled = [cell for _, extent in spills for cell in _cells(extent)]
            extra = [*spilled, *self.dependents(spilled, transitive=True, limit=MAX_DEPENDENTS)]
            watched = list(dict.fromkeys(watched + extra))
        after = {cell: self._value(cell) for cell in watched}
        for address, formula, value in reversed(originals):
            self._put(address, formula, value)
        self._book.evaluate_all()
        restored = {cell: self._value(cell) for cell in watched}
        # A spill that was blocked and is free again stays empty in 0.13: then only a fresh load helps.
        self.is_spoiled = any(restored[cell] != value for cell, value in before.items())
        before = {**restored, **before}
        changes = [
            (cell, before[cell], after[cell])
            for position, cell in enumerate(watched)
            if position < len(written) or before[cell] != after[cell]
        ]
        return Outcome(changes, spills, refused, truncated)

    def _spills(self, cells: Sequence[Address]) -> list[tuple[Address, str]]:
        found = []
        for cell in cells:
            role = self._book.inspect_cell(_text(cell), include_values=False).cell.spill
            if role is not None and role.extent and ":" in role.extent:
                found.append((cell, role.extent))
        return found

    def dependents(self, cells: Iterable[Address], transitive: bool, limit: int) -> list[Address]:
        """Formula cells that read any of the cells, breadth first."""
        seen = {(sheet.casefold(), row, column) for sheet, row, column in cells}
        frontier = [_text(cell) for cell in cells]
        found: list[Address] = []
        while frontier and len(found) < limit:
            following: list[str] = []
            for text in frontier:
                report = self._book.dependents(text, max_results=limit, max_work=_UNBOUNDED)
                for dependent in report.dependents:
                    address = _address(dependent.cell)
                    key = (address[0].casefold(), address[1], address[2])
                    if key not in seen:
                        seen.add(key)
                        found.append(address)
                        following.append(dependent.cell)
            frontier = following if transitive else []
        return found[:limit]

    def recalculate(self, cells: Iterable[Address]) -> float:
        """Enter those formulas anew, then recalculate; seconds of the recalculation alone."""
        for cell in cells:
            formula = self._book.get_formula(*cell)
            if formula:
                self._book.set_formula(*cell, formula)
        start = time.perf_counter()
        self._book.evaluate_all()
        return time.perf_counter() - start

    def _value(self, cell: Address) -> Wire:
        return _wire(self._book.get_value(*cell))

    def _stored(self, address: Address) -> tuple[str | None, Wire]:
        formula = self._book.get_formula(*address)
        return (formula, None) if formula else (None, self._value(address))

    def _put(self, address: Address, formula: str | None, value: Wire) -> None:
        if formula:
            self._book.set_formula(*address, formula)
        else:
            self._book.set_value(*address, _literal(value))
