"""Second opinions on new formulas: from a slice of the workbook, by whichever engine can."""

from __future__ import annotations

from cellwright.calc import opinion
from cellwright.calc.calculator import Calculator
from cellwright.calc.values import NoValue
from cellwright.reference import SheetCell
from cellwright.workbook.model import ErrorValue
from tests.workbooks import book

BOOK = book(
    {"A1": 1, "A2": "=A1+1", "A3": "#N/A", "B1": "text", "B2": True, "C1": "=1/3"},
    {"A1": 10, "A2": "=Sheet1!A2*10"},
)
FREE = SheetCell.parse("Sheet1!D1")


def test_ironcalc_answers_from_constants_of_what_the_formula_reads():
    with Calculator(BOOK) as calculator:
        second = calculator.second_opinion
        assert second.value("=SUM(A1:A2)+Sheet2!A2", FREE) == 23.0
        assert second.value("=IFERROR(A3,B1)", FREE) == "text"
        assert second.value("=A3", FREE) is ErrorValue.NA
        assert second.value("=AND(B2,C1<1)", FREE) is True


def test_values_of_cells_changed_together_hold():
    with Calculator(BOOK) as calculator:
        known = {SheetCell.parse("Sheet1!A1"): 5.0, SheetCell.parse("Sheet1!E1"): 7.0}
        assert calculator.second_opinion.value("=A1+E1", FREE, known) == 12.0


def test_formulas_answers_alone():
    with Calculator(BOOK) as calculator:
        second = calculator.second_opinion
        cut = second._slice("=SUM(A1:A2)*Sheet2!A2", FREE, {})
        assert second._ask("formulas", cut, FREE) == 60.0
        cut = second._slice("=IF(ISNA(A3),B1,0)", FREE, {})
        assert second._ask("formulas", cut, FREE) == "text"
        cut = second._slice("=NOSUCH(A1)", FREE, {})
        assert isinstance(second._ask("formulas", cut, FREE), NoValue)


def test_a_formula_that_reads_too_much_gets_none(monkeypatch):
    monkeypatch.setattr(opinion, "MAX_CELLS", 2)
    with Calculator(BOOK) as calculator:
        assert calculator.second_opinion.value("=SUM(A1:B3)", FREE) == NoValue("it reads too much")
