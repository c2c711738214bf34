"""The words of `words.toml`: fields of work with their headers, languages, labels, formats and names."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib.resources import files
from random import Random


@dataclass(frozen=True)
class Field:
    """Headers by kind of value, categories and sheet names of one field of work; `|` parts synonyms."""

    name: str
    numbers: tuple[str, ...]
    texts: tuple[str, ...]
    dates: tuple[str, ...]
    categories: tuple[str, ...]
    sheets: tuple[str, ...]


_WORDS = tomllib.loads((files(__package__) / "words.toml").read_text(encoding="utf-8"))

FIELDS: tuple[Field, ...] = tuple(
    Field(field["name"], *(tuple(field[k]) for k in ("numbers", "texts", "dates", "categories", "sheets")))
    for field in _WORDS["fields"]
)
# Headers in other languages by kind: (numbers, texts, dates).
FOREIGN: dict[str, tuple[tuple[str, ...], ...]] = {
    language: tuple(tuple(groups[k]) for k in ("numbers", "texts", "dates"))
    for language, groups in _WORDS["foreign"].items()
}
FLAGS: tuple[tuple[str, ...], ...] = tuple(map(tuple, _WORDS["flags"]))
LADDERS: tuple[tuple[str, ...], ...] = tuple(map(tuple, _WORDS["ladders"]))
MISSING: tuple[str, ...] = tuple(_WORDS["missing"])
DELIMITERS: tuple[str, ...] = tuple(_WORDS["delimiters"])
NUMBER_FORMATS: tuple[str, ...] = tuple(_WORDS["number_formats"])
DATE_FORMATS: tuple[str, ...] = tuple(_WORDS["date_formats"])
DATE_UNITS: tuple[str, ...] = tuple(_WORDS["date_units"])
SHEETS: tuple[str, ...] = tuple(_WORDS["sheets"])
TABLES: tuple[str, ...] = tuple(_WORDS["tables"])
NAMES: tuple[str, ...] = tuple(_WORDS["names"])

_ONSETS = (
    "b",
    "c",
    "d",
    "f",
    "g",
    "h",
    "j",
    "k",
    "l",
    "m",
    "n",
    "p",
    "r",
    "s",
    "t",
    "v",
    "w",
    "br",
    "ch",
    "st",
    "tr",
    "sh",
)
_NUCLEI = ("a", "e", "i", "o", "u", "a", "e", "o", "ai", "ea", "io", "ou")
_CODAS = ("", "", "", "n", "r", "s", "t", "l", "m", "nd", "rt", "ck", "ng")


def invented_word(random: Random) -> str:
    """A word that no list holds, as names of people and products are to a model: it can only copy it."""
    kind = random.random()
    if kind < 0.15:
        return "".join(random.choices("ABCDEFGHIJKLMNOPQRSTUVWXYZ", k=random.randint(1, 4)))
    if kind < 0.25:
        return "".join(random.choices("abcdefghijklmnopqrstuvwxyz", k=random.randint(1, 3)))
    if kind < 0.35:
        letters = "".join(random.choices("ABCDEFGHKLMNPRSTX", k=random.randint(1, 3)))
        return f"{letters}{random.choice(('', '-', '_'))}{random.randint(0, 9999)}"
    if kind < 0.42:
        return str(random.randint(0, 99_999))
    syllables = (
        random.choice(_ONSETS) + random.choice(_NUCLEI) + random.choice(_CODAS)
        for _ in range(random.randint(1, 3))
    )
    word = "".join(syllables)
    return word.title() if random.random() < 0.6 else word


def invented_phrase(random: Random, most: int) -> str:
    """One to `most` words, invented or common."""
    common = random.choice(FIELDS).categories
    parts = [
        invented_word(random) if random.random() < 0.7 else random.choice(common)
        for _ in range(random.randint(1, most))
    ]
    return random.choice((" ", " ", " ", "-", "/", "_", ", ")).join(parts)


def invented_name(random: Random) -> str:
    """A defined name: letters, digits, underscores."""
    first = "".join(random.choices("abcdefghilmnoprstuv", k=random.randint(3, 7)))
    second = random.choice(NAMES)
    return random.choice(
        (
            first,
            first.title(),
            f"{first}_{second}",
            f"{second}{random.randint(1, 9)}_",
            f"{first.title()}{second}",
        )
    )
