"""Single edits that may bring a broken formula nearer to one that parses, each with a cost.

A cost is about -ln of how often people make the opposite slip. Edits are tried where the parser stopped,
at brackets that do not balance, and wherever a habit of another language or locale shows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from functools import cache

from cellwright.prompt.notation import Lexeme, scan
from cellwright.prompt.vocabulary import function_names

from .foreign_names import FOREIGN_FUNCTIONS
from .repair_logic import logic_edits
from .repair_patterns import pattern_edits

Edit = tuple[str, float]

NEAR = 8  # lexemes on either side of where the parser stopped

_ALIASES = {
    "=>": ">=", "=<": "<=", "==": "=", "!=": "<>", "><": "<>", "≠": "<>", "≥": ">=", "≤": "<=", "=/=": "<>",
    "<>=": "<>", "&&": "&", "++": "+", "**": "*", "//": "/", "> =": ">=", "< =": "<=",
    "< >": "<>", ">>": ">", "<<": "<", "::": ":", "..": ":", ",,": ",", ", ,": ",", "''": "\"", "&gt;": ">",
    "&lt;": "<", "!!": "!", "!:": "!", "=!": "<>", ",)": ")", "(,": "(", ";)": ")", "(=": "(", ",=": ",",
    "%%": "%", "$$": "$",
    "“": "\"", "”": "\"", "‘": "\"", "’": "\"", "«": "\"", "»": "\"", "`": "\"", "，": ",", "；": ";",
    "）": ")", "（": "(", "、": ",", "–": "-", "−": "-", "×": "*", "÷": "/",
}  # fmt: skip
# What may have been left out after an operand, with its cost.
_INSERTED = {
    ",": 1.0, '"': 1.8, "&": 1.8, ":": 1.8, "=": 2.0, "*": 2.2, "+": 2.4, "-": 2.4, "/": 2.6, ">": 3.0,
    "<": 3.0,
}  # fmt: skip
_QUOTES = "“”‘’«»`'"
_DOUBLED_QUOTES = re.compile(r'""([^",()]+)""')
# Functions that people give the many conditions of their plural.
_PLURAL = frozenset(["COUNTIF", "SUMIF", "AVERAGEIF"])
_SWAPPED_BRACKETS = {"[": "(", "]": ")", "{": "(", "}": ")"}
_ENGLISH = {foreign: name for name, others in FOREIGN_FUNCTIONS.items() for foreign in others}
_OPERANDS = frozenset(["cell", "number", "string", "word", "column"])
_BINARY = frozenset(["+", "-", "*", "/", "^", "&", "=", "<>", "<=", ">=", "<", ">"])


@cache
def nearest_functions(word: str) -> tuple[str, ...]:
    """Known function names that a misspelt word may mean, best first."""
    word = word.upper()
    if word in _ENGLISH:
        return (_ENGLISH[word],)
    return tuple(get_close_matches(word, function_names(), n=3, cutoff=0.72))


def edits(text: str, stop: int) -> Iterator[Edit]:
    """Texts one edit away from `text`, whose parse stopped at character `stop` (without `=`)."""
    lexemes = list(scan(text))
    yield from _habits(text)
    yield from logic_edits(text)
    yield from pattern_edits(text)
    yield from _brackets(text, lexemes)
    yield from _names(text, lexemes)
    yield from _near(text, lexemes, stop)
    if text.count('"') % 2:
        yield from _quotes(text, lexemes)


def _habits(text: str) -> Iterator[Edit]:
    """Habits that show in the text itself."""
    for wrong, right in _ALIASES.items():
        if wrong in text:
            yield text.replace(wrong, right), 0.3
            at = text.find(wrong)
            if text.find(wrong, at + 1) >= 0:
                while at >= 0:
                    yield text[:at] + right + text[at + len(wrong) :], 0.8
                    at = text.find(wrong, at + 1)
    if ";" in text:
        yield text.replace(";", ","), 0.3
    if text.startswith(("{=", "{")) and text.endswith("}"):
        yield text[1:-1].removeprefix("="), 0.3
    single = _DOUBLED_QUOTES.sub(r'"\1"', text)
    if single != text:
        yield single, 0.6
    curly = text
    for quote in _QUOTES:
        curly = curly.replace(quote, '"')
    if curly != text:
        yield curly, 0.4
    if any(bracket in text for bracket in _SWAPPED_BRACKETS):
        yield "".join(_SWAPPED_BRACKETS.get(character, character) for character in text), 0.8
    stripped = text.rstrip(" .;'`\\!:,=+-*/&<>^](\"")
    if stripped != text:
        yield stripped, 0.5
        yield text[:-1], 0.7
    if text[:1] in "'+=: ":
        yield text.lstrip("'+=: "), 0.4
    if not text.endswith(")") and text.count("(") > text.count(")"):
        trimmed = text.rstrip(" ,;")
        yield trimmed + ")" * (trimmed.count("(") - trimmed.count(")")), 0.3
        yield text + '"")', 2.5
    for first, second in ((" THEN ", ","), (" ELSE ", ","), (",ELSE ", ","), (",THEN ", ",")):
        if first in text.upper():
            at = text.upper().find(first)
            yield text[:at] + second + text[at + len(first) :], 0.4


def _brackets(text: str, lexemes: Sequence[Lexeme]) -> Iterator[Edit]:
    """A bracket added or taken away where they do not balance, or moved where they do."""
    opened = sum(lexeme.text == "(" for lexeme in lexemes)
    closed = sum(lexeme.text == ")" for lexeme in lexemes)
    if opened > closed:
        yield text + ")" * (opened - closed), 0.4
        for lexeme in lexemes:
            if lexeme.kind in _OPERANDS or lexeme.text == ")":
                end = lexeme.start + len(lexeme.text)
                yield text[:end] + ")" + text[end:], 1.6
            elif lexeme.text == "(":
                yield text[: lexeme.start] + text[lexeme.start + 1 :], 2.6
    if closed > opened or (opened and opened == closed):
        cost = 1.0 if closed > opened else 2.2
        for lexeme in lexemes:
            if lexeme.text == ")":
                shorter = text[: lexeme.start] + text[lexeme.start + 1 :]
                at_end = lexeme.start == len(text) - 1
                if closed > opened:
                    yield shorter, 0.4 if at_end else cost + 0.6
                elif not at_end:
                    yield shorter + ")", cost
        if opened == closed and text.endswith(")"):
            for lexeme in lexemes[:-2]:
                if lexeme.kind in _OPERANDS or lexeme.text == ")":
                    end = lexeme.start + len(lexeme.text)
                    yield text[:end] + ")" + text[end:-1], 2.2
    if closed > opened:
        for i, lexeme in enumerate(lexemes[:-1]):
            if lexeme.text in {",", "("} or lexeme.kind == "operator" or i == 0:
                at = lexeme.start + (len(lexeme.text) if i or lexeme.text in {",", "("} else 0)
                yield (
                    text[:at] + "(" + text[at:],
                    2.0 if lexeme.text == "(" or lexeme.kind == "operator" else 2.6,
                )
        yield from _closed_too_early(text, lexemes)


def _closed_too_early(text: str, lexemes: Sequence[Lexeme]) -> Iterator[Edit]:
    """`SUM(A1),(B1)),(C1))` -> `SUM(A1,(B1),(C1))`: all brackets gone that close the whole too early."""
    kept, depth, gone = "", 0, 0
    for i, lexeme in enumerate(lexemes):
        depth += lexeme.text == "("
        if lexeme.text == ")" and depth == 1 and i < len(lexemes) - 1:
            gone += 1
            continue
        depth -= lexeme.text == ")"
        kept += lexeme.text
    if gone > 1 and depth == 0:
        yield kept, 1.2


def _names(text: str, lexemes: Sequence[Lexeme]) -> Iterator[Edit]:
    """Misspelt and split function names, names with a lost bracket, texts and sheets without quotes."""
    known = function_names()
    for i, lexeme in enumerate(lexemes):
        if lexeme.kind not in {"word", "cell"}:
            continue
        end = lexeme.start + len(lexeme.text)
        following = lexemes[i + 1].text if i + 1 < len(lexemes) else ""
        word = lexeme.text.upper()
        if following == "(" and word not in known:
            for n, name in enumerate(nearest_functions(word)):
                yield text[: lexeme.start] + name + text[end:], 0.5 + 0.8 * n
        if following == "(" and word in _PLURAL:
            yield text[:end] + "S" + text[end:], 1.3
        if following == " " and i + 2 < len(lexemes):
            joined = word + lexemes[i + 2].text.upper()
            if joined in known:
                tail = lexemes[i + 2].start + len(lexemes[i + 2].text)
                yield text[: lexeme.start] + joined + text[tail:], 0.1
        if following != "(" and lexeme.kind == "word":
            yield from _lost_bracket(text, lexeme, known)
            if word not in known:
                yield text[: lexeme.start] + f'"{lexeme.text}"' + text[end:], 1.6
                yield from _quoted_phrase(text, lexemes, i)


def _lost_bracket(text: str, lexeme: Lexeme, known: frozenset[str]) -> Iterator[Edit]:
    end = lexeme.start + len(lexeme.text)
    word = lexeme.text.upper()
    for size in range(len(word), 1, -1):
        if word[:size] in known:
            cut = lexeme.start + size
            yield text[:cut] + "(" + text[cut:].lstrip(" "), 0.7 + 0.4 * (size < len(word))
            yield text[:end] + "()" + text[end:], 1.2
            break


def _quoted_phrase(text: str, lexemes: Sequence[Lexeme], start: int) -> Iterator[Edit]:
    """Several words in a row as one text, or as a sheet's name before `!`."""
    stop = start
    while (
        stop + 2 < len(lexemes)
        and lexemes[stop + 1].text == " "
        and lexemes[stop + 2].kind in {"word", "number", "sheet"}
    ):
        stop += 2
    if stop == start:
        return
    last = lexemes[stop]
    end = last.start + len(last.text)
    if last.kind == "sheet":
        phrase = text[lexemes[start].start : end - 1]
        yield text[: lexemes[start].start] + f"'{phrase}'!" + text[end:], 0.5
    else:
        yield text[: lexemes[start].start] + '"' + text[lexemes[start].start : end] + '"' + text[end:], 1.2


