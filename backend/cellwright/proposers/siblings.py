"""The relative formula of a sibling: what a copy and paste from a like place would give."""

from __future__ import annotations

from math import log1p

from cellwright.proposers.model import Place, cited, formula_candidate
from cellwright.proposers.sheet_pairs import with_counterparts
from cellwright.proposers.sources import Relation, Source, sources
from cellwright.reference import Cell, SheetRange
from cellwright.verify.model import Candidate

_LONGEST_RUN = 4
_WORDS = {
    Relation.LEFT: "the formula to the left",
    Relation.RIGHT: "the formula to the right",
    Relation.ABOVE: "the formula above",
    Relation.BELOW: "the formula below",
    Relation.SAME_LABEL: "the row of the same label",
    Relation.SAME_HEADER: "the column of the same header",
    Relation.SIBLING_SHEET: "the same cell of a sibling sheet",
}


class Siblings:
    """Copies the relative formula of each source; of a sibling sheet's also with its sheets exchanged."""

    name = "siblings"

    def propose(self, place: Place) -> list[Candidate]:
        """One candidate a source whose copy stays on the grid."""
        found = []
        names = {name.casefold(): name for name in place.snapshot.sheet_names}
        for source in sources(place):
            template = source.template.copied(place.cell)
            if not template.is_inside:
                continue
            features = {
                f"copy_{source.relation.value}": 1.0,
                "copy_nearness": 1.0 / source.steps,
                "copy_adjacent": float(source.steps == 1),
                "copy_run": _run(place, source) / _LONGEST_RUN,
                "copy_calculated": float(_is_calculated(source)),
                "copy_opposite": float(_is_opposite(place, source)),
                "copy_spread": min(log1p(len(source.sheet.copies[source.template.key])), 4.0) / 4.0,
            }
            found.append(
                formula_candidate(place, template, self.name, _reason(source), [_citation(source)], features)
            )
            if source.relation is Relation.SIBLING_SHEET:
                paired = with_counterparts(template, place.sheet.name, source.sheet.name, names)
                if paired is not None:
                    features = features | {"copy_counterpart": 1.0}
                    reason = f"{_reason(source)}, over the sheets that belong to this one"
                    found.append(
                        formula_candidate(place, paired, self.name, reason, [_citation(source)], features)
                    )
        return found


def _run(place: Place, source: Source) -> int:
    """How many copies of an adjacent formula lie in line from the place away, 0 for one alone, at most 4."""
    if source.steps != 1 or source.sheet is not place.sheet:
        return 0
    rows, columns = source.cell.row - place.cell.row, source.cell.column - place.cell.column
    key = source.template.key
    length = 0
    for distance in range(2, _LONGEST_RUN + 2):
        row, column = place.cell.row + rows * distance, place.cell.column + columns * distance
        other = place.sheet.templates.get(Cell(row, column)) if row >= 0 and column >= 0 else None
        if other is None or other.key != key:
            break
        length += 1
    return length


def _is_calculated(source: Source) -> bool:
    """Whether an adjacent formula reads only its own row (in a column) or its own column (in a row)."""
    if source.steps != 1:
        return False
    loose = [
        slot
        for slot in source.template.slots
        if slot.sheet is None and not slot.is_fixed and slot.last is None
    ]
    if source.relation in (Relation.ABOVE, Relation.BELOW):
        return bool(loose) and all(slot.first.row == source.cell.row for slot in loose)
    if source.relation in (Relation.LEFT, Relation.RIGHT):
        return bool(loose) and all(slot.first.column == source.cell.column for slot in loose)
    return False


def _is_opposite(place: Place, source: Source) -> bool:
    """Whether the cell on the other side of the place holds the same formula."""
    if source.steps != 1 or source.sheet is not place.sheet:
        return False
    row, column = 2 * place.cell.row - source.cell.row, 2 * place.cell.column - source.cell.column
    other = place.sheet.templates.get(Cell(row, column)) if row >= 0 and column >= 0 else None
    return other is not None and other.key == source.template.key


def _reason(source: Source) -> str:
    where = (
        f"{source.sheet.name}!{source.cell.a1}"
        if source.relation is Relation.SIBLING_SHEET
        else source.cell.a1
    )
    return f"Copies {_WORDS[source.relation]} ({where})"


def _citation(source: Source) -> SheetRange:
    return cited(source.sheet.name, source.cell)
