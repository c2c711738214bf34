"""Array formulas on a sheet: where they are, and the refusal of what would change a part of one."""

from __future__ import annotations

from collections.abc import Iterator

from cellwright.errors import EditError
from cellwright.reference import Cell, Range
from cellwright.workbook.model import ArrayFormula, Sheet


def arrays_on(sheet: Sheet) -> Iterator[tuple[Cell, ArrayFormula]]:
    """(master cell, array) of every entered or spilled array of a sheet."""
    for cell, content in sheet.cells.items():
        if content.array is not None:
            yield cell, content.array


def require_no_array(sheet: Sheet, area: Range) -> None:
    """Refuse an area that touches an array."""
    for _, array in arrays_on(sheet):
        if common := array.range.intersect(area):
            raise part_of_an_array(sheet, common.first, array.range)


def part_of_an_array(sheet: Sheet, cell: Cell, array: Range) -> EditError:
    """The refusal of an edit that would change a part of an array."""
    return EditError(
        f"expected cells outside arrays, got {cell.a1} on {sheet.name!r}, part of an array ({array})"
    )
