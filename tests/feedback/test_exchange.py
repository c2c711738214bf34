"""Export and import: nothing lost on the way, nothing half imported, nothing that a spreadsheet would run."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from cellwright.errors import UsageError
from cellwright.feedback.exchange import (
    COLUMNS,
    exported,
    import_jsonl,
    write_csv,
    write_jsonl,
    write_parquet,
)
from cellwright.feedback.model import Consent, Label, LabelKind, Outcome, OutcomeKind, Workspace
from cellwright.feedback.queue import Filters, Queue
from cellwright.feedback.store import FeedbackStore
from cellwright.feedback.tallies import Tallies
from tests.feedback.books import suggestions


def filled(store: FeedbackStore) -> None:
    for number in range(4):
        made = suggestions(f"=A{number + 1}*2")
        store.record(made, workspace="team", user="ann")
        shown = made.candidates[0].id
        store.record_outcome(Outcome(shown, OutcomeKind.EDITED, final_text="=HYPERLINK(1)", latency_ms=3.0))
        store.record_outcome(Outcome(shown, OutcomeKind.KEPT, kept_rate=0.5))
        store.label(Label(shown, "eva", LabelKind.GOOD, "-note"))


def to_file(store: FeedbackStore, path: Path) -> Path:
    with path.open("w", encoding="utf-8") as out:
        write_jsonl(store, out)
    return path


def test_an_export_imported_elsewhere_is_the_same_log(store: FeedbackStore, tmp_path: Path) -> None:
    filled(store)
    path = to_file(store, tmp_path / "log.jsonl")
    other = FeedbackStore(f"sqlite:///{tmp_path / 'other.db'}")
    done = import_jsonl(other, path, "ann")
    assert (done.requests, done.suggestions, done.outcomes, done.labels, done.known) == (4, 12, 8, 4, 0)
    assert list(exported(other)) == list(exported(store))
    assert other.stats() == store.stats()
    assert Tallies(other.database).measures("kind", Filters()) == Tallies(store.database).measures(
        "kind", Filters()
    )
    again = import_jsonl(other, path, "ann")
    assert (again.requests, again.known) == (0, 4)
    assert len(Queue(other.database).page(Filters(label="good", text="note")).lines) == 4
    other.close()


BROKEN = {
    "no JSON": lambda line: "{nonsense",
    "cut off": lambda line: line[: len(line) // 2],
    "unknown field": lambda line: line.replace('"format"', '"colour": 1, "format"', 1),
    "other format": lambda line: line.replace('"format": 1', '"format": 2', 1),
    "probability of 7": lambda line: line.replace('"p_accept": 0.9', '"p_accept": 7', 1),
    "not a number": lambda line: line.replace('"p_accept": 0.9', '"p_accept": NaN', 1),
    "no zone": lambda line: line.replace("+00:00", "", 1),
    "outcome of another": lambda line: line.replace('"suggestion_id": "', '"suggestion_id": "x', 1),
    "unknown outcome": lambda line: line.replace('"edited"', '"loved"', 1),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_broken_line_is_told_and_nothing_is_imported(what: str, tmp_path: Path) -> None:
    source = FeedbackStore(f"sqlite:///{tmp_path / 'source.db'}")
    filled(source)
    path = to_file(source, tmp_path / "log.jsonl")
    lines = path.read_text().splitlines()
    lines[2] = BROKEN[what](lines[2])
    path.write_text("\n".join(lines) + "\n")
    other = FeedbackStore(f"sqlite:///{tmp_path / 'other.db'}")
    with pytest.raises(UsageError, match=r"expected .* \(log\.jsonl:3\)"):
        import_jsonl(other, path, "ann")
    assert other.stats()["requests"] == 0
    assert Queue(other.database).page(Filters()).lines == ()
    source.close()
    other.close()


def test_what_only_the_database_can_refuse_leaves_nothing_behind(
    store: FeedbackStore, tmp_path: Path
) -> None:
    filled(store)
    path = to_file(store, tmp_path / "log.jsonl")
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    lines[3]["outcomes"][0]["id"] = lines[0]["outcomes"][0]["id"]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    other = FeedbackStore(f"sqlite:///{tmp_path / 'other.db'}")
    with pytest.raises(UsageError, match="outcome"):
        import_jsonl(other, path, "ann")
    assert other.stats()["requests"] == 0
    other.close()


def test_an_import_keeps_to_the_consent_of_its_workspace(store: FeedbackStore, tmp_path: Path) -> None:
    filled(store)
    path = to_file(store, tmp_path / "log.jsonl")
    for consent in (Consent.REDACTED, Consent.NONE):
        other = FeedbackStore(f"sqlite:///{tmp_path / f'{consent}.db'}")
        other.people.set_workspace(Workspace("team", consent), "ann")
        with pytest.raises(UsageError, match="consents to"):
            import_jsonl(other, path, "ann")
        assert other.stats()["requests"] == 0
        other.close()


def test_csv_holds_nothing_that_a_spreadsheet_would_run(store: FeedbackStore) -> None:
    filled(store)
    out = io.StringIO()
    assert write_csv(store, out) == 12
    rows = list(csv.reader(io.StringIO(out.getvalue())))
    assert tuple(rows[0]) == COLUMNS
    cells = [cell for row in rows[1:] for cell in row]
    numbers = {COLUMNS.index(name) for name in ("log_probability",)}
    assert numbers
    assert not [cell for cell in cells if cell[:1] in ("=", "+", "@", "\t", "\r", "-")]
    assert "'=HYPERLINK(1)" in cells


def test_parquet_is_the_same_table(store: FeedbackStore, tmp_path: Path) -> None:
    pq = pytest.importorskip("pyarrow.parquet")
    filled(store)
    path = tmp_path / "log.parquet"
    assert write_parquet(store, path) == 12
    table = pq.read_table(path)
    assert tuple(table.column_names) == COLUMNS
    assert table.num_rows == 12
    assert table.column("kept_rate").to_pylist().count(0.5) == 4
    assert str(table.schema.field("created").type) == "timestamp[us, tz=UTC]"
