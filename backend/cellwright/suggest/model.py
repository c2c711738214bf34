"""A Suggestion: a ranked candidate with its verdict, as it is shown, logged and sent."""

from __future__ import annotations

from dataclasses import dataclass

from cellwright.reference import SheetRange
from cellwright.verify.model import Candidate, Verdict


@dataclass(frozen=True)
class Suggestion:
    """One proposal for a person. `p_accept` is the ranker's calibrated probability of acceptance, 0 to 1."""

    id: str
    target: SheetRange
    candidate: Candidate
    verdict: Verdict
    p_accept: float
    rank: int
    base_revision: int
    is_shown: bool = True
    model: str | None = None
    adapter: str | None = None
    prompt_version: str | None = None
    propensity: float = 1.0
    """With which probability it could have got its rank, as far as chance had a say (exploration)."""


@dataclass(frozen=True)
class Suggestions:
    """All that one request gave, best first; `shown` is what a person sees, the rest is for the log."""

    target: SheetRange
    candidates: tuple[Suggestion, ...]
    context_hash: str
    latency_ms: dict[str, float]
    context: str = ""
    """What the language model read of the place (its prompt); empty where none was asked."""

    @property
    def shown(self) -> tuple[Suggestion, ...]:
        """What is over the threshold; empty where the assistant stays silent."""
        return tuple(suggestion for suggestion in self.candidates if suggestion.is_shown)
