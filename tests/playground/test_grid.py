"""The grid's bytes: what the browser will show, read back with IronCalc's own bindings."""

from __future__ import annotations

from dataclasses import replace
from itertools import zip_longest
from pathlib import Path

import ironcalc
import pytest

from cellwright.errors import CalcError, CalcTimeout
from cellwright.playground import left_out, make_grid
from cellwright.playground.grid import grid_name, style_runs
from cellwright.reference import Cell, Range
from cellwright.workbook import read_workbook
from cellwright.workbook.model import Alignment, Border, Borders, Content, DefinedName, Font, Snapshot, Style
from tests.workbooks import sheet as made

SAMPLES = Path(__file__).resolve().parents[2] / "samples"


@pytest.mark.parametrize("name", ["sales", "budget", "meter", "project-plan"])
def test_every_cell_of_a_sample_arrives(name: str, capfd: pytest.CaptureFixture[str]) -> None:
    snapshot = read_workbook(SAMPLES / f"{name}.xlsx")
    model = ironcalc.load_from_bytes(make_grid(snapshot).model, "en")
    model.evaluate()
    assert [sheet["name"] for sheet in model.get_worksheets_properties()] == list(snapshot.sheet_names)
    cells = 0
    for index, sheet in enumerate(snapshot.sheets):
        for cell, content in sheet.cells.items():
            place = (index, cell.row + 1, cell.column + 1)
            cells += 1
            assert (model.get_cell_formula(*place) is not None) == (content.formula is not None), (name, cell)
            if isinstance(content.value, float) and "TODAY" not in (content.formula or ""):
                assert model.get_cell_value(*place) == pytest.approx(content.value, rel=1e-9), (name, cell)
            style = model.get_cell_style(*place)
            assert bool(style["font"].get("b")) == content.style.font.bold
            assert style["fill"].get("color") == content.style.fill
    assert cells > 50
    assert capfd.readouterr().out == ""


@pytest.mark.parametrize(
    "name",
    [
        "P&L",
        "R&D 2025",
        "50%",
        "Hi!",
        "A#b",
        "x@y",
        "O'Brien",
        'a"b',
        "<b>",
        "Q=A",
        "😀",
        ".x",
        "a-b",
        "é_1",
        "Pre-Calibration Calculated Vals",
    ],
)
def test_references_to_a_sheet_of_any_name_hold(name: str) -> None:
    quoted = name.replace("'", "''")
    own, other = made({"A1": 5, "A2": "=A1+1"}, name), made({"A1": f"='{quoted}'!A2*2"}, "Other")
    grid = make_grid(Snapshot((own, other), names=(DefinedName("six", f"='{quoted}'!$A$2", None, False),)))
    model = ironcalc.load_from_bytes(grid.model, "en")
    model.evaluate()
    assert model.get_cell_value(1, 1, 1) == 12
    model.set_user_input(1, 2, 1, "=six+1")
    model.evaluate()
    assert model.get_cell_value(1, 2, 1) == 7


def test_names_within_the_grid_stay_apart() -> None:
    assert grid_name("P_L 2", []) == "P_L 2"
    assert grid_name("P&L", ["P&L", "p&l "]) == "P&L  "
    longest = "Pre-Calibration Calculated Vals"
    first = grid_name(longest, [longest])
    assert (first, len(first)) == ("Pre-Calibration Calculated Val ", 31)
    assert len(grid_name(longest, [longest, first])) == 31


def test_formats_and_panes_arrive() -> None:
    snapshot = read_workbook(SAMPLES / "sales.xlsx")
    model = ironcalc.load_from_bytes(make_grid(snapshot).model, "en")
    assert model.get_frozen_rows_count(0) == 1
    assert model.get_column_width(0, 1) == 75.0
    assert model.get_cell_style(2, 4, 5)["num_fmt"] == "0.0%"


