"""The queue of the admin page: lines that filters and a search leave, newest first, a page at a time.

Pages go by position (keyset), so the thousandth costs what the first does. On SQLite one full-text query
intersects all filters and words, newest first, and stops when the page is full; on PostgreSQL filters are
indexed columns and words a GIN index, and a span of days is first turned into the span of positions that it
lies in: lines arrive nearly in the order of time.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from sqlalchemy import Select, column, table, text
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, func, select

from cellwright.errors import UsageError
from cellwright.feedback.database import Database
from cellwright.feedback.projection import MARKED
from cellwright.feedback.tables import EntryRow, EntryWordsRow, RequestRow, SuggestionRow, TallyRow
from cellwright.feedback.words import fts5_query, mark, query_words, tsquery

MOST_LINES = 200
_MOST_USERS = 200
_SPAN = """
SELECT min(low), max(high)
FROM generate_series(
    greatest(:since, (SELECT min(day) FROM entry)), least(:until, (SELECT max(day) FROM entry))
) AS span(day)
CROSS JOIN LATERAL (
    SELECT (SELECT min(position) FROM entry WHERE entry.day = span.day) AS low,
           (SELECT max(position) FROM entry WHERE entry.day = span.day) AS high
) AS ends
"""
"""Two looks into an index a day, however many lines it has."""
_LAST_DAY = datetime.date.max.toordinal()
UNDECIDED = "undecided"
"""The value of the filter `outcome` for lines without one, and of `label` for lines without a label."""


@dataclass(frozen=True)
class Filters:
    """What lines must have; empty: anything. Days are ISO dates, both ends included."""

    workspace: str = ""
    user: str = ""
    model: str = ""
    kind: str = ""
    proposer: str = ""
    outcome: str = ""
    reason: str = ""
    label: str = ""
    since: str = ""
    until: str = ""
    text: str = ""

    def __post_init__(self) -> None:
        for name in ("since", "until"):
            _ordinal(getattr(self, name))
        query_words(self.text)

    @staticmethod
    def of(held: Mapping[str, Any]) -> Filters:
        """From JSON; raises UsageError for an unknown name or a value that is no text."""
        known = {field.name for field in fields(Filters)}
        for name, value in held.items():
            if name not in known or not isinstance(value, str):
                raise UsageError(
                    f"expected filters of {', '.join(sorted(known))} as text, got {name}={value!r}"
                )
        return Filters(**held)

    def wanted(self) -> dict[str, str]:
        """The filters by equality that are set."""
        held = {name: getattr(self, name) for name in MARKED if getattr(self, name)}
        return {name: "" if value == UNDECIDED else value for name, value in held.items()}

    def as_json(self) -> dict[str, str]:
        """Those that are set."""
        return {name: value for name, value in asdict(self).items() if value}


@dataclass(frozen=True)
class QueueLine:
    """One line as it is shown; `title` is the first edit's line without its place, `more` how many follow."""

    position: int
    suggestion_id: str
    created: datetime.datetime
    workspace: str
    user: str
    model: str
    kind: str
    proposer: str
    status: str
    outcome: str
    reason: str
    label: str
    p_accept: float
    kept_rate: float | None
    target: str
    title: str
    more: int


@dataclass(frozen=True)
class Page:
    """Lines, and the position after which the next page begins; None at the end."""

    lines: tuple[QueueLine, ...]
    next_before: int | None


