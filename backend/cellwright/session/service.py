"""What all panes share: workbooks, calculators, workers, the language model, the store, settings, metrics.

One Service is one server process. It knows nothing of sockets: `cellwright.server` gives each connection a
Pane (`session.pane`) and a way to send.
"""

from __future__ import annotations

import asyncio
import datetime
import logging
import random
import time
from collections import OrderedDict
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from cellwright.ask.planner.model import Planner
from cellwright.calc.calculator import Calculator
from cellwright.errors import CalcError, CellwrightError, ServerBusy, StaleEdit, UsageError
from cellwright.feedback.erase import prune
from cellwright.feedback.explore import explored
from cellwright.feedback.kept import kept_rate, written_by
from cellwright.feedback.model import Outcome, OutcomeKind
from cellwright.feedback.store import FeedbackStore
from cellwright.insight.facts import Facts
from cellwright.proposers.language import LanguageProposer
from cellwright.protocol.handshake import Limits
from cellwright.reference import SheetRange
from cellwright.session.book import Book, State
from cellwright.session.calculators import Calculators, turn_to
from cellwright.session.canary import Trial
from cellwright.session.metrics import Metrics
from cellwright.session.practising import Practising
from cellwright.session.preferences import Preferences
from cellwright.session.recalculate import recalculated
from cellwright.session.shelf import Shelf
from cellwright.session.tailoring import Tailoring
from cellwright.session.workers import Workers
from cellwright.suggest.model import Suggestion, Suggestions
from cellwright.workbook.model import Snapshot

if TYPE_CHECKING:
    from cellwright.session.pane import Pane

log = logging.getLogger(__name__)

_KEPT_SUGGESTIONS = 5_000
_KEPT_CHANGES = 1_000
_AGREED_S = 5.0


@dataclass(frozen=True)
class Capacity:
    """How much one server takes on. Times in seconds unless the name says otherwise."""

    threads: int = 2
    patience_ms: float = 350.0
    """A request that would wait longer for a thread is refused as busy."""
    model_patience_ms: float = 150.0
    """A suggestion that would wait longer for the language model goes without it."""
    ask_patience_ms: float = 5_000.0
    """A request in words that would wait longer is refused as busy."""
    calculators: int = 24
    max_books: int = 64
    max_cells: int = 2_000_000
    max_message_bytes: int = 5_000_000
    max_upload_bytes: int = 50_000_000
    max_requests: int = 8
    messages_per_s: int = 50
    heartbeat_s: float = 25.0
    resume_s: float = 900.0
    max_panes: int = 1_000


@dataclass(frozen=True, slots=True)
class Shown:
    """A suggestion that went to a pane."""

    suggestion: Suggestion
    book_id: str


@dataclass(slots=True)
class Remembered:
    """A session whose line may have dropped: who it was, and until when it is kept."""

    pane_id: str
    until: float


