"""Cells and ranges: zero-based inside, A1 only at the edges; the one file that owns the conversion.

Covered: A1 text of cells and rectangular ranges, with and without a sheet, whole columns (`B:D`) and whole
rows (`3:5`). Not covered: references inside formulas with their `$` marks, R1C1, structured and 3-D
references; those belong to `cellwright.formula`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from cellwright.errors import ReferenceSyntaxError

MAX_ROWS = 1_048_576
MAX_COLUMNS = 16_384

_CELL = re.compile(r"\$?([A-Za-z]{1,3})\$?([1-9][0-9]{0,6})")
_COLUMNS = re.compile(r"\$?([A-Za-z]{1,3}):\$?([A-Za-z]{1,3})")
_ROWS = re.compile(r"\$?([1-9][0-9]{0,6}):\$?([1-9][0-9]{0,6})")
_PLAIN_SHEET = re.compile(r"[^\W\d][\w.]*")
_LOOKS_LIKE_A1 = re.compile(r"[A-Za-z]{1,3}[0-9]+|[Rr][0-9]*(?:[Cc][0-9]*)?|[Cc][0-9]*")


@lru_cache(maxsize=MAX_COLUMNS)
def column_letters(column: int) -> str:
    """The letters of a zero-based column: 0 -> `A`, 16383 -> `XFD`."""
    if not 0 <= column < MAX_COLUMNS:
        raise ReferenceSyntaxError(f"expected a column from 0 to {MAX_COLUMNS - 1}, got {column}")
    letters = ""
    number = column + 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


@lru_cache(maxsize=MAX_COLUMNS)
def column_index(letters: str) -> int:
    """The zero-based column of its letters; raises ReferenceSyntaxError past `XFD`."""
    number = 0
    for letter in letters.upper():
        if not "A" <= letter <= "Z":
            raise ReferenceSyntaxError(f"expected column letters, got {letters!r}")
        number = number * 26 + ord(letter) - 64
    if not 0 < number <= MAX_COLUMNS:
        raise ReferenceSyntaxError(f"expected a column up to XFD, got {letters!r}")
    return number - 1


class Cell(NamedTuple):
    """The address of one cell, zero-based."""

    row: int
    column: int

    @property
    def a1(self) -> str:
        """`Cell(0, 1)` -> `B1`."""
        return f"{column_letters(self.column)}{self.row + 1}"

    @staticmethod
    def parse(text: str) -> Cell:
        """Read `B1` or `$B$1`; raises ReferenceSyntaxError."""
        match = _CELL.fullmatch(text.strip())
        if not match:
            raise ReferenceSyntaxError(f"expected a cell such as B7, got {text!r}")
        row = int(match[2]) - 1
        if row >= MAX_ROWS:
            raise ReferenceSyntaxError(f"expected a row up to {MAX_ROWS}, got {text!r}")
        return Cell(row, column_index(match[1]))


@dataclass(frozen=True, slots=True, order=True)
class Range:
    """A rectangle of cells, zero-based, both corners inside it."""

    top: int
    left: int
    bottom: int
    right: int

    def __post_init__(self) -> None:
        if not (0 <= self.top <= self.bottom < MAX_ROWS and 0 <= self.left <= self.right < MAX_COLUMNS):
            raise ReferenceSyntaxError(
                f"expected a range inside A1:XFD{MAX_ROWS}, got rows {self.top}..{self.bottom}, "
                f"columns {self.left}..{self.right} (zero-based)"
            )

    @staticmethod
    def of(cell: Cell, height: int = 1, width: int = 1) -> Range:
        """The rectangle of that height and width (in cells) whose top left cell is `cell`."""
        return Range(cell.row, cell.column, cell.row + height - 1, cell.column + width - 1)

    @staticmethod
    def parse(text: str) -> Range:
        """Read `B2`, `B2:D9`, `B:D` or `3:5`, `$` marks ignored; raises ReferenceSyntaxError."""
        text = text.strip()
        if match := _COLUMNS.fullmatch(text):
            left, right = sorted((column_index(match[1]), column_index(match[2])))
            return Range(0, left, MAX_ROWS - 1, right)
        if match := _ROWS.fullmatch(text):
            top, bottom = sorted((int(match[1]) - 1, int(match[2]) - 1))
            return Range(top, 0, bottom, MAX_COLUMNS - 1)
        first, colon, last = text.partition(":")
        a = Cell.parse(first)
        b = Cell.parse(last) if colon else a
        return Range(min(a.row, b.row), min(a.column, b.column), max(a.row, b.row), max(a.column, b.column))

    @property
    def a1(self) -> str:
        """`B2`, `B2:D9`, or `B:D` / `3:5` where the range spans the whole sheet that way."""
        if self.is_whole_columns:
            return f"{column_letters(self.left)}:{column_letters(self.right)}"
        if self.is_whole_rows:
            return f"{self.top + 1}:{self.bottom + 1}"
        if self.is_cell:
            return self.first.a1
        return f"{self.first.a1}:{self.last.a1}"

    @property
    def first(self) -> Cell:
        """The top left cell."""
        return Cell(self.top, self.left)

    @property
    def last(self) -> Cell:
        """The bottom right cell."""
        return Cell(self.bottom, self.right)

    @property
    def height(self) -> int:
        """Rows."""
        return self.bottom - self.top + 1

    @property
    def width(self) -> int:
        """Columns."""
        return self.right - self.left + 1

    @property
    def size(self) -> int:
        """Cells."""
        return self.height * self.width

    @property
    def is_cell(self) -> bool:
        """Exactly one cell."""
        return self.top == self.bottom and self.left == self.right

    @property
    def is_whole_columns(self) -> bool:
        """Every row of its columns."""
        return self.top == 0 and self.bottom == MAX_ROWS - 1

    @property
    def is_whole_rows(self) -> bool:
        """Every column of its rows."""
        return self.left == 0 and self.right == MAX_COLUMNS - 1

    def __contains__(self, cell: object) -> bool:
        return (
            isinstance(cell, tuple)
            and self.top <= cell[0] <= self.bottom
            and self.left <= cell[1] <= self.right
        )

    def contains(self, other: Range) -> bool:
        """Whether all of `other` lies inside."""
        return other.first in self and other.last in self

    def intersect(self, other: Range) -> Range | None:
        """The common rectangle, None where there is none."""
        top, left = max(self.top, other.top), max(self.left, other.left)
        bottom, right = min(self.bottom, other.bottom), min(self.right, other.right)
        return Range(top, left, bottom, right) if top <= bottom and left <= right else None

    def cells(self) -> Iterator[Cell]:
        """Every cell, row by row."""
        for row in range(self.top, self.bottom + 1):
            for column in range(self.left, self.right + 1):
                yield Cell(row, column)

    def __str__(self) -> str:
        return self.a1


def quote_sheet(name: str) -> str:
    """A sheet's name as a formula writes it: quoted where Excel needs quotes (`'Q1 plan'`)."""
    is_plain = _PLAIN_SHEET.fullmatch(name) and not _LOOKS_LIKE_A1.fullmatch(name)
    if is_plain and name.upper() not in {"TRUE", "FALSE"}:
        return name
    return "'" + name.replace("'", "''") + "'"


