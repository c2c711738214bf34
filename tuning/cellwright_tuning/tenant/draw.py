"""Tasks from real workbooks: a region to fill, a run to go on with, an error to repair.

A hidden region goes with the values of all that depends on it (`suggest/hidden.py`). Answers are checked
where they are used: `environment.checked` drops a task whose own formula does not earn its full reward.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from cellwright.errors import FormulaSyntaxError
from cellwright.formula import parse
from cellwright.prompt import tasks as prompts
from cellwright.prompt.context import formula_prompt
from cellwright.reference import Cell, SheetCell
from cellwright.suggest.hidden import Dependence, without_region
from cellwright.workbook.model import Sheet, Snapshot
from cellwright.workbook.regions import Region, regions
from cellwright_tuning.data.examples import Example, break_formula
from cellwright_tuning.tasks import Task, formula_edit

MAX_FORMULA = 320
_RUN = 3


def region_tasks(snapshot: Snapshot, random: Random, count: int, next_share: float = 0.0) -> list[Task]:
    """Up to `count` regions of a workbook, each hidden whole and asked for at its first cell.

    A share `next_share` of them is hidden from its second or third cell on and asked for there.
    """
    found = [
        (sheet, region)
        for sheet in snapshot.sheets
        for region in regions(sheet.cells.formulas())
        if len(region.formula) <= MAX_FORMULA
    ]
    chosen = random.sample(found, min(count, len(found)))
    if not chosen:
        return []
    dependence = Dependence(snapshot)
    return [_task(snapshot, dependence, sheet, region, random, next_share) for sheet, region in chosen]


def _task(
    snapshot: Snapshot,
    dependence: Dependence,
    sheet: Sheet,
    region: Region,
    random: Random,
    next_share: float,
) -> Task:
    kept = 0
    if len(region.cells) >= _RUN and random.random() < next_share:
        kept = random.choice((1, 2))
    cells: list[Cell] = list(region.cells[kept:])
    hidden = without_region(snapshot, dependence, [SheetCell(sheet.name, cell) for cell in cells])
    target = SheetCell(sheet.name, cells[0])
    content = sheet.content(cells[0])
    wanted = formula_edit(target, content.formula or "")
    return Task("next" if kept else "whole", hidden, target, wanted, content.value, snapshot)


def formula_of(task: Task) -> str:
    """The formula that is right for a task of this module."""
    return getattr(task.wanted, "formulas")[0][0] or ""  # noqa: B009  only SetFormulas are drawn here


def examples_of(task: Task, random: Random, repair_share: float = 0.2) -> Iterator[Example]:
    """What a language model learns from a task: the formula at its place; sometimes to mend it."""
    formula = formula_of(task).removeprefix("=")
    try:
        parse(formula)
        prompt = formula_prompt(task.snapshot, task.target.sheet, task.target.cell)
        yield Example("formula", prompt.text, prompt.write(formula))
    except (FormulaSyntaxError, ValueError):
        return
    broken = break_formula(formula, random) if random.random() < repair_share else None
    if broken:
        repair = prompts.repair_prompt(broken)
        yield Example("repair", repair.text, repair.write(formula))
