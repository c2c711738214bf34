"""Numbers stored as text: calculations pass over them in silence.

Only in the body of a column whose other cells are mostly numbers, or in cells that formulas read with
arithmetic; leading zeros, codes and years in headers are left alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from cellwright.edits.model import SetValues
from cellwright.insight.facts import Facts
from cellwright.insight.finding import Finding, FindingKind, Severity, plural
from cellwright.reference import MAX_COLUMNS, Cell, Range, SheetRange
from cellwright.workbook.model import Sheet

_NUMBER = re.compile(r"[ \u00a0]*([-+]?)[$€£]?([0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)?(\.[0-9]+)?(%?)[ \u00a0]*")
_LOOK = 12
_MIN_SHARE = 0.6
_HEAD_ROWS = 3  # a row of codes below the headers counts as one of them


def text_numbers(facts: Facts) -> Iterator[Finding]:
    """Runs of such cells down a column, with the values that would mend them."""
    for sheet in facts.snapshot.sheets:
        suspects = {
            cell: number
            for cell, content in sheet.cells.items()
            if content.formula is None
            and isinstance(content.value, str)
            and (number := number_in(content.value)) is not None
        }
        found = [cell for cell in suspects if _is_among_numbers(facts, sheet, cell, suspects)]
        for run in _runs(found):
            if len(run) == 1 and 1900 <= suspects[run[0]] <= 2100:
                continue  # a year above its numbers
            area = Range(run[0].row, run[0].column, run[-1].row, run[0].column)
            place = SheetRange(sheet.name, area)
            shown = sheet.value(run[0])
            header = facts.labels.column_header(sheet.name, run[0])
            name = f"{header}, " if header else ""
            cells = plural(len(run), "cell")
            sentence = (
                f"{name}{area.a1}: {cells} with the text “{shown}”"
                f"{' and its like' if len(run) > 1 else ''} among numbers; totals leave text out."
            )
            edit = SetValues(sheet.name, area, tuple((suspects[cell],) for cell in run))
            yield Finding(FindingKind.TEXT_NUMBER, Severity.WARNING, place, sentence, len(run), (edit,))


def number_in(text: str) -> float | None:
    """The number that a text writes, None where it is none or may be a code (leading zeros, a plus sign)."""
    match = _NUMBER.fullmatch(text)
    if match is None:
        return None
    sign, whole, fraction, percent = match.groups()
    if whole is None and fraction is None:
        return None
    if sign == "+" or (whole and len(whole) > 1 and whole.startswith("0")) or len(whole or "") > 15:
        return None
    value = float((whole or "0").replace(",", "") + (fraction or ""))
    return (-value if sign == "-" else value) / (100 if percent else 1)


def _is_among_numbers(facts: Facts, sheet: Sheet, cell: Cell, suspects: dict[Cell, float]) -> bool:
    """Whether most filled cells near it in its column, inside one table's body, are numbers."""
    table = facts.labels.table_at(sheet.name, cell)
    declared = [
        table.data for table in facts.snapshot.tables_on(sheet.name) if table.data and cell in table.data
    ]
    if table is not None:
        if cell not in table.body or cell.column in table.label_columns:
            return False
        top, bottom = table.body.top, table.body.bottom
    elif declared:
        top, bottom = declared[0].top, declared[0].bottom
    else:
        return False
    if cell.row < top + _HEAD_ROWS and _is_row_of_texts(sheet, cell):
        return False
    numbers = others = 0
    for row in range(max(top, cell.row - _LOOK), min(bottom, cell.row + _LOOK) + 1):
        near = Cell(row, cell.column)
        if near == cell or near in suspects:
            continue
        value = sheet.value(near)
        if isinstance(value, float) and not isinstance(value, bool):
            numbers += 1
        elif value is not None:
            others += 1
    return numbers >= 2 and numbers >= _MIN_SHARE * (numbers + others)


def _is_row_of_texts(sheet: Sheet, cell: Cell) -> bool:
    """Whether its neighbours left and right are texts: a row of codes or of headers."""
    first = max(0, cell.column - _LOOK)
    row = Range(cell.row, first, cell.row, cell.column + _LOOK) if cell.column + _LOOK < MAX_COLUMNS else None
    values = [content.value for _, content in sheet.cells.items(row)] if row else []
    texts = sum(isinstance(value, str) for value in values) - 1
    numbers = sum(isinstance(value, float) and not isinstance(value, bool) for value in values)
    return texts > numbers + 1


def _runs(cells: list[Cell]) -> Iterator[list[Cell]]:
    run: list[Cell] = []
    for cell in sorted(cells, key=lambda cell: (cell.column, cell.row)):
        if run and (cell.column != run[-1].column or cell.row != run[-1].row + 1):
            yield run
            run = []
        run.append(cell)
    if run:
        yield run
