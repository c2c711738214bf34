"""`bench-tasks`: a question from a forum, on a workbook -> the workbook as it should become.

DATA holds `dataset.json` (`id`, `instruction`, `answer_position`) and
`spreadsheet/ID/{n}_ID_{input,answer}.xlsx`. `pass`: every cell of the answer's position is right in every
case; `pass_case`: in one case; `valid`: the input opened, the request ran, and what it left is a workbook
that reads; `unchanged`: the input would pass as it is. Where no plan comes of a question the input stands
unchanged. Numbers are compared to two decimals, as the benchmark does (SpreadsheetBench, arXiv 2406.14991).
Intervals resample tasks.
"""

from __future__ import annotations

import json
import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cellwright.errors import CellwrightError, UsageError
from cellwright.reference import MAX_ROWS, Range, SheetRange
from cellwright.workbook import read_workbook
from cellwright.workbook.model import Snapshot, Value
from cellwright_tuning.evaluation.data import unpacked
from cellwright_tuning.evaluation.harness import Options, Suite, TaskResult
from cellwright_tuning.evaluation.sample import sampled
from cellwright_tuning.evaluation.suites.tasks import written

_PART = re.compile(r"(?:'((?:[^']|'')+)'|([^'!,]+))?!?\s*([A-Za-z]{1,3}\d*(?::[A-Za-z]{1,3}\d*)?)\s*(?:,|$)")


def run(data: Path, options: Options) -> Iterator[TaskResult]:
    """One result a task; its cases are all run."""
    with unpacked(data) as folder, tempfile.TemporaryDirectory(prefix="cellwright-bench-tasks-") as out:
        listed = next(folder.rglob("dataset.json"), None)
        if listed is None:
            raise UsageError(f"expected dataset.json in {data}, found none")
        for row in sampled(json.loads(listed.read_text("utf-8")), options):
            yield _result(row, listed.parent, Path(out))


def _result(row: dict[str, Any], root: Path, out: Path) -> TaskResult:
    name = str(row["id"])
    inputs = sorted((root / "spreadsheet" / name).glob(f"*_{name}_input.xlsx"))
    started = time.perf_counter()
    right, valid, still, why = 0, 0, 0, ""
    for source in inputs:
        target, found = _carried_out(source, str(row["instruction"]), out)
        why = why or found
        if target is None:
            continue
        valid += 1
        answer = source.with_name(source.name.replace("_input", "_answer"))
        still += _wrong(answer, source, str(row["answer_position"])) is None
        wrong = _wrong(answer, target, str(row["answer_position"]))
        right += wrong is None
        why = why or (wrong or "")
    cases = max(1, len(inputs))
    latency_ms = (time.perf_counter() - started) * 1000 / cases
    passed = bool(inputs) and right == len(inputs)
    metrics = {
        "pass": (float(passed), 1.0),
        "pass_case": (float(right), float(cases)),
        "valid": (float(valid), float(cases)),
        "unchanged": (float(bool(inputs) and still == len(inputs)), 1.0),
    }
    failure = None if passed else f"{name}: {why}"[:200]
    return TaskResult(name, metrics, None, passed, latency_ms, failure)


def _carried_out(source: Path, instruction: str, out: Path) -> tuple[Path | None, str]:
    """(the workbook afterwards, what went wrong)."""
    target, why, _ = written(source, instruction, "", out)
    if target is not None:
        return target, ""
    try:
        read_workbook(source)
    except CellwrightError as error:
        return None, f"input: {error}"
    copy = out / source.name
    shutil.copy(source, copy)
    return copy, why


def _wrong(answer: Path, target: Path, position: str) -> str | None:
    """The first cell of the answer's position that differs; None where none does."""
    wanted, got = read_workbook(answer), read_workbook(target)
    for place in places(position, wanted):
        if not got.has_sheet(place.sheet):
            return f"expected a sheet {place.sheet!r}"
        mine, theirs = wanted.sheet(place.sheet), got.sheet(place.sheet)
        for cell in _cut(place.range, wanted, got, place.sheet).cells():
            if not _same(mine.value(cell), theirs.value(cell)):
                return f"expected {mine.value(cell)!r} in {cell.a1}, got {theirs.value(cell)!r}"
    return None


def places(position: str, book: Snapshot) -> list[SheetRange]:
    """The ranges of `'Sheet1'!A1:H40, B3`; without a sheet the first one is meant."""
    found: list[SheetRange] = []
    for match in _PART.finditer(position.strip().strip('"')):
        name = (match[1] or match[2] or "").strip().replace("''", "'")
        sheet = book.sheet(name).name if name and book.has_sheet(name) else book.sheet_names[0]
        found.append(SheetRange(sheet, Range.parse(match[3])))
    if not found:
        raise UsageError(f"expected an answer's position, got {position[:60]!r}")
    return found


def _cut(area: Range, wanted: Snapshot, got: Snapshot, sheet: str) -> Range:
    """Whole columns only as far as either workbook is used."""
    if area.bottom < MAX_ROWS - 1:
        return area
    used = [bounds.bottom for book in (wanted, got) if (bounds := book.sheet(sheet).cells.bounds) is not None]
    return Range(area.top, area.left, max([area.top, *used]), area.right)


def _same(first: Value, second: Value) -> bool:
    if isinstance(first, float) and isinstance(second, float):
        return round(first, 2) == round(second, 2)
    return (first if first != "" else None) == (second if second != "" else None)


SUITE = Suite("bench-tasks", run)
