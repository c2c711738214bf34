"""Candidates as arrays: what the scorer sees of a question, its table and every candidate form.

Nothing here is lexical except token ids; which words mean which operators and columns is learned. N
candidates, T words (at most 40), C columns, L value links. `-1` pads columns and links, 0 pads operators and
tokens.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log1p
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from cellwright.ask.grounding.links import Grounding
from cellwright.ask.grounding.text import STOP_WORDS, stem
from cellwright.ask.questions.contents import column_facts, frequent_words
from cellwright.ask.questions.denotation import Denotation
from cellwright.ask.questions.rowsets import Roles
from cellwright.ask.questions.values import Candidate

MAX_WORDS = 40
MAX_OPS = 12
MAX_LINKS = 3
HEADER_WORDS = 6
CONTENT_WORDS = 8
SLOTS = ("A", "K", "K2", "C", "C2", "S", "F", "F2", "F3", "X", "N")
"""A candidate's columns by role (`rowsets.Roles`), a number where there are several; the first key is `X`
where the greatest is sought and `N` where the least."""
GREATEST = frozenset({"max", "rank_max", "beyond", "top", "more_sum"})
LEAST = frozenset({"min", "rank_min", "below", "bottom", "fewer_sum"})
NAMED = 0.7
"""From this likeness on a word counts as naming a column."""
BUCKETS = 64
"""Words that training did not know fall into so many buckets by their hash."""
WORD_FACTS = 8
LINK_FACTS = 8
FORM_FACTS = 25
IS_TEXT, COVERED = 2, 10
"""Places of two facts of a form: its answer is a text; the share of the sentence's words that it accounts
for."""

MIXED_SLOTS = [SLOTS.index(name) for name in ("A", "K", "C", "F", "X", "N")]
"""The roles whose columns the scorer's last network sees whole."""
_SLOT = {name: i for i, name in enumerate(SLOTS)}


@dataclass(frozen=True)
class Vocabulary:
    """Ids of words, operators and templates; 0 is padding; unknown words fall into buckets after 0."""

    words: Mapping[str, int]
    ops: Mapping[str, int]
    templates: Mapping[str, int]

    def word(self, word: str) -> int:
        """The id of a word; numbers share two ids."""
        if word[0].isdigit() and word not in self.words:
            word = "<year>" if len(word) == 4 and word.isdigit() and word[0] in "12" else "<number>"
        return self.words.get(word) or 1 + crc32(word.encode()) % BUCKETS

    def known(self, words: Sequence[str], count: int) -> list[int]:
        """The ids of the first `count` words that are known, then 0."""
        ids = [self.words[word] for word in words if word in self.words][:count]
        return ids + [0] * (count - len(ids))


@dataclass(frozen=True)
class Arrays:
    """A question with its candidates. Shapes in the comments."""

    words: NDArray[np.int32]  # (T,)
    word_facts: NDArray[np.float32]  # (T, WORD_FACTS)
    headers: NDArray[np.int32]  # (C, HEADER_WORDS)
    contents: NDArray[np.int32]  # (C, CONTENT_WORDS)
    column_facts: NDArray[np.float32]  # (C, COLUMN_FACTS)
    named: NDArray[np.float32]  # (C, T)
    link_facts: NDArray[np.float32]  # (L, LINK_FACTS)
    link_words: NDArray[np.bool_]  # (L, T)
    ops: NDArray[np.uint8]  # (N, MAX_OPS)
    templates: NDArray[np.uint16]  # (N,)
    columns: NDArray[np.int8]  # (N, len(SLOTS))
    links: NDArray[np.int8]  # (N, MAX_LINKS)
    used: NDArray[np.uint64]  # (N,) bit t: word t is used up
    form_facts: NDArray[np.float16]  # (N, FORM_FACTS)


