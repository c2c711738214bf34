"""The suites `repair` and `completion`: layouts, prefix shares, and that they don't know the data's name."""

from __future__ import annotations

import json
from pathlib import Path

from cellwright_tuning.evaluation.harness import Options, summarise
from cellwright_tuning.evaluation.sample import sampled
from cellwright_tuning.evaluation.suites import load_suite
from cellwright_tuning.evaluation.suites.completion import nearest_share
from cellwright_tuning.evaluation.suites.repair import comparable


def _write(path: Path, rows: list[dict[str, str]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_repair_counts_hits_by_whole_formula(tmp_path: Path) -> None:
    rows = [
        {"Buggy": "=SUM(A1:A9", "GroundTruth": "=sum( A1:A9 )"},
        {"Buggy": "=LEN(A1))", "GroundTruth": "=LEN(A1)"},
        {"Buggy": "=LEN(A1))", "GroundTruth": "=UPPER(A1)"},
    ]
    suite = load_suite("repair")
    report = summarise(suite, suite.run(_write(tmp_path / "any.jsonl", rows), Options()))
    assert report.tasks == 3
    assert report.metrics["top1"].value == 2 / 3
    assert report.metrics["shown_parses"].value == 1.0


def test_completion_without_a_model_knows_endings_by_rule_alone(tmp_path: Path) -> None:
    rows = [
        {"Masked": "SUM(A<mask>", "Completion": "SUM(A1:A9)"},
        {"Masked": "SUM(A1:A9<mask>", "Completion": "SUM(A1:A9)"},
    ]
    suite = load_suite("completion")
    results = list(suite.run(_write(tmp_path / "rows.jsonl", rows), Options()))
    assert results[0].metrics["top5_at_50"] == (0.0, 1.0)
    assert results[1].metrics["top1_at_90"] == (1.0, 1.0)


def test_shares_go_to_the_nearest() -> None:
    assert [nearest_share(share) for share in (0.0, 0.3, 0.45, 0.7, 0.83, 1.0)] == [25, 25, 50, 75, 90, 90]


def test_comparable_ignores_case_and_spaces_but_not_inside_texts() -> None:
    assert comparable("= sum( a1 ,b2)") == comparable("SUM(A1,B2)")
    assert comparable('IF(A1="a b",1,2)') != comparable('IF(A1="ab",1,2)')


def test_a_sample_does_not_depend_on_the_order_of_rows() -> None:
    rows = [{"Buggy": str(i), "GroundTruth": str(i)} for i in range(50)]
    options = Options(limit=7, seed=3)
    assert sampled(rows, options) == sampled(rows[::-1], options)
    assert len(sampled(rows, options)) == 7
    assert sampled(rows, Options()) == rows
