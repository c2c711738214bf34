"""Putting new contents into cells: what every edit that writes contents shares.

Three things of a sheet stand in the way of a plain write and are looked after here: arrays (a part of one
cannot change), merges (only their first cell holds anything) and the header cells of tables (always text,
unique within the table; structured references follow).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from cellwright.edits.arrays import part_of_an_array
from cellwright.edits.headers import follow_headers
from cellwright.errors import EditError
from cellwright.reference import Cell, Range
from cellwright.workbook.model import Content, Sheet, Snapshot

MAX_EDITED_CELLS = 2_000_000


def require_size(range_: Range, what: str) -> None:
    """Refuse an edit that would touch more cells one by one than MAX_EDITED_CELLS."""
    if range_.size > MAX_EDITED_CELLS:
        raise EditError(
            f"expected at most {MAX_EDITED_CELLS:,} cells in one edit, got {range_.size:,} ({what} {range_})"
        )


def bounding(cells: Iterable[Cell]) -> Range | None:
    """The smallest range that holds those cells; None where there are none."""
    rows, columns = set(), set()
    for row, column in cells:
        rows.add(row)
        columns.add(column)
    return Range(min(rows), min(columns), max(rows), max(columns)) if rows else None


def write_contents(snapshot: Snapshot, sheet: Sheet, updates: Mapping[Cell, Content | None]) -> Snapshot:
    """The next revision with `sheet` in place of its older self, those of its cells replaced.

    Raises EditError where the cells are a part of an array, or hidden inside a merge and not blank.
    """
    touched = bounding(updates)
    if touched is None:
        return snapshot.with_sheet(sheet)
    updates = {**released_arrays(sheet, touched, updates), **updates}
    _require_visible(sheet, touched, updates)
    return follow_headers(snapshot, sheet, updates)


def released_arrays(
    sheet: Sheet, touched: Range, updates: Mapping[Cell, Content | None]
) -> dict[Cell, Content | None]:
    """The other cells of the arrays that `updates` replaces as a whole, emptied; their formats stay.

    An entered array is replaced by writing all of its cells, a spilled one by writing its master; anything
    else raises EditError.
    """
    released: dict[Cell, Content | None] = {}
    for master, array in sheet.cells.arrays.items():
        if array.range.intersect(touched) is None:
            continue
        members = set(array.range.cells()) | {master}
        hit = members.intersection(updates)
        if not hit:
            continue
        if master not in hit or not (array.is_dynamic or hit == members):
            raise part_of_an_array(sheet, min(hit), array.range)
        for cell in members - hit:
            released[cell] = replace(sheet.content(cell), value=None, formula=None, array=None)
    return released


def _require_visible(sheet: Sheet, touched: Range, updates: Mapping[Cell, Content | None]) -> None:
    for merge in sheet.merges:
        common = merge.intersect(touched)
        if common is None:
            continue
        for cell in common.cells() if common.size <= len(updates) else updates:
            content = updates.get(cell)
            if content is not None and not content.is_blank and cell in merge and cell != merge.first:
                raise EditError(
                    f"expected the first cell {merge.first.a1} of the merged range {merge} on "
                    f"{sheet.name!r}, got {cell.a1} inside it"
                )
