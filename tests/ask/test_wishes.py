"""Wishes as people write them: look-ups by a key, texts by a pattern, figures and facts to compare with."""

from __future__ import annotations

import datetime
from collections.abc import Iterator

import pytest

from cellwright.ask.ask import ask
from cellwright.ask.model import Plan
from cellwright.calc.calculator import Calculator
from cellwright.edits.model import AddChart, AddConditionalFormat, Edit, Merge, SetNumberFormat, SetValues
from cellwright.reference import Cell
from cellwright.workbook.model import Content, Snapshot, Style, Value
from tests.workbooks import sheet

MONEY = Style(number_format="$#,##0.00")
HEAD = ("Week", "Day", "Code", "Product", "Sales", "Costs", "Gross", "Profit")
ROWS = [("Week 1", 1, "P-1", 30, 10), ("Week 2", 2, "P-2", 50, 45), ("Week 3", 3, "P-1", 90, 20)]
CONTEXT = "Gross = Sales - Costs; Profit = Gross - 2. The minimum charge is $40."


@pytest.fixture(scope="module")
def weeks() -> Snapshot:
    cells: dict[str, Value | Content] = {f"{'ABCDEFGH'[x]}1": name for x, name in enumerate(HEAD)}
    start = (datetime.date(2025, 3, 1) - datetime.date(1899, 12, 30)).days
    for y, (week, day, code, sales, costs) in enumerate(ROWS, 2):
        cells |= {f"A{y}": week, f"C{y}": code}
        cells[f"B{y}"] = Content(float(start + day), style=Style(number_format="m/d/yyyy"))
        cells |= {f"E{y}": Content(float(sales), style=MONEY), f"F{y}": Content(float(costs), style=MONEY)}
    products = {"A1": "Code", "B1": "Product", "C1": "Price", "A2": "P-1", "B2": "Pen", "C2": 3}
    return Snapshot(
        (sheet(cells, "Weeks"), sheet(products | {"A3": "P-2", "B3": "Pad", "C3": 8}, "Products"))
    )


@pytest.fixture(scope="module")
def calculator(weeks: Snapshot) -> Iterator[Calculator]:
    with Calculator(weeks) as made:
        yield made


def planned(weeks: Snapshot, calculator: Calculator, text: str) -> Plan:
    *_, plan = ask(weeks, text, calculator=calculator, context=CONTEXT)
    assert isinstance(plan, Plan), plan
    return plan


def of(plan: Plan, kind: type[Edit]) -> list[Edit]:
    return [edit for edit in plan.edits if isinstance(edit, kind)]


def formula(plan: Plan, cell: str, name: str = "Weeks") -> str | None:
    return plan.after.sheet(name).formula(Cell.parse(cell))


@pytest.mark.parametrize(
    ("text", "cell", "wanted"),
    [
        (
            'Fill the "Product" column based on "Code"',
            "D2",
            "=INDEX(Products!$B$2:$B$3,MATCH(C2,Products!$A$2:$A$3,0))",
        ),
        (
            'Concatenate Week and Sales into the pattern "[Week]: {Sales} sold" in a new column "Told"',
            "I2",
            '=A2&": "&E2&" sold"',
        ),
        ('Show Day in mm-yyyy format in a new column named "Month"', "I2", '=TEXT(B2,"mm-yyyy")'),
        ("Fill in the Profit column", "H2", "=(E2-F2)-2"),
    ],
)
def test_columns(weeks: Snapshot, calculator: Calculator, text: str, cell: str, wanted: str) -> None:
    assert formula(planned(weeks, calculator, text), cell) == wanted


def test_a_column_that_was_not_asked_for_stays_empty(weeks: Snapshot, calculator: Calculator) -> None:
    assert formula(planned(weeks, calculator, "Fill in the Profit column"), "G2") is None
    both = planned(weeks, calculator, "Fill in the Gross and Profit columns")
    assert (formula(both, "G2"), formula(both, "H2")) == ("=E2-F2", "=G2-2")


def test_a_sum_is_shown_as_its_terms_are(weeks: Snapshot, calculator: Calculator) -> None:
    [shown] = of(planned(weeks, calculator, "Fill in the Gross column"), SetNumberFormat)
    assert isinstance(shown, SetNumberFormat)
    assert shown.format == MONEY.number_format


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Highlight Sales above the median in red", "=MEDIAN($E$2:$E$4)"),
        ("Highlight Costs less than the minimum charge in red", "=40"),
    ],
)
def test_rules(weeks: Snapshot, calculator: Calculator, text: str, wanted: str) -> None:
    [rule] = of(planned(weeks, calculator, text), AddConditionalFormat)
    assert isinstance(rule, AddConditionalFormat)
    assert rule.rule.formulas == (wanted,)


def test_cells_after_a_new_sheet_are_its_own(weeks: Snapshot, calculator: Calculator) -> None:
    text = (
        'Create a new sheet named "Cover". Merge cells A1:C1 to write the header "Weeks of spring". '
        'Merge cells A2:B2 to write "Sales".'
    )
    plan = planned(weeks, calculator, text)
    assert [edit.sheet for edit in plan.edits if isinstance(edit, Merge | SetValues)] == ["Cover"] * 4
    assert plan.after.sheet("Cover").value(Cell.parse("A2")) == "Sales"


def test_axes_that_show_columns(weeks: Snapshot, calculator: Calculator) -> None:
    text = "Plot a line chart with the X-axis showing the week and the Y-axis showing the sales"
    [chart] = of(planned(weeks, calculator, text), AddChart)
    assert isinstance(chart, AddChart)
    assert [(one.categories, one.values) for one in chart.series] == [
        ("=Weeks!$A$2:$A$4", "=Weeks!$E$2:$E$4")
    ]
