"""The `tenant` experiment on one organisation: learn on all regions but one, predict the one left out.

One rotation:

    library           the formulas of the learning regions
    adapters          supervised on their tasks; and, where all arms are asked for, each method alone
    ranker            fitted to three in five of the tasks that are asked of the learning regions
    analyst           decides on the other two in five; every decision moves the ranker
    test              the same hidden regions of the left-out region, asked of every arm

The thresholds of the arms are set so that none shows more than the untuned assistant does on the same tasks:
their scores are looked at for that, their answers are not. A formula counts as seen where its normalised R1C1
stands in a learning workbook.
"""

from __future__ import annotations

import logging
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random

import torch

from cellwright.engine import Engine
from cellwright.errors import CellwrightError
from cellwright.formula import normalise
from cellwright.proposers.language import LanguageProposer
from cellwright.proposers.retrieval import Retrieval
from cellwright.rank.online import Lesson, OnlineRanker
from cellwright.rank.rank import Weights
from cellwright_tuning.environment import Environment
from cellwright_tuning.tenant import build
from cellwright_tuning.tenant.analyst import Decided, best, decide
from cellwright_tuning.tenant.assistant import Assistant, lesson_of, wanted_r1c1
from cellwright_tuning.tenant.draw import formula_of
from cellwright_tuning.tenant.examples import Judgement, Pair, Supervised, TuningData
from cellwright_tuning.tenant.gate import Answered, answered, general_pairs
from cellwright_tuning.tenant.lora import Tuner, tune
from cellwright_tuning.tenant.ranker import fitted, threshold_for
from cellwright_tuning.tenant.recipe import Method, Recipe, Training
from cellwright_tuning.tenant.reinforce import Drawing, reinforce
from cellwright_tuning.tenant.run import environment_tasks
from cellwright_tuning.tenant.work import Book, snapshots

log = logging.getLogger(__name__)

POINTS = (0, 10, 25, 50, 75, 100)
"""Numbers of outcomes at which the curve is read."""
SHARE_FITTED = 0.6
NOISE = 0.05
GENERAL_WORKBOOKS = 10
PREFERENCES = (Method.KTO, Method.DPO, Method.GRPO)


@dataclass(frozen=True)
class Setting:
    """One rotation's data. `tasks` regions are asked of the test region, `every` asks for all arms."""

    learning: Sequence[Book]
    test: Sequence[Book]
    recipe: Recipe
    checkpoint: Path
    tasks: int
    regions: int
    seed: int
    every: bool = False


@dataclass
class Tested:
    """One test task: how each arm answered, whether its formula was seen, the curve's hits."""

    workbook: str
    is_seen: bool
    arms: dict[str, Answered] = field(default_factory=dict)
    curve: dict[int, bool] = field(default_factory=dict)


@dataclass
class Rotation:
    """What one rotation gave."""

    tests: list[Tested]
    minutes: float
    outcomes: int
    general: list[tuple[str, bool, bool]]
    """Generated tasks: the workbook, right before, right after."""