def arrays(grounding: Grounding, candidates: Sequence[Candidate], vocabulary: Vocabulary) -> Arrays:
    """Everything the scorer needs, in one pass over the candidates."""
    words = grounding.words[:MAX_WORDS]
    columns = grounding.table.columns
    header_words = np.zeros((len(columns), HEADER_WORDS), np.int32)
    for c, column in enumerate(columns):
        for i, part in enumerate(column.header_stems[:HEADER_WORDS]):
            header_words[c, i] = vocabulary.word(part)
    named = np.array(grounding.named, np.float32).reshape(len(columns), -1)[:, : len(words)]
    numbers_asked = len(grounding.numbers) + len(grounding.days)
    value_words = 0
    for link in grounding.values:
        if link.how in ("exact", "part"):
            value_words |= link.span
    op_ids: dict[tuple[str, ...], tuple[list[int], int]] = {}
    slot_rows: dict[tuple[tuple[str, ...], Roles], list[int]] = {}
    sentence = f" {' '.join(stem(word) for word in words)} "
    limit = (1 << MAX_WORDS) - 1
    content = sum(1 << t for t, word in enumerate(words) if word not in STOP_WORDS)
    naming = [sum(1 << t for t, score in enumerate(row) if score >= NAMED) for row in named]
    asked = {number.value for number in grounding.numbers}
    shared = Counter(candidate.denotation for candidate in candidates)
    answered: dict[Denotation, tuple[float, ...]] = {}
    made: list[tuple[list[int], int, list[int], list[int], int, tuple[float, ...]]] = []
    total = max(1, len(grounding.table.rows))
    for candidate in candidates:
        known = op_ids.get(candidate.ops)
        if known is None:
            ids = [vocabulary.ops.get(op, 0) for op in candidate.ops[:MAX_OPS]]
            ids += [0] * (MAX_OPS - len(ids))
            known = op_ids[candidate.ops] = ids, vocabulary.templates.get(candidate.template, 0)
        made_of = candidate.ops, candidate.roles
        slots = slot_rows.get(made_of)
        if slots is None:
            slots = slot_rows[made_of] = _slots(*made_of)
        answer = answered.get(candidate.denotation)
        if answer is None:
            answer = _answer_facts(candidate.denotation, sentence, total)
            answer += (
                log1p(shared[candidate.denotation]) / 4,
                float(not asked.isdisjoint(candidate.denotation)),
            )
            answered[candidate.denotation] = answer
        chosen = [*candidate.links[:MAX_LINKS], -1, -1, -1][:MAX_LINKS]
        missed = (value_words & ~candidate.words).bit_count()
        told = candidate.words
        for _, place in candidate.roles:
            told |= naming[place]
        covered = (told & content).bit_count() / max(1, content.bit_count())
        facts = (*answer, covered, *_form_facts(candidate, slots, numbers_asked, missed, total))
        made.append((known[0], known[1], slots, chosen, candidate.words & limit, facts))
    ops, templates, columns_used, links, used, all_facts = zip(*made, strict=True) if made else ((),) * 6
    return Arrays(
        np.array([vocabulary.word(word) for word in words], np.int32),
        _word_facts(grounding, words),
        header_words,
        np.array([vocabulary.known(frequent_words(c), CONTENT_WORDS) for c in columns], np.int32),
        np.array(column_facts(grounding.table), np.float32),
        named,
        _link_facts(grounding),
        _link_words(grounding, len(words)),
        np.array(ops, np.uint8).reshape(-1, MAX_OPS),
        np.array(templates, np.uint16),
        np.array(columns_used, np.int8).reshape(-1, len(SLOTS)),
        np.array(links, np.int8).reshape(-1, MAX_LINKS),
        np.array(used, np.uint64),
        np.array(all_facts, np.float16).reshape(-1, FORM_FACTS),
    )


def _slots(ops: Sequence[str], roles: Roles) -> list[int]:
    """The column of each slot, -1 where there is none."""
    row = [-1] * len(SLOTS)
    for role, column in roles:
        for name in (role, f"{role}2", f"{role}3"):
            slot = _SLOT.get(name)
            if slot is not None and row[slot] < 0:
                row[slot] = column
                break
    sought = "X" if not GREATEST.isdisjoint(ops) else "N" if not LEAST.isdisjoint(ops) else "K"
    if sought != "K":
        row[_SLOT[sought]], row[_SLOT["K"]] = row[_SLOT["K"]], -1
    return row


def _word_facts(grounding: Grounding, words: Sequence[str]) -> NDArray[np.float32]:
    facts = np.zeros((len(words), WORD_FACTS), np.float32)
    hows = {"exact": 0, "part": 1, "inside": 2, "nearly": 2}
    for link in grounding.values:
        facts[link.start : link.end, hows[link.how]] = 1.0
    for number in grounding.numbers:
        facts[number.start : number.end, 4 if number.is_ordinal else 3] = 1.0
    for day in grounding.days:
        facts[day.start : day.end, 5] = 1.0
    for t, word in enumerate(words):
        facts[t, 6] = max((row[t] for row in grounding.named), default=0.0)
        facts[t, 7] = float(word in STOP_WORDS)
    return facts


def _link_facts(grounding: Grounding) -> NDArray[np.float32]:
    facts = np.zeros((len(grounding.values), LINK_FACTS), np.float32)
    rows = max(1, len(grounding.table.rows))
    for i, link in enumerate(grounding.values):
        facts[i, ("exact", "part", "inside", "nearly").index(link.how)] = 1.0
        facts[i, 4] = min(link.end - link.start, 6) / 3
        facts[i, 5] = link.rows.bit_count() / rows
        facts[i, 6] = float(link.rows & (link.rows - 1) == 0)
        facts[i, 7] = float(link.text.replace(" ", "").isdigit())
    return facts


def _link_words(grounding: Grounding, count: int) -> NDArray[np.bool_]:
    marks = np.zeros((len(grounding.values), count), np.bool_)
    for i, link in enumerate(grounding.values):
        marks[i, link.start : link.end] = True
    return marks


def _answer_facts(answer: Denotation, sentence: str, total: int) -> tuple[float, ...]:
    key = next(iter(answer))
    size = len(answer)
    if isinstance(key, str):
        stands = size == 1 and f" {' '.join(stem(word) for word in key.split())} " in sentence
        return (log1p(size - 1), float(size == 1), 1.0, float(stands), 0.0, 0.0, 0.0, 0.0)
    return (
        log1p(size - 1),
        float(size == 1),
        0.0,
        0.0,
        float(key == 0),
        float(key != int(key)),
        float(1000 <= key < 2100),
        float(key > total),
    )


def _form_facts(
    candidate: Candidate, slots: list[int], numbers_asked: int, missed: int, total: int
) -> tuple[float, ...]:
    answer, compared, filtered = slots[0], slots[3], slots[6]
    by = max(slots[1], slots[9], slots[10])
    rows = candidate.rows.bit_count()
    return (
        log1p(rows),
        rows / total,
        float(rows == 1),
        len(candidate.ops) / 4,
        len(candidate.links) / 2,
        min(missed, 6) / 3,
        float(candidate.numbers),
        max(0, numbers_asked - candidate.numbers) / 2,
        float(answer >= 0 and answer == filtered),
        float(answer >= 0 and answer == by),
        float(by >= 0 and by == filtered),
        float(compared >= 0 and compared in (answer, by)),
        min(total, 100) / 50,
        float(rows == 0),
    )
