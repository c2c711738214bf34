"""A neighbour's formula with its references moved together: transposed, unmoved, or by one step.

Where a row of a table reads a column of another (`B2 =Data!H5`, `C2 =Data!H6`), a copy is wrong and one
neighbour does not show the step; these are the steps that people use.
"""

from __future__ import annotations

from collections.abc import Iterator

from cellwright.proposers.model import Place, cited, formula_candidate
from cellwright.proposers.sources import Source, neighbours
from cellwright.proposers.template import Slot
from cellwright.verify.model import Candidate

_KEYS = 2


class Moves:
    """Moves the references of the nearest neighbours by the usual steps other than a copy's."""

    name = "moves"

    def propose(self, place: Place) -> list[Candidate]:
        """A candidate for each nearest neighbour and step."""
        found: list[Candidate] = []
        for source in neighbours(place, _KEYS):
            for step, slots in _moved(source, place):
                if not all(slot.is_inside for slot in slots):
                    continue
                template = source.template.with_slots(slots, place.cell)
                features = {
                    f"move_{step}": 1.0,
                    "move_nearness": 1.0 / source.steps,
                }
                reason = f"As {source.cell.a1}, its references {_WORDS[step]}"
                citation = cited(source.sheet.name, source.cell)
                found.append(formula_candidate(place, template, self.name, reason, (citation,), features))
        return found


_WORDS = {
    "unmoved": "unmoved",
    "transposed": "moved along the other axis",
    "all": "moved with their fixed parts",
    "next_row": "one row further",
    "next_column": "one column further",
    "others": "on other sheets moved along the other axis",
    "own": "on this sheet moved, those on other sheets unmoved",
}


def _moved(source: Source, place: Place) -> Iterator[tuple[str, tuple[Slot, ...]]]:
    rows = place.cell.row - source.cell.row
    columns = place.cell.column - source.cell.column
    slots = source.template.slots
    if not slots:
        return
    yield "unmoved", slots
    yield "transposed", tuple(slot.copied(columns, rows) for slot in slots)
    if any(_is_fixed(slot) for slot in slots):
        yield "all", tuple(slot.shifted(rows, columns) if not slot.is_open else slot for slot in slots)
        yield (
            "transposed",
            tuple(
                slot.shifted(columns, rows) if _is_fixed(slot) else slot.copied(rows, columns)
                for slot in slots
            ),
        )
    elsewhere = [slot.sheet is not None for slot in slots]
    if any(elsewhere) and not all(elsewhere):
        yield (
            "others",
            tuple(s.copied(columns, rows) if s.sheet is not None else s.copied(rows, columns) for s in slots),
        )
        yield "own", tuple(s if s.sheet is not None else s.copied(rows, columns) for s in slots)
    sign = 1 if rows + columns > 0 else -1
    if source.steps > 1:
        yield "next_row", tuple(slot.copied(sign, 0) for slot in slots)
        yield "next_column", tuple(slot.copied(0, sign) for slot in slots)


def _is_fixed(slot: Slot) -> bool:
    return slot.first.is_row_fixed or slot.first.is_column_fixed
