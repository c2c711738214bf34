"""Every kind of file that is no workbook for us is refused with one clear line."""

from __future__ import annotations

import io
import zipfile
from contextlib import suppress
from pathlib import Path

import pytest

from cellwright.errors import (
    CellwrightError,
    LimitExceeded,
    NotAWorkbook,
    UnsupportedFormat,
    WorkbookCorrupt,
)
from cellwright.workbook import markup, precheck, read_workbook, read_workbook_bytes
from cellwright.workbook.package import Package
from cellwright.workbook.precheck import Limits
from tests.workbook.archives import archive, parts_of, shared_strings, worksheet, xlsx

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)
ROW = '<row r="1"><c r="A1"><v>1</v></c></row>'


def ole(*streams: str) -> bytes:
    """A compound file as far as its first sector and a directory with those stream names."""
    return OLE + b"".join(name.encode("utf-16-le").ljust(128, b"\0") for name in streams)


def refusal(path: Path) -> CellwrightError:
    """What both `precheck` and `read_workbook` say, which must be one line."""
    with pytest.raises(CellwrightError) as read:
        read_workbook(path)
    assert "\n" not in str(read.value)
    assert str(path.name) in str(read.value) or str(path) in str(read.value)
    return read.value


@pytest.mark.parametrize(
    ("name", "data", "kind", "words"),
    [
        ("empty.xlsx", b"", NotAWorkbook, "an empty file"),
        ("noise.xlsx", bytes(range(256)) * 8, NotAWorkbook, "another file"),
        ("old.xls", ole("Root Entry", "Workbook"), UnsupportedFormat, ".xls"),
        ("older.xls", ole("Root Entry", "Book"), UnsupportedFormat, ".xls"),
        ("oldest.xls", b"\x09\x08\x08\x00" + bytes(64), UnsupportedFormat, ".xls"),
        ("locked.xlsx", ole("EncryptionInfo", "EncryptedPackage"), UnsupportedFormat, "password"),
        ("letter.xlsx", ole("Root Entry", "WordDocument"), NotAWorkbook, "OLE"),
        ("table.csv", b"a,b\n1,2\n", UnsupportedFormat, "text file"),
        ("renamed.xlsx", "é;ü\n1;2\n".encode(), UnsupportedFormat, "text file"),
        ("page.xls", b"<html><table><tr><td>1</td></tr></table></html>", UnsupportedFormat, "HTML"),
        ("flat.xml", b'<?xml version="1.0"?><Workbook/>', UnsupportedFormat, "XML"),
    ],
)
def test_files_that_are_no_zip(
    tmp_path: Path, name: str, data: bytes, kind: type[CellwrightError], words: str
) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    error = refusal(path)
    assert type(error) is kind
    assert words in str(error)
    with pytest.raises(kind):
        precheck(path)


def test_missing_file_and_folder(tmp_path: Path) -> None:
    with pytest.raises(NotAWorkbook, match="got no file"):
        read_workbook(tmp_path / "nothing.xlsx")
    with pytest.raises(NotAWorkbook, match="got a folder"):
        read_workbook(tmp_path)
    with pytest.raises(NotAWorkbook, match="got no file"):
        precheck(tmp_path / "nothing.xlsx")


@pytest.mark.parametrize(
    ("parts", "kind", "words"),
    [
        ({"xl/workbook.bin": b"", "[Content_Types].xml": "<Types/>"}, UnsupportedFormat, ".xlsb"),
        (
            {"mimetype": "application/vnd.oasis.opendocument.spreadsheet", "content.xml": "<a/>"},
            UnsupportedFormat,
            ".ods",
        ),
        ({"word/document.xml": "<a/>", "[Content_Types].xml": "<Types/>"}, NotAWorkbook, "Word"),
        ({"ppt/presentation.xml": "<a/>", "[Content_Types].xml": "<Types/>"}, NotAWorkbook, "presentation"),
        ({"readme.txt": "hello"}, NotAWorkbook, "without workbook parts"),
        ({"[Content_Types].xml": "<Types/>", "xl/styles.xml": "<a/>"}, NotAWorkbook, "workbook part"),
    ],
)
def test_zips_of_other_kinds(
    tmp_path: Path, parts: dict[str, str], kind: type[CellwrightError], words: str
) -> None:
    path = tmp_path / "book.xlsx"
    path.write_bytes(archive(parts))
    error = refusal(path)
    assert type(error) is kind
    assert words in str(error)


def test_every_truncation_and_many_flipped_bytes_are_refused_or_read() -> None:
    data = xlsx(ROW, extra={"xl/sharedStrings.xml": shared_strings("<t>a</t>")})
    for end in range(0, len(data), 7):
        with pytest.raises(CellwrightError):
            read_workbook_bytes(data[:end])
    for place in range(0, len(data), 5):
        broken = bytearray(data)
        broken[place] ^= 0xFF
        with suppress(CellwrightError):  # any other exception fails the test
            read_workbook_bytes(bytes(broken))


def test_a_damaged_part_is_corrupt() -> None:
    data = bytearray(archive(parts_of(ROW)))
    place = data.index(b"xl/worksheets/sheet1.xml") + len(b"xl/worksheets/sheet1.xml")
    data[place + 4] ^= 0xFF
    with pytest.raises(WorkbookCorrupt, match="sheet1"):
        read_workbook_bytes(bytes(data))


def test_too_many_members() -> None:
    parts = parts_of(ROW) | {f"xl/media/{number}.bin": b"" for number in range(2000)}
    with pytest.raises(LimitExceeded, match="2000 zip members"):
        read_workbook_bytes(archive(parts))


