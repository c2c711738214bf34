"""Sheets as a whole: add, rename, freeze panes."""

from __future__ import annotations

from dataclasses import replace

from cellwright import formula
from cellwright.edits.model import AddSheet, FreezePanes, RenameSheet
from cellwright.edits.names import require_sheet_name
from cellwright.edits.rewrite import rewrite_formulas
from cellwright.errors import UsageError
from cellwright.reference import MAX_COLUMNS, MAX_ROWS
from cellwright.workbook.cells import CellStore
from cellwright.workbook.model import Sheet, Snapshot


def add_sheet(snapshot: Snapshot, edit: AddSheet) -> Snapshot:
    """Add an empty sheet."""
    require_sheet_name(snapshot, edit.name)
    at = len(snapshot.sheets) if edit.at is None else edit.at
    if not 0 <= at <= len(snapshot.sheets):
        raise UsageError(f"expected a position from 0 to {len(snapshot.sheets)}, got {edit.at}")
    sheets = (*snapshot.sheets[:at], Sheet(edit.name, CellStore()), *snapshot.sheets[at:])
    return replace(snapshot, sheets=sheets, revision=snapshot.revision + 1)


def rename_sheet(snapshot: Snapshot, edit: RenameSheet) -> Snapshot:
    """Rename a sheet; formulas, names, tables, conditional formats and validations follow."""
    old = snapshot.sheet(edit.sheet).name
    require_sheet_name(snapshot, edit.name, besides=old)

    mention = old.replace("'", "''").casefold()

    def renamed(text: str, *_: object) -> str:
        return formula.rename_sheet(text, old, edit.name) if mention in text.casefold() else text

    def new_name(name: str) -> str:
        return edit.name if name == old else name

    changed = rewrite_formulas(snapshot, renamed)
    return replace(
        changed,
        sheets=tuple(replace(sheet, name=new_name(sheet.name)) for sheet in changed.sheets),
        tables=tuple(replace(table, sheet=new_name(table.sheet)) for table in changed.tables),
        names=tuple(
            name if name.scope is None else replace(name, scope=new_name(name.scope))
            for name in changed.names
        ),
        revision=snapshot.revision + 1,
    )


def freeze_panes(snapshot: Snapshot, edit: FreezePanes) -> Snapshot:
    """Freeze the rows above and the columns left of a cell; A1 has neither and unfreezes."""
    sheet = snapshot.sheet(edit.sheet)
    cell = edit.cell
    if cell is not None and not (0 <= cell.row < MAX_ROWS and 0 <= cell.column < MAX_COLUMNS):
        raise UsageError(f"expected a cell inside the sheet, got row {cell.row}, column {cell.column}")
    return snapshot.with_sheet(replace(sheet, freeze=None if cell == (0, 0) else cell))
