"""Versions of a workspace: promoted and rolled back by one rename, whole after a kill at any moment."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import time
from pathlib import Path
from random import Random

import pytest

from cellwright.errors import UsageError
from cellwright.registry.versions import Registry, State, Version, next_stage


def added(registry: Registry, name: str, created: str = "2026-11-28T00:00:00") -> str:
    prepared = registry.folder / f"new-{name}"
    prepared.mkdir(parents=True)
    (prepared / "ranker.json").write_text("{}")
    registry.add(Version(name, created), prepared)
    return name


def test_promote_canary_and_rollback(tmp_path: Path) -> None:
    registry = Registry(tmp_path, "Finance & tax")
    assert registry.state() == State()
    first, second = added(registry, "one"), added(registry, "two", "2026-11-29T00:00:00")
    assert [version.name for version in registry.versions()] == ["one", "two"]
    assert registry.promote(first).current == "one"
    assert registry.promote(second, 0.05) == State("one", (None,), "two", 0.05)
    assert registry.rollback() == State("one", (None,))
    assert registry.promote(second) == State("two", (None, "one"))
    assert registry.rollback() == State("one", (None,))
    assert registry.rollback() == State()
    with pytest.raises(UsageError, match="an earlier version to go back to, got none"):
        registry.rollback()


def test_stages() -> None:
    assert [next_stage(share) for share in (0.0, 0.05, 0.25, 1.0)] == [0.05, 0.25, 1.0, 1.0]


def test_bad_input_is_told_and_changes_nothing(tmp_path: Path) -> None:
    registry = Registry(tmp_path, "default")
    added(registry, "one")
    registry.promote("one")
    for name in ("two", "../one", "", "shipped"):
        with pytest.raises(UsageError):
            registry.promote(name)
    with pytest.raises(UsageError, match="above 0"):
        registry.promote("one", 0.0)
    with pytest.raises(UsageError, match="does not serve"):
        registry.remove("one")
    with pytest.raises(UsageError, match="new name"):
        added(registry, "one")
    assert registry.state() == State("one", (None,))
    registry.state_file.write_text("{")
    with pytest.raises(UsageError, match="expected what serves"):
        registry.state()


def test_two_workspaces_never_share_a_folder(tmp_path: Path) -> None:
    names = ["a", "a/b", "a_b", "../a", "ä", "A" * 90]
    assert len({Registry(tmp_path, name).folder for name in names}) == len(names)
    assert all(Registry(tmp_path, name).folder.parent == tmp_path / "registry" for name in names)


def _turn(home: str) -> None:
    registry = Registry(Path(home), "default")
    while True:
        registry.promote("one")
        registry.promote("two")
        registry.rollback()
        registry.rollback()


def test_a_kill_at_any_moment_leaves_a_whole_state(tmp_path: Path) -> None:
    registry = Registry(tmp_path, "default")
    added(registry, "one")
    added(registry, "two")
    random = Random(0)
    seen = set()
    for _ in range(12):
        process = multiprocessing.get_context("fork").Process(target=_turn, args=(str(tmp_path),))
        process.start()
        time.sleep(0.02 + random.random() * 0.08)
        assert process.pid is not None
        os.kill(process.pid, signal.SIGKILL)
        process.join()
        state = registry.state()
        assert state.current in (None, "one", "two")
        seen.add(state.current)
        json.loads(registry.state_file.read_text())
        while registry.state().earlier:
            registry.rollback()
    assert len(seen) > 1