def _near(text: str, lexemes: Sequence[Lexeme], stop: int) -> Iterator[Edit]:
    """Pieces added or taken away around the place where the parser stopped."""
    at = next(
        (i for i, lexeme in enumerate(lexemes) if lexeme.start + len(lexeme.text) > stop), len(lexemes) - 1
    )
    for i in range(max(0, at - NEAR), min(len(lexemes), at + NEAR)):
        lexeme = lexemes[i]
        end = lexeme.start + len(lexeme.text)
        far = min(0.3 * abs(i - at), 1.5)
        if lexeme.text not in {"(", ")"}:
            is_light = lexeme.kind in {"operator", "other", "space"} or lexeme.text == ","
            yield text[: lexeme.start] + text[end:], (0.9 if is_light else 3.0) + far
        if lexeme.text in {";", "."} or lexeme.kind in {"space", "other"}:
            for other in (",", ":", "!"):
                yield text[: lexeme.start] + other + text[end:], 1.2 + far
        if lexeme.text in {"-", " ", ".", ";", ","} and 0 < i < len(lexemes) - 1:
            yield text[: lexeme.start] + ":" + text[end:], 1.5 + far
        if lexeme.kind in _OPERANDS or lexeme.text == ")":
            for piece, cost in _INSERTED.items():
                yield text[:end] + piece + text[end:].lstrip(" "), cost + far
        if lexeme.kind == "string":
            yield text[: lexeme.start] + lexeme.text[1:-1] + text[end:], 2.2 + far
        if lexeme.text == ",":
            yield text[:end] + '""' + text[end:], 2.6 + far


def _quotes(text: str, lexemes: Sequence[Lexeme]) -> Iterator[Edit]:
    """One quote too many or too few: taken away anywhere, or added at the edges of words and commas."""
    for position, character in enumerate(text):
        if character == '"':
            yield text[:position] + text[position + 1 :], 1.6
            yield text[:position] + '"' + text[position:], 1.4
    for lexeme in scan(text.replace('"', " ")):
        end = lexeme.start + len(lexeme.text)
        if lexeme.kind in {"word", "number", "operator"} or lexeme.text in {",", ")"}:
            yield text[: lexeme.start] + '"' + text[lexeme.start :], 1.8
            yield text[:end] + '"' + text[end:], 1.8
