"""The `calc` suite on a workbook of our own with a known outcome."""

from __future__ import annotations

import zipfile

import openpyxl

from cellwright.calc.calculator import Calculator
from cellwright.calc.image import calculation_image
from cellwright.formula import parse
from cellwright_tuning.evaluation.function_battery import battery
from cellwright_tuning.evaluation.harness import Options, summarise
from cellwright_tuning.evaluation.suites.calc import SUITE, run, score_workbook
from tests.workbooks import book


def with_sheet(path, change) -> None:
    """Rewrite a file's first sheet."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members["xl/worksheets/sheet1.xml"] = change(members["xl/worksheets/sheet1.xml"].decode()).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)


def write(path, snapshot) -> None:
    """A file with cached values, as a program that calculates would save it."""
    path.write_bytes(calculation_image(snapshot))
    with Calculator(snapshot) as calculator:
        values = {cell.cell.a1: value for cell, value in calculator.values().items()}

    def cache(sheet: str) -> str:
        for a1, value in values.items():
            end = sheet.index("</c>", sheet.index(f'<c r="{a1}">'))
            sheet = f"{sheet[:end]}<v>{value}</v>{sheet[end:]}"
        return sheet

    with_sheet(path, cache)


def test_a_workbook_that_reproduces_is_verified_whole(tmp_path):
    cells = {f"A{row}": row for row in range(1, 9)}
    formulas = {f"B{row}": f"=A{row}*2" for row in range(1, 9)} | {"C1": "=SUM(B1:B8)", "C3": "=MAX(A1:A8)"}
    write(tmp_path / "good.xlsx", book({**cells, **formulas}))
    result = score_workbook(tmp_path / "good.xlsx", seed=1)
    assert result is not None
    assert result.metrics["equal"][0] == result.metrics["equal"][1] > 0
    assert result.metrics["verified"] == result.metrics["equal"]
    assert result.metrics["verified_wrong"][0] == 0


def test_a_wrong_cache_counts_against_what_was_verified(tmp_path):
    cells = {"A1": 1, "A2": "=A1+1"}
    write(tmp_path / "bad.xlsx", book(cells))
    workbook = openpyxl.load_workbook(tmp_path / "bad.xlsx")
    assert workbook["Sheet1"]["A2"].value == "=A1+1"
    with_sheet(tmp_path / "bad.xlsx", lambda sheet: sheet.replace("<v>2.0</v>", "<v>99</v>"))
    results = list(run(tmp_path, Options(seed=3)))
    report = summarise(SUITE, results)
    assert report.metrics["equal"].value == 0.0
    assert report.metrics["verified_wrong"].value == 1.0
    assert "verified but wrong" in report.failures[0]


def test_the_battery_is_the_same_each_time_and_parses():
    first, second = battery(), battery()
    assert first == second
    assert len(first) > 250
    for snapshot in first:
        for _, formula in snapshot.sheets[0].cells.formulas():
            parse(formula)
