"""Formulas from the same organisation's other workbooks, found by the labels they stand under.

A library of entries is built from snapshots (`entries`); each keeps the formula in a form that can be read at
another place and the words of its labels. `Retrieval` offers those of the nearest labels. Without a library
it says nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from cellwright.proposers.analogy import overlap
from cellwright.proposers.index import index_sheet
from cellwright.proposers.model import Label, Place, formula_candidate, labels_at
from cellwright.proposers.template import Template
from cellwright.verify.model import Candidate
from cellwright.workbook.model import Snapshot

_MOST = 5
_LEAST_FIT = 0.5


@dataclass(frozen=True, slots=True)
class Entry:
    """A formula of another workbook: where it came from, what labels it stood under."""

    workbook: str
    sheet: str
    template: Template
    row_label: Label
    column_label: Label


def entries(snapshot: Snapshot, workbook: str) -> Iterator[Entry]:
    """The distinct formulas of a workbook that stand under labels, one for each formula and label pair."""
    for sheet in snapshot.sheets:
        index = index_sheet(sheet)
        seen: set[object] = set()
        for cell, template in index.templates.items():
            rows = labels_at(index, index.row_labels(cell, 1))
            columns = labels_at(index, index.column_labels(cell, 1))
            row, column = (rows[0] if rows else ()), (columns[0] if columns else ())
            identity = (template.key, row, column)
            if (row or column) and identity not in seen:
                seen.add(identity)
                yield Entry(workbook, sheet.name, template, row, column)


class Retrieval:
    """Offers the formulas of a library whose labels fit the place best."""

    name = "retrieval"

    def __init__(self, library: Iterable[Entry] = ()) -> None:
        self._by_word: dict[str, list[Entry]] = defaultdict(list)
        for entry in library:
            for word in {*entry.row_label, *entry.column_label}:
                self._by_word[word].append(entry)

    def propose(self, place: Place) -> list[Candidate]:
        """The best few by the overlap of labels; sheets they refer to must exist here."""
        row = place.row_labels[0] if place.row_labels else ()
        column = place.column_labels[0] if place.column_labels else ()
        pool = {id(e): e for word in {*row, *column} for e in self._by_word.get(word, ())}
        scored: dict[object, tuple[float, Entry, Template]] = {}
        for entry in pool.values():
            fits = [
                overlap(a, b) for a, b in ((row, entry.row_label), (column, entry.column_label)) if a and b
            ]
            fit = sum(fits) / 2
            template = entry.template.copied(place.cell)
            sheets = {slot.sheet for slot in template.slots if slot.sheet is not None}
            if (
                fit < _LEAST_FIT
                or not template.is_inside
                or any(place.index.sheet(s) is None for s in sheets)
            ):
                continue
            if template.key not in scored or scored[template.key][0] < fit:
                scored[template.key] = (fit, entry, template)
        best = sorted(scored.values(), key=lambda item: -item[0])[:_MOST]
        return [
            formula_candidate(
                place,
                template,
                self.name,
                f"As in {entry.workbook}, {entry.sheet}!{entry.template.home.a1}, under the same labels",
                (),
                {
                    "retrieved": 1.0,
                    "retrieved_fit": fit,
                    "retrieved_same_sheet": float(entry.sheet == place.sheet.name),
                },
            )
            for fit, entry, template in best
        ]
