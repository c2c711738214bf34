"""The two-line DSL of the tests: `book({"A1": 2, "B1": "=A1*2"})` makes a Snapshot."""

from __future__ import annotations

from collections.abc import Mapping

from cellwright.reference import Cell
from cellwright.workbook.cells import CellStore
from cellwright.workbook.model import Content, ErrorValue, Sheet, Snapshot, Table, Value

ERRORS = {error.value: error for error in ErrorValue}


def content(value: Value | Content) -> Content:
    """A literal of the DSL: text that starts with `=` is a formula, `#N/A` and its like are errors."""
    if isinstance(value, Content):
        return value
    if isinstance(value, str) and value.startswith("="):
        return Content(formula=value)
    if isinstance(value, str) and value in ERRORS:
        return Content(value=ERRORS[value])
    if isinstance(value, int) and not isinstance(value, bool):
        return Content(value=float(value))
    return Content(value=value)


def sheet(cells: Mapping[str, Value | Content], name: str = "Sheet1") -> Sheet:
    """A sheet of A1 -> literal."""
    return Sheet(name, CellStore({Cell.parse(a1): content(value) for a1, value in cells.items()}))


def book(*cells: Mapping[str, Value | Content], tables: tuple[Table, ...] = ()) -> Snapshot:
    """A workbook with the sheets Sheet1, Sheet2, ... of those cells."""
    return Snapshot(tuple(sheet(c, f"Sheet{i + 1}") for i, c in enumerate(cells)), tables=tables)
