"""`model import` and `ask --planner` as a person runs them."""

from __future__ import annotations

import json
from pathlib import Path

import openpyxl
import pytest

from tests.ask.planner.chat_server import chat_server
from tests.ask.planner.checkpoints import random_checkpoint, speaking_checkpoint

from .conftest import Run

PIECES = ["FONT_BOLD | Sales!", "A1:D1", " | true\nFORMULA | Sales!", "F2", " | ", "=MAX(D2:D9)"]


def test_a_checkpoint_is_imported_listed_asked_and_its_plan_written(
    run: Run, book: Path, tmp_path: Path
) -> None:
    source = speaking_checkpoint(tmp_path / "Some Model", PIECES)
    imported = run("model", "import", source, "--json")
    assert imported.code == 0, imported.err
    told = json.loads(imported.out)
    assert (told["name"], told["architecture"], told["bits"]) == ("Some-Model", "LlamaForCausalLM", 4)
    again = run("model", "import", source)
    assert again.code == 1
    assert "there already" in again.err
    assert run("model", "import", source, "--bits", "8", "--replace").code == 0
    listed = json.loads(run("model", "list", "--json").out)["imported"]
    assert [(model["name"], model["bits"]) for model in listed] == [("Some-Model", 8)]
    assert "planner of ask" in run("model", "list").out

    dry = run(
        "ask", book, "Bold the header, and the greatest amount in F2", "--planner", "Some-Model", "--json"
    )
    assert dry.code == 0, dry.err
    plan = json.loads(dry.out)
    assert [step["edits"] for step in plan["steps"]] == [[line] for line in "".join(PIECES).splitlines()]
    written = run("ask", book, "The same", "--planner", "Some-Model", "--write")
    assert written.code == 0, written.err
    assert openpyxl.load_workbook(book)["Sales"]["F2"].value == "=MAX(D2:D9)"


def test_a_server_is_asked_and_one_that_fails_is_told(run: Run, book: Path) -> None:
    with chat_server("ANSWER | =MAX(Sales!B2:B9)") as server:
        answered = run("ask", book, "What is the greatest quantity?", "--planner", server.url, "--json")
        assert json.loads(answered.out)["value"] == "20"
        server.status = 503
        fallen = run("ask", book, "Make the header bold", "--planner", server.url)
    assert fallen.code == 0
    assert "got HTTP 503" in fallen.err
    assert "Bold Sales!A1:D1" in fallen.out


def test_what_would_be_lost_is_not_written_without_a_word_of_its_own(run: Run, book: Path) -> None:
    before = book.read_bytes()
    with chat_server("DELETE_ROWS | Sales!2:4") as server:
        refused = run("ask", book, "Tidy up", "--planner", server.url, "--write")
    assert refused.code == 1
    assert "--all-steps" in refused.err
    assert book.read_bytes() == before


@pytest.mark.parametrize("command", ["ask", "serve"])
def test_a_planner_that_there_is_not_is_one_line(run: Run, book: Path, command: str) -> None:
    for reference in ("nope", "http://203.0.113.9/v1", "ftp://127.0.0.1"):
        words = [book, "x"] if command == "ask" else ["--port", "0"]
        failed = run(command, *words, "--planner", reference)
        assert failed.code == 1
        assert failed.err.startswith("error: expected")
        assert len(failed.err.strip().splitlines()) == 1, failed.err


def test_what_is_no_checkpoint_is_one_line(run: Run, tmp_path: Path) -> None:
    folder = random_checkpoint(tmp_path / "m", "qwen2")
    (folder / "tokenizer_config.json").unlink()
    for source in (folder, tmp_path, tmp_path / "nowhere", folder / "config.json"):
        failed = run("model", "import", source)
        assert failed.code == 1
        assert len(failed.err.strip().splitlines()) == 1, failed.err
        assert failed.err.startswith("error: expected")
