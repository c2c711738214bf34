"""Tables on sheets that do not say where they are: header rows, columns with types, labels, totals.

Each block (`blocks.find_blocks`) is read from its edges inwards. From the top: title rows (one filled cell
in a wider block), then header rows: texts, years or dates in sequence, and a row of units. From the bottom:
notes, then totals rows, known by their label or by formulas that aggregate the rows above. Columns get the
type that most of their body has. What has no body or only one cell is no table. Tables that the file declares
are not looked for here; pass their ranges to leave them out.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from cellwright.reference import Range
from cellwright.workbook.blocks import find_blocks
from cellwright.workbook.headers import Rows, column_names, header_rows, is_header_row, text_of, title_rows
from cellwright.workbook.model import Content, ErrorValue, Sheet
from cellwright.workbook.number_formats import is_date_format

_MAX_TOTALS = 3
_SAMPLE_ROWS = 200
_SEARCH_ROWS = 12

TOTAL_WORDS = re.compile(
    r"\b(?:(?:sub|grand)?[ -]?totals?|sum|overall|summe|gesamt(?:summe)?|insgesamt|somme|suma|totale|totaal|"
    r"totais|average|mean|median|durchschnitt|mittelwert|moyenne|promedio|media|count|anzahl)\b",
    re.IGNORECASE,
)
_AGGREGATE = re.compile(r"=\s*(?:SUM|SUBTOTAL|AGGREGATE|AVERAGE|COUNTA?|MEDIAN|MIN|MAX)\s*\(", re.IGNORECASE)
_UNIT_AT_END = re.compile(r"[(\[]([^()\[\]]{1,24})[)\]]\s*$")


class ColumnKind(StrEnum):
    """What most of a column's body holds."""

    EMPTY = "empty"
    NUMBER = "number"
    DATE = "date"
    TEXT = "text"
    BOOLEAN = "boolean"
    MIXED = "mixed"


@dataclass(frozen=True, slots=True)
class DetectedColumn:
    """One column: its place on the sheet, header text (rows of it joined), type, and share of formulas.

    `unit` comes from a row of units or from brackets at the header's end.
    """

    column: int
    name: str
    kind: ColumnKind
    formula_share: float = 0.0
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class DetectedTable:
    """A table on a sheet, its parts zero-based rows and columns of the sheet.

    `range` covers header, body and totals, not the title. `label_columns` are the leading columns of the
    body that name its rows; `totals_column` is a column that adds up others to its left.
    """

    range: Range
    header_rows: int
    columns: tuple[DetectedColumn, ...]
    label_columns: tuple[int, ...] = ()
    totals_rows: int = 0
    totals_column: int | None = None
    title: str | None = None

    @property
    def header(self) -> Range | None:
        """The header rows."""
        area = self.range
        if not self.header_rows:
            return None
        return Range(area.top, area.left, area.top + self.header_rows - 1, area.right)

    @property
    def body(self) -> Range:
        """The rows between header and totals."""
        area = self.range
        return Range(area.top + self.header_rows, area.left, area.bottom - self.totals_rows, area.right)

    @property
    def totals(self) -> Range | None:
        """The totals rows."""
        area = self.range
        return Range(self.body.bottom + 1, area.left, area.bottom, area.right) if self.totals_rows else None

    def column_named(self, name: str) -> DetectedColumn | None:
        """The column of that header, case ignored."""
        folded = name.casefold()
        return next((column for column in self.columns if column.name.casefold() == folded), None)


def detect_tables(sheet: Sheet, leave_out: Iterable[Range] = ()) -> tuple[DetectedTable, ...]:
    """The tables of a sheet in reading order; `leave_out` are ranges that are known otherwise."""
    found = (
        _read_block(sheet, block) for block in _joined(sheet, find_blocks(sheet.cells, tuple(leave_out)))
    )
    return tuple(table for table in found if table is not None)


def _rows(sheet: Sheet, area: Range) -> Rows:
    """row -> column -> content of the filled cells of an area."""
    rows: Rows = {row: {} for row in range(area.top, area.bottom + 1)}
    for cell, content in sheet.cells.items(area):
        if not content.is_blank:
            rows[cell.row][cell.column] = content
    return rows


def _joined(sheet: Sheet, blocks: list[Range]) -> list[Range]:
    """Blocks again, a block of headers joined to the body that one blank row sets off from it."""
    joined: list[Range] = []
    used: set[Range] = set()
    for block in blocks:
        if block in used:
            continue
        if block.height <= 2 and block.width > 1:
            below = next(
                (
                    other
                    for other in blocks
                    if other.top == block.bottom + 2
                    and other.left <= block.left
                    and other.right >= block.right
                    and other.width <= block.width + 1
                    and other not in used
                ),
                None,
            )
            is_header = all(is_header_row(cells, block) for cells in _rows(sheet, block).values())
            if below is not None and is_header and not _starts_with_header(sheet, below):
                used.add(below)
                joined.append(Range(block.top, below.left, below.bottom, below.right))
                continue
        joined.append(block)
    return joined


def _starts_with_header(sheet: Sheet, block: Range) -> bool:
    top = Range(block.top, block.left, block.top, block.right)
    return is_header_row(_rows(sheet, top)[block.top], block)


