"""Requests in German, French and Spanish made plain English, word by word, before they are read.

Only the words of requests are known here: questions, functions, comparisons, verbs, colours. Quoted texts,
names of columns and everything else stay as they are, so `Summe von Umsatz` is `sum of Umsatz`. A text with
English small words is left alone, and so is one without words that only one of the languages has. Answers
are told in English. The lists (`tongues.toml`) are our own, nothing is fitted.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

_ENGLISH = re.compile(
    r"\b(?:the|what|which|how|of|by|is|are|with|where|when|who|and|each|every|than|from|to|into)\b", re.I
)
_KEPT = re.compile(r"\"[^\"]*\"|“[^”]*”|„[^“]*“|«[^»]*»|'[^']*'")
_ENDINGS = ("nen", "en", "es", "er", "n", "e", "s", "x")


@dataclass(frozen=True)
class _Tongue:
    """One of `strong` tells the language, or two of `certain`; group n of `pattern` is `english[n - 1]`."""

    strong: frozenset[str]
    certain: frozenset[str]
    pattern: re.Pattern[str]
    english: tuple[str, ...]


_LEAST = 2
"""A text needs words of one language that weigh so much."""


def in_english(text: str, names: Iterable[str] = ()) -> str:
    """A request with its German, French or Spanish words in English; `names` are columns, which stay."""
    plain = _KEPT.sub(" ", text)
    if _ENGLISH.search(plain):
        return text
    words = re.findall(r"[^\W\d_]+", plain.casefold())
    scores = {
        name: sum((word in tongue.certain) + _LEAST * (word in tongue.strong) for word in words)
        for name, tongue in _tongues().items()
    }
    best = max(scores, key=lambda one: scores[one])
    if scores[best] < _LEAST:
        return text
    return _translated(text, _tongues()[best], [name for name in names if name])


def _translated(text: str, tongue: _Tongue, names: list[str]) -> str:
    kept: list[str] = []

    def keep(match: re.Match[str]) -> str:
        kept.append(match[0])
        return f"\x05{len(kept) - 1}\x06"

    held = _KEPT.sub(keep, text.replace("¿", "").replace("¡", "").replace("\u2019", "'"))
    pattern, english = tongue.pattern, tongue.english
    for name in sorted(names, key=len, reverse=True):
        endings = "|".join(_ENDINGS) if len(name) > 3 else ""
        found = re.compile(rf"(?<!\w)({re.escape(name)})(?:{endings})?(?!\w)", re.I)
        if pattern.fullmatch(name) is None:
            held = found.sub(lambda match, name=name: _keep_name(match, name, kept), held)  # type: ignore[misc]
    held = pattern.sub(lambda match: f" {english[(match.lastindex or 1) - 1]} ", held)
    held = re.sub(r"\x05(\d+)\x06", lambda match: kept[int(match[1])], held)
    return re.sub(r"\s+", " ", held).strip()


def _keep_name(match: re.Match[str], name: str, kept: list[str]) -> str:
    """A column's name, with or without an ending of its plural, as a mark."""
    kept.append(name)
    return f"\x05{len(kept) - 1}\x06"


@lru_cache(maxsize=1)
def _tongues() -> dict[str, _Tongue]:
    table = tomllib.loads(files("cellwright.ask").joinpath("tongues.toml").read_text("utf-8"))
    return {
        name: _Tongue(
            frozenset(held["strong"].split()), frozenset(held["certain"].split()), *_pattern(held["words"])
        )
        for name, held in table.items()
    }


def _pattern(words: dict[str, str]) -> tuple[re.Pattern[str], tuple[str, ...]]:
    """One pattern with a group an entry, and the English of each; longer entries first."""
    entries = sorted(words.items(), key=lambda one: (-one[0].count(" "), -len(one[0])))
    joined = "|".join(rf"(?<!\w)({foreign})(?:(?<=')|(?!\w))" for foreign, _ in entries)
    return re.compile(joined, re.I), tuple(english for _, english in entries)
