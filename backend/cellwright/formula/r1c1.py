"""A1 <-> R1C1 of whole formulas, and the normalised R1C1 that is a formula's identity.

References are rewritten where they stand; the rest of the text is untouched (`to_r1c1`), or written in one
way (`normalise`: functions in capitals without file prefixes, no needless spaces and quotes).
Whole columns and rows are always written with both ends, `C[-1]:C[-1]`, so that no lone `C` or `R` can be
taken for a name.
"""

from __future__ import annotations

import re
from functools import lru_cache

from cellwright.errors import ReferenceSyntaxError
from cellwright.formula import lexis
from cellwright.formula.parser import function_name
from cellwright.formula.tokens import Token, TokenKind, tokenize
from cellwright.reference import MAX_COLUMNS, MAX_ROWS, Cell, column_index, column_letters, quote_sheet

_KEEP = rf"{lexis.STRING}|{lexis.PREFIX}|{lexis.QUOTED}|{lexis.BRACKETS}"
_A1 = re.compile(
    rf"""{_KEEP}
    |{lexis.NOT_IN_WORD}(?:
        (\$?)([A-Za-z]{{1,3}})(\$?)([1-9][0-9]{{0,6}}){lexis.WORD_ENDS}
        |({lexis.COLUMNS}){lexis.WORD_ENDS}
        |({lexis.ROWS}){lexis.WORD_ENDS}
    )""",
    re.VERBOSE | re.DOTALL,
)
_ROW = r"[Rr](?:\[(-?[0-9]+)\]|([1-9][0-9]*))?"
_COLUMN = r"[Cc](?:\[(-?[0-9]+)\]|([1-9][0-9]*))?"
_LONE = r"(?:\[(-?[0-9]+)\]|([1-9][0-9]*))"
_R1C1 = re.compile(
    rf"""(?P<keep>{lexis.STRING}|{lexis.PREFIX}|{lexis.QUOTED})
    |{lexis.NOT_IN_WORD}(?:
        (?P<area>{_ROW}{_COLUMN}(?::{_ROW}{_COLUMN})?){lexis.WORD_ENDS}
        |(?P<rows>(?:{_ROW}:{_ROW}|[Rr]{_LONE})){lexis.WORD_ENDS}
        |(?P<columns>(?:{_COLUMN}:{_COLUMN}|[Cc]{_LONE})){lexis.WORD_ENDS}
    )
    |(?P<brackets>{lexis.BRACKETS})""",
    re.VERBOSE | re.DOTALL,
)
_R1C1_PART = re.compile(rf"(?:{_ROW})?(?:{_COLUMN})?")
# Texts that are normal already, as Excel itself writes nearly all: capitals, no spaces, quotes only where
# they are needed. Possessive, so that a long text that is not normal is found out in one pass.
_IS_NORMAL = re.compile(
    r"""(?:
        (?!(?:[A-Z]{1,3}[0-9]+|R[0-9]*(?:C[0-9]*)?|C[0-9]*|TRUE|FALSE)!)[A-Z_][\w.]*+!
        |(?-i:[A-Z][A-Z0-9.]*+)(?![a-z_!])
        |\#DIV/0!
        |[^\sA-Z_'"\\!]++
        |"[^"]*+"
        |'(?=[^']*[\s&()-])[^']*+'!
    )*+""",
    re.VERBOSE | re.IGNORECASE,
)
_TIGHT_BEFORE = frozenset(
    {TokenKind.COMMA, TokenKind.SEMICOLON, TokenKind.CLOSE, TokenKind.CLOSE_BRACE, TokenKind.OPERATOR}
)
_TIGHT_AFTER = _TIGHT_BEFORE - {TokenKind.CLOSE, TokenKind.CLOSE_BRACE} | {
    TokenKind.FUNCTION,
    TokenKind.OPEN,
    TokenKind.OPEN_BRACE,
    TokenKind.EQUALS,
}


def to_r1c1(text: str, cell: Cell) -> str:
    """`=A1*$B$2` in A2 -> `=R[-1]C*R2C2`; everything but the references stays as it was written."""
    row, column = cell

    def rewrite(match: re.Match[str]) -> str:
        column_mark, letters, row_mark, digits, columns, rows = match.groups()
        if letters is not None:
            try:
                to_column = column_index(letters)
            except ReferenceSyntaxError:
                return match.group()
            to_row = int(digits) - 1
            if to_row >= MAX_ROWS:
                return match.group()
            first = f"R{digits}" if row_mark else _RELATIVE_ROW[to_row - row]
            return first + (f"C{to_column + 1}" if column_mark else _RELATIVE_COLUMN[to_column - column])
        if columns is not None:
            return _columns_to_r1c1(columns, column)
        if rows is not None:
            return ":".join(
                f"R{part[1:]}" if part[0] == "$" else _RELATIVE_ROW[int(part) - 1 - row]
                for part in rows.split(":")
            )
        return match.group()

    return _A1.sub(rewrite, text)


