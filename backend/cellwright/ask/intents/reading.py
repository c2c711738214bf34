"""A reading of one task: what it would do, and how surely the words say so."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from cellwright.ask.model import Draft
from cellwright.ask.scene import Scene
from cellwright.errors import CellwrightError


@dataclass(frozen=True)
class Reading:
    """One reading. `score` (0 to 1) ranks it among the others.

    `make` drafts its steps and may find it has none.
    """

    intent: str
    score: float
    make: Callable[[], list[Draft]]


class NothingToDo(CellwrightError):
    """A request was understood, and the workbook has nothing that it applies to; the message says what."""


Reader = Callable[[str, Scene], Reading | None]
