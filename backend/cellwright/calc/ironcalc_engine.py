"""IronCalc (Rust) behind the worker's Engine interface: the second opinion.

It recalculates everything at each change (no dirty tracking), so it is asked about whole workbooks once,
or about one formula on a slice of a workbook. It loads files only by path and prints to stdout.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Sequence

import ironcalc

from cellwright.calc.engine import Address, Outcome, Write
from cellwright.calc.wire import Wire

_ERRORS = frozenset(("#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A", "#SPILL!", "#CALC!"))
_NO_VALUE = {"#CIRC!": "circular"}


class IroncalcEngine:
    """One workbook in IronCalc."""

    def __init__(self, path: str) -> None:
        self._model = ironcalc.load_from_xlsx(path)
        self._model.evaluate()
        self._sheets = {
            str(sheet["name"]): index for index, sheet in enumerate(self._model.get_worksheets_properties())
        }
        self.is_spoiled = False

    def values(self, cells: Iterable[Address]) -> list[Wire]:
        """Computed values, in order."""
        return [self._value(*cell) for cell in cells]

    def what_if(self, writes: Sequence[Write], read_dependents: bool) -> Outcome:
        """Set cells, recalculate the workbook, read the written cells; needs a fresh load afterwards."""
        written = [address for address, _, _ in writes]
        before = self.values(written)
        self.is_spoiled = True
        for (sheet, row, column), kind, content in writes:
            index = self._sheets[sheet]
            if kind == "formula":
                self._model.update_cell_with_formula(index, row, column, str(content))
            elif isinstance(content, bool):
                self._model.update_cell_with_bool(index, row, column, content)
            elif isinstance(content, float | int):
                self._model.update_cell_with_number(index, row, column, float(content))
            elif isinstance(content, str):
                self._model.update_cell_with_text(index, row, column, content)
            else:
                self._model.clear_cell_contents(index, row, column)
        self._model.evaluate()
        return Outcome(list(zip(written, before, self.values(written), strict=True)), [], [])

    def dependents(self, cells: Iterable[Address], transitive: bool, limit: int) -> list[Address]:
        """IronCalc does not tell."""
        raise NotImplementedError("IronCalc keeps no graph of dependents")

    def recalculate(self, cells: Iterable[Address]) -> float:
        """Recalculate everything; seconds."""
        start = time.perf_counter()
        self._model.evaluate()
        return time.perf_counter() - start

    def _value(self, sheet: str, row: int, column: int) -> Wire:
        index = self._sheets[sheet]
        value = self._model.get_cell_value(index, row, column)
        if isinstance(value, bool) or value is None:
            return value
        if isinstance(value, str):
            if self._model.get_cell_type(index, row, column) != ironcalc.CellType.ErrorValue:
                return value
            return {"e": value} if value in _ERRORS else {"x": _NO_VALUE.get(value, "unsupported")}
        return float(value) if math.isfinite(value) else {"x": "not a number"}
