"""Workbooks changed where they lie: old file or new, undone byte for byte, left alone when in doubt."""

from __future__ import annotations

import hashlib
import os
import random
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cellwright.edits.model import InsertRows, RenameSheet, SetFormulas, SetNumberFormat, SetValues
from cellwright.errors import CellwrightError, FileChanged, StaleEdit, UsageError
from cellwright.patch import apply_to_file, history, patch_bytes, redo_in_file, undo_in_file, write_edits
from cellwright.patch.archive import Archive, new_member
from cellwright.patch.journal import journal_path
from cellwright.reference import Cell, Range
from cellwright.workbook.read import read_workbook
from tests.patch.books import book_parts, sheet, simple_book, zipped


@pytest.fixture
def book(tmp_path: Path) -> Path:
    path = tmp_path / "bo[o]k.xlsx"
    path.write_bytes(simple_book())
    return path


def number(a1: str, value: float, name: str = "Data") -> SetValues:
    return SetValues(name, Range.parse(a1), ((value,),))


def test_write_undo_redo_give_the_same_bytes(book: Path) -> None:
    original = book.read_bytes()
    formula = SetFormulas("Data", Range.parse("B6"), (("=UNIQUE(B2:B4)",),))
    report = apply_to_file(book, [formula, SetNumberFormat("Data", Range.parse("B2"), "0.00%")])
    assert report.added == ("xl/metadata.xml",)
    first = book.read_bytes()
    apply_to_file(book, [InsertRows("Data", 1)])
    second = book.read_bytes()
    assert len({original, first, second}) == 3
    for step, expected in (
        (undo_in_file, first),
        (undo_in_file, original),
        (redo_in_file, first),
        (redo_in_file, second),
        (undo_in_file, first),
    ):
        step(book)
        assert book.read_bytes() == expected
    undo_in_file(book)
    with pytest.raises(UsageError, match="write to undo"):
        undo_in_file(book)


def test_a_new_write_forbids_redo(book: Path) -> None:
    apply_to_file(book, [number("B2", 1.0)])
    undo_in_file(book)
    apply_to_file(book, [number("B3", 1.0)])
    with pytest.raises(UsageError, match="redo"):
        redo_in_file(book)


def test_the_journal_holds_the_edits(book: Path) -> None:
    edit = number("B2", 1.0)
    apply_to_file(book, [edit])
    (entry,) = history(book)
    assert entry.edits == (edit,)
    assert entry.kind == "write"


def test_a_lone_surrogate_is_written_and_undone(book: Path) -> None:
    broken = SetValues("Data", Range.parse("B2"), (("a\ud83d",),))
    apply_to_file(book, [broken])
    between = book.read_bytes()
    assert read_workbook(book).sheet("Data").value(Cell(1, 1)) == "a\ud83d"
    apply_to_file(book, [number("B2", 1.0)])
    undo_in_file(book)
    assert book.read_bytes() == between
    assert history(book)[0].edits == (broken,)


def test_undo_keeps_what_another_program_changed_elsewhere(book: Path) -> None:
    apply_to_file(book, [number("B2", 1.0)])
    archive = Archive.parse(book.read_bytes(), "book")
    other = "xl/worksheets/sheet2.xml"
    theirs = archive.members[other].read().replace(b"SUM(Data!B2:B4)", b"MAX(Data!B2:B4)")
    added = [new_member("docProps/custom.xml", b"<Properties/>")]
    book.write_bytes(archive.assemble({other: archive.members[other].with_data(theirs)}, (), added))
    undo_in_file(book)
    snapshot = read_workbook(book)
    assert snapshot.sheet("Data").value(Cell(1, 1)) == 4.0
    assert snapshot.sheet("Totals").formula(Cell(0, 0)) == "=MAX(Data!B2:B4)"
    assert "docProps/custom.xml" in Archive.parse(book.read_bytes(), "book").members


