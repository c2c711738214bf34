"""Verdicts: every status, with the changes that led to it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cellwright.calc.calculator import Calculator
from cellwright.edits.model import (
    DefineName,
    DeleteRows,
    Edit,
    InsertRows,
    RenameSheet,
    SetFormulas,
    SetNumberFormat,
    SetValues,
)
from cellwright.reference import Range, SheetCell, SheetRange
from cellwright.verify.model import Candidate, Kind, Status, Verdict
from cellwright.verify.verify import verify, verify_many
from cellwright.workbook.model import Content, DefinedName, ErrorValue, Table
from tests.workbooks import book

CELLS = {
    "A1": 1,
    "A2": 2,
    "A3": 3,
    "B1": Content(2.0, "=A1+1"),
    "B2": Content(6.0, "=SUM(A1:A3)"),
    "B3": Content(12.0, "=B2*2"),
    "C1": Content(4.0, "=SUM(A2:A2)+2"),
    "D9": 9,
}
BOOK = replace(
    book(CELLS, {"A1": 5}, tables=(Table("T", "Sheet2", Range.parse("A1:A2"), ("x",)),)),
    names=(DefinedName("Web", '=WEBSERVICE("a")'), DefinedName("Rate", "=2")),
)


def candidate(*edits: Edit) -> Candidate:
    return Candidate(Kind.EDIT, edits, proposer="test", reason="a test")


def formula(text: str, place: str = "D1") -> Candidate:
    return candidate(SetFormulas("Sheet1", Range.parse(place), ((text,),)))


@pytest.fixture(scope="module")
def calculator():
    with Calculator(BOOK) as calculator:
        yield calculator


def verdict(calculator: Calculator, *edits: Edit) -> Verdict:
    return verify(BOOK, candidate(*edits), calculator)


def of(calculator: Calculator, text: str, place: str = "D1") -> Verdict:
    return verify(BOOK, formula(text, place), calculator)


def shown(verdict: Verdict) -> dict[str, tuple[object, object]]:
    return {change.cell.cell.a1: (change.before, change.after) for change in verdict.changes}


def test_a_good_formula_is_verified(calculator):
    found = of(calculator, "=SUM(A1:A3)*Rate")
    assert found.status is Status.VERIFIED
    assert shown(found) == {"D1": (None, 12.0)}
    assert found.changes[0].formula_after == "=SUM(A1:A3)*Rate"
    assert found.latency_ms > 0


def test_dependents_are_shown_before_and_after(calculator):
    found = verdict(calculator, SetValues("Sheet1", Range.parse("A1"), ((10.0,),)))
    assert found.status is Status.VERIFIED
    assert shown(found) == {"A1": (1.0, 10.0), "B1": (2.0, 11.0), "B2": (6.0, 15.0), "B3": (12.0, 30.0)}


@pytest.mark.parametrize(
    ("text", "why", "parses"),
    [
        ("=1+", "it does not parse", False),
        ("=" + "(" * 4000, "parse", False),
        ("=" + "1+" * 4096 + "1", "8,192", False),
        ("=NOSUCH(1)", "NOSUCH is no function of Excel's", True),
        ("=SUM()", "expected 1 to 255 arguments of SUM, got 0", True),
        ("=Missing!A1", "no such sheet", True),
        ("=Sales[Amount]", "no such table", True),
        ("=T[y]", "no such column", True),
        ("=Nothing*2", "no such name", True),
        ("=A1048577", "no such name", True),
        ("=XFE1", "no such name", True),
        ("=#REF!+1", "deleted", True),
    ],
)
def test_what_does_not_parse_or_bind_is_invalid(calculator, text, why, parses):
    found = of(calculator, text)
    assert found.status is Status.INVALID
    assert why in found.why
    assert found.parses is parses
    assert not found.binds


@pytest.mark.parametrize(
    "text",
    [
        '=WEBSERVICE("x")',
        '=HYPERLINK("x")',
        '=INDIRECT("A1")',
        "=[1]Sheet1!A1",
        "=Web",
        '=CUBEVALUE("c","m")',
        "='\\\\server\\[b.xlsx]S'!A1",
    ],
)
def test_what_reaches_out_is_refused_and_never_run(calculator, text):
    found = of(calculator, text)
    assert found.status is Status.REFUSED
    assert found.risks
    assert not found.changes


@pytest.mark.parametrize(("text", "place"), [("=D1+1", "D1"), ("=B3", "A1"), ("=SUM(A:A)", "A9")])
def test_a_circle_is_invalid(calculator, text, place):
    found = of(calculator, text, place)
    assert found.status is Status.INVALID
    assert "circular" in found.why


def test_errors_and_broken_dependents(calculator):
    found = of(calculator, "=A1/0", "B2")
    assert found.status is Status.MAKES_ERRORS
    assert [cell.cell.a1 for cell in found.new_errors] == ["B2", "B3"]
    assert [cell.cell.a1 for cell in found.broken_dependents] == ["B3"]
    assert shown(found)["B3"] == (12.0, ErrorValue.DIV0)


def test_a_spill_is_shown_and_one_without_room_is_an_error(calculator):
    free = of(calculator, "=SEQUENCE(3)")
    assert free.spill == SheetRange("Sheet1", Range.parse("D1:D3"))
    assert not free.is_spill_blocked
    assert shown(free) == {"D1": (None, 1.0), "D2": (None, 2.0), "D3": (None, 3.0)}
    blocked = of(calculator, "=SEQUENCE(10)")
    assert blocked.status is Status.MAKES_ERRORS
    assert blocked.is_spill_blocked


@pytest.mark.parametrize("text", ["=NOW()", "=RAND()", "=OFFSET(A1,1,0)", '=""&(0.1+0.2)'])
def test_what_cannot_be_reproduced_is_unverified(calculator, text):
    found = of(calculator, text)
    assert found.status is Status.UNVERIFIED
    assert found.why


def test_a_second_engine_settles_what_nothing_has_proven(calculator):
    assert of(calculator, "=BINOM.DIST(A1,10,0.5,FALSE)").status is Status.VERIFIED
    disputed = of(calculator, "=ROMAN(196,4)")  # Excel: CVCI; formualizer 0.13: CVLVI
    assert disputed.status is Status.UNVERIFIED
    assert "two engines disagree" in disputed.why


def test_recursion_without_end_costs_one_verdict(calculator):
    endless = formula("=LET(f,LAMBDA(g,n,g(g,n+1)),f(f,1))")
    found = verify_many(BOOK, [formula("=A1+1"), endless, formula("=A1+2")], calculator)
    assert [verdict.status for verdict in found] == [Status.VERIFIED, Status.UNVERIFIED, Status.VERIFIED]


def test_a_formula_too_large_for_the_worker_costs_one_verdict():
    with Calculator(BOOK, memory_mb=200) as small:
        large = formula("=SUM(SEQUENCE(100000,100)*2)")
        found = verify_many(BOOK, [formula("=A1+1"), large, formula("=A1+2")], small)
    assert [verdict.status for verdict in found] == [Status.VERIFIED, Status.UNVERIFIED, Status.VERIFIED]
    assert found[1].unverified_cells == (SheetCell.parse("Sheet1!D1"),)
    assert "memory" in found[1].why


def test_cells_that_excel_computed_otherwise_make_their_readers_unverified():
    snapshot = book({**CELLS, "E1": Content(99.0, "=A1+A2")})
    with Calculator(snapshot) as calculator:
        found = verify(snapshot, formula("=E1*2"), calculator)
        others = verify(snapshot, formula("=A1*2"), calculator)
    assert found.status is Status.UNVERIFIED
    assert "Excel had 99.0" in found.why
    assert others.status is Status.VERIFIED


def test_unbelieved_dependents_do_not_condemn_an_edit():
    snapshot = book({"A1": 1, "B1": Content(99.0, "=A1+1"), "C1": Content(3.0, "=A1*3")})
    with Calculator(snapshot) as calculator:
        found = verify(snapshot, candidate(SetValues("Sheet1", Range.parse("A1"), ((2.0,),))), calculator)
    assert found.status is Status.VERIFIED
    assert "1 dependent cells cannot be verified" in found.why
    assert {change.cell.cell.a1: change.is_verified for change in found.changes} == {
        "A1": True,
        "B1": False,
        "C1": True,
    }


def test_formats_change_no_value(calculator):
    found = verdict(calculator, SetNumberFormat("Sheet1", Range.parse("A1"), "0.0"))
    assert found.status is Status.VERIFIED
    assert found.changes == ()


def test_rows_that_move_change_nothing(calculator):
    assert verdict(calculator, InsertRows("Sheet1", 1)).changes == ()
    assert verdict(calculator, RenameSheet("Sheet2", "Other")).changes == ()


def test_rows_that_go_change_what_read_them(calculator):
    found = verdict(calculator, DeleteRows("Sheet1", 2))
    assert found.status is Status.VERIFIED
    assert shown(found) == {"B2": (6.0, 3.0)}


def test_deleting_what_others_read_is_an_error(calculator):
    found = verdict(calculator, DeleteRows("Sheet1", 1))
    assert found.status is Status.MAKES_ERRORS
    assert SheetCell.parse("Sheet1!C1") in found.new_errors


def test_an_edit_that_does_not_fit_is_invalid(calculator):
    found = verdict(calculator, SetValues("Nowhere", Range.parse("A1"), ((1.0,),)))
    assert found.status is Status.INVALID
    assert "Nowhere" in found.why


@pytest.mark.parametrize("scope", [None, "Sheet1"])
def test_a_name_that_reaches_out_is_refused(calculator, scope):
    found = verify(BOOK, candidate(DefineName("Out", '=WEBSERVICE("x")', scope)), calculator)
    assert found.status is Status.REFUSED
