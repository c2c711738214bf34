"""The assistant of one organisation, as experiment and gate ask it: what serves, with parts put in."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from cellwright.calc.calculator import Calculator
from cellwright.edits.model import SetFormulas
from cellwright.errors import CellwrightError
from cellwright.formula import normalise
from cellwright.proposers.experts import EXPERTS
from cellwright.proposers.index import index_workbook
from cellwright.proposers.language import LanguageProposer
from cellwright.proposers.model import Place
from cellwright.proposers.retrieval import Retrieval
from cellwright.rank.online import Lesson
from cellwright.rank.rank import Weights, rank, shipped_ranker
from cellwright.suggest import suggest
from cellwright.suggest.merge import Merged, merge
from cellwright.suggest.model import Suggestion, Suggestions
from cellwright.suggest.practice import Practice
from cellwright.suggest.stages import features_of, judged, likeliest, tried
from cellwright.suggest.suggest import LEAST_TRIED
from cellwright_tuning.tasks import Task
from cellwright_tuning.tenant.draw import formula_of

MOST_OFFERED = 60
"""Of what is offered for a place, so many of the likeliest teach the cut."""


@dataclass(frozen=True)
class Assistant:
    """Weights of the cut and of the ranking, and who proposes beside the experts.

    `practises`: it adapts to each workbook by the formulas that stand there (`suggest/practice.py`).
    """

    cut: Weights
    weights: Weights
    retrieval: Retrieval | None = None
    engine: LanguageProposer | None = None
    practises: bool = False

    @staticmethod
    def shipped(engine: LanguageProposer | None) -> Assistant:
        """What everybody has."""
        ranker = shipped_ranker()
        return Assistant(ranker.cut, ranker.experts if engine is None else ranker.model, None, engine)

    def with_threshold(self, threshold: float) -> Assistant:
        """The same, silent below another probability."""
        return replace(self, weights=replace(self.weights, threshold=threshold))

    def without(self, workbooks: Collection[str]) -> Assistant:
        """The same, as if it did not know some workbooks of its library."""
        if self.retrieval is None:
            return self
        return replace(self, retrieval=self.retrieval.leaving_out(workbooks))

    def answer(self, task: Task, calculator: Calculator | None) -> Suggestions:
        """Its suggestions for a task."""
        experts = EXPERTS if self.retrieval is None else (*EXPERTS, self.retrieval)
        practice = Practice(task.snapshot, task.target.sheet, experts=experts) if self.practises else None
        return suggest(
            task.snapshot,
            task.range,
            calculator=calculator,
            engine=self.engine,
            weights=self.weights,
            cut=self.cut,
            experts=experts,
            practice=practice,
        )

    def lessons(self, task: Task, calculator: Calculator | None) -> tuple[Lesson, Lesson]:
        """What the cut and the ranking learn from a task, from the stages that serve, run once.

        The cut's lesson holds the likeliest of what was offered (what the model wrote itself passes anyhow)
        and what was wanted.
        """
        experts = EXPERTS if self.retrieval is None else (*EXPERTS, self.retrieval)
        place = Place(task.snapshot, task.range)
        offered = [c for proposer in experts for c in proposer.propose(place)]
        if self.engine is not None:
            offered += self.engine.propose(place)
        entries = features_of(place, merge(place, offered))
        told = [entry for entry in entries if entry.candidate.log_probability is None]
        near = likeliest(told, self.cut, MOST_OFFERED)
        held = {id(entry) for entry in near}
        near += [e for e in told if id(e) not in held and task.is_right(e.candidate.edits)]
        chosen = likeliest(entries, self.cut, LEAST_TRIED)
        if self.engine is not None:
            chosen = judged(place, chosen, self.engine)
        sound = [entry for entry, _ in tried(place, chosen, calculator)]
        return _lesson(task, near), _lesson(task, sound)


def _lesson(task: Task, entries: Sequence[Merged]) -> Lesson:
    rights = [i for i, entry in enumerate(entries) if task.is_right(entry.candidate.edits)]
    return Lesson([entry.features for entry in entries], rights[0] if rights else None)


def ranked_again(found: Suggestions, weights: Weights) -> Suggestions:
    """The same candidates in the order of other weights; only the first may be shown."""
    candidates = [suggestion.candidate for suggestion in found.candidates]
    order = rank(candidates, [candidate.features for candidate in candidates], weights)
    again = tuple(
        replace(
            found.candidates[one.position],
            p_accept=one.p_accept,
            rank=number,
            is_shown=number == 1 and one.p_accept >= weights.threshold,
        )
        for number, one in enumerate(order, start=1)
    )
    return replace(found, candidates=again)


def lesson_of(task: Task, found: Suggestions) -> Lesson:
    """The ranked candidates as a lesson of what was wanted."""
    rights = [i for i, s in enumerate(found.candidates) if task.is_right(s.candidate.edits)]
    return Lesson([s.candidate.features for s in found.candidates], rights[0] if rights else None)


def r1c1_of(suggestion: Suggestion) -> str | None:
    """The identity of a suggested formula; None for other edits."""
    edit = suggestion.candidate.edits[0]
    if not isinstance(edit, SetFormulas) or edit.formulas[0][0] is None:
        return None
    return normalise(edit.formulas[0][0], suggestion.target.range.first)


def wanted_r1c1(task: Task) -> str:
    """The identity of the formula that is right."""
    return normalise(formula_of(task), task.target.cell)


@contextmanager
def at_work(tasks: Sequence[Task]) -> Iterator[Calculator | None]:
    """A calculator for the tasks of one workbook; None where it can't be calculated."""
    calculator: Calculator | None = None
    try:
        if tasks:
            calculator = Calculator(tasks[0].snapshot)
    except CellwrightError:
        calculator = None
    try:
        yield calculator
    finally:
        if calculator is not None:
            calculator.close()


def turned(calculator: Calculator | None, task: Task) -> Calculator | None:
    """The calculator with a task's workbook in it, its sheets indexed; None where it can't be calculated."""
    index_workbook(task.snapshot).build()
    if calculator is None:
        return None
    try:
        calculator.load(task.snapshot)
        calculator.reproduction  # noqa: B018  warm, as in a session
    except CellwrightError:
        return None
    return calculator