def rotate(setting: Setting, engine: Engine | None) -> Rotation:
    """Learn and test once; `engine` holds the base model and gets the adapters of the recipe.

    None: the experts work alone, and no adapter is tuned.
    """
    started = time.monotonic()
    torch.set_num_threads(setting.recipe.threads)
    base = None if engine is None else LanguageProposer(engine, engine.name)
    library = build.library(setting.learning)
    retrieval = Retrieval(library)
    log.info("library: %d formulas, %.0f s", len(library.entries), time.monotonic() - started)
    adapted = base
    if setting.recipe.phases and engine is not None:
        data = build.examples(setting.learning, f"{setting.seed}", regions=8)
        adapted = _adapter("supervised", setting, data, engine, list(setting.recipe.phases))
    log.info("adapter: %.0f s", time.monotonic() - started)
    untaught = build.untaught(adapted, retrieval)
    asked = build.lessons(untaught, setting.learning, f"{setting.seed}/ask", setting.recipe.ranker_tasks)
    first, rest = _parted(asked)
    replayed = build.general_lessons(untaught, round(len(first.ranking) * build.REPLAYED))
    ranker = build.ranker_of(first.joined(replayed), adapted, {})
    learnt = ranker.experts if adapted is None else ranker.model
    environment = Assistant(ranker.cut, learnt, retrieval, adapted)
    decided = _decisions(rest.ranking, learnt, setting.seed)
    online = OnlineRanker()
    for one in decided:
        online.learn(learnt, one.lesson)
    after = replace(environment, weights=online.weights(learnt))
    minutes = (time.monotonic() - started) / 60
    log.info("ranker: %d tasks, %d outcomes, %.1f min", len(asked.ranking), len(decided), minutes)

    shipped = Assistant.shipped(base)
    alone = build.Lessons(
        [_without_retrieval(lesson) for lesson in first.cut + replayed.cut],
        [_without_retrieval(lesson) for lesson in first.ranking + replayed.ranking],
    )
    arms = {
        "before": shipped,
        "retrieval": build.untaught(base, retrieval),
        "ranker": Assistant(
            fitted(shipped.cut, alone.cut), fitted(shipped.weights, alone.ranking), None, base
        ),
        "environment": environment,
        "after": after,
    }
    if setting.recipe.phases and engine is not None:
        arms["supervised"] = replace(shipped, engine=adapted)
    if setting.every and base is not None and engine is not None:
        preferred = _preferences(setting, base, retrieval)
        for method in PREFERENCES:
            phase = replace(setting.recipe.phases[0], method=method, learning_rate=3e-4, steps=20)
            arms[method.value] = replace(
                shipped, engine=_adapter(method.value, setting, preferred, engine, [phase])
            )
    curve = _curve_weights(untaught.weights, rest.ranking + first.ranking, setting.seed)
    tests = list(_ask(setting, arms, curve, untaught))
    pairs = general_pairs(arms["before"], arms["after"], GENERAL_WORKBOOKS)
    general = [(a.group, a.right, b.right) for a, b in pairs]
    return Rotation(tests, minutes, len(decided), general)


def _parted(asked: build.Lessons) -> tuple[build.Lessons, build.Lessons]:
    """What the environment teaches, and what the analyst decides on."""
    cut = int(len(asked.ranking) * SHARE_FITTED)
    return build.Lessons(asked.cut[:cut], asked.ranking[:cut]), build.Lessons([], asked.ranking[cut:])


def _adapter(
    name: str, setting: Setting, data: TuningData, engine: Engine, phases: list[Training]
) -> LanguageProposer:
    """The base model with an adapter of that name, tuned now."""
    with tempfile.TemporaryDirectory(prefix="cellwright-tenant-") as folder:
        tuner = Tuner(setting.checkpoint, setting.recipe.adapter)
        for number, phase in enumerate(phases):
            out = Path(folder) / str(number)
            if phase.method is Method.GRPO:
                with Environment(environment_tasks(setting.learning, 40)) as whole, whole.checked() as sound:
                    reinforce(tuner, Drawing(engine, sound, phase), len(sound.tasks), phase, out)
            else:
                tune(tuner, data, phase, out, memory_mb=setting.recipe.memory_mb)
        tuner.save(Path(folder) / "adapter")
        engine.load_adapter(name, Path(folder) / "adapter")
    return LanguageProposer(engine.adapted(name), engine.name, adapter=name)


def _decisions(lessons: Sequence[Lesson], weights: Weights, seed: int) -> list[Decided]:
    """What the analyst decides on the likeliest of each request."""
    random, found = Random(f"{seed}/analyst"), []
    for lesson in lessons:
        shown = best(lesson, [weights.score(features) for features in lesson.features])
        if shown is not None:
            found.append(decide(lesson, shown, random, noise=NOISE))
    return found


