"""The fill handle: continue the source's series over the target, formulas relatively, formats with them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from cellwright.edits.cells import copied, with_copied_merges
from cellwright.edits.model import Fill
from cellwright.edits.series import continued
from cellwright.edits.writing import require_size, write_contents
from cellwright.errors import EditError
from cellwright.reference import Cell, Range
from cellwright.workbook.model import Content, Snapshot


def fill(snapshot: Snapshot, edit: Fill) -> Snapshot:
    """Fill down, right, up or left: the target holds the source at one of its ends."""
    is_down = fills_rows(edit)
    area = filled_area(edit)
    require_size(edit.target, edit.sheet)
    sheet = snapshot.sheet(edit.sheet)
    source, target = edit.source, edit.target
    updates: dict[Cell, Content | None] = {}
    for line in _lines(source, is_down):
        contents = [sheet.content(cell) for cell in line]
        series = continued(contents, snapshot.is_1904)
        start = source.top if is_down else source.left
        first, last = (area.top, area.bottom) if is_down else (area.left, area.right)
        for place in range(first, last + 1):
            index = place - start
            origin = line[index % len(line)]
            cell = Cell(place, origin.column) if is_down else Cell(origin.row, place)
            arrived = copied(sheet, origin, cell.row - origin.row, cell.column - origin.column, source)
            updates[cell] = arrived if arrived.formula else replace(arrived, value=series(index))
    count, extent = (source.height, target.height) if is_down else (source.width, target.width)
    steps = [cycle * count for cycle in range(-(extent // count), extent // count + 1) if cycle]
    offsets = [(step, 0) if is_down else (0, step) for step in steps]
    sheet = with_copied_merges(sheet, sheet.merges, source, area, offsets)
    return write_contents(snapshot, sheet, updates)


def fills_rows(edit: Fill) -> bool:
    """Whether the fill goes down or up; otherwise right or left. Raises EditError where it is neither."""
    source, target = edit.source, edit.target
    same_columns = (source.left, source.right) == (target.left, target.right)
    same_rows = (source.top, source.bottom) == (target.top, target.bottom)
    is_down = same_columns and (source.top == target.top or source.bottom == target.bottom)
    is_right = same_rows and (source.left == target.left or source.right == target.right)
    if is_down == is_right or not target.contains(source):
        raise EditError(
            f"expected a fill target that extends its source in one direction, got {target} for {source}"
        )
    return is_down


def filled_area(edit: Fill) -> Range:
    """The cells that a fill writes: the target without the source."""
    source, target = edit.source, edit.target
    if fills_rows(edit):
        if source.top == target.top:
            return Range(source.bottom + 1, target.left, target.bottom, target.right)
        return Range(target.top, target.left, source.top - 1, target.right)
    if source.left == target.left:
        return Range(target.top, source.right + 1, target.bottom, target.right)
    return Range(target.top, target.left, target.bottom, source.left - 1)


def _lines(source: Range, is_down: bool) -> Iterator[list[Cell]]:
    if is_down:
        for column in range(source.left, source.right + 1):
            yield [Cell(row, column) for row in range(source.top, source.bottom + 1)]
    else:
        for row in range(source.top, source.bottom + 1):
            yield [Cell(row, column) for column in range(source.left, source.right + 1)]
