"""Frames: the tables of a workbook as instructions see them, header, body and columns by name."""

from __future__ import annotations

from dataclasses import dataclass

from cellwright.ask.grounding.text import stems
from cellwright.reference import Cell, Range, SheetRange, column_letters
from cellwright.workbook.detect import ColumnKind, detect_tables
from cellwright.workbook.model import Sheet, Snapshot, Value
from cellwright.workbook.number_formats import is_date_format

_SAMPLE = 400


@dataclass(frozen=True)
class FrameColumn:
    """One column: `column` is its place on the sheet."""

    column: int
    name: str
    kind: ColumnKind
    is_filled: bool
    has_formulas: bool = False

    @property
    def letters(self) -> str:
        """`C`."""
        return column_letters(self.column)

    @property
    def stems(self) -> tuple[str, ...]:
        """The words of its name."""
        return stems(self.name)


@dataclass(frozen=True)
class Frame:
    """One table on a sheet. `top` is its (last) header row, `first` and `last` the rows of its body.

    `totals` are totals rows below the body. Without a header the columns are named by their letters.
    """

    sheet: str
    top: int
    first: int
    last: int
    columns: tuple[FrameColumn, ...]
    has_header: bool = True
    totals: int = 0
    name: str | None = None

    @property
    def left(self) -> int:
        """Its first column on the sheet."""
        return self.columns[0].column

    @property
    def right(self) -> int:
        """Its last column on the sheet."""
        return self.columns[-1].column

    @property
    def area(self) -> Range:
        """Header and body, without totals."""
        return Range(self.top if self.has_header else self.first, self.left, self.last, self.right)

    @property
    def height(self) -> int:
        """Rows of the body."""
        return self.last - self.first + 1

    def body(self, column: FrameColumn) -> Range:
        """The cells of a column, without its header."""
        return Range(self.first, column.column, self.last, column.column)

    def whole(self, column: FrameColumn) -> Range:
        """Header and cells of a column."""
        return Range(self.area.top, column.column, self.last, column.column)

    def cell(self, column: FrameColumn) -> str:
        """The first body cell of a column as A1, for formulas that are filled down."""
        return Cell(self.first, column.column).a1

    def place(self, area: Range) -> SheetRange:
        """A range of its sheet."""
        return SheetRange(self.sheet, area)

    def at(self, column: int) -> FrameColumn | None:
        """The column at a place of the sheet."""
        return next((one for one in self.columns if one.column == column), None)

    def named(self, name: str) -> FrameColumn | None:
        """The column of that header, case and spaces ignored."""
        folded = " ".join(name.casefold().split())
        return next((one for one in self.columns if " ".join(one.name.casefold().split()) == folded), None)

    def values(self, snapshot: Snapshot, column: FrameColumn) -> list[Value]:
        """The values of a column's body."""
        sheet = snapshot.sheet(self.sheet)
        return [sheet.value(Cell(row, column.column)) for row in range(self.first, self.last + 1)]


def frames_on(snapshot: Snapshot, sheet: Sheet) -> list[Frame]:
    """The tables of a sheet, the largest first."""
    found: list[Frame] = []
    declared = snapshot.tables_on(sheet.name)
    for table in declared:
        if table.data is None or not table.header_rows:
            continue
        places = range(table.range.left, table.range.right + 1)
        columns = tuple(
            _column(sheet, place, name, table.data.top, table.data.bottom)
            for place, name in zip(places, table.columns, strict=True)
        )
        found.append(
            Frame(
                sheet.name,
                table.range.top,
                table.data.top,
                table.data.bottom,
                columns,
                totals=table.totals_rows,
                name=table.name,
            )
        )
    for detected in detect_tables(sheet, [table.range for table in declared]):
        body = detected.body
        if body.height < 1:
            continue
        has_header = detected.header is not None
        columns = tuple(
            _column(
                sheet, one.column, one.name if has_header and one.name else column_letters(one.column),
                body.top, body.bottom,
            )
            for one in detected.columns
        )  # fmt: skip
        if columns:
            found.append(
                Frame(
                    sheet.name,
                    body.top - 1,
                    body.top,
                    body.bottom,
                    columns,
                    has_header,
                    detected.totals_rows,
                )
            )
    if not found and sheet.cells.bounds is not None:
        plain = _plain(sheet, sheet.cells.bounds)
        if plain is not None:
            found.append(plain)
    return sorted(found, key=lambda frame: -frame.height * len(frame.columns))


def _plain(sheet: Sheet, used: Range) -> Frame | None:
    """A sheet that holds no table by shape: its used range, a text row first read as headers."""
    head = [sheet.value(Cell(used.top, column)) for column in range(used.left, used.right + 1)]
    has_header = used.height > 1 and all(isinstance(value, str) for value in head)
    first = used.top + has_header
    columns = tuple(
        _column(sheet, place, str(value) if has_header else column_letters(place), first, used.bottom)
        for place, value in zip(range(used.left, used.right + 1), head, strict=True)
    )
    return Frame(
        sheet.name, used.top if has_header else max(0, used.top - 1), first, used.bottom, columns, has_header
    )


def _column(sheet: Sheet, place: int, name: str, first: int, last: int) -> FrameColumn:
    counts: dict[ColumnKind, int] = {}
    formulas = 0
    for _, content in sheet.cells.items(Range(first, place, min(last, first + _SAMPLE), place)):
        value = content.value
        formulas += content.formula is not None
        if value is None and content.formula is None:
            continue
        if isinstance(value, bool):
            kind = ColumnKind.BOOLEAN
        elif isinstance(value, float):
            is_date = is_date_format(content.style.number_format)
            kind = ColumnKind.DATE if is_date else ColumnKind.NUMBER
        elif isinstance(value, str):
            kind = ColumnKind.TEXT
        else:
            kind = ColumnKind.NUMBER if value is None else ColumnKind.MIXED
        counts[kind] = counts.get(kind, 0) + 1
    if not counts:
        return FrameColumn(place, name, ColumnKind.EMPTY, False)
    kind = max(counts, key=lambda one: counts[one])
    total = sum(counts.values())
    return FrameColumn(
        place, name, kind, total > 0.5 * min(last - first + 1, _SAMPLE), formulas > 0.5 * total
    )
