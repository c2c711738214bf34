"""Model text and back: references relative to an origin, everything else untouched."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cellwright.prompt.notation import Notation, Origin, decode, encode, normalise, scan

HERE = Origin(row=4, column=3)  # D5


@pytest.mark.parametrize(
    ("formula", "model_text"),
    [
        ("SUM(A1:A9)", "SUM(A1:R[8]C[0])"),
        ('IF(B6="","",B6*C6)', 'IF(B6="","",R[0]C[0]*R[0]C[1])'),
        ("SUMIF($A$2:$A$9,D2,$B$2:$B$9)", "SUMIF(R2C1:R9C1,D2,R2C2:R9C2)"),
        ("$B6+B$6", "$B6+R6C[0]"),
        ("VLOOKUP(D2,Data!A:B,2,0)", "VLOOKUP(D2,Data!A:B,2,0)"),
        ('A1&"R1C1"&"B2"', 'A1&"R1C1"&"B2"'),
        ("'B2 C3'!A1+LOG10(B1)", "'B2 C3'!A1+LOG10(R[0]C[1])"),
        ("A1;A9", "A1;R[8]C[0]"),
    ],
)
def test_a_bare_text_is_relative_to_its_first_reference(formula: str, model_text: str) -> None:
    assert encode(formula) == model_text
    assert decode(model_text) == formula


@pytest.mark.parametrize(
    ("formula", "model_text"),
    [
        ("SUM(D1:D4)", "SUM(R[-4]C[0]:R[-1]C[0])"),
        ("C5*$A$1", "R[0]C[-1]*R1C1"),
        ("SUM(C:C)", "SUM(C[-1]:C[-1])"),
        ("COUNTIF($A:$A,A5)", "COUNTIF(C1:C1,R[0]C[-3])"),
        ("Data!D5", "Data!R[0]C[0]"),
    ],
)
def test_in_a_workbook_everything_is_relative_to_the_cell(formula: str, model_text: str) -> None:
    assert encode(formula, HERE) == model_text
    assert decode(model_text, HERE) == formula


def test_a_reference_off_the_sheet_is_an_error_value() -> None:
    assert decode("R[-9]C[0]+1", HERE) == "#REF!+1"


def test_a_second_text_keeps_the_origin_of_the_first() -> None:
    notation = Notation()
    notation.encode("IFF(B6,C6")
    assert notation.encode("IF(B6,C6)") == "IF(R[0]C[0],R[0]C[1])"


def test_normalise_drops_spaces_that_cannot_matter_and_keeps_those_that_can() -> None:
    assert normalise(' = sum( a1 , "a  b" ) ') == 'SUM(A1,"a  b")'
    assert normalise("=A1 B1") == "A1 B1"


def test_normalise_keeps_the_case_of_words_that_may_be_texts() -> None:
    assert normalise("=if(a1=yes,True,mysheet!b2)") == "IF(A1=yes,TRUE,mysheet!B2)"


@given(st.text(max_size=60))
def test_lexemes_join_to_the_text(text: str) -> None:
    assert "".join(lexeme.text for lexeme in scan(text)) == text


@given(st.from_regex(r'[A-C$0-9:;,()"+ =a-c!\'.-]{0,40}', fullmatch=True))
def test_broken_text_survives_the_way_there_and_back(text: str) -> None:
    normal = normalise(text)
    assert decode(encode(normal)) == normal
