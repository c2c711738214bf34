"""Which of the repairs found is meant: a log-linear score of each over how it differs from what was typed.

    score(c) = bias + sum_i w_i f_i(c),    P(c) = exp score(c) / (1 + sum_j exp score(j))

a conditional logit whose outside option (none is right) has score 0. Features: the cost of the search's edits
and whether it found the repair at all; how many pieces were changed, and of these what a person has to have
typed (texts, references, names) lost or new; what is odd about the result; the model's log-probability.
Weights are fitted on generated slips (`cellwright_tuning.repair_fit`) with and without a model and stand in
`repair_weights.toml`. Pure; not covered: the workbook.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from cellwright.prompt.notation import scan

from .repair_sense import ODDITIES, oddities

FULL_DISTANCE = 30
"""Longest stretch of changed pieces that is aligned exactly; the distance of a longer one is its length."""
_CONTENT = frozenset(["cell", "column", "number", "string", "word", "sheet"])


@dataclass(frozen=True)
class RepairWeights:
    """Logits a unit of each feature; unknown features weigh nothing."""

    bias: float
    features: Mapping[str, float]

    def score(self, features: Mapping[str, float]) -> float:
        """Logits against none being right."""
        return self.bias + sum(self.features.get(name, 0.0) * value for name, value in features.items())


@cache
def shipped_weights(with_model: bool) -> RepairWeights:
    """The weights in the package."""
    table = tomllib.loads(files(__package__).joinpath("repair_weights.toml").read_text("utf-8"))
    part = table["model" if with_model else "search"]
    return RepairWeights(float(part["bias"]), dict(part["features"]))


class Differences:
    """Features of repairs of one broken text (normalised, without `=`)."""

    def __init__(self, broken: str) -> None:
        self._pieces = _pieces(broken)
        self._content = _content(broken)
        self._broken = broken

    def features(
        self, text: str, cost: float | None, log_probability: float | None = None
    ) -> dict[str, float]:
        """`cost` is of the search's edits (None: the model alone found it); `log_probability` in nats."""
        pieces, content = _pieces(text), _content(text)
        found = {name: float(count) for name, count in oddities(text).items() if count}
        found["odd"] = sum(ODDITIES[name] * count for name, count in found.items())
        found |= {
            "unchanged": float(text == self._broken),
            "changed": float(distance(self._pieces, pieces)),
            "lost": float((self._content - content).total()),
            "new": float((content - self._content).total()),
            "longer": float(max(0, len(pieces) - len(self._pieces))),
            "shorter": float(max(0, len(self._pieces) - len(pieces))),
            "unsearched": float(cost is None),
            "cost": cost or 0.0,
            "dear": max(0.0, (cost or 0.0) - 2.0),
        }
        if log_probability is not None:
            found["log_probability"] = log_probability
            found["log_probability_a_piece"] = log_probability / (1 + len(pieces))
        return found


def distance(first: Sequence[str], second: Sequence[str]) -> int:
    """Pieces to insert, take away or replace (Levenshtein), after equal ends are taken off."""
    start = 0
    while start < min(len(first), len(second)) and first[start] == second[start]:
        start += 1
    end = 0
    while end < min(len(first), len(second)) - start and first[-1 - end] == second[-1 - end]:
        end += 1
    first, second = first[start : len(first) - end], second[start : len(second) - end]
    if min(len(first), len(second)) == 0 or max(len(first), len(second)) > FULL_DISTANCE:
        return max(len(first), len(second))
    row = list(range(len(second) + 1))
    for i, piece in enumerate(first, 1):
        diagonal, row[0] = row[0], i
        for j, other in enumerate(second, 1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (piece != other))
    return row[-1]


def _pieces(text: str) -> list[str]:
    return [lexeme.text.upper() for lexeme in scan(text) if lexeme.kind != "space"]


def _content(text: str) -> Counter[str]:
    """Texts, references, numbers and names, without the quotes that a slip may have taken."""
    words: Counter[str] = Counter()
    for lexeme in scan(text.replace('"', " ").replace("'", " ")):
        if lexeme.kind in _CONTENT:
            words[lexeme.text.upper().rstrip("!")] += 1
    return words
