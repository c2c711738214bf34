"""Two situations in which the same evidence means different things: in a run of formulas, and afresh.

Where a formula and its copy lead up to the place, or stand on both sides of it, or it is filled already, the
formula beside it is nearly always right. Elsewhere a copy of the formula beside is nearly never right: it
would belong to the same block, and of that nothing is there (a whole block is wanted). One set of weights for
both is wrong in both, so that features carry the situation in their names, and their weights are independent.
What an organisation's library says (`retrieved`) counts alike in both.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from cellwright.proposers.index import SheetIndex
from cellwright.proposers.model import Place
from cellwright.proposers.template import Template
from cellwright.reference import Cell

FRESH = "fresh"
"""The feature of value 1 of every candidate where no run leads; the names of the others begin with it."""
_SHARED = ("retrieved", "by_retrieval")


def is_fresh(place: Place) -> bool:
    """Whether no run of formulas leads up to a place, and nothing stands in it."""
    sheet, (row, column) = place.sheet, place.cell
    if sheet.is_filled(place.cell):
        return False
    for rows, columns in ((1, 0), (-1, 0), (0, 1), (0, -1)):
        beside = _at(sheet, row + rows, column + columns)
        if beside is None:
            continue
        for far in (2, -1):
            other = _at(sheet, row + far * rows, column + far * columns)
            if other is not None and other.key == beside.key:
                return False
    return True


def _at(sheet: SheetIndex, row: int, column: int) -> Template | None:
    return sheet.templates.get(Cell(row, column)) if row >= 0 and column >= 0 else None


def named(features: Mapping[str, float], *, fresh: bool) -> dict[str, float]:
    """The features that are not 0, under the names of a situation."""
    if not fresh:
        return {name: value for name, value in features.items() if value}
    found = {_fresh(name): value for name, value in features.items() if value}
    found[FRESH] = 1.0
    return found


@cache
def _fresh(name: str) -> str:
    return name if name.startswith(_SHARED) else f"{FRESH}_{name}"
