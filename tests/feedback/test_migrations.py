"""From every earlier schema with data in it to the newest, on both databases; nothing is lost."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, text

from cellwright.feedback.database import HEAD, MIGRATIONS
from cellwright.feedback.queue import Filters, Queue
from cellwright.feedback.runs import RunStatus
from cellwright.feedback.store import FeedbackStore

VERSIONS = [f"{number:04}" for number in range(1, int(HEAD) + 1)]
_MOMENT = "2026-03-02 10:00:00"


def at_version(url: str, version: str) -> None:
    """A database of that schema, with rows in every table that it has."""
    address = url.replace("postgresql://", "postgresql+psycopg://")
    if url.startswith("sqlite"):
        Path(url.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(address)
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, version)
        insert(
            connection,
            "request",
            id="r1",
            created=_MOMENT,
            workspace="team",
            target="Sales!D7",
            context_hash="abc",
            base_revision=3,
            is_redacted=False,
            latency_ms='{"total": 12.0}',
        )
        for number in (1, 2):
            insert(
                connection,
                "suggestion",
                id=f"sugg{number}",
                request_id="r1",
                rank=number,
                kind="formula",
                proposer="sibling",
                was_shown=number == 1,
                p_accept=0.9 / number,
                propensity=1.0,
                status="verified",
                edits=json.dumps([f"FORMULA | Sales!D7 | =SUM(A{number}:C{number})"]),
                features="{}",
                reason="as in D6",
            )
        insert(
            connection,
            "outcome",
            id="o1",
            suggestion_id="sugg1",
            created=_MOMENT,
            kind="rejected",
            was_shown=True,
            reject_reason="wrong_cells",
        )
        if version >= "0002":
            insert(
                connection,
                "tuning_run",
                id="run1",
                recipe="lora.toml",
                kind="kto",
                status="done",
                created_at=_MOMENT,
                base_model="mini",
                adapter="team-1",
            )
    engine.dispose()


def insert(connection: object, table: str, **values: object) -> None:
    names = ", ".join(f'"{name}"' for name in values)
    holes = ", ".join(f":{name}" for name in values)
    connection.execute(text(f"INSERT INTO {table} ({names}) VALUES ({holes})"), values)  # type: ignore[attr-defined]


@pytest.mark.parametrize("version", VERSIONS)
def test_an_earlier_store_opens_with_everything_in_it(url: str, version: str) -> None:
    at_version(url, version)
    store = FeedbackStore(url)
    kept = store.find("sugg1")
    assert (kept.outcome, kept.reject_reason, kept.reason) == ("rejected", "wrong_cells", "as in D6")
    assert store.stats()["outcomes"]["rejected"] == 1
    assert store.stats()["suggestions_shown"] == 1
    lines = Queue(store.database).page(Filters(text="sum c1", outcome="rejected")).lines
    assert [line.suggestion_id for line in lines] == ["sugg1"]
    if version >= "0002":
        run = store.runs.find("run1")
        assert (run.status, run.adapter) == (RunStatus.DONE, "team-1")
    store.close()


def test_every_migration_can_be_taken_back(url: str) -> None:
    at_version(url, HEAD)
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, VERSIONS[0])
        assert connection.execute(text("SELECT count(*) FROM suggestion")).scalar() == 2
        command.upgrade(config, "head")
    engine.dispose()
    store = FeedbackStore(url)
    assert store.stats()["suggestions_shown"] == 1
    store.close()
