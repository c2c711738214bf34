"""Whether a value that a candidate came to is of the kind that stands round the place.

Numbers in a row or column of one table are mostly of one order of magnitude, one sign and whole or not; a
percentage lies between -1 and 1; a result that is exactly a neighbour's number takes it over twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from math import log10
from statistics import median

from cellwright.proposers.model import Place
from cellwright.reference import Cell
from cellwright.workbook.model import Value

_REACH = 12
_MOST = 8
_FARTHEST = 4.0
"""Orders of magnitude beyond which all is equally far."""


class Company:
    """The numbers near a place, by row and column; years in headings are none."""

    def __init__(self, place: Place) -> None:
        self._place = place

    @cached_property
    def row(self) -> list[float]:
        """Of the place's row, nearest first."""
        row, column = self._place.cell
        return self._numbers(
            Cell(row, column + side * far)
            for far in range(1, _REACH)
            for side in (-1, 1)
            if column + side * far >= 0
        )

    @cached_property
    def column(self) -> list[float]:
        """Of the place's column, nearest first."""
        row, column = self._place.cell
        return self._numbers(
            Cell(row + side * far, column)
            for far in range(1, _REACH)
            for side in (-1, 1)
            if row + side * far >= 0
        )

    def _numbers(self, cells: Iterator[Cell]) -> list[float]:
        sheet = self._place.sheet
        values = (sheet.value(cell) for cell in cells)
        numbers = [v for v in values if isinstance(v, float) and not (v.is_integer() and 1900 <= v <= 2100)]
        return numbers[:_MOST]


def value_features(place: Place, company: Company, value: Value) -> dict[str, float]:
    """How a candidate's value sits among the numbers near the place; empty where it has no number."""
    if isinstance(value, str):
        return {"value_text": 1.0}
    if not isinstance(value, float):
        return {"value_blank": float(value is None)}
    found = {
        "value_zero": float(value == 0),
        "value_one": float(value == 1),
        "value_whole": float(value.is_integer()),
        "value_negative": float(value < 0),
        "value_share": float(0 < value < 1),
    }
    style = place.sheet.style(place.cell)
    format_ = "General" if style is None else style.number_format
    if "%" in format_:
        found["value_percent_fits"] = float(-1 <= value <= 1.5 and value != 0)
        found["value_percent_far"] = float(abs(value) > 5)
    elif format_ in {"0", "#,##0"}:
        found["value_format_small"] = float(0 < abs(value) < 1)
    both = [*company.row[:4], *company.column[:4]]
    if not both:
        return found
    found["value_twin"] = float(value in both and value not in {0.0, 1.0})
    found["value_sign_odd"] = float(value < 0 and all(n >= 0 for n in both))
    wholes = sum(n.is_integer() for n in both)
    found["value_whole_odd"] = float(value.is_integer() and not wholes)
    found["value_broken_odd"] = float(not value.is_integer() and wholes == len(both))
    far = [_far(value, numbers) for numbers in (company.row, company.column) if any(n != 0 for n in numbers)]
    if far and value != 0:
        found["value_far"] = min(far) / _FARTHEST
        found["value_far_both"] = max(far) / _FARTHEST
        found["value_in_company"] = float(min(far) <= 0.5)
    return found


def _far(value: float, numbers: list[float]) -> float:
    sizes = [log10(abs(n)) for n in numbers if n != 0]
    if value == 0:
        return _FARTHEST
    return min(_FARTHEST, abs(log10(abs(value)) - median(sizes)))
