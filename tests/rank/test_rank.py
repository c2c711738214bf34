"""Ranking: probabilities, order, and the shipped weights."""

from __future__ import annotations

import pytest

from cellwright.proposers.model import Place
from cellwright.proposers.template import read_template
from cellwright.rank.features import formula_features
from cellwright.rank.rank import Weights, rank, read_weights, shipped_weights
from cellwright.reference import SheetRange
from cellwright.verify.model import Candidate, Kind
from tests.workbooks import book

CANDIDATES = [Candidate(Kind.FORMULA, (), name, "") for name in ("a", "b", "c")]
WEIGHTS = Weights(0.0, {"x": 1.0})


def test_one_candidate_is_logistic_regression() -> None:
    assert rank(CANDIDATES[:1], [{"x": 2.0}], WEIGHTS)[0].p_accept == pytest.approx(0.880797, abs=1e-6)


def test_order_and_shares() -> None:
    ranked = rank(CANDIDATES, [{"x": 0.0}, {"x": 3.0}, {"y": 9.0}], WEIGHTS)
    assert [r.candidate.proposer for r in ranked] == ["b", "a", "c"]
    assert ranked[1].p_accept == ranked[2].p_accept
    assert sum(r.p_accept for r in ranked) < 1.0


def test_rivals_make_the_best_less_likely() -> None:
    alone = rank(CANDIDATES[:1], [{"x": 2.0}], WEIGHTS)[0].p_accept
    assert rank(CANDIDATES[:2], [{"x": 2.0}, {"x": 2.0}], WEIGHTS)[0].p_accept < alone


def test_large_scores_do_not_overflow() -> None:
    ranked = rank(CANDIDATES[:2], [{"x": 1e6}, {"x": -1e6}], WEIGHTS)
    assert ranked[0].p_accept == pytest.approx(1.0)
    assert ranked[1].p_accept == 0.0


def test_nothing_to_rank() -> None:
    assert rank([], [], WEIGHTS) == []


def test_a_map_a_candidate() -> None:
    with pytest.raises(ValueError, match="expected 3 feature maps, got 1"):
        rank(CANDIDATES, [{}], WEIGHTS)


def test_weights_from_toml() -> None:
    weights = read_weights("bias = -1\nthreshold = 0.5\n[features]\nx = 2\n")
    assert weights.score({"x": 1.5, "unknown": 7.0}) == 2.0


def test_the_shipped_weights_are_sane() -> None:
    weights = shipped_weights()
    assert 0.0 < weights.threshold < 1.0
    assert weights.bias < 0.0
    assert weights.features["makes_errors"] < 0.0 < weights.features["agreement"]


@pytest.mark.parametrize("formula", ["=B2+1", "=SUM(B1:B3)", "=Nowhere!A1"])
def test_formulas_that_cannot_be_right(formula: str) -> None:
    place = Place(book({"B1": 1, "B3": 2}), SheetRange.parse("Sheet1!B2"))
    assert formula_features(place, read_template(formula, place.cell)) is None


def test_blank_text_and_year_references_are_seen() -> None:
    place = Place(book({"A1": "year", "B1": 2020, "A2": 5, "C2": "x"}), SheetRange.parse("Sheet1!D2"))

    def features(formula: str) -> dict[str, float]:
        found = formula_features(place, read_template(formula, place.cell))
        assert found is not None
        return found

    assert features("=A2*Z9")["any_blank"] == 1.0
    assert features("=A2*C2")["text_computed"] == 0.5
    assert features("=A2*B1")["year_computed"] == 0.5
    assert features("=A2*2")["unused"] == 1.0
