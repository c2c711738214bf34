"""Totals, averages, counts, minima and maxima of the block above, beside, below or right of a place."""

from __future__ import annotations

from collections.abc import Iterator

from cellwright.proposers.model import Label, Place, formula_candidate
from cellwright.proposers.template import Corner, Slot, Template
from cellwright.reference import Cell, Range, SheetRange
from cellwright.verify.model import Candidate

_WORDS = {
    "SUM": {
        "total",
        "totals",
        "sum",
        "subtotal",
        "all",
        "overall",
        "grand",
        "gesamt",
        "summe",
        "totale",
        "suma",
        "somme",
    },
    "AVERAGE": {"average", "avg", "mean", "durchschnitt", "moyenne", "media", "promedio", "gemiddelde"},
    "COUNT": {"count", "number", "n", "anzahl", "nombre", "cantidad"},
    "MAX": {"max", "maximum", "highest", "largest", "peak"},
    "MIN": {"min", "minimum", "lowest", "smallest"},
    "MEDIAN": {"median"},
}
_FUNCTIONS = ("SUM", "AVERAGE", "MAX", "MIN", "COUNT", "MEDIAN")
_REACH = 5000


class Aggregates:
    """Aggregates the blocks next to a place."""

    name = "aggregates"

    def propose(self, place: Place) -> list[Candidate]:
        """For each block SUM and AVERAGE, and whatever else its labels ask for."""
        said = {function for function in _FUNCTIONS if _says(place, _WORDS[function])}
        wanted = said or {"SUM", "AVERAGE"}
        found = []
        for kind, block in _blocks(place):
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


def _says(place: Place, words: set[str]) -> bool:
    labels: list[Label] = [*place.row_labels[:2], *place.column_labels[:1]]
    return any(words.intersection(label) for label in labels)


def _blocks(place: Place) -> Iterator[tuple[str, Range]]:
    """Runs of numbers next to the place, at most one blank or text cell away, at least two long."""
    for kind, step in (("above", (-1, 0)), ("left", (0, -1)), ("below", (1, 0)), ("right", (0, 1))):
        for gap in (0, 1, 2):
            cells = _run(place, step, gap)
            if len(cells) >= 2:
                cells.sort()
                yield kind, Range(cells[0].row, cells[0].column, cells[-1].row, cells[-1].column)
                break


def _run(place: Place, step: tuple[int, int], gap: int) -> list[Cell]:
    sheet = place.sheet
    cells: list[Cell] = []
    row, column = place.cell
    for distance in range(gap + 1, _REACH):
        at_row, at_column = row + step[0] * distance, column + step[1] * distance
        if at_row < 0 or at_column < 0:
            break
        cell = Cell(at_row, at_column)
        if not sheet.is_number(cell) or _is_heading(place, cell, step):
            break
        cells.append(cell)
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
