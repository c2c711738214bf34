"""The Calculator: values of a snapshot, what-ifs that leave no trace, dependents."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cellwright.calc.calculator import Calculator
from cellwright.calc.values import NoValue
from cellwright.errors import CalcError
from cellwright.reference import Cell, Range, SheetCell, SheetRange
from cellwright.workbook.model import ArrayFormula, Content, DefinedName, ErrorValue, Table
from tests.workbooks import book


def at(text: str) -> SheetCell:
    return SheetCell.parse(text, "Sheet1")


def values(snapshot) -> dict[str, object]:
    with Calculator(snapshot) as calculator:
        return {cell.cell.a1: value for cell, value in calculator.values().items()}


def test_values_of_every_kind():
    found = values(
        book(
            {
                "A1": 2,
                "A2": "text",
                "A3": True,
                "A4": "#N/A",
                "B1": "=A1/4",
                "B2": '=A2&"!"',
                "B3": "=NOT(A3)",
                "B4": "=A4",
                "B5": "=1/0",
                "B6": "=Z9",
                "B7": '=""',
                "B8": "=-0*1",
                "B9": "=B9+1",
            }
        )
    )
    assert found == {
        "B1": 0.5,
        "B2": "text!",
        "B3": False,
        "B4": ErrorValue.NA,
        "B5": ErrorValue.DIV0,
        "B6": 0.0,
        "B7": "",
        "B8": 0.0,
        "B9": NoValue("circular"),
    }
    assert type(found["B3"]) is bool


def test_dates_are_serial_numbers_of_the_workbooks_own_epoch():
    cells = {"A1": "=DATE(2024,1,1)", "A2": "=YEAR(A1)"}
    assert values(book(cells)) == {"A1": 45292.0, "A2": 2024.0}
    assert values(replace(book(cells), is_1904=True)) == {"A1": 43830.0, "A2": 2024.0}


def test_names_tables_and_other_sheets():
    snapshot = book(
        {
            "A1": "Amount",
            "A2": 5,
            "A3": 7,
            "C1": "=SUM(Sales[Amount])*Rate",
            "B3": "=Sales[@Amount]+Sheet2!A1",
        },
        {"A1": 100},
        tables=(Table("Sales", "Sheet1", Range.parse("A1:A3"), ("Amount",)),),
    )
    snapshot = replace(snapshot, names=(DefinedName("Rate", "=0.5"), DefinedName("Out", "=[1]Old!$A$1")))
    assert values(snapshot) == {"C1": 6.0, "B3": 107.0}


def test_arrays_and_implicit_intersection_are_what_the_file_says():
    spilled = Content(formula="=SEQUENCE(2,2)", array=ArrayFormula(Range.parse("D1:E2"), is_dynamic=True))
    stale = Content(value=99.0)  # a cached part of the array: no constant, it must not block the spill
    snapshot = book({"A1": 1, "A2": 2, "B2": "=A1:A3", "D1": spilled, "E2": stale, "F1": "=SUM(D1:E2)"})
    assert values(snapshot) == {"B2": 2.0, "D1": 1.0, "F1": 10.0}


def test_one_reference_to_another_workbook_does_not_spoil_the_rest():
    assert values(book({"A1": "=[1]Sheet1!A1", "A2": 3, "A3": "=A2*2"}))["A3"] == 6.0


def test_what_if_shows_changes_and_leaves_no_trace():
    with Calculator(book({"A1": 1, "A2": 2, "B1": "=A1+A2", "B2": "=B1*10", "C1": "=5"})) as calculator:
        before = calculator.read([at("A1"), at("B1"), at("B2"), at("D4")])
        outcome = calculator.what_if({at("A1"): Content(value=5.0), at("D4"): Content(formula="=B2+1")})
        assert {change.cell.cell.a1: (change.before, change.after) for change in outcome.changes} == {
            "A1": (1.0, 5.0),
            "D4": (None, 71.0),
            "B1": (3.0, 7.0),
            "B2": (30.0, 70.0),
        }
        assert calculator.read([at("A1"), at("B1"), at("B2"), at("D4")]) == before
        cleared = calculator.what_if({at("B1"): None})
        assert [(change.cell.cell.a1, change.after) for change in cleared.changes] == [
            ("B1", None),
            ("B2", 0.0),
        ]
        assert calculator.read([at("B2")]) == [30.0]


def test_a_spill_is_reported_and_gone_afterwards():
    with Calculator(book({"A1": 1, "F1": "=SUM(D1:D3)"})) as calculator:
        outcome = calculator.what_if({at("D1"): Content(formula="=SEQUENCE(3)")})
        assert outcome.spills == {at("D1"): SheetRange("Sheet1", Range.parse("D1:D3"))}
        assert {change.cell.cell.a1: change.after for change in outcome.changes} == {
            "D1": 1.0,
            "D2": 2.0,
            "D3": 3.0,
            "F1": 6.0,
        }
        assert calculator.read([at("D1"), at("D2"), at("F1")]) == [None, None, 0.0]


def test_a_spill_that_was_blocked_is_whole_again():
    spilled = Content(formula="=SEQUENCE(2)", array=ArrayFormula(Range.parse("A1:A2"), is_dynamic=True))
    with Calculator(book({"A1": spilled})) as calculator:
        calculator.what_if({at("A2"): Content(value=7.0)})
        assert calculator.read([at("A1"), at("A2")]) == [1.0, 2.0]


def test_dependents_are_transitive_and_cross_sheets():
    with Calculator(book({"A1": 1, "B1": "=A1", "C1": "=SUM(B:B)"}, {"A1": "=Sheet1!C1"})) as calculator:
        assert calculator.dependents(at("A1")) == [at("B1"), at("C1"), SheetCell("Sheet2", Cell(0, 0))]
        assert calculator.dependents(at("A1"), transitive=False) == [at("B1")]


def test_a_formula_without_a_value_says_why():
    with (
        Calculator(book({"A1": 1})) as calculator,
        pytest.raises(CalcError, match=r"expected a value of =1\+"),
    ):
        calculator.evaluate("=1+", at("D1"))


def test_another_snapshot_in_the_same_worker():
    with Calculator(book({"A1": 1, "B1": "=A1+1"})) as calculator:
        assert calculator.values()[at("B1")] == 2.0
        pid = calculator.worker_pid
        calculator.load(book({"A1": 5, "B1": "=A1+1"}))
        assert calculator.values()[at("B1")] == 6.0
        assert calculator.worker_pid == pid
