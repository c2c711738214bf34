"""The feedback store: append requests, suggestions, outcomes and labels; read them back; count them.

Writing is append-only: nothing here updates or deletes a row of the log (`feedback.erase` does, on request).
What a workspace consents to decides what of a request is kept: all, all but cell contents, or nothing. Beside
the log the projections of the admin page are kept up to date in the same transaction.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select as select_columns
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, func, select

from cellwright.errors import UsageError
from cellwright.feedback.database import Database
from cellwright.feedback.model import (
    Consent,
    Label,
    Outcome,
    OutcomeKind,
    Workspace,
    new_id,
    now,
)
from cellwright.feedback.people import People
from cellwright.feedback.projection import Projection, line_of
from cellwright.feedback.redact import edit_lines, kept_verdict
from cellwright.feedback.runs import Runs
from cellwright.feedback.tables import LabelRow, OutcomeRow, RequestRow, SuggestionRow, TallyRow

if TYPE_CHECKING:
    from cellwright.suggest.model import Suggestions


@dataclass(frozen=True)
class LoggedSuggestion:
    """A suggestion as the store has it, with its latest outcome; `kept_rate` is the one at the last save."""

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
    kept_rate: float | None = None
    user: str = ""


class FeedbackStore:
    """One store; opening it migrates its schema to the newest."""

    def __init__(self, url: str) -> None:
        self.database = Database(url)
        self.projection = Projection(self.database)
        self.projection.ensure()
        self.runs = Runs(self.database)
        self.people = People(self.database)

    def close(self) -> None:
        """Give the connections back."""
        self.database.close()

    def record(
        self, suggestions: Suggestions, *, workspace: str, keep_cell_contents: bool = True, user: str = ""
    ) -> str | None:
        """Append one request with its whole candidate set; its id, or None where the workspace keeps nothing.

        It outlives a killed process when this returns. The disk is not waited for: the first outcome does.
        `keep_cell_contents` false redacts whatever the workspace consents to.
        """
        with self.database.writing(is_awaited=False) as session:
            consent = self.people.workspace_of(session, workspace).consent
            if consent is Consent.NONE:
                return None
            request, rows = rows_of(
                suggestions, workspace, user, keeps_contents=keep_cell_contents and consent is Consent.FULL
            )
            session.add(request)
            session.flush()
            session.add_all(rows)
            session.flush()
            shown = [line_of(request, row, (), ()) for row in rows if row.was_shown]
            self.projection.add(session, shown)
            return request.id

    def record_outcome(self, outcome: Outcome) -> bool:
        """Append one outcome; False where one of that id is there already (sent twice)."""
        row = vars(outcome) | {"kind": outcome.kind.value}
        with self.database.writing() as session:
            known = session.exec(
                select(RequestRow.is_redacted)
                .join(SuggestionRow, col(SuggestionRow.request_id) == col(RequestRow.id))
                .where(SuggestionRow.id == outcome.suggestion_id)
            ).first()
            if known is None:
                raise UsageError(f"expected the id of a logged suggestion, got {outcome.suggestion_id!r}")
            if known:
                row["final_text"] = None
            # Another server may append the same outcome at this moment: the database decides who was first.
            append = (sqlite if self.database.is_sqlite else postgresql).insert(OutcomeRow)
            added = session.connection().execute(
                append.on_conflict_do_nothing().returning(col(OutcomeRow.id)), row
            )
            if added.first() is None:
                return False
            self.projection.refresh(session, outcome.suggestion_id)
        return True

    def label(self, label: Label) -> None:
        """Append a reviewer's word on a suggestion, and that it was said."""
        with self.database.writing() as session:
            if session.get(SuggestionRow, label.suggestion_id) is None:
                raise UsageError(f"expected the id of a logged suggestion, got {label.suggestion_id!r}")
            session.add(LabelRow(**(vars(label) | {"label": label.label.value})))
            session.flush()
            self.projection.refresh(session, label.suggestion_id)
            self.people.audit(session, label.user, f"label {label.label}", label.suggestion_id)

    def find(self, prefix: str) -> LoggedSuggestion:
        """The suggestion whose id starts with `prefix` (at least 4 characters)."""
        if len(prefix) < 4:
            raise UsageError(f"expected at least 4 characters of a suggestion's id, got {prefix!r}")
        with self.database.reading() as session:
            query = select(SuggestionRow, RequestRow).join(RequestRow)
            rows = session.exec(query.where(SuggestionRow.id == prefix)).all()
            if not rows:
                begins = col(SuggestionRow.id).startswith(prefix, autoescape=True)
                rows = session.exec(query.where(begins).limit(2)).all()
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
        """Counts: requests, suggestions shown, latest outcomes by kind, accept rate, kept rate."""
        with self.database.reading() as session:
            requests = session.exec(select(func.count()).select_from(RequestRow)).one()
            sums = select_columns(
                col(TallyRow.measure), func.sum(col(TallyRow.count)), func.sum(col(TallyRow.total))
            ).group_by(col(TallyRow.measure))
            tallies = {measure: (count, total) for measure, count, total in session.execute(sums)}
        kinds = {
            kind.value: int(tallies.get(f"outcome:{kind.value}", (0, 0))[0])
            for kind in OutcomeKind
            if kind is not OutcomeKind.KEPT
        }
        human = kinds["accepted"] + kinds["edited"] + kinds["rejected"]
        saved, kept = tallies.get("kept", (0, 0.0))
        return {
            "requests": requests,
            "suggestions_shown": int(tallies.get("shown", (0, 0))[0]),
            "outcomes": kinds,
            "accept_rate": (kinds["accepted"] + kinds["edited"]) / human if human else None,
            "kept_rate": kept / saved if saved else None,
        }

    def workspace(self, name: str) -> Workspace:
        """What holds for a workspace; the defaults for one that nobody has set."""
        with self.database.reading() as session:
            return self.people.workspace_of(session, name)

    def _logged(
        self, session: Session, rows: Sequence[tuple[SuggestionRow, RequestRow]]
    ) -> list[LoggedSuggestion]:
        ids = [suggestion.id for suggestion, _ in rows]
        latest: dict[str, OutcomeRow] = {}
        kept: dict[str, float] = {}
        for at in range(0, len(ids), 1_000):
            query = select(OutcomeRow).where(col(OutcomeRow.suggestion_id).in_(ids[at : at + 1_000]))
            for row in session.exec(query.order_by(col(OutcomeRow.created))):
                if row.kind != OutcomeKind.KEPT.value:
                    latest[row.suggestion_id] = row
                if row.kept_rate is not None:
                    kept[row.suggestion_id] = row.kept_rate
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
                kept_rate=kept.get(s.id),
                user=r.user,
            )
            for s, r in rows
        ]