class _Relative(dict[int, str]):
    """`R[-1]` by distance, filled as it is asked."""

    def __init__(self, letter: str) -> None:
        super().__init__({0: letter})
        self._letter = letter

    def __missing__(self, distance: int) -> str:
        text = f"{self._letter}[{distance}]"
        if len(self) < 100_000:
            self[distance] = text
        return text


_RELATIVE_ROW = _Relative("R")
_RELATIVE_COLUMN = _Relative("C")


def _columns_to_r1c1(text: str, column: int) -> str:
    parts: list[str] = []
    for part in text.split(":"):
        try:
            index = column_index(part.lstrip("$"))
        except ReferenceSyntaxError:
            return text
        parts.append(f"C{index + 1}" if part[0] == "$" else _RELATIVE_COLUMN[index - column])
    return ":".join(parts)


def from_r1c1(text: str, cell: Cell) -> str:
    """`=R[-1]C*R2C2` in A2 -> `=A1*$B$2`; a reference that leaves the sheet becomes `#REF!`."""

    def rewrite(match: re.Match[str]) -> str:
        kind = match.lastgroup
        if kind == "area":
            ends = [_cell(part, cell) for part in match["area"].split(":")]
        elif kind == "rows":
            parts = [_R1C1_PART.fullmatch(part) for part in match["rows"].split(":")]
            ends = [_row(part[1], part[2], cell.row) if part else None for part in parts]
        elif kind == "columns":
            parts = [_R1C1_PART.fullmatch(part) for part in match["columns"].split(":")]
            ends = [_column(part[3], part[4], cell.column) if part else None for part in parts]
        else:
            return match.group()
        known = [end for end in ends if end is not None]
        if len(known) < len(ends):
            return "#REF!"
        # A lone `C[1]` is a whole column, which A1 writes with both ends.
        return ":".join(known * 2 if kind != "area" and len(known) == 1 else known)

    return _R1C1.sub(rewrite, text)


def _cell(text: str, origin: Cell) -> str | None:
    match = _R1C1_PART.fullmatch(text)
    if match is None:
        return None
    row, column = _row(match[1], match[2], origin.row), _column(match[3], match[4], origin.column)
    return None if row is None or column is None else column + row


def _row(offset: str | None, number: str | None, origin: int) -> str | None:
    row = int(number) - 1 if number else origin + int(offset or 0)
    return f"{'$' if number else ''}{row + 1}" if 0 <= row < MAX_ROWS else None


def _column(offset: str | None, number: str | None, origin: int) -> str | None:
    column = int(number) - 1 if number else origin + int(offset or 0)
    return f"{'$' if number else ''}{column_letters(column)}" if 0 <= column < MAX_COLUMNS else None


def normalise(text: str, cell: Cell) -> str:
    """The identity of a formula: two cells of one column filled down from a formula have equal texts."""
    if not text.startswith("="):
        text = "=" + text
    if not _IS_NORMAL.fullmatch(text):
        text = _clean(text)
    return to_r1c1(text, cell)


@lru_cache(maxsize=65536)
def _clean(text: str) -> str:
    pieces: list[str] = []
    space: Token | None = None
    before: TokenKind | None = None
    for token in tokenize(text):
        if token.kind is TokenKind.SPACE:
            space = token
            continue
        if space is not None and before not in _TIGHT_AFTER and token.kind not in _TIGHT_BEFORE:
            pieces.append(" ")
        space = None
        before = token.kind
        pieces.append(_piece(token))
    return "".join(pieces)


def _piece(token: Token) -> str:
    if token.kind is TokenKind.FUNCTION:
        return function_name(token.text)
    if token.kind is TokenKind.SHEET:
        prefix = lexis.read_prefix(token.text)
        return quote_sheet(prefix.sheet) + "!" if prefix.is_local and prefix.sheet else token.text
    if token.kind in {
        TokenKind.CELL,
        TokenKind.COLUMNS,
        TokenKind.BOOLEAN,
        TokenKind.NUMBER,
        TokenKind.ERROR,
    }:
        return token.text.upper()
    return token.text
