"""What a file is, before anything of it is read: its format by content, and the limits on its container.

Checked here: presence, kind (a zip that is no spreadsheet, OLE, text ...), number of members, their names,
and the declared sizes. Bytes are counted again while they are inflated (`Package.chunks`), because a declared
size may lie. Formats that we do not read are refused by name.
"""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from pathlib import Path

from cellwright.errors import CellwrightError, LimitExceeded, NotAWorkbook, UnsupportedFormat, WorkbookCorrupt

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_BIFF_OLD = (b"\x09\x00", b"\x09\x02", b"\x09\x04", b"\x09\x08")
_TEXT_SAMPLE = 4096


@dataclass(frozen=True, slots=True)
class Limits:
    """Caps that protect the reader; sizes in bytes. `ratio` holds for members over `ratio_from` bytes."""

    members: int = 2_000
    unpacked: int = 300_000_000
    ratio: int = 200
    ratio_from: int = 4_000_000
    merged_cells: int = 1 << 26


LIMITS = Limits()


def precheck(path: Path | str, limits: Limits = LIMITS) -> None:
    """Raise the error that says why `path` can't be read as a workbook; else return.

    Raises NotAWorkbook, UnsupportedFormat, WorkbookCorrupt or LimitExceeded. Contents are not parsed.
    """
    open_container(load(path), str(Path(path).name), limits).close()


def load(path: Path | str) -> bytes:
    """The bytes of a file; raises NotAWorkbook where there is none to read."""
    path = Path(path)
    if not path.exists():
        raise NotAWorkbook(f"expected a workbook, got no file at {path}")
    if path.is_dir():
        raise NotAWorkbook(f"expected a workbook, got a folder: {path}")
    try:
        return path.read_bytes()
    except OSError as error:
        raise NotAWorkbook(f"expected a readable workbook, got {error.strerror}: {path}") from error


def open_container(data: bytes, where: str, limits: Limits = LIMITS) -> zipfile.ZipFile:
    """The zip of a workbook, its directory checked against the limits; `where` is named in errors."""
    if not data.startswith(b"PK") and (refusal := _refusal(data, where)) is not None:
        raise refusal
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, ValueError, EOFError, OSError, NotImplementedError) as error:
        if data.startswith(b"PK") or zipfile.is_zipfile(io.BytesIO(data)):
            raise WorkbookCorrupt(f"expected a whole zip, got a damaged one ({error}): {where}") from error
        raise NotAWorkbook(f"expected a workbook (a zip), got another file: {where}") from error
    try:
        _check_directory(archive, where, limits)
    except CellwrightError:
        archive.close()
        raise
    return archive


def _check_directory(archive: zipfile.ZipFile, where: str, limits: Limits) -> None:
    members = archive.infolist()
    if len(members) > limits.members:
        raise LimitExceeded(f"expected at most {limits.members} zip members, got {len(members)}: {where}")
    seen: dict[str, str] = {}
    unpacked = 0
    for member in members:
        name = member.filename.replace("\\", "/")
        if name.startswith("/") or name[1:3] == ":/" or ".." in name.split("/"):
            raise WorkbookCorrupt(
                f"expected zip members inside the workbook, got {member.filename!r}: {where}"
            )
        if name.casefold() in seen:
            raise WorkbookCorrupt(f"expected each zip member once, got {name!r} twice: {where}")
        seen[name.casefold()] = name
        unpacked += member.file_size
        check_size(unpacked, member, member.file_size, where, limits)
        if member.flag_bits & 1:
            raise UnsupportedFormat(f"expected a workbook without a password, got an encrypted zip: {where}")
    _check_kind(set(seen), archive, where)


def check_size(
    total: int, member: zipfile.ZipInfo, size: int, where: str, limits: Limits, packed: int = 0
) -> None:
    """Raise LimitExceeded where `total` bytes unpacked, or the ratio of one member, are over the limits."""
    if total > limits.unpacked:
        raise LimitExceeded(f"expected at most {limits.unpacked:,} bytes unpacked, got more: {where}")
    packed = packed or member.compress_size
    if size > limits.ratio_from and size > packed * limits.ratio:
        raise LimitExceeded(
            f"expected members that unpack to at most {limits.ratio} times their size, "
            f"got {member.filename!r} over that: {where}"
        )


def _check_kind(names: set[str], archive: zipfile.ZipFile, where: str) -> None:
    """Refuse zips of other formats by name; raises NotAWorkbook where it is none that we know."""
    if "xl/workbook.bin" in names:
        raise UnsupportedFormat(
            f"expected .xlsx or .xlsm, got a binary workbook (.xlsb), save it as .xlsx first: {where}"
        )
    if "[content_types].xml" in names:
        if any(name.startswith("word/") for name in names) and "xl/workbook.xml" not in names:
            raise NotAWorkbook(f"expected a workbook, got a Word document: {where}")
        if any(name.startswith("ppt/") for name in names) and "xl/workbook.xml" not in names:
            raise NotAWorkbook(f"expected a workbook, got a presentation: {where}")
        return
    if "mimetype" in names or ("content.xml" in names and "meta-inf/manifest.xml" in names):
        raise UnsupportedFormat(
            f"expected .xlsx or .xlsm, got an OpenDocument file (.ods), save it as .xlsx first: {where}"
        )
    if "index/document.iwa" in names or "index.zip" in names:
        raise UnsupportedFormat(f"expected .xlsx or .xlsm, got a Numbers document: {where}")
    if not any(name.startswith("xl/") for name in names):
        raise NotAWorkbook(f"expected a workbook, got a zip without workbook parts: {where}")


def _refusal(data: bytes, where: str) -> CellwrightError | None:
    """The error for a file that is no zip; None where a zip may still begin further on."""
    if not data:
        return NotAWorkbook(f"expected a workbook, got an empty file: {where}")
    if data.startswith(_OLE):
        if "EncryptedPackage".encode("utf-16-le") in data:
            return UnsupportedFormat(
                f"expected a workbook without a password, got an encrypted one, "
                f"remove its password first: {where}"
            )
        if any(name.encode("utf-16-le") in data for name in ("Workbook", "Book", "BOOK", "WORKBOOK")):
            return UnsupportedFormat(
                f"expected .xlsx or .xlsm, got a workbook of Excel 97-2003 (.xls), "
                f"save it as .xlsx first: {where}"
            )
        return NotAWorkbook(f"expected a workbook, got an OLE file that holds none: {where}")
    if data[:2] in _BIFF_OLD and data[2:4] in (b"\x04\x00", b"\x06\x00", b"\x08\x00", b"\x10\x00"):
        return UnsupportedFormat(
            f"expected .xlsx or .xlsm, got a workbook of an old Excel (.xls), save it as .xlsx first: {where}"
        )
    head = data[:_TEXT_SAMPLE]
    if zipfile.is_zipfile(io.BytesIO(data)):
        return None
    text = head.decode("latin-1").lstrip("ï»¿ \t\r\n")
    if text.startswith("<"):
        lowered = text.lower()
        kind = "an HTML page" if "<html" in lowered or "<table" in lowered else "an XML file"
        return UnsupportedFormat(f"expected .xlsx or .xlsm, got {kind}: {where}")
    if b"\0" not in head and all(byte >= 32 or byte in b"\t\r\n\f" for byte in head):
        return UnsupportedFormat(f"expected .xlsx or .xlsm, got a text file (such as .csv): {where}")
    return NotAWorkbook(f"expected a workbook (a zip), got another file: {where}")
