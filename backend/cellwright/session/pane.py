"""One line to one pane: takes its messages one by one, answers them, and lets newer requests supersede older.

The transport is not here: `receive` is called with each message, `send` was given. Every request ends with
exactly one `result` or `error`; what a request that has ended still finds is dropped. Work is done in the
service's threads; here is only the order of things.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from cellwright.errors import OutOfOrder, ServerBusy, UnknownWorkbook, UsageError
from cellwright.feedback.model import Outcome, OutcomeKind, new_id
from cellwright.protocol import answers as a
from cellwright.protocol import handshake as h
from cellwright.protocol import requests as r
from cellwright.protocol import workbooks as w
from cellwright.protocol.base import ClientMessage, ServerMessage
from cellwright.reference import quote_sheet
from cellwright.session import planning, syncing
from cellwright.session.answering import handler_of
from cellwright.session.book import Book
from cellwright.session.failures import error_of
from cellwright.session.service import Service
from cellwright.session.suggesting import Found
from cellwright.session.wire import wire_suggestion
from cellwright.suggest.model import Suggestion

Lane = Literal["suggest", "complete", "other"]
Status = Literal["complete", "cancelled", "superseded"]
_BUSY_RETRY_MS = 200


@dataclass(eq=False)
class Request:
    """A request that has not ended; once it has, its `send`, `show` and `finish` do nothing."""

    pane: Pane
    id: str
    kind: str
    lane: Lane
    sent_ms: float | None = None
    begun: float = field(default_factory=time.perf_counter)
    book: Book | None = None
    task: asyncio.Task[None] | None = None
    queue_ms: float = 0.0
    has_answered: bool = False

    @property
    def service(self) -> Service:
        """The server's."""
        return self.pane.service

    @property
    def is_open(self) -> bool:
        """It has not ended."""
        return self.pane.requests.get(self.id) is self

    def open_book(self, workbook_id: str) -> Book:
        """The workbook that it is about; raises UnknownWorkbook."""
        self.book = self.pane.book(workbook_id)
        return self.book

    def send(self, message: ServerMessage) -> None:
        """Answer."""
        if self.is_open:
            self.pane.send(message)

    def show(self, found: Found, known: Sequence[Suggestion] = ()) -> None:
        """Send suggestions; those `known` to the pane are sent again only where they differ."""
        if not self.is_open:
            return
        metrics = self.service.metrics
        if found.shown and not self.has_answered:
            self.has_answered = True
            metrics.first.observe(time.perf_counter() - self.begun)
        timings = self._timed(found.timings)
        for part in ("queue_ms", "context_ms", "model_ms", "verify_ms", "rank_ms"):
            metrics.parts.observe(getattr(timings, part) / 1000, part=part.removesuffix("_ms"))
        if self.lane == "suggest":
            self.pane.shown.clear()
        self.pane.shown.update({suggestion.id: self.id for suggestion in found.shown})
        same = {_as_seen(suggestion) for suggestion in known}
        for suggestion in found.shown:
            if _as_seen(suggestion) not in same:
                metrics.shown.add(verdict=suggestion.verdict.status.value)
                self.pane.send(
                    a.CandidateFound(
                        request_id=self.id,
                        workbook_id=None if self.book is None else self.book.id,
                        suggestion=wire_suggestion(suggestion, found.snapshot),
                        timings=timings,
                    )
                )

    def finish(self, order: Sequence[str] = (), timings: a.Timings | None = None) -> None:
        """End it: all is answered."""
        if self.is_open:
            self.end("complete", order, timings)

    def end(self, status: Status, order: Sequence[str] = (), timings: a.Timings | None = None) -> None:
        """End it in this way; its thread's work, if it has begun, comes to nothing."""
        del self.pane.requests[self.id]
        if status != "complete" and self.task is not None:
            self.task.cancel()
        self.pane.send(
            a.Result(
                request_id=self.id,
                status=status,
                workbook_id=None if self.book is None else self.book.id,
                revision=0 if self.book is None else self.book.revision,
                order=list(order),
                timings=self._timed(timings or a.Timings()),
                sent_ms=self.sent_ms,
            )
        )
        self._measure(status)

    async def work(self, handler: Callable[[Request], Awaitable[None]]) -> None:
        """Run its handler; a failure is its end."""
        try:
            await handler(self)
        except Exception as error:
            if self.is_open:
                del self.pane.requests[self.id]
                self.pane.send(error_of(error, self.id, self.book))
                self._measure("error")

    def _timed(self, timings: a.Timings) -> a.Timings:
        total = (time.perf_counter() - self.begun) * 1000
        return timings.model_copy(update={"queue_ms": round(self.queue_ms, 2), "total_ms": round(total, 2)})

    def _measure(self, status: str) -> None:
        took = time.perf_counter() - self.begun
        self.service.metrics.requests.observe(took, kind=self.kind, status=status)


