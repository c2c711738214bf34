"""Outcome: what became of a suggestion. Frozen and validated; rows live in `tables.py` alone."""

from __future__ import annotations

import datetime
import uuid
from dataclasses import dataclass, field
from enum import StrEnum

from cellwright.errors import UsageError


class OutcomeKind(StrEnum):
    """How a suggestion ended. The first three are a person's act, the others are mechanical."""

    ACCEPTED = "accepted"
    EDITED = "edited"
    REJECTED = "rejected"
    IGNORED = "ignored"
    SUPERSEDED = "superseded"
    STALE = "stale"
    UNDONE = "undone"


def new_id() -> str:
    """A fresh random id (32 hex digits)."""
    return uuid.uuid4().hex


def now() -> datetime.datetime:
    """The present in UTC."""
    return datetime.datetime.now(datetime.UTC)


@dataclass(frozen=True)
class Outcome:
    """One ending of one suggestion. `id` makes sending twice harmless; `kept_rate` (0 to 1) comes at save."""

    suggestion_id: str
    kind: OutcomeKind
    was_shown: bool = True
    latency_ms: float | None = None
    reject_reason: str | None = None
    final_text: str | None = None
    kept_rate: float | None = None
    id: str = field(default_factory=new_id)
    created: datetime.datetime = field(default_factory=now)

    def __post_init__(self) -> None:
        if self.kept_rate is not None and not 0.0 <= self.kept_rate <= 1.0:
            raise UsageError(f"expected a kept rate from 0 to 1, got {self.kept_rate}")
        if self.latency_ms is not None and self.latency_ms < 0:
            raise UsageError(f"expected a latency of at least 0 ms, got {self.latency_ms}")
        if self.created.tzinfo is None:
            raise UsageError("expected a time with its zone for an outcome, got one without")
