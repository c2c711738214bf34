"""Cross-validation of conditional formats in words: offers, folds by rule, a ranker that learns."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
import torch

from cellwright.ask.conditions import Operand
from cellwright.ask.conditions import Test as Comparison
from cellwright.ask.frames import FrameColumn
from cellwright.errors import UsageError
from cellwright.workbook.detect import ColumnKind
from cellwright_tuning.questions import format_ranker
from cellwright_tuning.questions.format_fit import FOLDS, folds, main, report, sentences
from cellwright_tuning.questions.format_offers import offers
from cellwright_tuning.questions.format_ranker import Sentence, fit

VALUE = FrameColumn(1, "Value", ColumnKind.NUMBER, True)
NAMES = FrameColumn(1, "Value", ColumnKind.TEXT, True)


def test_a_number_is_offered_with_every_comparison_and_the_words_around_it() -> None:
    found = offers("Highlight cells less than 50", VALUE, [10.0, 60.0])
    said = [one for one in found if one.source == "said" and one.kind == "lt"]
    assert [one.condition for one in said] == [Comparison("lt", VALUE, (Operand(50.0),))]
    assert said[0].facts["two before"] == "less than"
    assert {"gt", "ge", "le", "eq", "ne"} <= {one.kind for one in found if one.source == "said"}


def test_texts_come_from_quotes_and_from_cells() -> None:
    found = offers('Mark "late" and cells of South West', NAMES, ["South West", "North", "North"])
    sources = {
        one.condition.operands[0].text: one.source for one in found if one.kind == "eq" and one.condition
    }
    assert sources["late"] == "quoted"
    assert sources["South West"] == "linked"
    assert sources["North"] == "guess"


def test_a_rule_lies_in_one_fold_and_folds_are_alike() -> None:
    groups = ["a"] * 4 + ["b"] * 3 + [f"r{n}" for n in range(13)]
    where = folds(groups)
    sizes = [sum(where[group] == fold for group in groups) for fold in range(FOLDS)]
    assert set(where) == set(groups)
    assert max(sizes) - min(sizes) <= 1
    assert folds(groups[::-1]) == where


def rows() -> list[dict[str, object]]:
    table = [["Index", "Value"], *([n, str(n * 7 % 23)] for n in range(12))]
    made = []
    for number in range(2, 12):
        made.append((f"Shade what goes beyond {number} here", f"GreaterThan({number})"))
        made.append((f"Shade what stays short of {number} here", f"LessThan({number})"))
    return [{"NL Utterance": text, "Code": code, "Data": table} for text, code in made]


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> list[Sentence]:
    path = tmp_path_factory.mktemp("rules") / "rules.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in rows()))
    return sentences(path)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.set_num_threads(1)
    monkeypatch.setattr(format_ranker, "STEPS", 12)


def test_the_ranker_learns_words_that_no_reader_was_given(held: list[Sentence]) -> None:
    unseen = [one for one in held if one.group in ("greaterthan(7)", "lessthan(8)")]
    taught = [one for one in held if one not in unseen]
    ranker = fit(taught, 0.1)
    assert [ranker.cells(one) == one.wanted for one in unseen] == [True, True]


def test_the_report_tells_the_learned_and_the_shipped(held: list[Sentence]) -> None:
    metrics = report(held, 0.1).metrics
    assert metrics["crossed"].tasks == 20
    assert metrics["offered"].value == 1.0
    assert metrics["crossed"].value > metrics["shipped"].value
    assert {f"crossed_fold{fold}" for fold in range(FOLDS)} <= set(metrics)


def test_data_of_too_few_rules_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "few.jsonl"
    path.write_text(json.dumps(rows()[0]))
    monkeypatch.setattr(sys, "argv", ["format_fit", str(path)])
    with pytest.raises(UsageError, match="expected 5 rules or more"):
        main()
