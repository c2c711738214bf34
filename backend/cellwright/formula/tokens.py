"""Take a formula apart into tokens; joined, their texts give the input back, broken input included."""

from __future__ import annotations

import re
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from cellwright.errors import ReferenceSyntaxError
from cellwright.formula import lexis
from cellwright.formula.functions import known_function
from cellwright.reference import MAX_ROWS, column_index


class TokenKind(StrEnum):
    """What a token is: SHEET is a prefix with its `!`, BRACKETS the bracketed part of a table reference."""

    EQUALS = "equals"
    SPACE = "space"
    NUMBER = "number"
    STRING = "string"
    BOOLEAN = "boolean"
    ERROR = "error"
    SHEET = "sheet"
    CELL = "cell"
    COLUMNS = "columns"
    ROWS = "rows"
    BRACKETS = "brackets"
    NAME = "name"
    FUNCTION = "function"
    OPERATOR = "operator"
    OPEN = "open"
    CLOSE = "close"
    OPEN_BRACE = "open_brace"
    CLOSE_BRACE = "close_brace"
    COMMA = "comma"
    SEMICOLON = "semicolon"
    UNKNOWN = "unknown"


class Token(NamedTuple):
    """A piece of a formula; `start` and `end` are character offsets into it."""

    kind: TokenKind
    text: str
    start: int
    end: int


_SCANNER = re.compile(
    rf"""(?P<string>{lexis.STRING})
    |(?P<space>\s+)
    |(?P<sheet>{lexis.PREFIX})
    |(?P<error>{lexis.ERROR})
    |(?P<cell>{lexis.CELL}{lexis.WORD_ENDS})
    |(?P<columns>{lexis.COLUMNS}{lexis.WORD_ENDS})
    |(?P<rows>{lexis.ROWS}{lexis.WORD_ENDS})
    |(?P<function>(?:{lexis.WORD})(?=\s*\())
    |(?P<word>{lexis.WORD}|{lexis.QUOTED})
    |(?P<number>{lexis.NUMBER})
    |(?P<brackets>{lexis.BRACKETS})
    |(?P<operator><>|<=|>=|[-+*/^&=<>%:@\#])
    |(?P<punctuation>[(){{}},;])
    |(?P<unknown>.)""",
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)
_PUNCTUATION = {
    "(": TokenKind.OPEN,
    ")": TokenKind.CLOSE,
    "{": TokenKind.OPEN_BRACE,
    "}": TokenKind.CLOSE_BRACE,
    ",": TokenKind.COMMA,
    ";": TokenKind.SEMICOLON,
}
_SIMPLE: dict[str, TokenKind] = {
    str(kind.value): kind
    for kind in TokenKind
    if kind.value
    in {"string", "space", "sheet", "error", "function", "number", "brackets", "operator", "unknown"}
}
_CELL_PARTS = re.compile(r"\$?([A-Za-z]+)\$?([0-9]+)")


def tokenize(text: str) -> list[Token]:
    """The tokens of a formula, with or without its leading `=`; never fails: else UNKNOWN."""
    tokens: list[Token] = []
    position = 0
    if text.startswith("="):
        tokens.append(Token(TokenKind.EQUALS, "=", 0, 1))
        position = 1
    for match in _SCANNER.finditer(text, position):
        group, piece = match.lastgroup or "unknown", match.group()
        kind = _SIMPLE.get(group)
        if kind is TokenKind.FUNCTION and text[match.end()] != "(" and not known_function(piece):
            kind = TokenKind.NAME  # a name, and the space before the parenthesis is an intersection
        if kind is None:
            kind = _kind(group, piece)
        tokens.append(Token(kind, piece, match.start(), match.end()))
    return tokens


def _kind(group: str, piece: str) -> TokenKind:
    if group == "punctuation":
        return _PUNCTUATION[piece]
    if group == "cell":
        return TokenKind.CELL if is_cell(piece) else TokenKind.NAME
    if group == "columns":
        return TokenKind.COLUMNS if _is_columns(piece) else TokenKind.UNKNOWN
    if group == "rows":
        return TokenKind.ROWS if _is_rows(piece) else TokenKind.UNKNOWN
    return TokenKind.BOOLEAN if piece.upper() in {"TRUE", "FALSE"} else TokenKind.NAME


def is_cell(text: str) -> bool:
    """Whether a text of the shape of a cell lies inside the sheet: `XFD1` does, `XFE1` is a name."""
    match = _CELL_PARTS.fullmatch(text)
    return match is not None and int(match[2]) <= MAX_ROWS and _is_column(match[1])


@lru_cache(maxsize=4096)
def _is_column(letters: str) -> bool:
    try:
        column_index(letters)
    except ReferenceSyntaxError:
        return False
    return True


def _is_columns(text: str) -> bool:
    return all(_is_column(part.lstrip("$")) for part in text.split(":"))


def _is_rows(text: str) -> bool:
    return all(int(part.lstrip("$")) <= MAX_ROWS for part in text.split(":"))
