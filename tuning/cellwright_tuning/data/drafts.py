"""A sheet in the making: what generators of workbooks write into, and the formula regions they know of."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from cellwright.reference import Cell
from cellwright.workbook.model import Content, Value


@dataclass(frozen=True)
class Region:
    """Cells of one sheet that hold the same formula, first cell first; `formula` is the first cell's text."""

    sheet: str
    cells: tuple[Cell, ...]
    formula: str


@dataclass
class Draft:
    """A sheet in the making; `taken` is the first free row below what stands there."""

    name: str
    cells: dict[Cell, Content] = field(default_factory=dict)
    regions: list[Region] = field(default_factory=list)
    tables: list[Block] = field(default_factory=list)
    taken: int = 0

    def put(self, row: int, column: int, value: Value) -> None:
        """A constant."""
        self.cells[Cell(row, column)] = Content(value=value)

    def fill(
        self, places: Iterable[tuple[int, int]], write: Callable[[int, int], str], value: Value = 1.0
    ) -> None:
        """One region: `write(row, column)` is the text without `=`."""
        cells = [Cell(row, column) for row, column in places]
        for cell in cells:
            self.cells[cell] = Content(value=value, formula="=" + write(*cell))
        if cells:
            self.regions.append(Region(self.name, tuple(cells), self.cells[cells[0]].formula or ""))


@dataclass(frozen=True)
class Block:
    """Where a table of records stands: zero-based; `last` is its last data row; columns by kind of value."""

    sheet: str
    header: int
    first: int
    last: int
    left: int
    keys: tuple[int, ...]
    numbers: tuple[int, ...]
    dates: tuple[int, ...]

    @property
    def right(self) -> int:
        """The last column."""
        return max(self.keys + self.numbers + self.dates)
