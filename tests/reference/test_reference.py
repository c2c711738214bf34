"""A1 <-> zero-based addresses, against a second way to count columns and against themselves."""

from __future__ import annotations

import itertools
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cellwright.errors import ReferenceSyntaxError
from cellwright.reference import (
    MAX_COLUMNS,
    MAX_ROWS,
    Cell,
    Range,
    SheetCell,
    SheetRange,
    column_index,
    column_letters,
    quote_sheet,
    split_sheet,
)

cells = st.builds(Cell, st.integers(0, MAX_ROWS - 1), st.integers(0, MAX_COLUMNS - 1))


@st.composite
def ranges(draw: st.DrawFn) -> Range:
    a, b = draw(cells), draw(cells)
    return Range(min(a.row, b.row), min(a.column, b.column), max(a.row, b.row), max(a.column, b.column))


def test_columns_are_counted_in_the_order_of_their_letters() -> None:
    names = itertools.chain.from_iterable(
        map("".join, itertools.product(string.ascii_uppercase, repeat=length)) for length in (1, 2, 3)
    )
    for column, letters in enumerate(itertools.islice(names, MAX_COLUMNS)):
        assert column_letters(column) == letters
        assert column_index(letters) == column_index(letters.lower()) == column


@pytest.mark.parametrize("letters", ["XFE", "ZZZ", "", "A1", "É"])
def test_no_column(letters: str) -> None:
    with pytest.raises(ReferenceSyntaxError):
        column_index(letters)


@pytest.mark.parametrize("column", [-1, MAX_COLUMNS])
def test_no_letters_outside_the_sheet(column: int) -> None:
    with pytest.raises(ReferenceSyntaxError):
        column_letters(column)


@given(cells)
def test_cell_round_trip(cell: Cell) -> None:
    assert Cell.parse(cell.a1) == cell
    assert Cell.parse(f"${column_letters(cell.column).lower()}${cell.row + 1}") == cell


@given(ranges())
def test_range_round_trip(area: Range) -> None:
    assert Range.parse(area.a1) == area


@pytest.mark.parametrize(
    "text", ["", "A", "1", "A0", "XFE1", "A1048577", "A1:", ":A1", "A1:B2:C3", "Sheet1!A1", "A-1"]
)
def test_not_a_cell(text: str) -> None:
    with pytest.raises(ReferenceSyntaxError):
        Cell.parse(text)


@pytest.mark.parametrize("text", ["A1:", ":A1", "A1:B2:C3", "A:1", "A:XFE", "1:1048577", "0:3", "A1:B"])
def test_not_a_range(text: str) -> None:
    with pytest.raises(ReferenceSyntaxError):
        Range.parse(text)


def test_corners_in_any_order() -> None:
    assert Range.parse("D9:B2") == Range.parse("B9:D2") == Range.parse("$B$2:$D$9")
    assert Range.parse("D:B").a1 == "B:D"
    assert Range.parse("5:3").a1 == "3:5"


def test_whole_rows_and_columns() -> None:
    assert Range.parse("B:D").is_whole_columns
    assert Range.parse("3:5").is_whole_rows
    assert Range.parse("A1:XFD1").a1 == "1:1"
    assert Range.parse("B2:D9").size == Range.of(Cell(1, 1), 8, 3).size == 24


def test_a_range_outside_the_sheet_is_refused() -> None:
    with pytest.raises(ReferenceSyntaxError, match="inside A1:XFD1048576"):
        Range.of(Cell(MAX_ROWS - 1, 0), height=2)
    with pytest.raises(ReferenceSyntaxError):
        Range(3, 0, 2, 0)


@given(ranges(), ranges(), cells)
def test_intersection_holds_the_cells_of_both(a: Range, b: Range, cell: Cell) -> None:
    common = a.intersect(b)
    assert common == b.intersect(a)
    assert (common is not None and cell in common) == (cell in a and cell in b)
    if common is not None:
        assert a.contains(common)
        assert b.contains(common)


def test_cells_row_by_row() -> None:
    assert [cell.a1 for cell in Range.parse("B2:C3").cells()] == ["B2", "C2", "B3", "C3"]


@pytest.mark.parametrize(
    ("name", "quoted"),
    [
        ("Sheet1", "Sheet1"),
        ("Budget.2024", "Budget.2024"),
        ("Übersicht", "Übersicht"),
        ("_x", "_x"),
        ("Q1 plan", "'Q1 plan'"),
        ("It's", "'It''s'"),
        ("Q1", "'Q1'"),  # a cell
        ("ABC123", "'ABC123'"),
        ("R1C1", "'R1C1'"),
        ("RC", "'RC'"),
        ("c", "'c'"),
        ("2024", "'2024'"),
        ("TRUE", "'TRUE'"),
        ("a-b", "'a-b'"),
        ("ABCD1", "ABCD1"),
    ],
)
def test_sheets_are_quoted_where_excel_needs_it(name: str, quoted: str) -> None:
    assert quote_sheet(name) == quoted
    assert split_sheet(quoted + "!B2") == (name, "B2")


@given(
    st.text(
        st.characters(exclude_characters="[]:*?/\\", exclude_categories=["Cs", "Cc"]), min_size=1, max_size=31
    )
)
def test_every_sheet_name_survives(name: str) -> None:
    assert SheetCell.parse(SheetCell(name, Cell(1, 1)).a1) == SheetCell(name, Cell(1, 1))


def test_sheet_addresses() -> None:
    assert SheetCell.parse("'Q1 plan'!$B$2") == SheetCell("Q1 plan", Cell(1, 1))
    assert SheetCell.parse("B2", "S") == SheetCell("S", Cell(1, 1))
    assert str(SheetRange.parse("S!B2:D9")) == "S!B2:D9"
    assert SheetRange.parse("'a!b'!A:A") == SheetRange("a!b", Range.parse("A:A"))


@pytest.mark.parametrize("text", ["B2", "'Q1!B2", "'Q1'B2"])
def test_sheet_addresses_that_are_none(text: str) -> None:
    with pytest.raises(ReferenceSyntaxError):
        SheetCell.parse(text)
