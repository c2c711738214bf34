"""A plain reference on the same sheet: the value before it in its row or column, or a named row's value.

`C2 =B2` carries a value along a row of years; `B13 =B2` takes it from another row. Offered where numbers
stand; a neighbour's habit of anchoring (`$B2`) is kept.
"""

from __future__ import annotations

from collections.abc import Iterator

from cellwright.proposers.analogy import overlap
from cellwright.proposers.index import label_of
from cellwright.proposers.model import Place, cell_slot, cited, formula_candidate
from cellwright.proposers.template import Template
from cellwright.reference import Cell
from cellwright.verify.model import Candidate

_MOST = 12
_ANCHORS = {
    "left": ("none", "column"),
    "right": ("none",),
    "above": ("none", "row"),
    "below": ("none",),
    "alike": ("none", "row"),
}


class Carry:
    """Offers the plain references of a place's row and column."""

    name = "carry"

    def propose(self, place: Place) -> list[Candidate]:
        """References to cells before it, to rows named alike and to results above that nothing uses."""
        if place.sheet.templates.get(place.cell) is not None:
            return []
        found: list[Candidate] = []
        for kind, cell, fit in _cells(place):
            reason = f"Takes the value of {cell.a1}"
            for fixed in _ANCHORS[kind]:
                slot = cell_slot(None, cell, row_fixed=fixed == "row", column_fixed=fixed == "column")
                features = {f"carry_{kind}": 1.0, "carry_fit": fit, f"carry_fixed_{fixed}": 1.0}
                template = Template(("=", ""), (slot,), place.cell)
                citation = cited(place.sheet.name, cell)
                found.append(formula_candidate(place, template, self.name, reason, (citation,), features))
        return found


def _cells(place: Place) -> Iterator[tuple[str, Cell, float]]:
    sheet, (row, column) = place.sheet, place.cell
    if column and sheet.is_number(Cell(row, column - 1)):
        yield "left", Cell(row, column - 1), 1.0
    if row and sheet.is_number(Cell(row - 1, column)):
        yield "above", Cell(row - 1, column), 1.0
    if sheet.is_number(Cell(row, column + 1)):
        yield "right", Cell(row, column + 1), 1.0
    if sheet.is_number(Cell(row + 1, column)):
        yield "below", Cell(row + 1, column), 1.0
    yield from _alike(place)


def _alike(place: Place) -> Iterator[tuple[str, Cell, float]]:
    """Cells of the column whose row label shares words with the place's, best first."""
    if not place.row_labels:
        return
    sheet, (row, column) = place.sheet, place.cell
    wanted = place.row_labels[0]
    found: list[tuple[float, int, Cell]] = []
    for other in sheet.filled_rows.get(column, ()):
        cell = Cell(other, column)
        if other == row or not sheet.is_number(cell):
            continue
        for label_cell in sheet.row_labels(cell, 1):
            label = label_of(sheet.value(label_cell))
            if label and (fit := overlap(label, wanted)) >= 0.3:
                found.append((-fit, abs(other - row), cell))
    found.sort()
    for fit, _, cell in found[:_MOST]:
        yield "alike", cell, -fit
