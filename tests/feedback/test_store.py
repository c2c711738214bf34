"""The feedback store on real databases: append, read back, redact, refuse."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from cellwright.errors import StoreError, UsageError
from cellwright.feedback.model import Outcome, OutcomeKind
from cellwright.feedback.redact import redacted
from cellwright.feedback.store import FeedbackStore
from tests.feedback.books import suggestions


def test_the_whole_candidate_set_is_kept_and_read_back(store: FeedbackStore) -> None:
    made = suggestions()
    store.record(made, workspace="team")
    kept = store.recent(10, shown_only=False)
    assert [s.id for s in kept] == [s.id for s in made.candidates]
    assert [s.was_shown for s in kept] == [True, False, False]
    assert kept[0].edits == ('FORMULA | Sales!D7 | =IF(B2>5,"Ann",0)',)
    assert store.find(made.candidates[0].id[:8]).target == "Sales!D7"


def test_outcomes_count_once_however_often_they_are_sent(store: FeedbackStore) -> None:
    made = suggestions()
    store.record(made, workspace="team")
    outcome = Outcome(made.candidates[0].id, OutcomeKind.ACCEPTED, latency_ms=800.0)
    assert store.record_outcome(outcome) is True
    assert store.record_outcome(outcome) is False
    store.record_outcome(Outcome(made.candidates[1].id, OutcomeKind.REJECTED, reject_reason="wrong column"))
    stats = store.stats()
    assert stats["outcomes"]["accepted"] == 1
    assert stats["accept_rate"] == 0.5
    assert store.find(made.candidates[1].id).reject_reason == "wrong column"


def test_without_consent_no_cell_text_is_stored(tmp_path: Path) -> None:
    file = tmp_path / "f.db"
    store = FeedbackStore(f"sqlite:///{file}")
    store.record(suggestions(), workspace="team", keep_cell_contents=False)
    store.close()
    data = b"".join(p.read_bytes() for p in tmp_path.iterdir())
    assert b"Ann" not in data
    assert b"Sales" not in data
    assert redacted('=IF(B2>5,"Ann",0)') == '=IF(B2>0,"…",0)'


def test_an_outcome_of_an_unknown_suggestion_is_refused(store: FeedbackStore) -> None:
    with pytest.raises(UsageError, match="expected the id of a logged suggestion"):
        store.record_outcome(Outcome("nobody", OutcomeKind.ACCEPTED))


def test_outcomes_are_validated() -> None:
    with pytest.raises(UsageError, match=r"from 0 to 1, got 1\.5"):
        Outcome("x", OutcomeKind.ACCEPTED, kept_rate=1.5)


def test_short_and_unknown_ids_are_refused(store: FeedbackStore) -> None:
    for prefix in ("abc", "feedbeef"):
        with pytest.raises(UsageError):
            store.find(prefix)


def test_opening_twice_migrates_once_and_keeps_what_is_there(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'f.db'}"
    first = FeedbackStore(url)
    first.record(suggestions(), workspace="team")
    first.close()
    assert FeedbackStore(url).stats()["requests"] == 1


def test_the_models_and_the_migrations_make_the_same_schema(tmp_path: Path) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext
    from sqlalchemy import create_engine
    from sqlmodel import SQLModel

    url = f"sqlite:///{tmp_path / 'f.db'}"
    FeedbackStore(url).close()

    def is_ours(_object: object, name: str | None, *_: object) -> bool:
        return not (name or "").startswith("entry_search")  # SQLite's full-text index is no table of a model

    with create_engine(url).connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_object": is_ours})
        assert compare_metadata(context, SQLModel.metadata) == []


def test_a_store_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "f.db"
    FeedbackStore(f"sqlite:///{file}").close()
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    with pytest.raises(StoreError, match="newer"):
        FeedbackStore(f"sqlite:///{file}")


@pytest.mark.parametrize("url", ["nonsense", "sqlite:////proc/nowhere/feedback.db"])
def test_a_store_that_cannot_be_opened_says_so(url: str) -> None:
    with pytest.raises((StoreError, OSError)):
        FeedbackStore(url)


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "f.db"
    file.write_bytes(b"this is not a database at all" * 100)
    with pytest.raises(StoreError, match="failed"):
        FeedbackStore(f"sqlite:///{file}")
