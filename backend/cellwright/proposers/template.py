"""A formula as a skeleton with reference slots: what proposers move from one cell to another.

`=Data!$B5*$A$3` is the skeleton `("=", "*", "")` with two slots. Slots know absolute positions and anchors,
so a template can be re-read at another cell (relative parts follow, as in a copy), have its slots moved one
by one, or be compared with another of the same skeleton. Whole rows and columns are slots; names, structured,
3-D, spilled and external references stay text inside the skeleton, as do strings.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache

from cellwright.reference import (
    MAX_COLUMNS,
    MAX_ROWS,
    Cell,
    Range,
    column_index,
    column_letters,
    quote_sheet,
    split_sheet,
)

_TOKEN = re.compile(
    r"""
      "(?:[^"]|"")*"                                              # a string
    | (?P<sheet>(?:'(?:[^']|'')+'|(?:\[[^\[\]]+\])?[^\W\d][\w.]*)!)?
      (?<![\w.$])(?:
        (?P<cell>\$?[A-Za-z]{1,3}\$?[1-9]\d{0,6}(?::\$?[A-Za-z]{1,3}\$?[1-9]\d{0,6})?)
      | (?P<columns>\$?[A-Za-z]{1,3}:\$?[A-Za-z]{1,3})
      | (?P<rows>\$?[1-9]\d{0,6}:\$?[1-9]\d{0,6})
      )(?![\w.(!\#\[])
    | (?:[^\W\d][\w.]*)?\[(?:[^\[\]]|\[[^\[\]]*\])*\]             # structured: left alone
    | (?:'(?:[^']|'')+'|[^\W\d][\w.]*)!?[\w.]*                      # names and functions: left alone
    """,
    re.VERBOSE,
)
_OPEN = -1
_OFF_GRID = -2
_CORNER = re.compile(r"(\$?)([A-Za-z]*)(\$?)([0-9]*)")

_EXTERNAL = re.compile(r"\[\d+\][^\W\d]\w*")

RelativeKey = tuple[object, ...]
"""Hashable identity of a formula read from its own cell: equal keys are the same formula, copied."""


@dataclass(frozen=True, slots=True)
class Corner:
    """One corner of a reference; -1 stands for the open side of a whole row or column."""

    row: int
    column: int
    is_row_fixed: bool
    is_column_fixed: bool

    def moved(self, rows: int, columns: int) -> Corner:
        """Where the corner points after a copy by that many rows and columns."""
        row = self.row if self.is_row_fixed else _added(self.row, rows)
        column = self.column if self.is_column_fixed else _added(self.column, columns)
        return Corner(row, column, self.is_row_fixed, self.is_column_fixed)

    @property
    def is_inside(self) -> bool:
        """Whether it lies on the grid (an open side does)."""
        return _OFF_GRID < self.row < MAX_ROWS and _OFF_GRID < self.column < MAX_COLUMNS


@dataclass(frozen=True, slots=True)
class Slot:
    """One reference: its sheet as a name (None: the formula's own) and its one or two corners."""

    sheet: str | None
    first: Corner
    last: Corner | None = None

    @property
    def range(self) -> Range:
        """The rectangle it covers, whole rows and columns in full."""
        last = self.last or self.first
        rows = sorted((self.first.row, last.row))
        columns = sorted((self.first.column, last.column))
        top, bottom = (0, MAX_ROWS - 1) if rows[0] < 0 else rows
        left, right = (0, MAX_COLUMNS - 1) if columns[0] < 0 else columns
        return Range(top, left, bottom, right)

    @property
    def is_open(self) -> bool:
        """A whole row or column."""
        return self.first.row < 0 or self.first.column < 0

    @property
    def is_fixed(self) -> bool:
        """Whether any part carries a `$`."""
        corners = (self.first,) if self.last is None else (self.first, self.last)
        return any(corner.is_row_fixed or corner.is_column_fixed for corner in corners)

    @property
    def is_inside(self) -> bool:
        """Whether it lies on the grid."""
        return self.first.is_inside and (self.last is None or self.last.is_inside)

    @property
    def cell(self) -> Cell:
        """Its first corner; only for slots that are not open."""
        return Cell(self.first.row, self.first.column)

    def copied(self, rows: int, columns: int) -> Slot:
        """What a copy of its formula by that many cells refers to; fixed parts stay."""
        last = self.last.moved(rows, columns) if self.last else None
        return Slot(self.sheet, self.first.moved(rows, columns), last)

    def shifted(self, rows: int, columns: int) -> Slot:
        """The whole reference moved, fixed parts too (open sides stay open)."""

        def move(corner: Corner) -> Corner:
            return replace(corner, row=_added(corner.row, rows), column=_added(corner.column, columns))

        return Slot(self.sheet, move(self.first), move(self.last) if self.last else None)

    def on(self, sheet: str) -> Slot:
        """The same cells of another sheet."""
        return Slot(sheet, self.first, self.last)

    def at(self, cell: Cell) -> Slot:
        """The same shape with its first corner at `cell`."""
        return self.shifted(cell.row - self.first.row, cell.column - self.first.column)

    @property
    def text(self) -> str:
        """A1 text."""
        body = _corner_text(self.first)
        if self.last is not None:
            body += ":" + _corner_text(self.last)
        if self.sheet is None:
            return body
        external = _EXTERNAL.fullmatch(self.sheet)
        sheet = self.sheet if external else quote_sheet(self.sheet)
        return f"{sheet}!{body}"


@dataclass(frozen=True, slots=True)
class Template:
    """A skeleton (`len(slots) + 1` pieces of text) and its slots, as written in the cell `home`."""

    skeleton: tuple[str, ...]
    slots: tuple[Slot, ...]
    home: Cell

    @property
    def text(self) -> str:
        """The formula, with its leading `=`."""
        pieces = [self.skeleton[0]]
        for slot, piece in zip(self.slots, self.skeleton[1:], strict=True):
            pieces += (slot.text, piece)
        return "".join(pieces)

    @property
    def key(self) -> RelativeKey:
        """Its identity relative to `home`, as normalised R1C1 would give it."""
        row, column = self.home
        parts: list[object] = [self.skeleton]
        for slot in self.slots:
            parts.append(slot.sheet)
            for corner in (slot.first, slot.last) if slot.last else (slot.first,):
                parts.append(corner.row if corner.is_row_fixed or corner.row < 0 else (corner.row - row,))
                is_fixed = corner.is_column_fixed or corner.column < 0
                parts.append(corner.column if is_fixed else (corner.column - column,))
        return tuple(parts)

    @property
    def is_inside(self) -> bool:
        """Whether every slot lies on the grid."""
        return all(slot.is_inside for slot in self.slots)

    def copied(self, to: Cell) -> Template:
        """What a copy to another cell says."""
        rows, columns = to.row - self.home.row, to.column - self.home.column
        return Template(self.skeleton, tuple(slot.copied(rows, columns) for slot in self.slots), to)

    def with_slots(self, slots: tuple[Slot, ...], home: Cell) -> Template:
        """The same skeleton over other references."""
        return Template(self.skeleton, slots, home)


def _added(position: int, steps: int) -> int:
    """A row or column moved; an open side stays open, and off the grid is told from open."""
    if position < 0:
        return position
    moved = position + steps
    return moved if moved >= 0 else _OFF_GRID


def read_template(formula: str, home: Cell) -> Template:
    """The template of a formula (with its `=`) that stands in the cell `home`."""
    skeleton, slots = _split(formula)
    return Template(skeleton, slots, home)


@lru_cache(maxsize=65536)
def _split(formula: str) -> tuple[tuple[str, ...], tuple[Slot, ...]]:
    pieces: list[str] = []
    slots: list[Slot] = []
    start = 0
    for match in _TOKEN.finditer(formula):
        body = match["cell"] or match["columns"] or match["rows"]
        if body is None:
            continue
        slot = _slot(match["sheet"], body)
        if slot is None:
            continue
        pieces.append(_tidy(formula[start : match.start()]))
        slots.append(slot)
        start = match.end()
    pieces.append(_tidy(formula[start:]))
    return tuple(pieces), tuple(slots)


def _tidy(piece: str) -> str:
    """A piece of skeleton without layout: blanks outside strings mean nothing but intersection."""
    if " " not in piece and "\n" not in piece:
        return piece
    if not piece.strip():
        return " " if piece else ""
    parts = re.split(r'("(?:[^"]|"")*")', piece)
    return "".join(p if p.startswith('"') else re.sub(r"\s*([-+*/^&=<>,();])\s*", r"\1", p) for p in parts)


def _slot(sheet: str | None, body: str) -> Slot | None:
    name = split_sheet(sheet + "A1")[0] if sheet else None
    if name is not None and ":" in name:
        return None
    first, _, last = body.partition(":")
    a = _corner(first)
    b = _corner(last) if last else None
    if a is None or (last and b is None):
        return None
    return Slot(name, a, b)


def _corner(text: str) -> Corner | None:
    match = _CORNER.fullmatch(text)
    if match is None:
        return None
    dollar, letters, second, digits = match.groups()
    if not letters:
        row = int(digits) - 1
        return Corner(row, _OPEN, bool(dollar), False) if row < MAX_ROWS else None
    if len(letters) == 3 and letters.upper() > "XFD":
        return None
    column = column_index(letters)
    if not digits:
        return Corner(_OPEN, column, False, bool(dollar))
    row = int(digits) - 1
    return Corner(row, column, bool(second), bool(dollar)) if row < MAX_ROWS else None


def _corner_text(corner: Corner) -> str:
    column = ""
    if corner.column >= 0:
        column = ("$" if corner.is_column_fixed else "") + column_letters(corner.column)
    row = ""
    if corner.row >= 0:
        row = ("$" if corner.is_row_fixed else "") + str(corner.row + 1)
    return column + row
