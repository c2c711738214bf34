"""The parts of a version, each made from an organisation's workbooks: library, examples, adapter, ranker."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random

from cellwright.calc.calculator import Calculator
from cellwright.errors import CellwrightError
from cellwright.proposers.language import LanguageProposer
from cellwright.proposers.library import Library, library_of
from cellwright.proposers.retrieval import PRIOR, Retrieval
from cellwright.rank.online import Lesson
from cellwright.rank.rank import Ranker, Weights, shipped_ranker
from cellwright_tuning.ranking import TASKS_A_WORKBOOK, draw, fresh_calculator
from cellwright_tuning.tasks import Task
from cellwright_tuning.tenant.assistant import Assistant, at_work, lesson_of, turned
from cellwright_tuning.tenant.draw import examples_of, region_tasks
from cellwright_tuning.tenant.examples import Supervised, TuningData
from cellwright_tuning.tenant.ranker import fitted
from cellwright_tuning.tenant.work import Book, snapshots

REGIONS = 12
"""Of a workbook, at most, that the model learns from."""
REPLAYED = 0.5
"""For each task of the organisation so many of generated workbooks teach the ranker."""
TASKS = 4
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


def posed(books: Sequence[Book], seed: str, *, tasks: int, regions: int = TASKS) -> Iterator[Posed]:
    """Up to `tasks` whole regions, a few of each workbook, workbooks in an order drawn by the seed."""
    order = list(books)
    Random(seed).shuffle(order)
    left = tasks
    for book, snapshot in snapshots(order):
        if left <= 0:
            return
        drawn = region_tasks(snapshot, Random(f"{seed}/{book.name}"), min(regions, left))
        left -= len(drawn)
        with at_work(drawn) as calculator:
            for task in drawn:
                yield Posed(book, task, turned(calculator, task))


def families(books: Sequence[Book]) -> Mapping[str, frozenset[str]]:
    """For each workbook the names of all of its family."""
    members: dict[str, set[str]] = defaultdict(set)
    for book in books:
        members[book.family].add(book.name)
    return {book.name: frozenset(members[book.family]) for book in books}


@dataclass
class Lessons:
    """What the two decisions learn from, and how often what was wanted came through."""

    cut: list[Lesson]
    ranking: list[Lesson]

    def joined(self, other: Lessons) -> Lessons:
        """Both."""
        return Lessons(self.cut + other.cut, self.ranking + other.ranking)


def lessons(
    assistant: Assistant,
    books: Sequence[Book],
    seed: str,
    tasks: int,
    watch: Callable[[int], None] = lambda count: None,
) -> Lessons:
    """Ask an assistant for regions of known workbooks, as if it did not know them.

    For two workbooks in three it knows nothing of their whole family, as of work of a new kind; for the
    third it knows the other copies.
    """
    found = Lessons([], [])
    family = families(books)
    for number, one in enumerate(posed(books, seed, tasks=tasks)):
        unknown = family[one.book.name] if Random(one.book.name).random() < 2 / 3 else {one.book.name}
        asked = assistant.without(unknown)
        try:
            found.cut.append(asked.offers(one.task))
            found.ranking.append(lesson_of(one.task, asked.answer(one.task, one.calculator)))
        except CellwrightError:
            continue
        watch(number + 1)
    return found


def general_lessons(assistant: Assistant, tasks: int) -> Lessons:
    """The same of generated workbooks, so that the ranker forgets nothing: about so many tasks."""
    found = Lessons([], [])
    with fresh_calculator() as calculator:
        for _, task in draw("replay", max(1, tasks // TASKS_A_WORKBOOK), calculator):
            ready = turned(calculator, task)
            found.cut.append(assistant.offers(task))
            found.ranking.append(lesson_of(task, assistant.answer(task, ready)))
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
        return Ranker(
            cut, fitted(with_prior(shipped.experts), found.ranking), with_prior(shipped.model), provenance
        )
    experts = fitted(with_prior(shipped.experts), [_without_model(lesson) for lesson in found.ranking])
    return Ranker(cut, experts, fitted(with_prior(shipped.model), found.ranking), provenance)


def _without_model(lesson: Lesson) -> Lesson:
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
