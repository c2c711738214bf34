"""People's decisions as tuning and the off-policy estimates read them: the candidates and what came of them.

One decision a request whose first shown candidate a person accepted, edited or rejected. Labels overrule
nothing here: `label` says what reviewers think, and `excluded` ones are left out unless asked for.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sqlmodel import Session, col, select

from cellwright.feedback.database import Database
from cellwright.feedback.model import HUMAN, LabelKind, OutcomeKind
from cellwright.feedback.tables import EntryRow, LabelRow, OutcomeRow, RequestRow, SuggestionRow

_BATCH = 1_000
_HUMAN = sorted(kind.value for kind in HUMAN)


@dataclass(frozen=True)
class LoggedCandidate:
    """A candidate as it was logged; `log_probability` is the language model's, in nats."""

    suggestion_id: str
    kind: str
    proposer: str
    rank: int
    was_shown: bool
    p_accept: float
    propensity: float
    status: str
    edits: tuple[str, ...]
    features: Mapping[str, float]
    log_probability: float | None


@dataclass(frozen=True)
class LoggedDecision:
    """A request with its candidates by rank and the outcome of the one at index `first` (shown first).

    `context` is the prompt that the model read, None where contents are not kept (`is_redacted`). `kept_rate`
    is of the last save, None where none is known; `final_text` what the person made of it.
    """

    request_id: str
    created_day: int
    workspace: str
    user: str
    target: str
    context_hash: str
    context: str | None
    prompt_version: str | None
    model: str | None
    adapter: str | None
    is_redacted: bool
    candidates: tuple[LoggedCandidate, ...]
    first: int
    outcome: OutcomeKind
    latency_ms: float | None
    reject_reason: str | None
    final_text: str | None
    kept_rate: float | None
    label: LabelKind | None

    @property
    def decided(self) -> LoggedCandidate:
        """The candidate that the person decided on."""
        return self.candidates[self.first]

    @property
    def reward(self) -> float:
        """1 for what was accepted and kept, less by what was changed afterwards, 0 for what was rejected."""
        if self.outcome is OutcomeKind.REJECTED:
            return 0.0
        if self.kept_rate is not None:
            return self.kept_rate
        return 0.5 if self.outcome is OutcomeKind.EDITED else 1.0


def decisions(
    database: Database,
    *,
    workspace: str | None = None,
    with_excluded: bool = False,
    latest: int | None = None,
) -> Iterator[LoggedDecision]:
    """Decisions in the order of arrival, read in batches; the `latest` so many, else all."""
    after = 0 if latest is None else _before_latest(database, workspace, latest)
    while True:
        with database.reading() as session:
            query = select(EntryRow).where(col(EntryRow.position) > after, col(EntryRow.outcome).in_(_HUMAN))
            if workspace is not None:
                query = query.where(EntryRow.workspace == workspace)
            entries = session.exec(query.order_by(col(EntryRow.position)).limit(_BATCH)).all()
            found = _batch(session, {e.suggestion_id: e for e in entries})
        if not entries:
            return
        after = entries[-1].position or 0
        yield from (d for d in found if with_excluded or d.label is not LabelKind.EXCLUDE)


def _before_latest(database: Database, workspace: str | None, count: int) -> int:
    """The position before the latest decisions, 0 where there are fewer."""
    query = select(EntryRow.position).where(col(EntryRow.outcome).in_(_HUMAN))
    if workspace is not None:
        query = query.where(EntryRow.workspace == workspace)
    with database.reading() as session:
        ordered = query.order_by(col(EntryRow.position).desc()).offset(count).limit(1)
        return session.exec(ordered).first() or 0


def _batch(session: Session, entries: Mapping[str, EntryRow]) -> list[LoggedDecision]:
    requests = dict(
        session.exec(
            select(SuggestionRow.id, RequestRow)
            .join(RequestRow, col(RequestRow.id) == col(SuggestionRow.request_id))
            .where(col(SuggestionRow.id).in_(entries))
        ).all()
    )
    candidates: dict[str, list[SuggestionRow]] = defaultdict(list)
    wanted = {request.id for request in requests.values()}
    query = select(SuggestionRow).where(col(SuggestionRow.request_id).in_(wanted))
    for row in session.exec(query.order_by(col(SuggestionRow.rank))):
        candidates[row.request_id].append(row)
    outcomes: dict[str, list[OutcomeRow]] = defaultdict(list)
    query_outcomes = select(OutcomeRow).where(col(OutcomeRow.suggestion_id).in_(entries))
    for outcome in session.exec(query_outcomes.order_by(col(OutcomeRow.created))):
        outcomes[outcome.suggestion_id].append(outcome)
    labels = dict(
        session.exec(
            select(LabelRow.suggestion_id, LabelRow.label)
            .where(col(LabelRow.suggestion_id).in_(entries))
            .order_by(col(LabelRow.created))
        ).all()
    )
    return [
        _decision(
            requests[suggestion_id],
            candidates[requests[suggestion_id].id],
            suggestion_id,
            entry,
            outcomes[suggestion_id],
            labels.get(suggestion_id),
        )
        for suggestion_id, entry in entries.items()
    ]


def _decision(
    request: RequestRow,
    rows: list[SuggestionRow],
    suggestion_id: str,
    entry: EntryRow,
    outcomes: list[OutcomeRow],
    label: str | None,
) -> LoggedDecision:
    human = [o for o in outcomes if o.kind in _HUMAN][-1]
    return LoggedDecision(
        request_id=request.id,
        created_day=entry.day,
        workspace=request.workspace,
        user=human.user or request.user,
        target=request.target,
        context_hash=request.context_hash,
        context=request.context,
        prompt_version=request.prompt_version,
        model=request.model,
        adapter=request.adapter,
        is_redacted=request.is_redacted,
        candidates=tuple(
            LoggedCandidate(
                r.id,
                r.kind,
                r.proposer,
                r.rank,
                r.was_shown,
                r.p_accept,
                r.propensity,
                r.status,
                tuple(r.edits),
                r.features,
                r.log_probability,
            )
            for r in rows
        ),
        first=next(i for i, r in enumerate(rows) if r.id == suggestion_id),
        outcome=OutcomeKind(human.kind),
        latency_ms=human.latency_ms,
        reject_reason=human.reject_reason,
        final_text=next((o.final_text for o in reversed(outcomes) if o.final_text), None),
        kept_rate=entry.kept_rate,
        label=None if label is None else LabelKind(label),
    )
