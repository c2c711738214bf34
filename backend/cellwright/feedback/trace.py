"""The trace of one suggestion: all that the log has of its request, for a reviewer to understand it."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlmodel import col, select

from cellwright.errors import UsageError
from cellwright.feedback.database import Database
from cellwright.feedback.model import Label, LabelKind, Outcome, OutcomeKind
from cellwright.feedback.tables import LabelRow, OutcomeRow, RequestRow, SuggestionRow


@dataclass(frozen=True)
class TracedCandidate:
    """A candidate of the request, best first; `verdict` (see `feedback.redact`) is of shown ones only."""

    suggestion_id: str
    kind: str
    proposer: str
    rank: int
    was_shown: bool
    p_accept: float
    propensity: float
    log_probability: float | None
    status: str
    edits: tuple[str, ...]
    reason: str
    features: Mapping[str, float]
    verdict: Mapping[str, Any] | None


@dataclass(frozen=True)
class Trace:
    """`context` is the prompt that the model read; None without a model or the consent to keep contents."""

    suggestion_id: str
    request_id: str
    created: datetime.datetime
    workspace: str
    user: str
    target: str
    model: str | None
    adapter: str | None
    prompt_version: str | None
    context_hash: str
    context: str | None
    is_redacted: bool
    latency_ms: Mapping[str, float]
    candidates: tuple[TracedCandidate, ...]
    outcomes: tuple[Outcome, ...]
    labels: tuple[Label, ...]


def trace_of(database: Database, suggestion_id: str) -> Trace:
    """All of one suggestion; outcomes and labels are its own, oldest first. UsageError for an unknown id."""
    with database.reading() as session:
        request = session.exec(
            select(RequestRow)
            .join(SuggestionRow, col(SuggestionRow.request_id) == col(RequestRow.id))
            .where(SuggestionRow.id == suggestion_id)
        ).first()
        if request is None:
            raise UsageError(f"expected the id of a logged suggestion, got {suggestion_id!r}")
        rows = session.exec(
            select(SuggestionRow)
            .where(SuggestionRow.request_id == request.id)
            .order_by(col(SuggestionRow.rank))
        ).all()
        outcomes = session.exec(
            select(OutcomeRow)
            .where(OutcomeRow.suggestion_id == suggestion_id)
            .order_by(col(OutcomeRow.created))
        ).all()
        labels = session.exec(
            select(LabelRow).where(LabelRow.suggestion_id == suggestion_id).order_by(col(LabelRow.created))
        ).all()
    return Trace(
        suggestion_id=suggestion_id,
        request_id=request.id,
        created=_utc(request.created),
        workspace=request.workspace,
        user=request.user,
        target=request.target,
        model=request.model,
        adapter=request.adapter,
        prompt_version=request.prompt_version,
        context_hash=request.context_hash,
        context=request.context,
        is_redacted=request.is_redacted,
        latency_ms=request.latency_ms,
        candidates=tuple(_candidate(row) for row in rows),
        outcomes=tuple(_outcome(row) for row in outcomes),
        labels=tuple(_label(row) for row in labels),
    )


def _candidate(row: SuggestionRow) -> TracedCandidate:
    names = ("kind", "proposer", "rank", "was_shown", "p_accept", "propensity", "log_probability", "status")
    return TracedCandidate(
        suggestion_id=row.id,
        edits=tuple(row.edits),
        reason=row.reason,
        features=row.features,
        verdict=row.verdict,
        **{name: getattr(row, name) for name in names},
    )


def _outcome(row: OutcomeRow) -> Outcome:
    return Outcome(
        row.suggestion_id,
        OutcomeKind(row.kind),
        row.was_shown,
        row.latency_ms,
        row.reject_reason,
        row.final_text,
        row.kept_rate,
        row.id,
        _utc(row.created),
        row.user,
    )


def _label(row: LabelRow) -> Label:
    return Label(row.suggestion_id, row.user, LabelKind(row.label), row.note, row.id, _utc(row.created))


def _utc(moment: datetime.datetime) -> datetime.datetime:
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=datetime.UTC)
