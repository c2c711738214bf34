"""A neighbour's formula with its references moved, as one piece, onto numbers that nothing uses yet.

`Results!B11` reads `=(Data!F50-Data!F49)/Data!F50`; the next row wants the same of another pair. The
references that are not fixed keep their distances; their first lands on an unused number in the line of the
source's reference, or on one whose row carries the target's label.
"""

from __future__ import annotations

from collections.abc import Iterator

from cellwright.proposers.analogy import overlap
from cellwright.proposers.index import SheetIndex, label_of
from cellwright.proposers.model import Place, cited, formula_candidate
from cellwright.proposers.sources import Source, neighbours
from cellwright.proposers.template import Slot
from cellwright.reference import Cell
from cellwright.verify.model import Candidate

_KEYS = 2
_NEAREST = 3
_LABELLED = 3
_MOST_SLOTS = 10


class Refill:
    """Moves a neighbour's references onto unused numbers."""

    name = "refill"

    def propose(self, place: Place) -> list[Candidate]:
        """A few candidates for each nearest neighbour."""
        found: list[Candidate] = []
        for source in neighbours(place, _KEYS):
            slots = source.template.slots
            if not slots or len(slots) > _MOST_SLOTS:
                continue
            for part, lead in _parts(slots):
                sheet = place.sheet if lead.sheet is None else place.index.sheet(lead.sheet)
                if sheet is None or lead.is_open:
                    continue
                for kind, cell, fit in _landings(place, source, sheet, lead):
                    rows, columns = cell.row - lead.cell.row, cell.column - lead.cell.column
                    moved = tuple(
                        slot.shifted(rows, columns)
                        if i in part
                        else slot.copied(
                            place.cell.row - source.cell.row, place.cell.column - source.cell.column
                        )
                        for i, slot in enumerate(slots)
                    )
                    if not all(slot.is_inside for slot in moved):
                        continue
                    features = {
                        f"refill_{kind}": 1.0,
                        "refill_fit": fit,
                        "refill_near": 1.0 / source.steps,
                        "refill_whole": float(len(part) == len(slots)),
                    }
                    reason = f"As {source.cell.a1}, over {sheet.name}!{cell.a1}{_why(kind)}"
                    citations = [cited(source.sheet.name, source.cell), cited(sheet.name, cell)]
                    template = source.template.with_slots(moved, place.cell)
                    found.append(formula_candidate(place, template, self.name, reason, citations, features))
        return found


def _why(kind: str) -> str:
    place, _ = kind.split("_")
    return {"free": ", which nothing uses yet", "labelled": ", of the same label"}.get(
        place, ", the next one"
    )


def _parts(slots: tuple[Slot, ...]) -> Iterator[tuple[set[int], Slot]]:
    """The slots that move together and their first: those not fixed, else all; then those of one sheet."""
    loose = [
        i for i, slot in enumerate(slots) if not (slot.first.is_row_fixed and slot.first.is_column_fixed)
    ]
    parts = [loose or list(range(len(slots)))]
    for sheet in dict.fromkeys(slot.sheet for slot in slots):
        part = [i for i in parts[0] if slots[i].sheet == sheet]
        if part and part not in parts:
            parts.append(part)
    for part in parts:
        yield set(part), slots[part[0]]


def _landings(
    place: Place, source: Source, sheet: SheetIndex, lead: Slot
) -> Iterator[tuple[str, Cell, float]]:
    wanted = [*place.row_labels[:1], *place.column_labels[:1]]
    row, column = lead.cell
    rows = [r for r in sheet.filled_rows.get(column, ()) if r != row]
    columns = [c for c in sheet.filled_columns.get(row, ()) if c != column]
    lines = (
        ("row", sorted((Cell(r, column) for r in rows), key=lambda c: abs(c.row - row))[:200]),
        ("column", sorted((Cell(row, c) for c in columns), key=lambda c: abs(c.column - column))[:60]),
    )
    for kind, cells in lines:
        labelled: list[tuple[float, Cell]] = []
        free = 0
        for cell in cells:
            if not sheet.is_number(cell):
                continue
            fit = _fit(sheet, cell, wanted, is_row=kind == "row")
            if fit >= 0.3:
                labelled.append((fit, cell))
            if abs(cell.row - row) + abs(cell.column - column) == 1:
                yield f"next_{kind}", cell, fit
            if free < _NEAREST and not place.index.is_referenced(sheet.name, cell):
                free += 1
                yield f"free_{kind}", cell, fit
        labelled.sort(key=lambda pair: -pair[0])
        for fit, cell in labelled[:_LABELLED]:
            yield f"labelled_{kind}", cell, fit


def _fit(sheet: SheetIndex, cell: Cell, wanted: list[tuple[str, ...]], *, is_row: bool) -> float:
    best = 0.0
    label_cells = sheet.row_labels(cell, 2) if is_row else sheet.column_labels(cell, 2)
    for label_cell in label_cells:
        label = label_of(sheet.value(label_cell))
        if label:
            best = max([best, *(overlap(label, other) for other in wanted)])
    return best
