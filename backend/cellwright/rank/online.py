"""The ranker that learns from every outcome: the shipped weights and a bounded difference from them.

An outcome says of one request's candidates which was wanted, that none was, or that one was not. The
difference moves along the gradient of the log-likelihood of the conditional logit (`rank.py`),

    accepted i, or ended as i      f_i - sum_j P(j) f_j
    ended as something else            - sum_j P(j) f_j
    rejected i, nothing else known -P(i) / (1 - P(i)) (f_i - sum_j P(j) f_j)

divided by the root of the summed squares of each feature's past gradients (AdaGrad, Duchi et al. 2011). One
outcome moves it by at most `STEP`, all together by at most `RADIUS` (both Euclidean, in logits a unit of a
feature), and the same end of the same context counts once: neither one person nor a flood turns it over.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import exp, sqrt
from pathlib import Path

from cellwright.errors import UsageError
from cellwright.rank.rank import Weights

RATE = 0.2
STEP = 0.25
RADIUS = 6.0
BIAS = "bias"
_REMEMBERED = 2_000
_FIRST = 0.5
"""What AdaGrad's sum starts from: less would let the first outcomes leap."""


@dataclass(frozen=True)
class Lesson:
    """One outcome: the candidates' features, and the position of what was wanted.

    `wanted` None: none of them, or only known not to be `rejected`. `identity` names context and end.
    """

    features: Sequence[Mapping[str, float]]
    wanted: int | None
    rejected: int | None = None
    identity: str = ""


@dataclass
class OnlineRanker:
    """The difference that outcomes made; `weights` gives what serves."""

    difference: dict[str, float] = field(default_factory=dict)
    squares: dict[str, float] = field(default_factory=dict)
    lessons: int = 0
    seen: dict[str, None] = field(default_factory=dict)

    def weights(self, base: Weights) -> Weights:
        """The base moved by what was learnt; its threshold stays."""
        features = dict(base.features)
        for name, value in self.difference.items():
            if name != BIAS:
                features[name] = features.get(name, 0.0) + value
        return Weights(base.bias + self.difference.get(BIAS, 0.0), features, base.threshold)

    def learn(self, base: Weights, lesson: Lesson) -> bool:
        """Take in one outcome; False where it is known already or says nothing."""
        if not lesson.features or (lesson.identity and lesson.identity in self.seen):
            return False
        gradient = _gradient(self.weights(base), lesson)
        step: dict[str, float] = {}
        for name, value in gradient.items():
            total = self.squares.get(name, _FIRST) + value * value
            self.squares[name] = total
            step[name] = RATE * value / sqrt(total)
        for name, value in _clipped(step, STEP).items():
            self.difference[name] = self.difference.get(name, 0.0) + value
        self.difference = _clipped(self.difference, RADIUS)
        self.lessons += 1
        if lesson.identity:
            self.seen[lesson.identity] = None
            while len(self.seen) > _REMEMBERED:
                del self.seen[next(iter(self.seen))]
        return True

    def write(self, path: Path) -> None:
        """Keep it, in the place of an older one; on the disk when this returns."""
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(path.name + ".new")
        told = {"difference": self.difference, "squares": self.squares, "lessons": self.lessons}
        with fresh.open("w", encoding="utf-8") as file:
            json.dump(told | {"seen": list(self.seen)}, file)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)

    @staticmethod
    def read(path: Path) -> OnlineRanker:
        """The kept one; a fresh one where there is none. Raises UsageError for a file that is none."""
        if not path.is_file():
            return OnlineRanker()
        try:
            told = json.loads(path.read_text(encoding="utf-8"))
            seen = dict.fromkeys(str(key) for key in told["seen"])
            return OnlineRanker(
                {str(k): float(v) for k, v in told["difference"].items()},
                {str(k): float(v) for k, v in told["squares"].items()},
                int(told["lessons"]),
                seen,
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise UsageError(f"expected a learnt ranker, got {path.name}: {error}") from error


def _gradient(weights: Weights, lesson: Lesson) -> dict[str, float]:
    rows = [{**features, BIAS: 1.0} for features in lesson.features]
    scores = [min(weights.score(features), 50.0) for features in lesson.features]
    top = max(0.0, *scores)
    total = exp(-top) + sum(exp(score - top) for score in scores)
    shares = [exp(score - top) / total for score in scores]
    pulls = [-share for share in shares]
    if lesson.wanted is not None:
        pulls[lesson.wanted] += 1.0
    elif lesson.rejected is not None:
        share = min(shares[lesson.rejected], 0.99)
        pulls = [share / (1 - share) * other for other in shares]
        pulls[lesson.rejected] -= share / (1 - share)
    found: dict[str, float] = {}
    for row, pull in zip(rows, pulls, strict=True):
        for name, value in row.items():
            if value:
                found[name] = found.get(name, 0.0) + pull * value
    return found


def _clipped(vector: dict[str, float], most: float) -> dict[str, float]:
    length = sqrt(sum(value * value for value in vector.values()))
    if length <= most:
        return vector
    return {name: value * most / length for name, value in vector.items()}
