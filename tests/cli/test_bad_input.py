"""Bad input at the command line: one line on stderr, exit code 1, the workbook untouched."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from tests.cli.conftest import Run

OLE = bytes.fromhex("d0cf11e0a1b11ae1")


def rewrite(source: Path, target: Path, member: str, data: bytes) -> None:
    """A copy of a workbook with one member replaced."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for item in old.infolist():
            new.writestr(item.filename, data if item.filename == member else old.read(item))


def broken(book: Path, kind: str) -> Path:
    path = book.with_name(f"{kind}.xlsx")
    data = book.read_bytes()
    sheet = "xl/worksheets/sheet1.xml"
    if kind == "cut":
        path.write_bytes(data[: len(data) // 2])
    elif kind == "text":
        path.write_bytes(b"just some text")
    elif kind == "empty":
        path.write_bytes(b"")
    elif kind == "bomb":
        rewrite(book, path, sheet, b"<worksheet>" + b" " * 400_000_000)
    elif kind == "dtd":
        rewrite(
            book,
            path,
            sheet,
            b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><worksheet>&b;</worksheet>',
        )
    elif kind == "protected":
        path.write_bytes(OLE + b"\0" * 512 + "EncryptedPackage".encode("utf-16-le") + b"\0" * 2048)
    elif kind == "missing":
        pass
    return path


@pytest.mark.parametrize("kind", ["cut", "text", "empty", "bomb", "dtd", "protected", "missing"])
def test_what_is_no_sound_workbook_is_refused_in_one_line(run: Run, book: Path, kind: str) -> None:
    path = broken(book, kind)
    before = path.read_bytes() if path.exists() else None
    for command in (
        ("suggest", path, "--cell", "A1"),
        ("apply", path, "VALUE | Sales!A1 | 1", "--write"),
    ):
        ran = run(*command)
        assert ran.code == 1
        assert len(ran.err.strip().splitlines()) == 1, ran.err
        assert ran.err.startswith("error: expected") or "got" in ran.err, ran.err
    assert (path.read_bytes() if path.exists() else None) == before


@pytest.mark.parametrize("suffix", [".xls", ".xlsb", ".ods"])
def test_other_formats_are_refused_by_name(run: Run, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"book{suffix}"
    if suffix == ".xls":
        path.write_bytes(OLE + b"\0" * 2048)
    else:
        with zipfile.ZipFile(path, "w") as archive:
            if suffix == ".ods":
                archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
            archive.writestr("xl/workbook.bin" if suffix == ".xlsb" else "content.xml", b"\x83\x01")
    ran = run("suggest", path, "--cell", "A1")
    assert ran.code == 1
    assert suffix in ran.err


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        ("FORMULA | Nowhere!A1 | =1", "expected one of the sheets"),
        ("FORMULA | Sales!XFE1 | =1", "XFD"),
        ("FORMULA | Sales!A1048577 | =1", "1048576"),
        ("FORMULA | Sales!D2 | =D2+1", "circular"),
        ("FORMULA | Sales!H1 | =" + "+".join(["1"] * 4100), "8,192"),
        ("FORMULA | Sales!H1 | =" + "(" * 4000 + "1" + ")" * 4000, "64"),
        ("FORMULA | Sales!H1 | =SUM(", "expected"),
        ("FORMULA | Sales!H1 | =NOSUCHFUNCTION(1)", "NOSUCHFUNCTION"),
        ("FORMULA | Sales!H1 | =WEBSERVICE(\"x\")", "WEBSERVICE"),
        ("NONSENSE | Sales!H1 | 1", "NONSENSE"),
        ("FORMULA", "expected"),
    ],
)  # fmt: skip
def test_an_edit_that_cannot_be_is_refused(run: Run, book: Path, edit: str, message: str) -> None:
    before = book.read_bytes()
    ran = run("apply", book, edit, "--write")
    assert ran.code == 1, ran.out
    assert len(ran.err.strip().splitlines()) == 1, ran.err
    assert message.casefold() in ran.err.casefold()
    assert book.read_bytes() == before


def test_a_recursive_lambda_is_a_verdict_not_a_crash(run: Run, book: Path) -> None:
    ran = run("apply", book, "FORMULA | Sales!H1 | =LET(f,LAMBDA(g,n,g(g,n+1)),f(f,1))")
    assert ran.code in (0, 1)
    assert "Traceback" not in ran.err
    assert "verified" in ran.out or "error" in ran.err


def test_a_file_that_was_replaced_meanwhile_is_left_alone(
    run: Run, book: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cellwright.cli import files

    verify = files.verify

    def slow(*arguments: object) -> object:
        verdict = verify(*arguments)  # type: ignore[arg-type]
        book.write_bytes(book.read_bytes() + b"x")
        return verdict

    monkeypatch.setattr(files, "verify", slow)
    ran = run("apply", book, "VALUE | Sales!B2 | 1", "--write")
    assert ran.code == 1
    assert "changed" in ran.err


def test_write_needs_accept_and_accept_needs_a_rank(run: Run, book: Path) -> None:
    assert "expected --accept" in run("suggest", book, "--cell", "D9", "--write").err
    assert "got rank 40" in run("suggest", book, "--cell", "D9", "--accept", "40").err


def test_every_command_has_help(run: Run) -> None:
    listed = run("--help").out.split("Commands:")[1].split("\n")
    names = [line.split()[0] for line in listed if line.strip() and line.startswith("  ") and line[2] != " "]
    assert {"suggest", "apply", "undo", "diff", "explain", "audit", "doctor", "eval"} <= set(names)
    for name in names:
        told = run(name, "--help")
        assert told.code == 0
        assert told.out.strip()


def test_every_command_is_in_the_readme(run: Run) -> None:
    from cellwright.cli import COMMANDS

    readme = (Path(__file__).resolve().parents[2] / "README.md").read_text()
    missing = [name for name in [*COMMANDS, "eval"] if f"cellwright {name}" not in readme]
    assert missing == []
