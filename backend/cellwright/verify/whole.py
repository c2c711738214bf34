"""Verdicts on candidates that change a workbook's shape: the changed workbook is calculated as a whole.

Every cell is compared with the cell that it was before: rows and columns that moved, and renamed sheets, are
followed through the edits. A formula that only moved is believed as it was; a new one stands alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cellwright.calc.calculator import Calculator, ValueChange
from cellwright.calc.reproduction import UNPROVEN, Reproduction
from cellwright.calc.values import Computed, NoValue, same_value
from cellwright.edits import model
from cellwright.edits.model import Edit
from cellwright.edits.structure import structure_change
from cellwright.errors import CalcError
from cellwright.formula import Axis
from cellwright.reference import Cell, SheetCell
from cellwright.verify.judge import cell_change, conclude, newly_circular
from cellwright.verify.model import Status, Verdict
from cellwright.verify.plan import Plan
from cellwright.workbook.model import Snapshot

_STRUCTURE = (model.InsertRows, model.InsertColumns, model.DeleteRows, model.DeleteColumns)


def judge_whole(snapshot: Snapshot, edits: tuple[Edit, ...], plan: Plan, calculator: Calculator) -> Verdict:
    """Calculate the workbook after the edits in a worker of its own, and compare cell by cell."""
    after = plan.after
    assert after is not None
    try:
        before_values = calculator.values()
        with Calculator(after, calculator.timeout_s, calculator.memory_mb) as changed:
            after_values = changed.values()
            came_from = {place: cell for cell in _held(snapshot) if (place := moved(cell, edits)) is not None}
            changes, edited = _changes(snapshot, after, before_values, after_values, came_from)
            doubts = _doubts(changes, came_from, calculator.reproduction, changed)
    except CalcError as error:
        return Verdict(Status.UNVERIFIED, evaluates=False, why=str(error))
    circular = newly_circular(changes)
    if circular:
        return Verdict(
            Status.INVALID,
            evaluates=False,
            broken_dependents=tuple(cell for cell in circular if cell not in edited),
            why=f"it makes {circular[0].a1} read itself (a circular reference)",
        )
    shown = tuple(
        cell_change(
            snapshot,
            change,
            came_from.get(change.cell, change.cell),
            after.sheet(change.cell.sheet).formula(change.cell.cell),
            change.cell not in doubts,
        )
        for change in changes
    )
    return conclude(shown, edited, doubts)


def moved(cell: SheetCell, edits: tuple[Edit, ...]) -> SheetCell | None:
    """Where a cell is after the edits; None where it was deleted."""
    sheet, (row, column) = cell.sheet, cell.cell
    for edit in edits:
        if isinstance(edit, _STRUCTURE) and edit.sheet.casefold() == sheet.casefold():
            change = structure_change(edit)
            place = change.moved(row if change.axis is Axis.ROWS else column)
            if place is None:
                return None
            row, column = (place, column) if change.axis is Axis.ROWS else (row, place)
        elif isinstance(edit, model.RenameSheet) and edit.sheet.casefold() == sheet.casefold():
            sheet = edit.name
    return SheetCell(sheet, Cell(row, column))


def _held(snapshot: Snapshot) -> Iterator[SheetCell]:
    for sheet in snapshot.sheets:
        for cell, content in sheet.cells.items():
            if not content.is_blank:
                yield SheetCell(sheet.name, cell)


def _changes(
    snapshot: Snapshot,
    after: Snapshot,
    before_values: Mapping[SheetCell, Computed],
    after_values: Mapping[SheetCell, Computed],
    came_from: Mapping[SheetCell, SheetCell],
) -> tuple[tuple[ValueChange, ...], frozenset[SheetCell]]:
    """Cells with another value than where they came from, and those of them that the edits wrote."""
    changes: list[ValueChange] = []
    edited: set[SheetCell] = set()
    for cell in dict.fromkeys([*_held(after), *came_from]):
        origin = came_from.get(cell)
        was = _computed(snapshot, before_values, origin) if origin is not None else None
        now = _computed(after, after_values, cell)
        if not same_value(was, now) and was != now:
            changes.append(ValueChange(cell, was, now))
            if origin is None or cell not in after_values:
                edited.add(cell)
    return tuple(sorted(changes, key=lambda change: change.cell not in edited)), frozenset(edited)


def _doubts(
    changes: tuple[ValueChange, ...],
    came_from: Mapping[SheetCell, SheetCell],
    gate: Reproduction,
    changed: Calculator,
) -> dict[SheetCell, str]:
    doubts: dict[SheetCell, str] = {}
    for change in changes:
        formula = changed.snapshot.sheet(change.cell.sheet).formula(change.cell.cell)
        if formula is None:
            continue
        origin = came_from.get(change.cell)
        if origin is not None:
            why = "" if gate.is_believed(origin) else gate.why_not(origin)
        else:
            why = gate.doubts_of_calls(formula, change.cell)
            if why == UNPROVEN and same_value(
                changed.second_opinion.value(formula, change.cell), change.after
            ):
                why = ""
        if not why and isinstance(change.after, NoValue):
            why = f"the engine cannot calculate it: {change.after.reason}"
        if why:
            doubts[change.cell] = why
    return doubts


def _computed(snapshot: Snapshot, values: Mapping[SheetCell, Computed], cell: SheetCell) -> Computed:
    return values[cell] if cell in values else snapshot.sheet(cell.sheet).value(cell.cell)
