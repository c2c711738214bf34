"""Requests in German, French and Spanish, and what must stay as it is."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cellwright.ask.ask import ask
from cellwright.ask.model import Answer, Plan
from cellwright.ask.tongues import in_english
from cellwright.calc.calculator import Calculator
from cellwright.edits.model import AddChart, AddConditionalFormat, Sort
from cellwright.workbook.model import Snapshot
from tests.workbooks import sheet

ROWS = [("Bestellung", "Region", "Netto"), ("B-1", "Nord", 300), ("B-2", "West", 1200), ("B-3", "Nord", 500)]


@pytest.fixture(scope="module")
def orders() -> Snapshot:
    cells = {f"{'ABC'[x]}{y}": value for y, row in enumerate(ROWS, 1) for x, value in enumerate(row)}
    return Snapshot((sheet(cells, "Blatt"),))


@pytest.fixture(scope="module")
def calculator(orders: Snapshot) -> Iterator[Calculator]:
    with Calculator(orders) as made:
        yield made


@pytest.mark.parametrize(
    ("question", "value"),
    [
        ("Was ist der höchste Netto?", "1200"),
        ("Wie viele Bestellungen gibt es in Nord?", "2"),
        ("Summe von Netto für Nord", "800"),
        ("Welche Region hat den höchsten Netto?", "West"),
        ("Quelle est la moyenne de Netto ?", "666.666666666667"),
        ("Combien de Bestellung y a-t-il ?", "3"),
        ("¿Cuál es el promedio de Netto?", "666.666666666667"),
        ("¿Cuánto vendimos en Nord?", "800"),
    ],
)
def test_questions(orders: Snapshot, calculator: Calculator, question: str, value: str) -> None:
    *_, found = ask(orders, question, calculator=calculator)
    assert isinstance(found, Answer), found
    assert (found.value, found.question) == (value, question)


@pytest.mark.parametrize(
    ("wish", "kind"),
    [
        ("Sortiere nach Netto absteigend", Sort),
        ("Trie par Netto en ordre décroissant", Sort),
        ("Ordena por Netto en orden descendente", Sort),
        ("Markiere Netto über 1.000,50 in rot", AddConditionalFormat),
        ("Surligne les cellules de Netto supérieures à 500 en rouge", AddConditionalFormat),
        ("Resalta los valores de Netto mayores que 500 en rojo", AddConditionalFormat),
        ("Erstelle ein Säulendiagramm für Netto nach Region", AddChart),
    ],
)
def test_wishes(orders: Snapshot, calculator: Calculator, wish: str, kind: type) -> None:
    *_, plan = ask(orders, wish, calculator=calculator)
    assert isinstance(plan, Plan), plan
    assert plan.question == wish
    assert any(isinstance(edit, kind) for edit in plan.edits)
    if isinstance(plan.edits[0], Sort):
        assert plan.edits[0].keys[0].descending
    if "1.000,50" in wish:
        [rule] = [edit.rule for edit in plan.edits if isinstance(edit, AddConditionalFormat)]
        assert rule.formulas == ("=1000.5",)


@pytest.mark.parametrize(
    "text",
    [
        "What is the highest Netto?",
        "total Netto by Region",
        "Sum Netto",
        "rename the sheet to Übersicht der Summe",
        "highlight Netto over 500 in red",
    ],
)
def test_english_is_left_alone(text: str) -> None:
    assert in_english(text, ["Netto"]) == text


def test_quoted_texts_and_names_stay() -> None:
    said = in_english('Markiere Zellen gleich "Summe der Woche" in Höchste Summe', ["Höchste Summe"])
    assert '"Summe der Woche"' in said
    assert "Höchste Summe" in said
    assert said.startswith("highlight cells equal to")
