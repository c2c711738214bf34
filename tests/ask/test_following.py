"""Questions that go on from the one before."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cellwright.ask.ask import ask
from cellwright.ask.following import followed
from cellwright.ask.model import Answer, Turn
from cellwright.ask.scene import Scene
from cellwright.calc.calculator import Calculator
from cellwright.workbook.model import Snapshot
from tests.workbooks import book

ROWS = [
    ("Region", "Product", "Net", "Cost"),
    ("North", "Pen", 10, 4),
    ("South", "Pad", 30, 9),
    ("North", "Pad", 5, 1),
]


@pytest.fixture(scope="module")
def sales() -> Snapshot:
    return book({f"{'ABCD'[x]}{y}": value for y, row in enumerate(ROWS, 1) for x, value in enumerate(row)})


@pytest.fixture(scope="module")
def calculator(sales: Snapshot) -> Iterator[Calculator]:
    with Calculator(sales) as made:
        yield made


@pytest.mark.parametrize(
    ("before", "text", "whole"),
    [
        (["total net for the North"], "what about the South?", "total net for the South"),
        (["What is the average net?"], "and the cost?", "What is the average cost"),
        (["What is the total net?"], "and the average?", "What is the average net"),
        (["What is the total net?"], "and for North?", "What is the total net for North"),
        (["total net for the North", "and South?"], "and for Pad?", "total net for the South for Pad"),
        (["net in March 2025, how much?"], "and in April 2025?", "net in April 2025, how much"),
        (["Sort by Net"], "and the South?", "and the South?"),
        ([], "what about the South?", "what about the South?"),
        (["total net for the North"], "and sort by Net", "and sort by Net"),
    ],
)
def test_the_whole_question(
    sales: Snapshot, calculator: Calculator, before: list[str], text: str, whole: str
) -> None:
    scene = Scene(sales, calculator, text)
    assert followed(text, [Turn(one) for one in before], scene) == whole


def test_the_answer_is_to_what_was_said(sales: Snapshot, calculator: Calculator) -> None:
    *_, found = ask(
        sales, "and in the South?", calculator=calculator, history=[Turn("total net for the North")]
    )
    assert isinstance(found, Answer)
    assert (found.value, found.question) == ("30", "and in the South?")
