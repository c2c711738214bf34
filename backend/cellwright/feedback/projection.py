"""What the admin page reads, kept beside the log while it is written: lines, their words, weekly counts.

    log (request, suggestion, outcome, label)  ->  entry + entry_words (one line a suggestion)  ->  tally

A line changes when an outcome or a label comes; the tallies then lose its old measures and gain its new ones,
so they always equal the count over all lines. Everything happens in the transaction of the write. A store
whose projections are of another version, or that comes from an earlier schema, gets them made anew when it is
opened.
"""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Row, Table, delete, exists, insert, text, update
from sqlalchemy import select as select_columns
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, SQLModel, col, select

from cellwright.feedback.database import Database
from cellwright.feedback.model import OutcomeKind
from cellwright.feedback.tables import (
    EntryRow,
    EntryWordsRow,
    LabelRow,
    OutcomeRow,
    ProjectionRow,
    RequestRow,
    SuggestionRow,
    TallyRow,
)
from cellwright.feedback.words import mark, words_of

VERSION = 1
MARKED = ("workspace", "user", "model", "kind", "proposer", "outcome", "reason", "label")
"""The fields of a line that filters ask for."""
KNOWN_REASONS = ("wrong_result", "wrong_cells", "not_here", "too_complex")
OTHER_REASON = "other"
LATENCY_BOUNDS_MS = (5, 10, 20, 50, 100, 200, 350, 500, 750, 1_000, 1_500, 2_000, 3_000, 5_000, 10_000)
"""Upper bounds of the latency histogram; one more bucket is open."""
_BATCH = 5_000
_REBUILD_LOCK = 0x63656C72
"""PostgreSQL's advisory lock of whoever makes the projections anew."""

Key = tuple[int, str, str, str, str]
_History = tuple[list[Row[Any]], list[Row[Any]]]
"""Outcomes and labels of one suggestion."""


def _table(model: type[SQLModel]) -> Table:
    return SQLModel.metadata.tables[str(model.__tablename__)]


_REQUEST, _SUGGESTION = _table(RequestRow), _table(SuggestionRow)
_OUTCOME, _LABEL = _table(OutcomeRow), _table(LabelRow)
_LOGGED = select_columns(
    *(
        _SUGGESTION.c[n]
        for n in ("id", "kind", "proposer", "status", "p_accept", "was_shown", "edits", "reason")
    ),
    *(_REQUEST.c[n] for n in ("created", "workspace", "user", "model", "adapter", "target", "latency_ms")),
).join_from(_SUGGESTION, _REQUEST, _SUGGESTION.c.request_id == _REQUEST.c.id)
_OUTCOMES = select_columns(
    *(_OUTCOME.c[n] for n in ("suggestion_id", "kind", "reject_reason", "final_text", "kept_rate", "user"))
).order_by(_OUTCOME.c.created)
_LABELS = select_columns(_LABEL.c.suggestion_id, _LABEL.c.label, _LABEL.c.note).order_by(_LABEL.c.created)


@dataclass(frozen=True)
class Line:
    """One line of the queue without its position; the fields are those of EntryRow."""

    suggestion_id: str
    created: datetime.datetime
    workspace: str
    user: str
    model: str
    kind: str
    proposer: str
    status: str
    p_accept: float
    answer_ms: float | None
    was_shown: bool
    outcome: str = ""
    reason: str = ""
    label: str = ""
    kept_rate: float | None = None
    texts: tuple[str, ...] = ()

    @property
    def day(self) -> int:
        """The ordinal of its day in UTC."""
        moment = self.created
        return (moment if moment.tzinfo is None else moment.astimezone(datetime.UTC)).date().toordinal()


def line_of(
    request: RequestRow | Row[Any],
    suggestion: SuggestionRow | Row[Any],
    outcomes: Sequence[OutcomeRow | Row[Any]],
    labels: Sequence[LabelRow | Row[Any]],
) -> Line:
    """The line of a suggestion, from what the log has of it; outcomes and labels oldest first."""
    endings = [o for o in outcomes if o.kind != OutcomeKind.KEPT.value]
    last = endings[-1] if endings else None
    kept = [o.kept_rate for o in outcomes if o.kept_rate is not None]
    reason = (last.reject_reason or "") if last is not None and last.kind == "rejected" else ""
    total = request.latency_ms.get("total")
    return Line(
        suggestion_id=suggestion.id,
        created=request.created,
        workspace=request.workspace,
        user=(last.user if last is not None else "") or request.user,
        model=(f"{request.model}+{request.adapter}" if request.adapter else request.model) or "",
        kind=suggestion.kind,
        proposer=suggestion.proposer,
        status=suggestion.status,
        p_accept=suggestion.p_accept,
        answer_ms=float(total) if isinstance(total, int | float) else None,
        was_shown=suggestion.was_shown,
        outcome=last.kind if last is not None else "",
        reason=reason if reason in KNOWN_REASONS else OTHER_REASON if reason else "",
        label=labels[-1].label if labels else "",
        kept_rate=kept[-1] if kept else None,
        texts=(
            request.target,
            *suggestion.edits,
            suggestion.reason,
            *(o.reject_reason or "" for o in outcomes),
            *(o.final_text or "" for o in outcomes),
            *(label.note for label in labels),
        ),
    )


