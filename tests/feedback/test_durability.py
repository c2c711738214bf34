"""A suggestion that a person has seen is known to the store, though its server was killed."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from cellwright.feedback.model import Outcome, OutcomeKind
from cellwright.feedback.store import FeedbackStore
from tests.feedback.books import suggestions

SHOW_AND_DIE = """
import os, signal, sys
from cellwright.feedback.store import FeedbackStore
from tests.feedback.books import suggestions

store = FeedbackStore(sys.argv[1])
for _ in range(20):
    found = suggestions()
    store.record(found, workspace="team")
    print(found.candidates[0].id, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_outcomes_find_what_a_killed_server_showed(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'feedback.db'}"
    root = Path(__file__).parents[2]
    died = subprocess.run(
        [sys.executable, "-c", SHOW_AND_DIE, url], stdout=subprocess.PIPE, cwd=root, check=False, text=True
    )
    assert died.returncode == -9
    shown = died.stdout.split()
    assert len(shown) == 20
    store = FeedbackStore(url)
    try:
        for suggestion_id in shown:
            assert store.record_outcome(Outcome(suggestion_id, OutcomeKind.ACCEPTED))
    finally:
        store.close()


def test_what_is_not_awaited_is_synced_soon_and_when_the_store_closes(tmp_path: Path) -> None:
    store = FeedbackStore(f"sqlite:///{tmp_path / 'feedback.db'}")
    synced: list[float] = []
    sync = store.database.sync
    store.database.sync = lambda: (synced.append(time.monotonic()), sync())[1]  # type: ignore[method-assign]
    for _ in range(5):
        store.record(suggestions(), workspace="team")
    deadline = time.monotonic() + 10
    while not synced and time.monotonic() < deadline:
        time.sleep(0.01)
    assert 1 <= len(synced) <= 5
    store.record(suggestions(), workspace="team")
    count = len(synced)
    store.close()
    assert len(synced) >= count
    assert store.database._pending is None
