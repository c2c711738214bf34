"""The rows of the feedback store. SQLModel tables do not validate: what goes in is validated before."""

from __future__ import annotations

import datetime
from typing import Any

from sqlalchemy import JSON, Column, DateTime
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
