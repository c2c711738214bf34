"""`cellwright ask` on a real file: dry run, writing, undo, refusals, answers, follow-ups."""

from __future__ import annotations

import json
from pathlib import Path

import openpyxl
import pytest
from click.testing import CliRunner, Result

from cellwright.cli import cellwright

ROWS = [("Region", "Units", "Price"), ("North", 3, 2), ("South", 5, 4), ("East", 1, 9)]
REQUEST = (
    'Multiply Units by Price in a new column named "Sales", sort by Sales in descending order, then create a '
    "pivot table in a new sheet to show the sum of Sales for each Region and plot a bar chart of it."
)


@pytest.fixture
def sales(tmp_path: Path) -> Path:
    made = openpyxl.Workbook()
    made.active.title = "Data"
    for row in ROWS:
        made.active.append(row)
    path = tmp_path / "sales.xlsx"
    made.save(path)
    return path


def run(book: Path, *words: str) -> Result:
    session = book.with_name("session.json")
    return CliRunner().invoke(cellwright, ["ask", str(book), *words, "--session", str(session)])


def test_dry_run_write_and_undo(sales: Path) -> None:
    before = sales.read_bytes()
    shown = run(sales, REQUEST)
    assert shown.exit_code == 0, shown.output
    assert "Sales" in shown.output
    assert sales.read_bytes() == before
    written = run(sales, REQUEST, "--write", "--json")
    assert written.exit_code == 0, written.output
    told = json.loads(written.stdout)
    assert (told["type"], told["written"]) == ("plan", True)
    assert [step["verdict"] for step in told["steps"]] == ["verified"] * 4
    values = openpyxl.load_workbook(sales, data_only=True)
    assert [row[3].value for row in values["Data"]["A1:D4"]] == ["Sales", 20, 9, 6]
    assert [row[1].value for row in values["Sheet2"]["A1:B5"]] == ["Sum of Sales", 9, 6, 20, 35]
    assert len(openpyxl.load_workbook(sales)["Sheet2"]._charts) == 1
    undone = CliRunner().invoke(cellwright, ["undo", str(sales), "--write"])
    assert undone.exit_code == 0, undone.output
    assert sales.read_bytes() == before


def test_what_would_be_lost_needs_a_word_of_its_own(sales: Path) -> None:
    before = sales.read_bytes()
    refused = run(sales, "Delete the rows whose Region is South", "--write")
    assert refused.exit_code == 1
    assert "would lose 1 rows of Data" in str(refused.exception)
    assert sales.read_bytes() == before
    assert run(sales, "Delete the rows whose Region is South", "--write", "--all-steps").exit_code == 0
    assert openpyxl.load_workbook(sales)["Data"].max_row == 3


def test_a_question_and_what_is_not_there(sales: Path) -> None:
    answer = json.loads(run(sales, "What is the price of South?", "--json").stdout)
    assert answer["type"] == "answer"
    assert answer["value"] in ("4", "4.0")
    assert answer["citations"]
    assert "not in this workbook" in run(sales, "Who wrote Hamlet?").output


def test_a_follow_up_is_about_what_was_just_made(sales: Path) -> None:
    assert run(sales, 'Multiply Units by Price in a new column named "Sales"', "--write").exit_code == 0
    told = json.loads(run(sales, "Format it as currency", "--json").stdout)
    assert told["steps"][0]["edits"] == ["NUMBER_FORMAT | Data!D2:D4 | $#,##0.00"]
    fresh = json.loads(run(sales, "Format it as currency", "--json", "--new").stdout)
    assert fresh["type"] == "clarification"


@pytest.mark.parametrize(
    "words", [("",), ("   ",), ("Sort", "--cell", "Nowhere!A1"), ("Sort", "--cell", "A0")]
)
def test_bad_input_is_one_line(words: tuple[str, ...], sales: Path) -> None:
    result = run(sales, *words)
    assert result.exit_code == 1
    assert "expected" in str(result.exception)
    assert "\n" not in str(result.exception)


def test_a_broken_session_file_is_begun_anew(sales: Path) -> None:
    sales.with_name("session.json").write_text("{not json")
    assert run(sales, "Sort by Units").exit_code == 0
    assert json.loads(sales.with_name("session.json").read_text())
