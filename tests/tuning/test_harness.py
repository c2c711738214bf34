"""The evaluation harness: ratios, groups, precision at coverage, and the README made from results."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cellwright.cli.bench import told_command
from cellwright.errors import UsageError
from cellwright_tuning.evaluation.data import data_sha256, read_rows
from cellwright_tuning.evaluation.harness import Options, Suite, TaskResult, summarise
from cellwright_tuning.evaluation.readme import RESULTS, rewrite

ROOT = Path(__file__).resolve().parents[2]


def no_tasks(_data: Path, _options: Options) -> Iterator[TaskResult]:
    return iter(())


def tasks() -> list[TaskResult]:
    """Group a: 3 of 4 right, the wrong one abstains; group b: 0 of 1, surest of all."""
    right = [TaskResult("a", {"hit": (1, 1)}, confidence=0.9 - i / 10, is_right=True) for i in range(3)]
    abstained = TaskResult("a", {"hit": (0, 1)}, confidence=None)
    wrong = TaskResult("b", {"hit": (0, 1)}, confidence=0.99)
    return [*right, abstained, wrong]


def test_tasks_and_groups_are_averaged_as_the_suite_says() -> None:
    by_task = summarise(Suite("s", no_tasks), tasks())
    by_group = summarise(Suite("s", no_tasks, average="group"), tasks())
    assert by_task.metrics["hit"].value == pytest.approx(3 / 5)
    assert by_group.metrics["hit"].value == pytest.approx((3 / 4 + 0) / 2)
    assert by_task.metrics["hit"].low <= by_task.metrics["hit"].value <= by_task.metrics["hit"].high


def test_precision_counts_the_surest_and_abstentions_as_wrong() -> None:
    curves = {"precision_at_40": 0.4, "precision_at_100": 1.0}
    report = summarise(Suite("s", no_tasks, curves=curves), tasks())
    assert report.metrics["precision_at_40"].value == pytest.approx(1 / 2)
    assert report.metrics["precision_at_100"].value == pytest.approx(3 / 5)


def test_a_metric_counts_only_the_tasks_that_have_a_part_in_it() -> None:
    report = summarise(Suite("s", no_tasks), [*tasks(), TaskResult("c", {})])
    assert report.metrics["hit"].tasks == 5
    assert report.tasks == 6


def test_a_broken_line_is_named(tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text('{"a": 1}\n{broken\n')
    with pytest.raises(UsageError, match=r"line 2 of rows\.jsonl"):
        list(read_rows(file))


def test_names_do_not_matter_to_the_hash_of_a_folder(tmp_path: Path) -> None:
    for folder, names in (("one", "ab"), ("two", "xy")):
        (tmp_path / folder).mkdir()
        for name, text in zip(names, ("first", "second"), strict=True):
            (tmp_path / folder / name).write_text(text)
    assert data_sha256(tmp_path / "one") == data_sha256(tmp_path / "two")


def test_results_keep_no_path_of_the_machine() -> None:
    assert (
        told_command(["eval", "calc", "/somewhere/data", "--seed", "1"])
        == "cellwright eval calc data --seed 1"
    )
    for file in RESULTS.glob("*.json"):
        assert "/tmp/" not in file.read_text(), file.name


def test_the_readme_holds_the_results() -> None:
    readme = (ROOT / "README.md").read_text()
    assert rewrite(readme, RESULTS) == readme, "run `make results`"
