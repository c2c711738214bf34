"""Array formulas on a sheet: the refusal of what would change a part of one."""

from __future__ import annotations

from cellwright.errors import EditError
from cellwright.reference import Cell, Range
from cellwright.workbook.model import Sheet


def require_no_array(sheet: Sheet, area: Range) -> None:
    """Refuse an area that touches an array."""
    for array in sheet.cells.arrays.values():
        if common := array.range.intersect(area):
            raise part_of_an_array(sheet, common.first, array.range)


def part_of_an_array(sheet: Sheet, cell: Cell, array: Range) -> EditError:
    """The refusal of an edit that would change a part of an array."""
    return EditError(
        f"expected cells outside arrays, got {cell.a1} on {sheet.name!r}, part of an array ({array})"
    )
