"""Looking a row's key up in another table: INDEX/MATCH, VLOOKUP or XLOOKUP, as the workbook is used to.

The key is a label of the target's row; a table elsewhere has a column that holds it, and one under the
target's header. Several rows of the target's column must find their keys there: a chance word is no key.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator

from cellwright.proposers.index import SheetIndex, label_of
from cellwright.proposers.model import Place, formula_candidate
from cellwright.proposers.template import Corner, Slot, Template
from cellwright.reference import Cell, Range, SheetRange
from cellwright.verify.model import Candidate

_STYLES = ("XLOOKUP(", "VLOOKUP(", "INDEX(")
_NEIGHBOURS = 6
_LEAST_SHARED = 0.5


class Lookup:
    """Offers the lookup of the row's key under the column's header in another table."""

    name = "lookup"

    def propose(self, place: Place) -> list[Candidate]:
        """One candidate for each table found, in the workbook's own style of lookup."""
        if not place.column_labels or place.sheet.templates.get(place.cell) is not None:
            return []
        style, habit = _style(place)
        found: list[Candidate] = []
        keys = place.sheet.row_labels(place.cell, 3)
        for key in keys:
            for sheet, keys_range, values_range, shared in _tables(place, key):
                template = _write(style, place, key, sheet, keys_range, values_range)
                features = {"lookup": 1.0, "lookup_shared": shared, "lookup_habit": habit}
                where = f"{sheet.name}!{values_range.a1}"
                reason = f"Looks {key.a1} up in {sheet.name}!{keys_range.a1} and takes its value of {where}"
                citations = [SheetRange(sheet.name, keys_range), SheetRange(sheet.name, values_range)]
                found.append(formula_candidate(place, template, self.name, reason, citations, features))
        return found


def _style(place: Place) -> tuple[str, float]:
    """The lookup function that the workbook uses most, and how usual lookups are in it, 0 to 1."""
    counts = dict.fromkeys(_STYLES, 0)
    for shape, count in place.index.habits.shapes.items():
        text = "".join(shape).upper()
        for style in _STYLES:
            if style in text and (style != "INDEX(" or "MATCH(" in text):
                counts[style] += count
    best = max(_STYLES, key=lambda style: counts[style])
    if not counts[best]:
        return "INDEX(", 0.0
    return best, min(1.0, counts[best] / max(1, place.index.habits.formulas) * 5)


def _tables(place: Place, key: Cell) -> Iterator[tuple[SheetIndex, Range, Range, float]]:
    label = label_of(place.sheet.value(key))
    header = place.column_labels[0]
    if not label:
        return
    for sheet in place.index.sheets():
        for head in sheet.labels.get(header, ())[:20]:
            if sheet is place.sheet and abs(head.column - place.cell.column) <= 1:
                continue
            for at in sheet.labels.get(label, ())[:20]:
                if at.row <= head.row or at.column == head.column:
                    continue
                if sheet is place.sheet and at.row == place.cell.row:
                    continue
                top, bottom = _extent(sheet, at, head.row)
                if bottom - top < 2 or not sheet.is_filled(Cell(at.row, head.column)):
                    continue
                shared = _shared(place, key, sheet, at.column)
                if shared >= _LEAST_SHARED:
                    keys = Range(top, at.column, bottom, at.column)
                    yield sheet, keys, Range(top, head.column, bottom, head.column), shared


def _extent(sheet: SheetIndex, at: Cell, head: int) -> tuple[int, int]:
    """The unbroken run of filled cells of a key column below its header row."""
    rows = sheet.filled_rows[at.column]
    position = bisect_left(rows, at.row)
    first = last = position
    while first > 0 and rows[first - 1] == rows[first] - 1 and rows[first - 1] > head:
        first -= 1
    while last + 1 < len(rows) and rows[last + 1] == rows[last] + 1:
        last += 1
    return rows[first], rows[last]


def _shared(place: Place, key: Cell, sheet: SheetIndex, column: int) -> float:
    """The share of the nearest keys of the target's column that the other column holds too."""
    rows = place.sheet.filled_rows.get(key.column, [])
    position = bisect_right(rows, key.row)
    near = [Cell(r, key.column) for r in rows[max(0, position - 2) : position + _NEIGHBOURS]]
    labels = [label for cell in near if (label := label_of(place.sheet.value(cell)))]
    if len(labels) < 2:
        return 0.0
    held = sum(any(c.column == column for c in sheet.labels.get(label, ())) for label in labels)
    return held / len(labels)


def _write(style: str, place: Place, key: Cell, sheet: SheetIndex, keys: Range, values: Range) -> Template:
    name = None if sheet is place.sheet else sheet.name
    wanted = Slot(None, Corner(key.row, key.column, False, True))
    key_slot, value_slot = _fixed(name, keys), _fixed(name, values)
    if style == "XLOOKUP(":
        return Template(("=XLOOKUP(", ",", ",", ")"), (wanted, key_slot, value_slot), place.cell)
    if style == "VLOOKUP(" and values.left > keys.left:
        area = _fixed(name, Range(keys.top, keys.left, keys.bottom, values.left))
        nth = values.left - keys.left + 1
        return Template(("=VLOOKUP(", ",", f",{nth},FALSE)"), (wanted, area), place.cell)
    return Template(("=INDEX(", ",MATCH(", ",", ",0))"), (value_slot, wanted, key_slot), place.cell)


def _fixed(sheet: str | None, area: Range) -> Slot:
    return Slot(sheet, Corner(area.top, area.left, True, True), Corner(area.bottom, area.right, True, True))
