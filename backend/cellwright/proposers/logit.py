"""A conditional logit over candidates that are texts: linear scores, and P of each against "none is right".

    P(c) = exp s(c) / (1 + sum_j exp s(j)),    s(c) = bias + sum_i w_i f_i(c)

Weights are TOML files of this package, fitted by `cellwright_tuning.text_fit`. The ranker of whole
suggestions is `cellwright.rank`, a room higher.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True)
class Logit:
    """Logits a unit of each feature; unknown features weigh nothing."""

    bias: float
    features: Mapping[str, float]

    def score(self, features: Mapping[str, float]) -> float:
        """Logits against none being right."""
        return self.bias + sum(self.features.get(name, 0.0) * value for name, value in features.items())


@cache
def shipped(file: str, part: str) -> Logit:
    """Part `part` of the weights in `file` of this package."""
    table = tomllib.loads(files(__package__).joinpath(file).read_text("utf-8"))[part]
    return Logit(float(table["bias"]), dict(table["features"]))


def probabilities(scores: Sequence[float]) -> list[float]:
    """P of each candidate; what is missing to 1 says that none is right."""
    best = max([0.0, *scores])
    total = math.exp(-best) + sum(math.exp(score - best) for score in scores)
    return [math.exp(score - best) / total for score in scores]
