"""Sort, filter, tables, rules, names and sheets, stated as facts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cellwright.edits.apply import apply, apply_all
from cellwright.edits.model import (
    AddConditionalFormat,
    AddDataValidation,
    AddSheet,
    AddTable,
    DefineName,
    Edit,
    Filter,
    FreezePanes,
    Merge,
    RenameSheet,
    SetColumnWidth,
    Sort,
    SortKey,
)
from cellwright.errors import CellwrightError
from cellwright.reference import Cell
from cellwright.workbook.model import (
    Border,
    Borders,
    Comment,
    ConditionalFormat,
    Content,
    DataValidation,
    DefinedName,
    Style,
    Table,
)
from tests.edits.reading import C, R, column, read
from tests.workbooks import book

S = "Sheet1"


def sorted_column(*values: object, descending: bool = False) -> list[object]:
    cells = {f"A{row}": value for row, value in enumerate(values, 1) if value is not None}
    edit = Sort(S, R(f"A1:B{len(values)}"), (SortKey(0, descending),), has_header=False)
    return list(column(apply(book(cells), edit), "A", len(values)))  # type: ignore[arg-type]


def test_sort_orders_types_as_excel_does() -> None:
    mixed = ("b", True, None, 2, "#N/A", "A", False, -1)
    assert sorted_column(*mixed) == [-1.0, 2.0, "A", "b", False, True, "#N/A", None]
    assert sorted_column(*mixed, descending=True) == ["#N/A", True, False, "b", "A", 2.0, -1.0, None]
    assert sorted_column("co-op", "coop", "con", "CO") == ["CO", "con", "co-op", "coop"]


def test_sort_is_stable_and_takes_several_keys() -> None:
    snapshot = book(
        {
            f"{c}{r}": v
            for r, row in enumerate([("k", "n"), ("b", 1), ("a", 2), ("B", 3), ("a", 1)], 1)
            for c, v in zip("AB", row, strict=True)
        }
    )
    once = apply(snapshot, Sort(S, R("A1:B5"), (SortKey(0),)))
    assert (column(once, "A", 5), column(once, "B", 5)) == (
        ["k", "a", "a", "b", "B"],
        ["n", 2.0, 1.0, 1.0, 3.0],
    )
    down = apply(snapshot, Sort(S, R("A1:B5"), (SortKey(0, True), SortKey(1))))
    assert (column(down, "A", 5), column(down, "B", 5)) == (
        ["k", "b", "B", "a", "a"],
        ["n", 1.0, 3.0, 1.0, 2.0],
    )


def test_sort_moves_formulas_formats_and_comments_but_no_borders() -> None:
    line = Borders(top=Border("thin"))
    cells = {
        "A1": Content(2.0, style=Style(fill="#FF0000", borders=line)),
        "B1": Content(4.0, "=A1*2+$D$1"),
        "A2": 1,
        "B2": Content(2.0, "=A2*2+$D$1"),
    }
    sheet = replace(book(cells).sheets[0], comments=(Comment(C("A1"), "two"),))
    after = apply(book(cells).with_sheet(sheet), Sort(S, R("A1:B2"), (SortKey(0),), has_header=False))
    assert read(after) == {"A1": 1.0, "B1": "=A1*2+$D$1", "A2": 2.0, "B2": "=A2*2+$D$1"}
    moved = after.sheets[0]
    assert moved.value(C("B1")) is None
    assert moved.content(C("A1")).style == Style(borders=line)
    assert moved.content(C("A2")).style == Style(fill="#FF0000")
    assert moved.comments == (Comment(C("A2"), "two"),)


def test_hidden_rows_stay_where_they_are() -> None:
    sheet = replace(book({"A1": 3, "A2": 2, "A3": 1}).sheets[0], hidden_rows=frozenset({1}))
    after = apply(book({}).with_sheet(sheet), Sort(S, R("A1:A3"), (SortKey(0),), has_header=False))
    assert column(after, "A", 3) == [1.0, 2.0, 3.0]
    after = apply(book({}).with_sheet(sheet), Sort(S, R("A1:A3"), (SortKey(0, True),), has_header=False))
    assert column(after, "A", 3) == [3.0, 2.0, 1.0]


def test_filter_hides_rows_and_a_new_one_shows_them_again() -> None:
    snapshot = book({"A1": "k", "A2": "North", "A3": 5, "A4": True, "B5": 1})
    edit = Filter(S, R("A1:B5"), 0, ("north", "5", ""))
    after = apply(snapshot, edit)
    assert after.sheets[0].autofilter == R("A1:B5")
    assert after.sheets[0].hidden_rows == {3}
    assert apply(after, Filter(S, R("A1:B5"), 0, ("TRUE",))).sheets[0].hidden_rows == {1, 2, 4}
    assert apply(after, Filter(S, R("A1:B5"))).sheets[0].hidden_rows == frozenset()


def test_a_filter_on_a_table_is_the_tables() -> None:
    table = Table("Sales", S, R("A1:B4"), ("k", "v"), totals_rows=1)
    snapshot = book({"A1": "k", "B1": "v", "A2": "x", "A3": "y", "A4": "Total"}, tables=(table,))
    after = apply(snapshot, Filter(S, R("A1:B4"), 0, ("x",))).sheets[0]
    assert (after.hidden_rows, after.autofilter) == ({2}, None)


def test_a_table_coerces_its_header() -> None:
    snapshot = book({"A1": 2024, "B1": "x", "C1": "X", "A2": 1})
    after = apply(snapshot, AddTable(S, R("A1:D3"), "Sales"))
    assert after.tables == (
        Table("Sales", S, R("A1:D3"), ("2024", "x", "X2", "Column4"), style="TableStyleMedium2"),
    )
    assert read(after) == {"A1": "2024", "B1": "x", "C1": "X2", "D1": "Column4", "A2": 1.0}


def test_a_new_rule_pushes_those_of_its_priority_back() -> None:
    first = ConditionalFormat((R("A1"),), "expression", formulas=("=A1",), priority=1)
    second = replace(first, formulas=("=A2",))
    after = apply_all(book({}), (AddConditionalFormat(S, first), AddConditionalFormat(S, second)))
    assert [(r.formulas[0], r.priority) for r in after.sheets[0].conditional_formats] == [
        ("=A1", 2),
        ("=A2", 1),
    ]


def test_a_cell_has_one_validation() -> None:
    old = DataValidation((R("A1:C3"),), "list", formulas=('="a,b"',))
    new = DataValidation((R("B2"),), "whole", "greaterThan", ("=0",))
    after = apply_all(book({}), (AddDataValidation(S, old), AddDataValidation(S, new))).sheets[0]
    left, added = after.validations
    assert added == new
    assert {cell for area in left.ranges for cell in area.cells()} == set(R("A1:C3").cells()) - {C("B2")}
    assert sum(area.size for area in left.ranges) == 8


def test_renaming_a_sheet_reaches_everything() -> None:
    table = Table("Sales", S, R("A1:B3"), ("a", "b"))
    snapshot = book(
        {"A1": "a", "B1": "b", "D1": "=Sheet1!A2"}, {"A1": "=SUM(sheet1!A:A)+Sheet1x!A1"}, tables=(table,)
    )
    rule = ConditionalFormat((R("A1"),), "expression", formulas=("=Sheet1!A1>0",))
    snapshot = apply(snapshot, AddConditionalFormat("Sheet2", rule))
    names = (DefinedName("Rate", "=Sheet1!$A$1"), DefinedName("Own", "=2", S))
    after = apply(replace(snapshot, names=names), RenameSheet("SHEET1", "it's"))
    assert after.sheet_names == ("it's", "Sheet2")
    assert read(after)["D1"] == "='it''s'!A2"
    assert read(after, 1) == {"A1": "=SUM('it''s'!A:A)+Sheet1x!A1"}
    assert after.sheets[1].conditional_formats[0].formulas == ("='it''s'!A1>0",)
    assert after.names == (DefinedName("Rate", "='it''s'!$A$1"), DefinedName("Own", "=2", "it's"))
    assert after.tables[0].sheet == "it's"


def test_sheets_are_added_in_their_place() -> None:
    assert apply(book({}, {}), AddSheet("New", 1)).sheet_names == ("Sheet1", "New", "Sheet2")
    assert apply(book({}), AddSheet("New")).sheet_names == ("Sheet1", "New")


def test_names_are_redefined_in_their_scope() -> None:
    edits = (DefineName("Rate", "=1"), DefineName("RATE", "=2", S), DefineName("rate", "=3"))
    names = apply_all(book({}), edits).names
    assert names == (DefinedName("rate", "=3"), DefinedName("RATE", "=2", S))


def test_widths_and_panes() -> None:
    after = apply_all(book({}), (SetColumnWidth(S, 1, 2, 9.5), SetColumnWidth(S, 2, 2, None))).sheets[0]
    assert after.column_widths == {1: 9.5}
    assert apply(book({}), FreezePanes(S, Cell(1, 0))).sheets[0].freeze == Cell(1, 0)
    assert apply(book({}), FreezePanes(S, Cell(0, 0))).sheets[0].freeze is None


TABLE = Table("Sales", S, R("E1:F9"), ("a", "b"))

REFUSED: list[tuple[Edit, str]] = [
    (AddSheet("x" * 32), "1 to 31 characters"),
    (AddSheet(""), "1 to 31 characters"),
    (AddSheet("a/b?"), "without / ?"),
    (AddSheet("'a"), "apostrophes"),
    (AddSheet("history"), "other than History"),
    (AddSheet("SHEET1"), "not taken"),
    (AddSheet("New", 9), "a position from 0 to 1"),
    (RenameSheet(S, "a[1]"), "without [ ]"),
    (DefineName("A1", "=1"), "does not look like a cell"),
    (DefineName("R1C1", "=1"), "does not look like a cell"),
    (DefineName("2x", "=1"), "starts with a letter"),
    (DefineName("a b", "=1"), "starts with a letter"),
    (DefineName("sales", "=1"), "not taken"),
    (DefineName("x", "1"), "a leading ="),
    (AddTable(S, R("A1:B3"), "SALES"), "not taken"),
    (AddTable(S, R("A1:B1"), "T_1"), "header row and at least one row"),
    (AddTable(S, R("D1:E3"), "T_1"), "across Sales (E1:F9)"),
    (Merge(S, R("E2:E3")), "no table under merged cells"),
    (Filter(S, R("A1:E9")), "expected the range of a table"),
    (Filter(S, R("A1:B9"), 0), "values to keep"),
    (Filter(S, R("A1:B1")), "at least one more row"),
    (Sort(S, R("A1:B9"), ()), "at least one column"),
    (Sort(S, R("A1:B9"), (SortKey(5),)), "sort columns inside A1:B9"),
    (Sort(S, R("A1:C9"), (SortKey(2),)), "expected calculated values to sort by"),
    (AddConditionalFormat(S, ConditionalFormat((), "expression")), "at least one range"),
    (AddConditionalFormat(S, ConditionalFormat((R("A1"),), "rainbow")), "expected a conditional format of"),
    (AddDataValidation(S, DataValidation((R("A1"),), "list")), "expected a formula"),
    (
        AddDataValidation(S, DataValidation((R("A1"),), "list", formulas=('"' + "x" * 256 + '"',))),
        "255 characters",
    ),
    (SetColumnWidth(S, 0, 0, 256.0), "up to 255 characters"),
]


@pytest.mark.parametrize(("edit", "message"), REFUSED)
def test_what_does_not_fit_is_refused_in_one_line(edit: Edit, message: str) -> None:
    with pytest.raises(CellwrightError) as refusal:
        apply(book({"A1": 1, "B9": 2, "C3": "=A1"}, tables=(TABLE,)), edit)
    assert message in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_merged_cells_are_not_sorted() -> None:
    merged = apply(book({"A1": 2, "A3": 1}), Merge(S, R("A1:A2")))
    with pytest.raises(CellwrightError, match="no merged cells in the sorted range"):
        apply(merged, Sort(S, R("A1:A3"), (SortKey(0),)))
