"""References that move: against Excel's rules in cases, and against moving the cells themselves."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cellwright.formula import (
    Axis,
    StructureChange,
    move_range,
    parse,
    rename_sheet,
    shift_fill,
    shift_structure,
)
from cellwright.reference import Cell, Range, SheetCell, SheetRange


@pytest.mark.parametrize(
    ("text", "source", "target", "expected"),
    [
        ("=A1*$B$2+C$3+$D4", "B2", "D5", "=C4*$B$2+E$3+$D7"),
        ("=SUM(A1:$A9)", "B1", "B3", "=SUM(A3:$A11)"),
        ("=A1", "B2", "B1", "=#REF!"),
        ("=SUM(A1:B3)", "C4", "C3", "=SUM(#REF!)"),
        ("='Q 1'!A1+Q1!A1", "B2", "B3", "='Q 1'!A2+Q1!A2"),
        ("=SUM(A:A,1:1,$A:B)", "B2", "C3", "=SUM(B:B,2:2,$A:C)"),
        ("=XFD1", "B2", "C2", "=#REF!"),
        ("=Sales[A1]+A1B+LOG10(1)", "B2", "B3", "=Sales[A1]+A1B+LOG10(1)"),
        ('="A1"', "B2", "B3", '="A1"'),
        ("= sum( a1 )", "B2", "B3", "= sum( A2 )"),
        ("=Jan:Mar!A1", "B2", "B3", "=Jan:Mar!A2"),
    ],
)
def test_fill(text: str, source: str, target: str, expected: str) -> None:
    assert shift_fill(text, Cell.parse(source), Cell.parse(target)) == expected


def rows_change(at: int, count: int, sheet: str = "Data") -> StructureChange:
    return StructureChange(sheet, Axis.ROWS, at - 1, count)


@pytest.mark.parametrize(
    ("text", "change", "expected"),
    [
        ("=SUM(A1:A9)+B5", rows_change(5, 2), "=SUM(A1:A11)+B7"),
        ("=SUM(A1:A9)", rows_change(1, 1), "=SUM(A2:A10)"),
        ("=SUM(A1:A9)", rows_change(10, 1), "=SUM(A1:A9)"),
        ("=SUM(A1:A9)+B5", rows_change(5, -2), "=SUM(A1:A7)+#REF!"),
        ("=SUM(A5:A6)", rows_change(4, -5), "=SUM(#REF!)"),
        ("=SUM(A4:A9)", rows_change(1, -5), "=SUM(A1:A4)"),
        ("=SUM(A1:A6)", rows_change(5, -9), "=SUM(A1:A4)"),
        ("=SUM(A9:A1)", rows_change(5, 1), "=SUM(A10:A1)"),
        ("=SUM($A$1:$A$9)", rows_change(5, 1), "=SUM($A$1:$A$10)"),
        ("=SUM(A:A)", rows_change(5, 1), "=SUM(A:A)"),
        ("=SUM(3:5)", rows_change(4, 1), "=SUM(3:6)"),
        ("=SUM(4:5)", rows_change(4, -2), "=SUM(#REF!)"),
        ("=Data!A9+'Data'!A9+data!A9", rows_change(5, 1), "=Data!A10+'Data'!A10+data!A10"),
        ("=Other!A9+Jan:Data!A9+[1]Data!A9", rows_change(5, 1), "=Other!A9+Jan:Data!A9+[1]Data!A9"),
        ("=A1:A1048576", rows_change(5, 3), "=A1:A1048576"),
        ("=A1048576", rows_change(5, 1), "=#REF!"),
        ('="A9"&Sales[A9]&A9', rows_change(5, 1), '="A9"&Sales[A9]&A10'),
        ("= sum( a9 )", rows_change(5, 1), "= sum( A10 )"),
    ],
)
def test_rows(text: str, change: StructureChange, expected: str) -> None:
    assert shift_structure(text, "Data", change) == expected


def test_only_the_changed_sheet_moves() -> None:
    assert shift_structure("=A9+Data!A9", "Other", rows_change(5, 1)) == "=A9+Data!A10"


@pytest.mark.parametrize(
    ("text", "at", "count", "expected"),
    [
        ("=SUM(B2:D2)", 2, 1, "=SUM(B2:E2)"),
        ("=SUM(A:C)+B:B", 1, -1, "=SUM(A:B)+#REF!"),
        ("=SUM(2:2)", 1, 1, "=SUM(2:2)"),
        ("=$XFD$1", 0, 1, "=#REF!"),
        ("=Z1", 0, 1, "=AA1"),
    ],
)
def test_columns(text: str, at: int, count: int, expected: str) -> None:
    assert shift_structure(text, "Data", StructureChange("Data", Axis.COLUMNS, at, count)) == expected


small = st.integers(0, 12)


@given(small, small, small, st.integers(-6, 6).filter(bool), st.sampled_from(list(Axis)))
def test_an_area_follows_its_cells(a: int, b: int, at: int, count: int, axis: Axis) -> None:
    """The new area is the span of where the area's own rows (or columns) went."""
    first, last = min(a, b), max(a, b)
    area = Range(first, 3, last, 3) if axis is Axis.ROWS else Range(3, first, 3, last)
    if area.is_cell:
        area = Range(
            area.top, area.left, area.bottom + (axis is Axis.COLUMNS), area.right + (axis is Axis.ROWS)
        )
    change = StructureChange("Data", axis, at, count)
    moved = [place for index in range(first, last + 1) if (place := change.moved(index)) is not None]
    result = shift_structure(f"={area.a1}", "Data", change)
    if not moved:
        assert result == "=#REF!"
        return
    new = parse(result).root.range  # type: ignore[attr-defined]
    span = (new.top, new.bottom) if axis is Axis.ROWS else (new.left, new.right)
    assert span == (min(moved), max(moved))


