"""Edits over whole patterns, what is odd about a formula, and the features that rank repairs."""

from __future__ import annotations

import pytest

from cellwright.prompt.notation import normalise
from cellwright.proposers.logit import Logit
from cellwright.proposers.repair import propose_repairs, search
from cellwright.proposers.repair_patterns import pattern_edits
from cellwright.proposers.repair_rank import Differences, distance
from cellwright.proposers.repair_sense import is_sound, oddities, singles

EDITS = [
    ("SUMPRODUCT((A1:A9)=B1)*(C1:C9)=D1)*E1:E9)", "SUMPRODUCT((A1:A9=B1)*(C1:C9=D1)*E1:E9)"),
    ('SUM((A1:A9,"x")*(B1:B9,"y"))', 'SUM((A1:A9="x")*(B1:B9="y"))'),
    ("COUNTIFS(C1:C9>=A1,D1:D9<5)", 'COUNTIFS(C1:C9,">="&A1,D1:D9,"<5")'),
    ("SUMIFS(E:E,A:A,<B1,A:A,>C1)", 'SUMIFS(E:E,A:A,"<"&B1,A:A,">"&C1)'),
    ("SUMIF(B2:B9,=TODAY(),D2:D9)", 'SUMIF(B2:B9,"="&TODAY(),D2:D9)'),
    ('MAX("$A$1":"$B$1")', "MAX($A$1:$B$1)"),
    ("A1+7:30", 'A1+"7:30"'),
    ('IF(A1>1,"low," "high")', 'IF(A1>1,"low","high")'),
    ("SUM($H1$S$9)", "SUM($H1:$S$9)"),
    ("SUM(Data$A$1)", "SUM(Data!$A$1)"),
    ("SUM($B$2:$2$9)", "SUM($B$2:$B$9)"),
    ('AVERAGEIFS(B1:B9,">0")', 'AVERAGEIFS(B1:B9,B1:B9,">0")'),
    ("IF(A1=1,2),IF(A1=3,4),IF(A1=5,6)", "IF(A1=1,2,IF(A1=3,4,IF(A1=5,6)))"),
    ("IF((A1=1,2,3))", "IF(A1=1,2,3)"),
    ("IFERROR(A1,1,2)", "IF(ISERROR(A1),1,2)"),
    ("SUBTOTAL(A1:A9,9)", "SUBTOTAL(9,A1:A9)"),
    ("IF(A1=1 AND(B1=2),3,4)", "IF(AND(A1=1,B1=2),3,4)"),
]


@pytest.mark.parametrize(("broken", "right"), EDITS)
def test_one_edit_mends_all_parallel_places(broken: str, right: str) -> None:
    assert normalise(right) in {normalise(text) for text, _ in pattern_edits(normalise(broken))}


@pytest.mark.parametrize(
    "text",
    ["SUM(7:0)", '"A1":"B1"', "(A1,2)", "SUMIFS(A:A,B:B)", "COUNTIFS(A:A,1,B:B)", "IFS(A1,1,A2)"],
)
def test_what_excel_refuses_is_not_sound(text: str) -> None:
    assert not is_sound(text)


def test_oddities_are_counted_by_name() -> None:
    assert oddities("COUNTIF(UNIQUE(A1:A9),1)")["no_range"] == 1
    assert oddities("SUBTOTAL(A1:A9,B1:B9)")["area_as_number"] == 1
    assert oddities("IF(A1,1),IF(B1,2)")["union_of_values"] == 0  # an IF may give a reference
    assert oddities("LEN(A1),LEN(B1)")["union_of_values"] == 2
    assert not +oddities('SUMIF(A1:A9,">1",B1:B9)')


def test_features_count_pieces_and_content() -> None:
    features = Differences("SUM(A1:A9,B1").features("SUM(A1:A9)", None, -3.0)
    assert features["lost"] == 1
    assert features["new"] == 0
    assert features["changed"] == 2
    assert features["unsearched"] == 1
    assert features["log_probability"] == -3.0
    quoted = Differences('IF(A1="x y,1,0)').features('IF(A1="x y",1,0)', 1.0)
    assert quoted["lost"] == quoted["new"] == 0


def test_only_a_space_too_many_is_a_repair_and_not_an_unchanged_formula() -> None:
    spaced = Differences("=IF(A1> =2,1,0)").features("IF(A1>=2,1,0)", 0.0)
    assert (spaced["respaced"], spaced["only_spaces"], spaced["unchanged"]) == (1.0, 1.0, 0.0)
    whole = Differences("=IF(A1>=2,1,0)").features("IF(A1>=2,1,0)", 0.0)
    assert (whole["respaced"], whole["unchanged"], whole["was_whole"]) == (0.0, 1.0, 1.0)


def test_groups_that_a_person_closed_count_when_they_are_gone() -> None:
    differences = Differences("INDEX(A:A,MATCH(C1,B:B),0))+1")
    assert differences.features("INDEX(A:A,MATCH(C1,B:B),0)+1", 1.0)["lost_groups"] == 0
    assert differences.features("INDEX(A:A,MATCH(C1,B:B,0))+1", 1.0)["lost_groups"] == 1
    requoted = Differences('SUMIF(A1:A9,<>"b")').features('SUMIF(A1:A9,"<>b")', 1.0)
    assert requoted["lost_groups"] == 0


def test_names_that_become_texts_are_counted_beside_those_that_stay() -> None:
    differences = Differences("INDEX(Stock,MATCH(Item,Items,0)")
    stay = differences.features("INDEX(Stock,MATCH(Item,Items,0))", 1.0)
    quoted = differences.features('INDEX(Stock,MATCH("Item",Items,0))', 1.0)
    assert (stay["names_gone"], quoted["names_gone"], quoted["names_gone_beside_names"]) == (0, 1, 1)
    alone = Differences("IF(A1=Yes,1,0)").features('IF(A1="Yes",1,0)', 1.0)
    assert (alone["names_gone"], alone["names_gone_beside_names"]) == (1, 0)


def test_a_criterion_whose_operator_stands_before_its_quotes_is_mended() -> None:
    assert 'AVERAGEIFS(A2:A9,B2:B9,"<>b")' in search('AVERAGEIFS(A2:A9,B2:B9,<>"b")')
    assert "INDEX(A2:E9,1,2)" in search("INDEX(A2:E9,1,2)(")


def test_brackets_that_close_the_whole_too_early_go_together() -> None:
    assert "SUM(A1,(B1),(C1))" in search("SUM(A1),(B1)),(C1))")


def test_brackets_round_single_things_are_known_by_their_text() -> None:
    assert singles("ROUND((1.05)*(A1+1),2)") == ["(1.05)"]
    differences = Differences("ROUND((1.05)*(1.02))-1,15)")
    assert differences.features("ROUND((1.05)*(1.02)-1,15)", 1.0)["singles_as_typed"] == 2
    assert differences.features("ROUND((1.05*(1.02))-1,15)", 1.0)["singles_as_typed"] == 1
    assert Differences("SUM($B$B)").features("SUM($B:B)", 1.0)["dollars_lost"] == 1


def test_distance_is_levenshteins() -> None:
    assert distance("kitten", "sitting") == 3
    assert distance("", "abc") == 3
    assert distance("same", "same") == 0
    assert distance("a" * 40 + "x", "b" * 40 + "x") == 40


def test_given_weights_decide() -> None:
    stays = Logit(0.0, {"unchanged": 5.0})
    assert propose_repairs("=IF((A1),1,0)", weights=stays)[0].formula == "=IF((A1),1,0)"
