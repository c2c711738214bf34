"""The `tenant` suite on a small organisation: it learns on one region, and is better on the other."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from cellwright.errors import UsageError
from cellwright_tuning.evaluation.command import evaluate
from cellwright_tuning.evaluation.harness import Options, summarise
from cellwright_tuning.evaluation.suites.tenant import SUITE
from cellwright_tuning.tenant.curve import svg
from tests.tuning.tenant_books import organisation, two_houses


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("org")
    organisation(folder / "inside", families=18)
    (folder / "recipe.toml").write_text('name = "small"\nranker_tasks = 60\nthreads = 1\n')
    return folder


def test_an_organisations_own_work_makes_it_better(data: Path, tmp_path: Path) -> None:
    options = ["--limit", "6", "--recipe", str(data / "recipe.toml"), "--json", str(tmp_path / "t.json")]
    done = CliRunner().invoke(evaluate, ["tenant", str(data / "inside"), *options])
    assert done.exit_code == 0, done.output
    told = json.loads((tmp_path / "t.json").read_text())
    metrics = {name: metric["value"] for name, metric in told["metrics"].items()}
    assert metrics["top1_after"] >= 1.5 * metrics["top1_before"]
    assert metrics["top1_retrieval"] > metrics["top1_before"]
    assert metrics["top1_after_seen"] > 0.9
    assert metrics["top1_growing"] >= metrics["top1_environment"]
    assert not metrics["shown_ratio"] > 1.0  # no number where the untuned assistant showed nothing
    assert metrics["tuning_minutes"] < 30
    assert -0.2 <= metrics["general_delta"] <= 0.2
    picture = svg(told["metrics"])
    assert "outcomes that the ranker learnt from" in picture


@pytest.mark.slow
def test_what_only_a_regions_own_workbooks_teach_comes_as_they_grow(tmp_path: Path) -> None:
    two_houses(tmp_path / "org", families=16)
    (tmp_path / "recipe.toml").write_text('name = "small"\nranker_tasks = 80\nthreads = 1\n')
    options = ["--limit", "6", "--recipe", str(tmp_path / "recipe.toml"), "--json", str(tmp_path / "t.json")]
    done = CliRunner().invoke(evaluate, ["tenant", str(tmp_path / "org"), *options])
    assert done.exit_code == 0, done.output
    told = json.loads((tmp_path / "t.json").read_text())
    metrics = {name: metric["value"] for name, metric in told["metrics"].items()}
    assert metrics["top1_environment"] <= 0.2
    assert metrics["top1_growing"] >= metrics["top1_environment"] + 0.3


def test_one_region_is_told(tmp_path: Path) -> None:
    organisation(tmp_path / "org", families=1)
    shutil.rmtree(tmp_path / "org" / "south")
    (tmp_path / "org" / "other").mkdir()
    with pytest.raises(UsageError, match="of at least two sub-folders"):
        summarise(SUITE, SUITE.run(tmp_path / "org", Options()))
