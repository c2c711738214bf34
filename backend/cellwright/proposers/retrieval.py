"""Formulas from the same organisation's other workbooks, found by the labels they stand under.

Entries of a library (`library.py`) whose labels, sheet, place or neighbours fit are adapted to the new
workbook in two ways: as a copy, whose references move with the cell, and carried, whose references are found
again by the labels of what they pointed to. Sheets that a formula refers to must exist here. Without a
library it says nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from heapq import nlargest
from math import log1p

from cellwright.proposers.analogy import overlap
from cellwright.proposers.index import SheetIndex
from cellwright.proposers.library import DECISIONS, Entry, Library, nearest_labels, shape_of
from cellwright.proposers.model import Label, Place, formula_candidate
from cellwright.proposers.template import RelativeKey, Slot, Template
from cellwright.reference import Cell
from cellwright.verify.model import Candidate

PRIOR = {"retrieved_fit": 3.0, "retrieved_taught": 12.0}
"""What rankers think of retrieval before anything is learnt about it, in logits: what a person ended with
under the same labels is worth more than what stands in a workbook."""
_MOST_SEEN = 24
_MOST_OFFERED = 8
_LEAST_FIT = 0.25
_COMMON = 400
"""A word that more entries than this stand under finds none: exact labels and places still do."""


@dataclass(slots=True)
class _Offer:
    """One adapted formula with the best of what speaks for it."""

    template: Template
    entry: Entry
    features: dict[str, float]
    workbooks: set[str]


class Retrieval:
    """Offers the formulas of a library that fit the place best."""

    name = "retrieval"

    def __init__(self, library: Library = Library(), without: Collection[str] = ()) -> None:  # noqa: B008
        """`without` names workbooks whose entries are not offered."""
        self._library = library
        self._without = frozenset(without)
        self._by_label: dict[tuple[str, Label], list[Entry]] = defaultdict(list)
        self._by_word: dict[str, list[Entry]] = defaultdict(list)
        self._by_place: dict[tuple[str, Cell], list[Entry]] = defaultdict(list)
        self._by_workbook: dict[str, list[Entry]] = defaultdict(list)
        self._keys: dict[str, frozenset[RelativeKey]] = {}
        for entry in library.entries:
            self._by_workbook[entry.workbook].append(entry)
            self._by_label["row", entry.row_label].append(entry)
            self._by_label["column", entry.column_label].append(entry)
            self._by_place[entry.sheet.casefold(), entry.home].append(entry)
            for word in {*entry.row_label, *entry.column_label}:
                self._by_word[word].append(entry)

    def leaving_out(self, workbooks: Collection[str]) -> Retrieval:
        """The same without some workbooks; the index is shared."""
        other = Retrieval()
        other.__dict__.update(self.__dict__ | {"_without": frozenset(workbooks)})
        return other

    def propose(self, place: Place) -> list[Candidate]:
        """The best few, most fitting first."""
        row, column = nearest_labels(place.sheet, place.cell)
        here = frozenset(name.casefold() for name in place.snapshot.sheet_names)
        around = {shape_of(template) for template in place.around}
        pool = self._pool(place, row, column)
        fits = [(self._fit(place, entry, row, column, here, around), entry) for entry in pool]
        seen = nlargest(_MOST_SEEN, fits, key=lambda item: item[0]["retrieved_fit"])
        offers: dict[object, _Offer] = {}
        for features, entry in seen:
            if features["retrieved_fit"] < _LEAST_FIT:
                continue
            kin = self._kinship(place, entry.workbook)
            features |= {"retrieved_kin": kin, "retrieved_kin_fit": kin * features["retrieved_fit"]}
            for template, way in _adapted(place, entry):
                told = features | ({"retrieved_carried": 1.0} if way else {})
                known = offers.get(template.key)
                if known is None:
                    offers[template.key] = _Offer(template, entry, told, {entry.workbook})
                else:
                    known.workbooks.add(entry.workbook)
                    for name, value in told.items():
                        known.features[name] = max(value, known.features.get(name, 0.0))
        for offer in offers.values():
            offer.features["retrieved_votes"] = log1p(len(offer.workbooks) - 1)
        best = nlargest(_MOST_OFFERED, offers.values(), key=lambda o: _weight(o.features))
        return [
            formula_candidate(
                place,
                offer.template,
                self.name,
                f"As in {offer.entry.workbook}, {offer.entry.sheet}!{offer.entry.home.a1}",
                (),
                offer.features | {"retrieved_order": 1.0 / (1 + number)},
            )
            for number, offer in enumerate(best)
        ]

    def _pool(self, place: Place, row: Label, column: Label) -> Iterable[Entry]:
        found: dict[int, Entry] = {}
        lists = [self._by_place.get((place.sheet.name.casefold(), place.cell), [])]
        lists += [
            self._by_label.get((side, label), [])
            for side, label in (("row", row), ("column", column))
            if label
        ]
        words = [self._by_word.get(word, []) for word in {*row, *column}]
        lists += [entries for entries in words if len(entries) <= _COMMON]
        for entries in lists:
            for entry in entries:
                if entry.workbook not in self._without:
                    found[id(entry)] = entry
        return found.values()

    def _kinship(self, place: Place, workbook: str) -> float:
        """What share of this workbook's distinct formulas stands in that one: offices fill in templates."""
        if workbook not in self._keys:
            self._keys[workbook] = frozenset(entry.template.key for entry in self._by_workbook[workbook])
        here = place.index.keys
        return len(here & self._keys[workbook]) / max(1, len(here))

    def _fit(
        self,
        place: Place,
        entry: Entry,
        row: Label,
        column: Label,
        here: frozenset[str],
        around: set[int],
    ) -> dict[str, float]:
        """What speaks for an entry; `retrieved_fit`, 0 to 1, weighs it all before anything is learnt."""
        by_row = overlap(row, entry.row_label) if row and entry.row_label else 0.0
        by_column = overlap(column, entry.column_label) if column and entry.column_label else 0.0
        same_sheet = float(entry.sheet.casefold() == place.sheet.name.casefold())
        same_place = float(same_sheet > 0 and entry.home == place.cell)
        theirs = self._library.sheets.get(entry.workbook, frozenset())
        book = len(theirs & here) / max(1, len(theirs | here))
        beside = len(around & entry.around) / max(1, len(entry.around | around))
        fit = 0.25 * (by_row + by_column) + 0.15 * (same_sheet + same_place) + 0.1 * (book + beside)
        return {
            "retrieved": 1.0,
            "retrieved_fit": fit,
            "retrieved_taught": fit if entry.workbook == DECISIONS else 0.0,
            "retrieved_row": by_row,
            "retrieved_column": by_column,
            "retrieved_same_sheet": same_sheet,
            "retrieved_same_place": same_place,
            "retrieved_book": book,
            "retrieved_around": beside,
            "retrieved_same_row": float(entry.home.row == place.cell.row),
            "retrieved_same_column": float(entry.home.column == place.cell.column),
        }


