"""A total over another sheet: of the row with the target's label, of the group under that label as a heading,
or of the whole column under the target's header.

Ranges are runs of numbers, found by labels alone. The function is the one that the labels ask for, else SUM
(AVERAGE too for a row). Not covered: conditions (SUMIF), runs with gaps.
"""

from __future__ import annotations

from collections.abc import Iterator

from cellwright.proposers.index import SheetIndex
from cellwright.proposers.model import Place, formula_candidate
from cellwright.proposers.template import Corner, Slot, Template
from cellwright.reference import Cell, Range, SheetRange
from cellwright.verify.model import Candidate

_MOST_LABEL_CELLS = 6
_MOST_HEADERS = 4
_MOST_A_SHEET = 12
_LEAST_RUN = 2
_REACH = 2000


class CrossTotals:
    """Offers aggregates over the rows, groups and columns of other sheets that carry the target's labels."""

    name = "crosstotals"

    def propose(self, place: Place) -> list[Candidate]:
        """Relative and fixed ranges; nothing where the target's own sheet has what is asked for."""
        if place.sheet.is_filled(place.cell):
            return []
        said = place.said
        found: list[Candidate] = []
        for sheet in place.index.sheets():
            if sheet is place.sheet:
                continue
            seen: set[Range] = set()
            for kind, block in _blocks(place, sheet):
                if block in seen or len(seen) >= _MOST_A_SHEET:
                    continue
                seen.add(block)
                for function in sorted(said) or (("SUM", "AVERAGE") if kind == "row" else ("SUM",)):
                    features = {
                        f"crosstotal_{kind}": 1.0,
                        "total_said": float(function in said),
                        "total_sum": float(function == "SUM"),
                        "total_size": min(block.size, 20) / 20,
                    }
                    for is_fixed in (False, True):
                        template = _aggregate(place, sheet.name, function, block, is_fixed)
                        reason = f"{function} of {sheet.name}!{block.a1}, under the same label"
                        features = features | {"cross_fixed": float(is_fixed)}
                        citation = SheetRange(sheet.name, block)
                        found.append(
                            formula_candidate(place, template, self.name, reason, (citation,), features)
                        )
        return found


def _aggregate(place: Place, sheet: str, function: str, block: Range, is_fixed: bool) -> Template:
    first, last = (Corner(c.row, c.column, is_fixed, is_fixed) for c in (block.first, block.last))
    return Template((f"={function}(", ")"), (Slot(sheet, first, last),), place.cell)


def _blocks(place: Place, sheet: SheetIndex) -> Iterator[tuple[str, Range]]:
    """(kind, range) by the target's labels on another sheet."""
    columns = list(_header_columns(place, sheet))
    for label in place.row_labels[:2]:
        for cell in sheet.labels.get(label, [])[:_MOST_LABEL_CELLS]:
            run = _row_run(sheet, cell)
            if run is not None:
                yield "row", run
                continue
            for column in columns or [cell.column + 1]:
                group = _column_run(sheet, Cell(cell.row + 1, column))
                if group is not None:
                    yield "group", group
    for label in place.column_labels[:1]:
        for cell in sheet.labels.get(label, [])[:_MOST_LABEL_CELLS]:
            below = _column_run(sheet, Cell(cell.row + 1, cell.column))
            if below is not None:
                yield "column", below


def _header_columns(place: Place, sheet: SheetIndex) -> Iterator[int]:
    for label in place.column_labels[:1]:
        yield from dict.fromkeys(cell.column for cell in sheet.labels.get(label, [])[:_MOST_HEADERS])


def _row_run(sheet: SheetIndex, label: Cell) -> Range | None:
    """The numbers right of a label, at most one column away."""
    for start in (label.column + 1, label.column + 2):
        column = start
        while column - start < _REACH and sheet.is_number(Cell(label.row, column)):
            column += 1
        if column - start >= _LEAST_RUN:
            return Range(label.row, start, label.row, column - 1)
    return None


def _column_run(sheet: SheetIndex, start: Cell) -> Range | None:
    """The numbers from a cell downwards."""
    row = start.row
    while row - start.row < _REACH and sheet.is_number(Cell(row, start.column)):
        row += 1
    if row - start.row < _LEAST_RUN:
        return None
    return Range(start.row, start.column, row - 1, start.column)
