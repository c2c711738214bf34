"""The ranker that learns from every outcome: the shipped weights and a bounded difference from them.

An outcome says of one request's candidates which was wanted, that none was, or that one was not. What a
person compared teaches the features, one pair at a time (Bradley and Terry 1952), and only where the order
was wrong:

    ended as i, b stood first      (1 - P(i over b)) (f_i - f_b)
    rejected b, nothing else known (1 - P(r over b)) (f_r - f_b), r the best of the others

The bias alone learns how often anything offered is wanted, from the conditional logit of `rank.py`:
1 - sum_j P(j) where one of them was, else -sum_j P(j). The whole gradient of that logit, with all rivals and
with what was not offered, took more from the order of unseen work than it gave.

A gradient is divided by the root of the summed squares of each feature's past ones (AdaGrad, Duchi et al.
2011). One outcome moves the difference by at most `STEP`, all together by at most `RADIUS` (both Euclidean,
in logits a unit of a feature), and the same end of the same context counts once: neither one person nor a
flood turns it over. Each outcome is foretold before it is learnt, with the difference and without
(prequential, Dawid 1984); the difference counts by the probability that it is the better, at first a half.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import exp, log, sqrt
from pathlib import Path

from cellwright.errors import UsageError
from cellwright.rank.rank import Weights

RATE = 0.2
STEP = 0.05
RADIUS = 6.0
MOST_GAIN = 6.0
"""Nats, either way: what was right for long may still turn out wrong."""
BIAS = "bias"
_MOST_AT_ONCE = 2.0
"""Nats that one outcome speaks for or against the difference."""
_REMEMBERED = 2_000
_LEAST_CHANCE = 1e-6
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
    """The difference that outcomes made; `weights` gives what serves.

    `gain`: by how many nats the outcomes were foretold better with it than without.
    """

    difference: dict[str, float] = field(default_factory=dict)
    squares: dict[str, float] = field(default_factory=dict)
    lessons: int = 0
    seen: dict[str, None] = field(default_factory=dict)
    gain: float = 0.0

    def weights(self, base: Weights) -> Weights:
        """The base moved by what was learnt, as far as that has proved itself; its threshold stays."""
        return self._moved(base, 1 / (1 + exp(-self.gain)))

    def _moved(self, base: Weights, share: float) -> Weights:
        features = dict(base.features)
        for name, value in self.difference.items():
            if name != BIAS:
                features[name] = features.get(name, 0.0) + share * value
        return Weights(base.bias + share * self.difference.get(BIAS, 0.0), features, base.threshold)

    def learn(self, base: Weights, lesson: Lesson) -> bool:
        """Take in one outcome; False where it is known already or says nothing."""
        if not lesson.features or (lesson.identity and lesson.identity in self.seen):
            return False
        moved = self._moved(base, 1.0)
        better = log_likelihood(moved, lesson) - log_likelihood(base, lesson)
        gain = self.gain + min(max(better, -_MOST_AT_ONCE), _MOST_AT_ONCE)
        self.gain = min(max(gain, -MOST_GAIN), MOST_GAIN)
        gradient = _gradient(moved, lesson)
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
        told = {
            "difference": self.difference,
            "squares": self.squares,
            "lessons": self.lessons,
            "seen": list(self.seen),
            "gain": self.gain,
        }
        with fresh.open("w", encoding="utf-8") as file:
            json.dump(told, file)
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
                float(told.get("gain", 0.0)),
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise UsageError(f"expected a learnt ranker, got {path.name}: {error}") from error


def log_likelihood(weights: Weights, lesson: Lesson) -> float:
    """Of what an outcome says, in nats."""
    shares = _shares(_scores(weights, lesson))
    if lesson.wanted is not None:
        chance = shares[lesson.wanted]
    elif lesson.rejected is not None:
        chance = 1.0 - shares[lesson.rejected]
    else:
        chance = 1.0 - sum(shares)
    return log(max(chance, _LEAST_CHANCE))


def _scores(weights: Weights, lesson: Lesson) -> list[float]:
    return [min(weights.score(features), 50.0) for features in lesson.features]


def _shares(scores: Sequence[float]) -> list[float]:
    """P(i) of each candidate; what is left is silence's."""
    top = max([0.0, *scores])
    total = exp(-top) + sum(exp(score - top) for score in scores)
    return [exp(score - top) / total for score in scores]


def _gradient(weights: Weights, lesson: Lesson) -> dict[str, float]:
    scores = _scores(weights, lesson)
    found: dict[str, float] = {}
    wanted, rejected = lesson.wanted, lesson.rejected
    if wanted is None and rejected is not None:
        others = [i for i in range(len(scores)) if i != rejected]
        if others:
            found = _pulled(max(others, key=scores.__getitem__), rejected, scores, lesson)
        return found
    if wanted is not None:
        found = _pulled(wanted, max(range(len(scores)), key=scores.__getitem__), scores, lesson)
    found[BIAS] = (wanted is not None) - sum(_shares(scores))
    return found


def _pulled(better: int, worse: int, scores: Sequence[float], lesson: Lesson) -> dict[str, float]:
    """The gradient of one candidate's standing over another; nothing where they are the same one."""
    if better == worse:
        return {}
    pull = 1 / (1 + exp(min(scores[better] - scores[worse], 50.0)))
    found: dict[str, float] = {}
    for position, sign in ((better, pull), (worse, -pull)):
        for name, value in lesson.features[position].items():
            found[name] = found.get(name, 0.0) + sign * value
    return {name: value for name, value in found.items() if value}


def _clipped(vector: dict[str, float], most: float) -> dict[str, float]:
    length = sqrt(sum(value * value for value in vector.values()))
    if length <= most:
        return vector
    return {name: value * most / length for name, value in vector.items()}
