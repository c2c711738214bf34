"""`formulas` (Python) as a third opinion: one formula on constants, compiled to a function of its inputs.

For formulas whose functions IronCalc lacks. It keeps no workbook; its parser names inputs `SHEET!A1:B2` in
capitals, and blanks are schedula's EMPTY. A name or a function it lacks is an error that the worker reports.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

import formulas
import numpy as np
import schedula
from formulas.tokens.operand import Error

from cellwright.calc.engine import Address, Outcome, Write
from cellwright.calc.wire import Wire
from cellwright.reference import Range, split_sheet

_MAX_INPUT = 200_000


class FormulasEngine:
    """A workbook of constants with one formula in it."""

    def __init__(self, at: Address, formula: str, constants: Mapping[Address, Wire]) -> None:
        self.is_spoiled = False
        self._at = at
        self._constants = {
            (sheet.casefold(), row, column): value for (sheet, row, column), value in constants.items()
        }
        function = formulas.Parser().ast(formula)[1].compile()
        self._value = _wire(function(*(self._input(name) for name in function.inputs)))

    def values(self, cells: Iterable[Address]) -> list[Wire]:
        """The formula's value (of an array its first), and constants."""
        return [
            self._value if cell == self._at else self._constants.get((cell[0].casefold(), *cell[1:]))
            for cell in cells
        ]

    def what_if(self, writes: Sequence[Write], read_dependents: bool) -> Outcome:
        """There is nothing to change."""
        raise NotImplementedError("the formulas engine holds one formula only")

    def dependents(self, cells: Iterable[Address], transitive: bool, limit: int) -> list[Address]:
        """There are none."""
        raise NotImplementedError("the formulas engine holds one formula only")

    def recalculate(self, cells: Iterable[Address]) -> float:
        """There is nothing to measure."""
        raise NotImplementedError("the formulas engine holds one formula only")

    def _input(self, name: str) -> object:
        sheet, area = split_sheet(name)
        place = Range.parse(area)
        if place.size > _MAX_INPUT:
            raise ValueError(f"expected an input of at most {_MAX_INPUT} cells, got {name}")
        home = (sheet or self._at[0]).casefold()
        rows = [
            [
                _native(self._constants.get((home, row + 1, column + 1)))
                for column in range(place.left, place.right + 1)
            ]
            for row in range(place.top, place.bottom + 1)
        ]
        return rows[0][0] if place.is_cell else np.array(rows, dtype=object)


def _native(value: Wire) -> object:
    if value is None:
        return schedula.EMPTY
    return Error.errors[value["e"]] if isinstance(value, dict) else value


def _wire(result: object) -> Wire:
    value = np.asarray(result, dtype=object).ravel()[0]
    if value is schedula.EMPTY or value is None:
        return None
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if isinstance(value, int | float | np.integer | np.floating):
        return float(value) if math.isfinite(value) else {"x": "not a number"}
    text = str(value)
    return {"e": text} if any(value is error for error in Error.errors.values()) else text
