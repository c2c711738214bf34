"""Prompts of repair and completion: what is read, and how answers are read back."""

from __future__ import annotations

import pytest

from cellwright.prompt.tasks import completion_prompt, repair_prompt, split_open_string


def test_a_repair_is_relative_to_the_broken_texts_first_reference() -> None:
    prompt = repair_prompt("=IFF( b6 > 1 ; C6 ; 0")
    assert prompt.text == "<|repair|>IFF(B6>1;R[0]C[1];0<|answer|>"
    assert prompt.write("=IF(B6>1,C6,0)") == "IF(R[0]C[0]>1,R[0]C[1],0)"
    assert prompt.read("IF(R[0]C[0]>1,R[0]C[1],0)") == "IF(B6>1,C6,0)"


@pytest.mark.parametrize(
    ("typed", "text", "typed_rest"),
    [
        ("=SUM(A1:", "<|complete|>SUM(A1:", ""),
        ("=SUM(A1", "<|complete|>SUM(A1", ""),
        ("=COUN", "<|complete|>", "COUN"),
        ("=SUM(A1:B", "<|complete|>SUM(A1:", "B"),
        ("=SUMIF($A$2:$A$9,D2,$B$", "<|complete|>SUMIF(R2C1:R9C1,D2,", "$B$"),
        ('=IF(A1="Yes","No w', '<|complete|>IF(A1="Yes","No ', "w"),
        ('=IF(A1="B2 ', '<|complete|>IF(A1="B2 ', ""),
    ],
)
def test_what_may_go_on_is_left_for_the_model(typed: str, text: str, typed_rest: str) -> None:
    prompt = completion_prompt(typed)
    assert prompt.text == text
    assert prompt.typed == prompt.stem + typed_rest


def test_an_answer_continues_what_is_typed() -> None:
    prompt = completion_prompt("=SUM(B2:")
    assert prompt.read("R[8]C[0])") == "SUM(B2:B10)"
    assert prompt.write("=SUM(B2:B10)") == "R[8]C[0])"
    with pytest.raises(ValueError, match="begins with"):
        prompt.write("=MAX(B2:B10)")


def test_an_open_string_is_closed_by_the_answer() -> None:
    prompt = completion_prompt('=IF(A1>5,"ye')
    assert prompt.read('yes",A2)') == 'IF(A1>5,"yes",A2)'
    assert prompt.write('=IF(A1>5,"yes",A2)') == 'yes",R[1]C[0])'


def test_answers_that_contradict_what_is_typed_are_not_admitted() -> None:
    prompt = completion_prompt("=SUM(A1:B")
    assert prompt.admits("R[3]")
    assert prompt.admits("R[3]C[1])")
    assert not prompt.admits("R[3]C[0])")
    words = completion_prompt("=COUNT")
    assert words.admits("COUNTIF(")
    assert not words.admits("SUM(")


def test_open_strings_are_told_from_closed_ones() -> None:
    assert split_open_string('A1="x"') == ('A1="x"', "")
    assert split_open_string('A1="x"&"y') == ('A1="x"&', '"y')