def test_undo_by_cells_when_another_program_saved_the_sheet(book: Path) -> None:
    apply_to_file(book, [number("C2", 1.0)])
    data = patch_bytes(book.read_bytes(), book, [number("B4", 60.0)]).data
    book.write_bytes(data)
    undo_in_file(book)
    sheet_after = read_workbook(book).sheet("Data")
    assert sheet_after.formula(Cell(1, 2)) == "=B2*$B$1"
    assert sheet_after.value(Cell(3, 1)) == 60.0


def test_undo_is_refused_when_the_cells_were_changed(book: Path) -> None:
    apply_to_file(book, [number("C2", 1.0)])
    data = patch_bytes(book.read_bytes(), book, [number("C2", 2.0)]).data
    book.write_bytes(data)
    with pytest.raises(StaleEdit, match="Data!C2"):
        undo_in_file(book)
    assert book.read_bytes() == data


def test_undo_of_a_rename_is_refused_when_the_file_was_saved_elsewhere(book: Path) -> None:
    apply_to_file(book, [RenameSheet("Data", "Numbers")])
    data = patch_bytes(book.read_bytes(), book, [number("B2", 2.0, "Numbers")]).data
    book.write_bytes(data)
    with pytest.raises(StaleEdit, match="another program"):
        undo_in_file(book)


def test_a_file_that_was_replaced_is_left_alone(book: Path) -> None:
    snapshot = read_workbook(book)
    theirs = patch_bytes(book.read_bytes(), book, [number("B4", 60.0)]).data
    book.write_bytes(theirs)
    with pytest.raises(FileChanged):
        apply_to_file(book, [number("B2", 1.0)], snapshot=snapshot)
    assert book.read_bytes() == theirs
    assert not journal_path(book).exists()


