"""Small arithmetic over the nearest numbers: ratio, product, difference, growth, share, running total."""

from __future__ import annotations

from collections.abc import Iterator

from cellwright.proposers.model import Label, Place, cell_slot, cited, formula_candidate
from cellwright.proposers.template import Slot, Template
from cellwright.reference import Cell
from cellwright.verify.model import Candidate

_WORDS = {
    "ratio": {
        "ratio",
        "per",
        "rate",
        "share",
        "fraction",
        "percent",
        "percentage",
        "perc",
        "average",
        "factor",
        "unit",
    },
    "product": {"cost", "amount", "total", "revenue", "price", "value", "product", "energy", "emissions"},
    "difference": {
        "difference",
        "change",
        "net",
        "profit",
        "margin",
        "delta",
        "variance",
        "remaining",
        "balance",
        "loss",
        "incremental",
    },
    "sum": {"total", "sum"},
    "growth": {"growth", "change", "increase", "decrease", "yoy", "cagr"},
    "share": {"share", "fraction", "percent", "percentage", "perc", "proportion", "pct"},
    "complement": {"remaining", "other", "rest", "complement", "non", "not"},
    "inverse": {"inverse", "reciprocal", "per"},
    "running": {"cumulative", "running", "balance", "ytd", "accumulated"},
}
_NEAREST = 4
_AROUND = 12


class Pairs:
    """Offers small arithmetic over the nearest numbers above and to the left."""

    name = "pairs"

    def propose(self, place: Place) -> list[Candidate]:
        """Operations over pairs of the nearest numbers, both orders where they differ."""
        if place.sheet.templates.get(place.cell) is not None:
            return []
        labels: list[Label] = [*place.row_labels[:1], *place.column_labels[:1]]
        said = {kind for kind, words in _WORDS.items() if any(words.intersection(label) for label in labels)}
        found = []
        for axis, kind, skeleton, cells, gap in _formulas(place):
            slots = tuple(cell if isinstance(cell, Slot) else cell_slot(None, cell) for cell in cells)
            template = Template(skeleton, slots, place.cell)
            unused = [not place.index.is_referenced(place.sheet.name, slot.cell) for slot in slots]
            features = {
                f"pair_{kind}": 1.0,
                f"pair_{axis}": 1.0,
                "pair_said": float(kind in said),
                "pair_unused": sum(unused) / len(unused),
                "pair_gap": float(gap),
            }
            reason = f"{_DONE[kind]} of {' and '.join(dict.fromkeys(slot.text for slot in slots))}"
            citations = [cited(place.sheet.name, slot.cell) for slot in slots]
            found.append(formula_candidate(place, template, self.name, reason, citations, features))
        return found


_DONE = {
    "ratio": "The ratio",
    "product": "The product",
    "difference": "The difference",
    "sum": "The sum",
    "growth": "The growth",
    "share": "The share",
    "complement": "The complement to 1",
    "inverse": "The inverse",
    "running": "The running total",
}


def _formulas(place: Place) -> Iterator[tuple[str, str, tuple[str, ...], tuple[Cell | Slot, ...], int]]:
    for axis in ("column", "row"):
        near = _numbers(place, axis)
        for i, b in enumerate(near):
            for j, a in enumerate(near[i + 1 :], start=i + 1):
                gap = i + j - 1
                yield axis, "ratio", ("=", "/", ""), (a, b), gap
                yield axis, "ratio", ("=", "/", ""), (b, a), gap
                yield axis, "product", ("=", "*", ""), (a, b), gap
                yield axis, "difference", ("=", "-", ""), (a, b), gap
                yield axis, "difference", ("=", "-", ""), (b, a), gap
                yield axis, "sum", ("=", "+", ""), (a, b), gap
                if gap == 0:
                    yield axis, "growth", ("=(", "-", ")/", ""), (b, a, a), gap
                    yield axis, "growth", ("=", "/", "-1"), (b, a), gap
        if len(near) >= 3:
            c, b, a = near[:3]
            yield axis, "product", ("=", "*", "*", ""), (a, b, c), 0
            yield axis, "ratio", ("=", "*", "/", ""), (a, b, c), 0
            yield axis, "ratio", ("=", "/", "*", ""), (a, b, c), 0
        if near:
            yield axis, "inverse", ("=1/", ""), (near[0],), 0
            yield axis, "complement", ("=1-", ""), (near[0],), 0
    yield from _running(place)
    yield from _shares(place)
    yield from _unused(place)


def _running(place: Place) -> Iterator[tuple[str, str, tuple[str, ...], tuple[Cell | Slot, ...], int]]:
    """Value above plus value to the left, and the other way round."""
    sheet, (row, column) = place.sheet, place.cell
    if not row or not column:
        return
    above, left = Cell(row - 1, column), Cell(row, column - 1)
    if sheet.is_number(above) and sheet.is_number(left):
        yield "column", "running", ("=", "+", ""), (above, left), 0
        yield "row", "running", ("=", "+", ""), (left, above), 0


def _shares(place: Place) -> Iterator[tuple[str, str, tuple[str, ...], tuple[Cell | Slot, ...], int]]:
    """The number to the left over the total under it, with the total's row fixed, and its mirror."""
    sheet, (row, column) = place.sheet, place.cell
    if column and sheet.is_number(Cell(row, column - 1)):
        rows = [r for r in sheet.formula_rows.get(column - 1, ()) if row < r <= row + 200]
        totals = [
            r for r in rows if sheet.templates[Cell(r, column - 1)].skeleton[0].upper().startswith("=SUM(")
        ]
        if totals:
            fixed = cell_slot(None, Cell(totals[0], column - 1), row_fixed=True)
            both = cell_slot(None, Cell(totals[0], column - 1), row_fixed=True, column_fixed=True)
            for total in (fixed, both):
                yield "row", "share", ("=", "/", ""), (Cell(row, column - 1), total), 0


def _unused(place: Place) -> Iterator[tuple[str, str, tuple[str, ...], tuple[Cell | Slot, ...], int]]:
    """Products and ratios of the nearest numbers of the sheet that nothing uses yet, wherever they stand."""
    sheet, (row, column) = place.sheet, place.cell
    near = []
    for at_row in range(max(0, row - _AROUND), row + 3):
        for at_column in sheet.filled_columns.get(at_row, ()):
            cell = Cell(at_row, at_column)
            if (
                cell != place.cell
                and abs(at_column - column) <= _AROUND
                and sheet.is_number(cell)
                and not place.index.is_referenced(sheet.name, cell)
            ):
                near.append(cell)
    near.sort(
        key=lambda cell: (
            cell.row == row or cell.column == column,
            abs(cell.row - row) + abs(cell.column - column),
        )
    )
    for i, a in enumerate(near[:_NEAREST]):
        for b in near[i + 1 : _NEAREST]:
            for one, two in ((a, b), (b, a)):
                yield "unused", "product", ("=", "*", ""), (one, two), 0
                yield "unused", "ratio", ("=", "/", ""), (one, two), 0


def _numbers(place: Place, axis: str) -> list[Cell]:
    """The nearest numbers above (axis column) or to the left (axis row), nearest first, near gaps allowed."""
    sheet, (row, column) = place.sheet, place.cell
    if axis == "column":
        cells = [Cell(r, column) for r in range(row - 1, max(-1, row - 9), -1)]
    else:
        cells = [Cell(row, c) for c in range(column - 1, max(-1, column - 9), -1)]
    return [cell for cell in cells if sheet.is_number(cell)][:_NEAREST]
