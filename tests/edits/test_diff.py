"""Diffs, footprints and previews."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given

from cellwright.edits.apply import apply, apply_all
from cellwright.edits.diff import CellDiff, FactDiff, SnapshotDiff, diff
from cellwright.edits.footprint import affected_cells, is_destructive, reads
from cellwright.edits.model import (
    AddSheet,
    AddTable,
    CopyRange,
    DefineName,
    DeleteRows,
    Edit,
    Fill,
    FreezePanes,
    InsertRows,
    Merge,
    RenameSheet,
    Restore,
    SetColumnWidth,
    SetFill,
    SetFormulas,
    SetValues,
    Sort,
    SortKey,
)
from cellwright.errors import CellwrightError
from cellwright.reference import Cell, SheetCell, SheetRange
from cellwright.workbook.model import Content, DefinedName, Snapshot, Style
from tests.edits.reading import C, R
from tests.edits.strategies import any_edit, quick, snapshots
from tests.workbooks import book

S = "Sheet1"
BOOK = book({"A1": 1, "A2": 2, "B1": "=A1*2", "C1": "x"}, {"A1": "=Sheet1!B1"})


def test_cells_are_shown_before_and_after() -> None:
    after = apply_all(BOOK, (SetValues(S, R("A1"), ((9.0,),)), SetFill(S, R("A2:A3"), "#FF0000")))
    changed = diff(BOOK, after)
    red = Style(fill="#FF0000")
    assert changed == SnapshotDiff(
        (
            CellDiff(SheetCell(S, C("A1")), Content(1.0), Content(9.0)),
            CellDiff(SheetCell(S, C("A2")), Content(2.0), Content(2.0, style=red)),
            CellDiff(SheetCell(S, C("A3")), None, Content(style=red)),
        )
    )
    assert [cell.is_format_only for cell in changed.cells] == [False, True, True]
    assert diff(BOOK, BOOK).is_empty


@pytest.mark.parametrize(
    ("edits", "lines"),
    [
        ((Merge(S, R("D1:E2")),), ["Sheet1: merge D1:E2 added"]),
        ((SetColumnWidth(S, 1, 1, 9.5),), ["Sheet1: width of column B 9.5 added"]),
        ((FreezePanes(S, Cell(1, 0)),), ["Sheet1: frozen panes at A2 added"]),
        ((AddSheet("New"),), ["sheet New added"]),
        ((Restore("Sheet2", removes_sheet=True),), ["sheet Sheet2 removed"]),
        ((RenameSheet("Sheet2", "Other"),), ["sheet Sheet2 -> Other"]),
        ((DefineName("Rate", "=2"),), ["name Rate =2 added"]),
        ((AddTable(S, R("C1:C2"), "T_1"),), ["table T_1 Sheet1!C1:C2 (x) added"]),
    ],
)
def test_facts_are_told_in_words(edits: tuple[Edit, ...], lines: list[str]) -> None:
    after = apply_all(BOOK, edits)
    assert [str(fact) for fact in diff(BOOK, after).facts] == lines
    back = [line.replace(" added", " removed") if " added" in line else line for line in lines]
    if "removed" not in lines[0] and "->" not in lines[0]:
        assert [str(fact) for fact in diff(after, BOOK).facts] == back


def test_hidden_rows_are_told_as_runs() -> None:
    hidden = replace(BOOK.sheets[0], hidden_rows=frozenset({1, 2, 3, 7}))
    assert [str(fact) for fact in diff(BOOK, BOOK.with_sheet(hidden)).facts] == [
        "Sheet1: hidden rows 2:4 added",
        "Sheet1: hidden rows 8 added",
    ]
    assert diff(BOOK, BOOK.with_sheet(hidden)).facts[0] == FactDiff(S, "hidden rows", None, "2:4")


@pytest.mark.parametrize(
    ("edit", "affected"),
    [
        (SetValues(S, R("A1:B2"), ()), ["Sheet1!A1:B2"]),
        (Fill(S, R("A1:A2"), R("A1:A9")), ["Sheet1!A3:A9"]),
        (CopyRange(S, R("D1"), "Sheet2", R("A1:B2")), ["Sheet1!D1:E2"]),
        (InsertRows(S, 4), ["Sheet1!5:1048576"]),
        (AddTable(S, R("A1:B9"), "T_1"), ["Sheet1!A1:B1", "Sheet1!A1:B9"]),
        (DefineName("Rate", "=2"), []),
        (Restore(S, ((C("A1"), None), (C("B2"), None))), ["Sheet1!A1", "Sheet1!B2"]),
    ],
)
def test_affected_cells(edit: Edit, affected: list[str]) -> None:
    assert [place.a1 for place in affected_cells(edit)] == affected


def test_reads() -> None:
    formulas = SetFormulas(S, R("C1:C2"), (("=SUM(A1:A2)+Sheet2!B1",), ("=Rate",)))
    assert reads(formulas) == (SheetRange(S, R("A1:A2")), SheetRange("Sheet2", R("B1")))
    named = replace(BOOK, names=(DefinedName("Rate", "=Sheet2!$C$3"),))
    assert SheetRange("Sheet2", R("C3")) in reads(formulas, named)
    assert reads(CopyRange(S, R("D1"), "Sheet2", R("A1:B2"))) == (SheetRange("Sheet2", R("A1:B2")),)
    assert reads(Fill(S, R("A1:A2"), R("A1:A9"))) == (SheetRange(S, R("A1:A2")),)
    assert reads(SetFormulas(S, R("A1"), (("=SUM(",),))) == ()


@pytest.mark.parametrize(
    ("edit", "destroys"),
    [
        (SetValues(S, R("A1"), ((9.0,),)), True),
        (SetValues(S, R("A1"), ((1.0,),)), False),
        (SetValues(S, R("A9"), ((1.0,),)), False),
        (SetValues(S, R("A1"), ((None,),)), True),
        (SetFormulas(S, R("B1"), (("=A1*2",),)), False),
        (SetFormulas(S, R("B1"), (("=A1*3",),)), True),
        (SetFill(S, R("A1"), None), False),
        (Merge(S, R("A1:A2")), True),
        (Merge(S, R("C1:C2")), False),
        (Sort(S, R("A1:C2"), (SortKey(0, True),), has_header=False), False),
        (DeleteRows(S, 1), True),
        (DeleteRows(S, 5), False),
        (InsertRows(S, 0), False),
        (RenameSheet(S, "New"), False),
        (DefineName("Rate", "=2"), False),
        (DefineName("Total", "=2"), True),
        (AddTable(S, R("A1:A2"), "T_1"), True),  # the number in the header becomes text
        (AddTable(S, R("C1:C2"), "T_1"), False),
        (Restore("Sheet2", removes_sheet=True), True),
    ],
)
def test_what_destroys(edit: Edit, destroys: bool) -> None:
    snapshot = replace(BOOK, names=(DefinedName("Total", "=1"),))
    assert is_destructive(snapshot, edit) is destroys


@quick
@given(snapshots(), any_edit)
def test_changed_cells_lie_in_what_is_affected(snapshot: Snapshot, edit: Edit) -> None:
    """Outside of what an edit affects only formulas change (references that follow), never constants."""
    try:
        after = apply(snapshot, edit)
    except CellwrightError:
        return
    if isinstance(edit, RenameSheet):
        return  # every cell is on another sheet then, by name
    places = affected_cells(edit)
    for change in diff(snapshot, after).cells:
        if any(place.sheet == change.cell.sheet and change.cell.cell in place.range for place in places):
            continue
        spills = [array.range for array in snapshot.sheet(change.cell.sheet).cells.arrays.values()]
        if any(change.cell.cell in spill for spill in spills):
            continue  # what an array had spilled goes with its master
        had_formula = change.before is not None and change.before.formula is not None
        assert had_formula, (edit, change)
