"""A second opinion on one new formula: another engine computes it on a slice of the workbook.

The slice holds the formula and, as constants, the values of what it reads; so it costs what the formula reads
and not the workbook. Values of formula cells come from the first engine, so the caller must believe them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from cellwright.calc.calculator import Calculator, EngineName
from cellwright.calc.values import Computed, NoValue
from cellwright.errors import CalcError
from cellwright.formula import precedents
from cellwright.reference import Cell, Range, SheetCell
from cellwright.workbook.cells import CellStore
from cellwright.workbook.model import ArrayFormula, Content, ErrorValue, Snapshot

MAX_CELLS = 50_000
"""Cells that a slice may hold; a formula that reads more gets no second opinion."""


class SecondOpinion:
    """Other engines for slices of one calculator's workbook; each worker starts when it is first asked."""

    def __init__(self, calculator: Calculator) -> None:
        self._calculator = calculator
        self._engines: dict[EngineName, Calculator] = {}

    def close(self) -> None:
        """End the workers."""
        for engine in self._engines.values():
            engine.close()
        self._engines.clear()

    def value(
        self, formula: str, at: SheetCell, known: Mapping[SheetCell, Computed] | None = None
    ) -> Computed:
        """What IronCalc makes of the formula or, where IronCalc cannot, `formulas`; NoValue where none can.

        `known` are values that hold instead of the snapshot's (of cells changed together with this one).
        """
        try:
            cut = self._slice(formula, at, known or {})
        except CalcError as error:
            return NoValue(str(error))
        if cut is None:
            return NoValue("it reads too much")
        value = self._ask("ironcalc", cut, at)
        if isinstance(value, NoValue) or value is ErrorValue.NAME:
            third = self._ask("formulas", cut, at)
            return value if isinstance(third, NoValue) else third
        return value

    def _ask(self, name: EngineName, cut: Snapshot, at: SheetCell) -> Computed:
        first = self._calculator
        try:
            if name not in self._engines:
                self._engines[name] = Calculator(cut, first.timeout_s, first.memory_mb, engine=name)
            else:
                self._engines[name].load(cut)
            return self._engines[name].read([at])[0]
        except CalcError as error:
            return NoValue(str(error))

    def _slice(self, formula: str, at: SheetCell, known: Mapping[SheetCell, Computed]) -> Snapshot | None:
        snapshot = self._calculator.snapshot
        cells: dict[str, dict[Cell, Content]] = {name: {} for name in snapshot.sheet_names}
        computed: list[SheetCell] = []
        values = dict(known)
        places = [r.place for r in precedents(formula, at, snapshot) if r.place is not None]
        count = 0
        for place in places:
            for cell, content in snapshot.sheet(place.sheet).cells.items(place.range):
                where = SheetCell(place.sheet, cell)
                if content.formula is not None and where not in values:
                    computed.append(where)
                else:
                    values.setdefault(where, content.value)
                count += 1
                if count > MAX_CELLS:
                    return None
        values |= dict(zip(computed, self._calculator.read(computed), strict=True))
        for where, value in values.items():
            if where == at or not any(p.sheet == where.sheet and where.cell in p.range for p in places):
                continue
            if isinstance(value, NoValue):
                return None
            if value is not None:
                cells[where.sheet][where.cell] = Content(value)
        as_typed = ArrayFormula(Range.of(at.cell), is_dynamic=True)
        cells[snapshot.sheet(at.sheet).name][at.cell] = Content(formula=formula, array=as_typed)
        sheets = tuple(
            replace(sheet, cells=CellStore(cells[sheet.name]), merges=(), validations=(), comments=())
            for sheet in snapshot.sheets
        )
        return replace(snapshot, sheets=sheets, source=None)
