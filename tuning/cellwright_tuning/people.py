"""Ranking tasks from workbooks that people made, of sources whose ledger entry allows weights.

A generator's habits are its own: weights fitted on it alone were sure of the wrong formulas in real workbooks
(LOG.md). Here regions of real ones are hidden as the `formula` suite hides them, whole or one cell of them,
and half-filled runs are gone on with. Test files repeat one another, so one formula is asked for a few times
at most. What cannot be read is left out and counted.
"""

from __future__ import annotations

import hashlib
import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random

from cellwright.edits.model import SetFormulas
from cellwright.errors import CellwrightError
from cellwright.formula import normalise
from cellwright.workbook.model import Snapshot
from cellwright.workbook.read import read_workbook

from .evaluation.data import unpacked, workbooks
from .tasks import Task, draw_tasks

log = logging.getLogger(__name__)

SHARES = {"whole": 0.55, "gap": 0.25, "next": 0.15, "nothing": 0.05}
TASKS_A_WORKBOOK = 8
MOST_ALIKE = 3
"""How often one formula (as normalised R1C1) is asked for in one kind of task."""
MOST_FORMULAS = 20_000


def draw_people(data: Sequence[Path], seed: str, limit: int | None = None) -> Iterator[tuple[int, Task]]:
    """(number of the workbook, task) over the workbooks of folders or archives, in an order of their own.

    `limit`: of the workbooks with formulas, how many are used.
    """
    asked: Counter[tuple[str, str]] = Counter()
    seen: set[str] = set()
    left_out = used = 0
    for source in data:
        with unpacked(source) as folder:
            for path in workbooks(folder):
                identity = hashlib.sha256(path.read_bytes()).hexdigest()
                if identity in seen or (limit is not None and used >= limit):
                    continue
                seen.add(identity)
                try:
                    snapshot = read_workbook(path)
                except CellwrightError:
                    left_out += 1
                    continue
                if not 0 < _formulas(snapshot) <= MOST_FORMULAS:
                    continue
                used += 1
                for task in draw_tasks(snapshot, Random(f"{seed}/{identity}"), TASKS_A_WORKBOOK, SHARES):
                    what = (task.kind, _wanted(task))
                    asked[what] += 1
                    if not what[1] or asked[what] <= MOST_ALIKE:
                        yield used, task
    log.info("%d workbooks with formulas, %d could not be read", used, left_out)


def _formulas(snapshot: Snapshot) -> int:
    return sum(1 for sheet in snapshot.sheets for _ in sheet.cells.formulas())


def _wanted(task: Task) -> str:
    """The identity of the formula that is right, empty where none is."""
    if not isinstance(task.wanted, SetFormulas) or task.wanted.formulas[0][0] is None:
        return ""
    return normalise(task.wanted.formulas[0][0], task.target.cell)
