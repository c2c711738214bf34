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
