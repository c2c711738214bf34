"""Write, then read: the file holds what random edits of every kind say, on several workbooks."""

from __future__ import annotations

import io
import random
from collections import Counter
from pathlib import Path

import openpyxl
import pytest
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.worksheet.table import Table

from cellwright.edits.apply import apply
from cellwright.edits.model import Edit
from cellwright.errors import CellwrightError, UnsupportedWrite
from cellwright.patch import patch_bytes
from cellwright.patch.archive import Archive
from cellwright.workbook.read import read_workbook_bytes
from tests.patch.books import simple_book
from tests.patch.comparison import default_style, differences
from tests.patch.random_edits import random_edit
from tests.patch.test_restructure import rich_book

BOOK = Path("book.xlsx")


def foreign_book() -> bytes:
    """A workbook of another writer: styles, a table, merges, rules, three sheets."""
    source = random.Random(5)
    book = openpyxl.Workbook()
    first = book.active
    assert first is not None
    first.title = "Sales & co"
    first.append(["Region", "Units", "Price", "Total"])
    for row in range(2, 30):
        first.append([source.choice("NESW"), source.randrange(90), source.random() * 9, f"=B{row}*C{row}"])
        first.cell(row, 3).number_format = "0.00"
    first.add_table(Table(displayName="Sales", ref="A1:D29"))
    second = book.create_sheet("It's 2")
    second["A1"], second["B2"] = "=SUM('Sales & co'!D2:D29)", "=Sales[[#Totals],[Units]]"
    second["C3"] = '=A1&" text"'
    second.merge_cells("E1:F3")
    second["E1"].font = Font(name="Arial", bold=True, color="FF112233")
    second["E1"].fill = PatternFill("solid", fgColor="FFABCDEF")
    second["E1"].border = Border(left=Side("thin"), bottom=Side("double", color="FF00FF00"))
    second["E1"].alignment = Alignment(horizontal="center", wrap_text=True, text_rotation=120)
    second.freeze_panes = "B2"
    book.create_sheet("Empty")
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


BOOKS = {"simple": simple_book, "rich": rich_book, "foreign": foreign_book}


def fitting_edits(source: random.Random, data: bytes) -> list[Edit]:
    """One to four edits that apply, one after another."""
    snapshot = read_workbook_bytes(data)
    edits: list[Edit] = []
    wanted = source.randint(1, 4)
    while len(edits) < wanted:
        edit = random_edit(source, snapshot)
        try:
            snapshot = apply(snapshot, edit)
        except CellwrightError:
            continue
        edits.append(edit)
    return edits


@pytest.mark.parametrize("name", BOOKS)
@pytest.mark.parametrize("block", [0, *(pytest.param(n, marks=pytest.mark.slow) for n in range(1, 12))])
def test_the_file_holds_what_the_edits_say(name: str, block: int) -> None:
    data = BOOKS[name]()
    before = Archive.parse(data, name)
    outcomes: Counter[str] = Counter()
    for seed in range(25):
        source = random.Random(f"{name} {block} {seed}")
        edits = fitting_edits(source, data)
        wanted = read_workbook_bytes(data)
        for edit in edits:
            wanted = apply(wanted, edit)
        try:
            patched = patch_bytes(data, BOOK, edits)
        except UnsupportedWrite:
            outcomes["refused"] += 1
            continue
        outcomes["written"] += 1
        found = differences(wanted, read_workbook_bytes(patched.data), default_style(patched.data))
        assert not found, (seed, edits, found)
        changed = {*patched.report.changed, *patched.report.removed}
        for member in before.members.keys() - changed:
            assert patched.after.members[member].record == before.members[member].record
    assert outcomes["written"] > 15, outcomes
