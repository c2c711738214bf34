"""`complete` and `suggest --typed` with a workbook: what is typed is kept, place and model have a say."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cellwright.registry import shipped_model
from tests.cli.conftest import Run

pytestmark = pytest.mark.skipif(shipped_model() is None, reason="this build ships no model")


def test_complete_reads_the_place(run: Run, book: Path) -> None:
    ran = run("complete", "=B9*", "--book", book, "--cell", "Sales!D9", "--json")
    assert ran.code == 0, ran.err
    rows = json.loads(ran.out)
    assert rows[0]["formula"] == "=B9*C9"
    assert rows[0]["verdict"] == "verified"
    assert all(row["formula"].startswith("=B9*") for row in rows)


def test_complete_works_without_a_workbook(run: Run) -> None:
    rows = json.loads(run("complete", "=SUM(A1:", "--json").out)
    assert rows
    assert all(row["formula"].startswith("=SUM(A1:") and row["verdict"] is None for row in rows)


def test_suggest_keeps_what_is_typed_and_names_the_model(run: Run, book: Path) -> None:
    ran = run("suggest", book, "--cell", "Sales!D9", "--typed", "=B9", "--all", "--json")
    assert ran.code == 0, ran.err
    edits = [s["edits"][0].split(" | ")[-1] for s in json.loads(ran.out)["suggestions"]]
    assert edits[0] == "=B9*C9"
    assert all(edit.startswith("=B9") for edit in edits)
    alone = run("suggest", book, "--cell", "Sales!D9", "--model", "none", "--all", "--json")
    assert {s["proposer"] for s in json.loads(alone.out)["suggestions"]} >= {"siblings"}
    assert "model" not in {s["proposer"] for s in json.loads(alone.out)["suggestions"]}
