"""The `tenant` experiment on one organisation: learn on all regions but one, predict the one left out.

One rotation:

    library           the formulas of the learning regions
    environment       hidden regions of four in five of their workbooks, asked as of work of a new region:
                      the ranker is fitted to them whole, the shipped weights as its prior
    analyst           decides on the tasks of the other workbooks; every decision moves the ranker
    adapters          supervised on the learning regions' formulas; and, where all arms are asked for, by each
                      way of preference alone
    test              hidden regions of the left-out region, asked of every arm
    growing           the environment, whose library also knows the test workbooks asked about before: what
                      a region's second workbook has of its first

Arms that differ in their weights alone are asked once and ranked again. The thresholds of the arms are set so
that none shows more than the untuned assistant does on the same tasks: their scores are looked at for that,
their answers are not. A formula counts as seen where its normalised R1C1 stands in a learning workbook.
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
from cellwright.proposers.library import Library
from cellwright.proposers.retrieval import Retrieval
from cellwright.rank.online import Lesson, OnlineRanker
from cellwright.rank.rank import Weights
from cellwright.suggest.model import Suggestions
from cellwright_tuning.environment import Environment
from cellwright_tuning.tenant import build
from cellwright_tuning.tenant.analyst import Decided, best, decide
from cellwright_tuning.tenant.assistant import Assistant, lesson_of, ranked_again, wanted_r1c1
from cellwright_tuning.tenant.draw import formula_of
from cellwright_tuning.tenant.examples import Judgement, Pair, Supervised, TuningData
from cellwright_tuning.tenant.gate import Answered, answered, general_pairs
from cellwright_tuning.tenant.lora import Tuner, tune
from cellwright_tuning.tenant.ranker import calibrated, fitted, threshold_for
from cellwright_tuning.tenant.recipe import Method, Recipe, Training
from cellwright_tuning.tenant.reinforce import Drawing, reinforce
from cellwright_tuning.tenant.rows import Rows
from cellwright_tuning.tenant.run import environment_tasks
from cellwright_tuning.tenant.work import Book

log = logging.getLogger(__name__)

POINTS = (0, 30, 60, 120, 250, 500)
"""Numbers of outcomes at which the curve is read."""
SHARE_FITTED = 0.8
NOISE = 0.05
GENERAL_WORKBOOKS = 10
PREFERENCES = (Method.KTO, Method.DPO, Method.GRPO)


@dataclass(frozen=True)
class Setting:
    """One rotation's data. `tasks` regions are asked of the test region, `every` asks for all arms.

    `library` is that of all learning workbooks of the region's organisation, `replayed` the generated tasks
    that stand beside theirs.
    """

    learning: Sequence[Book]
    test: Sequence[Book]
    library: Library
    replayed: build.Lessons
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
    """All learning up to the arm that would serve."""
    minutes_all: float
    """With the arms that tune by preference alone."""
    taught: int
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
    retrieval = Retrieval(setting.library)
    untaught = build.untaught(base, retrieval)
    first, rest = _parted(setting.learning, setting.seed)
    unknown = build.unknown_by_folder(setting.learning)
    told = build.lessons(untaught, first, f"{setting.seed}/ask", setting.recipe.ranker_tasks, unknown)
    asked = round(setting.recipe.ranker_tasks * (1 - SHARE_FITTED))
    decided_on = build.lessons(untaught, rest, f"{setting.seed}/analyst", asked, unknown)
    log.info("%d tasks, %d for the analyst, %.1f min", len(told.ranking), len(decided_on.ranking),
             (time.monotonic() - started) / 60)  # fmt: skip
    ranker = build.ranker_of(told.joined(setting.replayed), base, {})
    learnt = ranker.experts if base is None else ranker.model
    environment = Assistant(ranker.cut, learnt, retrieval, base)
    decided = _decisions([one.lesson for one in decided_on.ranking], learnt, setting.seed)
    online = OnlineRanker()
    for one in decided:
        online.learn(learnt, one.lesson)
    after = replace(environment, weights=online.weights(learnt))
    minutes = (time.monotonic() - started) / 60
    log.info("ranker: %d outcomes, %.1f min", len(decided), minutes)

    shipped = Assistant.shipped(base)
    alone = build.rows_of(told.ranking + setting.replayed.ranking, _without_retrieval)
    arms = {
        "before": shipped,
        "retrieval": build.untaught(base, retrieval),
        "ranker": replace(shipped, weights=calibrated(shipped.weights, alone)),
        "environment": environment,
        "after": after,
        "practice": replace(shipped, practises=True),
        "after_practice": replace(after, practises=True),
    }
    if setting.recipe.phases and engine is not None:
        data = build.examples(setting.learning, f"{setting.seed}", regions=8)
        adapted = _adapter("supervised", setting, data, engine, list(setting.recipe.phases))
        arms["supervised"] = replace(shipped, engine=adapted)
        arms["after_adapter"] = replace(after, engine=adapted)
        minutes = (time.monotonic() - started) / 60
    if setting.every and base is not None and engine is not None:
        preferred = _preferences(setting, base, retrieval)
        for method in PREFERENCES:
            phase = replace(setting.recipe.phases[0], method=method, learning_rate=3e-4, steps=20)
            arms[method.value] = replace(
                shipped, engine=_adapter(method.value, setting, preferred, engine, [phase])
            )
    minutes_all = (time.monotonic() - started) / 60
    curve = _curve_weights(untaught.weights, told.ranking + decided_on.ranking, setting.seed)
    tests = list(_ask(setting, arms, curve))
    pairs = general_pairs(arms["before"], arms["after"], GENERAL_WORKBOOKS)
    general = [(a.group, a.right, b.right) for a, b in pairs]
    return Rotation(tests, minutes, minutes_all, len(told.ranking), len(decided), general)


def _parted(books: Sequence[Book], seed: int) -> tuple[list[Book], list[Book]]:
    """What the environment is made of, and what the analyst decides on; families stay together."""
    families = sorted({book.family for book in books})
    Random(f"{seed}/parted").shuffle(families)
    kept = set(families[: round(len(families) * SHARE_FITTED)])
    return [b for b in books if b.family in kept], [b for b in books if b.family not in kept]


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
        setting.learning, f"{setting.seed}/prefer", tasks=setting.recipe.ranker_tasks // 4
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


def _curve_weights(start: Weights, told: Sequence[build.Told], seed: int) -> dict[int, Weights]:
    """The ranking fitted to so many outcomes alone: what an analyst made of the likeliest of each request."""
    random, rows = Random(f"{seed}/curve"), Rows()
    order = list(told)
    random.shuffle(order)
    found = {0: start}
    for one in order:
        shown = best(one.lesson, [start.score(features) for features in one.lesson.features])
        if shown is None:
            continue
        lesson = decide(one.lesson, shown, random, noise=NOISE).lesson
        rows.add(one.family, one.kind, lesson.features, lesson.wanted)
        if len(rows) in POINTS and rows.wanted:
            found[len(rows)] = fitted(start, rows)
    return found


def _ask(setting: Setting, arms: Mapping[str, Assistant], curve: Mapping[int, Weights]) -> Iterator[Tested]:
    seen = {normalise(entry.formula, entry.home) for entry in setting.library.entries}
    grown, last = setting.library, None
    growing = arms["environment"]
    for one in build.posed(
        setting.test, f"{setting.seed}/test", tasks=setting.tasks, regions=setting.regions
    ):
        if last is not None and one.book is not last:
            grown = grown.joined(build.library([last]))
            growing = replace(growing, retrieval=Retrieval(grown))
        last = one.book
        wanted = wanted_r1c1(one.task)
        tested = Tested(one.book.name, wanted in seen)
        known: dict[tuple[int, int, int], Suggestions] = {}
        try:
            for name, arm in {**arms, "growing": growing}.items():
                if arm.practises:  # each place has weights of its own
                    found = arm.answer(one.task, one.calculator)
                else:
                    key = (id(arm.cut), id(arm.retrieval), id(arm.engine))
                    if key not in known:
                        known[key] = arm.answer(one.task, one.calculator)
                    found = ranked_again(known[key], arm.weights)
                tested.arms[name] = answered(one.book.name, found, wanted)
        except CellwrightError as error:
            log.warning("left out: %s: %s", one.book.name, error)
            continue
        after = arms["after"]
        offered = lesson_of(one.task, known[id(after.cut), id(after.retrieval), id(after.engine)])
        for point, weights in curve.items():
            first = best(offered, [weights.score(features) for features in offered.features])
            tested.curve[point] = first is not None and first == offered.wanted
        yield tested


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
