"""Two operands put together: numbers beside the place, cells of other sheets under its labels, usual factors.

The shapes are the two-reference shapes that the workbook uses most, and products and ratios; a part over its
total (`C5/SUM(C$5:C$9)`) is offered for each operand that stands in a run of numbers. Every operand comes
with a reason of its own (next to the place, or the same label), so the search stays small. Not covered: three
operands or more, conditions.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import permutations

from cellwright.proposers.crossref import labelled
from cellwright.proposers.index import SheetIndex
from cellwright.proposers.model import Place, cell_slot, cited, formula_candidate
from cellwright.proposers.template import Corner, Slot, Template
from cellwright.reference import Cell, Range
from cellwright.verify.model import Candidate

_OWN = 2
_OTHERS = 4
_FACTORS = 2
_PAIRS = 14
_USUAL = 3
_PRODUCT, _RATIO = ("=", "*", ""), ("=", "/", "")
_REACH = 200


@dataclass(frozen=True)
class _Operand:
    """One reference, the sheet it is on, how it was found and how well it fits, 0 to 1."""

    sheet: SheetIndex
    slot: Slot
    kind: str
    fit: float


class Composed:
    """Offers two-operand formulas and parts of totals over operands with a reason."""

    name = "composed"

    def propose(self, place: Place) -> list[Candidate]:
        """The likeliest pairs in every shape; nothing where a formula stands already."""
        if place.sheet.templates.get(place.cell) is not None:
            return []
        operands = list(_operands(place))
        pairs = [
            (one, two)
            for one, two in permutations(operands, 2)
            if not (one.kind == two.kind == "own") and one.slot != two.slot and one.kind != "factor"
        ]
        pairs.sort(key=lambda pair: -pair[0].fit - pair[1].fit)
        shapes = _shapes(place)
        found: list[Candidate] = []
        for one, two in pairs[:_PAIRS]:
            for shape, usual in shapes:
                template = Template(shape, (one.slot, two.slot), place.cell)
                features = {
                    "composed_pair": 1.0,
                    f"composed_{one.kind}_{two.kind}": 1.0,
                    "composed_fit": (one.fit + two.fit) / 2,
                    "composed_usual": usual,
                }
                reason = f"Combines {one.slot.text} and {two.slot.text}, as other formulas here do"
                citations = [cited(o.sheet.name, o.slot.cell) for o in (one, two)]
                found.append(formula_candidate(place, template, self.name, reason, citations, features))
        for operand in operands:
            if operand.kind != "factor":
                found += self._shares(place, operand)
        return found

    def _shares(self, place: Place, operand: _Operand) -> Iterator[Candidate]:
        for line, block in _runs(operand.sheet, operand.slot.cell):
            for is_fixed in (False, True):
                total = _block(operand.slot.sheet, block, line, is_fixed)
                template = Template(("=", "/SUM(", ")"), (operand.slot, total), place.cell)
                features = {
                    "composed_share": 1.0,
                    f"composed_share_{line}": 1.0,
                    f"composed_share_{operand.kind}": 1.0,
                    "composed_fixed": float(is_fixed),
                    "composed_fit": operand.fit,
                }
                reason = f"The part that {operand.slot.text} is of {total.text}"
                citation = cited(operand.sheet.name, operand.slot.cell)
                yield formula_candidate(place, template, self.name, reason, [citation], features)


def _operands(place: Place) -> Iterator[_Operand]:
    sheet, (row, column) = place.sheet, place.cell
    near = [Cell(row, c) for c in reversed(sheet.filled_columns.get(row, ())) if c < column]
    above = [Cell(r, column) for r in reversed(sheet.filled_rows.get(column, ())) if r < row]
    for cells in (near, above):
        numbers = [cell for cell in cells[:6] if sheet.is_number(cell)][:_OWN]
        for number, cell in enumerate(numbers):
            yield _Operand(sheet, cell_slot(None, cell), "own", 0.6 - 0.2 * number)
    others: list[_Operand] = []
    for other in place.index.sheets():
        if other is sheet:
            continue
        for cell, fit in labelled(place, other)[:_OTHERS]:
            others.append(_Operand(other, cell_slot(other.name, cell), "other", fit))
    others.sort(key=lambda operand: -operand.fit)
    yield from others[:_OTHERS]
    yield from _factors(place)


def _factors(place: Place) -> Iterator[_Operand]:
    """The single cells that formulas of the sheet refer to as fixed, most used first."""
    counts: dict[Slot, int] = {}
    for cells in place.sheet.copies.values():
        for slot in place.sheet.templates[cells[0]].slots:
            if slot.last is None and slot.first.is_row_fixed and slot.first.is_column_fixed:
                counts[slot] = counts.get(slot, 0) + 1
    for slot in sorted(counts, key=lambda slot: -counts[slot])[:_FACTORS]:
        sheet = place.sheet if slot.sheet is None else place.index.sheet(slot.sheet)
        if sheet is not None and sheet.is_number(slot.cell):
            yield _Operand(sheet, slot, "factor", min(1.0, 0.4 + counts[slot] / 10))


def _shapes(place: Place) -> list[tuple[tuple[str, ...], float]]:
    """Shapes of two references with the share of the workbook's formulas that have them."""
    habits = place.index.habits
    usual = [shape for shape, _ in habits.shapes.most_common(40) if len(shape) == 3][:_USUAL]
    total = max(1, habits.formulas)
    shapes = dict.fromkeys((*usual, _PRODUCT, _RATIO))
    return [(shape, habits.shapes[shape] / total) for shape in shapes if ":" not in shape]


def _runs(sheet: SheetIndex, cell: Cell) -> Iterator[tuple[str, Range]]:
    """The unbroken numbers round a cell in its column and in its row, where there are at least two."""
    for line, (rows, columns) in (("column", (1, 0)), ("row", (0, 1))):
        ends = []
        for sign in (-1, 1):
            at = cell
            for _ in range(_REACH):
                row, column = at.row + sign * rows, at.column + sign * columns
                if row < 0 or column < 0 or not sheet.is_number(Cell(row, column)):
                    break
                at = Cell(row, column)
            ends.append(at)
        if ends[0] != ends[1]:
            yield line, Range(ends[0].row, ends[0].column, ends[1].row, ends[1].column)


def _block(sheet: str | None, block: Range, line: str, is_fixed: bool) -> Slot:
    """A run as a reference; fixed along its line, so that copies keep to the same total."""
    rows, columns = (is_fixed and line == "column"), (is_fixed and line == "row")
    return Slot(
        sheet,
        Corner(block.top, block.left, rows, columns),
        Corner(block.bottom, block.right, rows, columns),
    )
