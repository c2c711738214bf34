"""The person's journey on the command line: suggest, apply, undo, and the outcome that is kept."""

from __future__ import annotations

import json
from pathlib import Path

from cellwright.reference import Cell
from cellwright.workbook import read_workbook
from tests.cli.conftest import Run


def test_suggest_apply_undo_and_the_outcome(run: Run, book: Path) -> None:
    before = book.read_bytes()
    suggested = run("suggest", book, "--cell", "Sales!D9", "--json")
    assert suggested.code == 0, suggested.err
    best = json.loads(suggested.out)["suggestions"][0]
    assert best["edits"] == ["FORMULA | Sales!D9 | =B9*C9"]
    assert book.read_bytes() == before

    dry = run("apply", book, best["id"][:8])
    assert dry.code == 0, dry.err
    assert "=B9*C9" in dry.out
    assert book.read_bytes() == before

    written = run("apply", book, best["id"][:8], "--write", "--json")
    assert written.code == 0, written.err
    changes = {change["cell"]: change["after"] for change in json.loads(written.out)["changes"]}
    assert changes["Sales!D9"] == 4.0
    snapshot = read_workbook(book)
    assert snapshot.sheet("Sales").formula(Cell.parse("D9")) == "=B9*C9"
    assert json.loads(run("feedback", "show", best["id"], "--json").out)["outcome"] == "accepted"

    undone = run("undo", book, "--write")
    assert undone.code == 0, undone.err
    assert book.read_bytes() == before
    assert json.loads(run("feedback", "show", best["id"], "--json").out)["outcome"] == "undone"
    nothing_left = run("undo", book, "--write")
    assert nothing_left.code == 1
    assert "nothing to undo" in nothing_left.err


def test_accepting_by_rank_writes_what_was_listed(run: Run, book: Path) -> None:
    done = run("suggest", book, "--cell", "D9", "--accept", "1", "--write")
    assert done.code == 0, done.err
    assert read_workbook(book).sheet("Sales").formula(Cell.parse("D9")) == "=B9*C9"


def test_edits_are_taken_as_lines_of_text(run: Run, book: Path) -> None:
    done = run("apply", book, "VALUE | Sales!B9 | 7", "FONT_BOLD | Sales!A1:D1 | true", "--write")
    assert done.code == 0, done.err
    sheet = read_workbook(book).sheet("Sales")
    assert sheet.value(Cell.parse("B9")) == 7.0
    assert sheet.content(Cell.parse("C1")).style.font.bold


def test_new_errors_need_force(run: Run, book: Path) -> None:
    before = book.read_bytes()
    refused = run("apply", book, "FORMULA | Sales!D2 | =B2/0", "--write")
    assert refused.code == 1
    assert "new errors" in refused.err
    assert book.read_bytes() == before
    assert run("apply", book, "FORMULA | Sales!D2 | =B2/0", "--write", "--force").code == 0


def test_label_list_stats_and_export(run: Run, book: Path, tmp_path: Path) -> None:
    best = json.loads(run("suggest", book, "--cell", "Sales!D9", "--json").out)["suggestions"][0]["id"]
    assert run("feedback", "outcome", best[:8], "rejected", "--reason", "wrong column").code == 0
    assert run("feedback", "label", best[:8], "bad", "--note", "one column off").code == 0
    assert json.loads(run("feedback", "stats", "--json").out)["outcomes"]["rejected"] == 1
    assert json.loads(run("feedback", "list", "--json").out)[0]["reject_reason"] == "wrong column"
    out = tmp_path / "log.csv"
    assert run("feedback", "export", out).code == 0
    assert "wrong column" in out.read_text()
    assert ",=" not in out.read_text()


def test_diff_says_what_differs(run: Run, book: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.xlsx"
    other.write_bytes(book.read_bytes())
    assert run("apply", other, "FORMULA | Sales!D3 | =B3*C3*2", "--write").code == 0
    told = run("diff", book, other)
    assert told.code == 0, told.err
    assert "D3" in told.out


def test_explain_names_the_parts(run: Run, book: Path) -> None:
    told = run("explain", book, "--cell", "Sales!F1")
    assert told.code == 0, told.err
    assert "D2:D9" in told.out


def test_audit_finds_the_gap_in_the_column(run: Run, book: Path) -> None:
    assert run("apply", book, "VALUE | Sales!D4 | 99", "--write").code == 0
    told = run("audit", book, "--json")
    assert told.code == 0, told.err
    assert any("D4" in finding["place"] for finding in json.loads(told.out))
