"""The `calc` suite: recompute workbooks, and see whether what the gate verifies is what Excel had.

Of each workbook a seeded fifth of the formula regions and everything that depends on them is hidden from the
reproduction gate; these cells alone are scored, against Excel's cached values. The engines load an image
without any cached value of a formula cell, so there is nothing for them to copy. A cell without a cached
value has no truth and is not scored.
"""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random

from cellwright.calc.calculator import Calculator
from cellwright.calc.facts import formula_facts
from cellwright.calc.reproduction import Judgement, Reproduction
from cellwright.calc.values import NoValue, same_value
from cellwright.errors import CalcError, CellwrightError
from cellwright.reference import SheetCell
from cellwright.workbook.model import Snapshot
from cellwright.workbook.read import read_workbook
from cellwright.workbook.regions import regions
from cellwright_tuning.evaluation.data import unpacked, workbooks
from cellwright_tuning.evaluation.harness import Options, Suite, TaskResult

HIDDEN_SHARE = 0.2
_MAX_DEPENDENTS = 2_000_000
_TIMEOUT_S = 60.0


def hidden_cells(snapshot: Snapshot, calculator: Calculator, random: Random) -> set[SheetCell]:
    """A fifth of the formula regions (at least one), and all that depends on them."""
    found = [
        [SheetCell(sheet.name, cell) for cell in region.cells]
        for sheet in snapshot.sheets
        for region in regions(sheet.cells.formulas())
    ]
    if not found:
        return set()
    chosen = random.sample(found, max(1, round(len(found) * HIDDEN_SHARE)))
    cells = {cell for region in chosen for cell in region}
    return cells | set(calculator.dependents(*cells, limit=_MAX_DEPENDENTS))


def score_workbook(path: Path, seed: int) -> TaskResult | None:
    """One workbook's scores; None where it has no formula whose cached value could be scored."""
    identity = hashlib.sha256(path.read_bytes()).hexdigest()
    start = time.perf_counter()
    try:
        snapshot = read_workbook(path)
    except CellwrightError as error:
        return TaskResult(identity, {}, failure=f"{path.name}: {error}")
    try:
        with Calculator(snapshot, timeout_s=_TIMEOUT_S) as calculator:
            hidden = hidden_cells(snapshot, calculator, Random(f"{seed}:{identity}"))
            reproduction = Reproduction(calculator, hidden)
            judgements = {cell: reproduction.judge(cell) for cell in hidden}
    except CalcError as error:
        judgements = _nothing_judged(snapshot, error)
    elapsed_ms = (time.perf_counter() - start) * 1000
    counts: Counter[str] = Counter()
    totals: Counter[str] = Counter()
    wrong: list[str] = []
    for cell, judgement in judgements.items():
        content = snapshot.sheet(cell.sheet).content(cell.cell)
        if content.formula is None or content.value is None:
            continue
        is_equal = same_value(judgement.value, content.value)
        names = {call.name for call in formula_facts(content.formula, cell.sheet, snapshot).calls}
        for name in ["equal", "verified", *(f"equal:{name}" for name in sorted(names) if name[0].isalpha())]:
            totals[name] += 1
            counts[name] += judgement.is_verified if name == "verified" else is_equal
        if judgement.is_verified:
            totals["verified_wrong"] += 1
            counts["verified_wrong"] += not is_equal
            if not is_equal and len(wrong) < 3:
                wrong.append(f"{cell.a1} {content.formula[:60]}: {judgement.value!r}, not {content.value!r}")
    if not totals:
        return None
    metrics = {name: (float(counts[name]), float(total)) for name, total in totals.items()}
    failure = f"{path.name}: verified but wrong: {'; '.join(wrong)}" if wrong else None
    return TaskResult(identity, metrics, latency_ms=elapsed_ms, failure=failure)


def _nothing_judged(snapshot: Snapshot, error: CalcError) -> dict[SheetCell, Judgement]:
    """Where no engine takes the workbook every formula counts as scored, none as computed or verified."""
    nothing = Judgement(NoValue("the workbook was not calculated"), False, None, str(error))
    return {
        SheetCell(sheet.name, cell): nothing
        for sheet in snapshot.sheets
        for cell, _ in sheet.cells.formulas()
    }


def run(data: Path, options: Options) -> Iterator[TaskResult]:
    """Every workbook of a folder or archive, `options.limit` of them at most."""
    with unpacked(data) as folder:
        paths = workbooks(folder)
        if options.limit is not None and options.limit < len(paths):
            paths = Random(options.seed).sample(paths, options.limit)
        for path in paths:
            result = score_workbook(path, options.seed)
            if result is not None:
                yield result


SUITE = Suite("calc", run)
