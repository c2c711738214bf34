"""What a formula text may go on to be: as it went on before, its operands, how its brackets close."""

from __future__ import annotations

import pytest

from cellwright.proposers.closings import closed, constants, open_brackets
from cellwright.proposers.echoes import MOST_MATCHES, echoes, moved_reference
from cellwright.proposers.operands import operands

ECHOES = [
    ("IF(A2>5,A2-B2,A2", "IF(A2>5,A2-B2,A2-B2"),
    ("(D3:D9=1)*(E3:E9=1)*(D3", "(D3:D9=1)*(E3:E9=1)*(D3:D9"),
    ("SUM(B$2:B$9)/SUM(C$2", "SUM(B$2:B$9)/SUM(C$2:C$9"),
    ("SUMIFS(D:D,A:A,1)-SUMIFS(E:E,", "SUMIFS(D:D,A:A,1)-SUMIFS(E:E,B:B"),
    ("MAX(A1:A5)-MIN(A1", "MAX(A1:A5)-MIN(A1:A5"),
    ("INDEX(D2:D9,MATCH(A1,C2:C9,0))&INDEX(E2:E9", "INDEX(D2:D9,MATCH(A1,C2:C9,0))&INDEX(E2:E9,MATCH(A1"),
]


@pytest.mark.parametrize(("text", "whole"), ECHOES)
def test_a_text_goes_on_as_it_went_on_before(text: str, whole: str) -> None:
    assert whole in {gone_on for gone_on, _ in echoes(text)}


def test_a_moved_echo_says_so_and_only_ranges_may_move() -> None:
    found = dict(echoes("COUNTIFS(B2:B9,A1,C2:C9,A1)-COUNTIFS(C2:C9"))
    assert found["COUNTIFS(B2:B9,A1,C2:C9,A1)-COUNTIFS(C2:C9,A1"] in {"echo", "echo_moved"}
    assert found["COUNTIFS(B2:B9,A1,C2:C9,A1)-COUNTIFS(C2:C9,B1"] == "echo_moved"


def test_nothing_that_was_not_there_comes_and_nothing_leaves_the_sheet() -> None:
    assert list(echoes("SUM(A1")) == []
    assert list(echoes("")) == []
    assert not [text for text, _ in echoes("B1+B2*A1+A") if "@" in text]
    assert moved_reference("A1", (0, -1)) is None
    assert moved_reference("A1", (-1, 0)) is None
    assert moved_reference("$B$2", (3, 1)) == "$C$5"
    assert moved_reference("B:$D", (3, 1)) == "C:$E"
    assert moved_reference("Total", (3, 1)) == "Total"


def test_echoes_of_a_long_chain_are_few() -> None:
    text = "+".join(f"A{n}*B{n}" for n in range(1, 60)) + "+A60"
    assert len(list(echoes(text))) <= MOST_MATCHES * 4 * 3


CLOSED = [
    ("SUM(A1:A9", ["SUM(A1:A9)"]),
    ("IF(A1>1,2", ["IF(A1>1,2)", 'IF(A1>1,2,"")', "IF(A1>1,2,0)"]),
    ("VLOOKUP(A1,B:C", ["VLOOKUP(A1,B:C,2)", "VLOOKUP(A1,B:C,3)", "VLOOKUP(A1,B:C,2,FALSE)"]),
    ("IFERROR(ROUND(A1/B1", ['IFERROR(ROUND(A1/B1,0),"")', 'IFERROR(ROUND(A1/B1,2),"")']),
    ("SUM({1,2", ["SUM({1,2})"]),
    ("SUMIFS(A:A", []),  # nothing is known of the criteria
]


@pytest.mark.parametrize(("text", "wholes"), CLOSED)
def test_brackets_close_with_what_is_missing(text: str, wholes: list[str]) -> None:
    frames, _ = open_brackets(text)
    found = [whole for whole, _ in closed(text, frames, 8)]
    assert found[:1] == wholes[:1]
    assert set(wholes) <= set(found)


def test_a_closing_that_brings_something_says_so() -> None:
    ways = dict(closed("IF(A1>1,2", open_brackets("IF(A1>1,2")[0], 8))
    assert ways["IF(A1>1,2)"] == "closed"
    assert ways["IF(A1>1,2,0)"] == "filled"


def test_open_brackets_know_their_function_and_arguments() -> None:
    frames, is_due = open_brackets("IF(AND(A1>1,B1<2),SUM((A1,")
    assert [(frame.function, frame.arguments) for frame in frames] == [("IF", 2), ("SUM", 1), ("", 2)]
    assert is_due
    assert not open_brackets("IF(A1")[1]


OPERANDS = [
    ("IF(A1>5,", '""'),
    ('IF(A1>5,"Yes",', '"No"'),
    ('IF(A1>5,"high",', '"low"'),
    ("VLOOKUP(A1,B1:D9,2,", "FALSE"),
    ("SUMIF(A1:A9,1,", "B1:B9"),
    ("CHOOSE(A1,5,10,", "15"),
    ("IF(Data!B2>0,Data!", "B2"),
    ("IF(Data!B2>0,Data!", "C2"),
    ("SUM(A:A)/SUM(", "B:B"),
    ("A1/", "B1"),
]


@pytest.mark.parametrize(("text", "operand"), OPERANDS)
def test_operands_come_from_the_formula(text: str, operand: str) -> None:
    assert operand in dict(operands(text, open_brackets(text)[0]))


def test_constants_stand_at_their_argument_only() -> None:
    assert constants(open_brackets("MATCH(A1,B:B,")[0]) == ("0",)
    assert constants(open_brackets("MATCH(A1,")[0]) == ()
    assert constants([]) == ()