def test_runs_join_neighbours_of_one_style() -> None:
    snapshot = read_workbook(SAMPLES / "sales.xlsx")
    bold = Style(font=Font(bold=True))
    sheet = replace(snapshot.sheets[0], cells=snapshot.sheets[0].cells.replaced({}))
    cells: dict[Cell, Content | None] = {cell: None for cell, _ in sheet.cells.items()}
    cells |= {Cell(0, column): Content(1.0, style=bold) for column in range(3)}
    cells |= {
        Cell(0, 4): Content(1.0, style=bold),
        Cell(1, 0): Content(1.0, style=bold),
        Cell(1, 1): Content(2.0),
    }
    runs = [(row, left, right) for row, left, right, _ in style_runs(sheet.with_cells(cells))]
    assert runs == [(0, 0, 2), (0, 4, 4), (1, 0, 0)]


def test_what_is_left_out_is_said() -> None:
    snapshot = read_workbook(SAMPLES / "sales.xlsx")
    sheet = replace(snapshot.sheets[0], merges=(Range(0, 0, 0, 1), Range(2, 0, 3, 0)))
    changed = replace(snapshot, sheets=(sheet, *snapshot.sheets[1:]), tables=())
    assert left_out(changed) == ("merged areas are shown as single cells (2)",)


def test_a_worker_that_is_late_is_ended() -> None:
    with pytest.raises(CalcTimeout, match="expected the grid within"):
        make_grid(read_workbook(SAMPLES / "sales.xlsx"), timeout_s=0.01)


def test_a_workbook_that_the_engine_refuses_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cellwright.playground.grid.calculation_image", lambda snapshot: b"not a zip")
    with pytest.raises(CalcError, match="expected the grid, got"):
        make_grid(read_workbook(SAMPLES / "sales.xlsx"))


def test_rows_of_wrapped_text_are_as_high_as_it_needs() -> None:
    wrapped = Style(alignment=Alignment(wrap=True))
    cells = {
        "A1": Content("a text of thirty characters ok", style=wrapped),
        "A2": Content("short", style=wrapped),
        "A3": Content("one\ntwo\nthree", style=wrapped),
        "A4": Content("a text of thirty characters ok"),
        "A5": Content("a text of thirty characters ok", style=wrapped),
    }
    sheet = replace(made(cells), column_widths={0: 10.0}, merges=(Range.parse("A5:C5"),))
    model = ironcalc.load_from_bytes(make_grid(Snapshot((sheet,))).model, "en")
    plain = model.get_row_height(0, 2)
    assert [model.get_row_height(0, row) for row in (1, 3)] == [65.0, 65.0]
    assert [model.get_row_height(0, row) for row in (4, 5)] == [plain, plain]
    assert plain < 40


def test_every_alignment_and_line_that_a_file_may_have_arrives_or_is_let_go() -> None:
    horizontal = [
        None,
        "general",
        "left",
        "center",
        "right",
        "fill",
        "justify",
        "centerContinuous",
        "distributed",
    ]
    vertical = [None, "top", "center", "bottom", "justify", "distributed", "odd"]
    lines = [
        "thin",
        "medium",
        "dashed",
        "dotted",
        "thick",
        "double",
        "hair",
        "mediumDashed",
        "dashDot",
        "odd",
    ]
    styles = [
        Style(alignment=Alignment(across, down), borders=Borders(bottom=Border(line, "#112233")))
        for across, down, line in zip_longest(horizontal, vertical, lines, fillvalue="thin")
    ]
    cells = {f"A{row}": Content(float(row), style=style) for row, style in enumerate(styles, 1)}
    model = ironcalc.load_from_bytes(make_grid(Snapshot((made(cells),))).model, "en")
    assert model.get_cell_style(0, 8, 1)["alignment"]["horizontal"] == "centercontinuous"
    assert model.get_cell_style(0, 2, 1)["alignment"]["vertical"] == "top"
