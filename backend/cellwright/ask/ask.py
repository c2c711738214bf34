"""Asking on one page: words in, a checked plan, an answer or one question back; events on the way.

A request is cut into tasks. Each is read by every intent; the best reading drafts steps, and each step runs
on the workbook as the steps before it leave it. What no intent reads is left out and said so. Questions go to
`ask.questions`. Only the person's own words are read as a request: cells, names and comments never are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from cellwright.ask.answering import answered
from cellwright.ask.asking_back import is_phrase, is_question, open_column
from cellwright.ask.checking import Checked, check_draft
from cellwright.ask.figures.answering import answered_figure
from cellwright.ask.following import followed
from cellwright.ask.intents import INTENTS
from cellwright.ask.intents.reading import NothingToDo, Reading
from cellwright.ask.model import (
    Answer,
    Choice,
    Clarification,
    Event,
    Plan,
    Progress,
    Step,
    StepChecked,
    Turn,
)
from cellwright.ask.scene import Scene
from cellwright.ask.tasks import tasks_of
from cellwright.ask.tongues import in_english
from cellwright.calc.calculator import Calculator
from cellwright.edits.invert import restoring
from cellwright.errors import CellwrightError
from cellwright.reference import SheetRange
from cellwright.workbook.model import Snapshot

_REFERS_BACK = re.compile(r"\b(?:it|its|them|that|those|these|this|the results?|the same|instead)\b", re.I)


def ask(
    snapshot: Snapshot,
    text: str,
    *,
    place: SheetRange | None = None,
    calculator: Calculator | None = None,
    history: Sequence[Turn] = (),
    context: str = "",
) -> Iterator[Event]:
    """The events of one request, ending in a Plan, an Answer or a Clarification.

    `place` is the selection, `context` what the person said about the workbook beforehand. `calculator` holds
    `snapshot`, and holds it again at the end; without one a worker is started. Raises nothing of a request's
    own.
    """
    yield Progress("Reading the request")
    if calculator is not None:
        try:
            yield from _ask(snapshot, text, place, calculator, history, context)
        finally:
            if calculator.snapshot is not snapshot:
                calculator.load(snapshot)
        return
    with Calculator(snapshot) as own:
        yield from _ask(snapshot, text, place, own, history, context)


def _ask(
    snapshot: Snapshot,
    text: str,
    place: SheetRange | None,
    calculator: Calculator,
    history: Sequence[Turn],
    context: str,
) -> Iterator[Event]:
    follows = history[-1].place if history and _REFERS_BACK.search(text) else None
    if follows is not None and not snapshot.has_sheet(follows.sheet):
        follows = None
    scene = Scene(snapshot, calculator, f"{context}\n{text}".strip(), place or follows)
    scene.area = follows
    request, text = text, followed(in_english(text, scene.column_names()), history, scene)
    scene.request = f"{context}\n{text}".strip()
    if is_question(text):
        yield Progress("Looking the answer up")
        yield _as_asked(answered(text, scene), request)
        return
    figure = answered_figure(text, scene) if is_phrase(text) else None
    if figure is not None:
        yield _as_asked(figure, request)
        return
    steps: list[Step] = []
    left_out: list[str] = []
    idle: list[str] = []
    confidence = 1.0
    doubt = open_column(text, scene)
    if doubt is not None:
        yield doubt
        return
    for task in tasks_of(text):
        scene.turn_to(task)
        readings = _readings(task, scene)
        if not readings:
            left_out.append(task)
            continue
        checked: list[Checked] | None = None
        for reading in readings:
            try:
                checked = _try(reading, scene)
            except NothingToDo as nothing:
                idle.append(str(nothing))
                break
            if checked is not None:
                confidence = min(confidence, reading.score)
                break
        if not checked:
            left_out.append(task)
            continue
        for one in checked:
            steps.append(one.step)
            yield StepChecked(len(steps), one.step)
        before = scene.snapshot
        scene.move_on(checked[-1].after)
        scene.remember(before, [one.step for one in checked])
    if not steps:
        yield Clarification(text, idle[0]) if idle else _not_understood(text, scene)
        return
    undo = restoring(scene.snapshot, snapshot)
    yield Plan(request, tuple(steps), snapshot, scene.snapshot, undo, tuple(left_out), confidence)


def _as_asked(found: Answer | Clarification, request: str) -> Answer | Clarification:
    """An answer to the words of the person."""
    return replace(found, question=request) if isinstance(found, Answer) else found


def _readings(task: str, scene: Scene) -> list[Reading]:
    found = [reading for read in INTENTS if (reading := read(task, scene)) is not None]
    return sorted(found, key=lambda reading: -reading.score)


def _try(reading: Reading, scene: Scene) -> list[Checked] | None:
    """The steps of a reading, each checked on what the one before left; None where it comes to nothing."""
    checked: list[Checked] = []
    before = scene.snapshot
    try:
        drafts = reading.make()
    except NothingToDo:
        raise
    except CellwrightError:
        return None
    for draft in drafts:
        one = check_draft(draft, before, scene.calculator)
        if one is None:
            return None
        checked.append(one)
        before = one.after
    return checked or None


def _not_understood(text: str, scene: Scene) -> Clarification:
    frame = scene.frame
    columns = ", ".join(column.name for column in frame.columns[:8]) if frame is not None else ""
    hint = f" The table on {scene.sheet} has the columns {columns}." if columns else ""
    examples: tuple[Choice, ...] = ()
    if frame is not None and frame.columns:
        last = frame.columns[-1].name
        examples = (
            Choice(f"Total of {last}", f'Sum the {last} column in a new row titled "Total"'),
            Choice(f"Sort by {last}", f"Sort by {last} in descending order"),
        )
    return Clarification(text, f"I could not tell what to do.{hint} What should happen?", examples)
