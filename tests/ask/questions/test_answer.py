"""From a question to answers, with the shipped weights."""

from __future__ import annotations

import pytest

from cellwright.ask.questions.answer import Answer, answer
from cellwright.ask.questions.scorer import shipped_scorer
from cellwright.errors import UsageError
from tests.ask.questions.tables import EVENTS, MEDALS, table_book


def first(question: str, sheet: str | None = None) -> Answer:
    return answer(table_book(MEDALS, EVENTS), question, sheet=sheet)[0]


@pytest.mark.parametrize(
    ("question", "value"),
    [
        ("which nation won the most gold medals?", "Kenya"),
        ("how many gold medals did new zealand win?", 1.0),
        ("which city was next after rome?", "Lima (Peru)"),
        ("how many events were held in oslo?", 2.0),
    ],
)
def test_plain_questions_are_answered(question: str, value: str | float) -> None:
    found = first(question)
    assert found.value == value
    assert found.formula.startswith("=")
    assert str(found.sentence).endswith(".")
    assert found.cited


def test_answers_differ_and_come_likeliest_first() -> None:
    found = answer(table_book(MEDALS), "which nation won the most gold medals?", n=5)
    assert len({one.values for one in found}) == len(found) == 5
    assert [one.probability for one in found] == sorted((o.probability for o in found), reverse=True)
    assert all(0 <= one.probability <= 1 for one in found)


def test_what_is_not_in_the_workbook_has_no_answer() -> None:
    assert answer(table_book(MEDALS), "is it raining in paris") == []
    assert answer(table_book(), "which nation won") == []


def test_a_named_sheet_alone_is_looked_at() -> None:
    assert first("how many rows are there in the city list", sheet="Sheet2").cited[0].sheet == "Sheet2"
    with pytest.raises(UsageError, match="expected one of the sheets"):
        first("which nation", sheet="Nowhere")


@pytest.mark.parametrize("question", ["", "   ", "x" * 401])
def test_a_question_has_words_but_not_too_many(question: str) -> None:
    with pytest.raises(UsageError, match="expected a question of 1 to 400 characters"):
        first(question)


def test_only_what_is_likely_is_sure() -> None:
    found = answer(table_book(MEDALS, EVENTS), "which nation won the most gold medals?", n=50)
    limit = shipped_scorer().sure
    assert all(one.is_sure == (one.probability >= limit) for one in found)
    assert not found[-1].is_sure
