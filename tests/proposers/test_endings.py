"""Endings by rule: what is open closes, what is there comes again, and all of them are sound."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cellwright.proposers.completion import find_completions, propose_completions
from cellwright.proposers.endings import MOST, endings
from cellwright.proposers.logit import Logit, probabilities
from cellwright.proposers.repair_sense import is_sound

CASES = [
    ("=SUM(A1:A9", "SUM(A1:A9)"),
    ('=IF(A1>2,"yes","n', 'IF(A1>2,"yes","n")'),
    ('=IF(A1="north",1,IF(B1="no', 'IF(A1="north",1,IF(B1="north",0))'),
    ("=VLOOKUP(E1,$A$2:$C$9,3", "VLOOKUP(E1,$A$2:$C$9,3,FALSE)"),
    ('=SUMIF($B$3:$B$8,"x",', 'SUMIF($B$3:$B$8,"x",$C$3:$C$8)'),
    ("=INDEX($B$2:$B$30,MATCH(A1,$A$2:", "INDEX($B$2:$B$30,MATCH(A1,$A$2:$A$30,0))"),
    ("=SUMPRODUCT(($A:$A=A2)*(", "SUMPRODUCT(($A:$A=A2)*($B:$B))"),
    ("=SUMPRODUCT((A1:K9=3)*(A1", "SUMPRODUCT((A1:K9=3)*(A1:K9=3))"),
    ("=COUNT($D", "COUNT($D:$D)"),
    ("=CHOOSE(A1,10,20,", "CHOOSE(A1,10,20,30)"),
    ("=TODAY(", "TODAY()"),
    ("=IF(Data!B2>0,Data!B2,", "IF(Data!B2>0,Data!B2,Data!C2)"),
]


@pytest.mark.parametrize(("typed", "whole"), CASES)
def test_an_ending_that_follows_from_what_is_typed_is_among_them(typed: str, whole: str) -> None:
    assert whole in {ending.text for ending in endings(typed)}


@settings(max_examples=60, deadline=None)
@given(st.from_regex(r'(SUM|IF|VLOOKUP|LEFT)\([A-C1-9:,()"=$+]{0,24}', fullmatch=True))
def test_every_ending_is_sound_and_begins_as_typed(typed: str) -> None:
    found = [ending.text for ending in endings(typed)]
    assert len(found) <= MOST
    assert len(set(found)) == len(found)
    for text in found:
        assert is_sound(text)
        assert text.startswith(typed.partition('"')[0].replace(" ", ""))


def test_a_whole_formula_is_its_own_first_completion() -> None:
    assert propose_completions("=SUM(A1:A9)")[0].formula == "=SUM(A1:A9)"


def test_given_weights_order_the_completions() -> None:
    shortest = propose_completions("=IF(A1>1,2", weights=Logit(0.0, {"added": -1.0}))
    longest = propose_completions("=IF(A1>1,2", weights=Logit(0.0, {"added": 1.0}))
    assert shortest[0].formula == "=IF(A1>1,2)"
    assert len(longest[0].formula) > len(shortest[0].formula)
    assert all(0 < completion.probability < 1 for completion in longest)


def test_features_tell_what_is_new_from_what_is_repeated() -> None:
    found = {completion.text: completion.features for completion in find_completions("=SUM(A1:A9,")}
    assert found["SUM(A1:A9,A1:A9)"]["new"] == 0
    assert found["SUM(A1:A9,A1:A9)"]["repeated"] > 0
    assert found["SUM(A1:A9,B1:B9)"]["new"] == 2


def test_probabilities_leave_room_for_none() -> None:
    chances = probabilities([2.0, 1.0, -900.0])
    assert chances == sorted(chances, reverse=True)
    assert sum(chances) < 1
    assert probabilities([]) == []
