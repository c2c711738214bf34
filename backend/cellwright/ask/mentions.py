"""Mentions: which columns, sheets and cells of the workbook the words of an instruction name, and where.

Words are compared by `grounding.text` (stems, common beginnings, abbreviations, shared trigrams) and by the
lexicon's synonyms. The best matches that do not overlap win: exact before nearly, longer before shorter.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from cellwright.ask.frames import Frame, FrameColumn
from cellwright.ask.grounding.text import fold, likeness, stem, stems
from cellwright.ask.words import are_synonyms, small_number
from cellwright.errors import ReferenceSyntaxError
from cellwright.reference import Range, column_index
from cellwright.workbook.model import Snapshot

WORD = re.compile(r"[#%$€£]|\d+(?:\.\d+)?|[^\W\d_]+(?:'[^\W\d_]+)?")
_LETTERS = re.compile(
    r"\bcol(?:umn)?s?\s+([A-Z]{1,2})\b(?:\s*(-|to|through|:|–)\s*(?:column\s+)?([A-Z]{1,2})\b)?"
    r"((?:\s*(?:,|and|&)+\s*(?:column\s+)?[A-Z]{1,2}\b)*)"
)
_BY_PLACE = re.compile(r"\b(first|last)\s+(\w+)\s+columns\b", re.I)
_LETTER_FIRST = re.compile(r"\b([A-Z]{1,2})\s+column\b")
_AREA = re.compile(
    r"(?<![\w$])\$?([A-Z]{1,3})\$?(\d{1,7})(?:\s*(?::|to|through)\s*\$?([A-Z]{1,3})\$?(\d{1,7}))?(?!\w)"
)
_COLUMN_SPAN = re.compile(r"(?<![\w$])([A-Z]{1,2}):([A-Z]{1,2})(?![\w(])")
_LEAST = 0.62
_SYNONYM, _EXACT = 0.8, 0.97
_BRACKETS = re.compile(r"[(\[].*?[)\]]")


@dataclass(frozen=True, slots=True)
class Mention:
    """A column named by the characters `start` to `end` of a text; `score` up to 1."""

    column: FrameColumn
    start: int
    end: int
    score: float


def columns_in(text: str, frame: Frame, least: float = _LEAST) -> list[Mention]:
    """The columns of a frame that a text names, in its order."""
    found = [*_by_letter(text, frame)]
    words = [(match.start(), match.end(), stem(fold(match[0]))) for match in WORD.finditer(text)]
    found += _by_name(text, words, frame, least)
    found += _said_to_be_columns(text, words, frame)
    chosen = without_overlaps(found)
    return [
        mention
        for mention in chosen
        if mention.score >= _SYNONYM
        or not any(other.end + 1 == mention.start and other.score >= _EXACT for other in chosen)
    ]  # `start date`: the second word says of what kind the column Start is


def without_overlaps(found: Iterable[Mention]) -> list[Mention]:
    """The best mentions that do not share a character, in order."""
    chosen: list[Mention] = []
    for mention in sorted(found, key=lambda one: (-one.score, -(one.end - one.start), one.start)):
        if all(mention.end <= other.start or mention.start >= other.end for other in chosen):
            chosen.append(mention)
    return sorted(chosen, key=lambda one: one.start)


def name_score(text: str, column: FrameColumn) -> float:
    """How well a whole text names a column, 0 to 1."""
    words = stems(text)
    return max((_score(words, header) for header in _headers(column)), default=0.0)


def _by_letter(text: str, frame: Frame) -> list[Mention]:
    found = []

    def add(letters: str, start: int, end: int) -> None:
        column = frame.at(column_index(letters))
        if column is not None:
            found.append(Mention(column, start, end, 1.2))

    for match in _LETTERS.finditer(text):
        if match[3]:
            first, last = sorted((column_index(match[1]), column_index(match[3])))
            span = match.end(3) - match.start()
            for number, place in enumerate(range(first, last + 1)):
                column = frame.at(place)
                if column is not None:  # one slice of the words each, so that none overlap
                    count = last - first + 1
                    start = match.start() + number * span // count
                    found.append(Mention(column, start, match.start() + (number + 1) * span // count, 1.2))
        else:
            add(match[1], match.start(), match.end(1))
        for more in re.finditer(r"\b[A-Z]{1,2}\b", match[4]):
            add(more[0], match.start(4) + more.start(), match.start(4) + more.end())
    for match in _BY_PLACE.finditer(text):
        count = small_number(match[2]) or 0
        chosen = frame.columns[:count] if match[1].lower() == "first" else frame.columns[-count:]
        for number, column in enumerate(chosen if count else ()):
            found.append(Mention(column, match.start() + number, match.start() + number + 1, 1.2))
    for match in _LETTER_FIRST.finditer(text):
        add(match[1], match.start(), match.end())
    for match in _COLUMN_SPAN.finditer(text):
        first, last = sorted((column_index(match[1]), column_index(match[2])))
        for number, place in enumerate(range(first, min(last, first + 50) + 1)):
            column = frame.at(place)
            if column is not None and number < match.end() - match.start():
                found.append(Mention(column, match.start() + number, match.start() + number + 1, 1.2))
    return found


def _headers(column: FrameColumn) -> list[tuple[str, ...]]:
    """The words of a column's name, with and without what stands in brackets, and that alone."""
    full = column.stems
    short = stems(_BRACKETS.sub(" ", column.name))
    inside = [stems(match[0]) for match in _BRACKETS.finditer(column.name)]
    return [words for words in dict.fromkeys((full, short, *inside)) if words]


