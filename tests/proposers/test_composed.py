"""Two operands put together: by label across sheets, with a usual factor, as a part of a total."""

from __future__ import annotations

from cellwright.edits.model import SetFormulas
from cellwright.proposers.composed import Composed
from cellwright.proposers.model import Place
from cellwright.reference import SheetRange
from cellwright.workbook.model import Snapshot
from tests.workbooks import book


def formulas(snapshot: Snapshot, target: str) -> list[str | None]:
    found = Composed().propose(Place(snapshot, SheetRange.parse(target, "Sheet1")))
    return [c.edits[0].formulas[0][0] for c in found if isinstance(c.edits[0], SetFormulas)]


def test_a_number_beside_times_the_cell_of_the_same_label_elsewhere() -> None:
    snapshot = book(
        {"A1": "Fuel", "B1": "Use", "C1": "Price", "A2": "Coal", "B2": 5},
        {"A1": "Fuel", "B1": "Price", "A2": "Gas", "B2": 4, "A3": "Coal", "B3": 3},
    )
    found = formulas(snapshot, "C2")
    assert "=B2*Sheet2!B3" in found
    assert "=B2/Sheet2!B3" in found


def test_a_factor_that_other_formulas_use_and_their_shape() -> None:
    snapshot = book({"A1": 2, "A3": "=A2-$A$1", "B4": 7, "A2": 9})
    assert "=B4-$A$1" in formulas(snapshot, "C4")


def test_a_part_of_its_total() -> None:
    snapshot = book({"A1": "Item", "B1": "Sold", "C1": "Share", "B2": 1, "B3": 2, "B4": 3})
    found = formulas(snapshot, "C2")
    assert "=B2/SUM(B$2:B$4)" in found
    assert "=B2/SUM(B2:B4)" in found


def test_nothing_where_a_formula_stands() -> None:
    assert formulas(book({"A1": 2, "B1": "=A1*2"}), "B1") == []
