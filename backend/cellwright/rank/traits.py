"""How a workbook's own formulas refer to things, counted, and how well a candidate keeps to it.

A trait says how one reference stands to its formula: same sheet or another, one cell or a range, which parts
are fixed, how far away by row and column, and whether the labels there are the formula's labels. The
formulas that are there already are examples of what their author does, so a candidate is scored by the log
share of its traits among theirs, its sheet before its workbook. Every distinct formula counts once, so that
one long run does not outvote the rest.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import islice
from math import log
from weakref import WeakKeyDictionary

from cellwright.proposers.analogy import overlap
from cellwright.proposers.index import SheetIndex, WorkbookIndex
from cellwright.proposers.model import Place
from cellwright.proposers.template import Slot, Template
from cellwright.reference import Cell

_MOST_FORMULAS = 150
_MOST_SLOTS = 8
_BOOK = 0.2
"""What a formula of another sheet counts beside one of the same sheet."""
_SMOOTHING = 0.5

Trait = tuple[object, ...]


class Tally:
    """How often each trait occurs, and all together."""

    def __init__(self) -> None:
        self.counts: Counter[Trait] = Counter()
        self.total = 0

    def add(self, trait: Trait) -> None:
        """One more."""
        self.counts[trait] += 1
        self.total += 1

    def join(self, other: Tally) -> None:
        """All of another's."""
        self.counts.update(other.counts)
        self.total += other.total


@dataclass(frozen=True)
class Traits:
    """Counts over distinct formulas: of references' geometry, of their labels, of shapes."""

    geometry: Tally = field(default_factory=Tally)
    labels: Tally = field(default_factory=Tally)
    shapes: Tally = field(default_factory=Tally)


_TRAITS: WeakKeyDictionary[SheetIndex, Traits] = WeakKeyDictionary()


def traits_of(index: WorkbookIndex, sheet: SheetIndex) -> Traits:
    """The traits of a sheet's formulas, at most `_MOST_FORMULAS` distinct ones, counted once a sheet."""
    kept = _TRAITS.get(sheet)
    if kept is not None:
        return kept
    found = Traits()
    copies = sheet.copies
    step = max(1, len(copies) // _MOST_FORMULAS)
    for cells in islice(copies.values(), 0, None, step):
        template = sheet.templates[cells[0]]
        found.shapes.add(template.skeleton)
        for slot in template.slots[:_MOST_SLOTS]:
            found.geometry.add(geometry(template.home, slot))
            at = sheet if slot.sheet is None else index.sheet(slot.sheet)
            if at is not None and not slot.is_open:
                found.labels.add(label_trait(sheet, template.home, at, slot))
    _TRAITS[sheet] = found
    return found


def geometry(home: Cell, slot: Slot) -> Trait:
    """Where a reference points, seen from its formula, in steps that grow with distance."""
    first = slot.first
    rows = None if first.row < 0 else _band(first.row - home.row)
    columns = None if first.column < 0 else _band(first.column - home.column)
    is_range = slot.last is not None
    return slot.sheet is not None, is_range, first.is_row_fixed, first.is_column_fixed, rows, columns


def label_trait(own: SheetIndex, home: Cell, sheet: SheetIndex, slot: Slot) -> Trait:
    """Whether a reference shares its formula's row or column, or labels: line, same, alike or other."""
    at = slot.cell
    here = sheet is own
    theirs = sheet.labels_of(at)
    ours = own.labels_of(home)
    rows = "line" if here and at.row == home.row else _fit(ours, theirs)
    columns = "line" if here and at.column == home.column else ""
    return here, slot.last is not None, rows, columns


def trait_features(place: Place, template: Template) -> dict[str, float]:
    """Mean and least log share of the candidate's traits among those of its sheet and workbook."""
    own = traits_of(place.index, place.sheet)
    book = book_traits(place.index)
    if not book.shapes.total:
        return {}
    found: dict[str, float] = {}
    told = [_of_slot(place, own, book, slot) for slot in template.slots[:_MOST_SLOTS]]
    places = [shares[0] for shares in told]
    names = [shares[1] for shares in told if len(shares) > 1]
    if places:
        found["trait_place"] = sum(places) / len(places)
        found["trait_place_least"] = min(places)
    if names:
        found["trait_label"] = sum(names) / len(names)
        found["trait_label_least"] = min(names)
    found["trait_shape"] = _share(own.shapes, book.shapes, template.skeleton)
    return found


def _of_slot(place: Place, own: Traits, book: Traits, slot: Slot) -> tuple[float, ...]:
    """The log shares of one reference's geometry and, where it has labels, of those."""
    kept = place.shares.get(("traits", slot))
    if kept is not None:
        return kept
    shares: tuple[float, ...] = (_share(own.geometry, book.geometry, geometry(place.cell, slot)),)
    sheet = place.sheet if slot.sheet is None else place.index.sheet(slot.sheet)
    if sheet is not None and not slot.is_open:
        trait = label_trait(place.sheet, place.cell, sheet, slot)
        shares = (*shares, _share(own.labels, book.labels, trait))
    place.shares["traits", slot] = shares
    return shares


_BOOKS: WeakKeyDictionary[WorkbookIndex, Traits] = WeakKeyDictionary()


def book_traits(index: WorkbookIndex) -> Traits:
    """The traits of all sheets together."""
    kept = _BOOKS.get(index)
    if kept is None:
        kept = Traits()
        for sheet in index.sheets():
            one = traits_of(index, sheet)
            kept.geometry.join(one.geometry)
            kept.labels.join(one.labels)
            kept.shapes.join(one.shapes)
        _BOOKS[index] = kept
    return kept


def _share(own: Tally, book: Tally, trait: Trait) -> float:
    """log of a trait's share, in fifths so that weights stay of the order of 1."""
    count = own.counts[trait] + _BOOK * book.counts[trait] + _SMOOTHING / 4
    return log(count / (own.total + _BOOK * book.total + _SMOOTHING)) / 5


def _band(steps: int) -> int:
    size = abs(steps)
    band = size if size <= 2 else 3 if size <= 5 else 4
    return band if steps >= 0 else -band


def _fit(ours: list[tuple[str, ...]], theirs: list[tuple[str, ...]]) -> str:
    best = max((overlap(a, b) for a in ours for b in theirs), default=0.0)
    return "same" if best == 1.0 else "alike" if best >= 0.5 else "other"
