"""Rebase: moved by others' rows, columns and names; stale where the ground itself changed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cellwright.edits.apply import apply
from cellwright.edits.model import (
    AddConditionalFormat,
    AddSheet,
    AddTable,
    CopyRange,
    DefineName,
    DeleteColumns,
    DeleteRows,
    Edit,
    Fill,
    Filter,
    FreezePanes,
    InsertColumns,
    InsertRows,
    Merge,
    RenameSheet,
    Restore,
    SetAlignment,
    SetColumnWidth,
    SetFill,
    SetFont,
    SetFormulas,
    SetNumberFormat,
    SetValues,
    Sort,
    SortKey,
)
from cellwright.edits.rebase import rebase, rebase_all
from cellwright.errors import CellwrightError, StaleEdit
from cellwright.reference import Cell, Range
from cellwright.workbook.model import ConditionalFormat, Content, DefinedName, Snapshot, Value
from tests.edits.strategies import EDITS, any_edit, quick, snapshots
from tests.workbooks import book

R = Range.parse
ONE = SetValues("Sheet1", R("A1"), ((1.0,),))


def formula(where: str, text: str, sheet: str = "Sheet1") -> SetFormulas:
    return SetFormulas(sheet, R(where), ((text,),))


def values(where: str, *row: Value, sheet: str = "Sheet1") -> SetValues:
    return SetValues(sheet, R(where), (row,))


MOVED: list[tuple[Edit, Edit, Edit]] = [
    (formula("C5", "=SUM(A1:A4)"), InsertRows("Sheet1", 2, 2), formula("C7", "=SUM(A1:A6)")),
    (formula("C5", "=B5"), DeleteRows("Sheet1", 0), formula("C4", "=B4")),
    (formula("C5", "=B5"), InsertColumns("Sheet1", 0), formula("D5", "=C5")),
    (formula("C5", "=B5"), InsertRows("Sheet2", 0), formula("C5", "=B5")),
    (formula("C5", "=Sheet2!B5"), InsertRows("Sheet2", 0), formula("C5", "=Sheet2!B6")),
    (formula("C5", "=Sheet2!B5"), RenameSheet("sheet2", "Q1 plan"), formula("C5", "='Q1 plan'!B5")),
    (ONE, RenameSheet("Sheet1", "New"), SetValues("New", R("A1"), ((1.0,),))),
    (SetFill("Sheet1", R("A1:A9"), None), InsertRows("Sheet1", 3), SetFill("Sheet1", R("A1:A10"), None)),
    (SetFill("Sheet1", R("A1:A9"), None), DeleteRows("Sheet1", 3, 9), SetFill("Sheet1", R("A1:A3"), None)),
    (Fill("Sheet1", R("A1"), R("A1:A5")), InsertRows("Sheet1", 0), Fill("Sheet1", R("A2"), R("A2:A6"))),
    (
        CopyRange("Sheet1", R("D1"), "Sheet2", R("A1:B2")),
        InsertRows("Sheet2", 0),
        CopyRange("Sheet1", R("D1"), "Sheet2", R("A2:B3")),
    ),
    (InsertRows("Sheet1", 4), InsertRows("Sheet1", 4, 2), InsertRows("Sheet1", 6)),
    (InsertRows("Sheet1", 4), DeleteRows("Sheet1", 1, 3), InsertRows("Sheet1", 1)),
    (InsertRows("Sheet1", 4), InsertColumns("Sheet1", 0), InsertRows("Sheet1", 4)),
    (DeleteRows("Sheet1", 4, 2), DeleteRows("Sheet1", 0), DeleteRows("Sheet1", 3, 2)),
    (SetColumnWidth("Sheet1", 1, 2, 9.0), InsertColumns("Sheet1", 2), SetColumnWidth("Sheet1", 1, 3, 9.0)),
    (
        Sort("Sheet1", R("B2:C9"), (SortKey(2),)),
        InsertColumns("Sheet1", 0),
        Sort("Sheet1", R("C2:D9"), (SortKey(3),)),
    ),
    (
        Filter("Sheet1", R("A1:C9"), 1, ("x",)),
        InsertRows("Sheet1", 0),
        Filter("Sheet1", R("A2:C10"), 1, ("x",)),
    ),
    (FreezePanes("Sheet1", Cell(1, 0)), InsertRows("Sheet1", 0), FreezePanes("Sheet1", Cell(2, 0))),
    (DefineName("Rate", "=Sheet1!$B$2"), DeleteRows("Sheet1", 0), DefineName("Rate", "=Sheet1!$B$1")),
    (
        AddConditionalFormat("Sheet1", ConditionalFormat((R("B2:B9"),), "expression", formulas=("=B2>0",))),
        InsertRows("Sheet1", 0),
        AddConditionalFormat("Sheet1", ConditionalFormat((R("B3:B10"),), "expression", formulas=("=B3>0",))),
    ),
    (AddSheet("New", 1), AddSheet("Other", 0), AddSheet("New", 2)),
    (
        Restore("Sheet1", ((Cell(4, 0), Content(formula="=B5")),)),
        InsertRows("Sheet1", 0),
        Restore("Sheet1", ((Cell(5, 0), Content(formula="=B6")),)),
    ),
    (ONE, SetFill("Sheet1", R("A1"), "#FF0000"), ONE),
    (
        SetFont("Sheet1", R("A1"), bold=True),
        SetFill("Sheet1", R("A1"), None),
        SetFont("Sheet1", R("A1"), bold=True),
    ),
    (formula("C1", "=A1"), SetNumberFormat("Sheet1", R("A1"), "0%"), formula("C1", "=A1")),
    (formula("C1", "=A1"), values("B1", 2.0), formula("C1", "=A1")),
    (InsertRows("Sheet1", 0), ONE, InsertRows("Sheet1", 0)),
]


@pytest.mark.parametrize(("edit", "change", "expected"), MOVED)
def test_moved(edit: Edit, change: Edit, expected: Edit) -> None:
    assert rebase(edit, change) == expected


STALE: list[tuple[Edit, Edit]] = [
    (ONE, values("A1", 2.0)),
    (ONE, values("A1:B1", 2.0, 3.0)),
    (formula("C1", "=SUM(A1:A9)"), values("A5", 2.0)),
    (formula("C1", "=SUM(A:A)"), values("A500", 2.0)),
    (formula("C1", "=Sheet2!A1"), values("A1", 2.0, sheet="SHEET2")),
    (formula("C1", "=Sheet2!A1"), Restore("Sheet2", removes_sheet=True)),
    (formula("C5", "=A1"), DeleteRows("Sheet1", 0)),
    (formula("C5", "=SUM(A1:A3)"), DeleteRows("Sheet1", 1)),
    (ONE, DeleteColumns("Sheet1", 0)),
    (values("A1:C1", 1.0, 2.0, 3.0), InsertColumns("Sheet1", 1)),
    (Merge("Sheet1", R("A1:C1")), DeleteColumns("Sheet1", 1)),
    (Sort("Sheet1", R("A1:C9"), (SortKey(0),)), values("B4", 2.0)),
    (Sort("Sheet1", R("A1:C9"), (SortKey(0),)), InsertRows("Sheet1", 3)),
    (Fill("Sheet1", R("A1"), R("A1:A9")), SetFill("Sheet1", R("A1"), None)),
    (Fill("Sheet1", R("A1"), R("A1:A9")), values("A1", 2.0)),
    (CopyRange("Sheet1", R("D1"), "Sheet2", R("A1:B2")), values("B2", 2.0, sheet="Sheet2")),
    (CopyRange("Sheet1", R("D1"), "Sheet2", R("A1:B2")), values("E2", 2.0)),
    (SetFill("Sheet1", R("A1:B9"), None), SetFill("Sheet1", R("B9"), "#FF0000")),
    (SetAlignment("Sheet1", R("A1"), wrap=True), DeleteRows("Sheet1", 0)),
    (InsertRows("Sheet1", 4), DeleteRows("Sheet1", 3, 3)),
    (DeleteRows("Sheet1", 4, 2), InsertRows("Sheet1", 5)),
    (DeleteRows("Sheet1", 4, 2), values("C5", 2.0)),
    (DefineName("Rate", "=2"), DefineName("RATE", "=3")),
    (AddTable("Sheet1", R("A1:B9"), "Sales"), AddTable("Sheet1", R("D1:E9"), "sales")),
    (AddSheet("New"), AddSheet("new")),
    (AddSheet("New"), RenameSheet("Sheet1", "NEW")),
    (RenameSheet("Sheet1", "New"), RenameSheet("Sheet1", "Other")),
    (SetColumnWidth("Sheet1", 0, 3, 9.0), SetColumnWidth("Sheet1", 2, 2, 5.0)),
    (Restore("Sheet1", ((Cell(0, 0), None),)), ONE),
    (ONE, Restore("Sheet1", ((Cell(0, 0), None),))),
    (ONE, Restore(None, snapshot=book({}))),
]


@pytest.mark.parametrize(("edit", "change"), STALE)
def test_stale(edit: Edit, change: Edit) -> None:
    with pytest.raises(StaleEdit) as refusal:
        rebase(edit, change)
    assert str(refusal.value).startswith("expected ")
    assert "\n" not in str(refusal.value)


def test_names_are_followed_where_the_workbook_is_given() -> None:
    snapshot = Snapshot(book({"A1": 1}).sheets, names=(DefinedName("Rate", "=Sheet1!$A$1"),))
    edit, change = formula("C1", "=Rate*2"), values("A1", 2.0)
    assert rebase(edit, change) == edit
    with pytest.raises(StaleEdit, match="Sheet1!A1"):
        rebase(edit, change, snapshot)


def test_a_plan_is_rebased_together() -> None:
    plan = (values("B2", 2.0), SetFill("Sheet1", R("B2"), "#FF0000"))
    assert rebase_all(plan, InsertRows("Sheet1", 0)) == (
        values("B3", 2.0),
        SetFill("Sheet1", R("B3"), "#FF0000"),
    )
    with pytest.raises(StaleEdit, match="made anew"):
        rebase_all((InsertRows("Sheet1", 0), *plan), ONE)


def said(snapshot: Snapshot) -> dict[str, dict[Cell, tuple[Value, str | None]]]:
    """Values and formulas by sheet and cell; formats left out (inserted rows copy what is above them)."""
    return {
        sheet.name: {c: (x.value, x.formula) for c, x in sheet.cells.items() if not x.is_blank}
        for sheet in snapshot.sheets
    }


COMMUTING = [
    "SetFormulas",
    "SetValues",
    "InsertRows",
    "InsertColumns",
    "DeleteRows",
    "DeleteColumns",
    "RenameSheet",
]
commuting = st.one_of(*(EDITS[kind] for kind in COMMUTING))


def test_both_orders_give_the_same_workbook() -> None:
    """Where neither of two edits is stale after the other, the order in which they come does not matter."""
    met = 0

    @quick
    @given(snapshots(), st.lists(st.tuples(commuting, commuting), min_size=6, max_size=6))
    def check(snapshot: Snapshot, pairs: list[tuple[Edit, Edit]]) -> None:
        nonlocal met
        for first, second in pairs:
            try:
                one, other = apply(snapshot, first), apply(snapshot, second)
                late_second, late_first = rebase(second, first, snapshot), rebase(first, second, snapshot)
                one, other = apply(one, late_second), apply(other, late_first)
            except CellwrightError:
                continue
            met += 1
            assert said(one) == said(other), (first, second)

    check()
    assert met > 20


@quick
@given(snapshots(), st.lists(st.tuples(any_edit, any_edit), min_size=4, max_size=4))
def test_rebase_gives_an_edit_or_a_refusal(snapshot: Snapshot, pairs: list[tuple[Edit, Edit]]) -> None:
    for edit, change in pairs:
        try:
            late = rebase(edit, change, snapshot)
        except CellwrightError as error:
            refusal = str(error)
        else:
            assert type(late) is type(edit)
            continue
        assert refusal.startswith("expected ")
