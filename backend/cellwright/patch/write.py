"""Write edits into a workbook file: only what they touch gets new bytes, all else is copied as it is.

Each edit is applied to the snapshot first; what the snapshot then says is written: cells that differ, and the
facts of sheets, tables and names that differ. Insertions, deletions and renames also move what no snapshot
models (`restructure`, `mentions`). Nothing is written where a part stands in the way; the refusal names it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cellwright.edits import apply as edits_apply
from cellwright.edits.model import Edit
from cellwright.errors import FileChanged, UnsupportedFormat
from cellwright.patch.archive import Archive
from cellwright.patch.book_file import BookFile
from cellwright.patch.check import check_members
from cellwright.patch.parts import Parts
from cellwright.patch.steps import Writer
from cellwright.reference import SheetCell
from cellwright.workbook.model import Snapshot, Value
from cellwright.workbook.precheck import load, open_container
from cellwright.workbook.read import read_workbook_bytes

_SUFFIXES = frozenset({".xlsx", ".xlsm", ".xltx", ".xltm"})


@dataclass(frozen=True)
class WriteReport:
    """What a write did: members by name (those not listed are byte for byte the same), cells, warnings."""

    changed: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    cells: int = 0
    warnings: tuple[str, ...] = field(default=())


@dataclass(frozen=True)
class Patched:
    """The bytes of a patched workbook, the snapshot that it holds, and what changed.

    `before` and `after` are its zip taken apart, `digests` the sha256 of the changed members' contents.
    """

    data: bytes
    snapshot: Snapshot
    report: WriteReport
    before: Archive
    after: Archive
    digests: Mapping[str, str]


def write_edits(
    source: Path,
    target: Path,
    edits: Sequence[Edit],
    *,
    snapshot: Snapshot | None = None,
    values: Mapping[SheetCell, Value] | None = None,
    unverified: Collection[SheetCell] = (),
    interim: Mapping[int, Mapping[SheetCell, Value]] | None = None,
    allow_protected: bool = False,
) -> WriteReport:
    """Write `source` with `edits` made as `target` (which may not be `source`; see `apply_to_file`).

    `values` are calculated values of edited cells and verified dependents, addressed as after the edits;
    `unverified` are dependents whose cached value is dropped. Raises WorkbookError, EditError, UsageError or
    FileChanged (where `snapshot` was read from other bytes); then nothing is written.
    """
    patched = patch_bytes(
        load(source),
        source,
        edits,
        snapshot=snapshot,
        values=values,
        unverified=unverified,
        interim=interim,
        allow_protected=allow_protected,
    )
    target.write_bytes(patched.data)
    return patched.report


def patch_bytes(
    data: bytes,
    path: Path,
    edits: Sequence[Edit],
    *,
    snapshot: Snapshot | None = None,
    values: Mapping[SheetCell, Value] | None = None,
    unverified: Collection[SheetCell] = (),
    interim: Mapping[int, Mapping[SheetCell, Value]] | None = None,
    allow_protected: bool = False,
) -> Patched:
    """`write_edits` on bytes; `path` names the file in errors. The result has been read back and checked.

    `interim` are results known after the edit of that index, for edits that read them: a sort, a pivot.
    """
    where = path.name
    if path.suffix.lower() in (".xlsb", ".xls", ".ods"):
        raise UnsupportedFormat(f"expected .xlsx or .xlsm, got {path.suffix}: {where}")
    if snapshot is None:
        snapshot = read_workbook_bytes(data)
    else:
        open_container(data, where).close()
        if snapshot.source is not None and snapshot.source.sha256 != hashlib.sha256(data).hexdigest():
            raise FileChanged(f"expected the file that was read, got one that has changed since: {where}")
    archive = Archive.parse(data, where)
    parts = Parts(archive, where)
    writer = Writer(BookFile(parts), snapshot, allow_protected=allow_protected)
    for index, edit in enumerate(edits):
        writer.step(edit, edits_apply.apply(writer.snapshot, edit))
        writer.know((interim or {}).get(index, {}))
    writer.set_results(values or {}, unverified)
    writer.finish()
    changed, removed, added = parts.changes()
    new_data = archive.assemble(changed, removed, added)
    names = (*changed, *(member.name for member in added))
    read_back, digests = check_members(new_data, where, names)
    report = WriteReport(
        changed=tuple(changed),
        added=tuple(member.name for member in added),
        removed=tuple(sorted(removed)),
        cells=writer.cells_written,
        warnings=_warnings(path),
    )
    return Patched(new_data, writer.snapshot, report, archive, read_back, digests)


def _warnings(path: Path) -> tuple[str, ...]:
    """What speaks for another program having the file open: the lock files of Excel and LibreOffice."""
    locks = (path.with_name(f"~${path.name}"), path.with_name(f".~lock.{path.name}#"))
    return tuple(
        f"{path.name} seems to be open in another program ({lock.name} is there)"
        for lock in locks
        if lock.exists()
    )
