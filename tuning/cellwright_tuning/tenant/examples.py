"""What an adapter learns from, as text: answers to give, answers to prefer, answers that were judged alone.

An accepted suggestion is an answer to give; a rejected or edited one beside what the person wrote instead
is a pair; each alone is a judgement. Only what was shown to a person teaches, only from requests whose
contents were kept, and never what a reviewer excluded.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Supervised:
    """An answer to give."""

    prompt: str
    answer: str


@dataclass(frozen=True)
class Pair:
    """Two answers of which one was preferred."""

    prompt: str
    chosen: str
    rejected: str


@dataclass(frozen=True)
class Judgement:
    """One answer that a person took or refused."""

    prompt: str
    answer: str
    is_good: bool


@dataclass
class TuningData:
    """All of a run."""

    supervised: list[Supervised] = field(default_factory=list)
    pairs: list[Pair] = field(default_factory=list)
    judgements: list[Judgement] = field(default_factory=list)

    def add(self, other: TuningData) -> None:
        """Take over what another holds."""
        self.supervised += other.supervised
        self.pairs += other.pairs
        self.judgements += other.judgements
