"""`paraphrases`: one wish in several people's words -> the same edits.

DATA is a TOML file like `evaluation/paraphrases.toml`, our own: `books` is the folder of its workbooks,
relative to the file; each `[[wish]]` has a `book`, a `plain` sentence and paraphrases, `seen` while the
grammar was written or `fresh`. `planned`: a paraphrase became a plan; `same`: its edits are those of the
plain sentence. Whether the plain sentence itself is read rightly is what tests hold. Intervals resample
wishes.
"""

from __future__ import annotations

import time
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cellwright.ask.ask import ask
from cellwright.ask.model import Plan
from cellwright.calc.calculator import Calculator
from cellwright.edits.text import edit_to_text
from cellwright.errors import UsageError
from cellwright.workbook import read_workbook
from cellwright.workbook.model import Snapshot
from cellwright_tuning.evaluation.harness import Options, Suite, TaskResult
from cellwright_tuning.evaluation.leaving_out import left_out
from cellwright_tuning.evaluation.sample import sampled

PARTS = ("seen", "fresh")


def run(data: Path, options: Options) -> Iterator[TaskResult]:
    """One result a paraphrase."""
    held = tomllib.loads(data.read_text("utf-8"))
    wishes: list[dict[str, Any]] = held.get("wish", [])
    books = data.parent / str(held.get("books", "."))
    plain: dict[str, tuple[str, ...]] = {}
    snapshots: dict[str, Snapshot] = {}
    rows = [wish | {"part": part, "said": said} for wish in wishes for part in PARTS for said in wish[part]]
    with Calculator(Snapshot(())) as calculator:
        for row in sampled(rows, options):
            if row["book"] not in snapshots:
                snapshots[row["book"]] = read_workbook(books / row["book"])
            snapshot = snapshots[row["book"]]
            if calculator.snapshot is not snapshot:
                calculator.load(snapshot)
            if row["name"] not in plain:
                wanted = lines_of(snapshot, row["plain"], calculator)
                if wanted is None:
                    raise UsageError(f"expected a plain sentence that is understood, got {row['plain']!r}")
                plain[row["name"]] = wanted
            with left_out(options.without):
                result = _result(row, snapshot, calculator, plain[row["name"]])
            yield result


def lines_of(snapshot: Snapshot, text: str, calculator: Calculator) -> tuple[str, ...] | None:
    """The edits of a request as lines, sorted; None where it became no plan."""
    *_, plan = ask(snapshot, text, calculator=calculator)
    if not isinstance(plan, Plan):
        return None
    return tuple(sorted(edit_to_text(edit) for edit in plan.edits))


def _result(
    row: dict[str, Any], snapshot: Snapshot, calculator: Calculator, wanted: tuple[str, ...]
) -> TaskResult:
    started = time.perf_counter()
    lines = lines_of(snapshot, row["said"], calculator)
    latency_ms = (time.perf_counter() - started) * 1000
    is_same = lines == wanted
    metrics = {
        "planned": (float(lines is not None), 1.0),
        "same": (float(is_same), 1.0),
        f"same_{row['part']}": (float(is_same), 1.0),
    }
    failure = None
    if not is_same and row["part"] == "seen":
        failure = f"{row['name']}: {row['said']} | {lines}"
    return TaskResult(row["name"], metrics, None, is_same, latency_ms, failure)


SUITE = Suite("paraphrases", run)
