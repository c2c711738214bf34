"""A tuning run on one page: from an organisation's workbooks and its people's decisions to a judged version.

    workbooks ─┬─► library ──────────────┐
               ├─► examples ─► adapter ──┤► version ─► gate ─► report (and, where it may, promotion)
    decisions ─┴─► lessons ──► ranker ───┘

Families that are held back, and one decision in five, teach nothing: the gate asks for them. Each part is
kept in the run's folder when it is whole, so a killed run goes on with the next part, and an adapter within
its own steps. Progress goes to the feedback store, where the admin page and `cellwright tune status` read
it. Whatever fails, what serves stays as it is: a version is only a new directory until it is promoted.
"""

from __future__ import annotations

import datetime
import json
import logging
import os
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import torch

import cellwright_tuning
from cellwright.engine import Engine
from cellwright.errors import CellwrightError, UsageError
from cellwright.feedback.runs import RunStatus, TuningRun
from cellwright.feedback.store import FeedbackStore
from cellwright.proposers.language import LanguageProposer
from cellwright.proposers.library import Library, read_library, write_library
from cellwright.proposers.retrieval import Retrieval
from cellwright.rank.online import OnlineRanker
from cellwright.rank.rank import Ranker, shipped_ranker
from cellwright.rank.stored import read_stored_ranker, write_ranker
from cellwright.registry import find_model
from cellwright.registry.versions import SHIPPED_VERSION, Registry, Version
from cellwright_kernels.decoder import Decoder
from cellwright_tuning.environment import Environment
from cellwright_tuning.tasks import Task
from cellwright_tuning.tenant import build
from cellwright_tuning.tenant.assistant import Assistant
from cellwright_tuning.tenant.draw import region_tasks
from cellwright_tuning.tenant.examples import TuningData
from cellwright_tuning.tenant.gate import GateReport, examine
from cellwright_tuning.tenant.lora import Tuner, tune
from cellwright_tuning.tenant.outcomes import Decision, decisions, examples, lesson_of, summary, taught
from cellwright_tuning.tenant.ranker import LEAST_TASKS
from cellwright_tuning.tenant.recipe import Method, Recipe, Training
from cellwright_tuning.tenant.reinforce import Drawing, reinforce
from cellwright_tuning.tenant.work import Book, read_work, snapshots

log = logging.getLogger(__name__)

ADAPTER = "serving"
MOST_REPEATED = 20
_ENVIRONMENT_TASKS = 120


@dataclass
class Workplace:
    """Where a run finds and leaves everything. `checkpoint` is what the served model was made from; without
    it no adapter is tuned."""

    home: Path
    workspace: str
    store: FeedbackStore
    checkpoint: Path | None
    model: Path = field(default_factory=find_model)

    @property
    def registry(self) -> Registry:
        """The workspace's versions."""
        return Registry(self.home, self.workspace)

    @property
    def environment_file(self) -> Path:
        """What `tune environment` kept: the folder of the organisation's workbooks."""
        return self.registry.folder / "environment.json"

    def books(self) -> list[Book]:
        """The organisation's workbooks; none where no environment was made."""
        if not self.environment_file.is_file():
            return []
        told = json.loads(self.environment_file.read_text(encoding="utf-8"))
        return read_work(Path(told["folder"]))


def shipped_checkpoint() -> Path | None:
    """The checkpoint of the shipped model in a checkout; a build that is installed has none."""
    path = Path(cellwright_tuning.__file__).resolve().parents[1] / "checkpoints" / "mini"
    return path if (path / "config.json").is_file() else None


def default_checkpoint() -> Path:
    """The same; raises UsageError where there is none."""
    path = shipped_checkpoint()
    if path is None:
        raise UsageError("expected --checkpoint with the model's weights: this build has none")
    return path