def test_zip_bomb_by_ratio_and_by_size() -> None:
    bomb = worksheet(f"{ROW}{' ' * 6_000_000}")
    with pytest.raises(LimitExceeded, match="200 times"):
        read_workbook_bytes(xlsx(bomb))
    parts = parts_of(ROW) | {"xl/media/big.bin": bytes(range(256)) * 40}
    with pytest.raises(LimitExceeded, match="unpacked"):
        Package(archive(parts), "book.xlsx", Limits(unpacked=10_000))


def test_a_declared_size_that_lies_does_not_get_past_the_count() -> None:
    """The directory says 100 bytes, the stream inflates to more: what counts is what comes out."""
    text = worksheet(ROW + "<!-- " + "x" * 5000 + " -->").encode()
    data = bytearray(archive(parts_of(text.decode())))
    true_size, lie = len(text).to_bytes(4, "little"), (100).to_bytes(4, "little")
    assert data.count(true_size) == 2
    data = bytearray(bytes(data).replace(true_size, lie))
    with pytest.raises(WorkbookCorrupt):
        read_workbook_bytes(bytes(data))


@pytest.mark.parametrize(
    "name", ["../evil.xml", "xl/../../evil.xml", "/xl/evil.xml", "C:/evil.xml", "..\\evil"]
)
def test_names_that_leave_the_package(name: str) -> None:
    with pytest.raises(WorkbookCorrupt, match="inside the workbook"):
        read_workbook_bytes(archive(parts_of(ROW) | {name: "<a/>"}))


def test_duplicate_names() -> None:
    out = io.BytesIO(archive(parts_of(ROW)))
    with zipfile.ZipFile(out, "a") as made:
        made.writestr("xl/worksheets/SHEET1.xml", worksheet(ROW))
    with pytest.raises(WorkbookCorrupt, match="twice"):
        read_workbook_bytes(out.getvalue())


def test_a_zip_with_encrypted_members() -> None:
    data = bytearray(archive(parts_of(ROW)))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = data.index(mark)
        data[place + offset] |= 1
    with pytest.raises(UnsupportedFormat, match="encrypted"):
        read_workbook_bytes(bytes(data))


def test_a_part_packed_in_an_unknown_way() -> None:
    data = bytearray(archive(parts_of(ROW)))
    for mark, offset in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        start = 0
        while (place := data.find(mark, start)) >= 0:
            data[place + offset] = 99
            start = place + 4
    with pytest.raises(CellwrightError, match="deflated"):
        read_workbook_bytes(bytes(data))


DOCTYPE = '<!DOCTYPE a [<!ENTITY e "boom">]>'


@pytest.mark.parametrize(
    "part",
    [
        "xl/worksheets/sheet1.xml",
        "xl/workbook.xml",
        "xl/sharedStrings.xml",
        "[Content_Types].xml",
        "_rels/.rels",
    ],
)
def test_document_types_are_refused(part: str) -> None:
    parts = parts_of(ROW, extra={"xl/sharedStrings.xml": shared_strings("<t>a</t>")})
    parts[part] = DOCTYPE + str(parts[part])
    with pytest.raises(WorkbookCorrupt, match="document type"):
        read_workbook_bytes(archive(parts))


@pytest.mark.parametrize(
    ("part", "words"),
    [
        ("xl/worksheets/sheet1.xml", "part xl/worksheets/sheet1.xml of the sheet 'Sheet1'"),
        ("xl/workbook.xml", "without a workbook part"),
        ("xl/_rels/workbook.xml.rels", "part for the sheet 'Sheet1'"),
    ],
)
def test_missing_parts(part: str, words: str) -> None:
    parts = parts_of(ROW)
    del parts[part]
    with pytest.raises(CellwrightError, match=words):
        read_workbook_bytes(archive(parts))


def test_a_workbook_without_sheets() -> None:
    parts = parts_of(ROW)
    parts["xl/workbook.xml"] = '<workbook xmlns="http://purl.oclc.org/ooxml/spreadsheetml/main"/>'
    with pytest.raises(WorkbookCorrupt, match="at least one sheet"):
        read_workbook_bytes(archive(parts))


@pytest.mark.parametrize(
    "text", ["", "no xml", "<worksheet>", "<a><b></a></b>", "<a b='1' b='2'/>", "<x:a/>"]
)
def test_parts_that_are_no_xml(text: str) -> None:
    parts = parts_of(ROW)
    parts["xl/worksheets/sheet1.xml"] = text
    with pytest.raises(WorkbookCorrupt, match="expected XML"):
        read_workbook_bytes(archive(parts))


def test_xml_that_nests_too_deep() -> None:
    deep = worksheet(ROW, after="<a>" * 300 + "</a>" * 300)
    with pytest.raises(LimitExceeded, match="256 deep"):
        read_workbook_bytes(xlsx(deep))


def test_a_tree_of_too_many_elements(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(markup, "MAX_ELEMENTS", 50)
    many = worksheet(ROW, after="<hyperlinks>" + '<hyperlink ref="A1"/>' * 60 + "</hyperlinks>")
    with pytest.raises(LimitExceeded, match="at most 50 elements"):
        read_workbook_bytes(xlsx(many))


def test_merged_area_is_capped() -> None:
    merges = "".join(f'<mergeCell ref="A{row}:XFD{row + 999}"/>' for row in range(1, 9001, 1000))
    with pytest.raises(LimitExceeded, match="merged cells"):
        read_workbook_bytes(xlsx(worksheet(ROW, after=f"<mergeCells>{merges}</mergeCells>")))


def test_a_good_workbook_passes(tmp_path: Path) -> None:
    path = tmp_path / "good.xlsx"
    path.write_bytes(xlsx(ROW))
    precheck(path)
    book = read_workbook(path)
    assert book.source is not None
    assert book.source.size == path.stat().st_size
