"""The `tenant` suite: does an organisation's own work make the assistant better at it, and at nothing worse?

DATA has one sub-folder a region. Learn on all regions but one, predict that one; rotate. With `--test FOLDER`
the left-out region's workbooks come from its sub-folder of the same name there. One rotation's story is in
`cellwright_tuning.tenant.experiment`; `--all` adds the arms that tune by preference alone. `--limit` is how
many workbooks of a region are asked about (four times as many of each other region teach the ranker and the
adapters; all of them are in the library). Over tasks, intervals over workbooks:

- `top1_before`, `top1_after`, and the same of each baseline (`top1_retrieval`, ...), over formulas `_seen` in
  the learning part and `_unseen`;
- `top1_practice`, `top1_after_practice`: the untuned and the taught assistant, each adapting to a workbook
  by what stands in it, as the product does;
- `top1_growing`: with the test workbooks in the library that were asked about before, as work goes on;
- `accept_before`, `accept_after`: of what is shown, how much is right; `shown_ratio`: after against before;
- `general_delta`: right answers on generated workbooks, after less before;
- `accept_surest_before`, ...: of the surest fifth of all tasks, how much is right, shown or not;
- `curve_N_top1`: after N outcomes; `ranker_tasks`: what taught; `tuning_minutes`: all learning of a rotation,
  `tuning_minutes_all` with the arms of `--all`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from contextlib import nullcontext
from functools import reduce
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import cellwright_tuning
from cellwright.engine import Engine
from cellwright.errors import UsageError
from cellwright.proposers.language import LanguageProposer
from cellwright.proposers.library import Library
from cellwright.registry import find_model
from cellwright_tuning.evaluation.harness import Options, Suite, TaskResult
from cellwright_tuning.tenant.recipe import read_recipe
from cellwright_tuning.tenant.work import Book, organisation, read_work

if TYPE_CHECKING:
    from cellwright_tuning.tenant.experiment import Tested

TASKS_A_WORKBOOK = 8
LEARNING = 4
DEFAULT_LIMIT = 25
SUREST = 0.2
RECIPE = Path(cellwright_tuning.__file__).resolve().parents[1] / "recipes" / "tenant" / "experiment.toml"


def run(data: Path, options: Options) -> Iterator[TaskResult]:
    """One rotation after another; torch is imported here, where adapters are tuned."""
    from cellwright_tuning.tenant import build
    from cellwright_tuning.tenant.experiment import Setting, rotate, shown_alike
    from cellwright_tuning.tenant.run import default_checkpoint

    work = _by_region(data)
    tests = work if options.test is None else _by_region(options.test)
    names = sorted(tests)
    if not all(set(work) - {name} for name in names):
        raise UsageError(f"expected workbooks of at least two sub-folders of {data}, got {', '.join(work)}")
    recipe = read_recipe(options.recipe or RECIPE)
    limit = options.limit or DEFAULT_LIMIT
    opened = nullcontext() if options.model is None else Engine.open(find_model(options.model))
    libraries = {name: build.library(books) for name, books in work.items()}
    with opened as engine:
        base = None if engine is None else LanguageProposer(engine, engine.name)
        replayed = build.general_lessons(
            build.untaught(base, None), round(recipe.ranker_tasks * build.REPLAYED)
        )
        for name in names:
            others = [other for other in work if other != name]
            setting = Setting(
                [book for other in others for book in _sample(work[other], limit * LEARNING, options.seed)],
                _sample(tests[name], limit, options.seed),
                reduce(Library.joined, (libraries[other] for other in others)),
                replayed,
                recipe,
                default_checkpoint(),
                limit * TASKS_A_WORKBOOK,
                TASKS_A_WORKBOOK,
                options.seed,
                options.every,
            )
            rotation = rotate(setting, engine)
            shown_alike(rotation.tests)
            surest = _surest(rotation.tests)
            for number, tested in enumerate(rotation.tests):
                yield _result(name, tested, {arm for arm, chosen in surest.items() if number in chosen})
            facts = {"tuning_minutes": rotation.minutes, "ranker_tasks": float(rotation.taught)}
            facts["outcomes"] = float(rotation.outcomes)
            if options.every:
                facts["tuning_minutes_all"] = rotation.minutes_all
            yield TaskResult(f"{name}/tuning", {fact: (value, 1.0) for fact, value in facts.items()})
            for group, before, after in rotation.general:
                yield TaskResult(f"general/{group}", {"general_delta": (float(after) - float(before), 1.0)})


def _by_region(folder: Path) -> dict[str, list[Book]]:
    """The workbooks of each sub-folder; their families reach over all of them."""
    root = organisation(folder)
    found: dict[str, list[Book]] = defaultdict(list)
    for book in read_work(root):
        if "/" in book.name:
            found[book.name.split("/")[0]].append(book)
    return found


def _sample(books: Sequence[Book], count: int, seed: int) -> list[Book]:
    return list(books) if count >= len(books) else Random(seed).sample(list(books), count)


def _surest(tests: Sequence[Tested]) -> dict[str, set[int]]:
    """For each arm the numbers of the tasks that it is surest of."""
    count = round(len(tests) * SUREST)
    return {
        arm: set(sorted(range(len(tests)), key=lambda i: -tests[i].arms[arm].p_accept)[:count])
        for arm in (tests[0].arms if tests else ())
    }


def _result(region: str, tested: Tested, surest: Collection[str]) -> TaskResult:
    metrics: dict[str, tuple[float, float]] = {}
    for name, answered in tested.arms.items():
        hit = float(answered.right)
        metrics[f"top1_{name}"] = (hit, 1.0)
        metrics[f"top1_{name}_{'seen' if tested.is_seen else 'unseen'}"] = (hit, 1.0)
        if answered.shown:
            metrics[f"accept_{name}"] = (float(answered.accepted), 1.0)
        if name in surest:
            metrics[f"accept_surest_{name}"] = (hit, 1.0)
    before, after = tested.arms["before"], tested.arms["after"]
    metrics["shown_ratio"] = (float(after.shown), float(before.shown))
    for point, hit in tested.curve.items():
        metrics[f"curve_{point}_top1"] = (float(hit), 1.0)
    return TaskResult(
        f"{region}/{tested.workbook}",
        metrics,
        confidence=after.p_accept,
        is_right=after.right,
        latency_ms=after.latency_ms,
    )


SUITE = Suite("tenant", run)
