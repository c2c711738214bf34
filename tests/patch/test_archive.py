"""Zips taken apart and put together: the same bytes, whatever kind of zip it is."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib

import pytest

from cellwright.errors import LimitExceeded, WorkbookCorrupt
from cellwright.patch.archive import Archive, new_member
from tests.patch.books import simple_book, zipped


class _Unseekable(io.BytesIO):
    def seekable(self) -> bool:
        return False

    def seek(self, *_: int) -> int:
        raise OSError("no seeking")

    def tell(self) -> int:
        raise OSError("no telling")


def streamed() -> bytes:
    """A zip with data descriptors, as programs write it that can't go back."""
    stream = _Unseekable()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("a.xml", "b.xml"):
            archive.writestr(name, b"<x/>" * 50)
    return stream.getvalue()


def zip64() -> bytes:
    """A zip with zip64 sizes in its local headers."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("a.xml", "b.xml"):
            with archive.open(name, "w", force_zip64=True) as member:
                member.write(b"<y/>" * 50)
    return stream.getvalue()


def zip64_end() -> bytes:
    """A zip whose directory is found through a zip64 end record only."""
    data = zipped({"a.xml": "<a/>", "b.xml": "<b/>"})
    end = data.rindex(b"PK\5\6")
    _, _, _, _, count, size, start, _ = struct.unpack("<4s4H2IH", data[end:])
    end64 = struct.pack("<4sQ2H2I4Q", b"PK\6\6", 44, 45, 45, 0, 0, count, count, size, start)
    locator = struct.pack("<4sIQI", b"PK\6\7", 0, end, 1)
    last = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    return data[:end] + end64 + locator + last


ZIPS = {
    "plain": simple_book,
    "comment": lambda: zipped({"a.xml": "<a/>", "b.xml": "<b/>"}, comment=b"made by hand"),
    "descriptors": streamed,
    "zip64": zip64,
    "zip64 end": zip64_end,
}


@pytest.mark.parametrize("kind", ZIPS)
def test_assembled_unchanged_is_the_same_bytes(kind: str) -> None:
    data = ZIPS[kind]()
    assert Archive.parse(data, kind).assemble({}) == data


@pytest.mark.parametrize("kind", ZIPS)
def test_one_member_changes_and_the_others_keep_their_records(kind: str) -> None:
    data = ZIPS[kind]()
    archive = Archive.parse(data, kind)
    first = next(iter(archive.members))
    content = b"<changed/>" * 1000
    written = archive.assemble({first: archive.members[first].with_data(content)})
    with zipfile.ZipFile(io.BytesIO(written)) as read:
        assert read.testzip() is None
        assert read.read(first) == content
        assert read.comment == zipfile.ZipFile(io.BytesIO(data)).comment
        assert read.getinfo(first).date_time == zipfile.ZipFile(io.BytesIO(data)).getinfo(first).date_time
    again = Archive.parse(written, kind)
    for name, member in archive.members.items():
        assert name == first or again.members[name].record == member.record


def test_members_are_added_and_removed() -> None:
    archive = Archive.parse(simple_book(), "book")
    written = archive.assemble({}, {"xl/styles.xml"}, [new_member("xl/naïve.xml", b"<new/>")])
    with zipfile.ZipFile(io.BytesIO(written)) as read:
        assert read.testzip() is None
        assert read.read("xl/naïve.xml") == b"<new/>"
        assert "xl/styles.xml" not in read.namelist()


def test_wrong_checksum_is_corrupt() -> None:
    data = zipped({"a.xml": "<a/>" * 100})
    archive = Archive.parse(data, "book")
    member = archive.members["a.xml"]
    broken = data.replace(
        member.packed, zlib.compress(b"<b/>" * 100, 6)[2:-4].ljust(len(member.packed), b"\0")
    )
    with pytest.raises(WorkbookCorrupt):
        Archive.parse(broken, "book").members["a.xml"].read()


def test_inflating_stops_at_the_limit() -> None:
    member = new_member("a.xml", b"\0" * 1_000_000)
    with pytest.raises(LimitExceeded):
        member.read(limit=1000)


@pytest.mark.parametrize("cut", [1, 20, 60, 300])
def test_truncated_zip_is_corrupt(cut: int) -> None:
    data = simple_book()
    with pytest.raises(WorkbookCorrupt):
        Archive.parse(data[:-cut], "book")
