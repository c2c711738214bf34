"""Deletion on request and by retention: rows of the log, their projections, and their bytes.

Whole requests go, with their candidates, outcomes and labels; of a person also what they decided on others'
requests. The answer names the adapters that learned from any of it: a deletion does not reach into trained
weights, so these are to be rolled back or trained anew. On SQLite freed pages are overwritten
(secure_delete), the full-text index is merged and the write-ahead log emptied, so the text is gone from the
files; on PostgreSQL the space is reused after the next VACUUM. That it was deleted, by whom and how much,
stays in the audit trail.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import delete, func, text
from sqlmodel import Session, col, select

from cellwright.errors import UsageError
from cellwright.feedback.model import now
from cellwright.feedback.store import FeedbackStore
from cellwright.feedback.tables import (
    LabelRow,
    OutcomeRow,
    RequestRow,
    SuggestionRow,
    TrainingUseRow,
    TuningRunRow,
    WorkspaceRow,
)

_BATCH = 2_000
_OVERWRITE = text("PRAGMA secure_delete=ON")


@dataclass(frozen=True)
class Scope:
    """What is to go: all that fits everything that is set; at least one thing is."""

    workspace: str | None = None
    user: str | None = None
    before: datetime.datetime | None = None
    suggestion_id: str | None = None

    def __post_init__(self) -> None:
        if not any(vars(self).values()):
            raise UsageError("expected a workspace, user, day or suggestion to delete, got none")

    @property
    def words(self) -> str:
        """For the audit trail and for people."""
        named = {name: value for name, value in vars(self).items() if value}
        if self.before is not None:
            named["before"] = self.before.date().isoformat()
        return ", ".join(f"{name.removesuffix('_id')} {value}" for name, value in named.items())


@dataclass(frozen=True)
class Deletion:
    """How much went, or would go; `adapters` learned from some of it."""

    requests: int
    suggestions: int
    outcomes: int
    labels: int
    adapters: tuple[str, ...]


def erase(store: FeedbackStore, scope: Scope, user: str, *, is_dry_run: bool = False) -> Deletion:
    """Delete what the scope names, all of it or nothing; `user` is who asked. A dry run counts only."""
    with store.database.writing() as session:
        if store.database.is_sqlite:
            session.execute(_OVERWRITE)
        requests = _requests(session, scope)
        own = _others_decisions(session, scope)
        suggestions = [i for ids in _batches(requests) for i in _suggestions(session, ids)]
        deletion = _counted(session, requests, suggestions, own)
        if not is_dry_run and (requests or own):
            store.projection.remove(session, suggestions)
            for ids in _batches(suggestions):
                for table in (OutcomeRow, LabelRow, TrainingUseRow):
                    session.execute(delete(table).where(col(table.suggestion_id).in_(ids)))
                session.execute(delete(SuggestionRow).where(col(SuggestionRow.id).in_(ids)))
            for ids in _batches(requests):
                session.execute(delete(RequestRow).where(col(RequestRow.id).in_(ids)))
            for suggestion_id in own:
                for table in (OutcomeRow, LabelRow):
                    mine = (col(table.suggestion_id) == suggestion_id) & (col(table.user) == scope.user)
                    session.execute(delete(table).where(mine))
                store.projection.refresh(session, suggestion_id)
            counts = {name: value for name, value in vars(deletion).items() if name != "adapters"}
            detail = counts | {"adapters": list(deletion.adapters)}
            store.people.audit(session, user, "delete feedback", scope.words, detail)
    if not is_dry_run:
        _forget_bytes(store)
    return deletion


def prune(store: FeedbackStore, at: datetime.datetime | None = None) -> list[Deletion]:
    """Delete what is older than its workspace's retention; one deletion a workspace that had some."""
    moment = at or now()
    with store.database.reading() as session:
        query = select(WorkspaceRow).where(col(WorkspaceRow.retention_days).is_not(None))
        kept = [(row.name, row.retention_days or 0) for row in session.exec(query)]
    done = []
    for name, days in kept:
        scope = Scope(workspace=name, before=moment - datetime.timedelta(days=days))
        deletion = erase(store, scope, "retention", is_dry_run=True)
        if deletion.requests:
            done.append(erase(store, scope, "retention"))
    return done


def _requests(session: Session, scope: Scope) -> list[str]:
    query = select(RequestRow.id)
    if scope.workspace is not None:
        query = query.where(RequestRow.workspace == scope.workspace)
    if scope.user is not None:
        query = query.where(RequestRow.user == scope.user)
    if scope.before is not None:
        query = query.where(col(RequestRow.created) < scope.before)
    if scope.suggestion_id is not None:
        mine = select(SuggestionRow.request_id).where(SuggestionRow.id == scope.suggestion_id)
        query = query.where(col(RequestRow.id).in_(mine))
    return list(session.exec(query))


def _others_decisions(session: Session, scope: Scope) -> list[str]:
    """Suggestions of others' requests on which the person decided, where the person alone is named."""
    if scope.user is None or scope.workspace or scope.before or scope.suggestion_id:
        return []
    found: set[str] = set()
    for table in (OutcomeRow, LabelRow):
        found |= set(
            session.exec(
                select(table.suggestion_id)
                .join(SuggestionRow, col(SuggestionRow.id) == col(table.suggestion_id))
                .join(RequestRow, col(RequestRow.id) == col(SuggestionRow.request_id))
                .where(col(table.user) == scope.user, RequestRow.user != scope.user)
            )
        )
    return sorted(found)


def _suggestions(session: Session, request_ids: Sequence[str]) -> list[str]:
    query = select(SuggestionRow.id).where(col(SuggestionRow.request_id).in_(request_ids))
    return list(session.exec(query))


def _counted(
    session: Session, requests: Sequence[str], suggestions: Sequence[str], own: Sequence[str]
) -> Deletion:
    outcomes = labels = 0
    runs: set[str] = set()
    for ids in _batches([*suggestions, *own]):
        outcomes += _count_of(session, OutcomeRow, ids)
        labels += _count_of(session, LabelRow, ids)
        used = select(TrainingUseRow.run_id).where(col(TrainingUseRow.suggestion_id).in_(ids))
        runs |= set(session.exec(used.distinct()))
    names = session.exec(select(TuningRunRow.adapter).where(col(TuningRunRow.id).in_(runs))).all()
    adapters = tuple(sorted({name for name in names if name}))
    return Deletion(len(requests), len(suggestions), outcomes, labels, adapters)


def _count_of(session: Session, table: type[OutcomeRow | LabelRow], ids: Sequence[str]) -> int:
    query = select(func.count()).select_from(table)
    return session.exec(query.where(col(table.suggestion_id).in_(ids))).one()


def _batches(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    for at in range(0, len(ids), _BATCH):
        yield ids[at : at + _BATCH]


def _forget_bytes(store: FeedbackStore) -> None:
    if not store.database.is_sqlite:
        return
    with store.database.writing() as session:
        session.execute(_OVERWRITE)
        session.execute(text("INSERT INTO entry_search(entry_search) VALUES ('optimize')"))
    with store.database.errors(), store.database.engine.connect() as connection:
        # A checkpoint can't run inside a transaction, so it goes to the driver's connection directly.
        cursor = connection.connection.cursor()
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        cursor.close()
