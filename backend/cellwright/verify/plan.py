"""What of a candidate has to run: its edits applied, and the cells whose contents they change."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cellwright.edits import model
from cellwright.edits.apply import apply_all
from cellwright.edits.model import Edit
from cellwright.errors import EditError, FormulaSyntaxError, UnsupportedWrite, UsageError
from cellwright.reference import Cell, SheetCell
from cellwright.verify.check import Check, check_formula
from cellwright.workbook.model import Content, Snapshot

_SHIFTING = (
    model.InsertRows,
    model.InsertColumns,
    model.DeleteRows,
    model.DeleteColumns,
    model.AddTable,
    model.DefineName,
    model.AddSheet,
    model.RenameSheet,
    model.Filter,
    model.Restore,
    model.Merge,
)


@dataclass(frozen=True)
class Plan:
    """A candidate ready to run, or why it cannot.

    `changes` are the cells whose contents differ; where `is_whole` the workbook's shape or names change too,
    and `after` must be calculated as a whole.
    """

    check: Check
    after: Snapshot | None = None
    changes: tuple[tuple[SheetCell, Content | None], ...] = ()
    is_whole: bool = False

    @property
    def is_runnable(self) -> bool:
        """Cells to try on the workbook as it is."""
        return not self.check.why and not self.is_whole and bool(self.changes)


def make_plan(snapshot: Snapshot, edits: tuple[Edit, ...]) -> Plan:
    """Check the formulas that the edits bring, apply them, and find what they change."""
    try:
        after = apply_all(snapshot, edits)
    except (EditError, UsageError, FormulaSyntaxError) as error:
        if isinstance(error, UnsupportedWrite):
            return Plan(Check(why=str(error)))
        broken = _first_broken(snapshot, edits)
        parses = not isinstance(error, FormulaSyntaxError)
        return Plan(broken or Check(parses=parses, why=str(error)))
    is_whole = any(isinstance(edit, _SHIFTING) for edit in edits)
    for formula, at in _new_formulas(edits, after):
        check = check_formula(formula, at, after)
        if check.why:
            return Plan(check, after)
    changes = [] if is_whole else list(_changes(snapshot, after))
    for cell, content in changes:
        if content is not None and content.formula is not None:
            check = check_formula(content.formula, cell, after)
            if check.why:
                return Plan(check, after)
    return Plan(Check(), after, tuple(changes), is_whole)


def _changes(before: Snapshot, after: Snapshot) -> Iterator[tuple[SheetCell, Content | None]]:
    for old, new in zip(before.sheets, after.sheets, strict=True):
        if old.cells is new.cells:
            continue
        for cell, was, now in old.cells.changes(new.cells):
            was, now = was or Content(), now or Content()
            if (was.formula, was.array) != (now.formula, now.array) or (
                now.formula is None and was.value != now.value
            ):
                yield SheetCell(new.name, cell), None if now.is_blank else now


def _new_formulas(edits: tuple[Edit, ...], after: Snapshot) -> Iterator[tuple[str, SheetCell]]:
    """Formulas that an edit brings but that are no cell's content, and those of shape-changing candidates."""
    for edit in edits:
        if isinstance(edit, model.SetFormulas):
            yield from _set(edit)
        elif isinstance(edit, model.DefineName):
            yield edit.formula, SheetCell(edit.scope or after.sheet_names[0], Cell(0, 0))
        elif isinstance(edit, model.AddConditionalFormat):
            for formula in edit.rule.formulas:
                yield formula, SheetCell(edit.sheet, edit.rule.ranges[0].first)
        elif isinstance(edit, model.AddDataValidation):
            for formula in edit.validation.formulas:
                if formula.startswith("="):
                    yield formula, SheetCell(edit.sheet, edit.validation.ranges[0].first)


def _set(edit: model.SetFormulas) -> Iterator[tuple[str, SheetCell]]:
    for row, formulas in enumerate(edit.formulas):
        for column, formula in enumerate(formulas):
            if formula is not None:
                cell = edit.range.first
                yield formula, SheetCell(edit.sheet, type(cell)(cell.row + row, cell.column + column))


def _first_broken(snapshot: Snapshot, edits: tuple[Edit, ...]) -> Check | None:
    """What is wrong with a formula itself, where an edit was refused: it says more than the refusal."""
    for edit in edits:
        if isinstance(edit, model.SetFormulas) and snapshot.has_sheet(edit.sheet):
            for formula, at in _set(edit):
                check = check_formula(formula, at, snapshot)
                if check.why:
                    return check
    return None
