"""Asking a larger model: its lines tried on the workbook, mended once, or the request read without it.

The model's answer is text like any other that comes from outside. Each line runs on the workbook as those
before leave it; lines that do not fit, reach out or make errors are told to the model once. What then is
still wrong is left out, or offered unticked. Where nothing can be used (no server, no answer in time, no
lines), the built-in reading of `ask.ask` answers instead, and the person is told. The calculator is lent for
the trying alone, so that nobody waits for it while the model thinks.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import AbstractContextManager

from cellwright.ask.ask import ask
from cellwright.ask.model import Event, Plan, Progress, StepChecked, Turn
from cellwright.ask.planner.lines import read_lines
from cellwright.ask.planner.messages import messages_for, repair_message
from cellwright.ask.planner.model import ContextFull, Message, Planner
from cellwright.ask.planner.trying import Tried, try_written
from cellwright.calc.calculator import Calculator
from cellwright.errors import CellwrightError, PlannerError
from cellwright.reference import SheetRange
from cellwright.workbook.model import Snapshot

_HEARTBEAT_S = 0.5
_MOST_REPEATED = 8_000
_SHARES = (1.0, 0.5, 0.2, 0.05)
"""Of the characters that a workbook may take, tried in turn where a context is full."""

Lender = Callable[[], AbstractContextManager[Calculator]]
"""Lends a calculator for the workbook."""


def ask_planner(
    planner: Planner,
    snapshot: Snapshot,
    text: str,
    *,
    lend: Lender,
    place: SheetRange | None = None,
    history: Sequence[Turn] = (),
    context: str = "",
) -> Iterator[Event]:
    """Like `ask.ask.ask`, by a planner. Closing the iterator takes the model's work back."""
    yield Progress(f"Asking {planner.name}")
    try:
        tried = yield from _mended(planner, snapshot, text, lend, place, history, context)
    except PlannerError as error:
        yield Progress(f"{planner.name}: {error}. Reading the request without it", is_warning=True)
        with lend() as calculator:
            yield from ask(
                snapshot, text, place=place, calculator=calculator, history=history, context=context
            )
        return
    outcome = tried.outcome
    assert outcome is not None  # _mended raises where there is none
    if isinstance(outcome, Plan):
        for number, step in enumerate(outcome.steps, 1):
            yield StepChecked(number, step)
    yield outcome


def _mended(
    planner: Planner,
    snapshot: Snapshot,
    text: str,
    lend: Lender,
    place: SheetRange | None,
    history: Sequence[Turn],
    context: str,
) -> Generator[Event, None, Tried]:
    """The better of the first answer and the one after its faults were told."""
    messages: list[Message] = []
    for share in _SHARES:
        room = int(planner.most_characters * share)
        messages = messages_for(snapshot, text, place, history, context, room)
        try:
            answer = yield from _waited(planner, messages, snapshot)
            break
        except ContextFull:
            if share == _SHARES[-1]:
                raise
    first = _tried(answer, text, snapshot, place, lend)
    if not first.problems:
        return first
    yield Progress("Trying again where it went wrong")
    told = [*messages, Message("assistant", answer[:_MOST_REPEATED]), repair_message(first.problems)]
    try:
        second = _tried((yield from _waited(planner, told, snapshot)), text, snapshot, place, lend)
    except PlannerError:
        second = Tried(None)
    better = second if second.outcome and len(second.problems) <= len(first.problems) else first
    if better.outcome is None:
        line, why = first.problems[0]
        raise PlannerError(f"nothing of its answer fits the workbook ({line[:60]}: {why})")
    return better


def _tried(answer: str, text: str, snapshot: Snapshot, place: SheetRange | None, lend: Lender) -> Tried:
    written = read_lines(answer, snapshot.sheet_names[0] if place is None else place.sheet)
    with lend() as calculator:
        try:
            return try_written(written, text, snapshot, place, calculator)
        finally:
            if calculator.snapshot is not snapshot:
                calculator.load(snapshot)


def _waited(planner: Planner, messages: list[Message], snapshot: Snapshot) -> Generator[Event, None, str]:
    """The answer, with a sign of life twice a second; who stops listening stops the model."""
    stop, answer, failure = threading.Event(), list[str](), list[BaseException]()

    def work() -> None:
        try:
            answer.append(planner.complete(messages, snapshot, stop))
        except BaseException as error:  # handed on to who waits
            failure.append(error)

    thread = threading.Thread(target=work, name="cellwright-planner", daemon=True)
    thread.start()
    try:
        while True:
            thread.join(_HEARTBEAT_S)
            if not thread.is_alive():
                break
            yield Progress(f"{planner.name} is at work")
    finally:
        stop.set()
    if failure:
        error = failure[0]
        if isinstance(error, PlannerError) or not isinstance(error, CellwrightError):
            raise error
        raise PlannerError(str(error)) from error
    return answer[0]
