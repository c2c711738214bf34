"""Asking with one of its parts left out, for the suites' `--without`.

The product has no switches for this: here the functions of a part are replaced while a suite runs.

- grounding: in `tables-qa` nothing of the question is linked to headers or cells; in plans names count only
  as they are written, without synonyms, slips and the values of cells.
- search: in `tables-qa` forms of at most one condition, no superlative; in plans only a task's likeliest
  reading.
- model: in `tables-qa` forms keep the order in which the search finds them. No model takes part in plans.
- verify: steps of plans are applied and not run. In `tables-qa` see `sure_proven`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Any
from unittest.mock import patch

import numpy as np

from cellwright.ask import ask, mentions, settling
from cellwright.ask.checking import Checked
from cellwright.ask.grounding.links import Grounding, ground
from cellwright.ask.grounding.table import TypedTable
from cellwright.ask.model import Draft, Step
from cellwright.ask.questions import answer
from cellwright.ask.questions.features import Arrays
from cellwright.ask.questions.forms import Runner
from cellwright.ask.questions.scorer import Scorer
from cellwright.ask.questions.search import candidates
from cellwright.ask.questions.values import Candidate
from cellwright.calc.calculator import Calculator
from cellwright.edits.apply import apply_all
from cellwright.errors import CellwrightError
from cellwright.verify.model import Status, Verdict
from cellwright.workbook.model import Snapshot

MOST_OPERATORS = 3
"""What is left without search: one condition with its view, and one value."""
_SEARCHED = frozenset(
    {"max", "min", "rank_max", "rank_min", "first", "last", "next", "prev", "and", "or", "same"}
)


@contextmanager
def left_out(part: str | None) -> Iterator[None]:
    """Asking without a part; None leaves it whole."""
    with ExitStack() as stack:
        for owner, name, instead in _REPLACED.get(part or "", ()):
            stack.enter_context(patch.object(owner, name, instead))
        yield


def _unlinked(sentence: str, table: TypedTable) -> Grounding:
    found = ground(sentence, table)
    return replace(found, values=(), named=tuple(tuple(0.0 for _ in row) for row in found.named))


def _simple(grounding: Grounding, runner: Runner) -> list[Candidate]:
    return [
        one
        for one in candidates(grounding, runner)
        if len(one.ops) <= MOST_OPERATORS and _SEARCHED.isdisjoint(one.ops)
    ]


def _in_order(scorer: Scorer, arrays: Arrays) -> np.ndarray[Any, Any]:
    return -np.arange(len(arrays.ops), dtype=np.float32)[None]


def _as_written(word: str, header: str) -> float:
    return float(word == header)


def _unsettled(condition: Any, *_: Any, **__: Any) -> Any:
    return condition


def _first_reading(task: str, scene: Any) -> list[Any]:
    return _READINGS(task, scene)[:1]


def _applied(draft: Draft, before: Snapshot, calculator: Calculator) -> Checked | None:
    try:
        after = apply_all(before, draft.edits)
    except CellwrightError:
        return None
    verdict = Verdict(Status.UNVERIFIED, why="not run")
    return Checked(
        Step(draft.title, draft.edits, draft.shape, verdict, draft.citations, draft.destroys), after
    )


_READINGS: Callable[[str, Any], list[Any]] = ask._readings
_REPLACED: dict[str, tuple[tuple[Any, str, Any], ...]] = {
    "grounding": (
        (answer, "ground", _unlinked),
        (mentions, "likeness", _as_written),
        (mentions, "are_synonyms", lambda word, other: False),
        (settling, "_settled", _unsettled),
    ),
    "search": ((answer, "candidates", _simple), (ask, "_readings", _first_reading)),
    "model": ((Scorer, "scores", _in_order),),
    "verify": ((ask, "check_draft", _applied),),
}