class TuningSession:
    """One run: its folder, its report to the store, its clock."""

    def __init__(self, place: Workplace, recipe: Recipe, run: TuningRun) -> None:
        self.place, self.recipe, self.run = place, recipe, run
        self.folder = place.registry.folder / "runs" / run.id
        self.version = self.folder / "version"
        self.version.mkdir(parents=True, exist_ok=True)
        self.deadline = time.monotonic() + recipe.minutes * 60
        self._step = 0

    def tell(self, part: str, **metrics: float) -> None:
        """One line of progress."""
        self._step += 1
        self.place.store.runs.add_event(self.run.id, self._step, {"part": part, **metrics})

    def name(self) -> str:
        """The version's name: the recipe's with the run's."""
        return f"{self.recipe.name}-{self.run.id[:8]}"


def start(place: Workplace, recipe: Recipe) -> TuningSession:
    """A new run in the store."""
    run = place.store.runs.create(recipe.name, "tenant", place.model.stem, workspace=place.workspace)
    return TuningSession(place, recipe, run)


def work(session: TuningSession) -> GateReport:
    """Do the whole run; it ends in the store as done or, with the reason, as failed."""
    place, runs = session.place, session.place.store.runs
    runs.start(session.run.id, os.getpid())
    try:
        report = _work(session)
    except KeyboardInterrupt:
        runs.finish(session.run.id, RunStatus.CANCELLED, problem="stopped by hand")
        raise
    except Exception as error:
        reason = str(error) if isinstance(error, CellwrightError) else f"{type(error).__name__}: {error}"
        runs.finish(session.run.id, RunStatus.FAILED, problem=reason)
        raise
    name = session.name()
    runs.add_report(session.run.id, name, report.incumbent, report.decided, report.to_json())
    place.registry.decide(name, report.decided)
    runs.finish(session.run.id, RunStatus.DONE, adapter=name)
    return report


def _work(session: TuningSession) -> GateReport:
    place, recipe = session.place, session.recipe
    torch.set_num_threads(recipe.threads)
    books = place.books()
    found = decisions(place.store, place.workspace)
    if not books and not found:
        raise UsageError(
            f"expected workbooks (`cellwright tune environment`) or decisions in the workspace "
            f"{place.workspace!r} to learn from, got neither"
        )
    learning = [book for book in books if not book.is_held_back]
    teaching = [decision for decision in found if not decision.is_held_back]
    session.tell("start", workbooks=len(books), held_back=len(books) - len(learning), **summary(found))
    engine = Engine.open(place.model)
    try:
        library = _library(session, learning, teaching)
        data = build.examples(learning, session.recipe.name)
        data.add(_weighed(examples(teaching), len(data.supervised)))
        has_adapter = _adapter(session, data, learning, engine)
        language = LanguageProposer(engine, engine.name)
        # The ranker learns with the base model: an adapter has read the answers to all that it is asked.
        ranker = _ranker(session, language, Retrieval(library), learning, teaching)
        if has_adapter:
            engine.load_adapter(ADAPTER, session.version / "adapter")
            language = LanguageProposer(engine.adapted(ADAPTER), engine.name, adapter=session.name())
        candidate = Assistant(ranker.cut, ranker.model, Retrieval(library), language)
        name = session.name()
        if not place.registry.path(name).exists():
            created = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
            base = engine.name if has_adapter else ""
            shutil.copytree(session.version, session.folder / "ready", dirs_exist_ok=True)
            place.registry.add(
                Version(name, created, base, session.run.id, recipe.name), session.folder / "ready"
            )
        current = place.registry.state().current
        incumbent = serving(place, engine, current)
        judging = [decision for decision in found if decision.is_held_back]
        report = examine(
            (name, candidate),
            (current or SHIPPED_VERSION, incumbent),
            books=[book for book in books if book.is_held_back],
            held_back=[lesson_of(decision) for decision in judging],
            preferences=examples(judging).pairs,
            tasks=recipe.gate_tasks,
            general=recipe.gate_general,
        )
    finally:
        engine.close()
    for suite in report.suites:
        session.tell(f"gate: {suite.suite}", incumbent=suite.incumbent, candidate=suite.candidate)
    return report