def _read_block(sheet: Sheet, block: Range) -> DetectedTable | None:
    """The table in a block; None where it holds none."""
    if block.height < 2:
        return None
    head = _rows(
        sheet, Range(block.top, block.left, min(block.top + _SEARCH_ROWS, block.bottom), block.right)
    )
    titles = title_rows(head, block)
    top = block.top + len(titles)
    if top >= block.bottom:
        return None
    tail_top = max(top + 1, block.bottom - _SEARCH_ROWS)
    tail = _rows(sheet, Range(tail_top, block.left, block.bottom, block.right))
    bottom = block.bottom
    while bottom > top + 1 and _is_note(tail.get(bottom, {}), block):
        bottom -= 1
    heads, units = header_rows(head, block, top, bottom)
    first_body = top + heads
    totals = 0
    while totals < _MAX_TOTALS and bottom - totals > first_body and _is_total(tail.get(bottom - totals, {})):
        totals += 1
    if bottom - totals < first_body:
        return None
    body = Range(first_body, block.left, bottom - totals, block.right)
    header = {row: head[row] for row in range(top, first_body) if row in head}
    names = column_names(sheet, header, block, units)
    sample = _rows(
        sheet, Range(body.top, body.left, min(body.top + _SAMPLE_ROWS - 1, body.bottom), body.right)
    )
    columns = tuple(
        _column(
            column,
            names[column],
            units.get(column),
            [cells[column] for cells in sample.values() if column in cells],
        )
        for column in range(block.left, block.right + 1)
    )
    if len(columns) == 1 and columns[0].kind in (ColumnKind.TEXT, ColumnKind.MIXED, ColumnKind.EMPTY):
        return None  # lines of prose
    return DetectedTable(
        range=Range(top, block.left, bottom, block.right),
        header_rows=heads,
        columns=columns,
        label_columns=_label_columns(columns),
        totals_rows=totals,
        totals_column=_totals_column(columns, sample),
        title=" ".join(titles) or None,
    )


def _is_note(cells: Mapping[int, Content], block: Range) -> bool:
    """A trailing row with one text only, in the first column: a remark under the table."""
    if len(cells) != 1 or block.width < 3:
        return False
    column, content = next(iter(cells.items()))
    text = text_of(content)
    return (
        column == block.left
        and text is not None
        and (len(text) > 24 or text.casefold().startswith(("note", "source", "*")))
    )


def _is_total(cells: Mapping[int, Content]) -> bool:
    """Whether a row totals those above it: by the word at its left or by its formulas."""
    if not cells:
        return False
    label = text_of(cells[min(cells)])
    formulas = [content.formula for content in cells.values() if content.formula is not None]
    aggregates = sum(_AGGREGATE.match(formula) is not None for formula in formulas)
    has_numbers = any(isinstance(content.value, float) for content in cells.values()) or formulas
    if label is not None and has_numbers and TOTAL_WORDS.search(label) and len(label) <= 40:
        return True
    return (
        bool(formulas)
        and aggregates == len(formulas)
        and len(formulas) * 2 >= len(cells) - 1
        and label is None
    )


def _column(column: int, name: str, unit: str | None, body: list[Content]) -> DetectedColumn:
    counts = Counter(_kind(content) for content in body)
    counts.pop(ColumnKind.EMPTY, None)
    kind = ColumnKind.EMPTY
    if counts:
        most, number = counts.most_common(1)[0]
        kind = most if number >= 0.8 * counts.total() else ColumnKind.MIXED
    formulas = sum(content.formula is not None for content in body)
    if unit is None and (match := _UNIT_AT_END.search(name)):
        unit = match[1].strip()
    return DetectedColumn(column, name, kind, formulas / len(body) if body else 0.0, unit)


def _kind(content: Content) -> ColumnKind:
    value = content.value
    if isinstance(value, bool):
        return ColumnKind.BOOLEAN
    if isinstance(value, float):
        return ColumnKind.DATE if is_date_format(content.style.number_format) else ColumnKind.NUMBER
    if isinstance(value, str):
        return ColumnKind.TEXT
    # An error or a formula without a result says nothing about the column, unless it is all there is.
    return ColumnKind.NUMBER if isinstance(value, ErrorValue) or content.formula else ColumnKind.EMPTY


def _label_columns(columns: tuple[DetectedColumn, ...]) -> tuple[int, ...]:
    """The leading text (or date) columns before the first column of numbers; none where all are text."""
    found: list[int] = []
    for column in columns:
        if column.kind not in (ColumnKind.TEXT, ColumnKind.DATE, ColumnKind.EMPTY):
            return tuple(found)
        found.append(column.column)
    return tuple(found[:1])


def _totals_column(columns: tuple[DetectedColumn, ...], sample: Rows) -> int | None:
    """The column whose formulas add up cells to their left in the same row, or whose header says total."""
    for detected in reversed(columns):
        if detected.kind is not ColumnKind.NUMBER or detected.column == columns[0].column:
            continue
        cells = [
            (row, row_cells[detected.column])
            for row, row_cells in sample.items()
            if detected.column in row_cells
        ]
        across = sum(
            content.formula is not None
            and re.match(rf"=\s*SUM\(\s*\$?[A-Z]+\$?{row + 1}:\$?[A-Z]+\$?{row + 1}\s*\)", content.formula)
            is not None
            for row, content in cells
        )
        if cells and across * 2 > len(cells):
            return detected.column
        if detected.column == columns[-1].column and TOTAL_WORDS.search(detected.name) and len(columns) > 2:
            return detected.column
    return None
