"""The leak check: it finds what is planted, and finds nothing in what shipped weights learn from."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path

import openpyxl
import pytest

from cellwright_tuning.leaks import Contents, contents_of, leaks, missing

LONG = "=IF(SUM(A2:B2)>MAX(A2,B2)*2,ROUND(A2/B2,2),0)"
LEDGER = """
[[sources]]
name = "taught"
use = "weights"
[[sources]]
name = "asked"
use = "evaluation"
"""


def workbook(header: str = "ratio", formula: str = LONG, row: int = 2, note: str = "") -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["a", "b", header, note])
    for at in range(2, row + 3):
        sheet.append([at, at * 2])
    shift = str(row)
    sheet[f"C{row}"] = formula.replace("A2", f"A{shift}").replace("B2", f"B{shift}")
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def archive(folder: Path, name: str, *books: bytes) -> None:
    with tarfile.open(folder / f"{name}.tar", "w") as tar:
        for number, data in enumerate(books):
            info = tarfile.TarInfo(f"{number}.xlsx")
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))


def found(folder: Path) -> dict[str, set[str]]:
    ledger = folder / "sources.toml"
    ledger.write_text(LEDGER)
    return leaks(contents_of("weights", folder, ledger), contents_of("evaluation", folder, ledger))


def test_equal_files_leak(tmp_path: Path) -> None:
    data = workbook()
    archive(tmp_path, "taught", data)
    archive(tmp_path, "asked", data)
    assert set(found(tmp_path)) == {"workbook", "region"}


def test_folders_are_looked_into_as_archives_are(tmp_path: Path) -> None:
    archive(tmp_path, "taught", workbook())
    (tmp_path / "asked" / "deep").mkdir(parents=True)
    (tmp_path / "asked" / "deep" / "one.xlsx").write_bytes(workbook())
    (tmp_path / "asked" / "deep" / "two.xlsx").write_bytes(b"no workbook")
    assert set(found(tmp_path)) >= {"region"}


def test_sources_without_a_file_are_told(tmp_path: Path) -> None:
    ledger = tmp_path / "sources.toml"
    ledger.write_text(LEDGER.replace("[[sources]]", '[[sources]]\nsha256 = "0"'))
    archive(tmp_path, "taught", workbook())
    archive(tmp_path, "asked_later", workbook())  # another source's
    assert missing(tmp_path, ledger) == ["asked"]


def test_an_equal_region_elsewhere_leaks(tmp_path: Path) -> None:
    archive(tmp_path, "taught", workbook(row=4, note="another file"))
    archive(tmp_path, "asked", workbook())
    assert set(found(tmp_path)) == {"region"}


@pytest.mark.parametrize(
    "other",
    [workbook(header="total"), workbook(formula="=A2*B2"), workbook(formula=LONG.replace("0)", "1)"))],
)
def test_other_headers_or_formulas_do_not(tmp_path: Path, other: bytes) -> None:
    archive(tmp_path, "taught", other)
    archive(tmp_path, "asked", workbook())
    assert found(tmp_path) == {}


def test_short_formulas_are_everybodys(tmp_path: Path) -> None:
    archive(tmp_path, "taught", workbook(formula="=SUM(A2:B2)", note="another file"))
    archive(tmp_path, "asked", workbook(formula="=SUM(A2:B2)"))
    assert found(tmp_path) == {}


def test_a_moved_target_leaks(tmp_path: Path) -> None:
    (tmp_path / "taught.jsonl").write_text(json.dumps({"formula": LONG.replace("2", "7")}) + "\n")
    (tmp_path / "asked.jsonl").write_text(json.dumps({"GroundTruth": LONG.replace("2", "7")}) + "\n")
    assert set(found(tmp_path)) == {"formula"}


@pytest.mark.slow  # reads every evaluation workbook
def test_nothing_that_evaluation_asks_for_is_taught(shared_data: Path) -> None:
    taught = contents_of("weights", shared_data)
    taught.add_drawn("leak test", 250)
    assert len(taught.regions) > 50
    assert len(taught.formulas) > 200
    asked = contents_of("evaluation", shared_data)
    assert len(asked.workbooks) > 50
    assert len(asked.regions) > 100
    assert leaks(taught, asked) == {}


def test_without_exclusions_the_same_formula_is_seen() -> None:
    drawn = Contents()
    drawn.add_drawn("leak test", 5)
    assert leaks(drawn, drawn)["region"] == drawn.regions
