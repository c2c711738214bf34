"""The index of a sheet from which contents went is that of the sheet as it then is."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from cellwright.proposers.index import SheetIndex, index_cleared, index_sheet
from cellwright.reference import Cell
from cellwright.workbook.model import BLANK, Content, Sheet, Style, Value
from tests.workbooks import sheet

BOLD = Style(number_format="0.0")
CELLS: dict[str, Value | Content] = {
    "A1": "year",
    "B1": 2021,
    "C1": 2022,
    "A2": "price",
    "B2": 5,
    "C2": 7.5,
    "A3": "growth",
    "B3": Content(value=2021.0, formula="=B1"),
    "C3": Content(value=1.5, formula="=C2/B2", style=BOLD),
    "A4": "sum",
    "B4": "=SUM(B2:B3)",
    "C4": "=SUM(C2:C3)",
    "D4": "=SUM(B2:C3)+Other!A1",
    "D5": "=SUM(B2:B3)+B2",
}
GONE: dict[str, Mapping[str, Content | None]] = {
    "a formula": {"D5": None},
    "a whole row": {"A4": None, "B4": None, "C4": None, "D4": None},
    "one of two that read a range": {"B4": None},
    "a formula whose format stays": {"C3": Content(style=BOLD)},
    "a value that was a label": {"B3": Content(formula="=B1")},
    "nothing": {},
}


@pytest.mark.parametrize("gone", GONE.values(), ids=GONE)
@pytest.mark.parametrize("is_merged", [False, True])
def test_what_is_left_is_indexed_as_if_anew(gone: Mapping[str, Content | None], is_merged: bool) -> None:
    original = sheet(CELLS)
    left: Sheet = original.with_cells({Cell.parse(a1): content for a1, content in gone.items()})
    if is_merged:
        _ = left.cells.columns  # the edits become columns of their own: the two share nothing
    index_cleared(left, original)
    derived = index_sheet(left)
    fresh = SheetIndex("Sheet1", left.cells)
    for name in (
        *("contents", "templates", "formula_columns", "formula_rows", "filled_columns", "filled_rows"),
        *("reach", "copies", "labels", "habits"),
    ):
        assert dict_of(getattr(derived, name)) == dict_of(getattr(fresh, name)), name
    for a1 in ("B2", "C3", "D4", "B5"):
        cell = Cell.parse(a1)
        assert derived.labels_of(cell) == fresh.labels_of(cell)
        assert derived.is_filled(cell) == fresh.is_filled(cell)
    assert index_sheet(original).contents.keys() == dict(original.cells.items()).keys()
    assert original.cells.get(Cell.parse("D5")) != BLANK


def dict_of(found: object) -> object:
    return dict(found) if isinstance(found, Mapping) else found
