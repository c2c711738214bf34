"""The formulas a place can learn from, nearest first: its row, its column, its namesakes, sibling sheets."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice

from cellwright.proposers.index import SheetIndex, label_of
from cellwright.proposers.model import Place
from cellwright.proposers.template import Template
from cellwright.reference import Cell

_KEYS_A_DIRECTION = 6
_NAMESAKES = 12
_SIBLINGS = 12


class Relation(StrEnum):
    """How a source stands to the place."""

    LEFT = "left"
    RIGHT = "right"
    ABOVE = "above"
    BELOW = "below"
    SAME_LABEL = "same_label"
    SAME_HEADER = "same_header"
    SIBLING_SHEET = "sibling_sheet"


@dataclass(frozen=True, slots=True)
class Source:
    """A formula elsewhere: its sheet and template, how it stands to the place, how many steps away."""

    sheet: SheetIndex
    template: Template
    relation: Relation
    steps: int

    @property
    def cell(self) -> Cell:
        """Where it stands."""
        return self.template.home


def neighbours(place: Place, keys_a_direction: int = _KEYS_A_DIRECTION) -> Iterator[Source]:
    """Formulas in the row and the column of a place; of formulas that are copies, only the nearest."""
    sheet, cell = place.sheet, place.cell
    columns = sheet.formula_columns.get(cell.row, [])
    rows = sheet.formula_rows.get(cell.column, [])
    at, below = bisect_left(columns, cell.column), bisect_left(rows, cell.row)
    right_start = at + (at < len(columns) and columns[at] == cell.column)
    below_start = below + (below < len(rows) and rows[below] == cell.row)
    walks = (
        (Relation.LEFT, (Cell(cell.row, c) for c in reversed(columns[:at]))),
        (Relation.RIGHT, (Cell(cell.row, c) for c in columns[right_start:])),
        (Relation.ABOVE, (Cell(r, cell.column) for r in reversed(rows[:below]))),
        (Relation.BELOW, (Cell(r, cell.column) for r in rows[below_start:])),
    )
    for relation, cells in walks:
        seen: set[object] = set()
        for other in islice(cells, 400):
            template = sheet.templates[other]
            key = template.key
            if key in seen:
                continue
            seen.add(key)
            steps = abs(other.row - cell.row) + abs(other.column - cell.column)
            yield Source(sheet, template, relation, steps)
            if len(seen) >= keys_a_direction:
                break


def namesakes(place: Place) -> Iterator[Source]:
    """Formulas in rows of the same label or columns of the same header, in the sheet's other blocks."""
    sheet, cell = place.sheet, place.cell
    for relation, labels in (
        (Relation.SAME_LABEL, place.row_labels),
        (Relation.SAME_HEADER, place.column_labels),
    ):
        if not labels:
            continue
        found = 0
        label_cells = sheet.labels.get(labels[0], [])
        for label_cell in sorted(
            label_cells, key=lambda c: abs(c.row - cell.row) + abs(c.column - cell.column)
        ):
            if relation is Relation.SAME_LABEL:
                other = Cell(label_cell.row, cell.column)
                steps = abs(other.row - cell.row)
            else:
                other = Cell(cell.row, label_cell.column)
                steps = abs(other.column - cell.column)
            template = sheet.templates.get(other)
            if template is None or other == cell:
                continue
            yield Source(sheet, template, relation, steps)
            found += 1
            if found >= _NAMESAKES:
                break


def sibling_sheets(place: Place) -> list[SheetIndex]:
    """The sheets laid out like the target's: those with the same labels round the cell, nearest tab first."""
    cell = place.cell
    own = place.sheet
    row_cells, column_cells = own.row_labels(cell, 1), own.column_labels(cell, 1)
    anchors = [*row_cells, *column_cells]
    if not anchors:
        return []
    names = [name.casefold() for name in place.snapshot.sheet_names]
    here = names.index(own.name.casefold())
    found: list[tuple[int, SheetIndex]] = []
    for position, other in enumerate(place.index.sheets()):
        if position == here:
            continue
        same = sum(label_of(other.value(c)) == label_of(own.value(c)) for c in anchors)
        if same and (same == len(anchors) or len(anchors) > 1):
            found.append((abs(position - here) + (0 if same == len(anchors) else 100), other))
    found.sort(key=lambda pair: pair[0])
    return [other for _, other in found[:_SIBLINGS]]


def same_cell_elsewhere(place: Place) -> Iterator[Source]:
    """The formulas at the same cell of sibling sheets."""
    for steps, other in enumerate(sibling_sheets(place), start=1):
        template = other.templates.get(place.cell)
        if template is not None:
            yield Source(other, template, Relation.SIBLING_SHEET, steps)


def sources(place: Place) -> list[Source]:
    """All of the above."""
    return [*neighbours(place), *namesakes(place), *same_cell_elsewhere(place)]
