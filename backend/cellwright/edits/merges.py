"""Merged cells: merge a range, undo merges."""

from __future__ import annotations

from dataclasses import replace

from cellwright.edits.arrays import require_no_array
from cellwright.edits.formats import clipped
from cellwright.edits.model import Merge, Unmerge
from cellwright.edits.writing import require_size, write_contents
from cellwright.errors import EditError
from cellwright.reference import Cell
from cellwright.workbook.model import DEFAULT_STYLE, Content, Snapshot


def merge(snapshot: Snapshot, edit: Merge) -> Snapshot:
    """Merge: the first cell keeps its content and gives all others its format, but not its borders.

    Merges that lie inside are taken up. Raises EditError across a table, an array or part of a merge.
    """
    sheet, area = snapshot.sheet(edit.sheet), edit.range
    if area.is_cell:
        raise EditError(f"expected at least two cells to merge, got {area}")
    require_no_array(sheet, area)
    for table in snapshot.tables_on(sheet.name):
        if table.range.intersect(area):
            raise EditError(f"expected no table under merged cells, got {table.name} ({table.range})")
    for other in sheet.merges:
        if other.intersect(area) and not area.contains(other):
            raise EditError(f"expected a range that holds merged cells whole, got {area} across {other}")
    style = sheet.content(area.first).style
    updates: dict[Cell, Content | None] = {}
    for cell, content in sheet.cells.items(area):
        if cell != area.first:
            plain = replace(style, borders=content.style.borders, xf=None)
            updates[cell] = Content(style=plain if plain != content.style else content.style)
    formatted = clipped(sheet, area) if style != DEFAULT_STYLE else None
    if formatted is not None:
        require_size(formatted, edit.sheet)
        inner = Content(style=replace(style, borders=DEFAULT_STYLE.borders, xf=None))
        for cell in formatted.cells():
            if cell != area.first:
                updates.setdefault(cell, inner)
    merges = (*(other for other in sheet.merges if not area.contains(other)), area)
    return write_contents(snapshot, replace(sheet, merges=merges), updates)


def unmerge(snapshot: Snapshot, edit: Unmerge) -> Snapshot:
    """Undo every merge that touches the range; contents and formats stay."""
    sheet = snapshot.sheet(edit.sheet)
    kept = tuple(other for other in sheet.merges if not other.intersect(edit.range))
    return snapshot.with_sheet(replace(sheet, merges=kept))
