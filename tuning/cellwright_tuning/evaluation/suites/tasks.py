"""`tasks`: an instruction on a workbook -> edits, compared with answers as their check files say.

DATA holds `tasks.json` (`Sheet Name`, `No.`, `Context`, `Instructions`), `task_sheets/NAME.xlsx` and
`answers*/NAME/NO_NAME/NO_NAME_gtN.xlsx` with `..._gtN_check.yaml` beside each. `exec`: the instruction became
a plan that was written and the file reads back; `pass`: it equals one of the answers in all that its check
file turns on. Every step of a plan is carried out, as if the person had ticked it. What is compared is in
`workbook_checks`.
"""

from __future__ import annotations

import json
import re
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cellwright.ask.ask import ask
from cellwright.ask.model import Plan
from cellwright.errors import CellwrightError, UsageError
from cellwright.patch import write_edits
from cellwright.workbook import read_workbook
from cellwright_tuning.evaluation.data import unpacked
from cellwright_tuning.evaluation.harness import Options, Suite, TaskResult
from cellwright_tuning.evaluation.leaving_out import left_out
from cellwright_tuning.evaluation.sample import sampled
from cellwright_tuning.evaluation.workbook_checks import Checks, differences, read_checks


def run(data: Path, options: Options) -> Iterator[TaskResult]:
    """One result a task."""
    with unpacked(data) as folder, tempfile.TemporaryDirectory(prefix="cellwright-tasks-") as out:
        listed = next(folder.rglob("tasks.json"), None)
        if listed is None:
            raise UsageError(f"expected tasks.json in {data}, found none")
        root = listed.parent
        answers = _answers(root)
        rows = [row for row in json.loads(listed.read_text("utf-8")) if _key(row) in answers]
        for row in sampled(rows, options):
            with left_out(options.without):
                result = _result(row, root, answers[_key(row)], Path(out))
            yield result


def _key(row: dict[str, Any]) -> tuple[str, int]:
    return str(row["Sheet Name"]), int(row["No."])


def _answers(root: Path) -> dict[tuple[str, int], list[tuple[Path, Checks]]]:
    """(sheet, number) -> (answer workbook, its checks)."""
    found: dict[tuple[str, int], list[tuple[Path, Checks]]] = {}
    for path in sorted(root.glob("answers*/**/*_check.yaml")):
        book = path.with_name(path.name.removesuffix("_check.yaml") + ".xlsx")
        match = re.fullmatch(r"(\d+)_(.+)", path.parent.name)
        if match and book.is_file():
            found.setdefault((match[2], int(match[1])), []).append((book, read_checks(path)))
    return found


def _result(row: dict[str, Any], root: Path, answers: list[tuple[Path, Checks]], out: Path) -> TaskResult:
    name, number = _key(row)
    source = root / "task_sheets" / f"{name}.xlsx"
    started = time.perf_counter()
    target, why, confidence = written(source, str(row["Instructions"]), str(row.get("Context", "")), out)
    latency_ms = (time.perf_counter() - started) * 1000
    failure = why and f"{number}_{name}: no file: {why}"
    passed = False
    if target is not None:
        found = [differences(answer, target, checks) for answer, checks in answers]
        passed = any(not one for one in found)
        if not passed:
            failure = f"{number}_{name}: {min(found, key=len)[0]}"
    metrics = {"exec": (float(target is not None), 1.0), "pass": (float(passed), 1.0)}
    metrics[f"pass_{'even' if number % 2 == 0 else 'odd'}"] = (float(passed), 1.0)
    return TaskResult(f"{number}_{name}", metrics, confidence, passed, latency_ms, failure or None)


def written(source: Path, instruction: str, context: str, out: Path) -> tuple[Path | None, str, float | None]:
    """(the written workbook, why there is none, the plan's confidence) of an instruction."""
    try:
        snapshot = read_workbook(source)
        *_, plan = ask(snapshot, instruction, context=context)
        if not isinstance(plan, Plan):
            return None, "no plan", None
        target = out / source.name
        values = {cell: value for step in plan.steps for cell, value in step.results.items()}
        values = {cell: value for cell, value in values.items() if plan.after.has_sheet(cell.sheet)}
        write_edits(source, target, plan.edits, snapshot=snapshot, values=values, interim=plan.interim)
        read_workbook(target)
    except CellwrightError as error:
        return None, f"{type(error).__name__}: {error}", None
    return target, "", plan.confidence


SUITE = Suite("tasks", run)
