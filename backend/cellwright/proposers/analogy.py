"""A sibling's formula with its references carried over by labels instead of by position.

A reference is explained by the source's labels where the label of its row (or column) is the label of the
source's row, column or sheet. At the target the same kind of label names another row (or column) of the same
sheet: that is where the reference goes. What no label explains is copied, or stays where it is.
"""

from __future__ import annotations

from collections.abc import Iterable

from cellwright.proposers.index import SheetIndex, label_of, label_words
from cellwright.proposers.model import Label, Place, cited, formula_candidate, labels_at
from cellwright.proposers.sources import Source, sources
from cellwright.proposers.template import Slot, Template
from cellwright.reference import Cell
from cellwright.verify.model import Candidate

_LEAST_OVERLAP = 0.5
_MOST_SLOTS = 12


class Analogy:
    """Carries references over by labels."""

    name = "analogy"

    def propose(self, place: Place) -> list[Candidate]:
        """At most two candidates a source."""
        found: list[Candidate] = []
        names = _Names(place.row_labels, place.column_labels, place.sheet_label)
        for source in sources(place):
            template = source.template
            if not template.slots or len(template.slots) > _MOST_SLOTS:
                continue
            theirs = _Names(
                labels_at(source.sheet, source.sheet.row_labels(source.cell)),
                labels_at(source.sheet, source.sheet.column_labels(source.cell)),
                label_words(source.sheet.name),
            )
            for rest in ("copied", "stays"):
                mapped = _carry(place, source, theirs, names, rest)
                if mapped is None:
                    continue
                carried, quality = mapped
                features = {
                    "analogy": quality,
                    f"analogy_{rest}": 1.0,
                    f"analogy_{source.relation.value}": 1.0,
                    "analogy_nearness": 1.0 / source.steps,
                }
                reason = f"As {source.sheet.name}!{source.cell.a1}, its references found by their labels"
                found.append(
                    formula_candidate(
                        place, carried, self.name, reason, (cited(source.sheet.name, source.cell),), features
                    )
                )
        return found


class _Names:
    """The labels that name a place: of its row, its column and its sheet."""

    def __init__(self, rows: list[Label], columns: list[Label], sheet: Label) -> None:
        self.kinds: tuple[list[Label], ...] = (rows, columns, [sheet])


def _carry(
    place: Place, source: Source, theirs: _Names, ours: _Names, rest: str
) -> tuple[Template, float] | None:
    rows = place.cell.row - source.cell.row
    columns = place.cell.column - source.cell.column
    slots: list[Slot] = []
    worst, explained = 1.0, False
    for slot in source.template.slots:
        copied = slot.copied(rows, columns) if rest == "copied" else slot
        sheet = source.sheet if slot.sheet is None else place.index.sheet(slot.sheet)
        if sheet is None or slot.is_open:
            slots.append(copied)
            continue
        here = place.sheet if slot.sheet is None else sheet
        cell = slot.cell
        row = (
            None
            if slot.first.is_row_fixed and slot.last
            else _find(sheet, here, sheet.row_labels(cell), theirs, ours, is_row=True)
        )
        column = (
            None
            if slot.first.is_column_fixed and slot.last
            else _find(sheet, here, sheet.column_labels(cell), theirs, ours, is_row=False)
        )
        to_row, to_column = copied.first.row, copied.first.column
        if row is not None:
            to_row, worst, explained = row[0], min(worst, row[1]), True
        if column is not None:
            to_column, worst, explained = column[0], min(worst, column[1]), True
        if to_row < 0 or to_column < 0:
            return None
        moved = slot.at(Cell(to_row, to_column))
        if not moved.is_inside:
            return None
        slots.append(moved)
    if not explained:
        return None
    return source.template.with_slots(tuple(slots), place.cell), worst


def _find(
    sheet: SheetIndex,
    here: SheetIndex,
    label_cells: Iterable[Cell],
    theirs: _Names,
    ours: _Names,
    *,
    is_row: bool,
) -> tuple[int, float] | None:
    """Where the row (or column) of a reference goes, and how well its label fits; None: labels don't tell."""
    for label_cell in label_cells:
        label = label_of(sheet.value(label_cell))
        if not label:
            continue
        for kind, (their_labels, our_labels) in enumerate(zip(theirs.kinds, ours.kinds, strict=True)):
            for their, our in zip(their_labels, our_labels, strict=False):
                fit = (
                    1.0 if their == label else (overlap(their, label) if kind != 2 else _inside(label, their))
                )
                if fit < _LEAST_OVERLAP:
                    continue
                if their == our:
                    return (label_cell.row if is_row else label_cell.column), fit
                line = label_cell.column if is_row else label_cell.row
                best = _best(here, our, line, label_cell, is_row=is_row, contained=kind == 2)
                if best is not None:
                    return best[0], min(fit, best[1])
    return None


def _best(
    sheet: SheetIndex, wanted: Label, line: int, near: Cell, *, is_row: bool, contained: bool
) -> tuple[int, float] | None:
    exact = [
        (c.row if is_row else c.column)
        for c in sheet.labels.get(wanted, [])
        if (c.column if is_row else c.row) == line
    ]
    at = near.row if is_row else near.column
    if exact:
        return min(exact, key=lambda position: abs(position - at)), 1.0
    found: tuple[int, float] | None = None
    positions = sheet.filled_rows.get(line, []) if is_row else sheet.filled_columns.get(line, [])
    for position in positions:
        cell = Cell(position, line) if is_row else Cell(line, position)
        value = sheet.value(cell)
        if not isinstance(value, str):
            continue
        label = label_of(value)
        if not label:
            continue
        fit = _inside(label, wanted) if contained else overlap(label, wanted)
        if fit >= _LEAST_OVERLAP and (
            found is None or (fit, -abs(position - at)) > (found[1], -abs(found[0] - at))
        ):
            found = (position, fit)
    return found


def overlap(a: Label, b: Label) -> float:
    """The share of common words in all words of two labels (Jaccard)."""
    one, two = set(a), set(b)
    return len(one & two) / len(one | two)


def _inside(label: Label, name: Label) -> float:
    """The share of a label's words that a longer name holds."""
    return len(set(label) & set(name)) / len(set(label))
