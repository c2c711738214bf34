"""The ranker fitted to an organisation: the shipped weights and the likeliest difference from them.

    max over d   sum log P(wanted | features, w + d) - PRECISION / 2 |d|^2

so with few tasks it stays where it was. The threshold of silence is then the one at which no more is shown
than before.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from cellwright.errors import UsageError
from cellwright.rank.online import Lesson
from cellwright.rank.rank import Weights

PRECISION = 2.0
"""Of the Gaussian prior on each difference."""
LEAST_LESSONS = 30
_ITERATIONS = 120


def fitted(base: Weights, lessons: Sequence[Lesson]) -> Weights:
    """The base moved to what the lessons wanted; raises UsageError for too few, or where none wanted any."""
    told = [lesson for lesson in lessons if lesson.features]
    wanted = sum(lesson.wanted is not None for lesson in told)
    if len(told) < LEAST_LESSONS or wanted == 0:
        raise UsageError(
            f"expected at least {LEAST_LESSONS} requests to learn a ranking from, some with what was wanted "
            f"among the candidates; got {len(told)}, {wanted} of them with it"
        )
    names = sorted({name for lesson in told for features in lesson.features for name in features})
    place = {name: i for i, name in enumerate(names)}
    rows = sum(len(lesson.features) for lesson in told)
    matrix = np.zeros((rows, len(names) + 1), dtype=np.float32)
    matrix[:, -1] = 1.0
    task = np.zeros(rows, dtype=np.int64)
    right = np.zeros(rows, dtype=np.bool_)
    row = 0
    for number, lesson in enumerate(told):
        for i, features in enumerate(lesson.features):
            for name, value in features.items():
                matrix[row, place[name]] = value
            task[row], right[row] = number, i == lesson.wanted
            row += 1
    start = torch.tensor([*(base.features.get(name, 0.0) for name in names), base.bias])
    difference = torch.zeros_like(start, requires_grad=True)
    inputs, numbers, rights = torch.from_numpy(matrix), torch.from_numpy(task), torch.from_numpy(right)
    optimizer = torch.optim.LBFGS([difference], max_iter=_ITERATIONS, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        optimizer.zero_grad()
        scores = inputs @ (start + difference)
        loss = _surprise(scores, numbers, rights, len(told)) + PRECISION / 2 * (difference**2).sum()
        loss.backward()  # type: ignore[no-untyped-call]
        return loss

    optimizer.step(closure)  # type: ignore[no-untyped-call]
    moved = (start + difference).detach().tolist()
    if not np.isfinite(moved).all():
        raise UsageError("expected a ranking that can be fitted, got weights that are no numbers")
    weights = dict(base.features) | {
        name: round(value, 4) for name, value in zip(names, moved[:-1], strict=True)
    }
    return Weights(round(moved[-1], 4), weights, base.threshold)


def _surprise(scores: Tensor, task: Tensor, right: Tensor, tasks: int) -> Tensor:
    """-log P of what was wanted, in nats over all tasks; where nothing offered was, of the outside option."""
    top = torch.zeros(tasks, dtype=scores.dtype).scatter_reduce(0, task, scores.detach(), "amax")
    total = torch.exp(-top).index_add(0, task, torch.exp(scores - top[task]))
    return (top + torch.log(total)).sum() - scores[right].sum()


def threshold_for(shown: Sequence[tuple[float, bool]], most_shown: int) -> float:
    """The least threshold at which at most `most_shown` of the (probability, is right) are shown."""
    surest = sorted((probability for probability, _ in shown), reverse=True)
    if most_shown >= len(surest):
        return 0.0
    return (surest[most_shown] + surest[max(0, most_shown - 1)]) / 2 if most_shown else 1.0
