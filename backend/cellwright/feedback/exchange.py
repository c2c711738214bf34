"""The log as a file: export as JSON lines, CSV or Parquet; import of JSON lines, all of a file or nothing.

A JSON line is one request with everything that belongs to it, so an export can be imported elsewhere without
loss. CSV and Parquet are tables of suggestions with their latest outcome, for analysis. In CSV a text that a
spreadsheet would take for a formula gets a quote in front. An import is checked line by line before anything
is written, is written in one transaction, and leaves alone what the store already has.
"""

from __future__ import annotations

import csv
import datetime
import json
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, SQLModel, col, select

from cellwright.errors import StoreError, UsageError
from cellwright.feedback.model import Consent, LabelKind, OutcomeKind
from cellwright.feedback.store import FeedbackStore
from cellwright.feedback.tables import EntryRow, LabelRow, OutcomeRow, RequestRow, SuggestionRow

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_BATCH = 500
_Id = Annotated[str, Field(min_length=1, max_length=64)]
_Share = Annotated[float, Field(ge=0, le=1)]
_Text = Annotated[str, Field(max_length=100_000)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class ExportedRequest(_Strict):
    """A row of `request`."""

    id: _Id
    created: AwareDatetime
    workspace: Annotated[str, Field(min_length=1, max_length=120)]
    target: _Text
    context_hash: _Text
    base_revision: int
    model: str | None = None
    adapter: str | None = None
    prompt_version: str | None = None
    is_redacted: bool
    latency_ms: dict[str, float]
    user: str = ""
    context: str | None = None


class ExportedSuggestion(_Strict):
    """A row of `suggestion`."""

    id: _Id
    rank: Annotated[int, Field(ge=1)]
    kind: Annotated[str, Field(min_length=1, max_length=40)]
    proposer: Annotated[str, Field(max_length=120)]
    was_shown: bool
    p_accept: _Share
    propensity: _Share
    status: Annotated[str, Field(max_length=40)]
    edits: list[_Text]
    features: dict[str, float]
    log_probability: float | None = None
    reason: _Text = ""
    verdict: dict[str, Any] | None = None


class ExportedOutcome(_Strict):
    """A row of `outcome`."""

    id: _Id
    suggestion_id: _Id
    created: AwareDatetime
    kind: OutcomeKind
    was_shown: bool
    latency_ms: Annotated[float, Field(ge=0)] | None = None
    reject_reason: _Text | None = None
    final_text: _Text | None = None
    kept_rate: _Share | None = None
    user: str = ""


class ExportedLabel(_Strict):
    """A row of `label`."""

    id: _Id
    suggestion_id: _Id
    user: Annotated[str, Field(min_length=1, max_length=120)]
    label: LabelKind
    note: _Text = ""
    created: AwareDatetime


class Exported(_Strict):
    """One line of an export."""

    format: Literal[1] = 1
    request: ExportedRequest
    suggestions: list[ExportedSuggestion]
    outcomes: list[ExportedOutcome] = []
    labels: list[ExportedLabel] = []


@dataclass(frozen=True)
class Imported:
    """How much an import brought; `known` requests were there already."""

    requests: int
    suggestions: int
    outcomes: int
    labels: int
    known: int


# Out


def exported(store: FeedbackStore, *, workspace: str | None = None) -> Iterator[dict[str, Any]]:
    """Every request with all that belongs to it, oldest first, as JSON."""
    after: tuple[datetime.datetime, str] | None = None
    while True:
        with store.database.reading() as session:
            query = select(RequestRow).order_by(col(RequestRow.created), col(RequestRow.id)).limit(_BATCH)
            if workspace is not None:
                query = query.where(RequestRow.workspace == workspace)
            if after is not None:
                created, id_ = after
                later = (col(RequestRow.created) == created) & (col(RequestRow.id) > id_)
                query = query.where((col(RequestRow.created) > created) | later)
            requests = session.exec(query).all()
            yield from _lines(session, requests)
        if len(requests) < _BATCH:
            return
        after = (requests[-1].created, requests[-1].id)


def write_jsonl(store: FeedbackStore, out: IO[str], *, workspace: str | None = None) -> int:
    """JSON lines; how many."""
    count = 0
    for line in exported(store, workspace=workspace):
        out.write(json.dumps(line, ensure_ascii=False) + "\n")
        count += 1
    return count


def write_csv(store: FeedbackStore, out: IO[str], *, workspace: str | None = None) -> int:
    """A table of suggestions; how many rows."""
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    count = 0
    for row in table_rows(exported(store, workspace=workspace)):
        writer.writerow([harmless(row[name]) for name in COLUMNS])
        count += 1
    return count


def write_parquet(store: FeedbackStore, path: Path, *, workspace: str | None = None) -> int:
    """The same table as Parquet; how many rows. Raises StoreError where pyarrow is not installed."""
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError as error:
        raise StoreError(
            "expected pyarrow for a Parquet file; install the extra cellwright[parquet]"
        ) from error
    types = {"rank": pa.int64(), "was_shown": pa.bool_(), "created": pa.timestamp("us", tz="UTC")}
    numbers = ("p_accept", "propensity", "log_probability", "answer_ms", "decided_ms", "kept_rate")
    types |= dict.fromkeys(numbers, pa.float64())
    schema = pa.schema([(name, types.get(name, pa.string())) for name in COLUMNS])
    count = 0
    rows = table_rows(exported(store, workspace=workspace))
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        while batch := list(islice(rows, 10_000)):
            for row in batch:
                row["created"] = datetime.datetime.fromisoformat(row["created"])
            writer.write_table(pa.Table.from_pylist(batch, schema=schema))
            count += len(batch)
    return count


COLUMNS = (
    "id",
    "request_id",
    "created",
    "workspace",
    "user",
    "target",
    "model",
    "adapter",
    "kind",
    "proposer",
    "rank",
    "was_shown",
    "p_accept",
    "propensity",
    "log_probability",
    "status",
    "edits",
    "reason",
    "answer_ms",
    "outcome",
    "decided_ms",
    "reject_reason",
    "final_text",
    "kept_rate",
    "label",
)


def table_rows(lines: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """One row a suggestion, with its latest outcome and label."""
    for line in lines:
        request = line["request"]
        for s in line["suggestions"]:
            outcomes = [o for o in line["outcomes"] if o["suggestion_id"] == s["id"]]
            endings = [o for o in outcomes if o["kind"] != OutcomeKind.KEPT.value]
            last: dict[str, Any] = endings[-1] if endings else {}
            labels = [label["label"] for label in line["labels"] if label["suggestion_id"] == s["id"]]
            kept = [o["kept_rate"] for o in outcomes if o["kept_rate"] is not None]
            shared = ("created", "workspace", "user", "target", "model", "adapter")
            own = ("id", "kind", "proposer", "rank", "was_shown", "p_accept", "propensity", "log_probability")
            yield {
                **{name: request[name] for name in shared},
                **{name: s[name] for name in (*own, "status", "reason")},
                "request_id": request["id"],
                "edits": "\n".join(s["edits"]),
                "answer_ms": request["latency_ms"].get("total"),
                "outcome": last.get("kind"),
                "decided_ms": last.get("latency_ms"),
                "reject_reason": last.get("reject_reason"),
                "final_text": last.get("final_text"),
                "kept_rate": kept[-1] if kept else None,
                "label": labels[-1] if labels else None,
            }


def harmless(value: object) -> str:
    """Text for a CSV cell that no spreadsheet takes for a formula: a quote goes before = + - @."""
    text = "" if value is None else str(value)
    is_text = not isinstance(value, bool | int | float)
    return "'" + text if is_text and text.startswith(FORMULA_STARTS) else text


def _lines(session: Session, requests: Iterable[RequestRow]) -> Iterator[dict[str, Any]]:
    held = list(requests)
    suggestions: dict[str, list[SuggestionRow]] = {r.id: [] for r in held}
    owner: dict[str, str] = {}
    query = select(SuggestionRow).where(col(SuggestionRow.request_id).in_(suggestions))
    for row in session.exec(query.order_by(col(SuggestionRow.rank))):
        suggestions[row.request_id].append(row)
        owner[row.id] = row.request_id
    outcomes: dict[str, list[OutcomeRow]] = {r.id: [] for r in held}
    labels: dict[str, list[LabelRow]] = {r.id: [] for r in held}
    of_outcomes = select(OutcomeRow).where(col(OutcomeRow.suggestion_id).in_(owner))
    for outcome in session.exec(of_outcomes.order_by(col(OutcomeRow.created))):
        outcomes[owner[outcome.suggestion_id]].append(outcome)
    of_labels = select(LabelRow).where(col(LabelRow.suggestion_id).in_(owner))
    for label in session.exec(of_labels.order_by(col(LabelRow.created))):
        labels[owner[label.suggestion_id]].append(label)
    for request in held:
        yield {
            "format": 1,
            "request": _json(request),
            "suggestions": [_json(row, "request_id") for row in suggestions[request.id]],
            "outcomes": [_json(row) for row in outcomes[request.id]],
            "labels": [_json(row) for row in labels[request.id]],
        }


def _json(row: SQLModel, *left_out: str) -> dict[str, Any]:
    made = row.model_dump(exclude=set(left_out))
    for name, value in made.items():
        if isinstance(value, datetime.datetime):
            made[name] = (value if value.tzinfo else value.replace(tzinfo=datetime.UTC)).isoformat()
        elif isinstance(value, float) and not math.isfinite(value):
            made[name] = None
    return made


# In


def import_jsonl(store: FeedbackStore, path: Path, user: str) -> Imported:
    """Take over an export; raises UsageError, with the line, for anything that does not fit, and then nothing
    of the file is in the store."""
    for _ in _read(path):
        pass  # every line is checked before the store is locked
    counts = dict.fromkeys(("requests", "suggestions", "outcomes", "labels", "known"), 0)
    with store.database.writing() as session:
        lines = _read(path)
        while batch := list(islice(lines, _BATCH)):
            try:
                _take(store, session, path, batch, counts)
            except IntegrityError as error:
                raise UsageError(
                    "expected suggestions, outcomes and labels of new ids, got one that is there already"
                    f" ({path.name}:{batch[0][0]}-{batch[-1][0]})"
                ) from error
        done = Imported(**counts)
        store.people.audit(session, user, "import feedback", path.name, vars(done))
    return done


def _read(path: Path) -> Iterator[tuple[int, Exported]]:
    with path.open("rb") as stream:
        for number, line in enumerate(stream, start=1):
            if not line.strip():
                continue
            try:
                read = Exported.model_validate_json(line)
            except ValidationError as error:
                first = error.errors()[0]
                where = ".".join(str(part) for part in first["loc"])
                raise UsageError(
                    f"expected a line of an export, got {where + ': ' if where else ''}{first['msg']}"
                    f" ({path.name}:{number})"
                ) from error
            _check(path, number, read)
            yield number, read


def _check(path: Path, number: int, line: Exported) -> None:
    """What the types can't say: outcomes and labels are of the line's own suggestions, ids are not twice."""
    ids = [s.id for s in line.suggestions]
    if len(set(ids)) != len(ids):
        raise UsageError(f"expected suggestions of different ids, got one twice ({path.name}:{number})")
    named = [o.suggestion_id for o in line.outcomes] + [label.suggestion_id for label in line.labels]
    strange = sorted(set(named) - set(ids))
    if strange:
        raise UsageError(
            "expected outcomes and labels of the line's own suggestions, got one of"
            f" {strange[0]!r} ({path.name}:{number})"
        )


def _take(
    store: FeedbackStore,
    session: Session,
    path: Path,
    batch: list[tuple[int, Exported]],
    counts: dict[str, int],
) -> None:
    ids = [line.request.id for _, line in batch]
    known = set(session.exec(select(RequestRow.id).where(col(RequestRow.id).in_(ids))))
    for number, line in batch:
        request = line.request
        if request.id in known:
            counts["known"] += 1
            continue
        known.add(request.id)
        consent = store.people.workspace_of(session, request.workspace).consent
        if consent is Consent.NONE or (consent is Consent.REDACTED and not request.is_redacted):
            raise UsageError(
                f"expected records that workspace {request.workspace!r} consents to ({consent}), got others"
                f" ({path.name}:{number})"
            )
        owner = session.get(SuggestionRow, line.suggestions[0].id) if line.suggestions else None
        if owner is not None:
            raise UsageError(
                f"expected new suggestions, got {owner.id!r}, which belongs to another request"
                f" ({path.name}:{number})"
            )
        session.add(RequestRow(**request.model_dump()))
        session.flush()
        session.add_all(SuggestionRow(request_id=request.id, **s.model_dump()) for s in line.suggestions)
        session.flush()
        session.add_all(OutcomeRow(**(o.model_dump() | {"kind": o.kind.value})) for o in line.outcomes)
        session.add_all(LabelRow(**(x.model_dump() | {"label": x.label.value})) for x in line.labels)
        for name in ("suggestions", "outcomes", "labels"):
            counts[name] += len(getattr(line, name))
        counts["requests"] += 1
    session.flush()
    _project(store, session, [s for _, line in batch for s in _listed(line)])


def _listed(line: Exported) -> list[str]:
    """The suggestions of a line that the queue lists."""
    decided = {o.suggestion_id for o in line.outcomes}
    return [s.id for s in line.suggestions if s.was_shown or s.id in decided]


def _project(store: FeedbackStore, session: Session, ids: list[str]) -> None:
    query = select(EntryRow.suggestion_id).where(col(EntryRow.suggestion_id).in_(ids))
    there = set(session.exec(query))
    store.projection.add_logged(session, [i for i in dict.fromkeys(ids) if i not in there])
