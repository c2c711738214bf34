"""The committed samples are what their script makes; values are right, mistakes are where they should be."""

from __future__ import annotations

import runpy
import shutil
import subprocess
from pathlib import Path

import pytest

from cellwright.reference import Cell, SheetCell
from cellwright.workbook import detect_tables, read_workbook, read_workbook_bytes
from cellwright.workbook.model import Snapshot, Visibility

SAMPLES = Path(__file__).parents[2] / "samples"
NAMES = ("budget", "sales", "project-plan", "meter")


@pytest.fixture(scope="module")
def script() -> dict[str, object]:
    return runpy.run_path(str(SAMPLES / "make_samples.py"))


@pytest.mark.parametrize("name", NAMES)
def test_the_committed_file_is_what_the_script_makes(script: dict, name: str) -> None:  # type: ignore[type-arg]
    made = read_workbook_bytes(script["build"](script["SAMPLES"][name]))
    committed = read_workbook(SAMPLES / f"{name}.xlsx")
    assert made == committed, "run `python samples/make_samples.py` and commit the files"


@pytest.mark.parametrize("name", NAMES)
def test_every_formula_has_a_cached_value(name: str) -> None:
    book = read_workbook(SAMPLES / f"{name}.xlsx")
    formulas = [(sheet, cell) for sheet in book.sheets for cell, _ in sheet.cells.formulas()]
    assert len(formulas) > 15
    assert all(sheet.value(cell) is not None for sheet, cell in formulas)
    assert any(detect_tables(sheet) for sheet in book.sheets)


def test_the_planted_mistakes_are_there(script: dict) -> None:  # type: ignore[type-arg]
    book = read_workbook(SAMPLES / "project-plan.xlsx")
    for place in script["PLANTED"]:
        if "!" in place:
            at = SheetCell.parse(place)
            assert not book.sheet(at.sheet).content(at.cell).is_blank
    assert book.sheet("Scratch").visibility is Visibility.HIDDEN
    assert {name.name for name in book.names} == {"Rates", "OldRate"}


def recalculated(path: Path, folder: Path) -> Snapshot:
    """The workbook as LibreOffice calculates it from formulas alone (our cached values removed)."""
    import openpyxl

    bare = folder / path.name
    openpyxl.load_workbook(path).save(bare)
    out = folder / "out"
    subprocess.run(
        ["soffice", f"-env:UserInstallation=file://{folder}/profile", "--headless", "--convert-to", "xlsx",
         "--outdir", str(out), str(bare)],
        check=True, capture_output=True, timeout=100,
    )  # fmt: skip
    return read_workbook(out / path.name)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_libreoffice_gets_the_same_values(name: str, tmp_path: Path) -> None:
    if shutil.which("soffice") is None:
        pytest.skip("LibreOffice is not on this machine")
    ours = read_workbook(SAMPLES / f"{name}.xlsx")
    theirs = recalculated(SAMPLES / f"{name}.xlsx", tmp_path)
    for sheet in ours.sheets:
        for cell, formula in sheet.cells.formulas():
            if "TODAY" in formula:
                continue
            value, other = sheet.value(cell), theirs.sheet(sheet.name).value(Cell(*cell))
            assert value == (pytest.approx(other) if isinstance(other, float) else other), (
                sheet.name,
                cell.a1,
            )
