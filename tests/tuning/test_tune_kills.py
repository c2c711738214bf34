"""`tune run` killed at random moments and gone on with: it ends, and what serves was never touched."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from random import Random

import pytest

from cellwright.feedback.store import FeedbackStore
from cellwright.registry.versions import Registry
from tests.tuning.tenant_books import organisation

KILLS = 4
RECIPE = """name = "small"
ranker_tasks = 24
gate_tasks = 4
gate_general = 2
threads = 1
[[phases]]
method = "supervised"
steps = 6
checkpoint_every = 1
tokens_per_step = 512
"""


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_a_killed_run_goes_on_and_ends(tmp_path: Path) -> None:
    organisation(tmp_path / "org", families=8)
    (tmp_path / "recipe.toml").write_text(RECIPE)
    store_url = f"sqlite:///{tmp_path / 'store.db'}"
    environment = {
        **os.environ,
        "CELLWRIGHT_HOME": str(tmp_path / "home"),
        "CELLWRIGHT_STORE_URL": store_url,
        "OMP_NUM_THREADS": "1",
    }
    command = [str(Path(sys.executable).with_name("cellwright")), "tune"]
    subprocess.run(
        [*command, "environment", str(tmp_path / "org"), "--no-check"], env=environment, check=True
    )
    run = [*command, "run", "--recipe", str(tmp_path / "recipe.toml")]
    store, registry, random = FeedbackStore(store_url), Registry(tmp_path / "home", "default"), Random(0)
    for attempt in range(KILLS + 1):
        known = store.runs.recent(1)
        begun = [*run, "--resume", known[0].id] if known else run
        process = subprocess.Popen(begun, env=environment, stderr=subprocess.DEVNULL)
        if attempt < KILLS:
            _until_it_works(process, store)
            time.sleep(random.uniform(0.0, 4.0))
            os.kill(process.pid, signal.SIGKILL)
        ended = process.wait()
        assert registry.state().current is None
    assert ended == 0
    (done,) = store.runs.recent(1)
    assert done.status == "done"
    version = registry.path(str(done.adapter))
    assert {"adapter", "library.zst", "ranker.json", "version.json"} <= {p.name for p in version.iterdir()}
    assert registry.version(str(done.adapter)).decided in ("promote", "reject")
    store.close()


def _until_it_works(process: subprocess.Popen[bytes], store: FeedbackStore) -> None:
    """Wait until the run has told something that it had not told before."""
    told = len(store.runs.events(store.runs.recent(1)[0].id)) if store.runs.recent(1) else 0
    while process.poll() is None:
        runs = store.runs.recent(1)
        if runs and len(store.runs.events(runs[0].id)) > told:
            return
        time.sleep(0.1)
