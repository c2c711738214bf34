"""Tuning as the store knows it: runs with live progress, gate reports, promotions.

The tuning subprocess writes here while it works, the admin page and `cellwright tune status` read it. Events,
reports and promotions are append-only; of a run its status alone moves on.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlmodel import Session, col, select

from cellwright.errors import UsageError
from cellwright.feedback.database import Database
from cellwright.feedback.model import new_id, now
from cellwright.feedback.tables import (
    GateReportRow,
    PromotionRow,
    TrainingUseRow,
    TuningEventRow,
    TuningRunRow,
)

_LEAST_PREFIX = 4


class RunStatus(StrEnum):
    """How far a run is. The last three are ends."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


ENDS = frozenset((RunStatus.DONE, RunStatus.FAILED, RunStatus.CANCELLED))


@dataclass(frozen=True)
class TuningRun:
    """See the table. Times are in UTC; `pid` is the process that works on it, on its own machine."""

    id: str
    recipe: str
    kind: str
    status: RunStatus
    created_at: datetime.datetime
    base_model: str
    started_at: datetime.datetime | None = None
    finished_at: datetime.datetime | None = None
    adapter: str | None = None
    problem: str | None = None
    workspace: str | None = None
    pid: int | None = None


@dataclass(frozen=True)
class TuningEvent:
    """One line of progress: `metrics` are numbers by name at a step; `id` rises with time."""

    id: int
    run_id: str
    at: datetime.datetime
    step: int
    metrics: Mapping[str, Any]


@dataclass(frozen=True)
class GateReport:
    """`decided` is the gate's word (`promote`, `reject`); `report` all that it measured."""

    id: str
    run_id: str | None
    candidate: str
    incumbent: str
    decided: str
    report: Mapping[str, Any]
    created_at: datetime.datetime


@dataclass(frozen=True)
class Promotion:
    """`action`: promote, canary, rollback, ...; `share` of the requests, 0 to 1."""

    at: datetime.datetime
    user: str
    action: str
    model: str
    share: float
    reason: str


