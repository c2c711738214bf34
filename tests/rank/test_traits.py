"""A candidate that refers to things as the workbook's own formulas do scores above one that doesn't."""

from __future__ import annotations

from cellwright.proposers.model import Place
from cellwright.proposers.template import read_template
from cellwright.rank.traits import trait_features, traits_of
from cellwright.reference import SheetRange
from cellwright.workbook.model import Snapshot
from tests.workbooks import book


def traits_at(snapshot: Snapshot, target: str, formula: str) -> dict[str, float]:
    place = Place(snapshot, SheetRange.parse(target, "Sheet1"))
    return trait_features(place, read_template(formula, place.cell))


def test_the_usual_way_to_refer_scores_higher() -> None:
    data = {f"{column}{row}": row for column in "ABC" for row in range(1, 9)}
    formulas = {f"D{row}": f"=A{row}*$F$1" for row in (1, 3)} | {"D5": "=B5*$F$1", "F1": 3}
    snapshot = book({**data, **formulas})
    usual = traits_at(snapshot, "D7", "=A7*$F$1")
    unusual = traits_at(snapshot, "D7", "=SUM(A1:C1)")
    for name in ("trait_place", "trait_label", "trait_shape"):
        assert usual[name] > unusual[name], name


def test_a_long_run_counts_once() -> None:
    snapshot = book({**{f"B{row}": f"=A{row}" for row in range(1, 50)}, "C1": "=$A$1"})
    place = Place(snapshot, SheetRange.parse("C3", "Sheet1"))
    assert traits_of(place.index, place.sheet).shapes.total == 2


def test_nothing_is_said_without_formulas() -> None:
    assert traits_at(book({"A1": 1}), "B1", "=A1") == {}