def _preferences(setting: Setting, base: LanguageProposer, retrieval: Retrieval) -> TuningData:
    """What the analyst's decisions teach the model: answers preferred, answers judged."""
    assistant, random, data = build.untaught(base, retrieval), Random(f"{setting.seed}/prefer"), TuningData()
    family = build.families(setting.learning)
    for one in build.posed(
        setting.learning, f"{setting.seed}/prefer", tasks=setting.recipe.ranker_tasks // 2
    ):
        try:
            found = assistant.without(family[one.book.name]).answer(one.task, None)
        except CellwrightError:
            continue
        lesson = lesson_of(one.task, found)
        if not found.candidates:
            continue
        decided = decide(lesson, 0, random, noise=NOISE)
        prompt = Environment([one.task]).prompt(0)
        suggested = getattr(found.candidates[0].candidate.edits[0], "formulas", None)
        if suggested is None or suggested[0][0] is None:
            continue
        try:
            answer = prompt.write(suggested[0][0].removeprefix("="))
            wanted = prompt.write(formula_of(one.task).removeprefix("="))
        except (CellwrightError, ValueError):
            continue
        data.judgements.append(Judgement(prompt.text, answer, decided.is_accepted))
        if decided.is_accepted:
            data.supervised.append(Supervised(prompt.text, answer))
        elif answer != wanted:
            data.pairs.append(Pair(prompt.text, wanted, answer))
            data.judgements.append(Judgement(prompt.text, wanted, True))
    return data


def _without_retrieval(lesson: Lesson) -> Lesson:
    """The lesson as it would be without a library."""
    kept = [
        i
        for i, features in enumerate(lesson.features)
        if not features.get("retrieved") or sum(name.startswith("by_") for name in features) > 1
    ]
    rows = [
        {k: v for k, v in lesson.features[i].items() if not k.startswith(("retrieved", "by_retrieval"))}
        for i in kept
    ]
    return Lesson(rows, kept.index(lesson.wanted) if lesson.wanted in kept else None)


def _curve_weights(start: Weights, lessons: Sequence[Lesson], seed: int) -> dict[int, Weights]:
    """The ranking after so many outcomes, learnt one by one from the weights before the first."""
    online, random = OnlineRanker(), Random(f"{seed}/curve")
    found = {0: start}
    for number, lesson in enumerate(lessons, start=1):
        weights = online.weights(start)
        shown = best(lesson, [weights.score(features) for features in lesson.features])
        if shown is not None:
            online.learn(start, decide(lesson, shown, random, noise=NOISE).lesson)
        if number in POINTS:
            found[number] = online.weights(start)
    return found


def _ask(
    setting: Setting, arms: Mapping[str, Assistant], curve: Mapping[int, Weights], untaught: Assistant
) -> Iterator[Tested]:
    seen = _formulas(setting.learning)
    for one in build.posed(
        setting.test, f"{setting.seed}/test", tasks=setting.tasks, regions=setting.regions
    ):
        wanted = wanted_r1c1(one.task)
        tested = Tested(one.book.name, wanted in seen)
        try:
            for name, assistant in arms.items():
                tested.arms[name] = answered(
                    one.book.name, assistant.answer(one.task, one.calculator), wanted
                )
            offered = lesson_of(one.task, untaught.answer(one.task, one.calculator))
        except CellwrightError as error:
            log.warning("left out: %s: %s", one.book.name, error)
            continue
        for point, weights in curve.items():
            first = best(offered, [weights.score(features) for features in offered.features])
            tested.curve[point] = first is not None and first == offered.wanted
        yield tested


def _formulas(books: Sequence[Book]) -> set[str]:
    found: set[str] = set()
    for _, snapshot in snapshots(books):
        for sheet in snapshot.sheets:
            found.update(normalise(formula, cell) for cell, formula in sheet.cells.formulas())
    return found


def shown_alike(tests: Sequence[Tested]) -> None:
    """Set each arm's threshold so that it shows no more of these tasks than the untuned assistant does."""
    most = sum(tested.arms["before"].shown for tested in tests)
    for name in tests[0].arms if tests else ():
        if name == "before":
            continue
        scores = [(tested.arms[name].p_accept, tested.arms[name].right) for tested in tests]
        threshold = threshold_for(scores, most)
        for tested in tests:
            own = tested.arms[name]
            shown = own.p_accept >= threshold
            tested.arms[name] = replace(own, shown=shown, accepted=shown and own.right)
