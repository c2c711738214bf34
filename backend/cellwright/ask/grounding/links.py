"""Links from the words of a sentence to a table: columns by their headers, values by cells, numbers, dates.

A value link is a run of words that stands in cells of one column: the whole cell, one part of it, somewhere
inside it, or nearly (a slip or another ending). Only the longest run at a place counts for a column. Numbers
and dates are read apart, since they compare with columns that do not hold them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from cellwright.ask.grounding.kin import KIN, LONGEST_NAME, is_outcome, outcomes
from cellwright.ask.grounding.quantities import (
    MONTHS,
    NUMBER_WORDS,
    Day,
    ordinal_of,
    read_day,
    read_number,
)
from cellwright.ask.grounding.table import TypedColumn, TypedTable
from cellwright.ask.grounding.text import STOP_WORDS, likeness, stem, stems, tokens

MAX_VALUE_LINKS = 14
_LONGEST = 10
_FUZZY_LENGTH = 5
_FUZZY_LEAST = 0.6
_NOTHING = frozenset({"no", "none"})
_PAREN = re.compile(r"\s*[(\[].*")

How = Literal["exact", "part", "inside", "nearly"]
_ORDER = {"exact": 0, "part": 1, "inside": 2, "nearly": 3}


@dataclass(frozen=True, slots=True)
class ValueLink:
    """Words `start` to `end` (exclusive) of the sentence name the cells of `column` in `rows` (bit mask)."""

    column: int
    rows: int
    start: int
    end: int
    how: How
    text: str
    """The words as stems, as they stand in the cells."""

    @property
    def span(self) -> int:
        """The words as a bit mask."""
        return (1 << self.end) - (1 << self.start)


@dataclass(frozen=True, slots=True)
class NumberLink:
    """A number of the sentence at those words; `is_ordinal` for `third`, `is_year` for 1000 to 2099."""

    value: float
    start: int
    end: int
    is_ordinal: bool = False

    @property
    def span(self) -> int:
        """The words as a bit mask."""
        return (1 << self.end) - (1 << self.start)

    @property
    def is_year(self) -> bool:
        """Whether it may be a year."""
        return not self.is_ordinal and 1000 <= self.value < 2100 and self.value == int(self.value)


@dataclass(frozen=True, slots=True)
class DayLink:
    """A date, or a month of some or of any year, at those words."""

    day: Day
    start: int
    end: int

    @property
    def span(self) -> int:
        """The words as a bit mask."""
        return (1 << self.end) - (1 << self.start)


@dataclass(frozen=True)
class Grounding:
    """A sentence linked to a table. `named[c][t]` says how well word t names column c (0 to 1)."""

    sentence: str
    words: tuple[str, ...]
    table: TypedTable
    values: tuple[ValueLink, ...]
    numbers: tuple[NumberLink, ...]
    days: tuple[DayLink, ...]
    named: tuple[tuple[float, ...], ...]

    @cached_property
    def links_anything(self) -> bool:
        """Whether a word that means something stands in the table."""
        if self.values:
            return True
        content = [t for t, word in enumerate(self.words) if word not in STOP_WORDS]
        return any(row[t] >= 0.7 for row in self.named for t in content)


def ground(sentence: str, table: TypedTable) -> Grounding:
    """Link a sentence to a table."""
    words = tokens(sentence)
    stemmed = tuple(stem(word) for word in words)
    values: list[ValueLink] = []
    for index, column in enumerate(table.columns):
        values += _value_links(index, column, words, stemmed)
    values += _near_links(table, words, stemmed, values)
    values += _kin_links(table, stemmed, values)
    values.sort(key=lambda link: (_ORDER[link.how], link.start - link.end, link.start, link.column))
    named = tuple(
        tuple(max((likeness(word, part) for part in column.header_stems), default=0.0) for word in stemmed)
        for column in table.columns
    )
    return Grounding(
        sentence,
        words,
        table,
        tuple(values[:MAX_VALUE_LINKS]),
        tuple(_numbers(words)),
        tuple(_days(words)),
        named,
    )


def _value_links(
    index: int, column: TypedColumn, words: tuple[str, ...], stemmed: tuple[str, ...]
) -> list[ValueLink]:
    cells = [cell.words for cell in column.cells]
    known = column.words_known
    found: list[ValueLink] = []
    reached = 0
    is_numeric = "n" in column.views
    for start, word in enumerate(stemmed):
        if word not in known or start < reached:
            continue
        rows = [i for i, cell in enumerate(cells) if f" {word} " in cell]
        end, best, best_rows = start, 0, rows
        phrase = word
        while True:
            end += 1
            if any(words[t] not in STOP_WORDS for t in range(start, end)):
                best, best_rows = end, rows
            if end >= len(stemmed) or end - start >= _LONGEST or stemmed[end] not in known:
                break
            phrase = f"{phrase} {stemmed[end]}"
            rows = [i for i in rows if f" {phrase} " in cells[i]]
            if not rows:
                break
        if not best:
            continue
        best, best_rows = _trimmed(cells, words, stemmed, start, best, best_rows)
        link = _link(index, column, stemmed, start, best, best_rows)
        if link.how == "inside" and is_numeric and _is_small_number(link.text):
            continue
        found.append(link)
        reached = best
    return found


def _trimmed(
    cells: list[str],
    words: tuple[str, ...],
    stemmed: tuple[str, ...],
    start: int,
    end: int,
    rows: list[int],
) -> tuple[int, list[int]]:
    """The run without small words at its end, where it is not a whole cell with them."""
    phrase = f" {' '.join(stemmed[start:end])} "
    if any(cells[i] == phrase for i in rows):
        return end, rows
    cut = end
    while cut > start + 1 and words[cut - 1] in STOP_WORDS:
        cut -= 1
    if cut == end:
        return end, rows
    phrase = f" {' '.join(stemmed[start:cut])} "
    return cut, [i for i, cell in enumerate(cells) if phrase in cell]


def _link(
    index: int, column: TypedColumn, stemmed: tuple[str, ...], start: int, end: int, rows: list[int]
) -> ValueLink:
    text = " ".join(stemmed[start:end])
    phrase = f" {text} "
    exact = [i for i in rows if column.cells[i].words == phrase]
    if exact:
        return ValueLink(index, _mask(exact), start, end, "exact", text)
    part = [i for i in rows if _has_part(column.cells[i].text, text)]
    if part:
        return ValueLink(index, _mask(part), start, end, "part", text)
    return ValueLink(index, _mask(rows), start, end, "inside", text)


def _has_part(text: str, phrase: str) -> bool:
    """Whether the phrase is the text before brackets, or one item of a list."""
    if " ".join(stems(_PAREN.sub("", text))) == phrase:
        return True
    return any(" ".join(stems(part)) == phrase for part in re.split(r"[,;/\n()]", text))


def _near_links(
    table: TypedTable, words: tuple[str, ...], stemmed: tuple[str, ...], values: list[ValueLink]
) -> list[ValueLink]:
    """Words found in no cell and no header, linked to words of cells that are nearly the same."""
    taken = 0
    for link in values:
        taken |= link.span
    found: list[ValueLink] = []
    for place, word in enumerate(stemmed):
        if taken >> place & 1 or len(word) < _FUZZY_LENGTH or words[place] in STOP_WORDS or word[0].isdigit():
            continue
        if any(likeness(word, part) >= 0.7 for column in table.columns for part in column.header_stems):
            continue
        for index, column in enumerate(table.columns):
            alike = {
                other
                for other in column.words_known
                if len(other) >= _FUZZY_LENGTH - 1 and likeness(word, other) >= _FUZZY_LEAST
            }
            for other in sorted(alike)[:2]:
                rows = [i for i, cell in enumerate(column.cells) if f" {other} " in cell.words]
                found.append(ValueLink(index, _mask(rows), place, place + 1, "nearly", other))
    return found


def _kin_links(table: TypedTable, stemmed: tuple[str, ...], values: list[ValueLink]) -> list[ValueLink]:
    """Peoples and countries that a column writes in other words, and outcomes (`won` for `W 3-1`)."""
    known = {(link.column, link.start) for link in values}
    found: list[ValueLink] = []
    for start, word in enumerate(stemmed):
        for size in range(min(LONGEST_NAME, len(stemmed) - start), 0, -1):
            others = KIN.get(stemmed[start : start + size], ())
            for index, column in enumerate(table.columns):
                if others and (index, start) not in known:
                    found += _by_other_name(index, column, others, start, start + size)
            if others:
                break
        if is_outcome(word):
            for index, column in enumerate(table.columns):
                text, rows = outcomes(column, word)
                if rows and (index, start) not in known:
                    found.append(ValueLink(index, rows, start, start + 1, "nearly", text))
    return found


def _by_other_name(
    index: int, column: TypedColumn, names: tuple[tuple[str, ...], ...], start: int, end: int
) -> list[ValueLink]:
    """The first of those names that stands in cells of the column."""
    for name in names:
        if column.words_known.issuperset(name):
            phrase = f" {' '.join(name)} "
            rows = [i for i, cell in enumerate(column.cells) if phrase in cell.words]
            if rows:
                return [ValueLink(index, _mask(rows), start, end, "nearly", " ".join(name))]
    return []


def _mask(rows: list[int]) -> int:
    return sum(1 << row for row in rows)


def _is_small_number(text: str) -> bool:
    return text.isdigit() and not (len(text) == 4 and text[0] in "12")


def _numbers(words: tuple[str, ...]) -> list[NumberLink]:
    found: list[NumberLink] = []
    skip = -1
    for place, word in enumerate(words):
        if place <= skip:
            continue
        ordinal = ordinal_of(word)
        if ordinal is not None:
            found.append(NumberLink(ordinal, place, place + 1, is_ordinal=True))
            continue
        value = 0.0 if word in _NOTHING else NUMBER_WORDS.get(word)
        if value is None and word[0].isdigit():
            value = read_number(word)
        if value is None:
            continue
        end = place + 1
        while end < len(words) and words[end] in {"hundred", "thousand", "million", "billion", "trillion"}:
            value *= {"hundred": 1e2, "thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12}[
                words[end]
            ]
            end += 1
        skip = end - 1
        found.append(NumberLink(value, place, end))
    return found


def _days(words: tuple[str, ...]) -> list[DayLink]:
    """Dates with a month; a month alone counts where it is no common word of another meaning."""
    found: list[DayLink] = []
    for place, word in enumerate(words):
        if word not in MONTHS or len(word) < 3 or any(link.start <= place < link.end for link in found):
            continue
        best: tuple[Day, int, int] | None = None
        for start in range(max(0, place - 2), place + 1):
            for end in range(place + 1, min(len(words), place + 4) + 1):
                run = words[start:end]
                if (end - start) > 1 and run[0] not in STOP_WORDS and run[-1] not in STOP_WORDS:
                    day = read_day(" ".join(run))
                    known = 0 if day is None else sum(part is not None for part in day)
                    if day is not None and (best is None or known > sum(p is not None for p in best[0])):
                        best = day, start, end
        if best is None and word not in {"may", "mar", "set", "out", "dec", "marco", "mai"}:
            best = Day(None, MONTHS[word], None), place, place + 1
        if best is not None:
            found.append(DayLink(*best))
    return found
