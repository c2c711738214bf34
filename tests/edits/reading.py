"""What the hand-written cases compare: a sheet as A1 -> formula or value."""

from __future__ import annotations

from cellwright.reference import Cell, Range
from cellwright.workbook.model import Snapshot, Value

R = Range.parse
C = Cell.parse


def read(snapshot: Snapshot, sheet: int = 0) -> dict[str, Value]:
    """Every cell that is not blank; errors as their text."""
    cells = snapshot.sheets[sheet].cells.items()
    return {
        cell.a1: str(said) if type(said).__name__ == "ErrorValue" else said
        for cell, content in cells
        if (said := content.formula or content.value) is not None
    }


def column(snapshot: Snapshot, letter: str = "A", count: int = 12) -> list[Value]:
    """The values or formulas of a column's first cells."""
    cells = read(snapshot)
    return [cells.get(f"{letter}{row}") for row in range(1, count + 1)]
