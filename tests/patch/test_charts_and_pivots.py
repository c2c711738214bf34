"""Charts and pivot tables in the file: openpyxl and LibreOffice read them, undo takes them back exactly."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest

from cellwright.edits.apply import apply, apply_all
from cellwright.edits.invert import invert
from cellwright.edits.journal import edit_from_json, edit_to_json
from cellwright.edits.model import AddChart, AddPivot, AddSheet, Edit, SetFormulas
from cellwright.errors import EditError
from cellwright.patch import apply_to_file, undo_in_file
from cellwright.reference import Cell, Range, SheetCell
from cellwright.workbook import read_workbook
from cellwright.workbook.model import ChartSeries
from tests.workbooks import book

R = Range.parse
ROWS = [
    ("Region", "Product", "Amount", "Units"),
    ("North", "Pen & ink", 10, 1),
    ("South", "Pad", 20, 2),
    ("North", "Pad", 30, 3),
    ("South", "Pen & ink", 40.5, 4),
]
ON_DATA = AddPivot("Data", Cell(9, 0), "Data", R("A1:D5"), ("Region",), (), (("Amount", "sum"),))
PIVOT = AddPivot("Sum", Cell(0, 0), "Data", R("A1:D5"), ("Region",), (), (("Amount", "sum"),))


@pytest.fixture
def sales(tmp_path: Path) -> Path:
    made = openpyxl.Workbook()
    made.active.title = "Data"
    for row in ROWS:
        made.active.append(row)
    path = tmp_path / "sales.xlsx"
    made.save(path)
    return path


def plan(*edits: Edit) -> list[Edit]:
    return [AddSheet("Sum", 0), *edits]


def test_a_pivot_shows_its_numbers_and_openpyxl_reads_it(sales: Path) -> None:
    before = sales.read_bytes()
    apply_to_file(sales, plan(PIVOT))
    sheet = openpyxl.load_workbook(sales)["Sum"]
    shown = [tuple(cell.value for cell in row) for row in sheet["A1:B4"]]
    assert shown == [
        ("Row Labels", "Sum of Amount"), ("North", 40), ("South", 60.5), ("Grand Total", 100.5),
    ]  # fmt: skip
    pivot = sheet._pivots[0]
    assert pivot.location.ref == "A1:B4"
    assert pivot.cache.cacheSource.worksheetSource.ref == "A1:D5"
    assert [field.name for field in pivot.cache.cacheFields] == list(ROWS[0])
    assert len(pivot.cache.records.r) == 4
    undo_in_file(sales)
    assert sales.read_bytes() == before


def test_nested_rows_and_a_field_across() -> None:
    snapshot = book(
        {f"{'ABCD'[x]}{y + 1}": value for y, row in enumerate(ROWS) for x, value in enumerate(row)}
    )
    nested = AddPivot(
        "Sheet1", Cell(0, 6), "Sheet1", R("A1:D5"), ("Region", "Product"),
        values=(("Amount", "average"), ("Units", "count")),
    )  # fmt: skip
    sheet = apply(snapshot, nested).sheet("Sheet1")
    labels = [sheet.value(Cell(row, 6)) for row in range(8)]
    assert labels == ["Row Labels", "North", "Pad", "Pen & ink", "South", "Pad", "Pen & ink", "Grand Total"]
    assert sheet.value(Cell(1, 7)) == 20.0
    across = AddPivot(
        "Sheet1", Cell(0, 6), "Sheet1", R("A1:D5"), ("Region",), ("Product",), (("Amount", "sum"),)
    )
    sheet = apply(snapshot, across).sheet("Sheet1")
    assert [sheet.value(Cell(3, column)) for column in range(6, 10)] == ["South", 20.0, 40.5, 60.5]


@pytest.mark.parametrize("kind", ["column", "bar", "line", "pie", "scatter", "area"])
def test_openpyxl_reads_a_chart_of_every_type(sales: Path, kind: str) -> None:
    before = sales.read_bytes()
    series = ChartSeries("=Data!$C$2:$C$5", "=Data!$D$2:$D$5", "=Data!$C$1")
    edit = edit_from_json(
        edit_to_json(
            AddChart(
                "Data",
                Cell(6, 0),
                R("C1:D5"),
                "line",
                "A < B & C",
                series=(series,),
                legend="left",
                data_labels=True,
                x_title="Units",
                y_title="Amount",
                trendline="linear",
            )
        ).replace('"line"', f'"{kind}"')
    )
    apply_to_file(sales, [edit, AddChart("Data", Cell(6, 9), R("B1:D5"))])
    charts = openpyxl.load_workbook(sales)["Data"]._charts
    assert len(charts) == 2
    assert charts[0].title.tx.rich.p[0].r[0].t == "A < B & C"
    assert charts[0].legend.position == "l"
    assert [s.val.numRef.f for s in charts[1].series] == ["Data!$C$2:$C$5", "Data!$D$2:$D$5"]
    undo_in_file(sales)
    assert sales.read_bytes() == before


def test_results_known_before_the_next_edit_are_charted_and_summarised(sales: Path) -> None:
    doubled = SetFormulas("Data", R("E2:E5"), tuple((f"=C{row}*2",) for row in range(2, 6)))
    header = SetFormulas("Data", R("E1"), (('="Double"',),))
    pivot = AddPivot("Sum", Cell(0, 0), "Data", R("A1:E5"), ("Region",), (), (("Double", "sum"),))
    known = {SheetCell("Data", Cell(row, 4)): 2.0 * ROWS[row][2] for row in range(1, 5)}  # type: ignore[operator]
    with pytest.raises(EditError, match="expected a header"):
        apply_to_file(sales, plan(doubled, header, pivot))
    interim = {2: {**known, SheetCell("Data", Cell(0, 4)): "Double"}}
    apply_to_file(sales, plan(doubled, header, pivot), interim=interim)
    assert read_workbook(sales).sheet("Sum").value(Cell(3, 1)) == 201.0


def test_inverting_takes_charts_and_pivots_off_the_snapshot() -> None:
    snapshot = book(
        {f"{'ABCD'[x]}{y + 1}": value for y, row in enumerate(ROWS) for x, value in enumerate(row)}
    )
    for edit in (
        AddChart("Sheet1", Cell(0, 6), R("B1:D5")),
        AddPivot("Sheet1", Cell(0, 6), "Sheet1", R("A1:D5"), ("Region",), (), (("Amount", "sum"),)),
    ):
        after = apply(snapshot, edit)
        assert after.sheets[0].charts or after.sheets[0].pivots
        restored = apply_all(after, invert(snapshot, edit))
        assert restored == snapshot
        assert not restored.sheets[0].charts
        assert not restored.sheets[0].pivots


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (replace(ON_DATA, anchor=Cell(0, 0)), "empty cells"),
        (replace(ON_DATA, rows=("Size",)), "headers"),
        (replace(ON_DATA, values=(("Amount", "mode"),)), "one of sum"),
        (AddChart("Data", Cell(9, 0), R("A1:B5")), "numbers to chart"),
    ],
)
def test_what_cannot_be_drawn_is_refused_in_one_line(sales: Path, edit: Edit, message: str) -> None:
    with pytest.raises(EditError, match=message) as refusal:
        apply_to_file(sales, [edit])
    assert "\n" not in str(refusal.value)


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("soffice") is None, reason="needs LibreOffice")
def test_libreoffice_keeps_both(sales: Path, tmp_path: Path) -> None:
    apply_to_file(sales, plan(PIVOT, AddChart("Sum", Cell(0, 4), R("A1:B3"), "bar")))
    out = tmp_path / "out"
    subprocess.run(
        ["soffice", "--headless", "--convert-to", "xlsx", "--outdir", str(out), str(sales)],
        check=True, capture_output=True, timeout=100,
    )  # fmt: skip
    sheet = openpyxl.load_workbook(out / "sales.xlsx")["Sum"]
    assert len(sheet._charts) == 1
    assert len(sheet._pivots) == 1
