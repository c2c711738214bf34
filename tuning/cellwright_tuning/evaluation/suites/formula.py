"""The `formula` suite: hide a region of a workbook and predict the formula of its first cell.

A region is a sheet's 4-connected cells of equal normalised R1C1; it goes with the formulas and cached values
of everything that depends on it (`suggest/hidden.py`). With `easy` a single cell inside a region of at least
three is hidden instead. At most 20 regions a workbook, drawn with a seed. Counted, averaged over workbooks:

- `top1`, `top5`: normalised R1C1 equal at the first cell; an abstention ranks last, ties keep their order.
- `value1`: the best candidate, calculated with everything hidden but the rest of the workbook's inputs, has
  the value that the file cached; never for a constant, never where the file has no value.
- `coverage`: the best was likely enough to be shown; `shown_precision`: how often it was then right.
- `precision_at_50`: precision of the half that the assistant was surest of.

`--without` leaves a part out: the experts, the model, verification, the practice on the workbook
itself (what the workbook without the answer teaches: `suggest/practice.py`), or the ranking (candidates then
keep the order in which they are offered). Classes: `one_cell` / `several_cells` and `own_sheet` /
`other_sheets` by what the true formula reads.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from random import Random

from cellwright.calc.calculator import Calculator
from cellwright.edits.model import SetFormulas
from cellwright.errors import CellwrightError
from cellwright.formula import normalise, references
from cellwright.proposers.experts import EXPERTS
from cellwright.proposers.index import index_cleared, index_workbook
from cellwright.proposers.language import LanguageProposer
from cellwright.rank.rank import Weights
from cellwright.reference import Cell, Range, SheetCell, SheetRange
from cellwright.suggest import suggest
from cellwright.suggest.hidden import Dependence, without_cell, without_region
from cellwright.suggest.model import Suggestion, Suggestions
from cellwright.suggest.practice import Practice
from cellwright.workbook.model import Snapshot, Value
from cellwright.workbook.read import read_workbook
from cellwright.workbook.regions import Region, regions
from cellwright_tuning.evaluation.data import unpacked, workbooks
from cellwright_tuning.evaluation.harness import Options, Suite, TaskResult
from cellwright_tuning.evaluation.models import load_model

REGIONS_A_WORKBOOK = 20
_EASY_CELLS = 3
_COVERAGE = 0.5
_UNRANKED = Weights(0.0, {})


@dataclass(frozen=True)
class Task:
    """One prediction: the workbook without the answer, where it is wanted, and the truth."""

    snapshot: Snapshot
    target: SheetCell
    formula: str
    value: Value
    region: Region

    @property
    def r1c1(self) -> str:
        """The identity of the true formula."""
        return normalise(self.formula, self.target.cell)


def tasks_of(snapshot: Snapshot, random: Random, *, easy: bool = False) -> Iterator[Task]:
    """The tasks of one workbook, a seeded sample of its regions."""
    least = _EASY_CELLS if easy else 1
    found = [
        (sheet, region)
        for sheet in snapshot.sheets
        for region in regions(sheet.cells.formulas())
        if len(region.cells) >= least
    ]
    chosen = random.sample(found, min(REGIONS_A_WORKBOOK, len(found)))
    if not chosen:
        return
    dependence = Dependence(snapshot)
    for sheet, region in chosen:
        cell = random.choice(region.cells[1:]) if easy else region.first
        target = SheetCell(sheet.name, cell)
        content = sheet.content(cell)
        if content.formula is None:
            continue
        if easy:
            hidden = without_cell(snapshot, dependence, target)
        else:
            hidden = without_region(snapshot, dependence, [SheetCell(sheet.name, c) for c in region.cells])
        yield Task(hidden, target, content.formula, content.value, region)


def score(task: Task, group: str, found: Suggestions, failure: str | None = None) -> TaskResult:
    """The metrics of one task."""
    r1c1 = [_r1c1(suggestion, task.target.cell) for suggestion in found.candidates]
    rank = r1c1.index(task.r1c1) if task.r1c1 in r1c1 else None
    best = found.candidates[0] if found.candidates else None
    speaks = best is not None and best.is_shown
    is_right = rank == 0
    hits = {"top1": float(is_right), "top5": float(rank is not None and rank < 5)}
    metrics: dict[str, tuple[float, float]] = {name: (hit, 1.0) for name, hit in hits.items()}
    metrics["value1"] = (float(best is not None and _has_value(best, task)), 1.0)
    metrics["coverage"] = (float(speaks), 1.0)
    if speaks:
        metrics["shown_precision"] = (float(is_right), 1.0)
    for name in classes(task):
        metrics |= {f"{metric}_{name}": (hit, 1.0) for metric, hit in hits.items()}
    return TaskResult(
        group,
        metrics,
        confidence=None if best is None else best.p_accept,
        is_right=is_right,
        latency_ms=found.latency_ms.get("total"),
        failure=failure,
    )


def classes(task: Task) -> tuple[str, str]:
    """`one_cell` or `several_cells`, and `own_sheet` or `other_sheets`."""
    own = task.target.sheet.casefold()
    elsewhere = any(r.sheet is not None and r.sheet.casefold() != own for r in references(task.formula))
    size = "one_cell" if len(task.region.cells) == 1 else "several_cells"
    return size, "other_sheets" if elsewhere else "own_sheet"


def _r1c1(suggestion: Suggestion, cell: Cell) -> str | None:
    edit = suggestion.candidate.edits[0]
    if not isinstance(edit, SetFormulas) or edit.formulas[0][0] is None:
        return None
    return normalise(edit.formulas[0][0], cell)


def _has_value(suggestion: Suggestion, task: Task) -> bool:
    """Whether a formula (not a constant) came to the value that the file cached."""
    formula = _formula(suggestion)
    if formula is None or task.value is None or not references(formula):
        return False
    changes = [c for c in suggestion.verdict.changes if c.cell == task.target]
    if not changes:
        return False
    got, wanted = changes[0].after, task.value
    if isinstance(got, float) and isinstance(wanted, float):
        return abs(got - wanted) <= 1e-9 * max(1.0, abs(got), abs(wanted))
    return type(got) is type(wanted) and got == wanted


def _formula(suggestion: Suggestion) -> str | None:
    edit = suggestion.candidate.edits[0]
    return edit.formulas[0][0] if isinstance(edit, SetFormulas) else None


def run(data: Path, options: Options) -> Iterator[TaskResult]:
    """The tasks of every workbook of a folder or archive; `options.limit` workbooks at most."""
    with unpacked(data) as folder:
        paths = workbooks(folder)
        if options.limit is not None and options.limit < len(paths):
            paths = Random(options.seed).sample(paths, options.limit)
        if options.jobs == 1:
            engine = _engine(options)
            for path in paths:
                yield from _of_workbook(path, options, engine)
            return
        with get_context("spawn").Pool(options.jobs, _begin, (options,)) as pool:
            for results in pool.imap(_in_process, paths):
                yield from results


def _engine(options: Options) -> LanguageProposer | None:
    model = load_model(options.model if options.without != "model" else None)
    return None if model is None else LanguageProposer(model, options.model or "")


_process: tuple[Options, LanguageProposer | None]
"""In a process of its own: what it was begun with."""


def _begin(options: Options) -> None:
    global _process
    _process = options, _engine(options)


def _in_process(path: Path) -> list[TaskResult]:
    return list(_of_workbook(path, *_process))


def _of_workbook(path: Path, options: Options, engine: LanguageProposer | None) -> Iterator[TaskResult]:
    identity = hashlib.sha256(path.read_bytes()).hexdigest()
    try:
        snapshot = read_workbook(path)
    except CellwrightError as error:
        yield TaskResult(identity, {}, failure=f"{path.name}: {error}")
        return
    tasks = tasks_of(snapshot, Random(f"{options.seed}:{identity}"), easy=options.easy)
    with Calculator(snapshot) as calculator:
        for task in tasks:
            target = SheetRange(task.target.sheet, Range.of(task.target.cell))
            for cleared, whole in zip(task.snapshot.sheets, snapshot.sheets, strict=True):
                index_cleared(cleared, whole)
            index_workbook(task.snapshot).build()
            failure = None
            try:
                calculator.load(task.snapshot)
                calculator.reproduction  # noqa: B018  warm, as in a session: the gate is made once a revision
            except CellwrightError as error:
                failure = f"{path.name}: {error}"
            is_run = failure is None and options.without != "verify"
            unranked = _UNRANKED if options.without == "rank" else None
            is_practised = options.without not in ("practice", "experts", "rank")
            found = suggest(
                task.snapshot,
                target,
                calculator=calculator if is_run else None,
                engine=engine,
                experts=() if options.without == "experts" else EXPERTS,
                weights=unranked,
                cut=unranked,
                practice=Practice(task.snapshot, target.sheet) if is_practised else None,
            )
            yield score(task, identity, found, failure)


SUITE = Suite("formula", run, average="group", curves={"precision_at_50": _COVERAGE}, asks_model=True)
