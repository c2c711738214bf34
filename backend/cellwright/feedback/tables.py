"""The rows of the feedback store. SQLModel tables do not validate: what goes in is validated before.

The log (request, suggestion, outcome, label, audit and what tuning writes) is append-only; deletion on
request and retention alone remove rows. Projections are derived from the log and can be made anew.
"""

from __future__ import annotations

import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Column, DateTime, Integer, Text
from sqlmodel import Field, SQLModel


class RequestRow(SQLModel, table=True):
    """One request for suggestions: where, in what context, by which model."""

    __tablename__ = "request"

    id: str = Field(primary_key=True)
    created: datetime.datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False, index=True))
    workspace: str = Field(index=True)
    target: str
    context_hash: str = Field(index=True)
    base_revision: int
    model: str | None = None
    adapter: str | None = None
    prompt_version: str | None = None
    is_redacted: bool = False
    latency_ms: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    user: str = Field(default="", index=True)
    context: str | None = Field(default=None, sa_column=Column(Text))
    """What the model read (its prompt); None without the consent to keep contents."""


class SuggestionRow(SQLModel, table=True):
    """One candidate of a request, shown or not: the whole set is kept, so that ranking can be studied."""

    __tablename__ = "suggestion"

    id: str = Field(primary_key=True)
    request_id: str = Field(foreign_key="request.id", index=True)
    rank: int
    kind: str
    proposer: str = Field(index=True)
    was_shown: bool = Field(index=True)
    p_accept: float
    propensity: float
    status: str
    edits: list[str] = Field(sa_column=Column(JSON, nullable=False))
    features: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    log_probability: float | None = None
    reason: str = ""
    verdict: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON))
    """What running it showed, of what was shown: why, risks, cells before and after (`feedback.redact`)."""


class OutcomeRow(SQLModel, table=True):
    """One ending of one suggestion; several may follow one another (accepted, later undone)."""

    __tablename__ = "outcome"

    id: str = Field(primary_key=True)
    suggestion_id: str = Field(foreign_key="suggestion.id", index=True)
    created: datetime.datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False, index=True))
    kind: str = Field(index=True)
    was_shown: bool
    latency_ms: float | None = None
    reject_reason: str | None = None
    final_text: str | None = None
    kept_rate: float | None = None
    user: str = Field(default="", index=True)


class LabelRow(SQLModel, table=True):
    """A reviewer's word on a suggestion; the latest of each reviewer counts."""

    __tablename__ = "label"

    id: str = Field(primary_key=True)
    suggestion_id: str = Field(foreign_key="suggestion.id", index=True)
    user: str = Field(index=True)
    label: str
    note: str = ""
    created: datetime.datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))


class WorkspaceRow(SQLModel, table=True):
    """What a workspace consents to, how long its records are kept, how much is explored."""

    __tablename__ = "workspace"

    name: str = Field(primary_key=True)
    consent: str
    retention_days: int | None = None
    exploration: float = 0.0
    created: datetime.datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))


class PersonRow(SQLModel, table=True):
    """Somebody with a token of their own; of the token its digest alone is kept."""

    __tablename__ = "person"

    name: str = Field(primary_key=True)
    role: str
    token_hash: str = Field(unique=True)
    created: datetime.datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))


class SavedViewRow(SQLModel, table=True):
    """Filters of the queue under a name, of one reviewer."""

    __tablename__ = "saved_view"

    user: str = Field(primary_key=True)
    name: str = Field(primary_key=True)
    filters: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))


class AuditRow(SQLModel, table=True):
    """Who did what: labels, exports, deletions, settings. Append-only."""

    __tablename__ = "audit"

    id: int | None = Field(default=None, primary_key=True)
    at: datetime.datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False, index=True))
    user: str = Field(index=True)
    action: str
    subject: str
    detail: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))


