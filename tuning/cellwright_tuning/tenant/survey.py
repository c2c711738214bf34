"""What workbooks hold before anything is learnt: conventions, tasks, how many of them can be checked."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any

from cellwright_tuning.environment import Environment
from cellwright_tuning.tasks import Task
from cellwright_tuning.tenant.conventions import Conventions
from cellwright_tuning.tenant.draw import examples_of, region_tasks
from cellwright_tuning.tenant.work import read_work, snapshots

TRIED = 40
_REGIONS = 12


def survey(folder: Path, *, check: bool = True) -> dict[str, Any]:
    """The environment's facts; raises UsageError where the folder has no workbooks with formulas.

    `checked` of the `tried` tasks earn their full reward by their own formula; the others need something the
    calculator does not reproduce, and are left out wherever answers are judged by running them.
    """
    books = read_work(folder)
    conventions = Conventions()
    regions = repairs = 0
    sample: list[Task] = []
    for book, snapshot in snapshots(books):
        conventions.add(snapshot)
        random = Random(f"survey/{book.name}")
        tasks = region_tasks(snapshot, random, _REGIONS)
        regions += len(tasks)
        for task in tasks:
            repairs += sum(example.kind == "repair" for example in examples_of(task, random))
        if len(sample) < TRIED:
            sample += tasks[:2]
    told: dict[str, Any] = {
        "folder": str(folder),
        "workbooks": len(books),
        "families": len({book.family for book in books}),
        "held_back": sum(book.is_held_back for book in books),
        "regions": regions,
        "repairs": repairs,
        "conventions": conventions.to_json(),
    }
    if check:
        with Environment(sample[:TRIED]) as environment, environment.checked() as sound:
            told |= {"tried": len(environment.tasks), "checked": len(sound.tasks)}
    return told
