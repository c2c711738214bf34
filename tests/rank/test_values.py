"""A candidate's value in the company of the numbers round its place."""

from __future__ import annotations

from cellwright.proposers.model import Place
from cellwright.rank.values import Company, value_features
from cellwright.reference import SheetRange
from cellwright.workbook.model import Content, Style, Value
from tests.workbooks import book


def at(target: str, cells: dict[str, Value | Content]) -> Place:
    return Place(book(cells), SheetRange.parse(target, "Sheet1"))


def features(place: Place, value: Value) -> dict[str, float]:
    return value_features(place, Company(place), value)


def test_magnitude_sign_and_whole_numbers() -> None:
    place = at("B4", {"B1": 2021, "B2": 1200.5, "B3": 900.25, "A4": 700.75})
    near, far = features(place, 1000.5), features(place, -3e-4)
    assert near["value_in_company"] == 1.0
    assert near["value_far"] < 0.1 < far["value_far"]
    assert (near["value_sign_odd"], far["value_sign_odd"]) == (0.0, 1.0)
    assert features(place, 1000.0)["value_whole_odd"] == 1.0


def test_years_are_no_company() -> None:
    place = at("B2", {"B1": 2021, "A2": 2020})
    assert (Company(place).row, Company(place).column) == ([], [])


def test_a_number_taken_over_twice() -> None:
    place = at("B3", {"B2": 8.5, "A3": 4})
    assert features(place, 8.5)["value_twin"] == 1.0
    assert features(place, 8.6)["value_twin"] == 0.0


def test_percentages() -> None:
    place = at("B2", {"A2": 3, "B2": Content(style=Style(number_format="0%"))})
    assert features(place, 0.4)["value_percent_fits"] == 1.0
    assert features(place, 40.0)["value_percent_far"] == 1.0


def test_no_number() -> None:
    place = at("B2", {"A2": 3})
    assert features(place, "x") == {"value_text": 1.0}
    assert features(place, None) == {"value_blank": 1.0}
    assert features(place, True) == {"value_blank": 0.0}