def _weighed(told: TuningData, tasks: int) -> TuningData:
    """Decisions repeated until they are a third of what is learnt: they are rare, and they are meant."""
    times = min(MOST_REPEATED, max(1, tasks // (2 * max(1, len(told.supervised)))))
    return TuningData(told.supervised * times, told.pairs, told.judgements)


def _library(session: TuningSession, books: Sequence[Book], found: Sequence[Decision]) -> Library:
    path = session.version / "library.zst"
    if not path.is_file():
        write_library(build.library(books).joined(taught(found)), path)
    library = read_library(path)
    session.tell("library", formulas=len(library.entries))
    return library


def _adapter(session: TuningSession, data: TuningData, books: Sequence[Book], engine: Engine) -> bool:
    """Tune phase after phase; True where there is an adapter. A phase without its data is left out."""
    target = session.version / "adapter"
    if target.is_dir():
        return True
    checkpoint = session.place.checkpoint
    if checkpoint is None:
        session.tell("adapter left out: no --checkpoint, and this build has none")
        return False
    tuner: Tuner | None = None
    for number, phase in enumerate(session.recipe.phases):
        missing = _missing(data, books, phase)
        if missing:
            session.tell(f"phase {number + 1} ({phase.method}) left out: {missing}")
            continue
        if tuner is None:
            check_checkpoint(checkpoint, session.place.model)
            tuner = Tuner(checkpoint, session.recipe.adapter)
        _phase(session, tuner, data, books, engine, phase, number)
    if tuner is None:
        return False
    fresh = target.with_name("adapter.new")
    shutil.rmtree(fresh, ignore_errors=True)
    tuner.save(fresh)
    fresh.rename(target)
    return True


def _phase(
    session: TuningSession,
    tuner: Tuner,
    data: TuningData,
    books: Sequence[Book],
    engine: Engine,
    phase: Training,
    number: int,
) -> None:
    def report(step: int, metrics: dict[str, float]) -> None:
        if step % 5 == 0 or step == 1:
            session.tell(f"{phase.method} {number + 1}", step=step, **metrics)

    out = session.folder / f"phase-{number + 1}"
    if phase.method is Method.GRPO:
        with Environment(environment_tasks(books)) as whole, whole.checked() as environment:
            draw = Drawing(engine, environment, phase)
            reinforce(
                tuner, draw, len(environment.tasks), phase, out, report=report, deadline=session.deadline
            )
    else:
        tune(
            tuner,
            data,
            phase,
            out,
            report=report,
            memory_mb=session.recipe.memory_mb,
            deadline=session.deadline,
        )


def _missing(data: TuningData, books: Sequence[Book], phase: Training) -> str:
    """What a phase lacks; "" where it can begin."""
    good = sum(judgement.is_good for judgement in data.judgements)
    match phase.method:
        case Method.SUPERVISED:
            return "" if data.supervised else "nothing accepted, no workbook"
        case Method.DPO:
            return "" if data.pairs else "no accepted answer beside a refused one"
        case Method.KTO:
            return "" if 0 < good < len(data.judgements) else "decisions of one kind only"
        case Method.GRPO:
            return "" if books else "no workbook to run answers in"


def environment_tasks(books: Sequence[Book], most: int = _ENVIRONMENT_TASKS) -> list[Task]:
    """Regions of an organisation's workbooks to fill, a few of each."""
    order = list(books)
    Random("environment").shuffle(order)
    found: list[Task] = []
    for book, snapshot in snapshots(order):
        found += region_tasks(snapshot, Random(f"environment/{book.name}"), 2)
        if len(found) >= most:
            break
    return found[:most]


def _ranker(
    session: TuningSession,
    language: LanguageProposer,
    retrieval: Retrieval,
    books: Sequence[Book],
    found: Sequence[Decision],
) -> Ranker:
    path = session.version / "ranker.json"
    if path.is_file():
        return read_stored_ranker(path)
    recipe = session.recipe
    untaught = build.untaught(language, retrieval)
    asked = build.lessons(
        untaught,
        books,
        recipe.name,
        recipe.ranker_tasks,
        watch=lambda count: session.tell("ranker", tasks=count) if count % 50 == 0 else None,
        ends=session.deadline,
    )
    told = [one for one in asked.ranking if one.lesson.features]
    facts: dict[str, str | int] = {"recipe": recipe.name, "run": session.run.id, "tasks": len(told)}
    wanted = sum(one.lesson.wanted is not None for one in told)
    ranker = Ranker(
        build.with_prior(shipped_ranker().cut),
        build.with_prior(shipped_ranker().experts),
        build.with_prior(shipped_ranker().model),
        facts,
    )
    if len(told) >= LEAST_TASKS and wanted:
        replayed = build.general_lessons(untaught, round(len(told) * build.REPLAYED))
        ranker = build.ranker_of(asked.joined(replayed), language, facts)
    # Decisions move it further, each by a bounded step: they are few, and not all of them are meant.
    online = OnlineRanker()
    for decision in found:
        online.learn(ranker.model if decision.with_model else ranker.experts, lesson_of(decision))
    ranker = Ranker(ranker.cut, online.weights(ranker.experts), online.weights(ranker.model), facts)
    fresh = path.with_name("ranker.new")
    write_ranker(ranker, fresh)
    fresh.rename(path)
    session.tell("ranker", tasks=len(told), wanted_offered=wanted, decisions=online.lessons)
    return ranker


def serving(place: Workplace, engine: Engine, name: str | None) -> Assistant:
    """A version as it serves, or what everybody has."""
    language = LanguageProposer(engine, engine.name)
    if name is None:
        return Assistant.shipped(language)
    version, path = place.registry.version(name), place.registry.path(name)
    if version.base:
        if version.base != engine.name:
            raise UsageError(
                f"expected an adapter of the model {engine.name}, got one of {version.base} ({name})"
            )
        engine.load_adapter(name, path / "adapter")
        language = LanguageProposer(engine.adapted(name), engine.name, adapter=name)
    ranker = read_stored_ranker(path / "ranker.json")
    return Assistant(ranker.cut, ranker.model, Retrieval(read_library(path / "library.zst")), language)


def judge(place: Workplace, name: str, tasks: int) -> GateReport:
    """The gate's word on a version against what serves now; noted in the store and on the version."""
    version = place.registry.version(name)
    current = place.registry.state().current
    if name == current:
        raise UsageError(f"expected a version that does not serve, got {name!r}")
    judging = [d for d in decisions(place.store, place.workspace) if d.is_held_back]
    with Engine.open(place.model) as engine:
        report = examine(
            (name, serving(place, engine, name)),
            (current or SHIPPED_VERSION, serving(place, engine, current)),
            books=[book for book in place.books() if book.is_held_back],
            held_back=[lesson_of(decision) for decision in judging],
            preferences=examples(judging).pairs,
            tasks=tasks,
        )
    place.store.runs.add_report(
        version.run_id or None, name, report.incumbent, report.decided, report.to_json()
    )
    place.registry.decide(name, report.decided)
    return report


def check_checkpoint(checkpoint: Path, model: Path) -> None:
    """Raises UsageError where the checkpoint's shape is not that of the model that serves."""
    try:
        told = json.loads((checkpoint / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(f"expected a checkpoint with a config.json, got {checkpoint}: {error}") from error
    with Engine.open(model) as engine:
        decoder = engine.decoder
        assert isinstance(decoder, Decoder)
        served = decoder.config
        got = (told.get("hidden_size"), told.get("num_hidden_layers"), told.get("vocab_size"))
        wanted = (served.hidden_size, served.layers, decoder.vocab_size)
    if got != wanted:
        raise UsageError(
            f"expected the served model's checkpoint (size, layers, vocabulary {wanted}), got {got}"
        )


def promoted(place: Workplace, report: GateReport, user: str, share: float = 1.0) -> None:
    """Put a version that passed its gate into service, and note who did."""
    place.registry.promote(report.candidate, share)
    action = "promote" if share == 1.0 else "canary"
    place.store.runs.add_promotion(user, action, report.candidate, share, f"gate: {report.decided}")
