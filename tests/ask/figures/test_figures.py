"""Questions for one figure of a table, as people put them: what is sure, asked back or left alone."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from cellwright.ask.ask import ask
from cellwright.ask.figures.reading import read_figure
from cellwright.ask.model import Answer, Clarification
from cellwright.ask.scene import Scene
from cellwright.calc.calculator import Calculator
from cellwright.workbook.model import Content, Snapshot, Style
from tests.workbooks import book, sheet


def date(year: int, month: int, day: int) -> Content:
    serial = (datetime.date(year, month, day) - datetime.date(1899, 12, 30)).days
    return Content(float(serial), style=Style(number_format="yyyy-mm-dd"))


ROWS = [
    ("Order", "Day", "Region", "Seller", "Quantity", "Price", "Net"),
    ("A-1", date(2025, 1, 5), "North", "Kim", 3, 10, 30),
    ("A-2", date(2025, 2, 7), "South", "Lee", 5, 12, 60),
    ("A-3", date(2025, 2, 9), "North", "Kim", 1, 95, 95),
    ("A-4", date(2026, 3, 1), "East", "Ona", 8, 10, 80),
    ("A-5", date(2026, 3, 2), "South", "Lee", 4, 12.5, 50),
]


@pytest.fixture(scope="module")
def orders() -> Snapshot:
    cells = {f"{'ABCDEFG'[x]}{y}": value for y, row in enumerate(ROWS, 1) for x, value in enumerate(row)}
    return Snapshot((sheet(cells, "Orders"),))


@pytest.fixture(scope="module")
def calculator(orders: Snapshot) -> Iterator[Calculator]:
    with Calculator(orders) as made:
        yield made


Asked = Callable[[str], Any]


@pytest.fixture
def asked(orders: Snapshot, calculator: Calculator) -> Asked:
    def run(text: str) -> object:
        *_, found = ask(orders, text, calculator=calculator)
        return found

    return run


@pytest.mark.parametrize(
    ("question", "formula", "value"),
    [
        ("What is the highest Net?", "=MAX(Orders!G2:G6)", "95"),
        ("what's the average net?", "=AVERAGE(Orders!G2:G6)", "63"),
        ("how many orders are there?", "=ROWS(Orders!A2:A6)", "5"),
        ("How many rows have a Net above 55?", '=COUNTIFS(Orders!G2:G6,">55")', "3"),
        ("how many regions are there?", '=ROWS(UNIQUE(FILTER(Orders!C2:C6,Orders!C2:C6<>"")))', "3"),
        ("total net for the North", '=SUMIFS(Orders!G2:G6,Orders!C2:C6,"North")', "125"),
        (
            "which order has the lowest net?",
            "=INDEX(Orders!A2:A6,MATCH(MIN(Orders!G2:G6),Orders!G2:G6,0))",
            "A-1",
        ),
        ("when was the last order?", "=MAX(Orders!B2:B6)", "2026-03-02"),
        ("what is the average of the last column?", "=AVERAGE(Orders!G2:G6)", "63"),
    ],
)  # fmt: skip
def test_a_figure_in_the_columns_own_words_is_sure(
    asked: Asked, question: str, formula: str, value: str
) -> None:
    found = asked(question)
    assert isinstance(found, Answer), found
    assert (found.formula, found.value) == (formula, value)
    assert found.confidence > 0.9
    assert "not sure" not in found.text


def test_a_period_is_a_condition_on_the_only_dates(asked: Asked) -> None:
    found = asked("how many orders in February 2025?")
    assert found.value == "2"
    assert "2025-02-01" in found.text
    assert "No row is so" in asked("what was the total net in 2020?").text


def test_another_word_for_a_column_is_told(asked: Asked) -> None:
    found = asked("How much did we sell in the South?")
    assert found.value == "110"
    assert '"sell" was taken for Net' in found.text
    assert 0.6 <= found.confidence < 0.9


def test_labels_that_repeat_are_added_up(asked: Asked) -> None:
    found = asked("which region has the highest net?")
    assert found.value == "North"
    assert found.formula.count("SUMIFS(") == 3
    assert asked("who has the most orders?").value == "Kim, Lee"


def test_a_price_is_not_added_up(asked: Asked) -> None:
    found = asked("which seller is most expensive?")
    assert found.value == "Kim"
    assert "MATCH(MAX(Orders!F2:F6)" in found.formula


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("What is the total amount?", ["Quantity", "Net"]),
        ("what is the smallest tax", ["Quantity", "Price", "Net"]),
        ("what is the total?", ["Quantity", "Net"]),
    ],
)
def test_an_open_column_is_asked_back(asked: Asked, question: str, names: list[str]) -> None:
    found = asked(question)
    assert isinstance(found, Clarification)
    assert [choice.label for choice in found.choices] == names
    again = asked(found.choices[-1].request)
    assert isinstance(again, Answer)
    assert again.formula.endswith("(Orders!G2:G6)")


@pytest.mark.parametrize(
    "question",
    [
        "how many orders over 1000?",
        "how much is left?",
        "how many orders did the late Mr Kim lose by less than 2 runs?",
        "which products were never sold?",
    ],
)
def test_a_word_left_over_makes_no_sure_figure(asked: Asked, question: str) -> None:
    found = asked(question)
    assert not isinstance(found, Answer) or found.confidence < 0.6


def test_a_column_with_texts_among_its_numbers_is_no_figure() -> None:
    rows = [("City", "People"), ("Ulm", 5), ("Bonn", "12 (est.)"), ("Kiel", 7)]
    cities = book({f"{'AB'[x]}{y}": value for y, row in enumerate(rows, 1) for x, value in enumerate(row)})
    with Calculator(cities) as calculator:
        scene = Scene(cities, calculator, "")
        assert read_figure("which city has the highest people?", scene) is None
        assert read_figure("how many cities are there?", scene) is not None