def _by_name(text: str, words: list[tuple[int, int, str]], frame: Frame, least: float) -> list[Mention]:
    found: list[Mention] = []
    quoted = [(match.start(), match.end()) for match in re.finditer(r"\"[^\"]*\"|“[^”]*”", text)]
    for column in frame.columns:
        for header in _headers(column):
            for size in range(1, len(header) + 1):
                for start in range(len(words) - size + 1):
                    window = words[start : start + size]
                    score = _score(tuple(word for _, _, word in window), header)
                    if score < least:
                        continue
                    begin, end = window[0][0], window[-1][1]
                    inside = next((q for q in quoted if q[0] < begin and end < q[1]), None)
                    if inside is not None and score < 0.99:
                        continue
                    if inside is not None:
                        begin, end = inside
                    found.append(Mention(column, begin, end, score + 0.02 * size))
    return found


def _said_to_be_columns(text: str, words: list[tuple[int, int, str]], frame: Frame) -> list[Mention]:
    """`the insurance column`: a word right before `column` names one even where it is hardly alike."""
    found = []
    for match in re.finditer(r"\bcolumns?\b", text, re.I):
        before = [
            word
            for word in words
            if word[1] <= match.start() and not text[word[1] : match.start()].strip(" \"'”")
        ]
        for start, end, word in before:
            scored = [
                (max(likeness(word, part) for part in column.stems), column)
                for column in frame.columns
                if column.stems and word not in _EMPTY
            ]
            score, column = max(scored, key=lambda one: one[0], default=(0.0, None))
            if column is not None and score >= 0.5:
                found.append(Mention(column, start, end, 0.5 + 0.1 * score))
    return found


def _score(words: tuple[str, ...], header: tuple[str, ...]) -> float:
    """Shared words over the header's words, in order; 1 where all are the same."""
    if not words or not header:
        return 0.0
    if words == header:
        return 1.0
    joined, whole = "".join(words), "".join(header)
    if joined == whole:
        return 0.98
    total = 0.0
    left = list(header)
    for word in words:
        if word in _EMPTY:
            if word not in left:
                return 0.0
            left.remove(word)
            total += 1.0
            continue
        score, best = 0.0, None
        for other in left:
            alike = likeness(word, other)
            if alike < 0.75 and are_synonyms(word, other):
                alike = 0.75
            if alike > score:
                score, best = alike, other
        if best is None:
            return 0.0
        left.remove(best)
        total += score
    share = total / max(len(words), len(header) - sum(_is_light(word) for word in left))
    missing = [word for word in left if not _is_light(word)]
    return share * (0.93 if missing else 0.97)


def _is_light(word: str) -> bool:
    return word in _LIGHT or (word.isdigit() and len(word) == 4) or (len(word) == 1 and word.isalpha())


_EMPTY = frozenset(
    [
        "the",
        "a",
        "an",
        "of",
        "in",
        "on",
        "at",
        "to",
        "for",
        "from",
        "by",
        "with",
        "and",
        "or",
        "is",
        "are",
        "be",
        "it",
        "its",
        "each",
        "all",
        "this",
        "that",
        "these",
        "those",
        "value",
        "column",
        "row",
        "cell",
        "data",
        "table",
        "sheet",
        "result",
        "new",
        "total",
    ]
)
_LIGHT = frozenset(["the", "a", "an", "of", "in", "on", "at", "to", "for", "and", "#", "no", "per"])


def areas_in(text: str) -> list[tuple[Range, int, int]]:
    """The A1 ranges of a text with their places."""
    found = []
    for match in _AREA.finditer(text):
        last = f"{match[3]}{match[4]}" if match[3] else f"{match[1]}{match[2]}"
        try:
            found.append((Range.parse(f"{match[1]}{match[2]}:{last}"), match.start(), match.end()))
        except ReferenceSyntaxError:
            continue
    return found


def sheets_in(text: str, snapshot: Snapshot) -> list[tuple[str, int, int]]:
    """The sheets of the workbook that a text names, in its order; `sheet 2` and `Sheet2` are one."""
    folded = text.casefold()
    found: list[tuple[str, int, int]] = []
    for name in sorted(snapshot.sheet_names, key=len, reverse=True):
        pattern = r"(?<!\w)" + re.sub(r"(?<=[a-z])(?=\d)", r"\\s?", re.escape(name.casefold())) + r"(?!\w)"
        for match in re.finditer(pattern, folded):
            if all(match.end() <= start or match.start() >= end for _, start, end in found):
                before = folded[max(0, match.start() - 12) : match.start()]
                after = folded[match.end() : match.end() + 8]
                is_said = "sheet" in before + after or "tab" in before + after or "sheet" in name.casefold()
                if is_said or re.search(r"[\"'“]$", before):
                    found.append((name, match.start(), match.end()))
    return sorted(found, key=lambda one: one[1])
