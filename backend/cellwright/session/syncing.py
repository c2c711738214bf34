"""Workbooks coming in and changing: open, chunks, deltas; who else is told."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cellwright.errors import CellwrightError, RevisionMismatch, StaleEdit, UnknownWorkbook, UsageError
from cellwright.protocol import workbooks as w
from cellwright.session.assemble import Assembly
from cellwright.session.book import Book, State
from cellwright.session.deltas import Step, is_structural, take
from cellwright.session.failures import error_of
from cellwright.session.service import Service
from cellwright.workbook.model import Visibility

if TYPE_CHECKING:
    from cellwright.session.pane import Pane

_MOST_PLACES = 20
_MOST_INCOMING = 4


@dataclass(eq=False)
class Incoming:
    """A workbook whose chunks are on their way."""

    book_id: str
    name: str
    assembly: Assembly
    begun: float


async def open_book(pane: Pane, message: w.OpenWorkbook) -> None:
    """Answer `synced`, at once where the workbook is held, else with the wish for its chunks."""
    service = pane.service
    book = service.book(message.workbook_id)
    if isinstance(message.source, w.KeptSource):
        book = book or await _from_shelf(service, message.workbook_id)
        if book.kept is None:
            raise UsageError("expected a workbook that the server keeps, got one that a host pushed")
    elif book is not None and book.kept is not None:
        raise UsageError("expected another id: the server keeps a file under this one")
    if book is not None and (message.join or book.kept is not None):
        pane.join(book)
        pane.send(_synced(message.id, book))
        warm(service, book)
        return
    assert isinstance(message.source, w.HostSource)
    if pane.incoming >= _MOST_INCOMING:
        raise UsageError(f"expected at most {_MOST_INCOMING} workbooks to come in at once")
    assembly = Assembly(message.source, service.capacity.max_cells)
    incoming = Incoming(message.workbook_id, message.name, assembly, time.monotonic())
    if assembly.is_whole:
        await _finish(pane, incoming, message.id)
        return
    pane.assembling(message.id, incoming)
    pane.send(
        w.Synced(
            request_id=message.id,
            workbook_id=message.workbook_id,
            revision=0,
            cells=0,
            formulas=0,
            needs_chunks=True,
        )
    )


async def take_chunk(pane: Pane, incoming: Incoming, message: w.WorkbookChunk) -> None:
    """Take one chunk over; with the last one the workbook is there. A failure ends the assembly."""
    try:
        await pane.service.changes.run(lambda: incoming.assembly.add(message.blocks))
    except CellwrightError:
        pane.assembling(message.id, None)
        raise
    pane.send(w.ChunkReceived(request_id=message.id, workbook_id=incoming.book_id, index=message.index))
    if incoming.assembly.is_whole:
        pane.assembling(message.id, None)
        await _finish(pane, incoming, message.id)


async def take_delta(pane: Pane, message: w.Delta) -> None:
    """Make the next revision; what can't be carried to the newest one is refused and the pane syncs again."""
    service = pane.service
    book = pane.book(message.workbook_id)
    async with book.deltas:
        known = book.revision_of_delta(message.id)
        if known is None:
            try:
                step = await _stepped(service, book, message)
            except StaleEdit as error:
                told = error_of(RevisionMismatch(str(error)), message.id, book)
                pane.send(told)
                return
            _adopt(book, step)
            if book.kept is not None:
                await service.changes.run(lambda: service.shelf.append(book.id, step.edits))
            book.remember_delta(message.id)
            known = book.revision
            _tell_others(pane, book, step)
        pane.send(w.DeltaApplied(request_id=message.id, workbook_id=book.id, revision=known))
    warm(service, book)


def warm(service: Service, book: Book) -> None:
    """Load the workbook into a calculator, settle its gate and begin practice on its first visible sheet.

    All while nobody waits for anything else."""

    def work() -> None:
        with service.calculators.hold(book.id, book.state.snapshot) as calculator:
            snapshot = service.settled(book, calculator)
            with suppress(CellwrightError):  # the verdicts will say so
                _ = calculator.reproduction
        seen = (sheet.name for sheet in snapshot.sheets if sheet.visibility is Visibility.VISIBLE)
        first = next(seen, None)
        if first is not None:
            service.practising.of(book.id, snapshot, first)

    if service.requests.unfinished == 0:
        service.spawn(service.requests.run(work))


async def _from_shelf(service: Service, book_id: str) -> Book:
    book = (await service.changes.run(lambda: service.shelf.load(book_id))).answer
    if book is None:
        raise UnknownWorkbook("expected a workbook that the server keeps, got an unknown id")
    held = service.book(book_id)
    if held is None:
        service.add_book(book)
        held = book
    return held


async def _finish(pane: Pane, incoming: Incoming, request_id: str) -> None:
    service = pane.service
    snapshot = (await service.changes.run(incoming.assembly.finish)).answer
    book = service.book(incoming.book_id)
    if book is None:
        book = Book(incoming.book_id, incoming.name, State(snapshot, snapshot))
        service.add_book(book)
    else:
        async with book.deltas:
            book.refill(snapshot)
        for other in book.panes - {pane}:
            other.send(
                w.WorkbookChanged(
                    workbook_id=book.id, revision=book.revision, pane_id=pane.pane_id, places=[]
                )
            )
    pane.join(book)
    pane.send(_synced(request_id, book))
    warm(service, book)


async def _stepped(service: Service, book: Book, message: w.Delta) -> Step:
    """The step of a delta, put into the book; settled first where rows or sheets are to move."""

    def work() -> Step:
        while True:
            if not book.state.is_settled and is_structural(message, book.plans):
                with service.calculators.hold(book.id, book.state.snapshot) as calculator:
                    service.settled(book, calculator)
            state = book.state
            step = take(state, message, book.known_changes(), book.plans)
            if book.put(state, step.state, step.change):
                return step

    return (await service.changes.run(work)).answer


def _adopt(book: Book, step: Step) -> None:
    book.log += step.edits if book.kept is not None else ()
    for applied in step.applied:
        book.applied[applied.suggestion_id] = applied
    for suggestion_id in step.undone:
        book.applied.pop(suggestion_id, None)


def _tell_others(pane: Pane, book: Book, step: Step) -> None:
    places = [place.a1 for place in step.change.places]
    changed = w.WorkbookChanged(
        workbook_id=book.id,
        revision=book.revision,
        pane_id=pane.pane_id,
        places=places if len(places) <= _MOST_PLACES else [],
    )
    for other in book.panes:
        if other is not pane:
            other.send(changed)
        for applied in step.applied:
            other.shown.pop(applied.suggestion_id, None)  # done, not stale
        other.tell_stale(book)


def _synced(request_id: str, book: Book) -> w.Synced:
    sheets = book.state.snapshot.sheets
    return w.Synced(
        request_id=request_id,
        workbook_id=book.id,
        revision=book.revision,
        cells=sum(len(sheet.cells) for sheet in sheets),
        formulas=sum(int((sheet.cells.columns.formulas >= 0).sum()) for sheet in sheets),
        needs_chunks=False,
    )
