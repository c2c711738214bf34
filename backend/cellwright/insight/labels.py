"""What a person would call a cell or range: the header above it, the label beside it.

Declared tables come first, then tables found on the sheet, then the nearest text above and to the left.
"""

from __future__ import annotations

from cellwright.reference import Cell, Range, SheetRange, quote_sheet
from cellwright.workbook.detect import DetectedTable, detect_tables
from cellwright.workbook.model import Sheet, Snapshot, Table

_LOOK_UP, _LOOK_LEFT = 30, 12
_MAX_LABEL = 40


class Labels:
    """Labels of one Snapshot; the tables of a sheet are looked for when first asked."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._detected: dict[str, tuple[DetectedTable, ...]] = {}

    def tables(self, sheet: str) -> tuple[DetectedTable, ...]:
        """The undeclared tables of a sheet."""
        if sheet not in self._detected:
            declared = [table.range for table in self._snapshot.tables_on(sheet)]
            self._detected[sheet] = detect_tables(self._snapshot.sheet(sheet), declared)
        return self._detected[sheet]

    def table_at(self, sheet: str, cell: Cell) -> DetectedTable | None:
        """The undeclared table that a cell lies in."""
        return next((table for table in self.tables(sheet) if cell in table.range), None)

    def column_header(self, sheet: str, cell: Cell) -> str | None:
        """The header of the cell's column, None where it has none (a header has none itself)."""
        declared = self._declared(sheet, cell)
        if declared is not None:
            is_header = cell.row < declared.range.top + declared.header_rows
            return None if is_header else _short(declared.columns[cell.column - declared.range.left])
        table = self.table_at(sheet, cell)
        if table is not None and table.header_rows:
            if cell.row <= table.range.top + table.header_rows - 1:
                return None
            name = next((column.name for column in table.columns if column.column == cell.column), "")
            if name:
                return _short(name)
            bottom = table.range.top + table.header_rows - 1
            in_header = (
                self._text(sheet, Cell(row, cell.column)) for row in range(bottom, table.range.top - 1, -1)
            )
            if (text := next((text for text in in_header if text), None)) is not None:
                return text
        return self._nearest(sheet, cell, -1, 0, _LOOK_UP)

    def row_label(self, sheet: str, cell: Cell) -> str | None:
        """The text that names the cell's row, None where it has none."""
        declared = self._declared(sheet, cell)
        if declared is not None:
            first = self._text(sheet, Cell(cell.row, declared.range.left))
            return first if declared.range.left != cell.column else None
        table = self.table_at(sheet, cell)
        if table is not None and table.label_columns:
            columns = [column for column in table.label_columns if column < cell.column]
            words = [self._text(sheet, Cell(cell.row, column)) for column in columns]
            named = [word for word in words if word]
            if named:
                return named[-1]
        return self._nearest(sheet, cell, 0, -1, _LOOK_LEFT)

    def of(self, place: SheetRange) -> str | None:
        """A short name of a cell or range: `Sales for North`, `Sales`, `North`; None where there is none."""
        name = self._of(place) if self._snapshot.has_sheet(place.sheet) else None
        return None if name is None or "://" in name else name

    def _of(self, place: SheetRange) -> str | None:
        area, sheet = place.range, place.sheet
        if area.is_cell:
            header, label = self.column_header(sheet, area.first), self.row_label(sheet, area.first)
            if header and label and header.casefold() in _SAYS_NOTHING:
                return label
            if header and label and header != label:
                return f"{label} in {header}" if _is_period(header) else f"{header} for {label}"
            return header or label
        if area.is_whole_columns:
            return self._over_columns(sheet, Range(0, area.left, 0, area.right), first_row=True)
        if area.width == 1 or area.height > area.width:
            return self._over_columns(sheet, area)
        return self.row_label(sheet, area.first) if area.height == 1 else None

    def describe(self, place: SheetRange, home: str, text: str | None = None) -> str:
        """The name with the address behind it, `Sales (B2:B9)`; the address alone where there is no name."""
        own = place.sheet.casefold() == home.casefold()
        address = text or (place.range.a1 if own else f"{quote_sheet(place.sheet)}!{place.range.a1}")
        address = address.replace("$", "")
        name = self._typed_text(place) or self.of(place)
        return f"{name} ({address})" if name else address

    def _typed_text(self, place: SheetRange) -> str | None:
        """The text of a cell that holds one: it says more than the header above it."""
        if not place.range.is_cell or not self._snapshot.has_sheet(place.sheet):
            return None
        content = self._snapshot.sheet(place.sheet).content(place.range.first)
        is_text = content.formula is None and isinstance(content.value, str) and content.value.strip()
        return f"“{_short(str(content.value))}”" if is_text else None

    def _over_columns(self, sheet: str, area: Range, first_row: bool = False) -> str | None:
        names = []
        for column in sorted({area.left, area.right}):
            top = Cell(area.top, column)
            name = self._text(sheet, top) if first_row else None
            if first_row and name is None:
                name = next(
                    (word for row in range(1, 6) if (word := self._text(sheet, Cell(row, column)))), None
                )
            if not first_row:
                name = self.column_header(sheet, top)
                if name is None and area.height > 1:
                    name = self._text(sheet, top)
            if name is None:
                return None
            names.append(name)
        return " to ".join(names)

    def _declared(self, sheet: str, cell: Cell) -> Table | None:
        return next((table for table in self._snapshot.tables_on(sheet) if cell in table.range), None)

    def _text(self, sheet: str, cell: Cell) -> str | None:
        value = self._snapshot.sheet(sheet).value(cell)
        return _short(value) if isinstance(value, str) and value.strip() else None

    def _nearest(self, sheet: str, cell: Cell, down: int, right: int, most: int) -> str | None:
        store: Sheet = self._snapshot.sheet(sheet)
        row, column = cell
        blanks = 0
        for _ in range(most):
            row, column = row + down, column + right
            if row < 0 or column < 0:
                return None
            content = store.content(Cell(row, column))
            if content.is_blank:
                blanks += 1
                if blanks > 2:
                    return None
            elif isinstance(content.value, str) and content.value.strip():
                return None if content.formula else _short(content.value)
        return None


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _MAX_LABEL else line[: _MAX_LABEL - 1].rstrip() + "…"


def _is_period(header: str) -> bool:
    """A year, quarter or month as a header: one says `North in 2024`, not `2024 of North`."""
    word = header.strip().casefold()
    if word.isdigit() and 1800 <= int(word) <= 2200:
        return True
    return (word[:3] in _MONTHS and len(word) <= 9) or (word[:1] == "q" and word[1:2].isdigit())


_SAYS_NOTHING = frozenset({"value", "values", "amount", "number", "figure", "data"})
_MONTHS = frozenset({"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"})
