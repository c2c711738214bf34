"""Denotations: when two answers are the same.

The rules follow how the official scorer of WikiTableQuestions is described (Pasupat and Liang 2015): marks on
letters, case, kinds of quotes and dashes, citations and footnote signs at the end, details in brackets at the
end, quotes around the whole and a final point do not count; numbers compare as numbers; full dates compare as
dates; a list of answers is a set.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from cellwright.ask.grounding.quantities import read_day
from cellwright.ask.grounding.text import fold, tokens

Key = str | float
Denotation = frozenset[Key]

_NUMBER = re.compile(r"[-+]?\d+(?:,\d{3})*(?:\.\d+)?|[-+]?\.\d+")
_MARKS = re.compile(r"(?:(?<!^)\[[^\]]*\]|\[\d+\]|[\u2022\u2666\u2020\u2021*#+])+$")
_BRACKETS = re.compile(r"(?<!^)(?: \([^)]*\))+$")
_DOUBLE_QUOTES = re.compile("[\u201c\u201d]")


@lru_cache(maxsize=262144)
def answer_key(text: str) -> Key:
    """What of one answer counts: a number, a date as `yyyy-mm-dd`, or a plain text."""
    plain = _DOUBLE_QUOTES.sub('"', fold(text)).strip()
    while True:
        before = plain
        plain = _MARKS.sub("", plain).strip()
        plain = _BRACKETS.sub("", plain).strip()
        if len(plain) > 2 and plain[0] == plain[-1] == '"' and '"' not in plain[1:-1]:
            plain = plain[1:-1].strip()
        if plain == before:
            break
    plain = " ".join(plain.removesuffix(".").split())
    if _NUMBER.fullmatch(plain):
        return round(float(plain.replace(",", "")), 6)
    if plain[:1].isdigit() or plain[-1:].isdigit():
        day = read_day(plain)
        if day is not None and None not in day and len(tokens(plain)) == 3:
            return f"{day.year:04}-{day.month:02}-{day.day:02}"
    return plain


def denotation(answers: Iterable[str | float]) -> Denotation:
    """A list of answers as a set of keys."""
    return frozenset(
        round(float(answer), 6) if isinstance(answer, int | float) else answer_key(answer)
        for answer in answers
    )


def same(first: Denotation, second: Denotation) -> bool:
    """Whether two denotations are equal; numbers may differ by a millionth."""
    if first == second:
        return True
    if len(first) != len(second):
        return False
    return all(any(_close(a, b) for b in second) for a in first)


def _close(first: Key, second: Key) -> bool:
    if isinstance(first, float) and isinstance(second, float):
        return abs(first - second) <= 1e-6 * max(1.0, abs(first))
    return first == second
