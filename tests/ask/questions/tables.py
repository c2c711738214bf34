"""Small tables for the tests of questions."""

from __future__ import annotations

from cellwright.workbook.model import Snapshot
from tests.workbooks import book

MEDALS = (
    ("Rank", "Nation", "Gold", "Silver", "Result"),
    (1, "Kenya", 5, 2, "3-1"),
    (2, "Brazil", 4, 7, "2-2"),
    (3, "Japan", 4, 1, "0-4"),
    (4, "New Zealand", 1, 3, "1-0"),
)
EVENTS = (
    ("Date", "City", "Visitors", "Sponsors"),
    ("March 4, 1998", "Oslo", "1,200", "Alpha, Beta"),
    ("5 June 1999", "Oslo", "900", "Beta"),
    ("July 7, 2001", "Rome", "2,500", "Gamma, Alpha, Delta"),
    ("12 May 2003", "Lima (Peru)", "800", "Alpha"),
)


def table_book(*tables: tuple[tuple[object, ...], ...]) -> Snapshot:
    """A workbook with one table a sheet, its header in the first row."""
    sheets = []
    for rows in tables:
        cells: dict[str, float | str | None] = {}
        for r, row in enumerate(rows):
            for c, value in enumerate(row):
                assert value is None or isinstance(value, int | float | str)
                cells[f"{'ABCDEFGH'[c]}{r + 1}"] = value
        sheets.append(cells)
    return book(*sheets)
