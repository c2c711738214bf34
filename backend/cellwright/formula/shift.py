"""Move a formula's references: fill, copy, cut and paste, insert and delete rows and columns, rename.

References are rewritten where they stand; the rest of the person's text is untouched. The rules are Excel's:
an area grows when rows are inserted inside it and shrinks when they are deleted, a reference whose cells are
all deleted becomes `#REF!`, whole columns do not care about rows, and neither 3-D references nor references
to other workbooks follow an insertion. Structured references (`Sales[Amount]`) follow their table and are
never rewritten here.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from cellwright.errors import ReferenceSyntaxError
from cellwright.formula import lexis
from cellwright.reference import (
    MAX_COLUMNS,
    MAX_ROWS,
    Cell,
    SheetCell,
    SheetRange,
    column_index,
    column_letters,
    quote_sheet,
)

_AREA = re.compile(
    rf"""(?P<keep>{lexis.STRING})
    |(?P<prefix>{lexis.PREFIX})?
     (?<![\w.?\\$])(?:
        (?P<area>{lexis.CELL}{lexis.WORD_ENDS}(?::{lexis.CELL}{lexis.WORD_ENDS})?)
        |(?P<columns>{lexis.COLUMNS}){lexis.WORD_ENDS}
        |(?P<rows>{lexis.ROWS}){lexis.WORD_ENDS}
     )
    |(?P<other>{lexis.PREFIX}|{lexis.QUOTED}|{lexis.BRACKETS})""",
    re.VERBOSE | re.DOTALL,
)
_CORNER = re.compile(r"(\$?)([A-Za-z]*)(\$?)([0-9]*)")
LOST = "#REF!"


class Axis(StrEnum):
    """Along which a sheet's structure changes."""

    ROWS = "rows"
    COLUMNS = "columns"


@dataclass(frozen=True, slots=True)
class StructureChange:
    """Rows or columns inserted (`count` > 0, before the zero-based index `at`) or deleted (`count` < 0)."""

    sheet: str
    axis: Axis
    at: int
    count: int

    def moved(self, index: int) -> int | None:
        """Where a row or column goes; None where it is deleted or pushed off the sheet."""
        if index < self.at:
            return index
        if self.count < 0 and index < self.at - self.count:
            return None
        moved = index + self.count
        return moved if moved < (MAX_ROWS if self.axis == Axis.ROWS else MAX_COLUMNS) else None

    def moved_span(self, first: int, last: int) -> tuple[int, int] | None:
        """Where rows or columns from `first` to `last` go as an area; None where nothing is left of it."""
        limit = (MAX_ROWS if self.axis == Axis.ROWS else MAX_COLUMNS) - 1
        if self.count >= 0:
            first = first + self.count if first >= self.at else first
            last = min(last + self.count, limit) if last >= self.at else last
            return (first, last) if first <= limit else None
        end = self.at - self.count  # the first index that survives
        if first >= self.at:
            first = max(first, end) + self.count
        if last >= self.at:
            last = last + self.count if last >= end else self.at - 1
        return (first, last) if first <= last else None


@dataclass(frozen=True, slots=True)
class _Corner:
    """A corner as written: None where whole rows or columns leave a part out."""

    column: int | None
    row: int | None
    is_column_absolute: bool
    is_row_absolute: bool

    @property
    def text(self) -> str:
        column = "" if self.column is None else ("$" * self.is_column_absolute) + column_letters(self.column)
        return column + ("" if self.row is None else ("$" * self.is_row_absolute) + str(self.row + 1))


_Corners = tuple[_Corner, ...]
_Rewrite = Callable[[lexis.SheetPrefix | None, _Corners], tuple[str | None, _Corners | None] | None]
"""(prefix, corners) -> None to leave it, or (new sheet or None: the same, corners or None: #REF!)"""


def _rewrite(text: str, change: _Rewrite) -> str:
    def replace(match: re.Match[str]) -> str:
        area = match["area"] or match["columns"] or match["rows"]
        if area is None:
            return match.group()
        corners = _corners(area)
        if corners is None:
            return match.group()
        prefix = match["prefix"] or ""
        result = change(lexis.read_prefix(prefix) if prefix else None, corners)
        if result is None:
            return match.group()
        sheet, moved = result
        if sheet is not None:
            prefix = quote_sheet(sheet) + "!"
        return prefix + (LOST if moved is None else ":".join(corner.text for corner in moved))

    return _AREA.sub(replace, text)


def _corners(area: str) -> _Corners | None:
    corners: list[_Corner] = []
    for part in area.split(":"):
        match = _CORNER.fullmatch(part)
        if match is None:
            return None
        first_mark, letters, second_mark, digits = match.groups()
        row = int(digits) - 1 if digits else None
        if row is not None and row >= MAX_ROWS:
            return None
        try:
            column = column_index(letters) if letters else None
        except ReferenceSyntaxError:
            return None
        row_mark = second_mark or ("" if letters else first_mark)
        corners.append(_Corner(column, row, bool(first_mark and letters), bool(row_mark)))
    return tuple(corners)


