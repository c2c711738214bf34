"""Whether a run goes on at a place, and whether copies of a formula would find their numbers."""

from __future__ import annotations

from cellwright.proposers.model import Place
from cellwright.proposers.template import read_template
from cellwright.rank.extent import fill_ends, fill_features, run_features
from cellwright.reference import Cell, SheetRange
from cellwright.workbook.model import Snapshot
from tests.workbooks import book


def place_of(snapshot: Snapshot, target: str) -> Place:
    return Place(snapshot, SheetRange.parse(target, "Sheet1"))


def run_at(snapshot: Snapshot, target: str, formula: str) -> dict[str, float]:
    place = place_of(snapshot, target)
    return run_features(place, read_template(formula, place.cell), fill_ends(place))


def test_a_gap_inside_a_run_has_its_twins_on_both_sides() -> None:
    snapshot = book({"A1": 1, "A2": 2, "A3": 3, "B1": "=A1*2", "B3": "=A3*2"})
    found = run_at(snapshot, "B2", "=A2*2")
    assert found["twin_both_sides"] == 1.0
    assert found["twins"] == 0.5
    assert run_at(snapshot, "B2", "=A2*3") == {}


def test_the_row_above_says_whether_a_run_goes_on() -> None:
    rows = {"A1": 1, "B1": 2, "C1": 3, "A3": "=A1+1", "B3": "=B1+1"}
    goes_on = book({**rows, "A2": "=A1*2", "B2": "=B1*2", "C2": "=C1*2"})
    breaks = book({**rows, "A2": "=A1*2", "B2": "=B1*2", "C2": "=SUM(A1:C1)"})
    assert run_at(goes_on, "C3", "=C1+1")["run_beside_goes_on"] == 0.5
    assert run_at(goes_on, "C3", "=C1+1")["run_beside_breaks"] == 0.0
    assert run_at(breaks, "C3", "=C1+1")["run_beside_breaks"] == 0.5


def test_a_run_ends_where_another_formula_or_a_blank_line_across_follows() -> None:
    run = {"A1": 1, "A2": 2, "B1": "=A1*2", "B2": "=A2*2", "A3": 3}
    assert run_at(book({**run, "B4": "=SUM(B1:B3)"}), "B3", "=A3*2")["run_ends_here"] == 1.0
    assert run_at(book(run), "B3", "=A3*2")["run_ends_here"] == 0.0
    headed = {"A1": "Item", "B1": "Tax", "C1": "Net", "A2": "Tea", "B2": "=1*2", "A3": "Salt"}
    assert run_at(book({**headed, "C2": 1}), "B3", "=1*2")["run_across_blank"] == 1.0
    assert run_at(book({**headed, "C3": 1}), "B3", "=1*2")["run_across_blank"] == 0.0


def test_a_place_is_filled_as_far_as_its_headings_go() -> None:
    snapshot = book(
        {
            "A1": "Item",
            "B1": "Price",
            "C1": "Tax",
            "D1": "Net",
            "A2": "Tea",
            "A3": "Rice",
            "A4": "Salt",
            "D4": 9,
        }
    )
    assert fill_ends(place_of(snapshot, "B2")) == (2, 2)
    assert fill_ends(place_of(snapshot, "D2")) == (0, 1)


def test_copies_that_find_numbers_are_told_from_copies_that_find_none() -> None:
    cells = {"A1": "Year", "B1": 2020.0, "C1": 2021.0, "D1": 2022.0, "A2": "Cost", "A3": "Twice"}
    snapshot = book({**cells, "B2": 1, "C2": 2, "D2": 3})
    place = place_of(snapshot, "B3")
    ends = fill_ends(place)
    assert ends == (2, 0)
    loose = fill_features(place, read_template("=B2*2", Cell(2, 1)).slots, ends)
    assert loose["fill_right_end"] == 1.0
    assert loose["fill_right_exact"] == 1.0
    fixed = fill_features(place, read_template("=$B2*2", Cell(2, 1)).slots, ends)
    assert fixed["fill_right_fixed"] == 1.0
    astray = fill_features(place, read_template("=D2*2", Cell(2, 1)).slots, ends)
    assert astray["fill_right_lacks"] == 1.0