class TrainingUseRow(SQLModel, table=True):
    """A run learned from a suggestion's outcome; so a deletion can name the adapters that saw it."""

    __tablename__ = "training_use"

    run_id: str = Field(foreign_key="tuning_run.id", primary_key=True)
    suggestion_id: str = Field(primary_key=True, index=True)


_KEY = BigInteger().with_variant(Integer, "sqlite")


class EntryRow(SQLModel, table=True):
    """Projection: a line of the queue, of each suggestion that was shown or has an outcome.

    `position` is the order of arrival, by which the queue is paged. `outcome`, `reason` and `kept_rate` are
    of the latest outcome, `label` of the latest label.
    """

    __tablename__ = "entry"

    position: int | None = Field(default=None, sa_column=Column(_KEY, primary_key=True, autoincrement=True))
    suggestion_id: str = Field(unique=True)
    created: datetime.datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    day: int
    """The proleptic ordinal of its day in UTC (`date.toordinal`)."""
    workspace: str
    user: str
    model: str
    kind: str
    proposer: str
    status: str
    outcome: str = ""
    reason: str = ""
    label: str = ""
    p_accept: float
    answer_ms: float | None = None
    kept_rate: float | None = None


class EntryWordsRow(SQLModel, table=True):
    """Projection: the words of a line that a search finds, and on SQLite marks of what filters ask for."""

    __tablename__ = "entry_words"

    position: int = Field(sa_column=Column(_KEY, primary_key=True, autoincrement=False))
    words: str = Field(sa_column=Column(Text, nullable=False))


class TallyRow(SQLModel, table=True):
    """Projection: how many lines of a week have a measure (`outcome:accepted`), and the sum of its values."""

    __tablename__ = "tally"

    week: int = Field(primary_key=True)
    """The ordinal of its Monday."""
    measure: str = Field(primary_key=True)
    workspace: str = Field(primary_key=True)
    model: str = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    count: int
    total: float = 0.0


class ProjectionRow(SQLModel, table=True):
    """Which version of the projections (`feedback.projection`) the tables above hold."""

    __tablename__ = "projection"

    version: int = Field(primary_key=True)


class TuningRunRow(SQLModel, table=True):
    """One run of tuning: what it was to do and how far it came. `problem` says why it failed."""

    __tablename__ = "tuning_run"

    id: str = Field(primary_key=True)
    recipe: str
    kind: str
    status: str
    created_at: datetime.datetime = Field(
        sa_column=Column(DateTime(timezone=True), nullable=False, index=True)
    )
    started_at: datetime.datetime | None = Field(default=None, sa_column=Column(DateTime(timezone=True)))
    finished_at: datetime.datetime | None = Field(default=None, sa_column=Column(DateTime(timezone=True)))
    base_model: str
    adapter: str | None = None
    problem: str | None = None
    workspace: str | None = None
    pid: int | None = None


class TuningEventRow(SQLModel, table=True):
    """One line of a run's progress."""

    __tablename__ = "tuning_event"

    id: int | None = Field(default=None, primary_key=True)
    run_id: str = Field(foreign_key="tuning_run.id", index=True)
    at: datetime.datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    step: int
    metrics: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))


class GateReportRow(SQLModel, table=True):
    """A candidate model against the incumbent, as the gate saw it."""

    __tablename__ = "gate_report"

    id: str = Field(primary_key=True)
    run_id: str | None = Field(default=None, foreign_key="tuning_run.id", index=True)
    candidate: str
    incumbent: str
    decided: str
    report: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    created_at: datetime.datetime = Field(
        sa_column=Column(DateTime(timezone=True), nullable=False, index=True)
    )


class PromotionRow(SQLModel, table=True):
    """Who put which model into service, at what share of the requests, and why."""

    __tablename__ = "promotion"

    id: int | None = Field(default=None, primary_key=True)
    at: datetime.datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False, index=True))
    user: str
    action: str
    model: str
    share: float
    reason: str
