"""Tokens: joined they are the input, whatever it is, and each has the kind Excel would give it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cellwright.formula import TokenKind, tokenize

FRAGMENTS = [
    "=", "A1", "$B$2", ":", "SUM(", ")", ",", ";", "'Q1 plan'!", "Sheet1!", "[1]S!", "Table1[", "[#This Row]",
    "]", "@", "#", "#REF!", "#N/A", '"a""b"', '"', "'", "1.5", "1E5", "%", " ", "\n", "{", "}", "-", "<>",
    "é", "\\", "|",
]  # fmt: skip


@given(st.text() | st.lists(st.sampled_from(FRAGMENTS)).map("".join))
def test_tokens_join_to_the_input(text: str) -> None:
    tokens = tokenize(text)
    assert "".join(token.text for token in tokens) == text
    assert all(text[token.start : token.end] == token.text for token in tokens)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("A1", TokenKind.CELL),
        ("$xfd$1048576", TokenKind.CELL),
        ("XFE1", TokenKind.NAME),
        ("A1048577", TokenKind.NAME),
        ("A1B", TokenKind.NAME),
        ("A:XFD", TokenKind.COLUMNS),
        ("$1:1048576", TokenKind.ROWS),
        ("TRUE", TokenKind.BOOLEAN),
        ("false", TokenKind.BOOLEAN),
        ("Umsätze.2024", TokenKind.NAME),
        ("_x", TokenKind.NAME),
        ("\\name", TokenKind.NAME),
        ("1E5", TokenKind.NUMBER),
        (".5", TokenKind.NUMBER),
        ("#DIV/0!", TokenKind.ERROR),
        ("#spill!", TokenKind.ERROR),
        ("Sheet1!", TokenKind.SHEET),
        ("'It''s'!", TokenKind.SHEET),
        ("Jan:Mar!", TokenKind.SHEET),
        ("[1]Sheet1!", TokenKind.SHEET),
        ("[Book.xlsx]Sheet1!", TokenKind.SHEET),
        ("'C:\\dir\\[Book.xlsx]A b'!", TokenKind.SHEET),
        ("Sheet・1!", TokenKind.SHEET),
        ("[[#This Row],[a]:[b]]", TokenKind.BRACKETS),
        ("[a'[b']]", TokenKind.BRACKETS),
        ("<>", TokenKind.OPERATOR),
        ("\t\n ", TokenKind.SPACE),
        ("$", TokenKind.UNKNOWN),
    ],
)
def test_kind_of_one_token(text: str, kind: TokenKind) -> None:
    assert [token.kind for token in tokenize("=" + text)] == [TokenKind.EQUALS, kind]


def kinds(text: str) -> str:
    return " ".join(token.kind.value for token in tokenize(text))


def test_a_function_is_what_stands_before_a_parenthesis() -> None:
    assert kinds("LOG10(A1)") == "function open cell close"
    assert kinds("TRUE()") == "function open close"
    assert kinds("SUM (A1)") == "function space open cell close"
    assert kinds("Rates (A1)") == "name space open cell close"


def test_a_deleted_sheet_is_a_prefix_and_a_deleted_cell_an_error() -> None:
    assert kinds("#REF!A1") == "sheet cell"
    assert kinds("#REF!+A1") == "error operator cell"
    assert kinds("Sheet1!#REF!") == "sheet error"


def test_a_sheet_named_like_a_cell_is_a_sheet() -> None:
    assert kinds("Q1!A1") == "sheet cell"
    assert kinds("A1:B2!C3") == "sheet cell"
