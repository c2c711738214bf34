"""Weights that a workbook's own formulas have taught: the shipped ones, moved as far as its exercises ask.

An exercise is a formula that stands in the workbook, hidden and asked for again (`suggest/practice.py`): the
features of what was offered, and which of it was right, or that nothing was. The weights are those of
largest posterior probability: the likelihood of the conditional logit (`rank.py`) over all exercises, with a
Gaussian prior round the shipped weights. Few exercises move them little, none leave them as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cellwright.rank.rank import Weights

PRIOR = 2.0
"""Precision of the prior: its standard deviation, how far weights move at ease, is 0.7 logits a unit."""
MOST_CANDIDATES = 64
"""An exercise keeps so many of its likeliest candidates, beside the right one."""
_ITERATIONS = 25
_MEMORY = 8
_HALVINGS = 12

Vector = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Exercise:
    """Candidates (rows) by features (columns, `names`), and the row that is right; None where none is."""

    names: Sequence[str]
    features: NDArray[np.float32]
    right: int | None


def make_exercise(
    candidates: Sequence[Mapping[str, float]], right: int | None, weights: Weights
) -> Exercise | None:
    """An exercise of the likeliest candidates; None where there are none."""
    if not candidates:
        return None
    order = sorted(range(len(candidates)), key=lambda i: -weights.score(candidates[i]))[:MOST_CANDIDATES]
    if right is not None and right not in order:
        order[-1] = right
    names = sorted({name for i in order for name, value in candidates[i].items() if value})
    place = {name: column for column, name in enumerate(names)}
    features = np.zeros((len(order), len(names)), np.float32)
    for row, i in enumerate(order):
        for name, value in candidates[i].items():
            if value:
                features[row, place[name]] = value
    return Exercise(names, features, None if right is None else order.index(right))


def adapted(base: Weights, exercises: Sequence[Exercise], prior: float = PRIOR) -> Weights:
    """The weights of largest posterior probability; the threshold stays."""
    if not exercises:
        return base
    names = sorted({name for exercise in exercises for name in exercise.names})
    place = {name: column for column, name in enumerate(names)}
    rows = sum(len(exercise.features) for exercise in exercises)
    matrix = np.zeros((rows, len(names) + 1))
    matrix[:, -1] = 1.0  # the bias
    starts, rights, row = [], [], 0
    for exercise in exercises:
        end = row + len(exercise.features)
        matrix[row:end, [place[name] for name in exercise.names]] = exercise.features
        starts.append(row)
        if exercise.right is not None:
            rights.append(row + exercise.right)
        row = end
    begin = np.array([*(base.features.get(name, 0.0) for name in names), base.bias])
    found = _minimised(_Loss(matrix, np.array(starts), np.array(rights, np.intp), begin, prior), begin)
    moved = dict(zip(names, found[:-1].tolist(), strict=True))
    return Weights(float(found[-1]), {**base.features, **moved}, base.threshold)


@dataclass(frozen=True, eq=False)
class _Loss:
    """-log posterior, in nats, and its gradient."""

    matrix: Vector
    starts: NDArray[np.intp]
    rights: NDArray[np.intp]
    begin: Vector
    prior: float

    def __call__(self, weights: Vector) -> tuple[float, Vector]:
        counts = np.diff(np.append(self.starts, len(self.matrix)))
        scores = self.matrix @ weights
        top = np.maximum(np.maximum.reduceat(scores, self.starts), 0.0)
        shares = np.exp(scores - np.repeat(top, counts))
        total = np.add.reduceat(shares, self.starts) + np.exp(-top)  # the outside option has score 0
        shares /= np.repeat(total, counts)
        away = weights - self.begin
        loss = (top + np.log(total)).sum() - scores[self.rights].sum() + self.prior / 2 * (away @ away)
        gradient = self.matrix.T @ shares - self.matrix[self.rights].sum(0) + self.prior * away
        return float(loss), gradient


def _minimised(loss: Callable[[Vector], tuple[float, Vector]], begin: Vector) -> Vector:
    """Where a smooth convex function is least, by L-BFGS with backtracking (Nocedal and Wright, 7.2)."""
    at = begin
    value, gradient = loss(at)
    steps: list[tuple[Vector, Vector]] = []
    for _ in range(_ITERATIONS):
        direction = -_times_inverse(gradient, steps)
        slope, size = float(gradient @ direction), 1.0
        for _ in range(_HALVINGS):
            fresh, fresh_gradient = loss(at + size * direction)
            if fresh <= value + 1e-4 * size * slope:
                break
            size /= 2
        else:
            break
        change = fresh_gradient - gradient
        if change @ direction > 0:
            steps = [*steps, (size * direction, change)][-_MEMORY:]
        gained = value - fresh
        at, value, gradient = at + size * direction, fresh, fresh_gradient
        if gained < 1e-4 * max(1.0, abs(value)):
            break
    return at


def _times_inverse(gradient: Vector, steps: Sequence[tuple[Vector, Vector]]) -> Vector:
    """The gradient times the inverse Hessian that the last steps (step, change of gradient) tell."""
    if not steps:
        return gradient / max(1.0, float(np.linalg.norm(gradient)))
    found, pulls = gradient.copy(), []
    for step, change in reversed(steps):
        pull = (step @ found) / (change @ step)
        pulls.append(pull)
        found -= pull * change
    step, change = steps[-1]
    found *= (step @ change) / (change @ change)
    for (step, change), pull in zip(steps, reversed(pulls), strict=True):
        found += step * (pull - (change @ found) / (change @ step))
    return found
