"""The suite `tables-qa` and the split of its data."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cellwright.ask.questions.denotation import denotation
from cellwright_tuning.evaluation.harness import Options, summarise
from cellwright_tuning.evaluation.suites.tables_qa import SUITE
from cellwright_tuning.questions.data import fold_of, read_questions, table_snapshot, write_held_back

CSV = (
    '"Team","Points","Note"\n"Ash","1,200","says \\"hi\\""\n"Birch","900","two\nlines"\n"Cedar","1,500",""\n'
)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    rows = [
        {
            "id": f"q-{number}",
            "utterance": sentence,
            "context": "csv/1-csv/0.csv",
            "targetValue": target,
        }
        for number, (sentence, target) in enumerate(
            [("which team has the most points?", "Cedar"), ("which teams are there?", "Ash|Birch|Cedar")]
        )
    ]
    (tmp_path / "csv" / "1-csv").mkdir(parents=True)
    (tmp_path / "csv" / "1-csv" / "0.csv").write_text(CSV)
    (tmp_path / "questions.jsonl").write_text("\n".join(map(json.dumps, rows)) + "\n")
    return tmp_path


def test_a_csv_becomes_a_table_with_numbers(data: Path) -> None:
    question = next(iter(read_questions(data)))
    snapshot = table_snapshot(question.table)
    table = snapshot.tables[0]
    assert table.columns == ("Team", "Points", "Note")
    values = [content.value for _, content in snapshot.sheets[0].cells.items(table.data)]
    assert values == ["Ash", 1200.0, 'says "hi"', "Birch", 900.0, "two\nlines", "Cedar", 1500.0]


def test_lists_of_answers_are_sets(data: Path) -> None:
    assert [q.target for q in read_questions(data)][1] == denotation(["Cedar", "Birch", "Ash"])


def test_the_suite_scores_answers_and_computes_a_formula(data: Path) -> None:
    results = list(SUITE.run(data, Options()))
    report = summarise(SUITE, results)
    assert report.tasks == 2
    assert report.metrics["reached"].value == 1.0
    assert report.metrics["calculated"].tasks == 1
    assert "precision_at_40" in report.metrics
    assert report.metrics["figures"].value == 0.5
    assert report.metrics["figures_right"].value == 1.0


def test_the_held_back_part_depends_on_contents_only(data: Path, tmp_path: Path) -> None:
    table = next(iter(read_questions(data))).table
    count = write_held_back(data, tmp_path / "out")
    assert count == (2 if fold_of(table) == 0 else 0)
    assert len(list(read_questions(tmp_path / "out"))) == count