def split_sheet(text: str) -> tuple[str | None, str]:
    """Split `'Q1 plan'!B2` into (`Q1 plan`, `B2`); without a sheet the first is None."""
    text = text.strip()
    if text.startswith("'"):
        end = 1
        while True:
            end = text.find("'", end)
            if end < 0:
                raise ReferenceSyntaxError(f"expected a closing quote after the sheet's name, got {text!r}")
            if text.startswith("''", end):
                end += 2
                continue
            break
        if not text.startswith("!", end + 1):
            raise ReferenceSyntaxError(f"expected ! after the sheet's name, got {text!r}")
        return text[1:end].replace("''", "'"), text[end + 2 :]
    sheet, mark, rest = text.rpartition("!")
    return (sheet, rest) if mark else (None, text)


@dataclass(frozen=True, slots=True, order=True)
class SheetCell:
    """A cell of a named sheet."""

    sheet: str
    cell: Cell

    @property
    def a1(self) -> str:
        """`'Q1 plan'!B2`."""
        return f"{quote_sheet(self.sheet)}!{self.cell.a1}"

    @staticmethod
    def parse(text: str, default_sheet: str | None = None) -> SheetCell:
        """Read `Sheet!B2`; without a sheet `default_sheet` is taken, else ReferenceSyntaxError."""
        sheet, rest = split_sheet(text)
        name = sheet if sheet is not None else default_sheet
        if name is None:
            raise ReferenceSyntaxError(f"expected a cell with its sheet such as Sheet1!B7, got {text!r}")
        return SheetCell(name, Cell.parse(rest))

    def __str__(self) -> str:
        return self.a1


@dataclass(frozen=True, slots=True, order=True)
class SheetRange:
    """A range of a named sheet."""

    sheet: str
    range: Range

    @property
    def a1(self) -> str:
        """`'Q1 plan'!B2:D9`."""
        return f"{quote_sheet(self.sheet)}!{self.range.a1}"

    @staticmethod
    def parse(text: str, default_sheet: str | None = None) -> SheetRange:
        """Read `Sheet!B2:D9`; without a sheet `default_sheet` is taken, else ReferenceSyntaxError."""
        sheet, rest = split_sheet(text)
        name = sheet if sheet is not None else default_sheet
        if name is None:
            raise ReferenceSyntaxError(f"expected a range with its sheet such as Sheet1!B7:B9, got {text!r}")
        return SheetRange(name, Range.parse(rest))

    def __str__(self) -> str:
        return self.a1
