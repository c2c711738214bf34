"""Comparisons: what changed is told once and in its place, what only moved is not told at all."""

from __future__ import annotations

import io
import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from cellwright.edits.apply import apply
from cellwright.edits.model import DeleteColumns, DeleteRows, InsertColumns, InsertRows, SetValues
from cellwright.formula import Axis
from cellwright.insight.align import align
from cellwright.insight.compare import compare
from cellwright.insight.difference import ChangeKind, Comparison, Lines
from cellwright.reference import Range
from cellwright.workbook.model import Content, DefinedName, Snapshot, Value
from tests.workbooks import book

Cells = dict[str, Value | Content]


def ledger(rows: int = 12) -> Snapshot:
    cells: Cells = {"A1": "Item", "B1": "Units", "C1": "Price", "D1": "Revenue"}
    for row in range(2, rows + 2):
        cells |= {f"A{row}": f"Item {row}", f"B{row}": row * 7 % 5 + 1, f"C{row}": 2.5 * row}
        cells[f"D{row}"] = Content(1.0, f"=B{row}*C{row}")
    cells[f"D{rows + 2}"] = Content(1.0, f"=SUM(D2:D{rows + 1})")
    return book(cells, {"A1": Content(1.0, f"=Sheet1!D{rows + 2}*Sheet1!$B$9"), "A2": 3})


def told(comparison: Comparison) -> list[tuple[str, str, int]]:
    return [
        (region.kind.value, region.place.a1, len(region.cells))
        for sheet in comparison.sheets
        for region in sheet.regions
    ]


def set_value(snapshot: Snapshot, a1: str, value: Value, sheet: str = "Sheet1") -> Snapshot:
    return apply(snapshot, SetValues(sheet, Range.parse(a1), ((value,),)))


def set_contents(snapshot: Snapshot, **contents: Content | None) -> Snapshot:
    sheet = snapshot.sheet("Sheet1")
    updates = {Range.parse(a1).first: content for a1, content in contents.items()}
    return snapshot.with_sheet(sheet.with_cells(updates))


def test_equal_workbooks() -> None:
    comparison = compare(ledger(), ledger())
    assert comparison.is_equal
    assert told(comparison) == []


def test_kinds_of_changes() -> None:
    old = ledger()
    new = set_contents(
        old,
        D3=Content(1.0, "=B3*C3*2"),
        D4=Content(1.0, "=B4*C4*2"),
        D6=Content(9.0),
        B8=Content(99.0),
        C9=Content(1.0, "=2+2"),
        A10=None,
        F1=Content("new"),
        D11=Content(2.0, "=B11*C11"),
        D12=Content(1.0, "=b12 * c12"),
    )
    assert told(compare(old, new)) == [
        (ChangeKind.ADDED, "Sheet1!F1", 1),
        (ChangeKind.FORMULA, "Sheet1!D3:D4", 2),
        (ChangeKind.FORMULA_TO_VALUE, "Sheet1!D6", 1),
        (ChangeKind.VALUE, "Sheet1!B8", 1),
        (ChangeKind.VALUE_TO_FORMULA, "Sheet1!C9", 1),
        (ChangeKind.REMOVED, "Sheet1!A10", 1),
        (ChangeKind.RECALCULATED, "Sheet1!D11", 1),
    ]


@pytest.mark.parametrize(
    ("edit", "inserted", "deleted"),
    [
        (InsertRows("Sheet1", 4, 2), [(Axis.ROWS, 4, 2)], []),
        (DeleteRows("Sheet1", 3, 1), [], [(Axis.ROWS, 3, 1)]),
        (InsertColumns("Sheet1", 2, 1), [(Axis.COLUMNS, 2, 1)], []),
        (DeleteColumns("Sheet1", 0, 1), [], [(Axis.COLUMNS, 0, 1)]),
    ],
)
def test_what_only_moved_is_no_difference(
    edit: InsertRows | DeleteRows | InsertColumns | DeleteColumns,
    inserted: list[tuple[Axis, int, int]],
    deleted: list[tuple[Axis, int, int]],
) -> None:
    old = ledger()
    new = apply(old, edit)
    comparison = compare(old, new)
    assert told(comparison) == []
    (sheet,) = comparison.sheets
    assert [(lines.axis, lines.at, lines.count) for lines in sheet.inserted] == inserted
    assert [(lines.axis, lines.at, lines.count) for lines in sheet.deleted] == deleted


