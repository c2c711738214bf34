"""`eval --without PART`: the part is really gone from the run, through the command itself and in asking."""

from __future__ import annotations

import json
from pathlib import Path

import openpyxl
import pytest
from click.testing import CliRunner

from cellwright.ask.ask import ask
from cellwright.ask.model import Plan
from cellwright.ask.questions.answer import ranked
from cellwright.ask.questions.scorer import shipped_scorer
from cellwright.calc.calculator import Calculator
from cellwright.edits.text import edit_to_text
from cellwright.registry import SHIPPED, shipped_model
from cellwright.verify.model import Status
from cellwright_tuning.evaluation import command
from cellwright_tuning.evaluation.harness import PARTS, Options
from cellwright_tuning.evaluation.leaving_out import left_out
from cellwright_tuning.evaluation.models import model_of
from cellwright_tuning.evaluation.suites import load_suite
from tests.workbooks import book


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    assert sheet is not None
    sheet.append(["item", "price", "count", "cost"])
    for row in range(2, 9):
        sheet.append([f"i{row}", row, row * 10, f"=B{row}*C{row}"])
    (tmp_path / "data").mkdir()
    workbook.save(tmp_path / "data" / "any.xlsx")
    return tmp_path / "data"


def options_of(monkeypatch: pytest.MonkeyPatch, folder: Path, *arguments: str) -> Options:
    seen: list[Options] = []
    real = load_suite("formula").run

    class Watched:
        average, curves, name, asks_model = "group", {"precision_at_50": 0.5}, "formula", True

        @staticmethod
        def run(data: Path, options: Options) -> object:
            seen.append(options)
            return real(data, options)

    monkeypatch.setattr(command, "load_suite", lambda _: Watched)
    ran = CliRunner().invoke(command.evaluate, ["formula", str(folder), "--easy", *arguments])
    assert ran.exit_code == 0, ran.output
    return seen[0]


@pytest.mark.parametrize("part", PARTS)
def test_every_part_reaches_the_suite(part: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert options_of(monkeypatch, folder, "--without", part).without == part


def test_without_experts_and_model_nothing_is_offered(folder: Path, tmp_path: Path) -> None:
    def top5(*arguments: str) -> float:
        file = tmp_path / "result.json"
        ran = CliRunner().invoke(
            command.evaluate, ["formula", str(folder), "--easy", "--json", str(file), *arguments]
        )
        assert ran.exit_code == 0, ran.output
        return float(json.loads(file.read_text())["metrics"]["top5"]["value"])

    assert top5("--model", "none") == 1.0
    assert top5("--model", "none", "--without", "experts") == 0.0


def test_the_shipped_model_takes_part_unless_none_is_asked_for(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipped = None if shipped_model() is None else SHIPPED
    assert options_of(monkeypatch, folder).model == shipped
    assert options_of(monkeypatch, folder, "--model", "none").model is None
    assert model_of(load_suite("calc"), None) is None  # no model has a part in calculating


@pytest.mark.skipif(shipped_model() is None, reason="this build ships no model")
def test_without_the_model_it_is_not_loaded(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: str | None) -> None:
        assert _ is None

    monkeypatch.setattr("cellwright_tuning.evaluation.suites.formula.load_model", refuse)
    options_of(monkeypatch, folder, "--model", "mini", "--without", "model")


def test_a_part_that_a_suite_lacks_is_refused(folder: Path) -> None:
    ran = CliRunner().invoke(command.evaluate, ["formula", str(folder), "--without", "grounding"])
    assert ran.exit_code != 0
    assert "expected a part that formula can leave out" in str(ran.exception)


def asked(text: str) -> list[str]:
    with Calculator(BOOK) as calculator:
        *_, plan = ask(BOOK, text, calculator=calculator)
    return [edit_to_text(edit) for edit in plan.edits] if isinstance(plan, Plan) else []


BOOK = book({"A1": "Region", "B1": "Quantity", "A2": "North", "B2": 2, "A3": "South", "B3": 3})


def test_without_grounding_a_synonym_names_no_column() -> None:
    assert asked("sort by Qty in descending order")
    with left_out("grounding"):
        assert not asked("sort by Qty in descending order")
        assert asked("sort by Quantity in descending order")


def test_without_verification_nothing_is_run() -> None:
    with left_out("verify"), Calculator(BOOK) as calculator:
        *_, plan = ask(BOOK, "Calculate the sum of Quantity in cell D2", calculator=calculator)
    assert isinstance(plan, Plan)
    assert [step.verdict.status for step in plan.steps] == [Status.UNVERIFIED]


def test_questions_lose_their_links_their_order_and_their_superlatives() -> None:
    scorer = shipped_scorer()
    question = "which region has the greatest quantity?"
    whole = ranked(BOOK, question, scorer, insist=True)
    with left_out("grounding"):
        assert not ranked(BOOK, question, scorer, insist=True)[0].grounding.values
    with left_out("search"):
        kept = ranked(BOOK, question, scorer, insist=True)
    assert any("max" in one.candidate.ops for one in whole)
    assert not any("max" in one.candidate.ops for one in kept)
    with left_out("model"):
        assert ranked(BOOK, question, scorer, insist=True)[0].candidate.ops == ("count",)
