"""The immutable store of a sheet's cells: sorted columns, and a small layer of edits on top.

A store answers by address (binary search), by range (row by row), and with whole numpy columns. `replaced`
copies only the layer of edits; the layer is merged into new columns when it has grown to a sixteenth of them.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from cellwright.reference import MAX_COLUMNS, MAX_ROWS, Cell, Range
from cellwright.workbook.columns import (
    BLANK_KIND,
    COLUMN_BITS,
    COLUMN_MASK,
    EMPTY,
    NUMBER,
    Columns,
    cell_of,
    key_of,
)
from cellwright.workbook.comparison import changed_cells
from cellwright.workbook.model import BLANK, ArrayFormula, Content

_LAYER = 64
_LAYER_SHARE = 16
_BLOCK = 8192


class CellStore:
    """Cells of one sheet; blank, unformatted cells are not kept. Hash is identity; `==` compares contents."""

    def __init__(self, cells: Mapping[Cell, Content] | None = None) -> None:
        columns = EMPTY
        if cells:
            columns = EMPTY.merged({key_of(cell): _kept(content) for cell, content in cells.items()})
        self._adopt(columns, {})

    @staticmethod
    def of(columns: Columns) -> CellStore:
        """A store over columns."""
        return CellStore()._adopt(columns, {})

    def _adopt(self, columns: Columns, layer: dict[int, Content | None]) -> CellStore:
        self._state = columns, layer  # one assignment, for readers in other threads
        self._bounds: tuple[Range | None] | None = None
        self._size: int | None = None
        return self

    def get(self, cell: Cell) -> Content | None:
        """The content at an address, None where there is none."""
        columns, layer = self._state
        key = cell[0] << COLUMN_BITS | cell[1]
        if layer and key in layer:
            return layer[key]
        position = columns.position(key)
        return None if position is None else columns.content(position)

    def items(self, within: Range | None = None) -> Iterator[tuple[Cell, Content]]:
        """(address, content) row by row, of the whole sheet or of a range."""
        for key, content in self._merged(within, only_formulas=False):
            yield cell_of(key), content

    def formulas(self, within: Range | None = None) -> Iterator[tuple[Cell, str]]:
        """(address, formula text) of the formula cells, row by row."""
        columns, layer = self._state
        if not layer:
            positions = _positions(columns, within, only_formulas=True)
            for start in range(0, len(positions), _BLOCK):
                for key, text in columns.formula_texts(positions[start : start + _BLOCK]):
                    yield cell_of(key), text
            return
        for key, content in self._merged(within, only_formulas=True):
            if content.formula is not None:
                yield cell_of(key), content.formula

    @property
    def arrays(self) -> dict[Cell, ArrayFormula]:
        """Every array formula by its master cell, row by row; costs nothing where there are none."""
        columns, layer = self._state
        found = {key: array for key, array in columns.arrays.items() if key not in layer}
        for key, content in layer.items():
            if content is not None and content.array is not None:
                found[key] = content.array
        return {cell_of(key): found[key] for key in sorted(found)}

    def changes(self, other: CellStore) -> Iterator[tuple[Cell, Content | None, Content | None]]:
        """(address, content here, content in `other`) where the two differ, row by row.

        Stores that come from one another by a few edits are compared by those edits only.
        """
        (columns, layer), (other_columns, other_layer) = self._state, other._state
        if columns is other_columns:
            keys = sorted(layer.keys() | other_layer.keys())
            pairs = ((cell, self.get(cell), other.get(cell)) for cell in map(cell_of, keys))
            yield from (pair for pair in pairs if pair[1] != pair[2])
            return
        yield from changed_cells(self.columns, other.columns)

    @property
    def bounds(self) -> Range | None:
        """The smallest range that holds every cell with a value or formula; None for an empty sheet."""
        if self._bounds is None:
            columns = self.columns
            keys = columns.keys[(columns.kinds != BLANK_KIND) | (columns.formulas >= 0)]
            if len(keys):
                across = keys & COLUMN_MASK
                self._bounds = (
                    Range(
                        int(keys[0]) >> COLUMN_BITS,
                        int(across.min()),
                        int(keys[-1]) >> COLUMN_BITS,
                        int(across.max()),
                    ),
                )
            else:
                self._bounds = (None,)
        return self._bounds[0]

    @property
    def columns(self) -> Columns:
        """All cells as columns, the edits merged in."""
        columns, layer = self._state
        if layer:
            columns = columns.merged(layer)
            self._state = columns, {}
        return columns

    def replaced(self, updates: Mapping[Cell, Content | None]) -> CellStore:
        """A store with those cells replaced; None or an all-default content removes the cell."""
        columns, layer = self._state
        layer = dict(layer)
        for cell, content in updates.items():
            layer[key_of(cell)] = _kept(content)
        if len(layer) > _LAYER + len(columns) // _LAYER_SHARE:
            columns, layer = columns.merged(layer), {}
        return CellStore()._adopt(columns, layer)

    def numeric(self, within: Range) -> NDArray[np.float64]:
        """The numbers of a range, (height, width), NaN where a cell holds no number.

        Rows and columns past the used range are left out, so whole columns are cheap; an empty sheet gives
        an array of shape (0, 0).
        """
        used = self.bounds
        area = None if used is None else within.intersect(Range(0, 0, used.bottom, used.right))
        if area is None:
            return np.empty((0, 0))
        columns = self.columns
        positions = _positions(columns, area)
        positions = positions[columns.kinds[positions] == NUMBER]
        numbers = np.full((area.height, area.width), np.nan)
        keys = columns.keys[positions]
        numbers[(keys >> COLUMN_BITS) - area.top, (keys & COLUMN_MASK) - area.left] = columns.payload[
            positions
        ]
        return numbers

    def shifted(self, is_row: bool, at: int, count: int) -> CellStore:
        """The store after `count` rows (or columns) came in before `at`, or -`count` went from there.

        Formula texts stay as they are. What would leave the sheet at its far end is dropped.
        """
        columns = self.columns
        places = columns.keys >> COLUMN_BITS if is_row else columns.keys & COLUMN_MASK
        end = MAX_ROWS if is_row else MAX_COLUMNS
        moved = places >= at
        kept = np.ones(len(places), bool)
        if count < 0:
            kept = ~(moved & (places < at - count))
        kept &= ~(moved & (places + count >= end))
        step = count << COLUMN_BITS if is_row else count
        keys = columns.keys + np.where(moved, step, 0)
        return CellStore.of(columns.rekeyed(keys, np.flatnonzero(kept)))

    def _merged(self, within: Range | None, *, only_formulas: bool) -> Iterator[tuple[int, Content]]:
        """(integer address, content) in order, the layer of edits over the columns."""
        columns, layer = self._state
        stored = _stored(columns, within, only_formulas=only_formulas)
        if not layer:
            yield from stored
            return
        keys = sorted(key for key in layer if within is None or cell_of(key) in within)
        edits = iter(keys)
        edit = next(edits, None)
        for key, content in stored:
            while edit is not None and edit < key:
                if (edited := layer[edit]) is not None:
                    yield edit, edited
                edit = next(edits, None)
            if key not in layer:
                yield key, content
        while edit is not None:
            if (edited := layer[edit]) is not None:
                yield edit, edited
            edit = next(edits, None)

    def __len__(self) -> int:
        if self._size is None:
            columns, layer = self._state
            size = len(columns)
            for key, content in layer.items():
                size += (content is not None) - (columns.position(key) is not None)
            self._size = size
        return self._size

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, CellStore):
            return NotImplemented
        if self is other:
            return True
        (columns, layer), (other_columns, other_layer) = self._state, other._state
        if columns is other_columns and layer == other_layer:
            return True
        return len(self) == len(other) and next(self.changes(other), None) is None

    __hash__ = object.__hash__


def _positions(columns: Columns, within: Range | None, *, only_formulas: bool = False) -> NDArray[np.intp]:
    """Where the cells of a range (None: all) are in the columns, ascending."""
    if within is None:
        positions = np.arange(len(columns))
    else:
        first = bisect_left(columns.key_view, within.top << COLUMN_BITS | within.left)
        last = bisect_left(columns.key_view, (within.bottom << COLUMN_BITS | within.right) + 1)
        positions = np.arange(first, last)
        if within.top != within.bottom and within.width < MAX_COLUMNS:
            across = columns.keys[first:last] & COLUMN_MASK
            positions = positions[(across >= within.left) & (across <= within.right)]
    return positions[columns.formulas[positions] >= 0] if only_formulas else positions


def _stored(columns: Columns, within: Range | None, *, only_formulas: bool) -> Iterator[tuple[int, Content]]:
    positions = _positions(columns, within, only_formulas=only_formulas)
    for start in range(0, len(positions), _BLOCK):
        yield from columns.contents(positions[start : start + _BLOCK])


def _kept(content: Content | None) -> Content | None:
    """A blank cell is kept for a format of the file's own (`xf`), which may hold what Style leaves out."""
    if content is None or (content == BLANK and not content.style.xf):
        return None
    return content
