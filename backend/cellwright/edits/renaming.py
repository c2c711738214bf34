"""An edit after somebody renamed a sheet: its places and formulas say the new name."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

from cellwright import formula
from cellwright.edits import model as m
from cellwright.edits.charts import moved_series
from cellwright.edits.model import Edit
from cellwright.errors import StaleEdit
from cellwright.workbook.model import ConditionalFormat, Content, DataValidation

_Rule = TypeVar("_Rule", ConditionalFormat, DataValidation)


def renamed_edit(edit: Edit, change: m.RenameSheet) -> Edit:
    """The edit with the new name; raises StaleEdit where it takes that name, or renames the sheet itself."""

    def name(sheet: str) -> str:
        return change.name if sheet.casefold() == change.sheet.casefold() else sheet

    def text(written: str) -> str:
        return formula.rename_sheet(written, change.sheet, change.name)

    def rule(written: _Rule) -> _Rule:
        return replace(written, formulas=tuple(text(part) for part in written.formulas))

    match edit:
        case m.AddSheet() | m.RenameSheet():
            if edit.name.casefold() == change.name.casefold():
                raise StaleEdit(f"expected a sheet name that is not taken, got {edit.name!r}")
            if isinstance(edit, m.RenameSheet) and name(edit.sheet) != edit.sheet:
                raise StaleEdit(f"expected the sheet {edit.sheet!r}, got it renamed to {change.name!r}")
            return edit
        case m.SetFormulas():
            formulas = tuple(
                tuple(None if part is None else text(part) for part in row) for row in edit.formulas
            )
            return replace(edit, sheet=name(edit.sheet), formulas=formulas)
        case m.CopyRange() | m.AddPivot():
            return replace(edit, sheet=name(edit.sheet), source_sheet=name(edit.source_sheet))
        case m.AddChart():
            source_sheet = None if edit.source_sheet is None else name(edit.source_sheet)
            series = tuple(moved_series(one, text) for one in edit.series)
            return replace(edit, sheet=name(edit.sheet), source_sheet=source_sheet, series=series)
        case m.AddConditionalFormat():
            return replace(edit, sheet=name(edit.sheet), rule=rule(edit.rule))
        case m.AddDataValidation():
            return replace(edit, sheet=name(edit.sheet), validation=rule(edit.validation))
        case m.DefineName():
            scope = None if edit.scope is None else name(edit.scope)
            return replace(edit, formula=text(edit.formula), scope=scope)
        case m.Restore():
            return _renamed_restore(edit, change)
        case _:
            return replace(edit, sheet=name(edit.sheet))


def _renamed_restore(edit: m.Restore, change: m.RenameSheet) -> m.Restore:
    if edit.snapshot is not None or edit.sheet_image is not None or edit.tables or edit.names:
        raise StaleEdit(f"expected the sheet {change.sheet!r}, got it renamed to {change.name!r}")

    def content(held: Content | None) -> Content | None:
        if held is None or held.formula is None:
            return held
        return replace(held, formula=formula.rename_sheet(held.formula, change.sheet, change.name))

    is_own = edit.sheet is not None and edit.sheet.casefold() == change.sheet.casefold()
    cells = tuple((cell, content(held)) for cell, held in edit.cells)
    return replace(edit, sheet=change.name if is_own else edit.sheet, cells=cells)
