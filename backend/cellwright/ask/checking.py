"""One step of a plan: run on the workbook as it stands, with what it gave for the steps after it.

What cannot change a value (formats, rules, panes, charts) is checked without running; so are constants on a
sheet that is new, and a sort of rows whose formulas read only their own row. Everything else runs in the
calculator, which is given the workbook of the step before only when it is asked.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from cellwright.ask.model import Draft, Step
from cellwright.calc.calculator import Calculator
from cellwright.edits import model
from cellwright.edits.apply import apply, apply_all
from cellwright.edits.model import Edit
from cellwright.errors import CalcError, EditError, FormulaSyntaxError, UsageError
from cellwright.formula import precedents
from cellwright.reference import Cell, Range, SheetCell
from cellwright.verify.check import check_formula
from cellwright.verify.judge import judge_changes, unknown
from cellwright.verify.model import CellChange, Status, Verdict
from cellwright.verify.plan import Plan, make_plan
from cellwright.verify.whole import judge_whole
from cellwright.workbook.model import Content, Snapshot, Value

_SHOWN = 200
_VALUE_FREE = (
    model.SetNumberFormat, model.SetFont, model.SetFill, model.SetAlignment, model.SetBorders,
    model.SetColumnWidth, model.AddConditionalFormat, model.AddDataValidation, model.AddChart,
    model.FreezePanes,
)  # fmt: skip
_VALUES_ONLY = (model.SetValues, model.CopyRange, model.AddPivot)


@dataclass(frozen=True)
class Checked:
    """A step, and the snapshot that it leaves, results included."""

    step: Step
    after: Snapshot


def check_draft(draft: Draft, before: Snapshot, calculator: Calculator) -> Checked | None:
    """Run a draft on `before`; None where it does not parse, bind or fit, or would reach out."""
    tried = try_draft(draft, before, calculator)
    return tried if isinstance(tried, Checked) else None


def try_draft(draft: Draft, before: Snapshot, calculator: Calculator) -> Checked | str:
    """Like `check_draft`; where that gives None, why."""
    try:
        found = _without_running(draft.edits, before) or _by_running(draft.edits, before, calculator)
    except (EditError, UsageError, FormulaSyntaxError) as error:
        return str(error)
    verdict, after = found
    if after is None or verdict.status in (Status.INVALID, Status.REFUSED):
        return verdict.why or "it does not fit"
    results = {c.cell: c.after for c in verdict.changes if c.formula_after is not None}
    step = Step(draft.title, draft.edits, draft.shape, verdict, draft.citations, draft.destroys, results)
    return Checked(step, with_results(after, results))


def _by_running(
    edits: tuple[Edit, ...], before: Snapshot, calculator: Calculator
) -> tuple[Verdict, Snapshot | None]:
    """The verdict of a run; a sheet that is added comes first, so that the rest runs in the same worker."""
    if isinstance(edits[0], model.AddSheet) and not any(isinstance(e, model.AddSheet) for e in edits[1:]):
        before, edits = apply(before, edits[0]), edits[1:]
    plan = make_plan(before, edits)
    if plan.check.why:
        status = Status.REFUSED if plan.check.risks else Status.INVALID
        return Verdict(status, risks=plan.check.risks, why=plan.check.why), None
    if not plan.is_runnable and not plan.is_whole:
        return Verdict(Status.VERIFIED, why="no value changes"), plan.after
    if calculator.snapshot is not before:
        calculator.load(before)
    return _judged(before, edits, plan, calculator), plan.after


def _judged(before: Snapshot, edits: tuple[Edit, ...], plan: Plan, calculator: Calculator) -> Verdict:
    if plan.is_whole:
        return judge_whole(before, edits, plan, calculator)
    try:
        outcome = calculator.what_if(dict(plan.changes))
    except CalcError as error:
        return unknown(plan, calculator, str(error))
    return judge_changes(before, plan, outcome, calculator)


def _without_running(edits: tuple[Edit, ...], before: Snapshot) -> tuple[Verdict, Snapshot] | None:
    """The verdict where nothing has to be calculated; None where something has."""
    if all(isinstance(edit, _VALUE_FREE) for edit in edits):
        for edit in edits:
            why = _broken_rule(edit, before)
            if why:
                return Verdict(Status.INVALID, why=why), before
        return Verdict(Status.VERIFIED, why="no value changes"), apply_all(before, edits)
    if isinstance(edits[0], model.AddSheet):
        name = edits[0].name
        rest = edits[1:]
        if not all(isinstance(edit, (*_VALUE_FREE, *_VALUES_ONLY)) and edit.sheet == name for edit in rest):
            return None
        after = apply_all(before, edits)
        sheet = after.sheet(name)
        if next(sheet.cells.formulas(), None) is not None:
            return None
        changes = [
            CellChange(SheetCell(name, cell), None, content.value)
            for cell, content in sheet.cells.items()
            if content.value is not None
        ]
        return Verdict(Status.VERIFIED, changes=tuple(changes[:_SHOWN])), after
    if len(edits) == 1 and isinstance(edits[0], model.Sort):
        return _sorted(edits[0], before)
    return None


def _broken_rule(edit: Edit, snapshot: Snapshot) -> str:
    """Why a formula of a rule may not stand; empty where it may."""
    if isinstance(edit, model.AddConditionalFormat):
        texts, areas = edit.rule.formulas, edit.rule.ranges
    elif isinstance(edit, model.AddDataValidation):
        texts, areas = edit.validation.formulas, edit.validation.ranges
    else:
        return ""
    for text in texts:
        if text.startswith("="):
            check = check_formula(text, SheetCell(edit.sheet, areas[0].first), snapshot)
            if check.why:
                return check.why
    return ""


def _sorted(edit: model.Sort, before: Snapshot) -> tuple[Verdict, Snapshot] | None:
    """A sort whose values only move: no formula outside reads the rows, those inside read their own row."""
    sheet = before.sheet(edit.sheet)
    body = Range(edit.range.top + edit.has_header, edit.range.left, edit.range.bottom, edit.range.right)
    if body.top > body.bottom:
        return None
    for place, text in _formulas(before):
        is_inside = place.sheet == sheet.name and place.cell in body
        for bound in precedents(text, place, before):
            if bound.range is None:
                if bound.problem is not None:
                    return None
                continue
            here = (bound.sheet or place.sheet) == sheet.name
            own_row = Range(place.cell.row, body.left, place.cell.row, body.right)
            if here and bound.range.intersect(body) and not (is_inside and own_row.contains(bound.range)):
                return None
    after = apply(before, edit)
    plain = {
        cell: replace(content, formula=None, array=None)
        for cell, content in sheet.cells.items(body)
        if content.formula is not None
    }
    if plain:
        moved = apply(before.with_sheet(sheet.with_cells(plain)), edit).sheet(sheet.name)
        kept: dict[Cell, Content | None] = {
            cell: replace(content, value=moved.value(cell))
            for cell, content in after.sheet(sheet.name).cells.items(body)
            if content.formula is not None
        }
        after = after.with_sheet(after.sheet(sheet.name).with_cells(kept))
    changes = []
    for cell, was, now in sheet.cells.changes(after.sheet(sheet.name).cells):
        old, new = was or Content(), now or Content()
        if old.value != new.value or new.formula is not None:
            changes.append(
                CellChange(SheetCell(sheet.name, cell), old.value, new.value, old.formula, new.formula)
            )
    return Verdict(Status.VERIFIED, changes=tuple(changes)), after


def _formulas(snapshot: Snapshot) -> Iterator[tuple[SheetCell, str]]:
    for sheet in snapshot.sheets:
        for cell, text in sheet.cells.formulas():
            yield SheetCell(sheet.name, cell), text


def with_results(snapshot: Snapshot, results: dict[SheetCell, Value]) -> Snapshot:
    """The snapshot with those values in its formula cells."""
    by_sheet: dict[str, dict[Cell, Content | None]] = {}
    for place, value in results.items():
        if not snapshot.has_sheet(place.sheet):
            continue
        content = snapshot.sheet(place.sheet).content(place.cell)
        if content.formula is not None and content.value != value:
            updated = replace(content, value=value)
            by_sheet.setdefault(place.sheet, {})[place.cell] = updated
    for name, updates in by_sheet.items():
        snapshot = snapshot.with_sheet(snapshot.sheet(name).with_cells(updates))
    return snapshot
