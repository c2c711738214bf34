"""Values after a change: what a person typed makes the results that were cached for its readers old.

Excel sends recalculated values when it has them; until then (and always for the playground, whose grid is not
Excel) the readers' values come from the calculator where the reproduction gate believed it about them before
the change, and are unknown elsewhere. An old value is never kept as if it were Excel's.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from cellwright.calc.calculator import Calculator
from cellwright.calc.values import NoValue
from cellwright.errors import CalcError
from cellwright.reference import Cell, SheetCell
from cellwright.session.calculators import turn_to
from cellwright.workbook.model import Content, Snapshot, Value

MAX_READERS = 1_000_000


def recalculated(
    calculator: Calculator, before: Snapshot, after: Snapshot, changed: Collection[SheetCell]
) -> Snapshot:
    """`after` with the values of what reads the `changed` cells made new; the revision stays.

    `before` is the workbook before the change, with the values that the gate may trust. Where the calculator
    fails, every formula's value that may be old is unknown.
    """
    try:
        turn_to(calculator, before)
        gate = calculator.reproduction
        calculator.load(after)
        formulas = [cell for cell in changed if _formula(after, cell) is not None]
        unknown = [cell for cell in formulas if _content(after, cell).value is None]
        doubted = [cell for cell in unknown if gate.doubts(_formula(after, cell) or "", cell)]
        readers = calculator.dependents(*changed, limit=MAX_READERS) if changed else []
        tainted = set(calculator.dependents(*doubted, limit=MAX_READERS)) if doubted else set()
        tainted |= set(doubted)
        wanted = list(dict.fromkeys([*unknown, *(cell for cell in readers if cell not in changed)]))
        values = calculator.read(wanted) if wanted else []
    except CalcError:
        return _with_values(after, {cell: None for cell in _all_formulas(after) if cell not in changed})
    fresh: dict[SheetCell, Value] = {}
    for cell, value in zip(wanted, values, strict=True):
        is_known = cell in unknown or gate.is_believed(cell)
        believed = is_known and cell not in tainted and not isinstance(value, NoValue)
        fresh[cell] = value if believed and not isinstance(value, NoValue) else None
    return _with_values(after, fresh)


def without_results(snapshot: Snapshot) -> Snapshot:
    """The snapshot with no formula's value known."""
    return _with_values(snapshot, dict.fromkeys(_all_formulas(snapshot)))


def _content(snapshot: Snapshot, cell: SheetCell) -> Content:
    return snapshot.sheet(cell.sheet).content(cell.cell) if snapshot.has_sheet(cell.sheet) else Content()


def _formula(snapshot: Snapshot, cell: SheetCell) -> str | None:
    return _content(snapshot, cell).formula


def _all_formulas(snapshot: Snapshot) -> list[SheetCell]:
    return [SheetCell(sheet.name, cell) for sheet in snapshot.sheets for cell, _ in sheet.cells.formulas()]


def _with_values(snapshot: Snapshot, values: dict[SheetCell, Value]) -> Snapshot:
    by_sheet: dict[str, dict[Cell, Content | None]] = {}
    for place, value in values.items():
        content = _content(snapshot, place)
        if content.formula is not None and content.value != value:
            by_sheet.setdefault(place.sheet, {})[place.cell] = replace(content, value=value)
    sheets = tuple(
        sheet.with_cells(by_sheet[sheet.name]) if sheet.name in by_sheet else sheet
        for sheet in snapshot.sheets
    )
    return replace(snapshot, sheets=sheets) if by_sheet else snapshot
