"""Insert and delete rows and columns: everything that stands behind them moves, every reference follows.

Followed are formulas of all sheets, names, tables, merges, conditional formats, validations, the autofilter,
comments, hidden rows and columns, column widths and frozen panes. Cached values stay, except where a formula
lost cells to `#REF!`. Inserted rows take the formats of the row above, inserted columns those of the column
before, and its width.
"""

from __future__ import annotations

from dataclasses import replace

from cellwright.edits.arrays import part_of_an_array
from cellwright.edits.model import DeleteColumns, DeleteRows, InsertColumns, InsertRows
from cellwright.edits.rewrite import rewrite_formulas
from cellwright.edits.structure_facts import moved_cell, moved_facts, moved_range
from cellwright.edits.structure_tables import moved_tables
from cellwright.errors import EditError, UsageError
from cellwright.formula import Axis, StructureChange, shift_structure
from cellwright.reference import MAX_COLUMNS, MAX_ROWS, Cell, Range
from cellwright.workbook.model import DEFAULT_STYLE, ArrayFormula, Content, Sheet, Snapshot

StructureEdit = InsertRows | InsertColumns | DeleteRows | DeleteColumns


def structure_change(edit: StructureEdit) -> StructureChange:
    """The edit as the formula room sees it; raises UsageError where it leaves the sheet."""
    is_rows = isinstance(edit, InsertRows | DeleteRows)
    limit = MAX_ROWS if is_rows else MAX_COLUMNS
    what = "rows" if is_rows else "columns"
    if edit.count < 1 or not 0 <= edit.at < limit or edit.at + edit.count > limit:
        raise UsageError(
            f"expected 1 or more {what} inside the {limit:,} of a sheet, got {edit.count} from {edit.at}"
        )
    is_insert = isinstance(edit, InsertRows | InsertColumns)
    count = edit.count if is_insert else -edit.count
    return StructureChange(edit.sheet, Axis.ROWS if is_rows else Axis.COLUMNS, edit.at, count)


def band(change: StructureChange) -> Range:
    """The rows or columns that are new after an insertion, or gone after a deletion."""
    last = change.at + abs(change.count) - 1
    if change.axis is Axis.ROWS:
        return Range(change.at, 0, last, MAX_COLUMNS - 1)
    return Range(0, change.at, MAX_ROWS - 1, last)


def restructure(snapshot: Snapshot, edit: StructureEdit) -> Snapshot:
    """Insert or delete; raises EditError where contents would fall off, or an array or table would break."""
    sheet = snapshot.sheet(edit.sheet)
    change = replace(structure_change(edit), sheet=sheet.name)
    if change.count > 0:
        _require_room(sheet, change)
    sheet = _freed_arrays(sheet, change)
    moved = replace(sheet, cells=sheet.cells.shifted(change.axis is Axis.ROWS, change.at, change.count))
    moved = _moved_arrays(sheet, moved, change)
    moved = moved_facts(moved, change)
    if change.count > 0:
        moved = _with_formats_before(moved, change)

    mention = sheet.name.replace("'", "''").casefold()

    def shifted(text: str, formula_sheet: str, _: Cell | None) -> str:
        is_concerned = formula_sheet == sheet.name or mention in text.casefold()
        return shift_structure(text, formula_sheet, change) if is_concerned else text

    return moved_tables(rewrite_formulas(snapshot.with_sheet(moved), shifted), change)


def _require_room(sheet: Sheet, change: StructureChange) -> None:
    is_rows = change.axis is Axis.ROWS
    limit = MAX_ROWS if is_rows else MAX_COLUMNS
    first, bottom, right = limit - change.count, MAX_ROWS - 1, MAX_COLUMNS - 1
    edge = Range(first, 0, bottom, right) if is_rows else Range(0, first, bottom, right)
    for cell, content in sheet.cells.items(edge):
        if not content.is_blank:
            raise EditError(
                f"expected empty cells at the end of {sheet.name!r} to make room, got {cell.a1} with content"
            )


def _cuts(change: StructureChange, area: Range) -> bool:
    """Whether the change goes through an area: an insertion inside it, a deletion of a part of it."""
    first, last = (area.top, area.bottom) if change.axis is Axis.ROWS else (area.left, area.right)
    if change.count > 0:
        return first < change.at <= last
    end = change.at - change.count
    return change.at <= last and first < end and not (change.at <= first and last < end)


def _freed_arrays(sheet: Sheet, change: StructureChange) -> Sheet:
    """Entered arrays must not be cut; what a cut or masterless array had spilled is emptied."""
    updates: dict[Cell, Content | None] = {}
    gone = band(change)
    for master, array in sheet.cells.arrays.items():
        loses_master = change.count < 0 and master in gone
        if not _cuts(change, array.range):
            continue
        if not array.is_dynamic:
            common = array.range.intersect(gone) or array.range
            raise part_of_an_array(sheet, common.first, array.range)
        for cell, content in sheet.cells.items(array.range):
            updates[cell] = replace(content, value=None)
        if not loses_master:
            alone = ArrayFormula(Range.of(master), is_dynamic=True)
            updates[master] = replace(sheet.content(master), value=None, array=alone)
    return sheet.with_cells(updates) if updates else sheet


def _moved_arrays(before: Sheet, moved: Sheet, change: StructureChange) -> Sheet:
    updates: dict[Cell, Content | None] = {}
    for master, array in before.cells.arrays.items():
        cell, area = moved_cell(master, change), moved_range(array.range, change)
        if cell is not None and area is not None and area != array.range:
            updates[cell] = replace(before.content(master), array=replace(array, range=area))
    return moved.with_cells(updates) if updates else moved


def _with_formats_before(sheet: Sheet, change: StructureChange) -> Sheet:
    if change.at == 0:
        return sheet
    is_rows = change.axis is Axis.ROWS
    if is_rows:
        before = Range(change.at - 1, 0, change.at - 1, MAX_COLUMNS - 1)
    else:
        before = Range(0, change.at - 1, MAX_ROWS - 1, change.at - 1)
    updates: dict[Cell, Content | None] = {}
    for cell, content in sheet.cells.items(before):
        if content.style == DEFAULT_STYLE:
            continue
        plain = Content(style=content.style)
        for offset in range(1, change.count + 1):
            new = Cell(cell.row + offset, cell.column) if is_rows else Cell(cell.row, cell.column + offset)
            updates[new] = plain
    return sheet.with_cells(updates) if updates else sheet
