"""The parts of a version, each made from an organisation's workbooks: library, examples, adapter, ranker."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import inf
from random import Random
from typing import NamedTuple

from cellwright.calc.calculator import Calculator
from cellwright.errors import CellwrightError
from cellwright.proposers.language import LanguageProposer
from cellwright.proposers.library import Library, library_of
from cellwright.proposers.retrieval import PRIOR, Retrieval
from cellwright.rank.online import Lesson
from cellwright.rank.rank import Ranker, Weights, shipped_ranker
from cellwright_tuning.ranking import TASKS_A_WORKBOOK, draw, fresh_calculator
from cellwright_tuning.tasks import Task
from cellwright_tuning.tenant.assistant import Assistant, at_work, turned
from cellwright_tuning.tenant.draw import examples_of, region_tasks
from cellwright_tuning.tenant.examples import Supervised, TuningData
from cellwright_tuning.tenant.ranker import calibrated, fitted
from cellwright_tuning.tenant.rows import Rows
from cellwright_tuning.tenant.work import Book, snapshots

REGIONS = 12
"""Of a workbook, at most, that the model learns from."""
REPLAYED = 0.5
"""For each task of the organisation so many of generated workbooks teach the ranker."""
GENERAL_COUNT = 0.3
"""What each of them counts beside one of the organisation."""
MOST_CALCULATED = 300
"""Formulas of a workbook, at most, for its tasks to be calculated: a large one takes seconds for each."""
MOST_FORMULAS = 20_000
"""A workbook of more teaches the ranker nothing: each of its tasks takes minutes to hide and to index."""
TASKS = 5
"""Of a workbook, at most, that the ranker learns from."""
NEXT_SHARE = 0.2


def library(books: Sequence[Book]) -> Library:
    """What retrieval knows of some workbooks."""
    return library_of((book.name, snapshot) for book, snapshot in snapshots(books))


def examples(books: Sequence[Book], seed: str, *, regions: int = REGIONS) -> TuningData:
    """What the model learns from some workbooks; no formula twice in one family."""
    found: dict[tuple[str, str, str], Supervised] = {}
    for book, snapshot in snapshots(books):
        random = Random(f"{seed}/{book.name}")
        for task in region_tasks(snapshot, random, regions, NEXT_SHARE):
            for example in examples_of(task, random):
                key = (book.family, example.prompt, example.answer)
                found.setdefault(key, Supervised(example.prompt, example.answer))
    return TuningData(list(found.values()))


@dataclass(frozen=True)
class Posed:
    """A task, where it came from, and a calculator that holds its workbook (None: it can't be calculated)."""

    book: Book
    task: Task
    calculator: Calculator | None


def posed(
    books: Sequence[Book],
    seed: str,
    *,
    tasks: int,
    regions: int = TASKS,
    next_share: float = 0.0,
    calculated: int = MOST_CALCULATED,
) -> Iterator[Posed]:
    """Up to `tasks` regions, a few of each workbook, workbooks in an order drawn by the seed.

    A workbook of more than `calculated` formulas comes without a calculator.
    """
    order = list(books)
    Random(seed).shuffle(order)
    left = tasks
    for book, snapshot in snapshots(order):
        if left <= 0:
            return
        drawn = region_tasks(snapshot, Random(f"{seed}/{book.name}"), min(regions, left), next_share)
        left -= len(drawn)
        with at_work(drawn if book.formulas <= calculated else ()) as calculator:
            for task in drawn:
                yield Posed(book, task, turned(calculator, task))


def families(books: Sequence[Book]) -> Mapping[str, frozenset[str]]:
    """For each workbook the names of all of its family."""
    members: dict[str, set[str]] = defaultdict(set)
    for book in books:
        members[book.family].add(book.name)
    return {book.name: frozenset(members[book.family]) for book in books}


class Told(NamedTuple):
    """One task as the ranking learns from it: its workbook's family, its kind, what it counts."""

    family: str
    kind: str
    lesson: Lesson
    weight: float = 1.0


@dataclass
class Lessons:
    """What the two decisions learn from."""

    cut: Rows = field(default_factory=Rows)
    ranking: list[Told] = field(default_factory=list)

    def add(self, family: str, task: Task, lessons: tuple[Lesson, Lesson], count: float = 1.0) -> None:
        """One more task, with its lessons for the cut and for the ranking."""
        offered, ranked = lessons
        self.cut.add(family, task.kind, offered.features, offered.wanted, count)
        self.ranking.append(Told(family, task.kind, ranked, count))

    def joined(self, other: Lessons) -> Lessons:
        """Both."""
        found = Lessons(Rows(), self.ranking + other.ranking)
        found.cut.extend(self.cut)
        found.cut.extend(other.cut)
        return found


def rows_of(told: Iterable[Told], turn: Callable[[Lesson], Lesson] = lambda lesson: lesson) -> Rows:
    """Lessons as rows, each turned first."""
    found = Rows()
    for one in told:
        lesson = turn(one.lesson)
        found.add(one.family, one.kind, lesson.features, lesson.wanted, one.weight)
    return found


Unknown = Callable[[Book], Collection[str]]
"""Of a workbook, the names of those that are not known when it is asked about."""


def unknown_by_family(books: Sequence[Book]) -> Unknown:
    """For two workbooks in three their whole family, as of work of a new kind; for the third itself alone."""
    family = families(books)
    return lambda book: family[book.name] if Random(book.name).random() < 2 / 3 else {book.name}


def unknown_by_folder(books: Sequence[Book]) -> Unknown:
    """All workbooks of the same first folder, as for work of a new department; with one folder by family."""
    members: dict[str, set[str]] = defaultdict(set)
    for book in books:
        members[book.name.split("/")[0]].add(book.name)
    if len(members) < 2:
        return unknown_by_family(books)
    return lambda book: members[book.name.split("/")[0]]


def lessons(
    assistant: Assistant,
    books: Sequence[Book],
    seed: str,
    tasks: int,
    unknown: Unknown | None = None,
    watch: Callable[[int], None] = lambda count: None,
    ends: float = inf,
) -> Lessons:
    """Ask an assistant for regions of known workbooks, as if it did not know them, until a moment of
    `time.monotonic`."""
    found = Lessons()
    unknown = unknown or unknown_by_family(books)
    small = [book for book in books if book.formulas <= MOST_FORMULAS]
    for number, one in enumerate(posed(small, seed, tasks=tasks, next_share=NEXT_SHARE)):
        if time.monotonic() > ends:
            break
        asked = assistant.without(unknown(one.book))
        try:
            found.add(one.book.family, one.task, asked.lessons(one.task, one.calculator))
        except CellwrightError:
            continue
        watch(number + 1)
    return found


def general_lessons(assistant: Assistant, tasks: int) -> Lessons:
    """The same of generated workbooks, so that the ranker forgets nothing: about so many tasks."""
    found = Lessons()
    with fresh_calculator() as calculator:
        for number, task in draw("replay", max(1, tasks // TASKS_A_WORKBOOK), calculator):
            ready = turned(calculator, task)
            found.add(f"general {number}", task, assistant.lessons(task, ready), GENERAL_COUNT)
    return found


def with_prior(weights: Weights) -> Weights:
    """Weights that trust retrieval a little before anything is learnt about it."""
    return replace(weights, features={**PRIOR, **weights.features})


def untaught(language: LanguageProposer | None, retrieval: Retrieval | None) -> Assistant:
    """The shipped assistant with a library, before its ranker learns."""
    shipped = Assistant.shipped(language)
    if retrieval is None:
        return shipped
    return Assistant(with_prior(shipped.cut), with_prior(shipped.weights), retrieval, language)


def ranker_of(
    found: Lessons, language: LanguageProposer | None, provenance: Mapping[str, str | int]
) -> Ranker:
    """The shipped ranker moved to what the lessons wanted; what was not asked about keeps its weights."""
    shipped = shipped_ranker()
    cut = fitted(with_prior(shipped.cut), found.cut)
    if language is None:
        experts = calibrated(with_prior(shipped.experts), rows_of(found.ranking))
        return Ranker(cut, experts, with_prior(shipped.model), provenance)
    experts = calibrated(with_prior(shipped.experts), rows_of(found.ranking, without_model))
    return Ranker(cut, experts, calibrated(with_prior(shipped.model), rows_of(found.ranking)), provenance)


def without_model(lesson: Lesson) -> Lesson:
    """The lesson as the experts alone would have had it: without what the model said."""
    kept = [
        {
            k: v
            for k, v in features.items()
            if not k.startswith(("log_probability", "beam_", "by_model", "is_scored"))
        }
        for features in lesson.features
    ]
    alone = [i for i, features in enumerate(kept) if any(k.startswith("by_") for k in features)]
    wanted = alone.index(lesson.wanted) if lesson.wanted in alone else None
    return Lesson([kept[i] for i in alone], wanted)
