"""One workbook that the server holds: its snapshot, what changed it, who looks at it.

A Book is shared by all panes of one workbook. Its State is immutable and replaced as a whole; deltas are
taken one at a time (`Book.deltas`), results of work in threads are put in only where nothing came in between.
"""

from __future__ import annotations

import asyncio
import threading
from collections import OrderedDict, deque
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from cellwright.edits.model import Edit
from cellwright.edits.rebase import rebase_all
from cellwright.errors import StaleEdit
from cellwright.reference import SheetCell, SheetRange
from cellwright.workbook.model import Snapshot

if TYPE_CHECKING:
    from cellwright.session.pane import Pane

KEPT_CHANGES = 500
"""How many revisions back a suggestion may be carried forward."""
_KEPT_DELTAS = 2_000
_KEPT_PLANS = 200


@dataclass(frozen=True)
class State:
    """A snapshot, and what of it is still to be recalculated.

    `settled` is the last snapshot whose formula values can all be trusted as far as they are known; `changed`
    are the cells whose readers may still have old values in `snapshot`.
    """

    snapshot: Snapshot
    settled: Snapshot
    changed: frozenset[SheetCell] = frozenset()

    @property
    def is_settled(self) -> bool:
        """Nothing is to be recalculated."""
        return not self.changed


@dataclass(frozen=True, slots=True)
class Change:
    """What made a revision: its edits, and where they wrote."""

    revision: int
    edits: tuple[Edit, ...]
    places: tuple[SheetRange, ...]


@dataclass(frozen=True)
class Kept:
    """The file that the server holds for a workbook: the bytes as they came, and their snapshot."""

    data: bytes
    path: Path
    snapshot: Snapshot


@dataclass(frozen=True)
class Applied:
    """A suggestion that was accepted: what takes it back, on the revision that it made."""

    suggestion_id: str
    revision: int
    inverse: tuple[Edit, ...]


@dataclass(frozen=True)
class Prepared:
    """A plan that was sent to a pane and may be done by it."""

    plan_id: str
    suggestion_id: str
    purpose: Literal["accept", "undo"]
    revision: int
    edits: tuple[Edit, ...]
    inverse: tuple[Edit, ...]
    """What takes the edits back, on the revision that they make."""


@dataclass(eq=False)
class Book:
    """A workbook and its panes; lives on the event loop, only `state` is also read and set from threads."""

    id: str
    name: str
    state: State
    kept: Kept | None = None
    log: list[Edit] = field(default_factory=list)
    """Every edit since the file was read, for writing it back; used for kept workbooks."""
    panes: set[Pane] = field(default_factory=set)
    changes: deque[Change] = field(default_factory=lambda: deque(maxlen=KEPT_CHANGES))
    plans: OrderedDict[str, Prepared] = field(default_factory=OrderedDict)
    applied: OrderedDict[str, Applied] = field(default_factory=OrderedDict)
    deltas: asyncio.Lock = field(default_factory=asyncio.Lock)
    last_used: float = 0.0
    _seen: OrderedDict[str, int] = field(default_factory=OrderedDict)
    _swap: threading.Lock = field(default_factory=threading.Lock)

    @property
    def revision(self) -> int:
        """The newest revision."""
        return self.state.snapshot.revision

    def put(self, old: State, new: State, change: Change | None = None) -> bool:
        """Put in what was made from `old`; False where another came in between. From any thread.

        `change` is what made the revision of `new`, where that is a new one.
        """
        with self._swap:
            if self.state is not old:
                return False
            self.state = new
            if change is not None:
                self.changes.append(change)
            return True

    def known_changes(self) -> list[Change]:
        """The changes that are remembered, oldest first. From any thread."""
        with self._swap:
            return list(self.changes)

    def refill(self, snapshot: Snapshot) -> None:
        """A pane sent the whole workbook anew: what was known of changes no longer holds."""
        with self._swap:
            revision = max(snapshot.revision, self.revision + 1)
            snapshot = replace(snapshot, revision=revision)
            self.state = State(snapshot, snapshot)
            self.changes.clear()
        self.plans.clear()
        self.applied.clear()
        self.log.clear()

    def revision_of_delta(self, delta_id: str) -> int | None:
        """The revision that a delta made when it came before; None for a new one."""
        return self._seen.get(delta_id)

    def remember_delta(self, delta_id: str) -> None:
        """Note that a delta made the present revision."""
        self._seen[delta_id] = self.revision
        while len(self._seen) > _KEPT_DELTAS:
            self._seen.popitem(last=False)

    def remember_plan(self, plan: Prepared) -> None:
        """Keep a plan until it is done, or for as long as there is room."""
        self.plans[plan.plan_id] = plan
        while len(self.plans) > _KEPT_PLANS:
            self.plans.popitem(last=False)

    def carried(self, edits: tuple[Edit, ...], revision: int, snapshot: Snapshot) -> tuple[Edit, ...]:
        """Edits made for `revision` as they read in a later snapshot; StaleEdit where they don't fit it."""
        for change in changes_since(self.known_changes(), revision, snapshot.revision):
            for edit in change.edits:
                edits = rebase_all(edits, edit, snapshot)
        return edits


def changes_since(changes: Iterable[Change], revision: int, newest: int) -> list[Change]:
    """What led from `revision` to `newest`; raises StaleEdit where that is no longer known."""
    later = [change for change in changes if revision < change.revision <= newest]
    if len(later) != newest - revision:
        raise StaleEdit(f"expected a revision not long past, got {revision} of {newest}")
    return later
