"""What another ranking would have earned, from what was logged under this one.

A logged decision is (context, first shown candidate, with which propensity it stood first, reward). A target
policy pi puts the candidate first with probability pi(a|x). With weights w = min(pi(a|x) / p, clip):

    clipped SNIPS   sum w r / sum w                                          (Swaminathan and Joachims 2015)
    doubly robust   mean( sum_b pi(b|x) q(x,b) + w (r - q(x,a)) )              (Dudik, Langford and Li 2011)
    effective sample size   (sum w)^2 / sum w^2

q is a reward model, here the logged calibrated P(accept). Clipping trades a little bias for less variance.
The standard error of SNIPS is by the delta method, that of the doubly robust estimate by the sample
variance. An estimate whose effective sample size is small says little, whatever its error.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import sqrt

from cellwright.errors import UsageError
from cellwright.feedback.decisions import LoggedDecision
from cellwright.rank.rank import Weights, rank
from cellwright.verify.model import Candidate, Kind

CLIP = 10.0
Z95 = 1.959964


@dataclass(frozen=True)
class Sample:
    """One logged decision as a policy sees it.

    `reward` is 0 to 1; `propensity` what the logging policy gave the action, `target` what the other one
    gives it; `expected` the reward model's value of the action, `baseline` its mean under the target policy.
    """

    reward: float
    propensity: float
    target: float
    expected: float
    baseline: float

    def __post_init__(self) -> None:
        if not 0.0 < self.propensity <= 1.0:
            raise UsageError(f"expected a logged propensity over 0, up to 1, got {self.propensity}")
        if not 0.0 <= self.target <= 1.0:
            raise UsageError(f"expected a target probability from 0 to 1, got {self.target}")


@dataclass(frozen=True)
class Estimate:
    """A value with its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class OffPolicy:
    """What the log says of a policy. `logged` is the mean reward as it was; None: nothing to go by."""

    samples: int
    logged: float | None
    snips: Estimate | None
    doubly_robust: Estimate | None
    effective_samples: float


def estimate(samples: Sequence[Sample], clip: float = CLIP) -> OffPolicy:
    """Both estimates with their intervals, and how many samples they are worth."""
    n = len(samples)
    if n == 0:
        return OffPolicy(0, None, None, None, 0.0)
    weights = [min(s.target / s.propensity, clip) for s in samples]
    total = sum(weights)
    squares = sum(w * w for w in weights)
    snips = None
    if total > 0:
        value = sum(w * s.reward for w, s in zip(weights, samples, strict=True)) / total
        spread = sum((w * (s.reward - value)) ** 2 for w, s in zip(weights, samples, strict=True))
        snips = _interval(value, sqrt(spread) / total)
    terms = [s.baseline + w * (s.reward - s.expected) for w, s in zip(weights, samples, strict=True)]
    mean = sum(terms) / n
    variance = sum((t - mean) ** 2 for t in terms) / max(1, n - 1)
    return OffPolicy(
        samples=n,
        logged=sum(s.reward for s in samples) / n,
        snips=snips,
        doubly_robust=_interval(mean, sqrt(variance / n)),
        effective_samples=total * total / squares if squares else 0.0,
    )


def samples_of(decisions: Iterable[LoggedDecision], weights: Weights) -> list[Sample]:
    """The log as a ranker with other weights sees it: it puts first what it finds likeliest.

    Decisions count whose first candidate was shown and answered by a person. The reward is acceptance times
    what was kept at save, where that is known.
    """
    made = []
    for decision in decisions:
        features = [c.features for c in decision.candidates]
        blank = [Candidate(Kind.FORMULA, (), c.proposer, "") for c in decision.candidates]
        best = rank(blank, features, weights)[0].position
        first = decision.first
        made.append(
            Sample(
                reward=decision.reward,
                propensity=decision.candidates[first].propensity,
                target=1.0 if best == first else 0.0,
                expected=decision.candidates[first].p_accept,
                baseline=decision.candidates[best].p_accept,
            )
        )
    return made


def _interval(value: float, error: float) -> Estimate:
    return Estimate(value, value - Z95 * error, value + Z95 * error)
