"""Nothing lost and nothing torn: kill -9 while writing, a full disk, a second writer, two at once."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from sqlalchemy import event, text

from cellwright.errors import StoreError
from cellwright.feedback.model import Outcome, OutcomeKind
from cellwright.feedback.queue import Filters, Queue
from cellwright.feedback.store import FeedbackStore
from cellwright.feedback.tallies import Tallies
from tests.feedback.books import suggestions

_WRITER = """
import sys
from cellwright.feedback.model import Outcome, OutcomeKind
from cellwright.feedback.store import FeedbackStore
from tests.feedback.books import suggestions
store = FeedbackStore(sys.argv[1])
print("ready", flush=True)
while True:
    made = suggestions()
    store.record(made, workspace="team")
    shown = made.candidates[0].id
    store.record_outcome(Outcome(shown, OutcomeKind.ACCEPTED))
    print(shown, flush=True)
"""


def check_whole(store: FeedbackStore) -> None:
    """The projections say what the log says."""
    with store.database.reading() as session:
        shown = session.execute(text("SELECT count(*) FROM suggestion WHERE was_shown")).scalar_one()
        lines = session.execute(text("SELECT count(*) FROM entry")).scalar_one()
        words = session.execute(text("SELECT count(*) FROM entry_words")).scalar_one()
        accepted = session.execute(text("SELECT count(*) FROM outcome")).scalar_one()
        whole = session.execute(
            text(
                "SELECT count(*) FROM request WHERE (SELECT count(*) FROM suggestion"
                " WHERE request_id = request.id) <> 3"
            )
        ).scalar_one()
    (measured,) = Tallies(store.database).measures("workspace", Filters())
    assert shown == lines == words == measured.shown
    assert accepted == measured.outcomes["accepted"]
    assert whole == 0


@pytest.mark.timeout(600)
def test_a_killed_writer_loses_nothing_that_it_acknowledged(url: str) -> None:
    FeedbackStore(url).close()
    chance = random.Random(9)
    acknowledged: list[str] = []
    root = Path(__file__).resolve().parents[2]
    for _ in range(3):
        writer = subprocess.Popen(
            [sys.executable, "-c", _WRITER, url], stdout=subprocess.PIPE, text=True, cwd=root
        )
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
        told = [writer.stdout.readline().strip()]
        time.sleep(chance.random() * 0.4)
        os.kill(writer.pid, signal.SIGKILL)
        told += [line.strip() for line in writer.stdout if line.endswith("\n")]
        writer.wait()
        writer.stdout.close()
        acknowledged += told
        store = FeedbackStore(url)
        assert all(store.find(i).outcome == "accepted" for i in told)
        check_whole(store)
        store.close()
    assert len(acknowledged) == len(set(acknowledged)) >= 3


def _record_many(store: FeedbackStore, count: int) -> None:
    for _ in range(count):
        store.record(suggestions(), workspace="team")


def test_a_full_disk_is_told_and_leaves_the_store_whole(tmp_path: Path) -> None:
    store = FeedbackStore(f"sqlite:///{tmp_path / 'f.db'}")
    made = suggestions()
    store.record(made, workspace="team")
    with store.database.engine.connect() as connection:
        pages = connection.execute(text("PRAGMA page_count")).scalar_one()

    def shrink(connection: object, _record: object, _proxy: object) -> None:
        connection.execute(f"PRAGMA max_page_count={pages}")  # type: ignore[attr-defined]

    event.listen(store.database.engine, "checkout", shrink)
    with pytest.raises(StoreError, match="full"):
        _record_many(store, 500)
    event.remove(store.database.engine, "checkout", shrink)
    store.close()
    again = FeedbackStore(f"sqlite:///{tmp_path / 'f.db'}")
    check_outcome = Outcome(made.candidates[0].id, OutcomeKind.ACCEPTED)
    assert again.record_outcome(check_outcome)
    check_whole(again)
    again.close()


def test_a_second_writer_waits_and_one_that_waits_too_long_is_told(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'f.db'}"
    first, second = FeedbackStore(url), FeedbackStore(url)
    with first.database.writing() as session:
        first.people.audit(session, "ann", "hold", "the lock")
        session.flush()
        thread = threading.Thread(target=lambda: second.record(suggestions(), workspace="team"))
        thread.start()
        thread.join(0.5)
        assert thread.is_alive()  # it waits
    thread.join(20)
    assert second.stats()["requests"] == 1

    def impatient(connection: object, _record: object, _proxy: object) -> None:
        connection.execute("PRAGMA busy_timeout=50")  # type: ignore[attr-defined]

    event.listen(second.database.engine, "checkout", impatient)
    with first.database.writing() as session:
        first.people.audit(session, "ann", "hold", "the lock")
        session.flush()
        with pytest.raises(StoreError, match="locked"):
            second.record(suggestions(), workspace="team")
    first.close()
    second.close()


def _decide(url: str, ids: list[str]) -> None:
    store = FeedbackStore(url)
    for i in ids:
        store.record_outcome(Outcome(i, OutcomeKind.REJECTED))
        store.record_outcome(Outcome(i, OutcomeKind.ACCEPTED, id=f"last-{i[:20]}"))
    store.close()


def test_two_processes_that_decide_on_the_same_leave_right_counts(url: str) -> None:
    store = FeedbackStore(url)
    made = [suggestions() for _ in range(15)]
    for one in made:
        store.record(one, workspace="team")
    ids = [one.candidates[0].id for one in made]
    spawn = multiprocessing.get_context("spawn")
    workers = [spawn.Process(target=_decide, args=(url, ids)) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(100)
        assert worker.exitcode == 0
    (measured,) = Tallies(store.database).measures("workspace", Filters())
    lines = Queue(store.database).page(Filters()).lines
    for kind in ("accepted", "rejected"):
        assert measured.outcomes[kind] == sum(line.outcome == kind for line in lines)
    assert measured.shown == 15
    with store.database.reading() as session:
        assert session.execute(text("SELECT count(*) FROM outcome")).scalar_one() == 45
    store.close()


def test_two_that_open_an_empty_database_at_once_migrate_it_once(url: str) -> None:
    spawn = multiprocessing.get_context("spawn")
    workers = [spawn.Process(target=_decide, args=(url, [])) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(100)
        assert worker.exitcode == 0
