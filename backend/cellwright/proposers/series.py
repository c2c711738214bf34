"""References that move by a steady step from formula to formula: the third of two alike.

Two formulas of one skeleton on a line with the place (both before it, both after it, or one on each side)
fix every coordinate of every reference as a linear function of the position. `=Data!A13`, `=Data!A16` down a
column continues with `=Data!A19`; fixed parts (`$`) may move too. The same across sibling sheets, where the
position is the number of the tab.
"""

from __future__ import annotations

from collections.abc import Iterator

from cellwright.proposers.model import Place, cited, formula_candidate
from cellwright.proposers.sources import sibling_sheets
from cellwright.proposers.template import Corner, Slot, Template
from cellwright.reference import Cell
from cellwright.verify.model import Candidate

_REACH = 8
_SPACINGS = 40


class Series:
    """Continues references that move by a steady step."""

    name = "series"

    def propose(self, place: Place) -> list[Candidate]:
        """A candidate for every pair of formulas that fixes one."""
        found: list[Candidate] = []
        for kind, near, far, position in (*_pairs(place), *_sheet_pairs(place)):
            template = extrapolated(near[1], far[1], near[2], far[2], position, place.cell)
            if template is None:
                continue
            between = min(near[2], far[2]) < position < max(near[2], far[2])
            gap = abs(near[2] - position)
            features = {
                f"series_{kind}": 1.0,
                "series_between": float(between),
                "series_nearness": 1.0 / gap,
                "series_moves": float(template.key != near[1].copied(place.cell).key),
            }
            reason = f"Continues the step from {far[1].home.a1} to {near[1].home.a1}"
            if kind == "sheets":
                reason = f"Continues the step from {far[0]} to {near[0]}"
            found.append(
                formula_candidate(
                    place,
                    template,
                    self.name,
                    reason,
                    (cited(near[0], near[1].home), cited(far[0], far[1].home)),
                    features,
                )
            )
        return found


_Point = tuple[str, Template, int]


def _pairs(place: Place) -> Iterator[tuple[str, _Point, _Point, int]]:
    sheet, cell = place.sheet, place.cell
    name = sheet.name
    for kind in ("row", "column"):
        position = cell.column if kind == "row" else cell.row

        def at(offset: int, kind: str = kind) -> Template | None:
            row, column = (
                (cell.row, cell.column + offset) if kind == "row" else (cell.row + offset, cell.column)
            )
            return sheet.templates.get(Cell(row, column)) if row >= 0 and column >= 0 else None

        for sign in (-1, 1):
            for step in range(1, _SPACINGS + 1):
                near = at(sign * step)
                far = at(sign * 2 * step)
                if near and far and near.skeleton == far.skeleton:
                    yield (
                        kind,
                        (name, near, position + sign * step),
                        (name, far, position + sign * 2 * step),
                        position,
                    )
            first = next((s for s in range(1, _REACH + 1) if at(sign * s)), None)
            if first is not None:
                near = at(sign * first)
                second = next((s for s in range(first + 1, first + _REACH + 1) if at(sign * s)), None)
                far = at(sign * second) if second else None
                if near and far and second and second != 2 * first and near.skeleton == far.skeleton:
                    yield (
                        kind,
                        (name, near, position + sign * first),
                        (name, far, position + sign * second),
                        position,
                    )
        for step in range(1, _SPACINGS + 1):
            before, after = at(-step), at(step)
            if before and after and before.skeleton == after.skeleton:
                yield kind, (name, before, position - step), (name, after, position + step), position


def _sheet_pairs(place: Place) -> Iterator[tuple[str, _Point, _Point, int]]:
    names = list(place.snapshot.sheet_names)
    position = names.index(place.sheet.name)
    points = [
        (other.name, other.templates[place.cell], names.index(other.name))
        for other in sibling_sheets(place)
        if place.cell in other.templates
    ]
    for i, near in enumerate(points[:4]):
        for far in points[i + 1 : i + 4]:
            if near[1].skeleton == far[1].skeleton:
                yield "sheets", near, far, position


def extrapolated(near: Template, far: Template, a: int, b: int, position: int, home: Cell) -> Template | None:
    """The template at `position` on the line through `near` at `a` and `far` at `b`; None if it has no whole
    coordinates, leaves the grid, or the two differ in more than where their references point."""
    slots: list[Slot] = []
    for first, second in zip(near.slots, far.slots, strict=True):
        if first.sheet != second.sheet or (first.last is None) != (second.last is None):
            return None
        one = _corner(first.first, second.first, a, b, position)
        two = None
        if first.last is not None and second.last is not None:
            two = _corner(first.last, second.last, a, b, position)
            if two is None:
                return None
        if one is None:
            return None
        slots.append(Slot(first.sheet, one, two))
    return near.with_slots(tuple(slots), home)


def _corner(near: Corner, far: Corner, a: int, b: int, position: int) -> Corner | None:
    row = _coordinate(near.row, far.row, a, b, position)
    column = _coordinate(near.column, far.column, a, b, position)
    if row is None or column is None:
        return None
    corner = Corner(row, column, near.is_row_fixed, near.is_column_fixed)
    return corner if corner.is_inside else None


def _coordinate(near: int, far: int, a: int, b: int, position: int) -> int | None:
    if near < 0 or far < 0:
        return -1 if near == far else None
    rise, rest = divmod((near - far) * (position - a), a - b)
    value = near + rise
    return value if rest == 0 and value >= 0 else None
