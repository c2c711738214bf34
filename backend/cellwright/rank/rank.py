"""From features to P(accept): a conditional logit with silence as the outside option.

Of the candidates for one place at most one is what the person wants, and perhaps none is. With scores
s_i = w . f_i the model is P(i) = exp(s_i) / (1 + sum_j exp(s_j)) (McFadden 1974, with the outside option's
score fixed at 0); with one candidate it is logistic regression. Rivals of equal score share the probability,
so disagreement makes the assistant quieter.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from math import exp
from typing import Any

from cellwright.verify.model import Candidate


@dataclass(frozen=True)
class Weights:
    """What features are worth, in logits; unknown features weigh nothing.

    `threshold` is the least P(accept) that is shown.
    """

    bias: float
    features: Mapping[str, float]
    threshold: float = 0.5

    def score(self, features: Mapping[str, float]) -> float:
        """bias + sum of weight times feature, in logits."""
        weights = self.features
        return self.bias + sum(weights.get(name, 0.0) * value for name, value in features.items())


@dataclass(frozen=True, slots=True)
class Ranked:
    """A candidate with its P(accept), 0 to 1, and its place in the given order."""

    candidate: Candidate
    p_accept: float
    position: int


def rank(
    candidates: Sequence[Candidate], features: Sequence[Mapping[str, float]], weights: Weights
) -> list[Ranked]:
    """The candidates by falling P(accept); ties keep their order. `features` is one mapping a candidate."""
    if len(candidates) != len(features):
        raise ValueError(f"expected {len(candidates)} feature maps, got {len(features)}")
    scores = [min(weights.score(f), 50.0) for f in features]
    top = max([0.0, *scores])
    total = exp(-top) + sum(exp(score - top) for score in scores)
    ranked = [
        Ranked(candidate, exp(score - top) / total, position)
        for position, (candidate, score) in enumerate(zip(candidates, scores, strict=True))
    ]
    return sorted(ranked, key=lambda r: (-r.p_accept, r.position))


@dataclass(frozen=True)
class Ranker:
    """Weights of the three decisions: which candidates are worth a closer look (`cut`), and which is wanted,
    without a language model (`experts`) and with one (`model`). `provenance` says how they were made."""

    cut: Weights
    experts: Weights
    model: Weights
    provenance: Mapping[str, str | int | float]


def read_ranker(text: str) -> Ranker:
    """A ranker from TOML: tables `cut`, `experts` and `model`, each as `read_weights` takes it, and
    `provenance`."""
    table = tomllib.loads(text)
    cut, experts, model = (_weights(table[name]) for name in ("cut", "experts", "model"))
    return Ranker(cut, experts, model, table["provenance"])


def read_weights(text: str) -> Weights:
    """Weights from TOML: `bias`, `threshold` and a table `features`."""
    return _weights(tomllib.loads(text))


def _weights(table: Mapping[str, Any]) -> Weights:
    features = {str(name): float(value) for name, value in table["features"].items()}
    return Weights(float(table["bias"]), features, float(table["threshold"]))


@cache
def shipped_ranker() -> Ranker:
    """The ranker that comes with the package."""
    return read_ranker(resources.files("cellwright.rank").joinpath("weights.toml").read_text())


def shipped_weights(*, with_model: bool = False) -> Weights:
    """The weights of the last decision that come with the package."""
    return shipped_ranker().model if with_model else shipped_ranker().experts
