"""From scores of forms to answers: forms with the same answer add up; what speaks for each being right.

E nets score N forms that give A answers. The mean of the nets' logits decides which answer comes first; how
far they agree, whether one form carries its answer and how much of the sentence it accounts for say how
sure that is (`EVIDENCE`, weighed by a logistic regression).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log1p

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Reals = NDArray[np.float64]

EVIDENCE = (
    "share",
    "least_share",
    "agreeing",
    "margin",
    "carried",
    "covered",
    "is_text",
    "answers",
    "one",
)
_LEAST = 1e-6


@dataclass(frozen=True)
class Judged:
    """For each answer: its best form's index, its share of the softmax, and the evidence for it."""

    best: NDArray[np.intp]  # (A,)
    shares: Reals  # (A,)
    evidence: Reals  # (A, len(EVIDENCE))


def judged(scores: Floats, answer: NDArray[np.integer], covered: Floats, is_text: Floats) -> Judged:
    """The answers of N >= 1 forms: scores (E, N), ids of answers from 0 on (N,), facts of the forms (N,)."""
    count = int(answer.max()) + 1
    mean = scores.mean(0).astype(np.float64)
    shares = _shares(mean, answer, count)
    each = np.stack([_shares(one.astype(np.float64), answer, count) for one in scores])  # (E, A)
    order = np.argsort(-mean, kind="stable")
    best = np.zeros(count, np.intp)
    best[answer[order[::-1]]] = order[::-1]
    mass = np.exp(mean - mean.max())
    carried = mass[best] / np.bincount(answer, mass, count)
    top = np.sort(shares)[::-1]
    other = np.where(shares >= top[0], top[1] if count > 1 else _LEAST, top[0])
    evidence = np.stack(
        [
            _logit(shares),
            _logit(each.min(0)),
            (each >= each.max(1, keepdims=True)).mean(0),
            np.log(shares + _LEAST) - np.log(other + _LEAST),
            carried,
            covered[best],
            is_text[best],
            np.full(count, log1p(count)),
            np.ones(count),
        ],
        1,
    )
    return Judged(best, shares, evidence)


def _shares(scores: Reals, answer: NDArray[np.integer], count: int) -> Reals:
    mass = np.bincount(answer, np.exp(scores - scores.max()), count)
    shares: Reals = mass / mass.sum()
    return shares


def _logit(p: Reals) -> Reals:
    clipped = np.clip(p, _LEAST, 1 - _LEAST)
    odds: Reals = np.log(clipped / (1 - clipped))
    return odds