class Runs:
    """What tuning writes and reads; of a store by `FeedbackStore.runs`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(self, recipe: str, kind: str, base_model: str, *, workspace: str | None = None) -> TuningRun:
        """A queued run."""
        run = TuningRun(new_id(), recipe, kind, RunStatus.QUEUED, now(), base_model, workspace=workspace)
        with self._database.writing() as session:
            session.add(TuningRunRow(**(vars(run) | {"status": run.status.value})))
        return run

    def start(self, run_id: str, pid: int | None = None) -> None:
        """The run works from now on, or again after an interruption."""
        with self._database.writing() as session:
            row = _run_row(session, run_id)
            row.status, row.pid = RunStatus.RUNNING.value, pid
            row.started_at = row.started_at or now()
            row.finished_at = row.problem = None

    def finish(
        self, run_id: str, status: RunStatus, *, adapter: str | None = None, problem: str | None = None
    ) -> None:
        """The run is over; `status` is one of `ENDS`."""
        if status not in ENDS:
            raise UsageError(f"expected the end of a run ({', '.join(sorted(ENDS))}), got {status}")
        with self._database.writing() as session:
            row = _run_row(session, run_id)
            row.status, row.adapter, row.problem = status.value, adapter or row.adapter, problem
            row.finished_at, row.pid = now(), None

    def add_event(self, run_id: str, step: int, metrics: Mapping[str, Any]) -> None:
        """Append one line of progress; on the disk when this returns."""
        with self._database.writing() as session:
            session.add(TuningEventRow(run_id=run_id, at=now(), step=step, metrics=dict(metrics)))

    def add_used(self, run_id: str, suggestion_ids: Iterable[str]) -> None:
        """Append that a run learns from these suggestions; known ones are left alone."""
        with self._database.writing() as session:
            _run_row(session, run_id)
            known = select(TrainingUseRow.suggestion_id).where(TrainingUseRow.run_id == run_id)
            new = dict.fromkeys(suggestion_ids).keys() - set(session.exec(known))
            session.add_all(TrainingUseRow(run_id=run_id, suggestion_id=i) for i in sorted(new))

    def recent(self, limit: int = 50) -> list[TuningRun]:
        """The latest runs, newest first."""
        with self._database.reading() as session:
            query = select(TuningRunRow).order_by(col(TuningRunRow.created_at).desc()).limit(limit)
            return [_run(row) for row in session.exec(query)]

    def find(self, prefix: str) -> TuningRun:
        """The run whose id starts with `prefix` (at least 4 characters)."""
        if len(prefix) < _LEAST_PREFIX:
            raise UsageError(f"expected at least {_LEAST_PREFIX} characters of a run's id, got {prefix!r}")
        with self._database.reading() as session:
            query = select(TuningRunRow).where(col(TuningRunRow.id).startswith(prefix, autoescape=True))
            rows = session.exec(query.limit(2)).all()
            if len(rows) != 1:
                found = "none" if not rows else "several"
                raise UsageError(f"expected one run whose id starts with {prefix!r}, found {found}")
            return _run(rows[0])

    def events(self, run_id: str, after: int = 0, limit: int = 10_000) -> list[TuningEvent]:
        """The progress of a run after the event of that id, oldest first."""
        with self._database.reading() as session:
            query = select(TuningEventRow).where(
                col(TuningEventRow.run_id) == run_id, col(TuningEventRow.id) > after
            )
            rows = session.exec(query.order_by(col(TuningEventRow.id)).limit(limit)).all()
            return [TuningEvent(r.id or 0, r.run_id, _utc(r.at), r.step, r.metrics) for r in rows]

    def add_report(
        self, run_id: str | None, candidate: str, incumbent: str, decided: str, report: Mapping[str, Any]
    ) -> GateReport:
        """Append what the gate found."""
        made = GateReport(new_id(), run_id, candidate, incumbent, decided, dict(report), now())
        with self._database.writing() as session:
            session.add(GateReportRow(**vars(made)))
        return made

    def reports(self, run_id: str | None = None, limit: int = 50) -> list[GateReport]:
        """The latest gate reports (of one run), newest first."""
        with self._database.reading() as session:
            query = select(GateReportRow).order_by(col(GateReportRow.created_at).desc()).limit(limit)
            if run_id is not None:
                query = query.where(col(GateReportRow.run_id) == run_id)
            return [
                GateReport(r.id, r.run_id, r.candidate, r.incumbent, r.decided, r.report, _utc(r.created_at))
                for r in session.exec(query)
            ]

    def add_promotion(self, user: str, action: str, model: str, share: float, reason: str = "") -> Promotion:
        """Append who put which model into service."""
        if not 0.0 <= share <= 1.0:
            raise UsageError(f"expected a share of the requests from 0 to 1, got {share}")
        made = Promotion(now(), user, action, model, share, reason)
        with self._database.writing() as session:
            session.add(PromotionRow(**vars(made)))
        return made

    def promotions(self, limit: int = 100) -> list[Promotion]:
        """The latest promotions, newest first."""
        with self._database.reading() as session:
            rows: Sequence[PromotionRow] = session.exec(
                select(PromotionRow).order_by(col(PromotionRow.id).desc()).limit(limit)
            ).all()
            return [Promotion(_utc(r.at), r.user, r.action, r.model, r.share, r.reason) for r in rows]


def _run_row(session: Session, run_id: str) -> TuningRunRow:
    row = session.get(TuningRunRow, run_id)
    if row is None:
        raise UsageError(f"expected the id of a tuning run, got {run_id!r}")
    return row


def _run(row: TuningRunRow) -> TuningRun:
    return TuningRun(
        id=row.id,
        recipe=row.recipe,
        kind=row.kind,
        status=RunStatus(row.status),
        created_at=_utc(row.created_at),
        base_model=row.base_model,
        started_at=None if row.started_at is None else _utc(row.started_at),
        finished_at=None if row.finished_at is None else _utc(row.finished_at),
        adapter=row.adapter,
        problem=row.problem,
        workspace=row.workspace,
        pid=row.pid,
    )


def _utc(moment: datetime.datetime) -> datetime.datetime:
    """SQLite gives times back without their zone; ours are all in UTC."""
    return moment.replace(tzinfo=datetime.UTC) if moment.tzinfo is None else moment.astimezone(datetime.UTC)
