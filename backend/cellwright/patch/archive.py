"""A zip as bytes: members taken apart and put together again without touching what nobody changed.

A member is its local record (header, packed data, data descriptor, whatever follows up to the next record)
and its entry in the central directory. Assembling lays the records out again and patches only their offsets,
so records, entries, comments, order and padding of unchanged members stay byte for byte as they were; an
archive assembled from its own members is equal to the original (APPNOTE.TXT 6.3.10, zip64 included).

Not covered: archives in several volumes, encryption; the precheck of the workbook room refuses those.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from cellwright.errors import LimitExceeded, WorkbookCorrupt
from cellwright.workbook.precheck import LIMITS, Limits

_LOCAL = struct.Struct("<4s5H3I2H")
_CENTRAL = struct.Struct("<4s6H3I5H2I")
_END = struct.Struct("<4s4H2IH")
_END64 = struct.Struct("<4sQ2H2I4Q")
_LOCATOR = struct.Struct("<4sIQI")
_STORED, _DEFLATED = 0, 8
_UTF8, _DESCRIPTOR = 0x800, 0x8
_ZIP64 = 1
_WORD = 0xFFFFFFFF
_EPOCH = (0, 0x21)


@dataclass(frozen=True, slots=True)
class Member:
    """One member: `record` from its local header to the next member, `entry` of the central directory."""

    name: str
    record: bytes
    entry: bytes
    offset: int
    method: int
    crc: int
    packed_size: int
    size: int

    @staticmethod
    def parse(entry: bytes, record: bytes) -> Member:
        """A member from its directory entry and its record."""
        return replace(_entry(entry, 0, 0)[0], record=record)

    @property
    def packed(self) -> bytes:
        """The packed data alone."""
        name, extra = struct.unpack_from("<2H", self.record, 26)
        start = 30 + name + extra
        return self.record[start : start + self.packed_size]

    def read(self, limit: int = LIMITS.unpacked) -> bytes:
        """The inflated data, of at most `limit` bytes; raises WorkbookCorrupt or LimitExceeded."""
        packed = self.packed
        if self.method == _STORED:
            data = packed
        elif self.method == _DEFLATED:
            inflate = zlib.decompressobj(-15)
            try:
                data = inflate.decompress(packed, limit)
            except zlib.error as error:
                raise WorkbookCorrupt(f"expected deflated data in {self.name}, got {error}") from error
            if inflate.unconsumed_tail:
                raise LimitExceeded(f"expected at most {limit:,} bytes in {self.name}, got more")
        else:
            raise WorkbookCorrupt(
                f"expected {self.name} stored or deflated, got compression method {self.method}"
            )
        if zlib.crc32(data) != self.crc:
            raise WorkbookCorrupt(f"expected {self.name} with checksum {self.crc:08x}, got another")
        return data

    def with_data(self, data: bytes, level: int = 6) -> Member:
        """The same member holding other data: times, attributes, comment and other extra fields are kept."""
        method = _STORED if self.method == _STORED else _DEFLATED
        packed = data if method == _STORED else deflated(data, level)
        crc = zlib.crc32(data)
        head = list(_CENTRAL.unpack_from(self.entry))
        name_size, extra_size = head[10], head[11]
        name = self.entry[46 : 46 + name_size]
        extra = _without_zip64(self.entry[46 + name_size : 46 + name_size + extra_size])
        flags = head[3] & ~_DESCRIPTOR
        head[2], head[3], head[4], head[7:10] = 20, flags, method, [crc, len(packed), len(data)]
        head[11], head[16] = len(extra), 0
        entry = _CENTRAL.pack(*head) + name + extra + self.entry[46 + name_size + extra_size :]
        local_name, local_extra = struct.unpack_from("<2H", self.record, 26)
        extra = _without_zip64(self.record[30 + local_name : 30 + local_name + local_extra])
        local = _LOCAL.pack(
            b"PK\3\4", 20, flags, method, head[5], head[6], crc, len(packed), len(data), len(name), len(extra)
        )
        return replace(
            self,
            record=local + name + extra + packed,
            entry=entry,
            method=method,
            crc=crc,
            packed_size=len(packed),
            size=len(data),
        )


def new_member(name: str, data: bytes) -> Member:
    """A deflated member without a time of its own (1 January 1980, as Excel writes it)."""
    raw = name.encode()
    flags = 0 if raw.isascii() else _UTF8
    packed, crc = deflated(data), zlib.crc32(data)
    sizes = (crc, len(packed), len(data))
    local = _LOCAL.pack(b"PK\3\4", 20, flags, _DEFLATED, *_EPOCH, *sizes, len(raw), 0)
    entry = _CENTRAL.pack(b"PK\1\2", 20, 20, flags, _DEFLATED, *_EPOCH, *sizes, len(raw), 0, 0, 0, 0, 0, 0)
    return Member(name, local + raw + packed, entry + raw, -1, _DEFLATED, crc, len(packed), len(data))


def deflated(data: bytes, level: int = 6) -> bytes:
    """Raw deflate, as zip members hold it."""
    packer = zlib.compressobj(level, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush()


@dataclass(frozen=True)
class Archive:
    """A zip taken apart. `members` are in the order of the central directory, `order` in that of the file.

    `prefix` lies before the first record, `tail` after the central directory (zip64 end, end, comment).
    """

    members: Mapping[str, Member]
    order: tuple[str, ...]
    prefix: bytes
    tail: bytes

    @staticmethod
    def parse(data: bytes, where: str, limits: Limits = LIMITS) -> Archive:
        """Take a zip apart; raises WorkbookCorrupt where its records contradict its directory."""
        try:
            return _parse(data, where, limits)
        except (struct.error, IndexError, UnicodeDecodeError) as error:
            raise WorkbookCorrupt(f"expected a whole zip, got a damaged one ({error}): {where}") from error

    def assemble(
        self, changed: Mapping[str, Member], removed: Iterable[str] = (), added: Iterable[Member] = ()
    ) -> bytes:
        """The bytes of this archive with members replaced, removed and added (last)."""
        gone = set(removed)
        members = {name: changed.get(name, m) for name, m in self.members.items() if name not in gone}
        order = [name for name in self.order if name in members]
        for member in added:
            members[member.name] = member
            order.append(member.name)
        return layout(members, order, self.prefix, self.tail)


def layout(members: Mapping[str, Member], order: Iterable[str], prefix: bytes, tail: bytes) -> bytes:
    """A zip of those members: records in `order`, directory in the order of `members`, offsets patched."""
    pieces, offsets, position = [prefix], {}, len(prefix)
    for name in order:
        record = members[name].record
        offsets[name] = position
        pieces.append(record)
        position += len(record)
    entries = [_with_offset(member.entry, offsets[name]) for name, member in members.items()]
    size = sum(map(len, entries))
    return b"".join([*pieces, *entries, _patched_tail(tail, len(entries), size, position)])


def _parse(data: bytes, where: str, limits: Limits) -> Archive:
    end = data.rfind(b"PK\5\6", max(0, len(data) - 65_557))
    if end < 0:
        raise WorkbookCorrupt(f"expected a zip with its end record, got none: {where}")
    _, disk, _, _, count, size, start, _ = _END.unpack_from(data, end)
    tail_start = end
    locator = end - _LOCATOR.size
    if locator >= 0 and data[locator : locator + 4] == b"PK\6\7":
        end64 = _LOCATOR.unpack_from(data, locator)[2]
        if data[end64 : end64 + 4] != b"PK\6\6":
            end64 = data.rfind(b"PK\6\6", 0, locator)
        _, _, _, _, disk, _, _, count, size, start = _END64.unpack_from(data, end64)
        tail_start = end64
    if disk or tail_start < size:
        raise WorkbookCorrupt(f"expected a zip in one piece, got a damaged or divided one: {where}")
    directory = tail_start - size
    shift = directory - start
    if count > limits.members:
        raise LimitExceeded(f"expected at most {limits.members} zip members, got {count}: {where}")
    members: dict[str, Member] = {}
    position = directory
    for _ in range(count):
        member, position = _entry(data, position, shift)
        if member.name in members:
            raise WorkbookCorrupt(f"expected each zip member once, got {member.name!r} twice: {where}")
        members[member.name] = member
    order = sorted(members, key=lambda name: members[name].offset)
    ends = [*(members[name].offset for name in order[1:]), directory]
    prefix = data[: members[order[0]].offset] if order else data[:directory]
    for name, stop in zip(order, ends, strict=True):
        member = members[name]
        record = data[member.offset : stop]
        if record[:4] != b"PK\3\4":
            raise WorkbookCorrupt(f"expected a record of {name} at byte {member.offset}, got none: {where}")
        name_size, extra_size = struct.unpack_from("<2H", record, 26)
        if 30 + name_size + extra_size + member.packed_size > len(record):
            raise WorkbookCorrupt(f"expected zip members that do not overlap, got {name!r}: {where}")
        members[name] = replace(member, record=record)
    return Archive(members, tuple(order), prefix, data[position:])


def _entry(data: bytes, position: int, shift: int) -> tuple[Member, int]:
    """The member of a directory entry, without its record, and where the next entry begins."""
    head = _CENTRAL.unpack_from(data, position)
    if head[0] != b"PK\1\2":
        raise WorkbookCorrupt(f"expected a directory entry at byte {position} of the zip, got none")
    flags, method, crc, packed_size, size = head[3], head[4], head[7], head[8], head[9]
    name_size, extra_size, comment_size, offset = head[10], head[11], head[12], head[16]
    stop = position + 46 + name_size + extra_size + comment_size
    raw = data[position + 46 : position + 46 + name_size]
    extra = data[position + 46 + name_size : position + 46 + name_size + extra_size]
    for kind, body in _extras(extra):
        if kind == _ZIP64:
            values = iter(struct.unpack(f"<{len(body) // 8}Q", body[: len(body) // 8 * 8]))
            size = next(values) if size == _WORD else size
            packed_size = next(values) if packed_size == _WORD else packed_size
            offset = next(values) if offset == _WORD else offset
    name = raw.decode("utf-8" if flags & _UTF8 else "cp437")
    entry = data[position:stop]
    return Member(name, b"", entry, offset + shift, method, crc, packed_size, size), stop


def _extras(extra: bytes) -> list[tuple[int, bytes]]:
    """(id, body) of the extra fields; trailing bytes that form none are ignored."""
    found, position = [], 0
    while position + 4 <= len(extra):
        kind, size = struct.unpack_from("<2H", extra, position)
        found.append((kind, extra[position + 4 : position + 4 + size]))
        position += 4 + size
    return found


def _without_zip64(extra: bytes) -> bytes:
    fields = _extras(extra)
    if not any(kind == _ZIP64 for kind, _ in fields):
        return extra
    return b"".join(struct.pack("<2H", kind, len(body)) + body for kind, body in fields if kind != _ZIP64)


def _with_offset(entry: bytes, offset: int) -> bytes:
    """A directory entry that points at `offset`, in its zip64 field where it keeps the offset there."""
    head = _CENTRAL.unpack_from(entry)
    if head[16] != _WORD:
        return entry[:42] + struct.pack("<I", offset) + entry[46:]
    position = 46 + head[10]
    stop = position + head[11]
    while position + 4 <= stop:
        kind, size = struct.unpack_from("<2H", entry, position)
        if kind == _ZIP64:
            place = position + 4 + 8 * ((head[9] == _WORD) + (head[8] == _WORD))
            return entry[:place] + struct.pack("<Q", offset) + entry[place + 8 :]
        position += 4 + size
    return entry[:42] + struct.pack("<I", offset) + entry[46:]


def _patched_tail(tail: bytes, count: int, size: int, start: int) -> bytes:
    """The end records with count, size and start of the directory; fields that defer to zip64 stay so."""
    end = tail.rfind(b"PK\5\6")
    head = list(_END.unpack_from(tail, end))
    wanted = {3: count, 4: count, 5: size, 6: start}
    limits = {3: 0xFFFF, 4: 0xFFFF, 5: _WORD, 6: _WORD}
    has64 = tail.startswith(b"PK\6\6")
    for index, value in wanted.items():
        if not (has64 and head[index] == limits[index]):
            head[index] = value
    patched = tail[:end] + _END.pack(*head) + tail[end + _END.size :]
    if not has64:
        return patched
    head64 = list(_END64.unpack_from(patched))
    head64[6:10] = [count, count, size, start]
    patched = _END64.pack(*head64) + patched[_END64.size :]
    locator = patched.rfind(b"PK\6\7", 0, end)
    place = struct.pack("<Q", start + size)
    return patched[: locator + 8] + place + patched[locator + 16 :]
