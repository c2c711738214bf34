"""Edits over a whole pattern of a broken formula: the same slip in every parallel place, brackets that close
a chain of IFs too early or wrap a call's arguments, criteria written as comparisons, times and references in
or out of quotes, arguments in each other's place.

Each rewrites all places of its kind at once, because people who make such a slip make it throughout.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

Edit = tuple[str, float]

_CELL = r"\$?[A-Za-z]{1,3}\$?[1-9]\d*"
_RANGE = rf"(?:(?:'[^']+'|[^\W\d][\w.]*)!)?(?:{_CELL}(?::{_CELL})?|\$?[A-Za-z]{{1,3}}:\$?[A-Za-z]{{1,3}})"
_OPERATOR = r"<>|<=|>=|<|>|="
_CLOSED_BEFORE_COMPARISON = re.compile(rf"({_RANGE})\)(?=\s*(?:{_OPERATOR}))")
_COMMA_FOR_EQUALS = re.compile(rf"\(({_RANGE}),\s*(\"[^\"]*\"|{_CELL}|\d+|<>\"\"|<>)\)")
_RANGE_COMPARED = re.compile(
    rf"(?<=[,(])({_RANGE})({_OPERATOR})(?:&)?(\"[^\"]*\"|[^,()&\"]+(?:\([^()]*\))?)(?=[,)])"
)
_BARE_CALL = re.compile(rf"(?<=,)({_OPERATOR})&?([A-Za-z]+\([^()]*\))(?=[,)])")
_QUOTED_REFERENCE = re.compile(rf"\"({_RANGE})\"")
_TIME = re.compile(r"(?<![\w\":$.])(\d{1,2}:[0-5]\d(?::[0-5]\d)?)(?![\w\":])")
_COMMA_IN_QUOTES = re.compile(r"(\"[^\",]+),\"\s*(?=[\"A-Za-z0-9$(])")
_DECIMAL_COMMA = re.compile(r"(\d)\.\s*(?=[\"A-Za-z(])")
_GLUED_CELLS = re.compile(rf"(?<![\w$.:])({_CELL})(\$[A-Za-z]{{1,3}}\$?[1-9]\d*)(?![\w(])")
_ROW_FOR_CELL = re.compile(r"(\$?)([A-Za-z]{1,3})(\$?)([1-9]\d*):(\$)[1-9]\d*\$?([1-9]\d*)")
_SPLIT_BY_COLON = re.compile(r"(?<![\w.$:])(\$?[A-Za-z]{1,3}):(\d+)(?![\w:$(])")
_GLUED_FUNCTION = re.compile(r"\b([A-Za-z][A-Za-z.]+)(?=\$[A-Za-z]{1,3}\$?[1-9])")
_BARE_TEXT = re.compile(rf"(?<=,)({_OPERATOR})&?(\"[^\"]*\")(?=[,)])")
_BARE_OPERAND = re.compile(rf"(?<=,)({_OPERATOR})&?({_CELL}|-?[\d.]+)(?=[,)])")
_SHEET_BEFORE_DOLLAR = re.compile(r"(?<![\w'!.$])([^\W\d]\w*)(?=\$[A-Za-z]{1,3}\$?[1-9])")
_SWAPPED = re.compile(
    r"\b(COUNTIF|SUMIF|SUBTOTAL|LARGE|SMALL|MATCH|VLOOKUP|FIND|SEARCH|TEXT|LEFT|RIGHT|ROUND|RANK)\(",
    re.IGNORECASE,
)
_HALF_CALLED = re.compile(r"([^\s(),]+(?:\([^()]*\))?)\s+(AND|OR)\s*\(", re.IGNORECASE)
_CONDITIONAL = re.compile(r"\b(?:COUNTIFS?|SUMIFS?|AVERAGEIFS?|MAXIFS|MINIFS)\(", re.IGNORECASE)
_ONE_RANGE = re.compile(rf"\b((?:AVERAGE|SUM)IFS)\(({_RANGE}),(?=\"|{_OPERATOR})", re.IGNORECASE)


def pattern_edits(text: str) -> Iterator[Edit]:
    """Texts one such edit away from `text` (normalised, without `=`)."""
    yield from _everywhere(text, _CLOSED_BEFORE_COMPARISON, r"\1", 1.1)
    yield from _everywhere(text, _COMMA_FOR_EQUALS, lambda m: f"({m[1]}{_equals(m[2])})", 1.3)
    if _CONDITIONAL.search(text):
        yield from _everywhere(text, _RANGE_COMPARED, lambda m: f"{m[1]},{_criterion(m[2], m[3])}", 1.2)
        yield from _everywhere(text, _BARE_CALL, lambda m: f'"{m[1]}"&{m[2]}', 0.8)
        yield from _everywhere(text, _BARE_TEXT, lambda m: _criterion(m[1], m[2]), 0.6)
        yield from _everywhere(text, _BARE_OPERAND, lambda m: _criterion(m[1], m[2]), 0.8)
    yield from _everywhere(text, _QUOTED_REFERENCE, r"\1", 1.0)
    yield from _everywhere(text, _TIME, r'"\1"', 0.6)
    yield from _everywhere(text, _COMMA_IN_QUOTES, r'\1",', 0.7)
    yield from _everywhere(text, _DECIMAL_COMMA, r"\1,", 0.8)
    yield from _everywhere(text, _GLUED_CELLS, r"\1:\2", 0.7)
    yield from _everywhere(text, _ROW_FOR_CELL, r"\1\2\3\4:\1\2\5\6", 0.8)
    yield from _everywhere(text, _SPLIT_BY_COLON, r"\1\2", 1.4)
    yield from _everywhere(text, _GLUED_FUNCTION, r"\1(", 0.8)
    yield from _everywhere(text, _SHEET_BEFORE_DOLLAR, r"\1!", 0.8)
    yield from _everywhere(text, _ONE_RANGE, r"\1(\2,\2,", 1.2)
    yield from _chain_closed_early(text)
    yield from _wrapped_arguments(text)
    yield from _error_tests(text)
    yield from _swapped(text)
    yield from _half_called(text)


def _everywhere(
    text: str, pattern: re.Pattern[str], put: str | Callable[[re.Match[str]], str], cost: float
) -> Iterator[Edit]:
    """All matches replaced; where there are several, each alone too."""
    matches = list(pattern.finditer(text))
    if not matches:
        return
    yield pattern.sub(put, text), cost
    if 1 < len(matches) <= 8:
        for match in matches:
            piece = match.expand(put) if isinstance(put, str) else put(match)
            yield text[: match.start()] + piece + text[match.end() :], cost + 0.3


def _equals(operand: str) -> str:
    if operand == "<>":
        return '<>""'
    return operand if operand.startswith("<>") else "=" + operand


def _criterion(operator: str, operand: str) -> str:
    """`>`, `5` -> `">5"`; `>`, `B1` or `TODAY()` -> `">"&B1`; `=`, `"x"` -> `"x"`."""
    if operand.startswith('"'):
        return operand if operator == "=" else f'"{operator}{operand[1:]}'
    return f'"{operator}{operand}"' if re.fullmatch(r"[\d.%-]+", operand) else f'"{operator}"&{operand}'


def _chain_closed_early(text: str) -> Iterator[Edit]:
    """`IF(a,b),IF(c,d),IF(e,f)` -> `IF(a,b,IF(c,d,IF(e,f)))`; at the end as many brackets as open."""
    for name in ("IF", "IFERROR"):
        pattern = re.compile(rf"\),\s*(?={name}\()", re.IGNORECASE)
        if pattern.search(text):
            chained = pattern.sub(",", text)
            trimmed = chained.rstrip(")")
            yield trimmed + ")" * max(0, trimmed.count("(") - trimmed.count(")")), 1.0


def _wrapped_arguments(text: str) -> Iterator[Edit]:
    """`IF((a,b,c))` -> `IF(a,b,c)`: a bracket with a comma inside and no function before it."""
    for match in re.finditer(r"(?<=[(,])\(", text):
        closing, has_comma = _closing(text, match.start())
        if closing >= 0 and has_comma:
            yield text[: match.start()] + text[match.end() : closing] + text[closing + 1 :], 0.9
        elif closing >= 0:
            continue
        else:
            yield text[: match.start()] + text[match.end() :], 1.4


def _error_tests(text: str) -> Iterator[Edit]:
    """`IFERROR(x,a,b)` -> `IF(ISERROR(x),a,b)`."""
    for match in re.finditer(r"\bIF(ERROR|NA)\(", text, re.IGNORECASE):
        commas, closing = _commas(text, match.end() - 1)
        if closing >= 0 and len(commas) == 2:
            tested = text[match.end() : commas[0]]
            test = f"IF(IS{match[1].upper()}({tested})"
            yield text[: match.start()] + test + text[commas[0] :], 0.8


def _swapped(text: str) -> Iterator[Edit]:
    """`COUNTIF("x",A1:A9)` -> `COUNTIF(A1:A9,"x")`: the first two arguments of one call."""
    for match in _SWAPPED.finditer(text):
        commas, closing = _commas(text, match.end() - 1)
        if commas and closing >= 0:
            end = commas[1] if len(commas) > 1 else closing
            first, second = text[match.end() : commas[0]], text[commas[0] + 1 : end]
            yield text[: match.end()] + f"{second},{first}" + text[end:], 1.8


def _half_called(text: str) -> Iterator[Edit]:
    """`A1=1 AND(B1=2)` -> `AND(A1=1,B1=2)`."""
    for match in _HALF_CALLED.finditer(text):
        yield text[: match.start()] + f"{match[2].upper()}({match[1]}," + text[match.end() :], 1.0


def _closing(text: str, opening: int) -> tuple[int, bool]:
    """(where the bracket at `opening` closes or -1, whether a comma stands directly inside it)."""
    commas, closing = _commas(text, opening)
    return closing, bool(commas)


def _commas(text: str, opening: int) -> tuple[list[int], int]:
    depth, commas, is_quoted = 0, list[int](), False
    for at in range(opening, len(text)):
        character = text[at]
        if character == '"':
            is_quoted = not is_quoted
        elif is_quoted:
            continue
        elif character in "({":
            depth += 1
        elif character in ")}":
            depth -= 1
            if depth == 0:
                return commas, at
        elif character == "," and depth == 1:
            commas.append(at)
    return commas, -1
