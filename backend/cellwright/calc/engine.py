"""What a worker asks of a calculation engine: load an image, read values, try changes, follow dependents.

Addresses on this side of the pipe are (sheet name, row, column), 1-based, as the engines have them. Values
are wire values (`calc.wire`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from cellwright.calc.wire import Wire

Address = tuple[str, int, int]

Write = tuple[Address, str, Wire]
"""A cell to set: ("formula", its text) or ("value", a wire value; None clears)."""


@dataclass(frozen=True)
class Outcome:
    """What a set of writes did: cells whose value changed (before, after), and spills of written formulas."""

    changes: list[tuple[Address, Wire, Wire]]
    spills: list[tuple[Address, str]]
    refused: list[tuple[Address, str]]
    truncated: bool = False


class Engine(Protocol):
    """One workbook in one engine; once `is_spoiled` it must be loaded afresh before the next request."""

    is_spoiled: bool

    def values(self, cells: Iterable[Address]) -> list[Wire]:
        """Computed values, in order."""
        ...

    def what_if(self, writes: Sequence[Write], read_dependents: bool) -> Outcome:
        """Set cells, recalculate, report, and behave as if nothing had happened afterwards."""
        ...

    def dependents(self, cells: Iterable[Address], transitive: bool, limit: int) -> list[Address]:
        """Formula cells that read any of the cells, directly or also through others; at most `limit`."""
        ...

    def recalculate(self, cells: Iterable[Address]) -> float:
        """Recalculate those formula cells; seconds."""
        ...
