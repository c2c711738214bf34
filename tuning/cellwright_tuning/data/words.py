"""The words of `words.toml`: fields of work with their headers, languages, labels, formats and names."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib.resources import files


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