def shift_fill(text: str, source: Cell, target: Cell) -> str:
    """The formula that copying it from `source` to `target` gives; what leaves the sheet becomes `#REF!`."""
    rows, columns = target.row - source.row, target.column - source.column
    if not rows and not columns:
        return text

    def moved(corner: _Corner) -> _Corner | None:
        row, column = corner.row, corner.column
        if row is not None and not corner.is_row_absolute:
            row += rows
        if column is not None and not corner.is_column_absolute:
            column += columns
        if not (0 <= (row or 0) < MAX_ROWS and 0 <= (column or 0) < MAX_COLUMNS):
            return None
        return _Corner(column, row, corner.is_column_absolute, corner.is_row_absolute)

    def change(_: lexis.SheetPrefix | None, corners: _Corners) -> tuple[None, _Corners | None]:
        shifted = [corner for corner in map(moved, corners) if corner is not None]
        return None, tuple(shifted) if len(shifted) == len(corners) else None

    return _rewrite(text, change)


def shift_structure(text: str, formula_sheet: str, change: StructureChange) -> str:
    """The formula after rows or columns of `change.sheet` were inserted or deleted."""
    folded = change.sheet.casefold()
    is_own = formula_sheet.casefold() == folded
    is_rows = change.axis == Axis.ROWS

    def moved(prefix: lexis.SheetPrefix | None, corners: _Corners) -> tuple[None, _Corners | None] | None:
        if prefix is None:
            if not is_own:
                return None
        elif not prefix.is_local or (prefix.sheet or "").casefold() != folded:
            return None
        places = [corner.row if is_rows else corner.column for corner in corners]
        if None in places:
            return None
        known = [place for place in places if place is not None]
        if max(known) < change.at:
            return None
        if len(known) == 1:
            place = change.moved(known[0])
            span = None if place is None else (place, place)
        else:
            span = change.moved_span(min(known), max(known))
        if span is None:
            return None, None
        ends = span if known[0] <= known[-1] else (span[1], span[0])
        return None, tuple(_at(corner, end, is_rows) for corner, end in zip(corners, ends, strict=False))

    return _rewrite(text, moved)


def _at(corner: _Corner, place: int, is_row: bool) -> _Corner:
    row, column = (place, corner.column) if is_row else (corner.row, place)
    return _Corner(column, row, corner.is_column_absolute, corner.is_row_absolute)


def move_range(text: str, formula_sheet: str, source: SheetRange, target: SheetCell) -> str:
    """The formula after `source` was cut and pasted so that its first cell lies at `target`.

    References that lie wholly inside the source follow it, to another sheet too; others stay.
    """
    folded = source.sheet.casefold()
    rows, columns = target.cell.row - source.range.top, target.cell.column - source.range.left
    is_other_sheet = target.sheet.casefold() != folded

    def moved(
        prefix: lexis.SheetPrefix | None, corners: _Corners
    ) -> tuple[str | None, _Corners | None] | None:
        if prefix is not None and not prefix.is_local:
            return None
        sheet = formula_sheet if prefix is None else prefix.sheet or ""
        if sheet.casefold() != folded:
            return None
        for corner in corners:
            cell = (corner.row or 0, corner.column or 0)
            if corner.row is None or corner.column is None or cell not in source.range:
                return None
        shifted = tuple(
            _Corner(
                (corner.column or 0) + columns,
                (corner.row or 0) + rows,
                corner.is_column_absolute,
                corner.is_row_absolute,
            )
            for corner in corners
        )
        needs_sheet = is_other_sheet and (
            prefix is not None or target.sheet.casefold() != formula_sheet.casefold()
        )
        return target.sheet if needs_sheet else None, shifted

    return _rewrite(text, moved)


def rename_sheet(text: str, old: str, new: str) -> str:
    """The formula after the sheet `old` was renamed; ends of 3-D references are renamed too."""
    folded = old.casefold()

    def replace(match: re.Match[str]) -> str:
        prefix = match["prefix"] or match["other"] or ""
        if not prefix.endswith("!"):
            return match.group()
        parts = lexis.read_prefix(prefix)
        if parts.workbook is not None or parts.sheet is None:
            return match.group()
        names = [name for name in (parts.sheet, parts.last_sheet) if name is not None]
        renamed = [new if name.casefold() == folded else name for name in names]
        if renamed == names:
            return match.group()
        return _join_sheets(renamed) + "!" + match.group()[len(prefix) :]

    return _AREA.sub(replace, text)


def _join_sheets(names: list[str]) -> str:
    quoted = [quote_sheet(name) for name in names]
    if any(name.startswith("'") for name in quoted):
        return "'" + ":".join(name.replace("'", "''") for name in names) + "'"
    return ":".join(quoted)
