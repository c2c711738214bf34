"""Practice on the workbook itself: its own formulas, hidden and asked for again, adapt the ranking to it.

Every formula that stands in a workbook is a task whose answer is known. A few regions, those of the asked
sheet first, are hidden as a whole, or but for their first cell, or in one cell, with all that depends on them
(`hidden.py`); the experts offer what they would offer to a person, and the ranking's weights move towards
what was right (`cellwright.rank.adapt`). Nothing leaves the workbook and nothing is kept of it.

Two situations are practised apart, for what is right in one is wrong in the other: a run of one formula leads
to the place (a gap, the next cell: copies are right), or none does (a new block: copies are wrong).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from random import Random

from cellwright.formula import normalise
from cellwright.proposers.experts import EXPERTS
from cellwright.proposers.index import index_cleared, index_workbook
from cellwright.proposers.model import Place, Proposer
from cellwright.rank.adapt import Exercise, adapted, make_exercise
from cellwright.rank.extent import is_led
from cellwright.rank.rank import Weights, shipped_ranker
from cellwright.reference import Cell, Range, SheetCell, SheetRange
from cellwright.suggest.hidden import Dependence, without_cell, without_region
from cellwright.suggest.merge import merge
from cellwright.suggest.stages import features_of
from cellwright.workbook.model import Snapshot
from cellwright.workbook.regions import Region, regions

REGIONS = 14
"""How many regions are practised on."""
MOST_FORMULAS = 20_000
"""In a workbook with more formula cells than this, hiding takes too long: the shipped weights rank."""
_KEPT_FITS = 8
_STALE = 12
"""So many formulas more or fewer are too few to practise anew."""

PRACTICE_S = 2.0
"""How long a command practises at most before it answers."""

Stop = Callable[[], bool]


def deadline(seconds: float) -> Stop:
    """Stops practice so many seconds from now."""
    end = time.monotonic() + seconds
    return lambda: time.monotonic() > end


class Practice:
    """What one sheet's surroundings have taught; exercises are made when they are first wanted.

    It may be asked from several threads. `stop` is asked before every exercise; what is made until then
    counts.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        sheet: str,
        *,
        count: int = REGIONS,
        experts: Sequence[Proposer] = EXPERTS,
        stop: Stop = lambda: False,
    ) -> None:
        self.formulas = sum(1 for each in snapshot.sheets for _ in each.cells.formulas())
        self._snapshot: Snapshot | None = snapshot
        self._sheet = sheet
        self._count = count
        self._experts = experts
        self._stop = stop
        self._lock = threading.Lock()
        self._chosen: list[tuple[str, Region]] | None = None
        self._dependence: Dependence | None = None
        self._exercises: dict[bool, list[Exercise]] = {}
        self._fits: list[tuple[Weights, bool, Weights]] = []

    def is_stale(self, snapshot: Snapshot) -> bool:
        """Whether the workbook has come to hold many more or fewer formulas since."""
        now = index_workbook(snapshot).habits.formulas
        return abs(now - self.formulas) > max(_STALE, self.formulas / 4)

    def complete(self) -> None:
        """Make all exercises now, and forget the workbook."""
        for led in (False, True):
            self.exercises(led=led)
        with self._lock:
            self._snapshot = self._dependence = self._chosen = None

    def exercises(self, *, led: bool) -> Sequence[Exercise]:
        """Those of one situation."""
        with self._lock:
            if led not in self._exercises:
                self._exercises[led] = list(self._made(led=led))
            return self._exercises[led]

    def weights(self, base: Weights, place: Place) -> Weights:
        """The weights for a place, taught by the exercises of its situation."""
        led = is_led(place)
        exercises = self.exercises(led=led)
        with self._lock:
            for known, situation, fit in self._fits:
                if situation == led and (known is base or known == base):
                    return fit
        fit = adapted(base, exercises)
        with self._lock:
            self._fits = [*self._fits, (base, led, fit)][-_KEPT_FITS:]
        return fit

    def _made(self, *, led: bool) -> Iterator[Exercise]:
        snapshot = self._snapshot
        if snapshot is None or self.formulas > MOST_FORMULAS:
            return
        if self._chosen is None:
            self._chosen = _chosen(snapshot, self._sheet, self._count)
        if self._dependence is None and self._chosen:
            self._dependence = Dependence(snapshot)
        cut = shipped_ranker().cut
        for sheet, region in self._chosen:
            for cell, hidden in self._hidden(snapshot, sheet, region, led=led):
                if self._stop():
                    return
                for cleared, whole in zip(hidden.sheets, snapshot.sheets, strict=True):
                    index_cleared(cleared, whole)
                place = Place(hidden, SheetRange(sheet, Range.of(cell)))
                if is_led(place) != led:
                    continue
                offered = [c for proposer in self._experts for c in proposer.propose(place)]
                entries = features_of(place, merge(place, offered))
                told = (
                    number
                    for number, entry in enumerate(entries)
                    if entry.template is not None and normalise(entry.template.text, cell) == region.r1c1
                )
                made = make_exercise([entry.features for entry in entries], next(told, None), cut)
                if made is not None:
                    yield made

    def _hidden(
        self, snapshot: Snapshot, sheet: str, region: Region, *, led: bool
    ) -> Iterator[tuple[Cell, Snapshot]]:
        """The ways a region can be hidden: (cell that is asked for, workbook without what would tell it)."""
        assert self._dependence is not None
        cells = [SheetCell(sheet, cell) for cell in region.cells]
        yield region.first, without_region(snapshot, self._dependence, cells)
        if len(cells) >= 2:
            yield region.cells[1], without_region(snapshot, self._dependence, cells[1:])
        if led and len(cells) >= 3:
            middle = cells[len(cells) // 2]
            yield middle.cell, without_cell(snapshot, self._dependence, middle)


def _chosen(snapshot: Snapshot, sheet: str, count: int) -> list[tuple[str, Region]]:
    """Regions to practise on: of the sheet in a random order that is always the same, then of the others."""
    own = snapshot.sheet(sheet).name
    random = Random(own)
    found: list[tuple[str, Region]] = []
    rest: list[tuple[str, Region]] = []
    for each in snapshot.sheets:
        here = [(each.name, region) for region in regions(each.cells.formulas())]
        (found if each.name == own else rest).extend(here)
    random.shuffle(found)
    random.shuffle(rest)
    return [*found, *rest][:count]
