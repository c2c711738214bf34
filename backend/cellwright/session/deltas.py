"""A delta becomes the next State: what its changes are as edits, where they wrote, what has to recalculate.

Cells that a pane sends win over what is there (the person sees them); edits of an older revision are carried
over what came in between, or refused. All of a delta is taken or nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from cellwright.edits import model as m
from cellwright.edits.apply import apply, apply_all
from cellwright.edits.footprint import affected_cells
from cellwright.edits.invert import undo_all
from cellwright.edits.model import Edit
from cellwright.edits.rebase import rebase_all
from cellwright.errors import EditError, StaleEdit, UsageError
from cellwright.protocol.edits import edit_from_wire
from cellwright.protocol.workbooks import CellsChange, Delta, EditChange, PlanChange
from cellwright.reference import Cell, Range, SheetCell, SheetRange
from cellwright.session.assemble import contents_of
from cellwright.session.book import Applied, Change, Prepared, State, changes_since
from cellwright.session.recalculate import without_results
from cellwright.workbook.model import Content, Snapshot, Style

STRUCTURAL = (m.InsertRows, m.InsertColumns, m.DeleteRows, m.DeleteColumns, m.RenameSheet, m.AddSheet, m.Sort)
_MOST_PLACES = 50


@dataclass(frozen=True)
class Step:
    """What a delta does: the next state, the edits for the log, and what accepted suggestions it did."""

    state: State
    change: Change
    edits: tuple[Edit, ...]
    applied: tuple[Applied, ...] = ()
    undone: tuple[str, ...] = ()


def take(state: State, delta: Delta, changes: Sequence[Change], plans: Mapping[str, Prepared]) -> Step:
    """The state after a delta; `changes` are those that are remembered, oldest first.

    Raises StaleEdit where it can't be carried over them, EditError or UsageError where it does not fit. A
    state with cells that wait to be recalculated must be settled before a structural edit is taken.
    """
    snapshot = state.snapshot
    later = changes_since(changes, delta.base_revision, snapshot.revision)
    changed: set[SheetCell] = set(state.changed)
    edits: list[Edit] = []
    applied: list[Applied] = []
    undone: list[str] = []
    for change in delta.changes:
        before = snapshot
        if isinstance(change, CellsChange):
            made = _cells(snapshot, change, later)
            after = apply(snapshot, made)
            if change.is_recalculated:
                changed -= {SheetCell(change.block.sheet, cell) for cell, _ in made.cells}
            else:
                edits += cell_edits(snapshot, made)
                changed |= set(changed_cells(snapshot, after, are_results_given=True))
            snapshot = after
            continue
        if isinstance(change, EditChange):
            new: tuple[Edit, ...] = (edit_from_wire(change.edit),)
            for earlier in later:
                for edit in earlier.edits:
                    new = rebase_all(new, edit, snapshot)
        else:
            plan, new = _planned(change, plans, state.snapshot, snapshot, changes)
            if plan.purpose == "accept":
                inverse = undo_all(snapshot, new) if new else plan.inverse
                applied.append(Applied(plan.suggestion_id, state.snapshot.revision + 1, inverse))
            else:
                undone.append(plan.suggestion_id)
        for edit in new:
            snapshot = apply(snapshot, edit)
        edits += new
        if not any(isinstance(edit, STRUCTURAL) for edit in new):
            changed |= set(changed_cells(before, snapshot, are_results_given=False))
    if changed and any(isinstance(edit, STRUCTURAL) for edit in edits):
        # What was changed has moved within this delta, so nobody can tell which results are old.
        snapshot, changed = without_results(snapshot), set()
    revision = state.snapshot.revision + 1
    snapshot = replace(snapshot, revision=revision)
    settled = state.settled if changed else snapshot
    places = tuple(dict.fromkeys(place for edit in edits for place in _places(edit)))
    return Step(
        State(snapshot, settled, frozenset(changed)),
        Change(revision, tuple(edits), places),
        tuple(edits),
        tuple(applied),
        tuple(undone),
    )


def is_structural(delta: Delta, plans: Mapping[str, Prepared]) -> bool:
    """Whether the delta moves cells or renames sheets."""
    for change in delta.changes:
        if isinstance(change, EditChange) and isinstance(edit_from_wire(change.edit), STRUCTURAL):
            return True
        if isinstance(change, PlanChange):
            plan = plans.get(change.plan_id)
            if plan is not None and any(isinstance(edit, STRUCTURAL) for edit in plan.edits):
                return True
    return False


def changed_cells(before: Snapshot, after: Snapshot, *, are_results_given: bool) -> Iterator[SheetCell]:
    """Cells whose readers have to be recalculated: they hold other contents than before."""
    if before.sheet_names != after.sheet_names:
        return
    for old, new in zip(before.sheets, after.sheets, strict=True):
        if old.cells is new.cells:
            continue
        for cell, was, now in old.cells.changes(new.cells):
            was, now = was or Content(), now or Content()
            is_new_formula = was.formula != now.formula
            is_new_result = was.value != now.value and (now.formula is None or are_results_given)
            if is_new_formula or is_new_result:
                yield SheetCell(new.name, cell)


def _cells(snapshot: Snapshot, change: CellsChange, later: Sequence[Change]) -> m.Restore:
    """The cells of a block that differ from what is there, as an edit that can be carried and written."""
    if any(isinstance(edit, STRUCTURAL) for earlier in later for edit in earlier.edits):
        raise StaleEdit("expected cells of the newest revision, got some from before rows or sheets moved")
    sheet = snapshot.sheet(change.block.sheet)
    updates = contents_of(change.block, sheet)
    cells: list[tuple[Cell, Content | None]] = []
    for cell, content in updates.items():
        old = sheet.cells.get(cell)
        if change.is_recalculated:
            if old is None or old.formula is None or content is None:
                continue
            content = replace(old, value=content.value)
        elif content is not None and old is not None and content.formula == old.formula:
            content = replace(content, array=content.array or old.array)
        if content is not None and old is not None and content.style == old.style:
            content = replace(content, style=old.style)  # with the file's own format index
        if old != content:
            cells.append((cell, content))
    return m.Restore(sheet.name, tuple(cells))


def cell_edits(snapshot: Snapshot, made: m.Restore) -> list[Edit]:
    """What a person did to cells as edits of the union, run by run, for carrying, writing and showing."""
    assert made.sheet is not None
    sheet = snapshot.sheet(made.sheet)
    runs: list[tuple[str, list[tuple[Cell, Content]]]] = []
    formats: list[Edit] = []
    for cell, content in made.cells:
        was, now = sheet.content(cell), content or Content()
        if was.style != now.style:
            formats += _format_edits(sheet.name, Range.of(cell), was.style, now.style)
        if (was.formula, was.array) == (now.formula, now.array) and (
            now.formula is not None or was.value == now.value
        ):
            continue
        kind = "value" if now.formula is None else "formula" if now.array is None else "array"
        before = runs[-1][1][-1][0] if runs else None
        is_next = before is not None and (before.row, before.column + 1) == cell and runs[-1][0] == kind
        if is_next and kind != "array":
            runs[-1][1].append((cell, now))
        else:
            runs.append((kind, [(cell, now)]))
    return [_run_edit(sheet.name, kind, run) for kind, run in runs] + formats


def _run_edit(sheet: str, kind: str, run: list[tuple[Cell, Content]]) -> Edit:
    area = Range.of(run[0][0], 1, len(run))
    if kind == "value":
        return m.SetValues(sheet, area, (tuple(content.value for _, content in run),))
    array = run[0][1].array
    if array is not None and not array.is_dynamic:
        height, width = array.range.height, array.range.width
        first: tuple[str | None, ...] = (run[0][1].formula, *[None] * (width - 1))
        rest = tuple((None,) * width for _ in range(height - 1))
        return m.SetFormulas(sheet, array.range, (first, *rest), array=True)
    return m.SetFormulas(sheet, area, (tuple(content.formula for _, content in run),))


def _format_edits(sheet: str, area: Range, was: Style, now: Style) -> Iterator[Edit]:
    if was.number_format != now.number_format:
        yield m.SetNumberFormat(sheet, area, now.number_format)
    if was.font != now.font:
        old, new = was.font, now.font
        yield m.SetFont(
            sheet,
            area,
            bold=new.bold if new.bold != old.bold else None,
            italic=new.italic if new.italic != old.italic else None,
            underline=(new.underline or "none") if new.underline != old.underline else None,
            size=new.size if new.size != old.size else None,
            color=new.color if new.color != old.color else None,
            name=new.name if new.name != old.name else None,
        )
    if was.fill != now.fill:
        yield m.SetFill(sheet, area, now.fill)
    if was.alignment != now.alignment:
        align = now.alignment
        yield m.SetAlignment(sheet, area, align.horizontal, align.vertical, align.wrap)


def _planned(
    change: PlanChange,
    plans: Mapping[str, Prepared],
    start: Snapshot,
    snapshot: Snapshot,
    changes: Sequence[Change],
) -> tuple[Prepared, tuple[Edit, ...]]:
    """The plan, and what of its edits is still to be done here.

    A host may have told of the cells that it wrote before it tells that they were the plan's: then there is
    nothing left to do.
    """
    plan = plans.get(change.plan_id)
    if plan is None:
        raise UsageError(f"expected the id of a plan that was sent, got {change.plan_id!r}")
    edits = plan.edits
    try:
        for later in changes_since(changes, plan.revision, start.revision):
            for edit in later.edits:
                edits = rebase_all(edits, edit, start)
    except StaleEdit:
        if not _is_done(snapshot, plan.edits):
            raise
        return plan, ()
    return plan, edits


def _is_done(snapshot: Snapshot, edits: tuple[Edit, ...]) -> bool:
    after = apply_all(snapshot, edits)
    if after.sheet_names != snapshot.sheet_names:
        return False
    return all(
        (was or Content()).formula == (now or Content()).formula
        and ((now or Content()).formula is not None or (was or Content()).value == (now or Content()).value)
        for old, new in zip(snapshot.sheets, after.sheets, strict=True)
        for _, was, now in old.cells.changes(new.cells)
    )


def _places(edit: Edit) -> tuple[SheetRange, ...]:
    try:
        return affected_cells(edit)[:_MOST_PLACES]
    except EditError:
        return ()