def test_a_change_beside_an_insertion_keeps_its_row() -> None:
    old = ledger()
    new = set_value(apply(old, InsertRows("Sheet1", 4, 1)), "B6", 1000.0)
    new = set_value(new, "A5", "inserted")
    (sheet,) = compare(old, new).sheets
    assert sheet.inserted == (Lines(Axis.ROWS, 4, 1, "“inserted”"),)
    assert [(d.old.a1 if d.old else None, d.new.a1 if d.new else None) for d in sheet.cells] == [("B5", "B6")]


def test_rows_written_at_the_end_are_added_cells() -> None:
    old = ledger()
    new = set_contents(old, A20=Content("Note"), A21=Content("More"))
    assert told(compare(old, new)) == [(ChangeKind.ADDED, "Sheet1!A20:A21", 2)]
    assert told(compare(new, old)) == [(ChangeKind.REMOVED, "Sheet1!A20:A21", 2)]


def test_formulas_elsewhere_follow_and_are_compared() -> None:
    old = ledger()
    new = apply(old, InsertRows("Sheet1", 4, 1))
    assert new.sheet("Sheet2").cells != old.sheet("Sheet2").cells
    assert [sheet.name for sheet in compare(old, new).sheets] == ["Sheet1"]


def test_a_formula_that_should_have_followed_and_did_not_is_told() -> None:
    old = ledger()
    new = apply(old, InsertRows("Sheet1", 4, 1))
    stale = replace(new, sheets=(new.sheets[0], old.sheets[1]))
    assert told(compare(old, stale)) == [(ChangeKind.FORMULA, "Sheet2!A1", 1)]


def test_sheets_names_and_tables() -> None:
    old = replace(ledger(), names=(DefinedName("Rate", "=Sheet1!$B$9"), DefinedName("Old", "=1")))
    new = apply(old, InsertRows("Sheet1", 4, 1))
    new = replace(
        new,
        sheets=(*new.sheets[:1], replace(new.sheets[1], name="Renamed")),
        names=(*new.names[:1], DefinedName("New", "=2")),
    )
    comparison = compare(old, new)
    assert (comparison.removed_sheets, comparison.added_sheets) == (("Sheet2",), ("Renamed",))
    assert comparison.names == {"Old": ("=1", None), "New": (None, "=2")}


def test_for_machines_and_for_the_eye() -> None:
    old = ledger()
    new = set_value(apply(old, InsertRows("Sheet1", 4, 1)), "B2", 1000.0)
    comparison = compare(old, new)
    found = json.loads(json.dumps(comparison.to_json()))
    assert found["sheets"][0]["inserted"] == ["rows 5:5"]
    assert found["sheets"][0]["regions"][0]["place"] == "Sheet1!B2"
    page = io.StringIO()
    Console(file=page, width=100).print(comparison.render())
    assert "rows 5:5" in page.getvalue()
    assert "1,000" in page.getvalue()


lines = st.lists(st.integers(0, 6).map(lambda n: (("a", n), ("b", n * n))), max_size=12)


@given(lines, lines)
def test_alignments_are_in_order_and_leave_nothing_out(
    old: list[tuple[tuple[str, int], ...]], new: list[tuple[tuple[str, int], ...]]
) -> None:
    found = align(old, new)
    assert list(found.pairs) == sorted(found.pairs)
    assert len({a for a, _ in found.pairs}) == len({b for _, b in found.pairs}) == len(found.pairs)
    deleted = {block.at + i for block in found.deleted for i in range(block.count)}
    inserted = {block.at + i for block in found.inserted for i in range(block.count)}
    assert deleted | {a for a, _ in found.pairs} == set(range(len(old)))
    assert not inserted & {b for _, b in found.pairs}
    # Taking out and putting in what the alignment says moves every surviving line to its place.
    kept = [line for line in range(len(old)) if line not in deleted]
    places = [line for line in range(len(old) + len(new)) if line not in inserted]
    assert list(found.pairs) == list(zip(kept, places, strict=False))


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 13), st.integers(1, 3), st.integers(1, 13), st.integers(0, 3))
def test_insertions_and_deletions_together(at: int, count: int, where: int, gone: int) -> None:
    """Whatever is put in and taken out, values that survive are never told as changed."""
    old = ledger()
    new = apply(old, InsertRows("Sheet1", at, count))
    if gone:
        new = apply(new, DeleteRows("Sheet1", where, gone))
    kinds = {region.kind for sheet in compare(old, new).sheets for region in sheet.regions}
    assert ChangeKind.VALUE not in kinds
