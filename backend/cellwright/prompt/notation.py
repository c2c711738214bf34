"""Formula text <-> model text: the form in which the model reads and writes formulas.

Model text is a formula without its leading `=` in which cell references are relative and atomic:

    R[-1]C[2]   both parts relative to the origin        (as in R1C1)
    R5C3        both parts absolute, Excel's $C$5        (as in R1C1; mixed: R[0]C3 is $C1 from row 1)
    B6          a reference that stands as written in A1

In a workbook the origin is the formula's own cell and every reference is relative to it. A bare text
(no workbook: repair and completion on the command line) has no cell, so its first reference with a
relative part is kept in A1 and becomes the origin of all later ones; whole columns and rows stay in
A1 there, because their letters say more than a distance from an arbitrary cell.

The scanner takes *broken* text too (that is what repair is about), so it is a lenient lexer, not a
parser: `cellwright.formula` parses. Spaces outside strings are dropped where they cannot matter, words
that are functions or references are put in capitals. Apart from that, `decode(encode(x)) == x`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from .vocabulary import function_names

MAX_ROW = 1_048_576
MAX_COLUMN = 16_384

_SCANNER = re.compile(
    r"""(?P<string>"(?:[^"]|"")*")
    |(?P<sheet>'(?:[^']|'')*'!|\[[^\[\]]+\][^\s'"!(){},;+\-*/^&=<>]*!|[^\W\d][\w.]*!)
    |(?P<cell>(?<![\w.$])\$?[A-Za-z]{1,3}\$?[1-9]\d{0,6}(?![\w.(\[]))
    |(?P<column>(?<![\w.$])\$?[A-Za-z]{1,3}:\$?[A-Za-z]{1,3}(?![\w.(!]))
    |(?P<bracket>\[[^\[\]"']*\])
    |(?P<number>\d+(?:\.\d*)?(?:[eE][+-]?\d+)?%?|\.\d+)
    |(?P<error>\#(?:N/A|[A-Z][A-Z0-9/]*[!?]))
    |(?P<word>[^\W\d][\w.?]*)
    |(?P<operator><>|<=|>=|[-+*/^&=<>%:@\#])
    |(?P<space>\s+)
    |(?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)
_A1 = re.compile(r"(\$?)([A-Za-z]{1,3})(\$?)(\d+)\Z")
_RELATIVE = re.compile(r"R(?:\[(-?\d+)\]|(\d+))C(?:\[(-?\d+)\]|(\d+))")
_COLUMNS = re.compile(r"(?<![\w\]])C(?:\[(-?\d+)\]|(\d+)):C(?:\[(-?\d+)\]|(\d+))")
_TIGHT_AFTER = frozenset("(,;{+-*/^&=<>:")
_TIGHT_BEFORE = frozenset("),;}+-*/^&=<>:%")


@dataclass(frozen=True)
class Lexeme:
    """A piece of formula text; `start` is its character offset."""

    kind: str
    text: str
    start: int


@dataclass(frozen=True)
class Origin:
    """The zero-based cell that relative references are relative to."""

    row: int
    column: int


def scan(text: str) -> Iterator[Lexeme]:
    """The lexemes of a formula text, broken or not; joined they give the text back."""
    for match in _SCANNER.finditer(text):
        kind = match.lastgroup
        assert kind is not None  # the last alternative takes any character
        yield Lexeme(kind, match.group(), match.start())


def column_index(letters: str) -> int:
    """`A` -> 0, `XFD` -> 16383 (may exceed Excel's width for a three-letter word)."""
    index = 0
    for letter in letters.upper():
        index = index * 26 + ord(letter) - 64
    return index - 1


def column_letters(index: int) -> str:
    """0 -> `A`."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def normalise(text: str) -> str:
    """A formula text without `=` in front, with spaces that cannot matter taken out, and functions and
    references in capitals; other words keep their case, they may be texts without quotes or names.

    Spaces survive between two operands, where a person forgot an operator or meant an intersection.
    """
    pieces: list[str] = []
    pending = ""
    lexemes = list(scan(text.strip().removeprefix("=").strip()))
    for i, lexeme in enumerate(lexemes):
        piece = lexeme.text
        if lexeme.kind == "space":
            pending = " "
            continue
        following = lexemes[i + 1].text if i + 1 < len(lexemes) else ""
        is_function = lexeme.kind == "word" and (following == "(" or piece.upper() in function_names())
        if lexeme.kind in {"cell", "column", "number"} or is_function:
            piece = piece.upper()
        is_call = piece == "(" and bool(pieces) and pieces[-1] in function_names()
        is_loose = bool(pieces) and pieces[-1][-1] not in _TIGHT_AFTER and piece[0] not in _TIGHT_BEFORE
        if pending and is_loose and not is_call:
            pieces.append(pending)
        pending = ""
        pieces.append(piece)
    return "".join(pieces)


def encode(text: str, cell: Origin | None = None) -> str:
    """Normalised formula text -> model text; `cell` is the formula's own cell, None for a bare text."""
    return Notation(cell).encode(text)


def decode(model_text: str, cell: Origin | None = None) -> str:
    """Model text -> formula text (without `=`); inverse of `encode` on normalised text."""
    return Notation(cell).decode(model_text)


class Notation:
    """One conversation's origin: a repair's fixed text is relative to the broken text's origin."""

    def __init__(self, cell: Origin | None = None) -> None:
        self.origin = cell
        self._bare = cell is None

    def encode(self, text: str) -> str:
        """Normalised formula text -> model text; sets the origin at the first relative reference."""
        return "".join(self._encode_lexeme(lexeme) for lexeme in scan(text))

    def decode(self, model_text: str, in_string: bool = False) -> str:
        """Model text -> formula text; `in_string`: it begins inside a string literal.

        A reference outside the sheet decodes to `#REF!`.
        """
        pieces: list[str] = []
        if in_string:
            inside, quote, model_text = model_text.partition('"')
            pieces.append(inside + quote)
        for lexeme in _split_strings(model_text):
            if lexeme.kind == "string":
                pieces.append(lexeme.text)
                continue
            position = 0
            for match in _RELATIVE.finditer(lexeme.text):
                pieces.append(self._take_a1(lexeme.text[position : match.start()]))
                pieces.append(self._decode_reference(match))
                position = match.end()
            pieces.append(self._take_a1(lexeme.text[position:]))
        return "".join(pieces)

    def _encode_lexeme(self, lexeme: Lexeme) -> str:
        if lexeme.kind == "column" and not self._bare:
            return ":".join(self._encode_column(part) for part in lexeme.text.split(":"))
        if lexeme.kind != "cell":
            return lexeme.text
        return self._encode_cell(lexeme.text)

    def _encode_cell(self, text: str) -> str:
        match = _A1.match(text)
        assert match is not None
        column_fixed, letters, row_fixed, digits = match.groups()
        row, column = int(digits) - 1, column_index(letters)
        if row >= MAX_ROW or column >= MAX_COLUMN or not letters.isupper():
            return text
        if self.origin is None:
            if not (column_fixed and row_fixed):
                self.origin = Origin(row, column)
                return text
            return f"R{row + 1}C{column + 1}"
        row_part = f"R{row + 1}" if row_fixed else f"R[{row - self.origin.row}]"
        column_part = f"C{column + 1}" if column_fixed else f"C[{column - self.origin.column}]"
        return row_part + column_part

    def _encode_column(self, part: str) -> str:
        index = column_index(part.lstrip("$"))
        if part.startswith("$"):
            return f"C{index + 1}"
        assert self.origin is not None
        return f"C[{index - self.origin.column}]"

    def _take_a1(self, text: str) -> str:
        if not self._bare:
            return _COLUMNS.sub(self._decode_columns, text)
        if self.origin is None:
            for lexeme in scan(text):
                if lexeme.kind == "cell" and lexeme.text.count("$") < 2:
                    match = _A1.match(lexeme.text)
                    assert match is not None
                    self.origin = Origin(int(match.group(4)) - 1, column_index(match.group(2)))
                    break
        return text

    def _decode_columns(self, match: re.Match[str]) -> str:
        assert self.origin is not None
        parts: list[str] = []
        for offset, number in (match.group(1, 2), match.group(3, 4)):
            column = int(number) - 1 if number else self.origin.column + int(offset)
            if not 0 <= column < MAX_COLUMN:
                return "#REF!"
            parts.append(("$" if number else "") + column_letters(column))
        return ":".join(parts)

    def _decode_reference(self, match: re.Match[str]) -> str:
        row_offset, row_number, column_offset, column_number = match.groups()
        origin = self.origin or Origin(0, 0)
        row = int(row_number) - 1 if row_number else origin.row + int(row_offset)
        column = int(column_number) - 1 if column_number else origin.column + int(column_offset)
        if not (0 <= row < MAX_ROW and 0 <= column < MAX_COLUMN):
            return "#REF!"
        dollar_column, dollar_row = "$" if column_number else "", "$" if row_number else ""
        return f"{dollar_column}{column_letters(column)}{dollar_row}{row + 1}"


def _split_strings(model_text: str) -> Iterator[Lexeme]:
    """Strings and quoted sheet names apart from the rest, so that `"R1C1"` in a string stays as it is."""
    position = 0
    for match in re.finditer(r'"(?:[^"]|"")*"|\'(?:[^\']|\'\')*\'!', model_text):
        yield Lexeme("code", model_text[position : match.start()], position)
        yield Lexeme("string", match.group(), match.start())
        position = match.end()
    yield Lexeme("code", model_text[position:], position)
