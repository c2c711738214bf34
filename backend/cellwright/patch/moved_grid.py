"""Rows and cells of a worksheet part moved by an insertion or deletion: addresses change, contents stay.

Shared formulas of the sheet become each cell's own text first, since cells of one group may shift apart.
Rows before the change keep their bytes when rows move.
"""

from __future__ import annotations

import re

from cellwright.edits.structure_facts import moved_range
from cellwright.errors import UnsupportedWrite, WorkbookCorrupt
from cellwright.formula import Axis, StructureChange, shift_fill
from cellwright.patch.bodies import plain_text
from cellwright.patch.grid import Grid, RowSpan, Splice
from cellwright.patch.spans import attributes, escape, inner_text, with_attribute
from cellwright.reference import Cell, Range, column_letters
from cellwright.workbook.texts import unescape as undo_escapes


def own_formulas(grid: Grid) -> list[Splice]:
    """The splices that give every member of a shared group its own text."""
    masters: dict[str, tuple[Cell, str]] = {}
    splices: list[Splice] = []
    name = grid.prefix + b"f"
    for match, marks, cell in grid.formulas("shared"):
        group = marks.get("si", "0")
        body = grid.data[match.start(2) : match.end(2)] if match.start(2) >= 0 else b""
        text = undo_escapes(inner_text(body))
        if text.strip():
            masters[group] = (cell, text)
        elif group not in masters:
            raise WorkbookCorrupt(
                f"expected the master of the shared formula {group} before {cell.a1}, got none"
            )
        home, master = masters[group]
        own = plain_text(shift_fill(master, home, cell))
        splices.append((match.start(), match.end(), b"<" + name + b">" + escape(own) + b"</" + name + b">"))
    return splices


def moved_rows(grid: Grid, change: StructureChange) -> list[Splice]:
    """The splices that move rows or columns of cells; deleted ones go. Data tables are refused."""
    if any(array.is_data_table for array in grid.arrays()):
        raise UnsupportedWrite(f"expected a sheet without data tables, got one in {grid.document.part}")
    splices: list[Splice] = []
    is_rows = change.axis is Axis.ROWS
    for row in grid.rows:
        if is_rows and row.number < change.at:
            continue
        index = change.moved(row.number) if is_rows else row.number
        new = b"" if index is None else _moved_row(grid, row, index, change)
        splices.append((row.start, row.end, new))
    return splices


def _moved_row(grid: Grid, row: RowSpan, index: int, change: StructureChange) -> bytes:
    is_rows = change.axis is Axis.ROWS
    tag = with_attribute(grid.data[row.start : row.inner], "r", str(index + 1))
    if not is_rows:
        tag = with_attribute(tag, "spans", None)  # only a hint, and wrong after columns moved
    pieces = [tag]
    position = row.inner
    for span in grid.cells(row):
        pieces.append(grid.data[position : span.start])
        position = span.end
        column = span.cell.column if is_rows else change.moved(span.cell.column)
        if column is None:
            continue
        cell = with_attribute(grid.data[span.start : span.inner], "r", f"{column_letters(column)}{index + 1}")
        inner = grid.data[span.inner : span.end]
        if b"ref=" in inner:
            inner = _moved_array(inner, change)
        pieces += (cell, inner)
    pieces.append(grid.data[position : row.end])
    return b"".join(pieces)


def _moved_array(inner: bytes, change: StructureChange) -> bytes:
    """The content of a cell with the `ref` of its array moved."""

    def moved(match: re.Match[bytes]) -> bytes:
        marks = attributes(match[0])
        if marks.get("t") != "array":
            return match[0]
        area = moved_range(Range.parse(marks["ref"]), change)
        return match[0] if area is None else with_attribute(match[0], "ref", area.a1)

    return re.sub(rb"<(?:[^\s<>/]+:)?f\s[^>]*>", moved, inner, count=1)
