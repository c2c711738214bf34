"""Repair without a model: what people mistype comes back, and whatever is shown parses."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cellwright.formula import parse
from cellwright.proposers.repair import propose_repairs, search
from cellwright.proposers.repair_sense import is_sound, oddness

REPAIRS = [
    ("=SUM(B2:B7", "=SUM(B2:B7)"),
    ("=ROUND(MAX(C1:C4),1))", "=ROUND(MAX(C1:C4),1)"),
    ("=IF(E2>3;1;0)", "=IF(E2>3,1,0)"),
    ("=IF(E2=>3,1,0)", "=IF(E2>=3,1,0)"),
    ("=IF(E2==3,1,0)", "=IF(E2=3,1,0)"),
    ("=IF(E2!=3,1,0)", "=IF(E2<>3,1,0)"),
    ("=VLOKUP(E2,A1:B9,2,0)", "=VLOOKUP(E2,A1:B9,2,0)"),
    ("=SUMME(E2:E5)", "=SUM(E2:E5)"),
    ("=IF(E2=“x”,1,0)", '=IF(E2="x",1,0)'),
    ("=AVERAGE(E2::E5)", "=AVERAGE(E2:E5)"),
    ("=ROUND(E2,,2)", "=ROUND(E2,2)"),
    ("=LEN(E2),", "=LEN(E2)"),
    ("=MAX[E2:E5]", "=MAX(E2:E5)"),
    ("=SUM(E2:E5)+", "=SUM(E2:E5)"),
    ("=COUNT IF(E2:E5,1)", "=COUNTIF(E2:E5,1)"),
    ("=My Data!A1*2", "='My Data'!A1*2"),
]


@pytest.mark.parametrize(("broken", "right"), REPAIRS)
def test_a_common_slip_is_undone_first(broken: str, right: str) -> None:
    assert propose_repairs(broken, count=1)[0].formula == right


def test_a_sound_formula_stays_as_it_is() -> None:
    assert propose_repairs("=SUM(A1:A3)*2")[0].formula == "=SUM(A1:A3)*2"


def test_a_lost_bracket_is_tried_in_every_place() -> None:
    formulas = {repair.formula for repair in propose_repairs("=IF(AND(A1>1,B1>2,1,0)", count=9)}
    assert "=IF(AND(A1>1,B1>2),1,0)" in formulas


def test_probabilities_fall_and_leave_room_for_doubt() -> None:
    probabilities = [repair.probability for repair in propose_repairs('=IF(A1="x,1,0)', count=5)]
    assert probabilities == sorted(probabilities, reverse=True)
    assert 0 < sum(probabilities) < 1


def test_calls_must_be_of_known_functions_with_enough_arguments() -> None:
    assert is_sound("ROUND(A1,2)")
    assert not is_sound("ROUND(A1,2,3)")
    assert not is_sound("NOSUCH(A1)")
    assert not is_sound("ROUND(A1")
    assert not is_sound("")


def test_odd_formulas_cost_more() -> None:
    assert oddness("SUMIF(A1:A9,1,B1:B9)") < oddness("SUMIF(A1*2,1,B1:B9)")
    assert oddness("IF(A1,B1,C1)") < oddness("IF(A1,,C1)")
    assert oddness("(A1+B1)*2") < oddness("(A1)*2")


@settings(max_examples=40, deadline=None)
@given(st.from_regex(r'[A-C1-9:;,()"+= >&\'.-]{1,30}', fullmatch=True))
def test_whatever_is_found_parses(broken: str) -> None:
    for text in search(broken):
        parse("=" + text)
