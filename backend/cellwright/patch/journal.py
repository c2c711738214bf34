"""The undo journal beside a workbook: one line of JSON a write, appended and synced before the file changes.

A line holds what is needed to put the file back byte for byte: the members that the write changed, as the zip
had them (packed data, headers, directory entries), the order of members, the bytes round them, and hashes of
the file before and after. It also holds the edits, and for small writes the inverse edits with the cells as
the write left them, for the case that another program saved the file since.

Lines are never changed. A write without a commit line happened if the file, or the next write, says so: its
hash is the one after it. A torn last line is what a crash left of a write that did not happen.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from cellwright.edits.journal import edit_from_record, edit_to_record, one_line_json
from cellwright.edits.model import Edit
from cellwright.errors import UsageError
from cellwright.patch.archive import Archive, Member
from cellwright.reference import SheetCell
from cellwright.workbook.model import ErrorValue, Value

try:
    import fcntl
except ImportError:  # Windows: two of our processes may then write at once; hashes still catch it
    fcntl = None  # type: ignore[assignment]

SUFFIX = ".cellwright-journal"
VERSION = 1
Kind = Literal["write", "undo", "redo"]


@dataclass(frozen=True, slots=True)
class SavedMember:
    """A member before a write (None where it was added), and the hash of its content after (or None)."""

    record: bytes | None
    entry: bytes | None
    after_sha256: str | None


@dataclass(frozen=True, slots=True)
class CellState:
    """A cell as a write left it: its formula, or its constant."""

    place: SheetCell
    formula: str | None
    value: Value


@dataclass(frozen=True)
class Entry:
    """One write. `order` and `directory` name the members before it, in the order of file and directory."""

    id: str
    kind: Kind
    target: str | None
    time: str
    before_sha256: str
    after_sha256: str
    edits: tuple[Edit, ...]
    inverse: tuple[Edit, ...] | None
    cells: tuple[CellState, ...]
    members: Mapping[str, SavedMember]
    order: tuple[str, ...]
    directory: tuple[str, ...]
    prefix: bytes
    tail: bytes
    note: str = ""
    """Of the caller's own: which suggestion the write came from."""


def journal_path(workbook: Path) -> Path:
    """Where the journal of a workbook lies."""
    return workbook.with_name(workbook.name + SUFFIX)


def new_entry(
    before: bytes,
    after: bytes,
    archives: tuple[Archive, Archive],
    digests: Mapping[str, str],
    *,
    kind: Kind = "write",
    target: str | None = None,
    edits: Sequence[Edit] = (),
    inverse: Sequence[Edit] | None = None,
    cells: Sequence[CellState] = (),
    note: str = "",
) -> Entry:
    """The entry of a write from the bytes `before` to `after`; `archives` are the two taken apart.

    `digests` are the sha256 of changed members' contents, as far as they are known.
    """
    old, new = archives
    members: dict[str, SavedMember] = {}
    for name in {**old.members, **new.members}:
        was, now = old.members.get(name), new.members.get(name)
        if was is not None and now is not None and (was.record, was.crc) == (now.record, now.crc):
            continue
        members[name] = SavedMember(
            None if was is None else was.record,
            None if was is None else was.entry,
            None if now is None else digests.get(name) or digest(now.read()),
        )
    return Entry(
        id=uuid.uuid4().hex,
        kind=kind,
        target=target,
        time=datetime.now(UTC).isoformat(timespec="milliseconds"),
        before_sha256=digest(before),
        after_sha256=digest(after),
        edits=tuple(edits),
        inverse=None if inverse is None else tuple(inverse),
        cells=tuple(cells),
        members=members,
        order=old.order,
        directory=tuple(old.members),
        prefix=old.prefix,
        tail=old.tail,
        note=note,
    )