class Queue:
    """Reads the projections of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._is_sqlite = database.is_sqlite

    def page(self, filters: Filters, *, before: int | None = None, limit: int = 50) -> Page:
        """The lines before a position (of an earlier page), newest first."""
        if not 1 <= limit <= MOST_LINES:
            raise UsageError(f"expected 1 to {MOST_LINES} lines a page, got {limit}")
        with self._database.reading() as session:
            query = self._positions(filters, before).limit(limit + 1)
            if not self._is_sqlite and (filters.since or filters.until):
                query = query.where(col(EntryRow.position).between(*_span(session, filters)))
            found = [int(position) for position in session.execute(query).scalars()]
            positions = found[:limit]
            rows = session.exec(
                select(EntryRow, SuggestionRow.edits, RequestRow.target)
                .join(SuggestionRow, col(SuggestionRow.id) == col(EntryRow.suggestion_id))
                .join(RequestRow, col(RequestRow.id) == col(SuggestionRow.request_id))
                .where(col(EntryRow.position).in_(positions))
                .order_by(col(EntryRow.position).desc())
            ).all()
        lines = tuple(_line(*row) for row in rows)
        return Page(lines, positions[-1] if len(found) > limit else None)

    def facets(self) -> dict[str, list[str]]:
        """The values that filters can take, by field."""
        with self._database.reading() as session:
            found: dict[str, set[str]] = {name: set() for name in ("workspace", "model", "kind")}
            columns = [col(TallyRow.workspace), col(TallyRow.model), col(TallyRow.kind)]
            for row in session.execute(select_columns(*columns).distinct()):
                for name, value in zip(found, row, strict=True):
                    found[name].add(value)
            measures = session.execute(select_columns(col(TallyRow.measure)).distinct()).scalars().all()
            people = _distinct_users(session)
        for name in ("outcome", "reason"):
            found[name] = {m.removeprefix(f"{name}:") for m in measures if m.startswith(f"{name}:")}
        found["user"] = people
        return {name: sorted(value for value in values if value) for name, values in found.items()}

    def _positions(self, filters: Filters, before: int | None) -> Select[Any]:
        words = query_words(filters.text)
        if filters.text.strip() and not words:
            raise UsageError(f"expected a word to search for, got {filters.text!r}")
        wanted = filters.wanted()
        columns = wanted
        position = col(EntryRow.position)
        query = select_columns(position)
        marks = [mark(name, value) for name, value in wanted.items() if value] if self._is_sqlite else []
        if marks or (words and self._is_sqlite):
            search = table("entry_search", column("rowid"))
            sought = text("entry_search MATCH :sought").bindparams(sought=fts5_query(marks, words))
            query = select_columns(search.c.rowid).where(sought).order_by(search.c.rowid.desc())
            columns = {name: value for name, value in wanted.items() if value == ""}
            if columns or filters.since or filters.until:
                query = query.join(EntryRow, position == search.c.rowid)
            if before is not None:
                query = query.where(search.c.rowid < before)
        else:
            if words:
                query = query.join(EntryWordsRow, col(EntryWordsRow.position) == position)
                query = query.where(
                    text("entry_words.search @@ CAST(:sought AS tsquery)").bindparams(sought=tsquery(words))
                )
            if before is not None:
                query = query.where(position < before)
            query = query.order_by(position.desc())
        for name, value in columns.items():
            query = query.where(getattr(EntryRow, name) == value)
        if filters.since:
            query = query.where(col(EntryRow.day) >= _ordinal(filters.since))
        if filters.until:
            query = query.where(col(EntryRow.day) <= _ordinal(filters.until))
        return query


def _line(entry: EntryRow, edits: Sequence[str], target: str) -> QueueLine:
    first = edits[0].split(" | ", 2) if edits else [""]
    return QueueLine(
        position=entry.position or 0,
        suggestion_id=entry.suggestion_id,
        created=entry.created if entry.created.tzinfo else entry.created.replace(tzinfo=datetime.UTC),
        **{name: getattr(entry, name) for name in MARKED},
        status=entry.status,
        p_accept=entry.p_accept,
        kept_rate=entry.kept_rate,
        target=target,
        title=first[-1],
        more=max(0, len(edits) - 1),
    )


def _span(session: Session, filters: Filters) -> tuple[int, int]:
    """The first and the last position of a span of days; an empty span where it has no line."""
    days = {"since": _ordinal(filters.since), "until": _ordinal(filters.until) or _LAST_DAY}
    low, high = session.execute(text(_SPAN), days).one()
    return (1, 0) if low is None else (low, high)


def _distinct_users(session: Session) -> set[str]:
    """The users of requests, at most 200: each the next one in the index, which reads no other row."""
    found: set[str] = set()
    last = ""
    while len(found) < _MOST_USERS:
        user = session.exec(select(func.min(RequestRow.user)).where(col(RequestRow.user) > last)).one()
        if user is None:
            break
        found.add(user)
        last = user
    return found


def _ordinal(day: str) -> int:
    if not day:
        return 0
    try:
        return datetime.date.fromisoformat(day).toordinal()
    except ValueError as error:
        raise UsageError(f"expected a day such as 2026-03-01, got {day!r}") from error
