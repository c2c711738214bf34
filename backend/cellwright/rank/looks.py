"""Where formulas of a candidate's shape stand on the sheet, and what they look like.

An author dresses like cells alike: among the cells that look as the target does (number format, font, fill,
borders), which shapes are usual? And a shape that the target's row or column holds already, or that stands
near it, is likelier than one from afar.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from math import log, log1p
from weakref import WeakKeyDictionary

from cellwright.proposers.index import SheetIndex
from cellwright.proposers.model import Place
from cellwright.proposers.template import Template
from cellwright.reference import Cell
from cellwright.workbook.model import Style

Look = tuple[object, ...]
Shape = tuple[str, ...]
_PLAIN: Look = ()
_MOST = 300
_NEAR = 3


class Looks:
    """For each look of a sheet's cells: how many are filled, how many formulas, of which shapes."""

    def __init__(self, sheet: SheetIndex) -> None:
        self._known: dict[int, Look] = {}
        self.cells: Counter[Look] = Counter()
        self.formulas: Counter[Look] = Counter()
        self.shapes: Counter[tuple[Look, Shape]] = Counter()
        for cell, content in sheet.contents.items():
            if content.is_blank:
                continue
            look = self.of(content.style)
            self.cells[look] += 1
            template = sheet.templates.get(cell)
            if template is not None:
                self.formulas[look] += 1
                self.shapes[look, template.skeleton] += 1

    def of(self, style: Style | None) -> Look:
        """What of a style is seen."""
        if style is None:
            return _PLAIN
        look = self._known.get(id(style))
        if look is None:
            font = style.font
            look = (style.number_format, font.bold, font.italic, font.color, style.fill, style.borders)
            self._known[id(style)] = look
        return look


_LOOKS: WeakKeyDictionary[SheetIndex, Looks] = WeakKeyDictionary()


def looks_of(sheet: SheetIndex) -> Looks:
    """The looks of a sheet's cells, counted once."""
    kept = _LOOKS.get(sheet)
    if kept is None:
        kept = Looks(sheet)
        _LOOKS[sheet] = kept
    return kept


def look_features(place: Place, template: Template) -> dict[str, float]:
    """How usual the shape is among formulas that look like the target, against all of the sheet's."""
    looks = looks_of(place.sheet)
    look = looks.of(place.sheet.style(place.cell))
    alike = looks.formulas[look]
    if not alike:
        return {}
    formulas = place.sheet.habits.formulas
    share = (looks.shapes[look, template.skeleton] + 0.2) / (alike + 1.0)
    usual = (place.sheet.habits.shapes[template.skeleton] + 0.2) / (formulas + 1.0)
    return {"look_shape": log(share) / 5, "look_lift": log(share / usual) / 3}


def place_look(place: Place) -> dict[str, float]:
    """The share of formulas among the filled cells that look like the target."""
    looks = looks_of(place.sheet)
    look = looks.of(place.sheet.style(place.cell))
    return {"place_look_formula": (looks.formulas[look] + 0.5) / (looks.cells[look] + 1.0)}


class Lines:
    """The shapes of formulas in a place's row and column and near it, with the distance of the nearest."""

    def __init__(self, place: Place) -> None:
        sheet, (row, column) = place.sheet, place.cell
        self.row: dict[Shape, int] = {}
        self.column: dict[Shape, int] = {}
        self.near: Counter[Shape] = Counter()
        self.in_row: Counter[Shape] = Counter()
        self.in_column: Counter[Shape] = Counter()
        for at in _around(sheet.formula_columns.get(row, []), column):
            shape = sheet.templates[Cell(row, at)].skeleton
            self.row[shape] = min(abs(at - column), self.row.get(shape, _MOST))
            self.in_row[shape] += 1
        for at in _around(sheet.formula_rows.get(column, []), row):
            shape = sheet.templates[Cell(at, column)].skeleton
            self.column[shape] = min(abs(at - row), self.column.get(shape, _MOST))
            self.in_column[shape] += 1
        for rows in range(-_NEAR, _NEAR + 1):
            for columns in range(-_NEAR, _NEAR + 1):
                if min(row + rows, column + columns) >= 0:
                    template = sheet.templates.get(Cell(row + rows, column + columns))
                    if template is not None:
                        self.near[template.skeleton] += 1


def _around(positions: list[int], at: int) -> list[int]:
    middle = bisect_left(positions, at)
    return [p for p in positions[max(0, middle - _MOST) : middle + _MOST] if p != at]


def line_features(lines: Lines, template: Template) -> dict[str, float]:
    """Whether the row, the column and the surroundings of a place hold the shape already, and how near."""
    shape = template.skeleton
    found: dict[str, float] = {}
    for name, nearest, counts in (
        ("row", lines.row, lines.in_row),
        ("column", lines.column, lines.in_column),
    ):
        formulas = counts.total()
        if not formulas:
            continue
        count = counts[shape]
        found[f"line_{name}"] = count / formulas
        found[f"line_{name}_count"] = log1p(count) / 4
        found[f"line_{name}_none"] = float(not count)
        found[f"line_{name}_near"] = 1.0 / nearest[shape] if count else 0.0
    near = lines.near.total()
    if near:
        found["line_around"] = lines.near[shape] / near
        found["line_around_none"] = float(not lines.near[shape])
    return found