def digest(data: bytes) -> str:
    """The sha256 of bytes, in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the journal for one write; another process of ours waits."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if fcntl is not None:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def append(path: Path, line: str, *, sync: bool) -> None:
    """Add a line; with `sync` it is on the disk when this returns."""
    with path.open("ab+") as stream:
        size = stream.seek(0, os.SEEK_END)
        if size:
            stream.seek(size - 1)
            if stream.read(1) != b"\n":  # a crash tore the line before
                stream.write(b"\n")
        stream.write(line.encode("utf-8", "surrogatepass") + b"\n")  # cells may hold lone surrogates
        stream.flush()
        if sync:
            os.fsync(stream.fileno())


def write_entry(path: Path, entry: Entry) -> None:
    """Append an entry, on the disk when this returns."""
    append(path, one_line_json(_to_json(entry)), sync=True)


def write_commit(path: Path, entry: Entry) -> None:
    """Note that the file now is what an entry says."""
    append(path, one_line_json({"v": VERSION, "commit": entry.id}), sync=False)


def read_entries(path: Path, current_sha256: str) -> list[Entry]:
    """The writes that happened, oldest first; raises UsageError for a journal that is not ours."""
    if not path.exists():
        return []
    entries: list[Entry] = []
    committed: set[str] = set()
    lines = path.read_bytes().split(b"\n")
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            record = json.loads(line.decode("utf-8", "surrogatepass"))
        except ValueError:
            continue  # torn by a crash before the file was touched
        if not isinstance(record, dict) or record.get("v") != VERSION:
            raise UsageError(
                f"expected an undo journal of version {VERSION}, got another: {path.name}:{number}"
            )
        if "commit" in record:
            committed.add(record["commit"])
        else:
            entries.append(_from_json(record))
    happened = []
    for place, entry in enumerate(entries):
        following = entries[place + 1].before_sha256 if place + 1 < len(entries) else current_sha256
        if entry.id in committed or following == entry.after_sha256:
            happened.append(entry)
    return happened


def member_of(name: str, saved: SavedMember) -> Member:
    """A saved member, to be put into an archive again."""
    if saved.record is None or saved.entry is None:
        raise UsageError(f"expected a saved member {name}, got none")
    return Member.parse(saved.entry, saved.record)


def _to_json(entry: Entry) -> dict[str, Any]:
    return {
        "v": VERSION,
        "id": entry.id,
        "kind": entry.kind,
        "target": entry.target,
        "time": entry.time,
        "before": entry.before_sha256,
        "after": entry.after_sha256,
        "edits": [edit_to_record(edit) for edit in entry.edits],
        "inverse": None if entry.inverse is None else [edit_to_record(edit) for edit in entry.inverse],
        "cells": [[state.place.a1, state.formula, _value_to_json(state.value)] for state in entry.cells],
        "members": {
            name: [_packed(saved.record), _packed(saved.entry), saved.after_sha256]
            for name, saved in entry.members.items()
        },
        "order": list(entry.order),
        "directory": None if entry.directory == entry.order else list(entry.directory),
        "prefix": _packed(entry.prefix),
        "tail": _packed(entry.tail),
        "note": entry.note,
    }


def _from_json(record: Mapping[str, Any]) -> Entry:
    inverse = record["inverse"]
    order = tuple(record["order"])
    return Entry(
        id=record["id"],
        kind=record["kind"],
        target=record["target"],
        time=record["time"],
        before_sha256=record["before"],
        after_sha256=record["after"],
        edits=tuple(edit_from_record(edit) for edit in record["edits"]),
        inverse=None if inverse is None else tuple(edit_from_record(edit) for edit in inverse),
        cells=tuple(
            CellState(SheetCell.parse(place), formula, _value_from_json(value))
            for place, formula, value in record["cells"]
        ),
        members={
            name: SavedMember(_unpacked(saved[0]), _unpacked(saved[1]), saved[2])
            for name, saved in record["members"].items()
        },
        order=order,
        directory=order if record["directory"] is None else tuple(record["directory"]),
        prefix=_unpacked(record["prefix"]) or b"",
        tail=_unpacked(record["tail"]) or b"",
        note=record.get("note", ""),
    )


def _packed(data: bytes | None) -> str | None:
    return None if data is None else base64.b64encode(data).decode()


def _unpacked(text: str | None) -> bytes | None:
    return None if text is None else base64.b64decode(text)


def _value_to_json(value: Value) -> Any:
    return {"error": str(value)} if isinstance(value, ErrorValue) else value


def _value_from_json(value: Any) -> Value:
    if isinstance(value, dict):
        return ErrorValue(value["error"])
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value
