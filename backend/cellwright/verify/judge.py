"""From what an engine computed to a Verdict: which results may be believed, what broke, what spilled."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from cellwright.calc.calculator import Calculator, ValueChange, WhatIf
from cellwright.calc.reproduction import UNPROVEN, writes_long_number
from cellwright.calc.values import Computed, NoValue, same_value
from cellwright.errors import CalcError
from cellwright.reference import SheetCell, SheetRange
from cellwright.verify.model import CellChange, Status, Verdict
from cellwright.verify.plan import Plan
from cellwright.workbook.model import Content, ErrorValue, Snapshot, Value

log = logging.getLogger(__name__)


def judge_changes(snapshot: Snapshot, plan: Plan, outcome: WhatIf, calculator: Calculator) -> Verdict:
    """The verdict on changed cells that ran; the workbook's own shape is as it was."""
    contents = dict(plan.changes)
    circular = newly_circular(outcome.changes)
    circular += [cell for cell, why in outcome.refused.items() if "#CIRC!" in why]
    if outcome.refused and not circular:
        cell, why = next(iter(outcome.refused.items()))
        return unknown(plan, calculator, f"the engine does not take the formula of {cell.a1}: {why}")
    if circular:
        return Verdict(
            Status.INVALID,
            evaluates=False,
            broken_dependents=tuple(cell for cell in circular if cell not in contents),
            why=f"it makes {circular[0].a1} read itself (a circular reference)",
        )
    try:
        doubts = _doubts(contents, outcome, calculator)
    except CalcError as error:
        return unknown(plan, calculator, str(error))
    spill, is_blocked = _spill(snapshot, contents, outcome)
    changes = tuple(
        cell_change(
            snapshot,
            change,
            change.cell,
            _formula(contents, snapshot, change.cell),
            change.cell not in doubts,
        )
        for change in outcome.changes
    )
    if not outcome.is_complete:
        doubts = {next(iter(contents)): "too many cells depend on it to look at all of them"} | doubts
    return conclude(changes, frozenset(contents), doubts, spill, is_blocked)


def conclude(
    changes: tuple[CellChange, ...],
    edited: frozenset[SheetCell],
    doubts: Mapping[SheetCell, str],
    spill: SheetRange | None = None,
    is_blocked: bool = False,
) -> Verdict:
    """Status and reason from changes and doubts; an error that cannot be believed is no fault."""
    new_errors = tuple(
        change.cell
        for change in changes
        if change.is_verified
        and isinstance(change.after, ErrorValue)
        and not isinstance(change.before, ErrorValue)
    )
    own = next((why for cell, why in doubts.items() if cell in edited), "")
    if is_blocked:
        needed = spill.a1 if spill else "cells beside it"
        status, why = Status.MAKES_ERRORS, f"its result needs {needed}, not all of them free"
    elif own:
        status, why = Status.UNVERIFIED, own
    elif new_errors:
        status, why = Status.MAKES_ERRORS, f"it leaves an error in {new_errors[0].a1}"
    else:
        status, why = Status.VERIFIED, ""
        if doubts:
            why = f"{len(doubts)} dependent cells cannot be verified: {next(iter(doubts.values()))}"
    return Verdict(
        status,
        evaluates=not any(change.after is None and change.formula_after is not None for change in changes),
        changes=changes,
        new_errors=new_errors,
        broken_dependents=tuple(cell for cell in new_errors if cell not in edited),
        unverified_cells=tuple(doubts),
        spill=spill,
        is_spill_blocked=is_blocked,
        why=why,
    )


def newly_circular(changes: tuple[ValueChange, ...]) -> list[SheetCell]:
    """Cells that read themselves after the change and did not before."""
    return [
        change.cell for change in changes if _is_circular(change.after) and not _is_circular(change.before)
    ]


def cell_change(
    snapshot: Snapshot,
    change: ValueChange,
    origin: SheetCell,
    formula_after: str | None,
    is_verified: bool,
) -> CellChange:
    """A change for people; `origin` is where the cell was in `snapshot`, from before.

    Before is Excel's own value where the file has one; after is None where it is not known.
    """
    before: Value = None
    formula_before = None
    if snapshot.has_sheet(origin.sheet):
        content = snapshot.sheet(origin.sheet).content(origin.cell)
        before, formula_before = content.value, content.formula
    if before is None and not isinstance(change.before, NoValue):
        before = change.before
    after = None if isinstance(change.after, NoValue) else change.after
    return CellChange(change.cell, before, after, formula_before, formula_after, is_verified)


