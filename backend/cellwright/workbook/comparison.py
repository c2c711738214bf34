"""Where two stores' columns differ, found with whole arrays; only doubtful cells are read one by one.

Stores of one file share its tables of texts, formulas and styles, and edits only add at their ends. Equal
indices below what two tables have in common therefore mean equal things; every other cell is doubtful.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from cellwright.reference import Cell
from cellwright.workbook.columns import OWN_TEXT, SHARED_TEXT, Columns, Keys, cell_of
from cellwright.workbook.model import Content, Style
from cellwright.workbook.texts import common_text_length

_BLOCK = 8192


def changed_cells(mine: Columns, theirs: Columns) -> Iterator[tuple[Cell, Content | None, Content | None]]:
    """(address, content in `mine`, content in `theirs`) where the two differ, row by row."""
    doubtful = _doubtful_keys(mine, theirs)
    for start in range(0, len(doubtful), _BLOCK):
        keys = doubtful[start : start + _BLOCK]
        before, after = _contents(mine, keys), _contents(theirs, keys)
        for key in keys.tolist():
            was, now = before.get(key), after.get(key)
            if was != now:
                yield cell_of(key), was, now


def _contents(columns: Columns, keys: Keys) -> dict[int, Content]:
    positions = np.searchsorted(columns.keys, keys)
    inside = positions < len(columns)
    found = positions[inside][columns.keys[positions[inside]] == keys[inside]]
    return dict(columns.contents(found))


def _doubtful_keys(mine: Columns, theirs: Columns) -> Keys:
    """Addresses that only one side has, or whose facts are not certainly the same on both; ascending."""
    common, here, there = np.intersect1d(mine.keys, theirs.keys, assume_unique=True, return_indices=True)
    kinds, payload = mine.kinds[here], mine.payload[here]
    styles, formulas = mine.styles[here], mine.formulas[here]
    same = (
        (kinds == theirs.kinds[there])
        & (payload == theirs.payload[there])
        & (styles == theirs.styles[there])
        & (formulas == theirs.formulas[there])
    )
    if mine.shared_texts is not theirs.shared_texts:
        same &= kinds != SHARED_TEXT
    same &= (kinds != OWN_TEXT) | (payload < common_text_length(mine.own_texts, theirs.own_texts))
    same &= styles < _common_styles(mine.style_table, theirs.style_table)
    same &= (formulas < 0) | (_homes(mine)[here] == _homes(theirs)[there])
    same &= formulas < mine.formula_table.common_length(theirs.formula_table)
    same &= ~np.isin(common, np.array([*mine.arrays, *theirs.arrays], np.int64))
    alone = np.setxor1d(mine.keys, theirs.keys, assume_unique=True)
    return np.union1d(alone, common[~same])


def _homes(columns: Columns) -> NDArray[np.int64]:
    return columns.keys if columns.homes is None else columns.homes


def _common_styles(mine: Sequence[Style], theirs: Sequence[Style]) -> int:
    """How many styles two tables start with in common."""
    place = 0
    for one, other in zip(mine, theirs, strict=False):
        if one is not other and one != other:
            break
        place += 1
    return place