def words_text(line: Line, *, with_marks: bool) -> str:
    """What the search index holds of a line."""
    marks = [mark(name, getattr(line, name)) for name in MARKED if getattr(line, name)] if with_marks else []
    return " ".join([*marks, *words_of(line.texts)])


def measures(line: Line) -> dict[str, float]:
    """What a line counts for in the tallies of its week: measure -> value (0 where it is only counted)."""
    found: dict[str, float] = {}
    if line.was_shown:
        found["shown"] = 0.0
        if line.answer_ms is not None:
            found[f"ms:{bucket_of(line.answer_ms):02}"] = line.answer_ms
    if line.outcome:
        found[f"outcome:{line.outcome}"] = 0.0
    if line.reason:
        found[f"reason:{line.reason}"] = 0.0
    if line.kept_rate is not None:
        found["kept"] = line.kept_rate
    return found


def bucket_of(latency_ms: float) -> int:
    """The index of the first bound that is not below it."""
    return next((i for i, most in enumerate(LATENCY_BOUNDS_MS) if latency_ms <= most), len(LATENCY_BOUNDS_MS))


class Projection:
    """Keeps the projections of one database; every function works in its caller's transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._is_sqlite = database.is_sqlite

    def ensure(self) -> None:
        """Make them anew where they are missing or of another version."""
        with self._database.reading() as session:
            if session.get(ProjectionRow, VERSION) is not None:
                return
        with self._database.writing() as session:
            if not self._is_sqlite:  # there a writing transaction holds the lock from its beginning
                session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _REBUILD_LOCK})
            if session.get(ProjectionRow, VERSION) is None:  # another process was not faster
                self.rebuild(session)

    def add(self, session: Session, lines: Sequence[Line]) -> None:
        """Lines that are not there yet."""
        if not lines:
            return
        positions = self._positions(session, len(lines))
        rows = [_row(line) | {"position": at} for at, line in zip(positions, lines, strict=True)]
        texts = [
            {"position": at, "words": words_text(line, with_marks=self._is_sqlite)}
            for at, line in zip(positions, lines, strict=True)
        ]
        # Plain tables: a bulk insert through the mapper costs several times as much.
        session.connection().execute(insert(_table(EntryRow)), rows)
        session.connection().execute(insert(_table(EntryWordsRow)), texts)
        self._search(session, texts)
        self._count(session, (), lines)

    def add_logged(self, session: Session, suggestion_ids: Sequence[str]) -> None:
        """Lines of suggestions that are in the log and have none yet."""
        self.add(session, self._lines(session, suggestion_ids))

    def refresh(self, session: Session, suggestion_id: str) -> None:
        """A suggestion's line after something new came to the log; added where it has none."""
        # The lock comes before the log is read: of two writers the second then sees the first one's outcome.
        query = select(EntryRow).where(EntryRow.suggestion_id == suggestion_id).with_for_update()
        entry = session.exec(query).first()
        line = self._lines(session, [suggestion_id])[0]
        if entry is None:
            self.add(session, [line])
            return
        old = replace(
            line,
            outcome=entry.outcome,
            reason=entry.reason,
            label=entry.label,
            kept_rate=entry.kept_rate,
        )
        position = entry.position
        assert position is not None
        session.execute(update(EntryRow).where(col(EntryRow.position) == position).values(**_row(line)))
        self._unsearch(session, [position])
        words = words_text(line, with_marks=self._is_sqlite)
        session.execute(
            update(EntryWordsRow).where(col(EntryWordsRow.position) == position).values(words=words)
        )
        self._search(session, [{"position": position, "words": words}])
        self._count(session, [old], [line])

    def remove(self, session: Session, suggestion_ids: Sequence[str]) -> None:
        """Lines of suggestions that are to be deleted; the log must still have them."""
        for at in range(0, len(suggestion_ids), _BATCH):
            ids = suggestion_ids[at : at + _BATCH]
            query = select(EntryRow.position, EntryRow.suggestion_id)
            held = session.exec(query.where(col(EntryRow.suggestion_id).in_(ids))).all()
            positions = [position for position, _ in held if position is not None]
            self._count(session, self._lines(session, [i for _, i in held]), ())
            self._unsearch(session, positions)
            session.execute(delete(EntryWordsRow).where(col(EntryWordsRow.position).in_(positions)))
            session.execute(delete(EntryRow).where(col(EntryRow.position).in_(positions)))

    def rebuild(self, session: Session) -> None:
        """All of them from the log, in the order of time."""
        for table in (TallyRow, EntryWordsRow, EntryRow, ProjectionRow):
            session.execute(delete(table))
        if self._is_sqlite:
            # The external content is gone, so the index is emptied by telling it to read that again.
            session.execute(text("INSERT INTO entry_search(entry_search) VALUES ('rebuild')"))
        # By index, one at a time: PostgreSQL reads an `IN` anew for each row once it outgrows its memory.
        has_outcome = exists().where(col(OutcomeRow.suggestion_id) == col(SuggestionRow.id))
        ids = session.exec(
            select(SuggestionRow.id)
            .join(RequestRow, col(RequestRow.id) == col(SuggestionRow.request_id))
            .where(col(SuggestionRow.was_shown) | has_outcome)
            .order_by(col(RequestRow.created), col(SuggestionRow.request_id), col(SuggestionRow.rank))
        ).all()
        for at in range(0, len(ids), _BATCH):
            self.add_logged(session, ids[at : at + _BATCH])
        session.add(ProjectionRow(version=VERSION))

    def _lines(self, session: Session, ids: Sequence[str]) -> list[Line]:
        if not ids:
            return []
        session.flush()  # what was added as objects is asked for as plain rows, which are far cheaper to read
        found = session.connection().execute(_LOGGED.where(_SUGGESTION.c.id.in_(ids)))
        history = self._history(session, ids)
        lines = {row.id: line_of(row, row, *history[row.id]) for row in found}
        return [lines[i] for i in ids]

    def _history(
        self, session: Session, ids: Sequence[str]
    ) -> dict[str, tuple[list[Row[Any]], list[Row[Any]]]]:
        history: dict[str, tuple[list[Row[Any]], list[Row[Any]]]] = defaultdict(lambda: ([], []))
        for side, query in enumerate((_OUTCOMES, _LABELS)):
            held = query.where(query.selected_columns.suggestion_id.in_(ids))
            for row in session.connection().execute(held):
                history[row.suggestion_id][side].append(row)
        return history

    def _positions(self, session: Session, count: int) -> Sequence[int]:
        """So many new positions; nobody else gets them."""
        if self._is_sqlite:  # the writing transaction holds the database's lock
            last = session.execute(text("SELECT coalesce(max(position), 0) FROM entry")).scalar_one()
            return range(last + 1, last + 1 + count)
        drawn = text(
            "SELECT nextval(pg_get_serial_sequence('entry', 'position')) FROM generate_series(1, :count)"
        )
        return session.execute(drawn, {"count": count}).scalars().all()

    def _search(self, session: Session, texts: Sequence[dict[str, Any]]) -> None:
        """Put lines into SQLite's index; PostgreSQL keeps its own."""
        if self._is_sqlite:
            put = text("INSERT INTO entry_search(rowid, words) VALUES (:position, :words)")
            session.connection().execute(put, texts)

    def _unsearch(self, session: Session, positions: Sequence[int]) -> None:
        """Take lines out of SQLite's index; it wants their old words."""
        if not self._is_sqlite or not positions:
            return
        old = session.exec(select(EntryWordsRow).where(col(EntryWordsRow.position).in_(positions))).all()
        session.execute(
            text("INSERT INTO entry_search(entry_search, rowid, words) VALUES ('delete', :position, :words)"),
            [{"position": row.position, "words": row.words} for row in old],
        )

    def _count(self, session: Session, old: Iterable[Line], new: Iterable[Line]) -> None:
        """Move the tallies from the measures of the old lines to those of the new ones."""
        deltas: dict[Key, list[float]] = defaultdict(lambda: [0, 0.0])
        for lines, sign in ((old, -1), (new, 1)):
            for line in lines:
                week = line.day - (line.day - 1) % 7  # ordinal 1 was a Monday
                for measure, value in measures(line).items():
                    delta = deltas[week, measure, line.workspace, line.model, line.kind]
                    delta[0] += sign
                    delta[1] += sign * value
        rows = [
            dict(zip(("week", "measure", "workspace", "model", "kind"), key, strict=True))
            | {"count": int(count), "total": total}
            for key, (count, total) in sorted(deltas.items())  # one order, so that two writers never cross
            if count or total
        ]
        if not rows:
            return
        upsert = (sqlite if self._is_sqlite else postgresql).insert(TallyRow)
        session.execute(
            upsert.on_conflict_do_update(
                index_elements=["week", "measure", "workspace", "model", "kind"],
                set_={
                    "count": col(TallyRow.count) + upsert.excluded.count,
                    "total": col(TallyRow.total) + upsert.excluded.total,
                },
            ),
            rows,
        )


def _row(line: Line) -> dict[str, Any]:
    return {
        "suggestion_id": line.suggestion_id,
        "created": line.created,
        "day": line.day,
        **{name: getattr(line, name) for name in MARKED},
        "status": line.status,
        "p_accept": line.p_accept,
        "answer_ms": line.answer_ms,
        "kept_rate": line.kept_rate,
    }
