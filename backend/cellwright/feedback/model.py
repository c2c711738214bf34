"""Outcome, label, workspace: frozen and validated values; rows live in `tables.py` alone."""

from __future__ import annotations

import datetime
import uuid
from dataclasses import dataclass, field
from enum import StrEnum

from cellwright.errors import UsageError

MAX_NAME = 120
MAX_NOTE = 4_000
MAX_EXPLORATION = 0.5


class OutcomeKind(StrEnum):
    """How a suggestion ended. The first three are a person's act, the others are mechanical."""

    ACCEPTED = "accepted"
    EDITED = "edited"
    REJECTED = "rejected"
    IGNORED = "ignored"
    SUPERSEDED = "superseded"
    STALE = "stale"
    UNDONE = "undone"
    KEPT = "kept"
    """No ending of its own: at a later save `kept_rate` of the suggestion was still there."""


HUMAN = frozenset((OutcomeKind.ACCEPTED, OutcomeKind.EDITED, OutcomeKind.REJECTED))
"""Outcomes that are a person's decision."""


class Consent(StrEnum):
    """What a workspace lets the store keep: all, all but cell contents, nothing."""

    FULL = "full"
    REDACTED = "redacted"
    NONE = "none"


class LabelKind(StrEnum):
    """A reviewer's word on a suggestion; `excluded` ones are never learned from."""

    GOOD = "good"
    BAD = "bad"
    EXCLUDE = "exclude"


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
    user: str = ""

    def __post_init__(self) -> None:
        if self.kept_rate is not None and not 0.0 <= self.kept_rate <= 1.0:
            raise UsageError(f"expected a kept rate from 0 to 1, got {self.kept_rate}")
        if self.latency_ms is not None and self.latency_ms < 0:
            raise UsageError(f"expected a latency of at least 0 ms, got {self.latency_ms}")
        if self.created.tzinfo is None:
            raise UsageError("expected a time with its zone for an outcome, got one without")


@dataclass(frozen=True)
class Label:
    """What a reviewer says of a suggestion."""

    suggestion_id: str
    user: str
    label: LabelKind
    note: str = ""
    id: str = field(default_factory=new_id)
    created: datetime.datetime = field(default_factory=now)

    def __post_init__(self) -> None:
        if not self.user.strip():
            raise UsageError("expected the name of who labels, got none")
        if len(self.note) > MAX_NOTE:
            raise UsageError(f"expected a note of at most {MAX_NOTE} characters, got {len(self.note)}")


@dataclass(frozen=True)
class Workspace:
    """Whose records are kept together. `exploration` is the share of the requests, 0 to 0.5, in which a close
    rival stands first, so that other rankings can be judged from the log; `retention_days` None: for good."""

    name: str
    consent: Consent = Consent.FULL
    retention_days: int | None = None
    exploration: float = 0.0

    def __post_init__(self) -> None:
        if not 1 <= len(self.name) <= MAX_NAME or self.name != self.name.strip():
            raise UsageError(f"expected a workspace's name of 1 to {MAX_NAME} characters, got {self.name!r}")
        if self.retention_days is not None and self.retention_days < 1:
            raise UsageError(f"expected a retention of at least 1 day, got {self.retention_days}")
        if not 0.0 <= self.exploration <= MAX_EXPLORATION:
            raise UsageError(
                f"expected a share of exploration from 0 to {MAX_EXPLORATION}, got {self.exploration}"
            )
