"""Titles and headers at the top of a block of cells: how many rows they are, and what each column is called.

Header rows hold texts, and numbers only where they are years, dates or counters in sequence. The names of
several rows are joined; a text over several columns (merged, or followed by blanks) counts for each.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import pairwise

from cellwright.reference import Cell, Range
from cellwright.workbook.model import Content, Sheet
from cellwright.workbook.number_formats import is_date_format

MAX_HEADER_ROWS = 4

Rows = dict[int, dict[int, Content]]
"""row -> column -> content of the filled cells of an area."""

_UNIT = re.compile(
    r"[(\[]?\s*(?:%|[$€£¥]|(?:[kmgtMGT]?(?:[Ww]h?|g|t|m|J|l|L|bbl|BTU|USD|EUR|GBP|CHF))"
    r"(?:/\w+)?|years?|yr|days?|hours?|hrs?|pcs|units?|people|persons|dollars|euros|thousands?|millions?|"
    r"dimensionless|fraction|share|percent(?:age)?)\s*[)\]]?",
    re.IGNORECASE,
)


def title_rows(head: Rows, block: Range) -> list[str]:
    """Texts of the leading rows with one filled cell, where the block is wider than that."""
    titles: list[str] = []
    for cells in head.values():
        only = next(iter(cells.values()), None)
        if block.width < 2 or len(cells) != 1 or (text := text_of(only)) is None:
            break
        titles.append(text)
    return titles


def header_rows(head: Rows, block: Range, top: int, bottom: int) -> tuple[int, dict[int, str]]:
    """How many rows from `top` on are header, and the units that a last row of them gives by column."""
    count = 0
    while count < MAX_HEADER_ROWS and top + count < bottom and top + count in head:
        if not is_header_row(head[top + count], block, is_first=not count):
            break
        count += 1
    if not count:
        return 0, {}
    if top + count in head and not is_header_row(head[top + count], block, is_first=False):
        if count > 1 and (units := _units(head[top + count - 1])):
            return count, units
        return _marked_only(head, block, top, _without_labels(head, top, count)), {}
    # Every row looked like a header: a table of texts. Its first row is one if it is marked or distinct.
    return (1 if _is_text_header(head, top) else 0), {}


def is_header_row(cells: Mapping[int, Content], block: Range, *, is_first: bool = True) -> bool:
    """Whether a row could be one of headers: texts, and numbers only where they are years or dates.

    Numbers that count up from 0 or 1 (months, weeks) are headers in a first row only; below headers they are
    as likely to be data.
    """
    texts = [content for content in cells.values() if isinstance(content.value, str)]
    numbers = [c for c in cells.values() if isinstance(c.value, float)]
    if len(texts) + len(numbers) < len(cells) or not cells:
        return False
    if not numbers:
        return all(content.formula is None for content in texts) or len(texts) > 1
    values = [content.value for content in numbers if isinstance(content.value, float)]
    is_dated = all(is_date_format(content.style.number_format) for content in numbers)
    is_years = all(1800 <= value <= 2200 for value in values) and _is_sequence(values)
    counts_up = is_first and values[0] in (0, 1) and _is_sequence(values) and len(values) > 3
    if not (is_dated or is_years or counts_up):
        return False
    first_numeric = min(column for column, content in cells.items() if isinstance(content.value, float))
    return len(numbers) > 1 and all(
        column < first_numeric or isinstance(content.value, float) or len(texts) <= block.width // 2
        for column, content in cells.items()
    )


def _is_sequence(values: list[float]) -> bool:
    """Years, months or dates: at least two whole numbers that rise by the same step."""
    steps = {b - a for a, b in pairwise(values)}
    return (
        len(values) > 1
        and len(steps) == 1
        and min(steps) > 0
        and all(value == int(value) for value in values)
    )


def _without_labels(head: Rows, top: int, count: int) -> int:
    """Header rows less trailing ones that are group labels of the body (one text at the left)."""
    first = min(head[top], default=0)
    while count > 1:
        cells = head[top + count - 1]
        if len(cells) > 1 or next(iter(cells), first) > first:
            break
        count -= 1
    return count


def _marked_only(head: Rows, block: Range, top: int, count: int) -> int:
    """Header rows less first rows of a body of texts: those not set off like the first, or filled like it."""
    marked = next((n for n in range(count) if not _is_marked(head[top + n])), count)
    if marked:
        return marked
    return 1 if count > 2 and len(head[top]) == block.width else count


def _is_marked(cells: Mapping[int, Content]) -> bool:
    """Whether every filled cell of a row is bold or has a fill."""
    return bool(cells) and all(c.style.font.bold or c.style.fill is not None for c in cells.values())


def _is_text_header(head: Rows, top: int) -> bool:
    """In a block of texts: whether the first row is set off by bold type or a fill, or has no repeats."""
    first, second = head[top], head.get(top + 1, {})
    if _is_marked(first) != _is_marked(second):
        return _is_marked(first)
    texts = [text for content in first.values() if (text := text_of(content)) is not None]
    return len(texts) == len(first) > 1 and len(set(texts)) == len(texts) and max(map(len, texts)) <= 40


def _units(cells: Mapping[int, Content]) -> dict[int, str]:
    """The units of a row that gives only units (a label at its left aside); empty for any other row."""
    texts = {column: text for column, content in cells.items() if (text := text_of(content)) is not None}
    units = {column: text.strip("()[] ") for column, text in texts.items() if _UNIT.fullmatch(text)}
    return units if len(units) >= max(1, len(texts) - 1) and len(texts) == len(cells) else {}


def column_names(sheet: Sheet, header: Rows, block: Range, units: Mapping[int, str]) -> dict[int, str]:
    """Column -> header text; texts of several rows are joined, those over several columns carried along."""
    pieces: dict[int, list[str]] = {column: [] for column in range(block.left, block.right + 1)}
    last = max(header, default=-1)
    for row, cells in header.items():
        if row == last and units and len(header) > 1:
            continue
        carried, until = "", -1
        for column in pieces:
            content = cells.get(column)
            if content is not None:
                carried = _shown(content)
                until = column if row == last else _span_end(sheet, Cell(row, column), block.right, cells)
            if carried and column <= until:
                pieces[column].append(carried)
    return {column: " ".join(dict.fromkeys(parts)) for column, parts in pieces.items()}


def _span_end(sheet: Sheet, cell: Cell, right: int, cells: Mapping[int, Content]) -> int:
    """The last column that a header of several columns stands over."""
    merge = next((area for area in sheet.merges if cell in area), None)
    if merge is not None:
        return merge.right
    following = [column for column in cells if column > cell.column]
    return min(following) - 1 if following else (right if cell.column > min(cells) else cell.column)


def _shown(content: Content) -> str:
    value = content.value
    if isinstance(value, float):
        return str(int(value)) if value == int(value) else str(value)
    return "" if value is None else " ".join(str(value).split())


def text_of(content: Content | None) -> str | None:
    """The text of a constant cell, stripped; None for anything else."""
    if content is None or content.formula is not None or not isinstance(content.value, str):
        return None
    return content.value.strip() or None
