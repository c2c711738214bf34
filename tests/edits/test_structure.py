"""Inserting and deleting rows and columns against what Excel does, stated as facts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cellwright.edits.apply import apply
from cellwright.edits.model import (
    DeleteColumns,
    DeleteRows,
    Edit,
    InsertColumns,
    InsertRows,
    SetFill,
)
from cellwright.errors import EditError, UsageError
from cellwright.reference import MAX_ROWS, Cell
from cellwright.workbook.model import (
    ArrayFormula,
    Comment,
    ConditionalFormat,
    Content,
    DataValidation,
    DefinedName,
    Snapshot,
    Style,
    Table,
    Value,
)
from tests.edits.reading import C, R, read
from tests.workbooks import book

S = "Sheet1"


@pytest.mark.parametrize(
    ("formula", "edit", "after"),
    [
        ("=SUM(A2:A5)", InsertRows(S, 1), "=SUM(A3:A6)"),
        ("=SUM(A2:A5)", InsertRows(S, 2, 3), "=SUM(A2:A8)"),
        ("=SUM(A2:A5)", InsertRows(S, 5), "=SUM(A2:A5)"),
        ("=SUM(A2:A5)", DeleteRows(S, 1), "=SUM(A2:A4)"),
        ("=SUM(A2:A5)", DeleteRows(S, 2, 9), "=SUM(A2:A2)"),
        ("=SUM(A2:A5)", DeleteRows(S, 1, 4), "=SUM(#REF!)"),
        ("=$B$7*2", InsertRows(S, 0), "=$B$8*2"),
        ("=SUM(A:A)", InsertRows(S, 0), "=SUM(A:A)"),
        ("=SUM(A:B)", InsertColumns(S, 1), "=SUM(A:C)"),
        ("=SUM(2:3)", DeleteRows(S, 1), "=SUM(2:2)"),
        ("=Sheet2!A5", InsertRows(S, 0), "=Sheet2!A5"),
        ("=SUM(Sheet1:Sheet2!A5)", InsertRows(S, 0), "=SUM(Sheet1:Sheet2!A5)"),
        ('=A5&"A5"', InsertRows(S, 0), '=A6&"A5"'),
        ("=C5", DeleteColumns(S, 0), "=B5"),
        ("=C5", DeleteColumns(S, 2), "=#REF!"),
    ],
)
def test_references_follow(formula: str, edit: Edit, after: str) -> None:
    assert list(read(apply(book({"Z99": formula}, {}), edit)).values()) == [after]


@pytest.mark.parametrize(
    ("formula", "edit", "after"),
    [
        ("=SUM(Sheet1!A2:A5)", InsertRows(S, 1), "=SUM(Sheet1!A3:A6)"),
        ("=SUM(Sheet1!A2:A5)", DeleteRows(S, 1, 4), "=SUM(Sheet1!#REF!)"),
        ("='sheet1'!C5+C5", DeleteColumns(S, 0), "='sheet1'!B5+C5"),
        ("=SUM(A2:A5)", InsertRows(S, 1), "=SUM(A2:A5)"),
    ],
)
def test_references_of_other_sheets_follow(formula: str, edit: Edit, after: str) -> None:
    assert read(apply(book({}, {"Z99": formula}), edit), 1) == {"Z99": after}


def test_values_stay_except_where_cells_were_lost() -> None:
    snapshot = book({"A1": 1, "A3": 3, "B5": Content(4.0, "=A1+A3"), "C5": Content(3.0, "=A3")})
    after = apply(snapshot, DeleteRows(S, 2)).sheets[0]
    assert after.content(C("B4")) == Content(None, "=A1+#REF!")
    kept = apply(snapshot, InsertRows(S, 0)).sheets[0]
    assert kept.content(C("B6")) == Content(4.0, "=A2+A4")


def test_inserted_rows_take_the_formats_above_and_columns_those_before() -> None:
    snapshot = apply(book({"A1": 1, "B1": 2, "A2": 3}), SetFill(S, R("A1"), "#FF0000"))
    rows = apply(snapshot, InsertRows(S, 1, 2)).sheets[0]
    assert [rows.content(C(a1)).style.fill for a1 in ("A2", "A3", "B2", "A4")] == [
        "#FF0000",
        "#FF0000",
        None,
        None,
    ]
    assert rows.content(C("A2")) == Content(style=Style(fill="#FF0000"))
    sheet = replace(snapshot.sheets[0], column_widths={0: 20.0, 3: 9.0})
    columns = apply(snapshot.with_sheet(sheet), InsertColumns(S, 1)).sheets[0]
    assert columns.content(C("B1")).style.fill == "#FF0000"
    assert columns.column_widths == {0: 20.0, 1: 20.0, 4: 9.0}
    assert not apply(snapshot, InsertRows(S, 0)).sheets[0].cells.get(C("A1"))


def everything() -> Snapshot:
    """One sheet with every kind of fact, and names."""
    snapshot = book({"A1": 1, "D9": 9})
    sheet = replace(
        snapshot.sheets[0],
        merges=(R("A3:B4"), R("D3:E3")),
        conditional_formats=(ConditionalFormat((R("A2:A9"), R("C4")), "expression", formulas=("=A2>$B$5",)),),
        validations=(DataValidation((R("B4:B4"),), "list", formulas=("=$D$1:$D$5",)),),
        comments=(Comment(C("A4"), "why?"), Comment(C("D9"), "sure")),
        column_widths={1: 20.0},
        hidden_rows=frozenset({3, 8}),
        hidden_columns=frozenset({3}),
        freeze=Cell(2, 1),
        autofilter=R("A2:D9"),
    )
    return replace(snapshot.with_sheet(sheet), names=(DefinedName("Rate", "=Sheet1!$B$5"),))


def test_everything_moves_when_rows_are_inserted() -> None:
    after = apply(everything(), InsertRows(S, 3, 2))
    sheet = after.sheets[0]
    assert sheet.merges == (R("A3:B6"), R("D3:E3"))
    assert sheet.conditional_formats[0].ranges == (R("A2:A11"), R("C6"))
    assert sheet.conditional_formats[0].formulas == ("=A2>$B$7",)
    assert sheet.validations == (DataValidation((R("B6"),), "list", formulas=("=$D$1:$D$7",)),)
    assert [note.cell.a1 for note in sheet.comments] == ["A6", "D11"]
    assert sheet.hidden_rows == {5, 10}
    assert sheet.hidden_columns == {3}
    assert sheet.freeze == Cell(2, 1)
    assert sheet.autofilter == R("A2:D11")
    assert after.names == (DefinedName("Rate", "=Sheet1!$B$7"),)
    assert read(after) == {"A1": 1.0, "D11": 9.0}


def test_everything_moves_when_rows_are_deleted() -> None:
    after = apply(everything(), DeleteRows(S, 3))
    sheet = after.sheets[0]
    assert sheet.merges == (R("A3:B3"), R("D3:E3"))
    assert sheet.conditional_formats[0].ranges == (R("A2:A8"),)
    assert sheet.validations == ()
    assert [note.cell.a1 for note in sheet.comments] == ["D8"]
    assert sheet.hidden_rows == {7}
    assert sheet.autofilter == R("A2:D8")
    assert after.names == (DefinedName("Rate", "=Sheet1!$B$4"),)


def test_everything_moves_with_columns() -> None:
    sheet = apply(everything(), DeleteColumns(S, 1)).sheets[0]
    assert sheet.merges == (R("A3:A4"), R("C3:D3"))
    assert sheet.column_widths == {}
    assert sheet.hidden_columns == {2}
    assert sheet.freeze == Cell(2, 1)
    assert sheet.autofilter == R("A2:C9")
    assert sheet.conditional_formats[0].formulas == ("=A2>#REF!",)


def test_frozen_rows_grow_and_shrink() -> None:
    assert apply(everything(), InsertRows(S, 1, 3)).sheets[0].freeze == Cell(5, 1)
    assert apply(everything(), DeleteRows(S, 0)).sheets[0].freeze == Cell(1, 1)
    gone = apply(apply(everything(), DeleteRows(S, 0, 5)), DeleteColumns(S, 0))
    assert gone.sheets[0].freeze is None


def test_a_filter_without_its_header_is_gone() -> None:
    assert apply(everything(), DeleteRows(S, 1)).sheets[0].autofilter is None


def test_a_merge_of_one_cell_is_none() -> None:
    assert apply(everything(), DeleteColumns(S, 4)).sheets[0].merges == (R("A3:B4"),)


def sales(**cells: Value) -> Snapshot:
    """A table of two columns with a formula column that refers to it, totals in its last row."""
    heads = {"B2": "Region", "C2": "Amount", "D2": "Share"}
    body = {"B3": "n", "C3": 1, "D3": "=[@Amount]/SUM(Sales[Amount])", "B4": "s", "C4": 2, "B5": "Total"}
    rest = {"F1": "=SUM(Sales[Amount])", "F2": "=SUM(Sales[[Amount]:[Share]])", "F3": "=ROWS(Sales)"}
    table = Table("Sales", S, R("B2:D5"), ("Region", "Amount", "Share"), totals_rows=1)
    return book({**heads, **body, **rest, **cells}, tables=(table,))


def test_a_table_grows_with_rows_inside_and_moves_with_rows_above() -> None:
    assert apply(sales(), InsertRows(S, 3)).tables[0].range == R("B2:D6")
    assert apply(sales(), InsertRows(S, 1)).tables[0].range == R("B3:D6")
    assert apply(sales(), InsertRows(S, 5)).tables[0].range == R("B2:D5")


def test_a_column_inserted_into_a_table_gets_a_name() -> None:
    after = apply(sales(), InsertColumns(S, 2, 2))
    assert after.tables[0].columns == ("Region", "Column1", "Column2", "Amount", "Share")
    assert {k: v for k, v in read(after).items() if k.endswith("2")}["C2"] == "Column1"
    assert read(after)["F3"] == "=[@Amount]/SUM(Sales[Amount])"


def test_references_to_a_deleted_column_of_a_table_are_lost() -> None:
    after = apply(sales(), DeleteColumns(S, 2))
    assert after.tables[0].columns == ("Region", "Share")
    cells = read(after)
    assert cells["C3"] == "=#REF!/SUM(#REF!)"
    assert cells["E1"] == "=SUM(#REF!)"
    assert cells["E2"] == "=SUM(Sales[[Share]:[Share]])"


def test_a_deleted_table_leaves_lost_references() -> None:
    snapshot = book({}, {"A1": "=SUM(Sales[Amount])+ROWS(Sales)"}, tables=sales().tables)
    after = apply(replace(snapshot, tables=sales().tables), DeleteRows(S, 0, 9))
    assert after.tables == ()
    assert read(after, 1) == {"A1": "=SUM(#REF!)+ROWS(#REF!)"}


def test_a_table_keeps_header_and_data() -> None:
    with pytest.raises(EditError, match="without the header of the table Sales, got row 2"):
        apply(sales(), DeleteRows(S, 1))
    with pytest.raises(EditError, match="leave the table Sales some data"):
        apply(sales(), DeleteRows(S, 2, 2))
    assert apply(sales(), DeleteRows(S, 4)).tables[0].totals_rows == 0


def test_an_entered_array_is_not_cut() -> None:
    array = Content(1.0, "=A1:A3*2", array=ArrayFormula(R("C2:C4")))
    snapshot = book({"C2": array, "C3": 2, "C4": 3})
    for edit in (InsertRows(S, 2), DeleteRows(S, 2), DeleteRows(S, 1), DeleteRows(S, 3, 4)):
        with pytest.raises(EditError, match=r"part of an array \(C2:C4\)"):
            apply(snapshot, edit)
    moved = apply(snapshot, InsertRows(S, 1)).sheets[0]
    assert moved.content(C("C3")).array == ArrayFormula(R("C3:C5"))
    assert read(apply(snapshot, DeleteRows(S, 1, 3))) == {}


def test_a_spill_that_is_cut_is_emptied_until_it_is_calculated() -> None:
    spilled = Content(1.0, "=A1:A3*2", array=ArrayFormula(R("C2:C4"), is_dynamic=True))
    snapshot = book({"C2": spilled, "C3": 2, "C4": 3})
    after = apply(snapshot, InsertRows(S, 2))
    assert read(after) == {"C2": "=A1:A4*2"}
    assert after.sheets[0].content(C("C2")) == Content(None, "=A1:A4*2", array=ArrayFormula(R("C2"), True))
    assert read(apply(snapshot, DeleteRows(S, 1))) == {}


def test_contents_are_not_pushed_off_the_sheet() -> None:
    snapshot = book({f"A{MAX_ROWS}": 1})
    with pytest.raises(EditError, match=f"got A{MAX_ROWS} with content"):
        apply(snapshot, InsertRows(S, 5))
    assert read(apply(snapshot, DeleteRows(S, 5, 2))) == {f"A{MAX_ROWS - 2}": 1.0}


@pytest.mark.parametrize("edit", [InsertRows(S, -1), InsertRows(S, 0, 0), DeleteColumns(S, 16_383, 2)])
def test_places_outside_the_sheet_are_refused(edit: Edit) -> None:
    with pytest.raises(UsageError, match="expected 1 or more"):
        apply(book({}), edit)
