"""What the ranker learns from: for each task the features of its candidates, and which of them is right.

The candidates go through the stages that serve (`cellwright.suggest.stages`), so that a weight is fitted on
the features it will see. Rows are kept as dense arrays; a feature that a candidate lacks is 0.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cellwright.calc.calculator import Calculator
from cellwright.errors import CalcError
from cellwright.proposers.experts import EXPERTS
from cellwright.proposers.language import LanguageProposer
from cellwright.proposers.model import Place
from cellwright.rank.features import verdict_features
from cellwright.rank.rank import Weights
from cellwright.suggest.merge import Merged, merge
from cellwright.suggest.stages import features_of, judged, likeliest, tried
from cellwright.suggest.suggest import LEAST_TRIED

from .data.values import computed_workbook
from .data.workbooks import generate_workbook
from .tasks import Task, draw_tasks

TASKS_A_WORKBOOK = 6


class Choice(NamedTuple):
    """One task's candidates: where it came from, their features, and which is right (-1: none of them).

    `is_real`: from a workbook that a person made, not from the generator.
    """

    group: int
    kind: str
    features: Sequence[Mapping[str, float]]
    right: int
    is_real: bool = False


@dataclass
class Table:
    """Choices as arrays: `features` (candidates, names), `task` (candidates,), `right` (candidates,) bool."""

    names: list[str]
    features: NDArray[np.float32]
    task: NDArray[np.int64]
    right: NDArray[np.bool_]
    kinds: list[str] = field(default_factory=list)
    groups: list[int] = field(default_factory=list)
    real: list[bool] = field(default_factory=list)

    @property
    def tasks(self) -> int:
        """How many choices."""
        return len(self.kinds)

    def part(self, chosen: Sequence[int]) -> Table:
        """Those tasks alone, renumbered."""
        number = np.full(self.tasks, -1)
        number[list(chosen)] = np.arange(len(chosen))
        rows = number[self.task] >= 0
        return Table(
            self.names,
            self.features[rows],
            number[self.task[rows]],
            self.right[rows],
            [self.kinds[i] for i in chosen],
            [self.groups[i] for i in chosen],
            [self.real[i] for i in chosen],
        )


def tabulate(choices: Sequence[Choice], least: int = 10) -> Table:
    """The choices as a table of the features that occur at least `least` times."""
    seen: dict[str, int] = {}
    for choice in choices:
        for features in choice.features:
            for name, value in features.items():
                if value:
                    seen[name] = seen.get(name, 0) + 1
    names = sorted(name for name, count in seen.items() if count >= least)
    place = {name: i for i, name in enumerate(names)}
    rows = sum(len(choice.features) for choice in choices)
    matrix = np.zeros((rows, len(names)), dtype=np.float32)
    task, right = np.zeros(rows, dtype=np.int64), np.zeros(rows, dtype=np.bool_)
    row = 0
    for number, choice in enumerate(choices):
        for i, features in enumerate(choice.features):
            for name, value in features.items():
                if name in place:
                    matrix[row, place[name]] = value
            task[row], right[row] = number, i == choice.right
            row += 1
    kinds, groups = [c.kind for c in choices], [c.group for c in choices]
    return Table(names, matrix, task, right, kinds, groups, [c.is_real for c in choices])


def draw(seed: str, workbooks: int, calculator: Calculator) -> Iterator[tuple[int, Task]]:
    """(number of the workbook, task) over generated workbooks; one that can't be calculated is left out."""
    for number in range(workbooks):
        random = Random(f"{seed}/{number}")
        try:
            workbook = computed_workbook(random, calculator)
        except CalcError:
            continue
        for task in draw_tasks(workbook.snapshot, random, TASKS_A_WORKBOOK):
            yield number, task


def fresh_calculator() -> Calculator:
    """A calculator to be loaded with one generated workbook after another."""
    return Calculator(generate_workbook(Random(0)).snapshot)


def offers(task: Task) -> tuple[Place, list[Merged]]:
    """All candidates of experts for a task, before anything is cut."""
    place = Place(task.snapshot, task.range)
    offered = [c for proposer in EXPERTS for c in proposer.propose(place)]
    return place, features_of(place, merge(place, offered))


def choice_of(group: int, task: Task, entries: Sequence[Merged], *, is_real: bool = False) -> Choice:
    """The candidates with their label."""
    rights = [i for i, entry in enumerate(entries) if task.is_right(entry.candidate.edits)]
    features = [entry.features for entry in entries]
    return Choice(group, task.kind, features, rights[0] if rights else -1, is_real)


def served(
    task: Task, cut: Weights, calculator: Calculator, engine: LanguageProposer | None
) -> tuple[list[Merged], list[Merged]]:
    """The candidates that reach the last ranking, with all their features: without the model, and with it.

    `calculator` holds the task; what both lists share is run once. Without `engine` the second is empty.
    """
    place = Place(task.snapshot, task.range)
    offered = [c for proposer in EXPERTS for c in proposer.propose(place)]
    alone = tried(place, likeliest(features_of(place, merge(place, offered)), cut, LEAST_TRIED), calculator)
    if engine is None:
        return [entry for entry, _ in alone], []
    entries = likeliest(
        features_of(place, merge(place, [*offered, *engine.propose(place)])), cut, LEAST_TRIED
    )
    verdicts = {entry.candidate.edits: verdict for entry, verdict in alone}
    joined: list[Merged] = []
    fresh: list[Merged] = []
    for entry in judged(place, entries, engine):
        verdict = verdicts.get(entry.candidate.edits)
        if verdict is None:
            fresh.append(entry)
        else:
            joined.append(replace(entry, features=entry.features | verdict_features(place, verdict)))
    joined += [entry for entry, _ in tried(place, fresh, calculator)]
    return [entry for entry, _ in alone], joined