def test_a_file_replaced_while_we_write_is_left_alone(book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    theirs = patch_bytes(book.read_bytes(), book, [number("B4", 60.0)]).data
    real = os.fsync
    calls = []

    def replaced_meanwhile(descriptor: int) -> None:
        real(descriptor)
        calls.append(descriptor)
        if len(calls) == 2:  # the journal is synced, then the temporary file
            book.write_bytes(theirs)

    monkeypatch.setattr(os, "fsync", replaced_meanwhile)
    with pytest.raises(FileChanged):
        apply_to_file(book, [number("B2", 1.0)])
    assert book.read_bytes() == theirs
    assert history(book) == []
    assert not list(book.parent.glob(".*tmp"))


def test_mode_and_link_stay(book: Path) -> None:
    book.chmod(0o640)
    link = book.with_name("link.xlsx")
    link.symlink_to(book)
    apply_to_file(link, [number("B2", 1.0)])
    assert link.is_symlink()
    assert stat.S_IMODE(book.stat().st_mode) == 0o640
    assert read_workbook(book).sheet("Data").value(Cell(1, 1)) == 1.0


def test_a_lock_file_is_a_warning(book: Path) -> None:
    book.with_name(f"~${book.name}").write_bytes(b"")
    report = apply_to_file(book, [number("B2", 1.0)])
    assert len(report.warnings) == 1
    assert "open in another program" in report.warnings[0]


def test_write_edits_leaves_the_source_alone(book: Path, tmp_path: Path) -> None:
    original, target = book.read_bytes(), tmp_path / "copy.xlsx"
    write_edits(book, target, [number("B2", 1.0)])
    assert book.read_bytes() == original
    assert read_workbook(target).sheet("Data").value(Cell(1, 1)) == 1.0


@pytest.mark.parametrize(
    ("name", "data", "match"),
    [
        (
            "signed.xlsx",
            zipped({**book_parts({"Data": sheet("")}), "_xmlsignatures/sig1.xml": "<s/>"}),
            "signature",
        ),
        ("old.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "Workbook".encode("utf-16-le") * 40, r"\.xls"),
        ("binary.xlsb", zipped({"[Content_Types].xml": "<Types/>", "xl/workbook.bin": "x"}), r"\.xlsb"),
        ("torn.xlsx", simple_book()[:-40], "zip"),
        ("text.xlsx", b"a,b\n1,2\n", "text"),
    ],
)
def test_what_cannot_be_written_is_refused_untouched(
    tmp_path: Path, name: str, data: bytes, match: str
) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(CellwrightError, match=match) as caught:
        apply_to_file(path, [number("A1", 1.0)])
    assert "\n" not in str(caught.value)
    assert path.read_bytes() == data
    assert [p.name for p in tmp_path.iterdir()] == [name]


def test_a_protected_sheet_is_refused_unless_allowed(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    path.write_bytes(zipped(book_parts({"Data": sheet("", after='<sheetProtection sheet="1"/>')})))
    with pytest.raises(CellwrightError, match="protected sheet 'Data'"):
        apply_to_file(path, [number("A1", 1.0)])
    apply_to_file(path, [number("A1", 1.0)], allow_protected=True)
    assert read_workbook(path).sheet("Data").value(Cell(0, 0)) == 1.0


_WRITER = """
import sys
from pathlib import Path
from cellwright.edits.model import SetValues
from cellwright.patch import apply_to_file
from cellwright.reference import Range
path = Path(sys.argv[1])
print("ready", flush=True)
for number in range(10_000):
    rows = tuple((float(number), str(number) * 40) for _ in range(300))
    apply_to_file(path, [SetValues("Data", Range.parse("E1:F300"), rows)])
"""


@pytest.mark.parametrize("rounds", [2, pytest.param(40, marks=[pytest.mark.slow, pytest.mark.timeout(600)])])
def test_killed_at_any_point_the_file_is_the_old_or_the_new_one(book: Path, rounds: int) -> None:
    source = random.Random(rounds)
    original = book.read_bytes()
    for _ in range(rounds):
        process = subprocess.Popen([sys.executable, "-c", _WRITER, str(book)], stdout=subprocess.PIPE)
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(source.uniform(0.0, 0.12))
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
        rows = dict(read_workbook(book).sheet("Data").cells.items(Range.parse("E1:F300")))
        assert len({content.value for cell, content in rows.items() if cell.column == 4}) <= 1
        known = {hashlib.sha256(original).hexdigest()} | {entry.after_sha256 for entry in history(book)}
        assert hashlib.sha256(book.read_bytes()).hexdigest() in known
    while history(book):
        try:
            undo_in_file(book)
        except UsageError:
            break
    assert book.read_bytes() == original


@pytest.mark.parametrize("point", ["fsync 1", "fsync 2", "fsync 3", "replace 1", "chmod 1"])
def test_killed_at_each_step_of_the_commit(book: Path, point: str) -> None:
    call, count = point.split()
    original = book.read_bytes()
    program = f"""
import os, signal, sys
from pathlib import Path
real, calls = {{}}, []
def dying(name, function):
    def wrapped(*arguments, **options):
        calls.append(name)
        if calls.count(name) == {count}:
            os.kill(os.getpid(), signal.SIGKILL)
        return function(*arguments, **options)
    return wrapped
from cellwright.edits.model import SetValues
from cellwright.patch import apply_to_file
from cellwright.reference import Range
if "{call}" == "fsync": os.fsync = dying("fsync", os.fsync)
if "{call}" == "chmod": os.fchmod = dying("chmod", os.fchmod)
if "{call}" == "replace": Path.replace = dying("replace", Path.replace)
apply_to_file(Path(sys.argv[1]), [SetValues("Data", Range.parse("B2"), ((77.0,),))])
"""
    process = subprocess.run([sys.executable, "-c", program, str(book)], check=False)
    assert process.returncode == -signal.SIGKILL
    value = read_workbook(book).sheet("Data").value(Cell(1, 1))
    assert value == (77.0 if point == "fsync 3" else 4.0)
    assert (book.read_bytes() == original) == (value == 4.0)
    apply_to_file(book, [number("B3", 1.0)])  # what the crash left is no hindrance
    assert not list(book.parent.glob(".*.cellwright-tmp"))
    undo_in_file(book)
    assert read_workbook(book).sheet("Data").value(Cell(1, 1)) == value
    if value == 77.0:
        undo_in_file(book)
    assert book.read_bytes() == original
