"""Formulas as Excel shows them in other languages, and back: names, separators, decimal comma, errors.

Formulas travel and are stored in en-US; this is for display and for what a person types. All six languages
write `;` between arguments and a comma in numbers; in array constants `;` parts rows and `.` (German, French)
or `\\` columns. The names are in `locale.txt`, a table of facts that we wrote; a function that is not in it
keeps its English name both ways.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files

from cellwright.formula import lexis
from cellwright.formula.parser import function_name
from cellwright.formula.tokens import TokenKind, tokenize


class Locale(StrEnum):
    """A language of display."""

    DE = "de"
    FR = "fr"
    ES = "es"
    PT = "pt"
    IT = "it"
    NL = "nl"

    @property
    def column_separator(self) -> str:
        """What parts the columns of an array constant."""
        return "." if self in {Locale.DE, Locale.FR} else "\\"


@dataclass(frozen=True)
class _Vocabulary:
    """Words in capitals -> words of the other language."""

    names: dict[str, str]
    errors: dict[str, str]
    items: dict[str, str]


@cache
def _rows() -> tuple[tuple[str, ...], ...]:
    lines = files(__package__).joinpath("locale.txt").read_text("utf-8").splitlines()
    return tuple(tuple(line.split("|")) for line in lines if line and not line.startswith("# "))


@cache
def _vocabulary(locale: Locale, *, to_english: bool = False) -> _Vocabulary:
    """English -> the locale's words, or back."""
    column = 1 + list(Locale).index(locale)
    found = _Vocabulary({}, {}, {})
    for row in _rows():
        english = row[0]
        source, target = (row[column], english) if to_english else (english, row[column])
        is_name = not english.startswith("#")
        words = found.names if is_name else found.errors if english.isupper() else found.items
        words[source.upper()] = target
    return found


def to_local(text: str, locale: Locale) -> str:
    """An en-US formula as the locale shows it; text that has no meaning stays as it is."""
    words = _vocabulary(locale)
    pieces: list[str] = []
    depth = 0  # braces
    for token in tokenize(text):
        piece = token.text
        if token.kind is TokenKind.FUNCTION:
            piece = words.names.get(function_name(piece), piece)
        elif token.kind is TokenKind.BOOLEAN:
            piece = words.names[piece.upper()]
        elif token.kind is TokenKind.NUMBER:
            piece = piece.replace(".", ",")
        elif token.kind is TokenKind.ERROR:
            piece = words.errors.get(piece.upper(), piece)
        elif token.kind is TokenKind.COMMA:
            piece = locale.column_separator if depth else ";"
        elif token.kind is TokenKind.BRACKETS:
            piece = _replace_items(piece, words.items)
        elif token.kind is TokenKind.SHEET and piece.upper().startswith("#REF!"):
            piece = words.errors["#REF!"]
        depth += (token.kind is TokenKind.OPEN_BRACE) - (token.kind is TokenKind.CLOSE_BRACE)
        pieces.append(piece)
    return "".join(pieces)


def from_local(text: str, locale: Locale) -> str:
    """What a person typed in the locale, in en-US; broken text comes back as far as it can be read."""
    words = _vocabulary(locale, to_english=True)

    def english(match: re.Match[str]) -> str:
        kind, piece = match.lastgroup, match.group()
        if kind == "function" or kind == "word":
            known = words.names.get(piece.upper())
            is_value = known in {"TRUE", "FALSE"}
            return known if known and (kind == "function" or is_value) else piece
        if kind == "number":
            return piece.replace(",", ".")
        if kind == "error":
            return words.errors.get(piece.upper(), piece)
        if kind == "array":
            return _array(piece, locale)
        if kind == "brackets":
            return _replace_items(piece, words.items)
        return "," if kind == "separator" else piece

    return _scanner(locale).sub(english, text)


@cache
def _scanner(locale: Locale) -> re.Pattern[str]:
    errors = "|".join(re.escape(error) for error in sorted(_vocabulary(locale).errors.values(), reverse=True))
    string = lexis.STRING
    return re.compile(
        rf"""(?P<keep>{string}|{lexis.PREFIX})
        |(?P<error>{errors})
        |(?P<array>\{{(?:[^{{}}"]|{string})*\}})
        |(?P<area>{lexis.CELL}{lexis.WORD_ENDS}|{lexis.COLUMNS}{lexis.WORD_ENDS}|{lexis.ROWS}{lexis.WORD_ENDS})
        |(?P<function>(?:{lexis.WORD})(?=\())
        |(?P<word>{lexis.WORD}|{lexis.QUOTED})
        |(?P<number>{_NUMBER})
        |(?P<brackets>{lexis.BRACKETS})
        |(?P<separator>;)""",
        re.VERBOSE | re.DOTALL | re.IGNORECASE,
    )


_NUMBER = r"(?:[0-9]+,?[0-9]*|,[0-9]+)(?:[eE][+-]?[0-9]+)?"
_ITEM = re.compile(r"(?<!')#[^\[\]]+")


def _replace_items(text: str, items: dict[str, str]) -> str:
    return _ITEM.sub(lambda match: items.get(match.group().upper(), match.group()), text)


def _array(text: str, locale: Locale) -> str:
    words = _vocabulary(locale, to_english=True)
    errors = "|".join(map(re.escape, words.errors))
    pattern = rf"({lexis.STRING})|({errors})|({_NUMBER})|([^\W\d_]+)|({re.escape(locale.column_separator)})"

    def english(match: re.Match[str]) -> str:
        string, error, number, word, separator = match.groups()
        if separator:
            return ","
        if word:
            return words.names.get(word.upper(), word)
        if error:
            return words.errors[error.upper()]
        return number.replace(",", ".") if number else string

    return re.sub(pattern, english, text, flags=re.IGNORECASE)