def rows_of(
    suggestions: Suggestions, workspace: str, user: str, *, keeps_contents: bool
) -> tuple[RequestRow, list[SuggestionRow]]:
    """The rows of one request and its candidates, redacted where contents are not kept."""
    first = suggestions.candidates[0] if suggestions.candidates else None
    target = suggestions.target.a1
    request = RequestRow(
        id=new_id(),
        created=now(),
        workspace=workspace,
        target=target if keeps_contents else hashlib.sha256(target.encode()).hexdigest()[:16],
        context_hash=suggestions.context_hash,
        base_revision=first.base_revision if first else 0,
        model=first.model if first else None,
        adapter=first.adapter if first else None,
        prompt_version=first.prompt_version if first else None,
        is_redacted=not keeps_contents,
        latency_ms=dict(suggestions.latency_ms),
        user=user,
        context=suggestions.context or None if keeps_contents else None,
    )
    rows = [
        SuggestionRow(
            id=s.id,
            request_id=request.id,
            rank=s.rank,
            kind=s.candidate.kind.value,
            proposer=s.candidate.proposer,
            was_shown=s.is_shown,
            p_accept=s.p_accept,
            propensity=s.propensity,
            status=s.verdict.status.value,
            edits=edit_lines(s.candidate.edits, keeps_contents),
            features=dict(s.candidate.features),
            log_probability=s.candidate.log_probability,
            reason=s.candidate.reason if keeps_contents else "",
            verdict=kept_verdict(s.verdict, keep_cell_contents=keeps_contents) if s.is_shown else None,
        )
        for s in suggestions.candidates
    ]
    return request, rows
