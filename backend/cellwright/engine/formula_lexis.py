"""The regular parts of formulas in model text: references, numbers, names, the brackets of tables.

Texts are bytes as Latin-1 characters, because tokens may end inside a character.
"""

from __future__ import annotations

import functools
import re
from functools import cache

from cellwright.engine.pattern import Automaton, either, one_of, repeat, sequence, text, words

WORD = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.$\\?")
BINARY = frozenset("+-*/^&=<>")
_LETTERS = r"(?:[A-Za-z]{1,2}|[A-Wa-w][A-Za-z]{2}|[Xx][A-Ea-e][A-Za-z]|[Xx][Ff][A-Da-d])"
_ROWS = r"(?:[1-9]\d{0,5}|10[0-3]\d{4}|104[0-7]\d{3}|1048[0-4]\d\d|10485[0-6]\d|104857[0-6])"
REFERENCE_BEGUN = re.compile(
    r"R|R\[-?\d*|R(?:\[-?\d+\]|[1-9]\d*)(?:C(?:\[-?\d*|\[-?\d+\]|[1-9]\d*)?)?|C(?:\[-?\d*|\[-?\d+\])?"
)
MODEL_REFERENCE = re.compile(r"R(?:\[-?\d+\]|[1-9]\d*)C(?:\[-?\d+\]|[1-9]\d*)")
TRUTH = re.compile(r"TRUE|FALSE", re.IGNORECASE)
FIXED_COLUMN = re.compile(r"C[1-9]\d*")
MODEL_COLUMN = re.compile(r"C(?:\[-?\d+\]|[1-9]\d*)")
LETTER_COLUMN = re.compile(rf"\$?{_LETTERS}")
_CELL_BEGUN = re.compile(rf"\$?(?:{_LETTERS}\$?)?|\$?{_LETTERS}\$?{_ROWS}|\$?{_ROWS}")
_LETTERED_CELL_BEGUN = re.compile(rf"\$?(?:{_LETTERS}\$?)?|\$?{_LETTERS}\$?{_ROWS}")
CELL = re.compile(rf"\$?{_LETTERS}\$?{_ROWS}")
NUMBER_BEGUN = re.compile(r"(?:\d+\.?\d*|\.\d*)(?:E[+-]?\d*)?")
NUMBER = re.compile(r"(?:\d+\.?\d*|\.\d+)(?:E[+-]?\d+)?")
_LETTER_COLUMN_BEGUN = re.compile(rf"\$?{_LETTERS}?")
_MODEL_COLUMN_BEGUN = re.compile(r"C(?:\[-?\d*\]?|\d*)")
_ROW_BEGUN = re.compile(rf"\$?{_ROWS}?")
ROW = re.compile(rf"\$?{_ROWS}")
NAME = re.compile(r"[^\W\d][\w.\\?]*|\\[\w.\\?]+")
ERRORS = ("#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A", "#SPILL!", "#CALC!")

# By what stands before a piece: nothing, `!` a sheet, `:` `~` `;` half a range of columns, columns in model
# text or rows, `|` half a range of columns or cells.
BEGUN = {
    "": (REFERENCE_BEGUN, _CELL_BEGUN, NUMBER_BEGUN),
    "!": (REFERENCE_BEGUN, _CELL_BEGUN),
    ":": (_LETTER_COLUMN_BEGUN,),
    "~": (_MODEL_COLUMN_BEGUN,),
    ";": (_ROW_BEGUN,),
    "|": (REFERENCE_BEGUN, _LETTERED_CELL_BEGUN),
}
WHOLE = {
    "": (MODEL_REFERENCE, CELL, NUMBER, TRUTH),
    "!": (MODEL_REFERENCE, CELL),
    ":": (LETTER_COLUMN,),
    "~": (MODEL_COLUMN,),
    ";": (ROW,),
    "|": (MODEL_REFERENCE, CELL, MODEL_COLUMN),
}
_OF_MODEL = frozenset({REFERENCE_BEGUN, MODEL_REFERENCE, _MODEL_COLUMN_BEGUN, MODEL_COLUMN})
BEGUN_A1 = {lead: tuple(f for f in forms if f not in _OF_MODEL) for lead, forms in BEGUN.items()}
WHOLE_A1 = {lead: tuple(f for f in forms if f not in _OF_MODEL) for lead, forms in WHOLE.items()}

_COLUMN_TEXT = repeat(
    either(one_of(chr(c) for c in [*range(32, 127), *range(128, 256)] if chr(c) not in "[]'#@\""),
           sequence(text("'"), one_of("[]'#@"))),
    1, 64,
)  # fmt: skip
_ITEM = words("#All", "#Data", "#Headers", "#Totals", "#This Row")
_COLUMN = sequence(text("["), _COLUMN_TEXT, text("]"))
_COLUMN_SPAN = sequence(_COLUMN, repeat(sequence(text(":"), _COLUMN), 0, 1))
_BRACKETED_ITEM = sequence(text("["), _ITEM, text("]"))
BRACKETS = Automaton(
    sequence(
        text("["),
        either(
            repeat(_COLUMN_TEXT, 0, 1),
            _ITEM,
            sequence(text("@"), either(repeat(_COLUMN_TEXT, 0, 1), _COLUMN_SPAN)),
            sequence(repeat(sequence(_BRACKETED_ITEM, text(",")), 0, 2), _COLUMN_SPAN),
            sequence(_BRACKETED_ITEM, repeat(sequence(text(","), _BRACKETED_ITEM), 0, 1)),
        ),
        text("]"),
    )
)
"""The bracketed part of a table reference, as `cellwright.formula.structured` reads it."""


def is_name_begun(latin: str) -> bool:
    """Whether a name can begin so; the last character's bytes need not all be there."""
    try:
        text = latin.encode("latin-1").decode("utf-8")
    except UnicodeDecodeError as error:
        if error.reason != "unexpected end of data" or not _begins_letter(latin[error.start :]):
            return False
        text = latin[: error.start].encode("latin-1").decode("utf-8")
    return text in ("", "\\") or NAME.fullmatch(text) is not None


@cache
def _begins_letter(latin: str) -> bool:
    """Whether the first bytes of a character of several bytes can become a letter or digit."""
    lead = ord(latin[0])
    length = 2 if lead < 0xE0 else 3 if lead < 0xF0 else 4
    first, last = (latin + fill * (length - len(latin)) for fill in ("\x80", "\xbf"))
    low, high = (
        functools.reduce(
            lambda bits, byte: bits << 6 | ord(byte) & 0x3F, text[1:], lead & (0xFF >> (length + 1))
        )
        for text in (first, last)
    )
    return any(chr(code).isalnum() for code in range(low, min(high, 0x10FFFF) + 1))


def text_of(latin: str) -> str:
    """Characters that stand for bytes -> text."""
    return latin.encode("latin-1").decode("utf-8", errors="replace")
