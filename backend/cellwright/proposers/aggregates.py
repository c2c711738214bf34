"""Totals, averages, counts, minima and maxima of the block above, beside, below or right of a place."""

from __future__ import annotations

from collections.abc import Iterator

from cellwright.proposers.model import Place, formula_candidate
from cellwright.proposers.template import Corner, Slot, Template
from cellwright.reference import Cell, Range, SheetRange
from cellwright.verify.model import Candidate

_FUNCTIONS = ("SUM", "AVERAGE", "MAX", "MIN", "COUNT", "MEDIAN")
_TOTAL_HEADS = tuple(f"={function}(" for function in _FUNCTIONS)
_REACH = 5000


class Aggregates:
    """Aggregates the blocks next to a place."""

    name = "aggregates"

    def propose(self, place: Place) -> list[Candidate]:
        """For each block SUM and AVERAGE, and whatever else its labels ask for."""
        said = place.said
        wanted = said or {"SUM", "AVERAGE"}
        found = []
        for kind, block in (*_blocks(place), *_summarised(place)):
            for function in _FUNCTIONS:
                if function not in wanted:
                    continue
                corners = [Corner(cell.row, cell.column, False, False) for cell in (block.first, block.last)]
                slot = Slot(None, corners[0], corners[1])
                template = Template((f"={function}(", ")"), (slot,), place.cell)
                features = {
                    f"total_{kind}": 1.0,
                    "total_said": float(function in said),
                    "total_sum": float(function == "SUM"),
                    "total_size": min(block.size, 20) / 20,
                }
                reason = f"{_DONE[function]} {block.a1}"
                citation = SheetRange(place.sheet.name, block)
                found.append(formula_candidate(place, template, self.name, reason, (citation,), features))
        return found


_DONE = {
    "SUM": "Adds up",
    "AVERAGE": "Averages",
    "MAX": "The largest of",
    "MIN": "The smallest of",
    "COUNT": "Counts the numbers of",
    "MEDIAN": "The median of",
}


def _summarised(place: Place) -> Iterator[tuple[str, Range]]:
    """The block that the cell above (or left) already summarises: under a total comes its average."""
    row, column = place.cell
    for kind, cell in (("again", Cell(row - 1, column)), ("again_left", Cell(row, column - 1))):
        template = place.sheet.templates.get(cell) if min(cell) >= 0 else None
        if template is None or len(template.slots) != 1 or template.slots[0].is_open:
            continue
        slot = template.slots[0]
        is_call = template.skeleton[0][1:-1].upper() in _FUNCTIONS and template.skeleton[1] == ")"
        if is_call and slot.sheet is None and slot.last is not None and not slot.is_fixed:
            block = slot.range
            if (block.left == block.right == column) or (block.top == block.bottom == row):
                yield kind, block


def _blocks(place: Place) -> Iterator[tuple[str, Range]]:
    """Runs of numbers next to the place, at most one blank or text cell away, at least two long."""
    for kind, step in (("above", (-1, 0)), ("left", (0, -1)), ("below", (1, 0)), ("right", (0, 1))):
        for gap in (0, 1, 2):
            cells = _run(place, step, gap)
            if len(cells) >= 2:
                yield kind, _hull(cells)
                break
        if kind in ("above", "left"):
            yield from _other_extents(place, kind, step)


def _other_extents(place: Place, kind: str, step: tuple[int, int]) -> Iterator[tuple[str, Range]]:
    """The block over single blanks, and the part of it since the last total."""
    long = _run(place, step, 0, blanks=1) or _run(place, step, 1, blanks=1)
    short = _run(place, step, 0)
    if len(long) > max(1, len(short)):
        yield f"{kind}_gaps", _hull(long)
    since: list[Cell] = []
    for cell in long:
        template = place.sheet.templates.get(cell)
        if template is not None and template.skeleton[0].upper() in _TOTAL_HEADS:
            break
        since.append(cell)
    if 2 <= len(since) < len(long):
        yield f"{kind}_since", _hull(since)


def _hull(cells: list[Cell]) -> Range:
    rows, columns = [cell.row for cell in cells], [cell.column for cell in cells]
    return Range(min(rows), min(columns), max(rows), max(columns))


def _run(place: Place, step: tuple[int, int], gap: int, blanks: int = 0) -> list[Cell]:
    """The numbers from the place on, nearest first; up to `blanks` blank cells in a row do not end it."""
    sheet = place.sheet
    cells: list[Cell] = []
    row, column = place.cell
    skipped = 0
    for distance in range(gap + 1, _REACH):
        at_row, at_column = row + step[0] * distance, column + step[1] * distance
        if at_row < 0 or at_column < 0:
            break
        cell = Cell(at_row, at_column)
        if cells and skipped < blanks and not sheet.is_filled(cell):
            skipped += 1
            continue
        if not sheet.is_number(cell) or _is_heading(place, cell, step):
            break
        cells.append(cell)
        skipped = 0
    return cells


def _is_heading(place: Place, cell: Cell, step: tuple[int, int]) -> bool:
    """A year that heads its column or row: a constant year with another year beside it across the run."""
    sheet = place.sheet
    if not _is_year(place, cell):
        return False
    across = ((0, 1), (0, -1)) if step[0] else ((1, 0), (-1, 0))
    for rows, columns in across:
        at_row, at_column = cell.row + rows, cell.column + columns
        if at_row >= 0 and at_column >= 0 and _is_year(place, Cell(at_row, at_column)):
            value, other = sheet.value(cell), sheet.value(Cell(at_row, at_column))
            if isinstance(value, float) and isinstance(other, float) and 0 < abs(value - other) <= 10:
                return True
    return False


def _is_year(place: Place, cell: Cell) -> bool:
    value = place.sheet.value(cell)
    return isinstance(value, float) and value.is_integer() and 1900 <= value <= 2100
