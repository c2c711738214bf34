"""What several insights need of a workbook, found once: its formula regions and what each of them reads.

A region is parsed once. A reference of its first formula stands for those of all its cells: relative corners
move with the cell, so what a hundred thousand filled cells read takes a hundred parses.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from cellwright.errors import FormulaSyntaxError
from cellwright.formula import Formula, nodes, parse, walk
from cellwright.formula.precedents import BoundReference, precedents
from cellwright.insight.labels import Labels
from cellwright.reference import MAX_COLUMNS, MAX_ROWS, Cell, Range, SheetCell
from cellwright.workbook.model import Snapshot
from cellwright.workbook.regions import Region, regions


@dataclass(frozen=True, slots=True)
class Reading:
    """A range that a region reads. Flags say which edges move with the cell: (top, left, bottom, right)."""

    sheet: str
    range: Range
    moves: tuple[bool, bool, bool, bool]

    def at(self, rows: int, columns: int) -> Range | None:
        """What the cell that many rows and columns from the region's first cell reads."""
        moves = self.moves
        top, bottom = self.range.top + rows * moves[0], self.range.bottom + rows * moves[2]
        left, right = self.range.left + columns * moves[1], self.range.right + columns * moves[3]
        top, bottom = min(top, bottom), max(top, bottom)
        left, right = min(left, right), max(left, right)
        if top < 0 or left < 0 or bottom >= MAX_ROWS or right >= MAX_COLUMNS:
            return None
        return Range(top, left, bottom, right)


@dataclass(frozen=True)
class FormulaRegion:
    """A region of a sheet with its parsed formula; `formula` is None where it does not parse."""

    sheet: str
    region: Region
    formula: Formula | None
    bound: tuple[BoundReference, ...]
    readings: tuple[Reading, ...]

    @property
    def first(self) -> SheetCell:
        """Its first cell."""
        return SheetCell(self.sheet, self.region.first)

    def reads(self, cell: Cell) -> Iterator[tuple[str, Range]]:
        """(sheet, range) that one of its cells reads."""
        rows, columns = cell.row - self.region.first.row, cell.column - self.region.first.column
        for reading in self.readings:
            area = reading.at(rows, columns)
            if area is not None:
                yield reading.sheet, area

    def readers_of(self, target: SheetCell) -> list[Cell]:
        """Its cells that read the target."""
        bounds = self.region.bounds
        corners = [
            (row - self.region.first.row, column - self.region.first.column)
            for row in (bounds.top, bounds.bottom)
            for column in (bounds.left, bounds.right)
        ]
        for reading in self.readings:
            if reading.sheet.casefold() != target.sheet.casefold():
                continue
            areas = [area for corner in corners if (area := reading.at(*corner)) is not None]
            if len(areas) < len(corners) or target.cell in _hull(areas):
                break
        else:
            return []
        folded = target.sheet.casefold()
        return [
            cell
            for cell in self.region.cells
            if any(sheet.casefold() == folded and target.cell in area for sheet, area in self.reads(cell))
        ]


def _hull(areas: list[Range]) -> Range:
    return Range(
        min(area.top for area in areas),
        min(area.left for area in areas),
        max(area.bottom for area in areas),
        max(area.right for area in areas),
    )


class Facts:
    """Regions, readings and labels of one Snapshot."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self.labels = Labels(snapshot)

    @cached_property
    def by_sheet(self) -> dict[str, tuple[FormulaRegion, ...]]:
        """The regions of each sheet, in the order of the tabs."""
        return {sheet.name: tuple(self._regions(sheet.name)) for sheet in self.snapshot.sheets}

    @cached_property
    def regions(self) -> tuple[FormulaRegion, ...]:
        """The regions of the workbook."""
        return tuple(region for found in self.by_sheet.values() for region in found)

    @cached_property
    def region_of(self) -> dict[SheetCell, FormulaRegion]:
        """The region of every formula cell."""
        return {SheetCell(found.sheet, cell): found for found in self.regions for cell in found.region.cells}

    def dependents(self, target: SheetCell) -> list[tuple[FormulaRegion, list[Cell]]]:
        """The regions, and their cells, that read a cell directly."""
        found = [(region, region.readers_of(target)) for region in self.regions]
        return [(region, cells) for region, cells in found if cells]

    def _regions(self, name: str) -> Iterator[FormulaRegion]:
        sheet = self.snapshot.sheet(name)
        for region in regions(sheet.cells.formulas()):
            home = SheetCell(name, region.first)
            try:
                formula = parse(region.formula)
            except FormulaSyntaxError:
                yield FormulaRegion(name, region, None, (), ())
                continue
            bound = precedents(formula, home, self.snapshot)
            yield FormulaRegion(name, region, formula, bound, tuple(_readings(formula, bound)))


def _readings(formula: Formula, bound: tuple[BoundReference, ...]) -> Iterator[Reading]:
    moves: dict[tuple[int, int], tuple[bool, bool, bool, bool]] = {}
    for node in walk(formula.root):
        if isinstance(node, nodes.ReferenceNode):
            moves[node.start, node.end] = _moves(node)
        elif isinstance(node, nodes.StructuredReference) and "#This Row" in node.items:
            moves[node.start, node.end] = (True, False, True, False)
    for reference in bound:
        if reference.sheet is not None and reference.range is not None:
            fixed = (False, False, False, False)
            yield Reading(
                reference.sheet, reference.range, moves.get((reference.start, reference.end), fixed)
            )


def _moves(node: nodes.ReferenceNode) -> tuple[bool, bool, bool, bool]:
    last = node.last or node.first
    by_row = sorted((node.first, last), key=lambda corner: corner.row or 0)
    by_column = sorted((node.first, last), key=lambda corner: corner.column or 0)
    has_rows, has_columns = node.first.row is not None, node.first.column is not None
    return (
        has_rows and not by_row[0].is_row_absolute,
        has_columns and not by_column[0].is_column_absolute,
        has_rows and not by_row[1].is_row_absolute,
        has_columns and not by_column[1].is_column_absolute,
    )
