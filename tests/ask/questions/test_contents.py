"""What a column holds, as the scorer sees it."""

from __future__ import annotations

from cellwright.ask.grounding.table import tables_in
from cellwright.ask.questions.contents import COLUMN_FACTS, column_facts, frequent_words
from tests.ask.questions.tables import MEDALS, table_book

ROWS = (
    ("No", "Name", "Result", "Prize"),
    (1, "Ada Blum", "W 3-1", "$1,200"),
    (2, "Carl Dorn", "L 0-4", "$900"),
    (3, "Eva Falk", "W 2-1", "$750"),
)


def test_every_column_has_all_facts_between_zero_and_a_few() -> None:
    facts = column_facts(tables_in(table_book(MEDALS))[0])
    assert {len(row) for row in facts} == {COLUMN_FACTS}
    assert all(0.0 <= fact <= 4.0 for row in facts for fact in row)


def test_names_scores_and_money_are_told_apart() -> None:
    number, name, result, prize = column_facts(tables_in(table_book(ROWS))[0])
    names, scores, money, ranks = 19, 20, 21, 15
    assert (number[ranks], name[ranks], prize[ranks]) == (1.0, 0.0, 0.0)
    assert (name[names], result[names]) == (1.0, 0.0)
    assert (result[scores], prize[scores]) == (1.0, 0.0)
    assert (prize[money], result[money]) == (1.0, 0.0)


def test_frequent_words_stand_in_two_cells_at_least() -> None:
    columns = tables_in(table_book(ROWS))[0].columns
    assert "w" in frequent_words(columns[2])
    assert not frequent_words(columns[1])
