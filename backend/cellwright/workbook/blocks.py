"""Blocks: the rectangles that filled cells form once a sheet is cut along its blank rows and columns.

The cut alternates between rows and columns until nothing more comes apart (the recursive X-Y cut of page
segmentation, Nagy and Seth 1984), so tables side by side, below one another or diagonal are told apart.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cellwright.reference import Range
from cellwright.workbook.cells import CellStore
from cellwright.workbook.columns import BLANK_KIND, COLUMN_BITS, COLUMN_MASK

_Indices = NDArray[np.int64]


def find_blocks(cells: CellStore, leave_out: tuple[Range, ...] = ()) -> list[Range]:
    """The blocks of filled cells (value or formula) in reading order, cells of `leave_out` not counted."""
    columns = cells.columns
    keys = columns.keys[(columns.kinds != BLANK_KIND) | (columns.formulas >= 0)]
    rows, across = keys >> COLUMN_BITS, keys & COLUMN_MASK
    for area in leave_out:
        inside = (rows >= area.top) & (rows <= area.bottom) & (across >= area.left) & (across <= area.right)
        rows, across = rows[~inside], across[~inside]
    found: list[Range] = []
    pending = [(rows, across, True, 0)] if len(rows) else []
    while pending:
        rows, across, by_row, failed = pending.pop()
        pieces = _cut(rows if by_row else across)
        if len(pieces) == 1 and failed:
            found.append(Range(int(rows.min()), int(across.min()), int(rows.max()), int(across.max())))
            continue
        # What a cut has left cannot come apart the same way again before the other way has been tried.
        pending += [(rows[piece], across[piece], not by_row, 1) for piece in pieces]
    return sorted(found)


def _cut(places: _Indices) -> list[NDArray[np.intp]]:
    """The positions of the groups of places that gaps of at least one separate."""
    used = np.unique(places)
    gaps = np.flatnonzero(np.diff(used) > 1)
    if not len(gaps):
        return [np.arange(len(places))]
    group = np.searchsorted(used[gaps], places, side="left")
    order = np.argsort(group, kind="stable")
    ends = np.cumsum(np.bincount(group))
    return [order[start:end] for start, end in zip((0, *ends[:-1]), ends, strict=True)]
