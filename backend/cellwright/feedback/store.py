"""The feedback store: append requests, suggestions and outcomes; read them back; count them.

Writing is append-only: nothing here updates or deletes a row.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlmodel import Session, col, func, select

from cellwright.errors import UsageError
from cellwright.feedback.database import Database
from cellwright.feedback.model import Outcome, OutcomeKind, new_id, now
from cellwright.feedback.redact import edit_lines
from cellwright.feedback.runs import Runs
from cellwright.feedback.tables import OutcomeRow, RequestRow, SuggestionRow

if TYPE_CHECKING:
    from cellwright.suggest.model import Suggestions


@dataclass(frozen=True)
class LoggedSuggestion:
    """A suggestion as the store has it, with its latest outcome."""

    id: str
    created: str
    workspace: str
    target: str
    proposer: str
    rank: int
    was_shown: bool
    p_accept: float
    status: str
    edits: tuple[str, ...]
    reason: str
    outcome: str | None
    reject_reason: str | None


class FeedbackStore:
    """One store; opening it migrates its schema to the newest."""

    def __init__(self, url: str) -> None:
        self.database = Database(url)
        self.runs = Runs(self.database)

    def close(self) -> None:
        """Give the connections back."""
        self.database.close()

    def record(self, suggestions: Suggestions, *, workspace: str, keep_cell_contents: bool = True) -> str:
        """Append one request with its whole candidate set; returns the request's id."""
        request_id = new_id()
        first = suggestions.candidates[0] if suggestions.candidates else None
        rows: list[Any] = [
            SuggestionRow(
                id=s.id,
                request_id=request_id,
                rank=s.rank,
                kind=s.candidate.kind.value,
                proposer=s.candidate.proposer,
                was_shown=s.is_shown,
                p_accept=s.p_accept,
                propensity=1.0,
                status=s.verdict.status.value,
                edits=edit_lines(s.candidate.edits, keep_cell_contents),
                features=dict(s.candidate.features),
                log_probability=s.candidate.log_probability,
                reason=s.candidate.reason if keep_cell_contents else "",
            )
            for s in suggestions.candidates
        ]
        target = suggestions.target.a1
        request = RequestRow(
            id=request_id,
            created=now(),
            workspace=workspace,
            target=target if keep_cell_contents else hashlib.sha256(target.encode()).hexdigest()[:16],
            context_hash=suggestions.context_hash,
            base_revision=first.base_revision if first else 0,
            model=first.model if first else None,
            adapter=first.adapter if first else None,
            prompt_version=first.prompt_version if first else None,
            is_redacted=not keep_cell_contents,
            latency_ms=dict(suggestions.latency_ms),
        )
        with self.database.writing() as session:
            session.add(request)
            session.flush()
            session.add_all(rows)
        return request_id

    def record_outcome(self, outcome: Outcome) -> bool:
        """Append one outcome; False where one of that id is there already (sent twice)."""
        row = OutcomeRow(**(vars(outcome) | {"kind": outcome.kind.value}))
        with self.database.writing() as session:
            if session.get(SuggestionRow, outcome.suggestion_id) is None:
                raise UsageError(f"expected the id of a logged suggestion, got {outcome.suggestion_id!r}")
            if session.get(OutcomeRow, outcome.id) is not None:
                return False
            session.add(row)
        return True

    def find(self, prefix: str) -> LoggedSuggestion:
        """The suggestion whose id starts with `prefix` (at least 4 characters)."""
        if len(prefix) < 4:
            raise UsageError(f"expected at least 4 characters of a suggestion's id, got {prefix!r}")
        with self.database.reading() as session:
            query = select(SuggestionRow, RequestRow).join(RequestRow)
            rows = session.exec(query.where(col(SuggestionRow.id).startswith(prefix)).limit(2)).all()
            if len(rows) != 1:
                found = "none" if not rows else "several"
                raise UsageError(f"expected one suggestion whose id starts with {prefix!r}, found {found}")
            return self._logged(session, rows)[0]

    def recent(self, limit: int = 20, *, shown_only: bool = True) -> list[LoggedSuggestion]:
        """The latest suggestions, newest first."""
        with self.database.reading() as session:
            query = select(SuggestionRow, RequestRow).join(RequestRow)
            if shown_only:
                query = query.where(col(SuggestionRow.was_shown))
            query = query.order_by(col(RequestRow.created).desc(), col(SuggestionRow.rank)).limit(limit)
            return self._logged(session, session.exec(query).all())

    def stats(self) -> dict[str, Any]:
        """Counts: requests, suggestions shown, outcomes by kind, accept rate of the shown."""
        with self.database.reading() as session:
            requests = session.exec(select(func.count()).select_from(RequestRow)).one()
            shown = session.exec(
                select(func.count()).select_from(SuggestionRow).where(col(SuggestionRow.was_shown))
            ).one()
            kinds = Counter(
                dict(session.exec(select(OutcomeRow.kind, func.count()).group_by(OutcomeRow.kind)).all())
            )
        human = kinds["accepted"] + kinds["edited"] + kinds["rejected"]
        return {
            "requests": requests,
            "suggestions_shown": shown,
            "outcomes": {kind.value: kinds[kind.value] for kind in OutcomeKind},
            "accept_rate": (kinds["accepted"] + kinds["edited"]) / human if human else None,
        }

    def _logged(
        self, session: Session, rows: Sequence[tuple[SuggestionRow, RequestRow]]
    ) -> list[LoggedSuggestion]:
        ids = [suggestion.id for suggestion, _ in rows]
        query = select(OutcomeRow).where(col(OutcomeRow.suggestion_id).in_(ids))
        latest = {row.suggestion_id: row for row in session.exec(query.order_by(col(OutcomeRow.created)))}
        return [
            LoggedSuggestion(
                id=s.id,
                created=r.created.isoformat(timespec="seconds"),
                workspace=r.workspace,
                target=r.target,
                proposer=s.proposer,
                rank=s.rank,
                was_shown=s.was_shown,
                p_accept=s.p_accept,
                status=s.status,
                edits=tuple(s.edits),
                reason=s.reason,
                outcome=latest[s.id].kind if s.id in latest else None,
                reject_reason=latest[s.id].reject_reason if s.id in latest else None,
            )
            for s, r in rows
        ]