def unknown(plan: Plan, calculator: Calculator, why: str) -> Verdict:
    """The verdict where nothing could be computed: every formula it writes or reaches is unverified."""
    written = [cell for cell, _ in plan.changes]
    formulas = [cell for cell, content in plan.changes if content is not None and content.formula is not None]
    try:
        reached = calculator.dependents(*written)
    except CalcError as error:
        log.info("the dependents of %s are not known: %s", written[0].a1 if written else "nothing", error)
        reached = [cell for cell in calculator.formula_cells() if cell not in formulas]
    return Verdict(Status.UNVERIFIED, evaluates=False, unverified_cells=(*formulas, *reached), why=why)


def _is_circular(value: Computed) -> bool:
    return isinstance(value, NoValue) and value.reason == "circular"


def _formula(contents: Mapping[SheetCell, Content | None], snapshot: Snapshot, cell: SheetCell) -> str | None:
    if cell in contents:
        content = contents[cell]
        return content.formula if content is not None else None
    return snapshot.sheet(cell.sheet).formula(cell.cell)


def _doubts(
    contents: Mapping[SheetCell, Content | None], outcome: WhatIf, calculator: Calculator
) -> dict[SheetCell, str]:
    """Cells whose value after the change may not be believed, with the reason."""
    gate = calculator.reproduction
    after = {change.cell: change.after for change in outcome.changes}
    snapshot = calculator.snapshot
    doubts: dict[SheetCell, str] = {}
    for cell, value in after.items():
        content = contents.get(cell)
        if cell in contents:
            formula = content.formula if content is not None else None
            why = _own_doubt(formula, cell, after, calculator) if formula is not None else ""
        elif snapshot.sheet(cell.sheet).formula(cell.cell) is None:
            why = ""  # a cell that a changed formula spills on; that formula's doubt speaks for it
        else:
            why = "" if gate.is_believed(cell) else gate.why_not(cell)
        if not why and isinstance(value, NoValue):
            why = f"the engine cannot calculate {cell.a1}: {value.reason}"
        if not why and writes_long_number(value):
            why = "it writes a number with more digits than Excel shows"
        if why:
            doubts[cell] = why
    return doubts


def _own_doubt(
    formula: str, cell: SheetCell, after: Mapping[SheetCell, Computed], calculator: Calculator
) -> str:
    why = calculator.reproduction.doubts(formula, cell)
    if why != UNPROVEN:
        return why
    other = calculator.second_opinion.value(formula, cell, after)
    if same_value(other, after[cell]):
        return ""
    if isinstance(other, NoValue):
        return f"{why}, and there is no second opinion: {other.reason}"
    return f"two engines disagree: {after[cell]} and {other}"


def _spill(
    snapshot: Snapshot, contents: Mapping[SheetCell, Content | None], outcome: WhatIf
) -> tuple[SheetRange | None, bool]:
    """The first area that an edited formula fills, and whether Excel could not fill it."""
    for change in outcome.changes:
        if change.cell in contents and change.after is ErrorValue.SPILL:
            content = contents[change.cell]
            if content is not None and content.formula is not None:
                return outcome.spills.get(change.cell), True
    for anchor, area in outcome.spills.items():
        sheet = snapshot.sheet(area.sheet)
        occupied = any(
            not content.is_blank and cell != anchor.cell and cell not in _own_cells(snapshot, anchor)
            for cell, content in sheet.cells.items(area.range)
        )
        merged = any(merge.intersect(area.range) for merge in sheet.merges)
        in_table = any(table.range.intersect(area.range) for table in snapshot.tables_on(sheet.name))
        return area, occupied or merged or in_table
    return None, False


def _own_cells(snapshot: Snapshot, anchor: SheetCell) -> frozenset[object]:
    """The cells that the formula in `anchor` fills already; they are free for its successor."""
    array = snapshot.sheet(anchor.sheet).content(anchor.cell).array
    return frozenset(array.range.cells()) if array is not None else frozenset()
