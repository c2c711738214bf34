"""`cellwright tune run` as a person types it: an installed build, a night after another, bad input."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from cellwright.config import settings
from cellwright.registry.versions import Registry
from cellwright_tuning.tenant import command, run
from cellwright_tuning.tenant.command import tune_group
from tests.tuning.tenant_books import organisation

RECIPE = 'name = "small"\nranker_tasks = 40\ngate_tasks = 6\ngate_general = 2\nthreads = 1\n'


class Dawn(Exception):
    """The test has seen enough nights."""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("CELLWRIGHT_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("CELLWRIGHT_STORE_URL", f"sqlite:///{tmp_path / 'store.db'}")
    settings.cache_clear()
    organisation(tmp_path / "org", families=18)
    (tmp_path / "recipe.toml").write_text(RECIPE)
    yield tmp_path
    settings.cache_clear()


def called(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(tune_group, list(arguments))
    return done.exit_code, done.output + (str(done.exception) if done.exception else "")


def test_a_build_without_a_checkpoint_learns_all_but_an_adapter(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run.cellwright_tuning, "__file__", str(home / "site" / "cellwright_tuning" / "x.py"))
    assert command.default_recipe().phases == []
    assert called("environment", str(home / "org"), "--no-check")[0] == 0
    code, told = called("run", "--recipe", str(home / "recipe.toml"), "--json")
    assert code == 0, told
    assert "no adapter is tuned: give --checkpoint with the model's weights" in " ".join(told.split())
    name = json.loads(told[told.index("{") :])["candidate"]
    version = Registry(settings().home, settings().workspace).path(name)
    assert sorted(path.name for path in version.iterdir() if path.suffix in (".json", ".zst")) == [
        "library.zst",
        "ranker.json",
        "version.json",
    ]


def test_a_night_that_fails_is_told_and_the_next_one_runs(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float] = []

    def sleep(seconds: float) -> None:
        waited.append(seconds)
        if len(waited) == 2:
            called("environment", str(home / "org"), "--no-check")
        if len(waited) == 3:
            raise Dawn

    monkeypatch.setattr(command.time, "sleep", sleep)
    code, told = called("run", "--nightly", "--recipe", str(home / "recipe.toml"))
    assert code == 1
    assert "this night: expected workbooks" in " ".join(told.split())
    assert all(0 < seconds <= 24 * 3600 for seconds in waited)
    code, told = called("status", "--json")
    assert [(one["status"], one["recipe"]) for one in json.loads(told)] == [
        ("done", "small"),
        ("failed", "small"),
    ]


def test_bad_input_is_told_in_one_line(home: Path) -> None:
    code, told = called("run", "--recipe", str(home / "none.toml"))
    assert code == 1
    assert "expected a recipe" in told
    assert called("environment", str(home / "org"), "--no-check")[0] == 0
    (home / "phases.toml").write_text(RECIPE + '[[phases]]\nmethod = "supervised"\nsteps = 1\n')
    code, told = called("run", "--recipe", str(home / "phases.toml"), "--checkpoint", str(home / "none"))
    assert code == 1
    assert "expected a checkpoint with a config.json" in told
