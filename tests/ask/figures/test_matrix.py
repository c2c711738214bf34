"""One cell by its row's label and its column's header."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cellwright.ask.ask import ask
from cellwright.ask.figures.matrix import read_cells
from cellwright.ask.model import Answer, Clarification
from cellwright.ask.scene import Scene
from cellwright.calc.calculator import Calculator
from cellwright.workbook.model import Snapshot, Value
from tests.workbooks import sheet


def cells(rows: list[tuple[Value, ...]]) -> dict[str, Value]:
    return {
        f"{'ABCDEF'[x]}{y}": v for y, row in enumerate(rows, 1) for x, v in enumerate(row) if v is not None
    }


COSTS = [("Costs", "Jan", "Feb", "Mar"), ("Hall rent", 90, 80, 70), ("Travel", 5, 0, 25), ("Scores", 1, 2, 3)]
POWER = [("Source", "2020", "2030"), ("Hard coal", 40, 10), ("Hydro", 7, 8)]
HEAT = [("Source", "2020", "2030"), ("Hard coal", 20, 5), ("Wood", 1, 2)]


@pytest.fixture(scope="module")
def budget() -> Snapshot:
    named = {"Costs": COSTS, "Power": POWER, "Heat": HEAT}
    return Snapshot(tuple(sheet(cells(rows), name) for name, rows in named.items()))


@pytest.fixture(scope="module")
def calculator(budget: Snapshot) -> Iterator[Calculator]:
    with Calculator(budget) as made:
        yield made


@pytest.mark.parametrize(
    ("question", "formula", "value"),
    [
        ("How much did travel cost in March?", '=INDEX(Costs!D2:D4,MATCH("Travel",Costs!A2:A4,0))', "25"),
        ("What is hydro in 2030?", '=INDEX(Power!C2:C3,MATCH("Hydro",Power!A2:A3,0))', "8"),
        (
            "how much do we spend on hall rent?",
            '=SUM(INDEX(Costs!B2:D4,MATCH("Hall rent",Costs!A2:A4,0),0))',
            "240",
        ),
    ],
)
def test_cells(budget: Snapshot, calculator: Calculator, question: str, formula: str, value: str) -> None:
    *_, found = ask(budget, question, calculator=calculator)
    assert isinstance(found, Answer), found
    assert (found.formula, found.value) == (formula, value)
    assert found.confidence > 0.9


def test_two_sheets_are_asked_back(budget: Snapshot, calculator: Calculator) -> None:
    *_, found = ask(budget, "What was hard coal in 2020?", calculator=calculator)
    assert isinstance(found, Clarification)
    assert [choice.label for choice in found.choices] == ["Power", "Heat"]
    *_, again = ask(budget, found.choices[1].request, calculator=calculator)
    assert isinstance(again, Answer)
    assert again.value == "20"


@pytest.mark.parametrize(
    "question",
    [
        "What is the highest travel?",
        "How much did travel by train cost in March?",
        "Which month was travel cheapest?",
        "What is the weather in 2030?",
    ],
)
def test_a_word_left_over_is_no_cell(budget: Snapshot, calculator: Calculator, question: str) -> None:
    assert read_cells(question, Scene(budget, calculator, question)) == []
