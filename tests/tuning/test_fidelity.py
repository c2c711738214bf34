"""The fidelity suite on small workbooks: what it counts, and that it can see a loss."""

from __future__ import annotations

from pathlib import Path
from random import Random

from cellwright.patch.archive import Archive
from cellwright.reference import Cell, SheetCell
from cellwright.workbook.read import read_workbook_bytes
from cellwright_tuning.evaluation.harness import Options, summarise
from cellwright_tuning.evaluation.suites import fidelity
from tests.patch.books import simple_book, zipped


def test_every_workbook_is_edited_or_refused(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "book.xlsx").write_bytes(simple_book())
    (tmp_path / "sub" / "torn.xlsm").write_bytes(simple_book()[:-50])
    (tmp_path / "other.xls").write_bytes(b"not looked at")
    report = summarise(fidelity.SUITE, fidelity.run(tmp_path, Options()))
    values = {name: metric.value for name, metric in report.metrics.items()}
    values.pop("libreoffice", None)
    assert values == {"handled": 1, "crashed": 0, "identical_members": 1, "reopened": 1, "undo": 1}
    assert report.tasks == 2
    assert report.metrics["undo"].tasks == 1
    assert report.failures == []


def test_every_kind_of_cell_is_edited(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    path.write_bytes(simple_book())
    for seed in range(8):
        result = fidelity.check_file(path, Random(seed))
        assert result.refusal is None
        assert result.is_undone
        assert result.identical == result.members == 6
    assert path.read_bytes() == simple_book()


def test_a_lost_member_and_a_lost_cell_are_seen() -> None:
    original = simple_book()
    archive = Archive.parse(original, "book")
    styles = archive.members["xl/styles.xml"]
    written = archive.assemble({"xl/styles.xml": styles.with_data(styles.read() + b"\n")}, {"_rels/.rels"})
    before = read_workbook_bytes(original)
    place = SheetCell("Data", Cell(1, 1))
    result = fidelity.FileResult()
    fidelity.compare_members(original, written, before, place, result)
    assert (result.members, result.identical) == (6, 4)
    assert not fidelity.is_as_meant(before, before, place, fidelity.VALUE)


def test_a_book_that_is_no_workbook_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    path.write_bytes(zipped({"word/document.xml": "<d/>", "[Content_Types].xml": "<Types/>"}))
    result = fidelity.check_file(path, Random(0))
    assert result.refusal is not None
    assert result.crash is None
