"""The reader against openpyxl: on workbooks that openpyxl writes, and on real ones.

Where openpyxl itself alters what the file says it is no judge: it collapses the spaces of shared formulas,
drops cells under merges, reads no strict workbook, and turns dates into objects.
"""

from __future__ import annotations

import datetime
import io
import re
import subprocess
import warnings
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.cell import MergedCell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.worksheet.formula import ArrayFormula, DataTableFormula

from cellwright.errors import CellwrightError
from cellwright.reference import Cell, Range
from cellwright.workbook import read_workbook, read_workbook_bytes
from cellwright.workbook.columns import from_file
from cellwright.workbook.model import ErrorValue, Snapshot
from cellwright.workbook.texts import unescape

TEXTS = st.text(
    st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff"), min_size=1, max_size=12
).filter(lambda text: not text.startswith("=") and text not in {error.value for error in ErrorValue})
LITERALS = st.one_of(
    st.floats(-1e300, 1e300),
    st.integers(-(2**53), 2**53),
    st.booleans(),
    TEXTS,
    st.sampled_from(["=A1+1", '=IF(A1>0,"a<b","c&d")', "=SUM($A$1:B2)", "='My sheet'!A1"]),
)
ADDRESSES = st.builds(Cell, st.integers(0, 40), st.integers(0, 30))


@settings(max_examples=25, deadline=None)
@given(st.dictionaries(ADDRESSES, LITERALS, max_size=25))
def test_what_openpyxl_writes_is_what_we_read(cells: dict[Cell, Any]) -> None:
    book = openpyxl.Workbook()
    for cell, literal in cells.items():
        book.active.cell(cell.row + 1, cell.column + 1, literal)
    out = io.BytesIO()
    book.save(out)
    sheet = read_workbook_bytes(out.getvalue()).sheets[0]
    for cell, literal in cells.items():
        content = sheet.content(cell)
        if isinstance(literal, str) and literal.startswith("="):
            assert (content.formula, content.value) == (literal, None)
        else:
            expected = literal if isinstance(literal, (bool, str)) else float(literal)
            # openpyxl writes sixteen digits of a number
            assert content.value == (
                pytest.approx(expected, rel=1e-15) if type(expected) is float else expected
            )
            assert type(content.value) is type(expected)
    assert len(sheet.cells) == len(cells)


def test_formats_and_structure_that_openpyxl_writes() -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet["B2"] = datetime.datetime(2024, 2, 29, 12)
    sheet["B2"].font = Font(
        name="Arial", size=9, bold=True, italic=True, underline="double", color="FF112233"
    )
    sheet["B2"].fill = PatternFill("solid", fgColor="FFEEDD00")
    sheet["B2"].alignment = Alignment(horizontal="right", vertical="top", wrap_text=True, text_rotation=45)
    sheet.merge_cells("C3:D4")
    sheet.freeze_panes = "B3"
    sheet.auto_filter.ref = "A1:B9"
    sheet.row_dimensions[7].hidden = True
    sheet.column_dimensions["E"].width = 33
    sheet["F1"] = ArrayFormula("F1:F3", "=A1:A3*2")
    out = io.BytesIO()
    book.save(out)
    read = read_workbook_bytes(out.getvalue()).sheets[0]
    content = read.content(Cell(1, 1))
    assert content.value == 45351.5
    assert content.style.number_format == "yyyy-mm-dd h:mm:ss"
    assert (content.style.font.name, content.style.font.size, content.style.font.underline) == (
        "Arial",
        9,
        "double",
    )
    assert (content.style.font.bold, content.style.font.italic, content.style.font.color) == (
        True,
        True,
        "#112233",
    )
    assert content.style.fill == "#EEDD00"
    alignment = content.style.alignment
    assert (alignment.horizontal, alignment.vertical, alignment.wrap, alignment.rotation) == (
        "right",
        "top",
        True,
        45,
    )
    assert read.merges == (Range.parse("C3:D4"),)
    assert (read.freeze, read.autofilter) == (Cell(2, 1), Range.parse("A1:B9"))
    assert read.hidden_rows == {6}
    assert read.column_widths[4] == 33
    array = read.content(Cell.parse("F1")).array
    assert array is not None
    assert array.range == Range.parse("F1:F3")


def differences(path: Path, book: Snapshot) -> list[str]:
    """Where openpyxl reads another value or formula out of a file; empty where it cannot read it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            formulas, values = openpyxl.load_workbook(path), openpyxl.load_workbook(path, data_only=True)
        except Exception:
            return []
    found = []
    for sheet in formulas.worksheets:
        if not book.has_sheet(sheet.title):
            continue
        cached, ours = values[sheet.title], book.sheet(sheet.title)
        for (row, column), cell in sheet._cells.items():
            content = ours.content(Cell(row - 1, column - 1))
            literal, text = cell.value, None
            if isinstance(cell, MergedCell) or isinstance(literal, DataTableFormula):
                continue
            if cell.data_type == "f":
                text = literal.text if isinstance(literal, ArrayFormula) else literal
                text = None if text in ("=", "") else from_file(text)
                literal = cached._cells[row, column].value
            if not _is_same_formula(content.formula, text) or not _is_same_value(content.value, literal):
                found.append(
                    f"{path.name} {sheet.title}!{cell.coordinate}: {content.formula} {content.value!r}"
                )
    return found


def _is_same_formula(ours: str | None, theirs: str | None) -> bool:
    return ours == theirs or (ours is not None and re.sub(" +", " ", ours) == re.sub(" +", " ", theirs or ""))


def _is_same_value(ours: object, theirs: object) -> bool:
    if isinstance(theirs, (datetime.datetime, datetime.date, datetime.time, datetime.timedelta)):
        return isinstance(ours, float)
    if isinstance(ours, ErrorValue):
        return ours.value == theirs or ours is ErrorValue.UNKNOWN
    if isinstance(theirs, str):
        return ours == unescape(theirs)
    return ours == theirs or (ours in ("", None) and theirs in ("", None))


def unpacked(archive: Path, folder: Path) -> list[Path]:
    """The .xlsx and .xlsm of a data set."""
    subprocess.run(["tar", "--zstd", "-xf", str(archive), "-C", str(folder)], check=True)
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in (".xlsx", ".xlsm"))


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_conformance_workbooks_read_as_openpyxl_reads_them(shared_data: Path, tmp_path: Path) -> None:
    paths = unpacked(shared_data / "conformance_ironcalc_dev.tar.zst", tmp_path)
    found = [text for path in paths for text in differences(path, read_workbook(path))]
    assert len(paths) > 100
    assert found == []


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_every_real_file_is_read_or_refused_in_one_line(shared_data: Path, tmp_path: Path) -> None:
    """All formats of the robustness set: no exception but ours; foreign formats are refused by name."""
    subprocess.run(
        ["tar", "--zstd", "-xf", str(shared_data / "robustness_dev.tar.zst"), "-C", str(tmp_path)], check=True
    )
    read, messages = 0, []
    for path in sorted(path for path in tmp_path.rglob("*") if path.is_file()):
        try:
            book = read_workbook(path)
        except CellwrightError as error:
            messages.append(str(error))
            continue
        read += 1
        assert path.suffix.lower() in (".xlsx", ".xlsm"), path.name
        for sheet in book.sheets:
            assert sum(1 for _ in sheet.cells.items()) == len(sheet.cells)
    assert read > 1_000
    assert len(messages) > 900
    assert not [message for message in messages if "\n" in message]