class Pane:
    """See the module; lives on the event loop."""

    def __init__(
        self,
        service: Service,
        hello: h.Hello,
        role: h.Role,
        send: Callable[[ServerMessage], None],
        user: str = "",
    ) -> None:
        """`user`: in whose name outcomes are kept; the pane's id where the person is not known."""
        self.service = service
        self.pane_id = hello.pane_id
        self.user = user or hello.pane_id
        self.role: h.Role = role
        self.session_id = new_id()
        self.requests: dict[str, Request] = {}
        self.shown: dict[str, str] = {}
        """Ids of the suggestions that the pane still shows -> the request they belong to."""
        self._send = send
        self._incoming: dict[str, syncing.Incoming] = {}
        self._books: dict[str, Book] = {}

    def welcome(self, hello: h.Hello, version: str) -> None:
        """Answer `hello`; the session of a dropped line goes on."""
        resume = hello.resume
        is_resumed = resume is not None and self.service.resumed(resume.session_id, self.pane_id)
        if resume is not None and is_resumed:
            self.session_id = resume.session_id
        held = [self.service.book(book_id) for book_id in (resume.workbooks if resume else ())]
        language = self.service.language
        self.service.panes.add(self)
        self.send(
            h.Welcome(
                protocol=hello.protocol,
                server_version=version,
                session_id=self.session_id,
                role=self.role,
                is_resumed=is_resumed,
                workbooks=[
                    h.KnownWorkbook(workbook_id=book.id, revision=book.revision)
                    for book in held
                    if book is not None
                ],
                model=None if language is None else h.ModelInfo(name="model", hash=language.label),
                limits=self.service.limits,
                settings=self.service.preferences.current,
                is_local=self.service.is_local,
            )
        )

    def close(self) -> None:
        """The line is gone: what was under way is given up, the session may be resumed."""
        for request in self.requests.values():
            if request.task is not None:
                request.task.cancel()
        self.requests.clear()
        for book in self._books.values():
            self.service.leave(self, book)
        self.service.panes.discard(self)
        self.service.remember(self)

    def send(self, message: ServerMessage) -> None:
        """Hand a message to the line."""
        if isinstance(message, h.ErrorMessage):
            self.service.metrics.errors.add(code=message.code)
        self._send(message)

    async def receive(self, message: ClientMessage) -> None:
        """Take one message; answers come by `send`, some of them later. Raises OutOfOrder: close the line."""
        match message:
            case h.Ping():
                self.send(h.Pong(sent_ms=message.sent_ms))
            case h.Hello():
                raise OutOfOrder("expected hello once, got it again")
            case r.Cancel():
                if (request := self.requests.get(message.request_id)) is not None:
                    request.end("cancelled")
            case w.CloseWorkbook():
                self._leave(message.workbook_id)
            case w.Selection():
                self._select(message)
            case w.WorkbookChunk():
                await self._chunk(message)
            case w.OpenWorkbook():
                await self._guarded(message.id, lambda: syncing.open_book(self, message))
            case w.Delta():
                await self._guarded(message.id, lambda: syncing.take_delta(self, message))
            case r.Outcome():
                await self._guarded(message.id, lambda: self._record(message))
            case h.GetSettings():
                current = self.service.preferences.current
                self.send(h.SettingsChanged(request_id=message.id, settings=current))
            case h.SetSettings():
                await self._guarded(message.id, lambda: self._set(message))
            case _:
                self._begin(message)

    # Workbooks

    @property
    def incoming(self) -> int:
        """How many workbooks are on their way in chunks."""
        return len(self._incoming)

    def join(self, book: Book) -> None:
        """Look at a workbook from now on."""
        book.panes.add(self)
        self._books[book.id] = book

    def assembling(self, request_id: str, incoming: syncing.Incoming | None) -> None:
        """Chunks are expected, or no longer (None)."""
        if incoming is None:
            self._incoming.pop(request_id, None)
        else:
            self._incoming[request_id] = incoming

    def book(self, workbook_id: str) -> Book:
        """A workbook that this pane has opened; raises UnknownWorkbook."""
        book = self._books.get(workbook_id)
        if book is None or self.service.book(workbook_id) is not book:
            raise UnknownWorkbook("expected a workbook that this pane has opened, got another")
        return book

    def tell_stale(self, book: Book) -> None:
        """Say of each shown suggestion that no longer fits that it is stale."""
        for suggestion_id, request_id in list(self.shown.items()):
            shown = self.service.shown(suggestion_id)
            if shown is None or shown.book_id != book.id or not planning.is_stale(book, shown):
                continue
            del self.shown[suggestion_id]
            told = wire_suggestion(shown.suggestion, book.state.snapshot)
            self.send(
                a.VerdictChanged(
                    request_id=request_id,
                    suggestion_id=suggestion_id,
                    verdict=told.verdict,
                    preview=told.preview,
                    is_stale=True,
                )
            )

    def _leave(self, workbook_id: str) -> None:
        book = self._books.pop(workbook_id, None)
        if book is not None:
            self.service.leave(self, book)

    async def _chunk(self, message: w.WorkbookChunk) -> None:
        incoming = self._incoming.get(message.id)
        if incoming is None or incoming.book_id != message.workbook_id:
            raise OutOfOrder("expected open_workbook before its chunks")
        if message.index != incoming.assembly.received:
            raise OutOfOrder(f"expected chunk {incoming.assembly.received}, got {message.index}")
        await self._guarded(message.id, lambda: syncing.take_chunk(self, incoming, message))

    # Requests

    def _select(self, message: w.Selection) -> None:
        self._supersede("suggest")
        if message.request_id is not None:
            area = message.ranges[0]
            if len(message.ranges) > 1 and message.active_cell is not None:
                area = message.active_cell
            suggest = r.Suggest(
                id=message.request_id,
                workbook_id=message.workbook_id,
                revision=message.revision,
                target=f"{quote_sheet(message.sheet)}!{area}",
            )
            self._begin(suggest, sent_ms=message.sent_ms)

    def _begin(self, message: ClientMessage, *, sent_ms: float | None = None) -> None:
        """Start to work on a request, unless the pane has too many under way."""
        handler = handler_of(message)
        lane: Lane = "other"
        if isinstance(message, r.Suggest | r.Complete):
            lane = message.type
            self._supersede(lane)
        request_id, kind = str(getattr(message, "id", "")), str(getattr(message, "type", ""))
        if request_id in self.requests:
            raise OutOfOrder("expected a new id for a new request, got one that is under way")
        if len(self.requests) >= self.service.capacity.max_requests:
            self.send(error_of(ServerBusy(_BUSY_RETRY_MS), request_id))
            return
        request = Request(self, request_id, kind, lane, sent_ms)
        self.requests[request_id] = request
        request.task = asyncio.get_running_loop().create_task(request.work(handler))

    def _supersede(self, lane: Lane) -> None:
        for request in [known for known in self.requests.values() if known.lane == lane]:
            request.end("superseded")

    # Outcomes and settings

    async def _record(self, message: r.Outcome) -> None:
        keep = self.service.preferences.current.keep_cell_contents
        outcome = Outcome(
            suggestion_id=message.suggestion_id,
            kind=OutcomeKind(message.kind),
            was_shown=message.was_shown,
            latency_ms=message.latency_ms,
            reject_reason=message.reason,
            final_text=message.final_text if keep else None,
            kept_rate=message.kept_rate,
            id=message.id,
            created=message.created,
            user=self.user,
        )
        status: Literal["recorded", "duplicate", "unknown_suggestion"]
        try:
            done = await self.service.outcomes.run(lambda: self.service.record_outcome(outcome))
            status = "recorded" if done.answer else "duplicate"
        except UsageError:
            status = "unknown_suggestion"
        self.shown.pop(message.suggestion_id, None)
        self.service.metrics.outcomes.add(kind=message.kind, status=status)
        self.send(a.OutcomeRecorded(outcome_id=message.id, status=status))

    async def _set(self, message: h.SetSettings) -> None:
        done = await self.service.changes.run(lambda: self.service.preferences.change(message))
        self.send(h.SettingsChanged(request_id=message.id, settings=done.answer))
        for other in self.service.panes - {self}:
            other.send(h.SettingsChanged(request_id=None, settings=done.answer))

    async def _guarded(self, message_id: str, work: Callable[[], Awaitable[None]]) -> None:
        """Do what a message asks; a failure is told and the line goes on."""
        try:
            await work()
        except OutOfOrder:
            raise
        except Exception as error:
            self.send(error_of(error, message_id))


def _as_seen(suggestion: Suggestion) -> tuple[object, ...]:
    """What of a suggestion a person would notice."""
    verdict = suggestion.verdict
    return suggestion.id, suggestion.rank, round(suggestion.p_accept, 2), verdict.status, verdict.why
