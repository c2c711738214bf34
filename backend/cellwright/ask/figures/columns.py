"""Which columns of a table a figure may be of: amounts, rates, numbers that only tell rows apart."""

from __future__ import annotations

import re
from itertools import pairwise

from cellwright.ask.figures.model import Function
from cellwright.ask.frames import Frame, FrameColumn
from cellwright.ask.grounding.text import stems
from cellwright.ask.scene import Scene
from cellwright.reference import Cell
from cellwright.workbook.detect import ColumnKind
from cellwright.workbook.model import Value

_RATES = frozenset(
    [
        "price",
        "rate",
        "discount",
        "margin",
        "percent",
        "percentage",
        "%",
        "age",
        "score",
        "rating",
        "average",
        "share",
    ]
)
TOTALS = re.compile(r"\s*(?:grand |sub)?(?:totals?|sum|overall|average)\b", re.I)


def figures_of(frame: Frame, scene: Scene, function: Function = "max") -> tuple[FrameColumn, ...]:
    """The columns with numbers that a function may be of: none that only tell rows apart, no rates to sum."""
    return tuple(
        column
        for column in frame.columns
        if column.kind is ColumnKind.NUMBER
        and not _is_key(column, frame.values(scene.snapshot, column))
        and not (function == "sum" and is_rate(column, frame, scene))
    )


def is_rate(column: FrameColumn, frame: Frame, scene: Scene) -> bool:
    """Whether the column's numbers are no amounts that add up: prices, rates, percentages."""
    if _RATES & set(column.stems):
        return True
    content = scene.snapshot.sheet(frame.sheet).cells.get(Cell(frame.first, column.column))
    return content is not None and "%" in (content.style.number_format or "")


def is_clean(column: FrameColumn, frame: Frame, scene: Scene) -> bool:
    """Whether a column's body holds numbers alone, and no total among them."""
    if any(isinstance(value, str) and value.strip() for value in frame.values(scene.snapshot, column)):
        return False
    texts = [one for one in frame.columns if one.kind is ColumnKind.TEXT][:2]
    return not any(
        isinstance(value, str) and TOTALS.match(value)
        for one in texts
        for value in frame.values(scene.snapshot, one)
    )


def _is_key(column: FrameColumn, values: list[Value]) -> bool:
    words = stems(column.name)
    if words and (
        words[-1] in ("id", "no", "code", "key", "#", "index", "nr") or words in (("year",), ("number",))
    ):
        return True
    numbers = [value for value in values if isinstance(value, float)]
    if numbers and all(number == int(number) and 1800 <= number <= 2100 for number in numbers):
        return True
    return len(numbers) > 2 and all(b - a == 1.0 for a, b in pairwise(numbers))
