"""Words linked to columns, values, numbers and dates."""

from __future__ import annotations

from cellwright.ask.grounding.links import Grounding, ground
from cellwright.ask.grounding.quantities import Day
from cellwright.ask.grounding.table import tables_in
from cellwright.ask.grounding.text import likeness, stems, tokens
from tests.ask.questions.tables import EVENTS, MEDALS, table_book


def grounded(sentence: str, rows: tuple[tuple[object, ...], ...] = MEDALS) -> Grounding:
    return ground(sentence, tables_in(table_book(rows))[0])


def linked(grounding: Grounding) -> set[tuple[str, str, str]]:
    headers = [column.header for column in grounding.table.columns]
    return {(headers[link.column], link.text, link.how) for link in grounding.values}


def test_words_fold_to_stems() -> None:
    assert tokens("São Paulo’s 1,234 cities—4th") == ("sao", "paulo's", "1234", "cities", "4th")
    assert stems("Cities, classes and buses") == ("city", "class", "and", "buse")


def test_likeness_knows_endings_abbreviations_and_slips() -> None:
    assert likeness("attended", "attendance") == 0.7
    assert likeness("points", "pts") == 0.5
    assert likeness("visiters", "visitor") >= 0.6
    assert likeness("gold", "silver") == 0.0


def test_a_value_of_two_words_is_one_link() -> None:
    grounding = grounded("how many gold medals did New Zealand win?")
    assert ("Nation", "new zealand", "exact") in linked(grounding)
    assert not any(link.text == "zealand" for link in grounding.values)
    gold = [column.header for column in grounding.table.columns].index("Gold")
    assert grounding.named[gold][grounding.words.index("gold")] == 1.0


def test_a_part_in_brackets_or_of_a_list_and_a_slip() -> None:
    assert ("City", "lima", "part") in linked(grounded("visitors of lima", EVENTS))
    assert ("Sponsors", "beta", "exact") in linked(grounded("who did beta sponsor", EVENTS))
    assert ("Nation", "brazil", "nearly") in linked(grounded("how did Brazill do"))


def test_numbers_ordinals_and_dates_are_read_apart() -> None:
    grounding = grounded("who was third with more than twelve hundred visitors after 5 June 1999", EVENTS)
    assert [(n.value, n.is_ordinal) for n in grounding.numbers[:2]] == [(3.0, True), (1200.0, False)]
    assert [link.day for link in grounding.days] == [Day(1999, 6, 5)]


def test_a_sentence_about_something_else_links_to_nothing() -> None:
    assert not grounded("what is the weather like in paris").links_anything
    assert grounded("which nation won").links_anything


PLAYED = (
    ("Rider", "Country", "Result"),
    ("Ada Blum", "United States", "W 3-1"),
    ("Carl Dorn", "GER", "L 0-4"),
    ("Eva Falk", "Italy", "W 2-1"),
)


def played(question: str) -> set[tuple[int, int]]:
    table = tables_in(table_book(PLAYED))[0]
    return {(link.column, link.rows) for link in ground(question, table).values}


def test_peoples_are_linked_to_their_countries_and_codes() -> None:
    assert (1, 0b001) in played("how many american riders are there?")
    assert (1, 0b010) in played("which rider is german?")
    assert (1, 0b010) in played("riders from Germany")


def test_outcomes_are_linked_to_their_letters_in_columns_of_outcomes_alone() -> None:
    assert (2, 0b101) in played("how many games were won?")
    assert (2, 0b010) in played("who lost?")
    assert not any(column == 0 for column, _ in played("who lost?"))


def test_no_is_a_number() -> None:
    table = tables_in(table_book(PLAYED))[0]
    assert [link.value for link in ground("how many riders have no medal?", table).numbers] == [0.0]
