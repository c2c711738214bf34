"""The immutable store of a sheet's cells: sorted columns, and a small layer of edits on top.

A store answers by address (binary search), by range (row by row), and with whole numpy columns. `replaced`
copies only the layer of edits; the layer is merged into new columns when it has grown to a sixteenth of them.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping

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
        self._columns = columns
        self._keys = memoryview(columns.keys)
        self._layer = layer
        self._bounds: tuple[Range | None] | None = None
        self._size: int | None = None
        return self

    def get(self, cell: Cell) -> Content | None:
        """The content at an address, None where there is none."""
        key = cell[0] << COLUMN_BITS | cell[1]
        if self._layer and key in self._layer:
            return self._layer[key]
        position = bisect_left(self._keys, key)
        if position == len(self._keys) or self._keys[position] != key:
            return None
        return next(self._columns.contents(slice(position, position + 1)))[1]

    def items(self, within: Range | None = None) -> Iterator[tuple[Cell, Content]]:
        """(address, content) row by row, of the whole sheet or of a range."""
        for key, content in self._merged(within, only_formulas=False):
            yield cell_of(key), content

    def formulas(self, within: Range | None = None) -> Iterator[tuple[Cell, str]]:
        """(address, formula text) of the formula cells, row by row."""
        for key, content in self._merged(within, only_formulas=True):
            if content.formula is not None:
                yield cell_of(key), content.formula

    @property
    def arrays(self) -> dict[Cell, ArrayFormula]:
        """Every array formula by its master cell, row by row; costs nothing where there are none."""
        found = {key: array for key, array in self._columns.arrays.items() if key not in self._layer}
        for key, content in self._layer.items():
            if content is not None and content.array is not None:
                found[key] = content.array
        return {cell_of(key): found[key] for key in sorted(found)}

    def changes(self, other: CellStore) -> Iterator[tuple[Cell, Content | None, Content | None]]:
        """(address, content here, content in `other`) where the two differ, row by row.

        Stores that come from one another by a few edits are compared by those edits only.
        """
        if self._columns is other._columns:
            keys = sorted(self._layer.keys() | other._layer.keys())
            pairs = ((cell, self.get(cell), other.get(cell)) for cell in map(cell_of, keys))
            yield from (pair for pair in pairs if pair[1] != pair[2])
            return
        here, there = self._merged(None, only_formulas=False), other._merged(None, only_formulas=False)
        mine, theirs = next(here, None), next(there, None)
        while mine is not None or theirs is not None:
            if theirs is None or (mine is not None and mine[0] < theirs[0]):
                assert mine is not None  # one of the two is left
                yield cell_of(mine[0]), mine[1], None
                mine = next(here, None)
            elif mine is None or theirs[0] < mine[0]:
                yield cell_of(theirs[0]), None, theirs[1]
                theirs = next(there, None)
            else:
                if mine[1] != theirs[1]:
                    yield cell_of(mine[0]), mine[1], theirs[1]
                mine, theirs = next(here, None), next(there, None)

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
        if self._layer:
            self._adopt(self._columns.merged(self._layer), {})
        return self._columns

    def replaced(self, updates: Mapping[Cell, Content | None]) -> CellStore:
        """A store with those cells replaced; None or an all-default content removes the cell."""
        layer = dict(self._layer)
        for cell, content in updates.items():
            layer[key_of(cell)] = _kept(content)
        columns = self._columns
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
        positions = self._positions(area)
        positions = positions[columns.kinds[positions] == NUMBER]
        numbers = np.full((area.height, area.width), np.nan)
        keys = columns.keys[positions]
        numbers[(keys >> COLUMN_BITS) - area.top, (keys & COLUMN_MASK) - area.left] = columns.payload[
            positions
        ]
        return numbers

    def shifted(self, is_row: bool, at: int, count: int) -> CellStore:
        """The store after `count` rows (or columns) were inserted before `at`, or from `at` on deleted if < 0.

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

    def _positions(self, within: Range) -> NDArray[np.intp]:
        """Where the cells of a range are in the columns, ascending."""
        first = bisect_left(self._keys, within.top << COLUMN_BITS | within.left)
        last = bisect_left(self._keys, (within.bottom << COLUMN_BITS | within.right) + 1)
        positions = np.arange(first, last)
        if within.top == within.bottom or (within.left == 0 and within.right == MAX_COLUMNS - 1):
            return positions
        across = self._columns.keys[first:last] & COLUMN_MASK
        return positions[(across >= within.left) & (across <= within.right)]

    def _merged(self, within: Range | None, *, only_formulas: bool) -> Iterator[tuple[int, Content]]:
        """(integer address, content) in order, the layer of edits over the columns."""
        stored = self._stored(within, only_formulas=only_formulas)
        if not self._layer:
            yield from stored
            return
        layer = self._layer
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

    def _stored(self, within: Range | None, *, only_formulas: bool) -> Iterator[tuple[int, Content]]:
        columns = self._columns
        positions = np.arange(len(columns)) if within is None else self._positions(within)
        if only_formulas:
            positions = positions[columns.formulas[positions] >= 0]
        for start in range(0, len(positions), _BLOCK):
            yield from columns.contents(positions[start : start + _BLOCK])

    def __len__(self) -> int:
        if self._size is None:
            added = removed = 0
            for key, content in self._layer.items():
                position = bisect_left(self._keys, key)
                is_stored = position < len(self._keys) and self._keys[position] == key
                added += content is not None and not is_stored
                removed += content is None and is_stored
            self._size = len(self._columns) + added - removed
        return self._size

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, CellStore):
            return NotImplemented
        if self is other or (self._columns is other._columns and self._layer == other._layer):
            return True
        return len(self) == len(other) and _same(self.items(), other.items())

    __hash__ = object.__hash__


def _kept(content: Content | None) -> Content | None:
    return None if content is None or content == BLANK else content


def _same(first: Iterable[object], second: Iterable[object]) -> bool:
    return all(a == b for a, b in zip(first, second, strict=True))