def _weight(features: dict[str, float]) -> float:
    return features["retrieved_fit"] + 0.1 * features["retrieved_votes"]


def _adapted(place: Place, entry: Entry) -> list[tuple[Template, bool]]:
    """The formula as a copy, and with its references found by their labels where that says more."""
    copied = entry.template.copied(place.cell)
    if any(slot.sheet is not None and place.index.sheet(slot.sheet) is None for slot in copied.slots):
        return []
    found = [(copied, False)] if copied.is_inside else []
    carried = _carried(place, entry, copied)
    if carried is not None and carried.is_inside and carried.key != copied.key:
        found.append((carried, True))
    return found


def _carried(place: Place, entry: Entry, copied: Template) -> Template | None:
    if len(entry.pointees) != len(copied.slots):
        return None
    slots: list[Slot] = []
    for slot, original, labels in zip(copied.slots, entry.template.slots, entry.pointees, strict=True):
        sheet = place.sheet if slot.sheet is None else place.index.sheet(slot.sheet)
        if sheet is None or slot.is_open or not any(labels):
            slots.append(slot)
            continue
        row, column = _found(place, entry, sheet, slot, original, labels)
        if min(row, column) < 0:
            return None
        slots.append(slot.at(Cell(row, column)))
    return copied.with_slots(tuple(slots), place.cell)


def _found(
    place: Place, entry: Entry, sheet: SheetIndex, slot: Slot, original: Slot, labels: tuple[Label, Label]
) -> tuple[int, int]:
    """Row and column of the cell of those labels; where the copy points for what labels don't tell.

    A reference along the formula's own row or column, or under its own label, stays along ours.
    """
    row, column = slot.first.row, slot.first.column
    row_label, column_label = labels
    own = sheet is place.sheet
    if own and original.first.row == entry.home.row:
        row = place.cell.row
    elif row_label:
        row = _nearest([cell.row for cell in sheet.labels.get(row_label, ())], row)
    if own and original.first.column == entry.home.column:
        column = place.cell.column
    elif column_label:
        column = _nearest([cell.column for cell in sheet.labels.get(column_label, ())], column)
    return row, column


def _nearest(positions: list[int], to: int) -> int:
    return min(positions, key=lambda position: abs(position - to)) if positions else to
