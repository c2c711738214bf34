"""In a run of formulas or afresh: features carry the situation in their names."""

from __future__ import annotations

import pytest

from cellwright.proposers.model import Place
from cellwright.rank.situation import is_fresh, named
from cellwright.reference import SheetRange
from cellwright.workbook.model import Value
from tests.workbooks import book

DATA: dict[str, Value] = {f"A{row}": float(row) for row in range(1, 7)}


@pytest.mark.parametrize(
    ("formulas", "target", "fresh"),
    [
        ({"B1": "=A1*2", "B2": "=A2*2"}, "B3", False),
        ({"B4": "=A4*2", "B5": "=A5*2"}, "B3", False),
        ({"B2": "=A2*2", "B4": "=A4*2"}, "B3", False),
        ({"B2": "=A2*2"}, "B3", True),
        ({"B1": "=A1*3", "B2": "=A2*2"}, "B3", True),
        ({"B1": "=A1*2", "B3": 7.0}, "B3", False),
        ({}, "B3", True),
        ({"C3": "=A3", "D3": "=B3"}, "B3", False),
    ],
)
def test_a_run_leads_to_a_place_or_not(formulas: dict[str, Value], target: str, fresh: bool) -> None:
    place = Place(book({**DATA, **formulas}), SheetRange.parse(target, "Sheet1"))
    assert is_fresh(place) is fresh


def test_names_say_the_situation_and_a_library_counts_alike() -> None:
    features = {"agreement": 2.0, "retrieved_fit": 0.5, "by_retrieval": 1.0}
    assert named(features, fresh=False) == features
    assert named(features, fresh=True) == {
        "fresh": 1.0,
        "fresh_agreement": 2.0,
        "retrieved_fit": 0.5,
        "by_retrieval": 1.0,
    }
