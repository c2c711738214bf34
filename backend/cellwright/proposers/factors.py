"""A number times or over a factor: a conversion that the workbook does elsewhere, done here.

Numbers: the cells of other sheets that carry the target's labels, the nearest cells in its row and column and
what nothing uses yet. Factors: the constants that the workbook's formulas put behind one reference (`*10^3`,
`/1000`), and the cells that its formulas multiply by or divide by most. Own sheet before the others.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import islice
from weakref import WeakKeyDictionary

from cellwright.proposers.crossref import labelled
from cellwright.proposers.index import SheetIndex
from cellwright.proposers.model import Place, cell_slot, cited, formula_candidate
from cellwright.proposers.template import Slot, Template
from cellwright.reference import Cell, SheetRange
from cellwright.verify.model import Candidate

_MOST_FORMULAS = 400
_MOST_TAILS = 3
_MOST_FACTORS = 3
_MOST_FOREIGN = 3
_OWN = 5
"""What a conversion of the place's own sheet counts beside one of another."""
_CONSTANT = frozenset("0123456789.^*/()%-+")


class Factors:
    """Converts numbers as the workbook does elsewhere."""

    name = "factors"

    def propose(self, place: Place) -> list[Candidate]:
        """Each number with each factor."""
        if place.sheet.is_filled(place.cell):
            return []
        tails, cells = _usual(place)
        if not tails and not cells:
            return []
        found: list[Candidate] = []
        for kind, fit, slot in _numbers(place):
            features = {f"factor_of_{kind}": 1.0, "factor_fit": fit}
            for tail, share in tails:
                template = Template(("=", tail), (slot,), place.cell)
                said = features | {"factor_constant": 1.0, "factor_share": share}
                reason = f"Converts {slot.text} as other formulas do"
                citations = [_cited(place, slot)]
                found.append(formula_candidate(place, template, self.name, reason, citations, said))
            for factor, sign, share in cells:
                if factor.sheet == slot.sheet and factor.cell == slot.cell:
                    continue
                template = Template(("=", sign, ""), (slot, factor), place.cell)
                said = features | {"factor_cell": 1.0, "factor_share": share}
                reason = f"Converts {slot.text} by {factor.text}, as other formulas do"
                citations = [_cited(place, slot), _cited(place, factor)]
                found.append(formula_candidate(place, template, self.name, reason, citations, said))
        return found


def _cited(place: Place, slot: Slot) -> SheetRange:
    return cited(slot.sheet or place.sheet.name, slot.cell)


class Conversions:
    """The constants behind single references and the factor cells of one sheet's formulas, counted."""

    def __init__(self, sheet: SheetIndex) -> None:
        self.tails: Counter[str] = Counter()
        self.cells: Counter[tuple[Slot, str]] = Counter()
        step = max(1, len(sheet.copies) // _MOST_FORMULAS)
        for places in islice(sheet.copies.values(), 0, None, step):
            template = sheet.templates[places[0]]
            skeleton, slots = template.skeleton, template.slots
            tail = skeleton[-1]
            if len(slots) == 1 and slots[0].last is None and skeleton[0] == "=" and len(tail) > 1:
                self.tails[tail] += tail[0] in "*/" and _CONSTANT.issuperset(tail)
            for sign, slot in zip(skeleton[1:], slots[1:], strict=False):
                is_factor = sign in {"*", "/"} and slot.last is None and not slot.is_open
                if is_factor and (slot.is_fixed or slot.sheet is not None):
                    self.cells[Slot(slot.sheet or sheet.name, slot.first), sign] += 1


_KEPT: WeakKeyDictionary[SheetIndex, Conversions] = WeakKeyDictionary()


def _conversions(sheet: SheetIndex) -> Conversions:
    kept = _KEPT.get(sheet)
    if kept is None:
        kept = Conversions(sheet)
        _KEPT[sheet] = kept
    return kept


def _usual(place: Place) -> tuple[list[tuple[str, float]], list[tuple[Slot, str, float]]]:
    """The likeliest constants and factor cells, each with its share of the workbook's conversions."""
    tails: Counter[str] = Counter()
    cells: Counter[tuple[Slot, str]] = Counter()
    for sheet in place.index.sheets():
        one = _conversions(sheet)
        for _ in range(_OWN if sheet is place.sheet else 1):
            tails.update(one.tails)
            cells.update(one.cells)
    all_ = max(1, tails.total() + cells.total())
    own = place.sheet.name
    return (
        [(tail, count / all_) for tail, count in tails.most_common(_MOST_TAILS) if count],
        [
            (Slot(None if slot.sheet == own else slot.sheet, slot.first), sign, count / all_)
            for (slot, sign), count in cells.most_common(_MOST_FACTORS)
        ],
    )


def _numbers(place: Place) -> Iterator[tuple[str, float, Slot]]:
    sheet, (row, column) = place.sheet, place.cell
    if column and sheet.is_number(Cell(row, column - 1)):
        yield "left", 1.0, cell_slot(None, Cell(row, column - 1))
    if row and sheet.is_number(Cell(row - 1, column)):
        yield "above", 1.0, cell_slot(None, Cell(row - 1, column))
    best = sorted(
        (
            (-features["cross_fit"], number, other.name, cell)
            for number, other in enumerate(place.index.sheets())
            if other is not place.sheet
            for cell, features in labelled(place, other)[:_MOST_FOREIGN]
        ),
    )
    for fit, _, name, cell in best[:_MOST_FOREIGN]:
        yield "labels", -fit, cell_slot(name, cell)
