"""Habits of calls, by example: what each counts, and that it counts nothing else."""

from __future__ import annotations

import pytest

from cellwright.proposers.call_habits import call_habits

CASES = [
    ("IF(A1>1,2)", {"short_if", "if_condition"}),
    ("IF(A1,2,3)", {"if_of_value"}),
    ("IF(A1>1,B1=2,3)", {"if_condition", "if_gives_comparison"}),
    ("IF(ISBLANK(A1),1,2)", {"if_condition"}),
    ("IF((A1>1)*(B1>1),1,2)", {"if_condition", "bracketed_comparison"}),
    ("AND(A1>1,B1<2,1)", {"logic_of_value"}),
    ("OR(A1>1)", {"logic_of_one"}),
    ("SUM(A1>1)", {"call_of_comparison"}),
    ("SUM(IF(A1>1,2,3))", {"call_of_if", "if_condition"}),
    ("MAX(A1,A1)", {"same_arguments"}),
    ("A1-A1", {"same_sides"}),
    ("A1=(B1=C1)", {"compares_at_top", "compares_comparison", "bracketed_comparison"}),
    ("AND(A1>1,B1>1)=C1", {"compares_at_top", "compares_call_of_logic"}),
    ('A1*"x"', {"texts_reckoned"}),
    ('A1&"x"', set()),
    ("((A1+1))*2", {"twice_bracketed"}),
    ("SUM(A9:A1)", {"turned_range"}),
    ("SUMIFS(A1:A9,B1:B8,1)", {"apart_ranges"}),
    ("SUMIFS(A1:A9,B1:B9,1)", set()),
    ("VLOOKUP(A1,B1:C9,2)", {"short_vlookup"}),
    ("VLOOKUP(A1,B1:C9,2,0)", set()),
    ("INDEX(A1:B9,1,2,3)", {"long_call"}),
    ("SUM(A1:A9)(2)", {"calls_a_value"}),
    ("LAMBDA(x,x+1)(2)", set()),
    ("A1,B1", {"lists_at_top"}),
    ("SUM(A1:A9)", set()),
]


@pytest.mark.parametrize(("text", "names"), CASES)
def test_a_habit_is_counted_where_it_shows(text: str, names: set[str]) -> None:
    assert set(call_habits(text)) == names


def test_habits_are_counted_as_often_as_they_show() -> None:
    found = call_habits("IF(A1>1,IF(B1>1,2),IF(C1>1,3))")
    assert found["short_if"] == 2
    assert found["if_condition"] == 3
