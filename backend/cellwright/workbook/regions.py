"""Formula regions: 4-connected cells of one sheet whose formulas are the same in normalised R1C1.

A region is what a person fills at once: a total column, a row of ratios. It is the unit of prediction, of
audit findings and of comparison.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from cellwright.formula import normalise
from cellwright.reference import Cell, Range


@dataclass(frozen=True, slots=True)
class Region:
    """Cells (row by row, zero-based) that hold one formula; `formula` is the first cell's own text."""

    cells: tuple[Cell, ...]
    r1c1: str
    formula: str

    @property
    def first(self) -> Cell:
        """The topmost cell, leftmost in its row."""
        return self.cells[0]

    @property
    def bounds(self) -> Range:
        """The smallest rectangle round it."""
        columns = [cell.column for cell in self.cells]
        return Range(self.cells[0].row, min(columns), self.cells[-1].row, max(columns))

    @property
    def is_rectangle(self) -> bool:
        """Whether it fills its bounds."""
        return self.bounds.size == len(self.cells)

    @property
    def address(self) -> str:
        """`B2:B9`; for a region that is no rectangle its bounds."""
        return self.bounds.a1


def regions(cells: Iterable[tuple[Cell, str]]) -> list[Region]:
    """The regions of one sheet's formula cells (address, formula text), ordered by their first cells."""
    formulas = dict(cells)
    r1c1 = {cell: normalise(text, cell) for cell, text in formulas.items()}
    found: list[Region] = []
    seen: set[Cell] = set()
    for start in sorted(r1c1):
        if start in seen:
            continue
        identity = r1c1[start]
        seen.add(start)
        members = [start]
        for cell in members:  # grows while it is walked: breadth first
            row, column = cell
            for neighbour in (
                Cell(row, column + 1),
                Cell(row + 1, column),
                Cell(row, column - 1),
                Cell(row - 1, column),
            ):
                if neighbour not in seen and r1c1.get(neighbour) == identity:
                    seen.add(neighbour)
                    members.append(neighbour)
        members.sort()
        found.append(Region(tuple(members), identity, formulas[start]))
    return found