@given(small, small, st.integers(1, 5), st.sampled_from(list(Axis)))
def test_deleting_what_was_inserted_gives_the_formula_back(row: int, at: int, count: int, axis: Axis) -> None:
    text = f"=SUM(C{row + 1}:$F{row + 5})*B{row + 1}+{row + 1}:{row + 2}"
    grown = shift_structure(text, "Data", StructureChange("Data", axis, at, count))
    assert shift_structure(grown, "Data", StructureChange("Data", axis, at, -count)) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("=Old!A1+'Old'!B2+old!C3", "='New plan'!A1+'New plan'!B2+'New plan'!C3"),
        ("=Old:Last!A1", "='New plan:Last'!A1"),
        ("=Old!rate", "='New plan'!rate"),
        ("=[1]Old!A1+Older!A1", "=[1]Old!A1+Older!A1"),
        ('="Old!A1"', '="Old!A1"'),
        ("=Old!A:A+Old!1:1+SUM(Old!A1:B2)", "='New plan'!A:A+'New plan'!1:1+SUM('New plan'!A1:B2)"),
    ],
)
def test_rename(text: str, expected: str) -> None:
    assert rename_sheet(text, "Old", "New plan") == expected


def test_rename_to_a_name_that_needs_its_quotes_doubled() -> None:
    assert rename_sheet("=Old!A1", "Old", "It's") == "='It''s'!A1"


@pytest.mark.parametrize(
    ("text", "formula_sheet", "target", "expected"),
    [
        ("=A1+$B$2", "S", "S!D4", "=D4+$E$5"),
        ("=SUM(A1:B2)", "S", "S!D4", "=SUM(D4:E5)"),
        ("=SUM(A1:B3)", "S", "S!D4", "=SUM(A1:B3)"),
        ("=C9", "S", "S!D4", "=C9"),
        ("=A1", "S", "T!D4", "=T!D4"),
        ("=S!A1", "T", "T!D4", "=T!D4"),
        ("=S!A1", "T", "S!D4", "=S!D4"),
        ("=A1", "T", "S!D4", "=A1"),
        ("=SUM(A:A)", "S", "S!D4", "=SUM(A:A)"),
    ],
)
def test_cut_and_paste(text: str, formula_sheet: str, target: str, expected: str) -> None:
    source = SheetRange("S", Range.parse("A1:B2"))
    assert move_range(text, formula_sheet, source, SheetCell.parse(target)) == expected
