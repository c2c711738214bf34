"""A table as questions see it: cells with their text, numbers and dates, columns with the views they offer.

A view is one reading of a column as numbers: `n` the first number of each cell, `m` the second (`3-1` -> 1),
`x` how far the two lie apart, `d` the date as a growing number (years). A column offers a view where at least
half of its filled cells have it. Row sets are bit masks: bit i is row i of the body. Totals rows are left out
of the body.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property

from cellwright.ask.grounding.quantities import Day, day_of_serial, numbers_in, read_day, year_in
from cellwright.ask.grounding.text import stems
from cellwright.reference import Cell, Range
from cellwright.workbook.detect import detect_tables
from cellwright.workbook.model import Content, Sheet, Snapshot
from cellwright.workbook.number_formats import is_date_format

MAX_ROWS = 2000
"""More rows than these are not searched; a question over a long list is cut to its beginning."""

_LEAST_SHARE = 0.5
_PARTS = re.compile(r"[,;/\n]|\band\b|&")
_TOTAL = re.compile(r"(?:grand |sub)?totals?\b.*|sum|overall|average", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class TypedCell:
    """One cell: its text as shown, its stems padded with spaces, numbers and date."""

    text: str
    words: str
    numbers: tuple[float, ...] = ()
    day: Day | None = None
    is_native: bool = False
    """Whether the sheet holds a number (or a date's serial) and not text."""


@dataclass(frozen=True)
class TypedColumn:
    """One column of the body: its text and words of header, its column on the sheet (`place`), its cells."""

    place: int
    header: str
    cells: tuple[TypedCell, ...]
    header_stems: tuple[str, ...] = ()

    @cached_property
    def filled(self) -> int:
        """The rows (bit mask) whose cell is not empty."""
        return sum(1 << i for i, cell in enumerate(self.cells) if cell.text)

    @cached_property
    def views(self) -> dict[str, tuple[float | None, ...]]:
        """View -> a number or None for each row."""
        filled = max(1, self.filled.bit_count())
        days = [cell.day for cell in self.cells]
        found: dict[str, tuple[float | None, ...]] = {}
        if sum(day is not None for day in days) >= _LEAST_SHARE * filled:
            found["d"] = tuple(
                day.key if day else _year_key(cell) for day, cell in zip(days, self.cells, strict=True)
            )
        else:
            first = tuple(cell.numbers[0] if cell.numbers else None for cell in self.cells)
            if sum(value is not None for value in first) >= _LEAST_SHARE * filled:
                found["n"] = first
        if "d" not in found:
            second = tuple(cell.numbers[1] if len(cell.numbers) > 1 else None for cell in self.cells)
            if sum(value is not None for value in second) >= _LEAST_SHARE * filled:
                found["m"] = second
                found["x"] = tuple(
                    abs(abs(cell.numbers[0]) - abs(cell.numbers[1])) if len(cell.numbers) > 1 else None
                    for cell in self.cells
                )
        return found

    @cached_property
    def words_known(self) -> frozenset[str]:
        """Every stem of the column's cells."""
        return frozenset(word for cell in self.cells for word in cell.words.split())

    @cached_property
    def groups(self) -> dict[str, int]:
        """Cell text, folded -> the rows (bit mask) that hold it, in order of first sight."""
        found: dict[str, int] = {}
        for i, cell in enumerate(self.cells):
            if cell.text:
                key = cell.words or cell.text
                found[key] = found.get(key, 0) | 1 << i
        return found

    @cached_property
    def has_lists(self) -> bool:
        """Whether cells hold several parts, set apart by commas or line breaks."""
        several = sum(len([p for p in _PARTS.split(cell.text) if p.strip()]) > 1 for cell in self.cells)
        return several >= 0.3 * max(1, len(self.cells))


def _year_key(cell: TypedCell) -> float | None:
    year = year_in(cell.text)
    return float(year) if year else None


@dataclass(frozen=True)
class TypedTable:
    """A table: its sheet, the sheet row of each body row, and its columns."""

    sheet: str
    rows: tuple[int, ...]
    columns: tuple[TypedColumn, ...]
    name: str = ""
    title: str = ""
    cut_rows: int = field(default=0, compare=False)

    @cached_property
    def all_rows(self) -> int:
        """Every row, as a bit mask."""
        return (1 << len(self.rows)) - 1

    @property
    def area(self) -> Range:
        """The body's range on the sheet."""
        places = [column.place for column in self.columns]
        return Range(self.rows[0], min(places), self.rows[-1], max(places))

    def at(self, row: int, column: int) -> Cell:
        """The sheet's cell of a body row and a column, both counted from 0 inside the table."""
        return Cell(self.rows[row], self.columns[column].place)


def tables_in(snapshot: Snapshot, sheet: str | None = None) -> list[TypedTable]:
    """Every table of a sheet, or of all visible sheets: those declared, then those found; largest first."""
    sheets = [snapshot.sheet(sheet)] if sheet is not None else list(snapshot.sheets)
    found: list[TypedTable] = []
    for one in sheets:
        declared = snapshot.tables_on(one.name)
        for table in declared:
            if table.data is not None:
                places = list(range(table.range.left, table.range.right + 1))
                found.append(
                    _typed(one, table.data, places, table.columns, name=table.name, is_1904=snapshot.is_1904)
                )
        for detected in detect_tables(one, [table.range for table in declared]):
            body = detected.body
            if body.height < 1:
                continue
            places = [column.column for column in detected.columns]
            names = [column.name for column in detected.columns]
            found.append(
                _typed(one, body, places, names, title=detected.title or "", is_1904=snapshot.is_1904)
            )
    return sorted(found, key=lambda table: -len(table.rows) * len(table.columns))


def _typed(
    sheet: Sheet,
    body: Range,
    places: list[int],
    names: list[str] | tuple[str, ...],
    *,
    name: str = "",
    title: str = "",
    is_1904: bool = False,
) -> TypedTable:
    by_row: dict[int, dict[int, Content]] = {}
    for cell, content in sheet.cells.items(body):
        if content.value is not None:
            by_row.setdefault(cell.row, {})[cell.column] = content
    rows = sorted(by_row)
    while len(rows) > 1 and _is_totals(by_row[rows[-1]], places):
        rows.pop()
    kept = rows[:MAX_ROWS]
    columns = tuple(
        TypedColumn(
            place,
            header,
            tuple(typed_cell(by_row[row].get(place), is_1904) for row in kept),
            stems(header),
        )
        for place, header in zip(places, names, strict=True)
    )
    return TypedTable(sheet.name, tuple(kept), columns, name, title, len(rows) - len(kept))


def _is_totals(row: dict[int, Content], places: list[int]) -> bool:
    """A last row whose first text says so."""
    first = next((row[place].value for place in places if place in row), None)
    return isinstance(first, str) and len(first) < 30 and _TOTAL.fullmatch(first.strip()) is not None


def typed_cell(content: Content | None, is_1904: bool = False) -> TypedCell:
    """A cell as questions see it; dates show as `2024-03-05`, whole numbers without a decimal point."""
    value = None if content is None else content.value
    if content is None or value is None:
        return TypedCell("", "")
    if isinstance(value, bool):
        return TypedCell("TRUE" if value else "FALSE", "true" if value else "false")
    if isinstance(value, float):
        if is_date_format(content.style.number_format) and value >= 1:
            day = day_of_serial(value, is_1904)
            text = f"{day.year:04}-{day.month:02}-{day.day:02}"
            return TypedCell(text, _padded(text), (value,), day, is_native=True)
        text = str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)
        return TypedCell(text, _padded(text), (value,), is_native=True)
    text = str(value).strip()
    return TypedCell(text, _padded(text), numbers_in(text), read_day(text))


def _padded(text: str) -> str:
    words = stems(text)
    return f" {' '.join(words)} " if words else ""
