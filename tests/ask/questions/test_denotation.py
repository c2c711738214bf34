"""When two answers are the same."""

from __future__ import annotations

import pytest

from cellwright.ask.questions.denotation import answer_key, denotation, same


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Café  du Monde", "cafe du monde"),
        ("12,467", "12467"),
        ("Paul Menard *", "Paul Menard"),
        ("Berlin[3]", "Berlin"),
        ("Lima (Peru)", "lima"),
        ('"Help!"', "help!"),
        ("The end.", "the end"),
        ("March 4, 1803", "1803-03-04"),
        ("5.0", "5"),
    ],
)
def test_these_are_the_same(first: str, second: str) -> None:
    assert answer_key(first) == answer_key(second)


@pytest.mark.parametrize(("first", "second"), [("2 years", "2"), ("(5)", "5"), ("March 1803", "1803")])
def test_these_are_not(first: str, second: str) -> None:
    assert answer_key(first) != answer_key(second)


def test_lists_are_sets_and_numbers_may_differ_by_a_millionth() -> None:
    assert same(denotation(["a", "b", "a"]), denotation(["B", "A"]))
    assert same(denotation([1 / 3]), denotation([0.33333334]))
    assert not same(denotation(["a"]), denotation(["a", "b"]))
