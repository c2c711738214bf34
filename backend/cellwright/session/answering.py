"""What each kind of request does, from its message to its last answer.

Each handler works on an open `Request` and ends it with `request.finish`; an exception ends it as an error. A
suggestion comes in two rounds: the experts' answer at once, the language model's opinion after it where the
model has time. Under load the second round is left out before any request is refused.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from cellwright.errors import OutOfOrder, ServerBusy, UnknownSuggestion, UsageError
from cellwright.protocol import answers as a
from cellwright.protocol import requests as r
from cellwright.protocol.base import ClientMessage, ServerMessage
from cellwright.session import asking, insights, planning, suggesting
from cellwright.session.failures import log_failure
from cellwright.session.service import target_of

if TYPE_CHECKING:
    from cellwright.session.pane import Request

log = logging.getLogger(__name__)

Handler = Callable[["Request"], Awaitable[None]]


def handler_of(message: ClientMessage) -> Handler:
    """The work that a request message asks for; raises OutOfOrder for a message that is no request."""
    match message:
        case r.Suggest():
            return lambda request: _suggest(request, message)
        case r.Complete():
            return lambda request: _complete(request, message)
        case r.Repair():
            return lambda request: _repair(request, message)
        case r.Write():
            return lambda request: _write(request, message)
        case r.Explain():
            return lambda request: _explain(request, message)
        case r.Audit():
            return lambda request: _audit(request, message)
        case r.Ask():
            return lambda request: _ask(request, message)
        case r.Accept():
            return lambda request: _accept(request, message)
        case r.Undo():
            return lambda request: _undo(request, message)
        case r.History():
            return lambda request: _history(request, message)
    raise OutOfOrder(f"expected a request, got {type(message).__name__}")


async def _suggest(request: Request, message: r.Suggest) -> None:
    await _two_rounds(
        request, message.workbook_id, message.target, message.typed, message.n, message.include_unlikely
    )


async def _complete(request: Request, message: r.Complete) -> None:
    typed = message.typed if message.typed.startswith("=") else f"={message.typed}"
    await _two_rounds(request, message.workbook_id, message.at, typed, message.n, False)


async def _two_rounds(
    request: Request, workbook_id: str, place: str, typed: str, n: int, include_unlikely: bool
) -> None:
    service, book = request.service, request.open_book(workbook_id)
    target = target_of(book, place)
    language = service.language if service.preferences.current.use_model else None
    done = await service.requests.run(
        lambda: suggesting.suggestions_for(
            service,
            book,
            target,
            n=n,
            typed=typed,
            include_unlikely=include_unlikely,
            is_last=language is None,
        )
    )
    request.queue_ms = done.queue_ms
    first = last = done.answer
    request.show(first)
    if language is not None and not service.requests.is_crowded:
        if not first.shown:
            request.send(a.Progress(request_id=request.id, phase="model"))
        try:
            again = await service.model.run(
                lambda: suggesting.suggestions_for(
                    service,
                    book,
                    target,
                    n=n,
                    typed=typed,
                    include_unlikely=include_unlikely,
                    model=language,
                    earlier=first.shown,
                )
            )
        except ServerBusy:
            log.debug("the language model has no time for a request")
        except Exception as error:
            if not first.shown:
                raise
            log_failure(error)  # what the person reads already still stands
        else:
            request.queue_ms += again.queue_ms
            last = again.answer
            request.show(last, known=first.shown)
    request.finish([suggestion.id for suggestion in last.shown], last.timings)


async def _repair(request: Request, message: r.Repair) -> None:
    service, book = request.service, request.open_book(message.workbook_id)
    target = target_of(book, message.at, most_cells=1)
    broken = message.formula or book.state.snapshot.sheet(target.sheet).formula(target.range.first)
    if not broken:
        raise UsageError(f"expected a formula in {target.a1}, got none")
    language = service.language if service.preferences.current.use_model else None
    if language is not None:
        try:
            done = await service.model.run(
                lambda: suggesting.repairs_for(service, book, target, broken, n=message.n, model=language)
            )
        except ServerBusy:
            language = None
    if language is None:
        done = await service.requests.run(
            lambda: suggesting.repairs_for(service, book, target, broken, n=message.n)
        )
    request.queue_ms = done.queue_ms
    request.show(done.answer)
    request.finish([suggestion.id for suggestion in done.answer.shown], done.answer.timings)


async def _write(request: Request, message: r.Write) -> None:
    service, book = request.service, request.open_book(message.workbook_id)
    target = target_of(book, message.at, most_cells=1)
    done = await service.requests.run(
        lambda: suggesting.answer_written(service, book, target, message.formula)
    )
    request.queue_ms = done.queue_ms
    request.show(done.answer)
    request.finish([suggestion.id for suggestion in done.answer.shown], done.answer.timings)


async def _ask(request: Request, message: r.Ask) -> None:
    service, book = request.service, request.open_book(message.workbook_id)
    place = None if message.place is None else target_of(book, message.place)
    loop = asyncio.get_running_loop()

    def tell(answer: ServerMessage) -> bool:
        """From the worker's thread, in order."""
        loop.call_soon_threadsafe(request.send, answer)
        return request.is_open

    request.send(a.Progress(request_id=request.id, phase="context"))
    done = await service.asking.run(lambda: asking.asked(service, book, message, place, tell))
    request.queue_ms = done.queue_ms
    request.pane.shown.update(dict.fromkeys(done.answer, request.id))
    request.finish(done.answer)


async def _explain(request: Request, message: r.Explain) -> None:
    service, book = request.service, request.open_book(message.workbook_id)
    target = target_of(book, message.at, most_cells=1)
    done = await service.requests.run(lambda: insights.explained(service, book, target, request.id))
    request.queue_ms = done.queue_ms
    request.send(done.answer)
    request.finish()


async def _audit(request: Request, message: r.Audit) -> None:
    service, book = request.service, request.open_book(message.workbook_id)
    request.send(a.Progress(request_id=request.id, phase="audit"))
    done = await service.requests.run(lambda: insights.audited(service, book, request.id))
    request.queue_ms = done.queue_ms
    findings, ids = done.answer
    for finding in findings:
        request.send(finding)
    request.pane.shown.update(dict.fromkeys(ids, request.id))
    request.finish(ids)


async def _accept(request: Request, message: r.Accept) -> None:
    service = request.service
    shown = service.shown(message.suggestion_id)
    if shown is None:
        raise UnknownSuggestion("expected a suggestion that this server made, got another")
    book = request.open_book(shown.book_id)
    done = await service.changes.run(lambda: planning.plan_accept(service, book, shown, message))
    book.remember_plan(done.answer.prepared)
    request.send(done.answer.message)
    request.finish()


async def _undo(request: Request, message: r.Undo) -> None:
    service, book = request.service, request.open_book(message.workbook_id)
    wanted = message.suggestion_id or next(reversed(book.applied), None)
    applied = None if wanted is None else book.applied.get(wanted)
    if applied is None:
        raise UnknownSuggestion("expected an accepted suggestion to take back, got none")
    done = await service.changes.run(lambda: planning.plan_undo(service, book, applied, request.id))
    book.remember_plan(done.answer.prepared)
    request.send(done.answer.message)
    request.finish()


async def _history(request: Request, message: r.History) -> None:
    service = request.service
    undoable = {key for book in service.books.values() for key in book.applied}
    done = await service.outcomes.run(lambda: service.store.recent(message.limit))
    request.send(insights.history(done.answer, undoable, request.id))
    request.finish()
