"""Edits that undo what people say in place of what Excel's grammar wants: infix AND and OR, chained
comparisons, bare criteria, `else if` chains, ranges and sheets with a wrong mark between their parts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from cellwright.prompt.notation import Lexeme, scan

Edit = tuple[str, float]

_COMPARISONS = frozenset(["=", "<>", "<", ">", "<=", ">="])
_CELL = r"\$?[A-Za-z]{1,3}\$?[1-9]\d*"
_BROKEN_RANGE = re.compile(
    rf"(?<![\w.$])({_CELL})\s*(?:;|-|\.\.|\.|::|,|\s|\bto\b)+\s*({_CELL})(?![\w.(!])", re.IGNORECASE
)
_HALF_RANGE = re.compile(
    r"(?<![\w.$:])(\$?[A-Za-z]{1,3})(\$?)([1-9]\d*):(\$?)(?:([A-Za-z]{1,3})|([1-9]\d*))(?![\w.$(:])"
)
_DOTTED_SHEET = re.compile(rf"(?<![\w.'])([^\W\d]\w*?)[.:]({_CELL})(?![\w.(])")
_SPLIT_CELL = re.compile(r"(?<![\w.$])(\$?[A-Za-z]{1,3})\s+(\$?[1-9]\d*)(?![\w.(])")
_BARE_CRITERION = re.compile(r"(?<=[,;(])\s*(<>|<=|>=|<|>|=)\s*(&?)\s*([^,()&\"]+)(?=[,)])")
_TRUTH = {"FLASE", "FASLE", "FALES", "FALS", "FALE", "FLSE"}, {"TURE", "TREU", "TRU", "TRE"}


def logic_edits(text: str) -> Iterator[Edit]:
    """Texts one such edit away from `text` (normalised, without `=`)."""
    lexemes = list(scan(text))
    yield from _infix(text, lexemes)
    yield from _chained(text, lexemes)
    yield from _else_if(text, lexemes)
    for match in _BROKEN_RANGE.finditer(text):
        is_likely = match.group(0)[len(match.group(1))] in ";. -t"
        yield _put(text, match, f"{match.group(1)}:{match.group(2)}"), 1.4 if is_likely else 2.8
    for match in _HALF_RANGE.finditer(text):
        column, dollar, row, other_dollar, other_column, other_row = match.groups()
        if other_column is None:
            yield _put(text, match, f"{column}{dollar}{row}:{column}{other_dollar}{other_row}"), 1.2
        else:
            yield _put(text, match, f"{column}:{other_dollar}{other_column}"), 1.6
            yield _put(text, match, f"{column}{dollar}{row}:{other_dollar}{other_column}{dollar}{row}"), 2.2
    for match in _DOTTED_SHEET.finditer(text):
        yield _put(text, match, f"{match.group(1)}!{match.group(2)}"), 1.2
    for match in _SPLIT_CELL.finditer(text):
        yield _put(text, match, match.group(1) + match.group(2)), 1.2
    for match in _BARE_CRITERION.finditer(text):
        operator, joined, operand = match.groups()
        if joined or re.fullmatch(_CELL, operand.strip()):
            yield _put(text, match, f'"{operator}"&{operand}'), 0.9
        yield _put(text, match, f'"{operator}{operand}"'), 1.1
    for lexeme in lexemes:
        for right, wrong in zip(("FALSE", "TRUE"), _TRUTH, strict=True):
            if lexeme.text.upper() in wrong:
                yield text[: lexeme.start] + right + text[lexeme.start + len(lexeme.text) :], 0.5


def _put(text: str, match: re.Match[str], piece: str) -> str:
    return text[: match.start()] + piece + text[match.end() :]


def _argument_of(lexemes: Sequence[Lexeme], place: int) -> tuple[int, int]:
    """(first, past the last) lexeme of the argument round `place`."""
    depth, first = 0, place
    while first > 0:
        piece = lexemes[first - 1].text
        if piece == ")":
            depth += 1
        elif piece == "(" or (piece == "," and depth == 0):
            if depth == 0:
                break
            depth -= 1
        first -= 1
    depth, last = 0, place + 1
    while last < len(lexemes):
        piece = lexemes[last].text
        if piece == "(":
            depth += 1
        elif piece == ")" or (piece == "," and depth == 0):
            if depth == 0:
                break
            depth -= 1
        last += 1
    return first, last


def _text(lexemes: Sequence[Lexeme]) -> str:
    return "".join(lexeme.text for lexeme in lexemes)


def _infix(text: str, lexemes: Sequence[Lexeme]) -> Iterator[Edit]:
    """`A1>5 AND B1<3` -> `AND(A1>5,B1<3)`, within one argument."""
    for i, lexeme in enumerate(lexemes):
        word = {"AND": "AND", "OR": "OR", "&": "AND"}.get(lexeme.text.upper())
        is_call = i + 1 < len(lexemes) and lexemes[i + 1].text == "("
        if word is None or i == 0 or (is_call and lexemes[i - 1].text in {"(", ","}):
            continue
        first, last = _argument_of(lexemes, i)
        argument = lexemes[first:last]
        if first == i or sum(part.text in _COMPARISONS for part in argument) < 2:
            continue
        parts: list[str] = [""]
        for part in argument:
            if part.text.upper() == lexeme.text.upper():
                parts.append("")
            else:
                parts[-1] += part.text
        wrapped = f"{word}({','.join(part.strip() for part in parts)})"
        yield _text(lexemes[:first]) + wrapped + _text(lexemes[last:]), 1.0 if lexeme.text != "&" else 2.0
        return


def _chained(text: str, lexemes: Sequence[Lexeme]) -> Iterator[Edit]:
    """`5<A1<10` -> `AND(5<A1,A1<10)`."""
    for i in range(1, len(lexemes) - 3):
        a, first, b, second, c = lexemes[i - 1 : i + 4]
        if first.text in _COMPARISONS and second.text in _COMPARISONS and b.kind in {"cell", "number"}:
            wrapped = f"AND({a.text}{first.text}{b.text},{b.text}{second.text}{c.text})"
            yield _text(lexemes[: i - 1]) + wrapped + _text(lexemes[i + 4 :]), 2.2


def _else_if(text: str, lexemes: Sequence[Lexeme]) -> Iterator[Edit]:
    """`IF(a,b,c,d,e)` -> `IF(a,b,IF(c,d,e))`, and `IF(a,b,(c,d,e))` where the inner name was lost."""
    for i, lexeme in enumerate(lexemes):
        if lexeme.text != "(":
            continue
        depth, commas, closing = 0, list[int](), -1
        for j in range(i, len(lexemes)):
            depth += lexemes[j].text == "("
            if lexemes[j].text == ")":
                depth -= 1
                if depth == 0:
                    closing = j
                    break
            elif lexemes[j].text == "," and depth == 1:
                commas.append(j)
        is_if = i > 0 and lexemes[i - 1].text.upper() == "IF"
        if is_if and len(commas) >= 3:
            at = lexemes[commas[1]].start + 1
            end = lexemes[closing].start if closing >= 0 else len(text)
            yield text[:at] + "IF(" + text[at:end] + ")" + text[end:], 1.4
        if i > 0 and lexemes[i - 1].text in {",", "("} and commas:
            for name, cost in (("IF", 1.4), ("AND", 2.0), ("OR", 2.4)):
                yield text[: lexeme.start] + name + text[lexeme.start :], cost
