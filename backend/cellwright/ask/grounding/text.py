"""Words: folding, tokens, stems and how alike two words are. No dictionary; plain rules for plurals."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_DASHES = re.compile("[\u2010-\u2015\u2212]")
_QUOTES = re.compile("[\u2018\u2019\u00b4`]")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_TOKEN = re.compile(r"\d+(?:st|nd|rd|th)\b|\d+(?:\.\d+)?|[^\W\d_]+(?:'[^\W\d_]+)?|[#%$€£]")

_STOP_TEXT = """
a an the of in on at to for from by with as is was were are be been being did do does had has have
how what which who whom whose when where why and or not no than then that this these those there it
its they their he his her she him them me i you your we our us many much more most less least first
last next before after previous between total number name all each any some only other listed list
table time times same also both if so can could will would may one did's s t up out into over during
about ever have's according
"""
STOP_WORDS = frozenset(_STOP_TEXT.split())
"""Words that alone name no value of a table."""


def fold(text: str) -> str:
    """Lower case, without marks on letters, with plain dashes and quotes."""
    plain = unicodedata.normalize("NFKD", text)
    plain = "".join(character for character in plain if not unicodedata.combining(character))
    return _QUOTES.sub("'", _DASHES.sub("-", plain)).lower()


@lru_cache(maxsize=65536)
def tokens(text: str) -> tuple[str, ...]:
    """The words, numbers and money signs of a text, folded; `1,234` is one token without its comma."""
    return tuple(_TOKEN.findall(_THOUSANDS.sub("", fold(text))))


@lru_cache(maxsize=65536)
def stem(word: str) -> str:
    """A word without its possessive or plural ending."""
    if word.endswith("'s"):
        word = word[:-2]
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 4 and word.endswith(("sses", "shes", "ches", "xes", "zes")):
        return word[:-2]
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


@lru_cache(maxsize=65536)
def stems(text: str) -> tuple[str, ...]:
    """The stems of a text's tokens."""
    return tuple(stem(token) for token in tokens(text))


@lru_cache(maxsize=262144)
def likeness(word: str, header: str) -> float:
    """How well a word of a sentence names a word of a header, both stems: 1 same, 0 nothing in common.

    Common beginnings (`attended`, `attendance`), abbreviations (`points`, `pts`) and shared character
    trigrams (slips) count in part.
    """
    if word == header:
        return 1.0
    if not word or not header or not word[0].isalpha() or word[0] != header[0]:
        return 0.0
    common = 0
    for a, b in zip(word, header, strict=False):
        if a != b:
            break
        common += 1
    if common >= 4 and common >= 0.6 * min(len(word), len(header)):
        return 0.7
    if len(header) <= 4 and len(word) > len(header) > 1 and _is_subsequence(header, word):
        return 0.5
    if min(len(word), len(header)) >= 5:
        first, second = _trigrams(word), _trigrams(header)
        shared = len(first & second) / len(first | second)
        if shared >= 0.4:
            return 0.6
    return 0.0


def _is_subsequence(short: str, long: str) -> bool:
    letters = iter(long)
    return all(letter in letters for letter in short)


def _trigrams(word: str) -> frozenset[str]:
    padded = f"^{word}$"
    return frozenset(padded[i : i + 3] for i in range(len(padded) - 2))
