"""Candidate forms, their values, and formulas that compute to the same."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cellwright.ask.grounding.links import ground
from cellwright.ask.grounding.table import tables_in
from cellwright.ask.questions.answer import one_value, shown_values
from cellwright.ask.questions.denotation import Denotation, denotation, same
from cellwright.ask.questions.forms import Runner
from cellwright.ask.questions.formula import write_formula
from cellwright.ask.questions.search import candidates
from cellwright.ask.questions.values import Candidate
from cellwright.calc.calculator import Calculator
from cellwright.formula import parse
from cellwright.reference import Cell, SheetCell
from tests.ask.questions.tables import EVENTS, MEDALS, table_book

Rows = tuple[tuple[object, ...], ...]
AT = SheetCell("Sheet1", Cell(40, 12))


def searched(rows: Rows, question: str) -> list[Candidate]:
    table = tables_in(table_book(rows))[0]
    return candidates(ground(question, table), Runner(table))


@pytest.mark.parametrize(
    ("rows", "question", "form", "answer"),
    [
        (MEDALS, "which nation has the most gold?", ("get", ("max", ("all",), 2, "n"), 1), ["Kenya"]),
        (MEDALS, "how many nations won 4 gold?", ("count", ("cmp", 2, "n", "=", 4.0)), [2]),
        (MEDALS, "total silver", ("sum", ("all",), 3, "n"), [13]),
        (
            MEDALS,
            "who came after Brazil?",
            ("get", ("next", ("eq", 1, "brazil", "exact")), 1),
            ["Japan"],
        ),
        (
            MEDALS,
            "who has as many gold as Japan?",
            ("get", ("same", 2, ("eq", 1, "japan", "exact")), 1),
            ["Brazil"],
        ),
        (
            MEDALS,
            "how many more gold has Kenya than Japan?",
            ("diff", ("eq", 1, "kenya", "exact"), ("eq", 1, "japan", "exact"), 2, "n"),
            [1],
        ),
        (EVENTS, "which city hosted most often?", ("mode", ("all",), 1), ["Oslo"]),
        (
            EVENTS,
            "city of the event before 2000 with the fewest visitors",
            ("get", ("min", ("cmp", 0, "d", "<", 2000.0), 2, "n"), 1),
            ["Oslo"],
        ),
        (EVENTS, "events in oslo", ("count", ("eq", 1, "oslo", "exact")), [2]),
        (EVENTS, "which was the third city?", ("get", ("nth", ("all",), 3), 1), ["Rome"]),
        (EVENTS, "how many sponsors in rome?", ("parts", ("eq", 1, "rome", "exact"), 3), [3]),
    ],
)
def test_the_form_is_found_with_its_value(
    rows: Rows, question: str, form: tuple[object, ...], answer: list[str | float]
) -> None:
    found = {candidate.form: candidate.denotation for candidate in searched(rows, question)}
    assert same(found[form], denotation(answer))


def checked(rows: Rows, question: str) -> Iterator[tuple[str, object, Denotation]]:
    """Each computing formula of a question's candidates, what the calculator gives, and the answer."""
    snapshot = table_book(rows)
    table = tables_in(snapshot)[0]
    runner, grounding = Runner(table), ground(question, table)
    written = []
    for candidate in candidates(grounding, runner):
        one = write_formula(candidate, grounding, runner)
        parse(one.formula)
        written.append((one, denotation([one_value(shown_values(candidate, table))])))
    with Calculator(snapshot) as calculator:
        found = calculator.evaluate_many([(one.formula, AT) for one, _ in written])
    for (one, answer), value in zip(written, found, strict=True):
        yield one.formula, value, answer


@pytest.mark.parametrize(
    ("rows", "question"),
    [
        (MEDALS, "how many more gold medals did Kenya win than New Zealand, second by silver?"),
        (EVENTS, "how many visitors came to Oslo after 1998, and which city was next after Rome?"),
    ],
)
def test_formulas_compute_to_the_answers(rows: Rows, question: str) -> None:
    wrong = []
    count = 0
    for formula, value, answer in checked(rows, question):
        if ("COUNTIFS(" in formula and "UNIQUE(" in formula) or (
            "SUMIFS(" in formula and "UNIQUE(" in formula
        ):
            continue  # the calculator gives one number for an array of criteria, Excel one for each
        count += 1
        if not (isinstance(value, str | float) and same(denotation([value]), answer)):
            wrong.append((formula, value, answer))
    assert count > 100
    assert len(wrong) <= count * 0.02, wrong[:5]


def test_nothing_outward_or_volatile_is_written() -> None:
    table = tables_in(table_book(EVENTS))[0]
    runner = Runner(table)
    grounding = ground("most visitors in oslo or rome before 12 May 2003", table)
    forbidden = ("INDIRECT", "OFFSET", "WEBSERVICE", "HYPERLINK", "NOW(", "TODAY(", "RAND")
    for candidate in candidates(grounding, runner):
        formula = write_formula(candidate, grounding, runner).formula
        assert not any(name in formula for name in forbidden)