class Service:
    """See the module. Made and closed on the event loop's thread."""

    def __init__(
        self,
        home: Path,
        store: FeedbackStore,
        *,
        language: LanguageProposer | None = None,
        planner: Planner | None = None,
        capacity: Capacity | None = None,
        is_local: bool = True,
    ) -> None:
        """`is_local`: nothing that panes send leaves this machine; panes show it.

        `planner` reads requests in words, with the built-in reading behind it.
        """
        self.capacity = capacity or Capacity()
        self.is_local = is_local
        self.store = store
        self.language = language
        self.planner = planner
        self.home = home
        self.preferences = Preferences(home / "pane-settings.json")
        self.shelf = Shelf(home / "workbooks", self.capacity.max_cells)
        self.tailoring = Tailoring(home)
        self.trial = Trial(store)
        self.metrics = Metrics()
        self.panes: set[Pane] = set()
        self.books: OrderedDict[str, Book] = OrderedDict()
        self.calculators = Calculators(self.capacity.calculators)
        threads = self.capacity.threads
        self.requests = Workers("request", threads, self.capacity.patience_ms)
        self.model = Workers("model", 1, self.capacity.model_patience_ms)
        self.asking = Workers("ask", 1, self.capacity.ask_patience_ms)
        self.changes = Workers("change", 2, None)
        self.outcomes = Workers("outcome", 1, None)
        self.practising = Practising(lambda: self._unfinished() > 0)
        self.sessions: dict[str, Remembered] = {}
        self._tasks: set[asyncio.Task[object]] = set()
        self._shown: OrderedDict[str, Shown] = OrderedDict()
        self._facts: tuple[Snapshot, Facts] | None = None
        self._chance = random.Random()
        self._exploring = ("", 0.0, 0.0)
        """Workspace, its share of exploration, and when that was asked for."""
        self._pruned_on: datetime.date | None = None
        gauge = self.metrics.gauge
        gauge("cellwright_panes", "Connected panes.", lambda: len(self.panes))
        gauge("cellwright_workbooks", "Workbooks held.", lambda: len(self.books))
        gauge("cellwright_calculators", "Live calculation workers.", lambda: len(self.calculators))
        gauge("cellwright_requests_unfinished", "Requests waiting or running.", self._unfinished)

    def close(self) -> None:
        """Give back threads and workers; what runs is waited for."""
        for workers in (self.requests, self.model, self.asking, self.changes, self.outcomes):
            workers.close()
        self.practising.close()
        self.calculators.close()
        if self.planner is not None:
            self.planner.close()

    def spawn(self, work: Coroutine[object, object, object]) -> None:
        """Do something beside what panes wait for; a refusal because of too much work is no failure."""

        async def quiet() -> None:
            try:
                await work
            except ServerBusy:
                log.debug("no time to work ahead")

        task: asyncio.Task[object] = asyncio.get_running_loop().create_task(quiet())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    @property
    def limits(self) -> Limits:
        """What panes are told to keep to."""
        return Limits(
            max_message_bytes=self.capacity.max_message_bytes,
            max_cells=self.capacity.max_cells,
            max_requests=self.capacity.max_requests,
            messages_per_s=self.capacity.messages_per_s,
            heartbeat_s=self.capacity.heartbeat_s,
        )

    # Workbooks

    def book(self, book_id: str) -> Book | None:
        """A workbook that is held in memory."""
        book = self.books.get(book_id)
        if book is not None:
            self.books.move_to_end(book_id)
            book.last_used = time.monotonic()
        return book

    def add_book(self, book: Book) -> None:
        """Hold a workbook; the longest unused one that no pane looks at makes room."""
        self.books[book.id] = book
        book.last_used = time.monotonic()
        idle = [other for other in self.books.values() if not other.panes and other is not book]
        for other in idle[: max(0, len(self.books) - self.capacity.max_books)]:
            self.drop_book(other.id)

    def drop_book(self, book_id: str) -> None:
        """Hold a workbook no longer; a kept one stays on the shelf."""
        self.books.pop(book_id, None)
        self.calculators.drop(book_id)
        self.practising.drop(book_id)

    def settled(self, book: Book, calculator: Calculator) -> Snapshot:
        """The newest snapshot with the values of what reads changed cells made new; in a worker thread.

        The calculator holds it afterwards, or where it fails will say so when it is asked.
        """
        while True:
            state = book.state
            if state.is_settled:
                break
            snapshot = recalculated(calculator, state.settled, state.snapshot, state.changed)
            book.put(state, State(snapshot, snapshot))
        try:
            turn_to(calculator, state.snapshot)
        except CalcError as error:
            log.info("a workbook can't be calculated: %s", error.code)
        return state.snapshot

    @contextmanager
    def lent(self, book: Book, snapshot: Snapshot) -> Iterator[Calculator]:
        """The calculator over `snapshot`, while candidates are tried and no longer: others wait for it."""
        with self.calculators.hold(book.id, snapshot) as calculator:
            with suppress(CalcError):  # the verdicts will say so
                turn_to(calculator, snapshot)
            yield calculator

    def facts(self, snapshot: Snapshot) -> Facts:
        """The regions and labels of a snapshot, kept for the next question about it."""
        kept = self._facts
        if kept is None or kept[0] is not snapshot:
            kept = self._facts = (snapshot, Facts(snapshot))
        return kept[1]

    # Suggestions

    def record(self, found: Suggestions, book: Book) -> None:
        """Persist what is about to be shown, the whole candidate set; raises StoreError."""
        preferences = self.preferences.current
        self.store.record(
            found, workspace=preferences.workspace, keep_cell_contents=preferences.keep_cell_contents
        )
        self.tailoring.remember(found)
        for suggestion in found.candidates:
            self._shown[suggestion.id] = Shown(_lean(suggestion), book.id)
        while len(self._shown) > _KEPT_SUGGESTIONS:
            self._shown.popitem(last=False)

    def explored(self, found: Suggestions) -> Suggestions:
        """The suggestions, now and then with a close rival in front, as the workspace has agreed to."""
        name, now_s = self.preferences.current.workspace, time.monotonic()
        if self._exploring[0] != name or now_s - self._exploring[2] > _AGREED_S:
            self._exploring = (name, self.store.workspace(name).exploration, now_s)
        return explored(found, self._exploring[1], self._chance)

    def record_outcome(self, outcome: Outcome) -> bool:
        """Persist an outcome, then let the ranker learn from it; False where it is known already.

        Once a day what is older than its workspace's retention goes; callers are not in a hurry.
        """
        today = datetime.datetime.now(datetime.UTC).date()
        if self._pruned_on != today:
            self._pruned_on = today
            prune(self.store)
        is_new = self.store.record_outcome(outcome)
        if is_new:
            workspace = self.preferences.current.workspace
            self.tailoring.learn(workspace, outcome)
            self.trial.after_outcome(self.tailoring.registry(workspace), workspace)
        return is_new

    def saved(self, book: Book, snapshot: Snapshot) -> None:
        """Persist how much of what was accepted is still in a workbook that is saved; once a revision."""
        for applied in list(book.applied.values()):
            shown = self.shown(applied.suggestion_id)
            if shown is None:
                continue
            edits = shown.suggestion.candidate.edits
            with suppress(StaleEdit):  # its cells were changed: they are looked at where they were
                edits = book.carried(edits, applied.revision, snapshot)
            rate = kept_rate(written_by(edits), snapshot)
            if rate is not None:
                outcome_id = f"kept-{applied.suggestion_id[:40]}-{snapshot.revision}"
                outcome = Outcome(applied.suggestion_id, OutcomeKind.KEPT, kept_rate=rate, id=outcome_id)
                with suppress(UsageError):  # its workspace keeps nothing
                    self.store.record_outcome(outcome)

    def leave(self, pane: Pane, book: Book) -> None:
        """A pane looks at a workbook no longer; on the event loop.

        Excel tells an add-in of no save, so what is kept of a workbook that the panes alone hold is told when
        the last of them goes.
        """
        book.panes.discard(pane)
        if book.kept is not None or book.panes or not book.applied:
            return
        snapshot = book.state.snapshot

        def tell() -> None:
            try:
                self.saved(book, snapshot)
            except CellwrightError as error:
                log.error("what was kept of a workbook could not be recorded: %s", error)

        self.spawn(self.outcomes.run(tell))

    def shown(self, suggestion_id: str) -> Shown | None:
        """A suggestion that was sent since the server started."""
        return self._shown.get(suggestion_id)

    # Sessions

    def remember(self, pane: Pane) -> None:
        """Keep a session whose line is gone, so that it can be resumed."""
        now = time.monotonic()
        self.sessions[pane.session_id] = Remembered(pane.pane_id, now + self.capacity.resume_s)
        for session_id in [key for key, kept in self.sessions.items() if kept.until < now]:
            del self.sessions[session_id]

    def resumed(self, session_id: str, pane_id: str) -> bool:
        """Whether that session was this pane's and is still known."""
        kept = self.sessions.pop(session_id, None)
        return kept is not None and kept.pane_id == pane_id and kept.until > time.monotonic()

    def _unfinished(self) -> float:
        return float(self.requests.unfinished + self.model.unfinished)


def _lean(suggestion: Suggestion) -> Suggestion:
    """The suggestion without the long tail of changed cells, which would fill the memory."""
    verdict = suggestion.verdict
    if len(verdict.changes) <= _KEPT_CHANGES:
        return suggestion
    return replace(suggestion, verdict=replace(verdict, changes=verdict.changes[:_KEPT_CHANGES]))


def target_of(book: Book, place: str, most_cells: int = 2_000) -> SheetRange:
    """The place a pane named, on a sheet of the workbook; past `most_cells` its first cell alone."""
    snapshot = book.state.snapshot
    asked = SheetRange.parse(place)
    if not snapshot.has_sheet(asked.sheet):
        raise UsageError(f"expected one of the workbook's sheets, got {asked.sheet!r}")
    sheet = snapshot.sheet(asked.sheet).name
    if asked.range.size > most_cells:
        first = asked.range.first
        return SheetRange(sheet, replace(asked.range, bottom=first.row, right=first.column))
    return SheetRange(sheet, asked.range)
