"""The harness that every suite shares: tasks in, metrics with 95 % bootstrap intervals out.

A suite yields one TaskResult a task. A metric is a ratio of sums, numerator over denominator, either over
all tasks (`average="task"`) or as the mean of the groups' ratios (`average="group"`, e.g. per workbook).
Intervals resample whole groups (Efron's percentile bootstrap), because tasks of one group are alike.
Precision at coverage sorts the tasks by confidence; an abstention comes last and counts as wrong.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 1000
PARTS = ("experts", "model", "verify", "practice", "rank")
"""The parts of the assistant that can be left out of the `formula` suite."""
PARTS_OF = {
    "formula": PARTS,
    "tables-qa": ("grounding", "search", "model"),
    "tasks": ("grounding", "search", "verify"),
    "nl-to-format": ("grounding", "search", "verify"),
    "paraphrases": ("grounding", "search", "verify"),
}
"""Suite -> the parts that it can leave out."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Options:
    """What the command line gives to a suite; `limit` counts tasks (or files, where a file is a task).

    `without` names the part of the assistant that an ablation leaves out; `test` a second folder of data,
    `recipe` how a suite that tunes does so, `jobs` how many processes share the workbooks.
    """

    limit: int | None = None
    seed: int = 0
    model: str | None = None
    easy: bool = False
    without: str | None = None
    every: bool = False
    test: Path | None = None
    recipe: Path | None = None
    jobs: int = 1


@dataclass(frozen=True)
class TaskResult:
    """One task. `metrics` maps a name to (numerator, denominator): `(1, 1)` is a hit, `(0, 1)` a miss.

    A metric that a task has no part in is left out. `group` is the unit that intervals resample.
    `confidence` is None where the assistant abstained; `is_right` is what precision at coverage counts.
    """

    group: str
    metrics: Mapping[str, tuple[float, float]]
    confidence: float | None = None
    is_right: bool = False
    latency_ms: float | None = None
    failure: str | None = None


@dataclass(frozen=True)
class Metric:
    """A value with its 95 % interval; `tasks` is how many had a part in it."""

    value: float
    low: float
    high: float
    tasks: int


@dataclass(frozen=True)
class Suite:
    """A suite: `run` yields results; `curves` maps a metric's name to a coverage (0 to 1).

    `asks_model` says whether the language model takes part where none is named.
    """

    name: str
    run: Callable[[Path, Options], Iterator[TaskResult]]
    average: Literal["task", "group"] = "task"
    curves: Mapping[str, float] = field(default_factory=dict)
    asks_model: bool = False


@dataclass(frozen=True)
class Report:
    """What a run gave."""

    tasks: int
    metrics: dict[str, Metric]
    latency_ms: dict[str, float]
    failures: list[str]

    def to_json(self) -> dict[str, Any]:
        """The shape of EVALS' `--json`, without the facts about data and machine."""
        return {
            "tasks": self.tasks,
            "metrics": {
                name: {"value": m.value, "low": m.low, "high": m.high, "tasks": m.tasks}
                for name, m in self.metrics.items()
            },
            "latency_ms": self.latency_ms,
            "failures": self.failures,
        }


def summarise(suite: Suite, results: Iterable[TaskResult], seed: int = 0) -> Report:
    """Metrics, intervals and latencies of a run's results."""
    tasks = list(results)
    by_group: dict[str, list[TaskResult]] = defaultdict(list)
    for task in tasks:
        by_group[task.group].append(task)
    groups = list(by_group.values())
    draws = np.random.default_rng(seed).integers(0, len(groups), (RESAMPLES, len(groups))) if groups else None
    metrics: dict[str, Metric] = {}
    for name in dict.fromkeys(name for task in tasks for name in task.metrics):
        sums = np.array([_sums(group, name) for group in groups], dtype=np.float64)
        value = _ratio(sums, suite.average)
        assert draws is not None
        spread = np.array([_ratio(sums[draw], suite.average) for draw in draws])
        taking_part = sum(name in task.metrics for task in tasks)
        metrics[name] = _metric(value, spread, taking_part)
    for name, coverage in suite.curves.items():
        if draws is None:
            continue
        value = _precision(tasks, coverage)
        spread = np.array(
            [_precision([t for g in draw for t in groups[g]], coverage) for draw in draws[: RESAMPLES // 4]]
        )
        metrics[name] = _metric(value, spread, len(tasks))
    times = [task.latency_ms for task in tasks if task.latency_ms is not None]
    latency = (
        {"p50": float(np.percentile(times, 50)), "p95": float(np.percentile(times, 95))} if times else {}
    )
    return Report(len(tasks), metrics, latency, [task.failure for task in tasks if task.failure])


def _sums(group: list[TaskResult], name: str) -> tuple[float, float]:
    parts = [task.metrics[name] for task in group if name in task.metrics]
    return sum(part[0] for part in parts), sum(part[1] for part in parts)


def _ratio(sums: Floats, average: str) -> float:
    """`sums` is (groups, 2): numerators and denominators."""
    if average == "group":
        held = sums[sums[:, 1] > 0]
        return float((held[:, 0] / held[:, 1]).mean()) if len(held) else float("nan")
    total = sums.sum(axis=0)
    return float(total[0] / total[1]) if total[1] else float("nan")


def _precision(tasks: list[TaskResult], coverage: float) -> float:
    count = max(1, round(len(tasks) * coverage))
    surest = sorted(tasks, key=lambda t: -1.0 if t.confidence is None else t.confidence, reverse=True)[:count]
    return sum(t.is_right and t.confidence is not None for t in surest) / count


def _metric(value: float, spread: Floats, tasks: int) -> Metric:
    known = spread[~np.isnan(spread)]
    if not len(known):
        return Metric(value, value, value, tasks)
    low, high = np.percentile(known, [2.5, 97.5])
    return Metric(value, float(low), float(high), tasks)
