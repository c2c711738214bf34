"""Turns sheets on their side: rows become columns in every cell and every reference.

What is drawn across (periods in a row) is then drawn down, as logs and many tables are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from cellwright.proposers.template import Corner, Slot, read_template
from cellwright.reference import Cell

from .drafts import Draft, Region


def turn(drafts: Sequence[Draft]) -> None:
    """Turn all sheets of a workbook, in place; tables of records (`tables`) must not be among them."""
    for draft in drafts:
        cells = {}
        for cell, content in draft.cells.items():
            formula = None if content.formula is None else _turned(content.formula, cell)
            cells[Cell(cell.column, cell.row)] = replace(content, formula=formula)
        draft.cells = cells
        draft.regions = [_region(draft, region) for region in draft.regions]
        draft.taken = 1 + max((cell.row for cell in cells), default=0)


def _region(draft: Draft, region: Region) -> Region:
    cells = tuple(sorted(Cell(cell.column, cell.row) for cell in region.cells))
    return Region(region.sheet, cells, draft.cells[cells[0]].formula or "")


def _turned(formula: str, cell: Cell) -> str:
    template = read_template(formula, cell)
    slots = tuple(
        Slot(slot.sheet, _corner(slot.first), None if slot.last is None else _corner(slot.last))
        for slot in template.slots
    )
    skeleton = tuple(piece.replace("VLOOKUP(", "HLOOKUP(") for piece in template.skeleton)
    return replace(template, skeleton=skeleton, slots=slots).text


def _corner(corner: Corner) -> Corner:
    return Corner(corner.column, corner.row, corner.is_column_fixed, corner.is_row_fixed)
