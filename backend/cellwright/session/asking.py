"""A request in words, in a worker thread: events out as they come, the outcome recorded and told.

The plan travels as one suggestion over all edits, so that accepting, undoing and outcomes are those of any
suggestion; its steps say which edits belong together. An answer is a suggestion without edits.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Generator, Sequence
from contextlib import AbstractContextManager, closing
from dataclasses import replace

from cellwright.ask.ask import ask
from cellwright.ask.model import Answer, Clarification, Event, Plan, Progress, Step, StepChecked, Turn
from cellwright.ask.planner.asking import ask_planner
from cellwright.calc.calculator import Calculator
from cellwright.edits.footprint import affected_cells
from cellwright.edits.model import SetFormulas
from cellwright.edits.text import edit_to_text
from cellwright.feedback.model import new_id
from cellwright.protocol import answers as a
from cellwright.protocol import requests as r
from cellwright.protocol.base import ServerMessage
from cellwright.reference import Range, SheetCell, SheetRange
from cellwright.session.book import Book
from cellwright.session.number_text import value_text
from cellwright.session.service import Service
from cellwright.session.wire import preview_of, wire_suggestion, wire_verdict
from cellwright.suggest.model import Suggestion, Suggestions
from cellwright.verify.model import Candidate, CellChange, Kind, Status, Verdict
from cellwright.workbook.model import Snapshot

_MOST_CHARACTERS = 300
_WORST_FIRST = (Status.REFUSED, Status.INVALID, Status.MAKES_ERRORS, Status.UNVERIFIED, Status.VERIFIED)


def asked(
    service: Service,
    book: Book,
    message: r.Ask,
    place: SheetRange | None,
    tell: Callable[[ServerMessage], bool],
) -> list[str]:
    """Work on a request; the ids of what is offered. `tell` says False once nobody waits for it any more."""
    history = [
        Turn(turn.request, None if turn.place is None else SheetRange.parse(turn.place), turn.summary)
        for turn in message.history
    ]
    with service.calculators.hold(book.id, book.state.snapshot) as calculator:
        snapshot = service.settled(book, calculator)
    written = 0
    with closing(_events(service, book, snapshot, message.text, place, history)) as events:
        for event in events:
            match event:
                case Progress():
                    goes_on = tell(_progress(service, event, message.id))
                case StepChecked(number, step):
                    told = _step(step, number, written, snapshot)
                    written += len(step.edits)
                    goes_on = tell(a.PlanStep(request_id=message.id, step=told))
                case Plan():
                    return [_plan(service, book, message, event, tell)]
                case Answer():
                    return [_answer(service, book, message, event, place, snapshot, tell)]
                case Clarification():
                    choices = [a.Choice(label=c.label, request=c.request) for c in event.choices]
                    tell(a.AskedBack(request_id=message.id, text=event.text, choices=choices))
                    return []
            if not goes_on:
                break
    return []


def _events(
    service: Service,
    book: Book,
    snapshot: Snapshot,
    text: str,
    place: SheetRange | None,
    history: Sequence[Turn],
) -> Generator[Event, None, None]:
    """What asking gives; a planner is waited for without the calculator, which others need meanwhile."""

    def lend() -> AbstractContextManager[Calculator]:
        return service.lent(book, snapshot)

    if service.planner is not None:
        yield from ask_planner(service.planner, snapshot, text, lend=lend, place=place, history=history)
        return
    with lend() as calculator:
        yield from ask(snapshot, text, place=place, calculator=calculator, history=history)


def _progress(service: Service, event: Progress, request_id: str) -> a.Progress:
    warning = event.text[:_MOST_CHARACTERS] if event.is_warning else ""
    is_asking = service.planner is not None and not warning
    return a.Progress(request_id=request_id, phase="model" if is_asking else "search", warning=warning)


def _plan(
    service: Service, book: Book, message: r.Ask, plan: Plan, tell: Callable[[ServerMessage], bool]
) -> str:
    titles = "; ".join(step.title for step in plan.steps)
    proposer = "planner" if any(step.shape == "planner" for step in plan.steps) else "ask"
    candidate = Candidate(
        Kind.EDIT, plan.edits, proposer, titles[:_MOST_CHARACTERS], _cited([s.citations for s in plan.steps])
    )
    target = _target(plan)
    suggestion = _recorded(
        service, book, candidate, verdict_of(plan), target, plan.confidence, plan.before.revision, message
    )
    steps: list[a.WireStep] = []
    for number, step in enumerate(plan.steps, start=1):
        steps.append(_step(step, number, sum(len(s.edits) for s in plan.steps[: number - 1]), plan.before))
    formulas = [edit for edit in plan.edits if isinstance(edit, SetFormulas)]
    stands = SheetRange(formulas[-1].sheet, formulas[-1].range).a1 if formulas else None
    tell(
        a.AskedPlan(
            request_id=message.id,
            workbook_id=book.id,
            suggestion=wire_suggestion(suggestion, plan.before),
            steps=steps,
            left_out=list(plan.left_out),
            turn=r.Turn(request=message.text, place=stands, summary=titles[:_MOST_CHARACTERS]),
        )
    )
    return suggestion.id


def _answer(
    service: Service,
    book: Book,
    message: r.Ask,
    answer: Answer,
    place: SheetRange | None,
    snapshot: Snapshot,
    tell: Callable[[ServerMessage], bool],
) -> str:
    candidate = Candidate(Kind.ANSWER, (), "ask", answer.text[:_MOST_CHARACTERS], answer.citations)
    first = SheetRange(snapshot.sheet_names[0], Range(0, 0, 0, 0))
    target = place or next(iter(answer.citations), first)
    verdict = Verdict(Status.VERIFIED if answer.is_found else Status.UNVERIFIED)
    suggestion = _recorded(
        service, book, candidate, verdict, target, answer.confidence, snapshot.revision, message
    )
    cited = [place.a1 for place in answer.citations]
    tell(
        a.Answer(
            request_id=message.id,
            workbook_id=book.id,
            suggestion_id=suggestion.id,
            text=answer.text,
            formula=answer.formula,
            value=_shown(answer.value),
            citations=cited,
            confidence=round(answer.confidence, 4),
            turn=r.Turn(
                request=message.text, place=next(iter(cited), None), summary=answer.text[:_MOST_CHARACTERS]
            ),
        )
    )
    return suggestion.id


def _shown(value: str) -> str:
    """A number without more digits than a cell shows; other text as it is."""
    try:
        number = float(value)
    except ValueError:
        return value
    return value_text(number) if math.isfinite(number) else value


def verdict_of(plan: Plan) -> Verdict:
    """Of all steps together: the worst status, every cell from before the plan to after it."""
    statuses = {step.verdict.status for step in plan.steps}
    worst = next(status for status in _WORST_FIRST if status in statuses)
    why = next((step.verdict.why for step in plan.steps if step.verdict.status is worst), "")
    changes: dict[SheetCell, CellChange] = {}
    for step in plan.steps:
        for change in step.verdict.changes:
            first = changes.get(change.cell)
            if first is not None:
                change = replace(change, before=first.before, formula_before=first.formula_before)
            changes[change.cell] = change
    verdicts = [step.verdict for step in plan.steps]
    return Verdict(
        worst,
        changes=tuple(changes.values()),
        new_errors=tuple(dict.fromkeys(cell for v in verdicts for cell in v.new_errors)),
        unverified_cells=tuple(dict.fromkeys(cell for v in verdicts for cell in v.unverified_cells)),
        risks=tuple(dict.fromkeys(risk for v in verdicts for risk in v.risks)),
        why=why,
    )


def _step(step: Step, number: int, first_edit: int, snapshot: Snapshot) -> a.WireStep:
    return a.WireStep(
        number=number,
        title=step.title,
        edits=list(range(first_edit, first_edit + len(step.edits))),
        edit_lines=[edit_to_text(edit)[:_MOST_CHARACTERS] for edit in step.edits],
        preview=preview_of(step.verdict, step.edits, snapshot),
        citations=[place.a1 for place in step.citations],
        verdict=wire_verdict(step.verdict),
        destroys=step.destroys,
        is_ticked=step.is_ticked,
    )


def _recorded(
    service: Service,
    book: Book,
    candidate: Candidate,
    verdict: Verdict,
    target: SheetRange,
    confidence: float,
    revision: int,
    message: r.Ask,
) -> Suggestion:
    """The suggestion, written to the store before it is told."""
    suggestion = Suggestion(new_id(), target, candidate, verdict, confidence, 1, revision)
    context = hashlib.sha256(f"ask|{message.text}".encode()).hexdigest()
    service.record(Suggestions(target, (suggestion,), context, {}), book)
    return suggestion


def _target(plan: Plan) -> SheetRange:
    """Where the plan writes first, on a sheet that the workbook has."""
    for edit in plan.edits:
        for place in affected_cells(edit):
            if plan.before.has_sheet(place.sheet):
                return place
    return SheetRange(plan.before.sheet_names[0], Range(0, 0, 0, 0))


def _cited(places: Sequence[tuple[SheetRange, ...]]) -> tuple[SheetRange, ...]:
    return tuple(dict.fromkeys(place for step in places for place in step))
