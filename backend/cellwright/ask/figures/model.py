"""What a question for a figure asks: a function of a column over the rows that meet a condition."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from cellwright.ask.conditions import Condition
from cellwright.ask.frames import Frame, FrameColumn

Function = Literal["sum", "average", "median", "max", "min", "count", "distinct", "rows"]


@dataclass(frozen=True)
class Figure:
    """One figure. `column` is None of `rows`, which counts them.

    With `label` the answer is that column's value: where the greatest (max) or least (min) stands, or, where
    a label has several rows, the one whose rows add up to it (`column` None: of most or fewest rows).
    `taken_for` are the person's words for a column that bears another name.
    """

    frame: Frame
    function: Function
    column: FrameColumn | None
    condition: Condition | None = None
    label: FrameColumn | None = None
    taken_for: str | None = None


@dataclass(frozen=True)
class Open:
    """A figure of a column that the words leave open: what they say of it, and the columns it may be."""

    said: str
    start: int
    end: int
    columns: tuple[FrameColumn, ...]
