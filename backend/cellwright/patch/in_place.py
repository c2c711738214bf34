"""Change a workbook where it lies, and take changes back: old file or new file, never half of one.

The new bytes go to a temporary file in the same folder, are synced, and take the old file's place by rename;
the journal's entry is on the disk before that. A file that another program has replaced meanwhile is left
alone (FileChanged).
"""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path

from cellwright.edits import model
from cellwright.edits.invert import restoring
from cellwright.edits.model import Edit
from cellwright.errors import CellwrightError, FileChanged, StaleEdit, UsageError
from cellwright.patch import journal as journals
from cellwright.patch.archive import Archive, layout
from cellwright.patch.check import check_members
from cellwright.patch.journal import CellState, Entry, digest, journal_path
from cellwright.patch.write import WriteReport, patch_bytes
from cellwright.reference import SheetCell
from cellwright.workbook.model import Snapshot, Value
from cellwright.workbook.precheck import load
from cellwright.workbook.read import read_workbook_bytes

MAX_KEPT_CELLS = 20_000
"""Writes of more cells can be undone exactly, but not on a file that another program has saved since."""
_TEMPORARY = ".cellwright-tmp"
_APPEND_ONLY = ("styles", "sharedstrings")
_STRUCTURAL = (
    model.InsertRows,
    model.InsertColumns,
    model.DeleteRows,
    model.DeleteColumns,
    model.AddSheet,
    model.RenameSheet,
    model.AddChart,
    model.AddPivot,
)


def apply_to_file(
    path: Path,
    edits: Sequence[Edit],
    *,
    snapshot: Snapshot | None = None,
    values: Mapping[SheetCell, Value] | None = None,
    unverified: Collection[SheetCell] = (),
    interim: Mapping[int, Mapping[SheetCell, Value]] | None = None,
    journal: Path | None = None,
    allow_protected: bool = False,
    note: str = "",
) -> WriteReport:
    """Make `edits` in the workbook at `path`; `undo_in_file` takes them back. `note` is kept in the journal.

    `snapshot` is what the edits were made for: the file must still be the one it was read from. For `values`,
    `unverified` and `interim` see `patch_bytes`. Mode and owner of the file stay; a symbolic link stays one.
    Raises WorkbookError, EditError, UsageError or FileChanged; the file is then untouched.
    """
    path = path.resolve()
    journal = journal or journal_path(path)
    data = load(path)
    if snapshot is None:
        snapshot = read_workbook_bytes(data, path)
    patched = patch_bytes(
        data,
        path,
        edits,
        snapshot=snapshot,
        values=values,
        unverified=unverified,
        interim=interim,
        allow_protected=allow_protected,
    )
    inverse, cells = _way_back(snapshot, patched.snapshot, edits)
    archives = patched.before, patched.after
    entry = journals.new_entry(
        data,
        patched.data,
        archives,
        patched.digests,
        edits=edits,
        inverse=inverse,
        cells=cells,
        note=note,
    )
    _commit(path, data, patched.data, journal, entry)
    return patched.report


def undo_in_file(path: Path, journal: Path | None = None) -> WriteReport:
    """Take back the last write that has not been taken back.

    The file is put back byte for byte where nothing else changed it, member by member where other parts
    changed, by inverse edits where the cells are as the write left them; else StaleEdit is raised. Raises
    UsageError where there is nothing to undo.
    """

    def last(entries: Sequence[Entry]) -> Entry | None:
        done, _ = _stacks(entries)
        return done[-1] if done else None

    return _revert(path, journal, last, "undo")


def next_undo(path: Path, journal: Path | None = None) -> Entry | None:
    """The write that `undo_in_file` would take back; None where there is none."""
    done, _ = _stacks(history(path, journal))
    return done[-1] if done else None


def redo_in_file(path: Path, journal: Path | None = None) -> WriteReport:
    """Make the write again that was taken back last; writes in between forbid it (UsageError)."""

    def last(entries: Sequence[Entry]) -> Entry | None:
        _, undone = _stacks(entries)
        return undone[-1] if undone else None

    return _revert(path, journal, last, "redo")


def history(path: Path, journal: Path | None = None) -> list[Entry]:
    """The writes of a workbook's journal that happened, oldest first."""
    path = path.resolve()
    return journals.read_entries(journal or journal_path(path), digest(load(path)))


def _stacks(entries: Sequence[Entry]) -> tuple[list[Entry], list[Entry]]:
    """(writes in force, undo entries that can be redone), each newest last."""
    done: list[Entry] = []
    undone: list[Entry] = []
    for entry in entries:
        if entry.kind == "write":
            done.append(entry)
            undone.clear()
        elif entry.kind == "undo":
            if done:
                done.pop()
            undone.append(entry)
        else:
            if undone:
                undone.pop()
            done.append(entry)
    return done, undone


def _revert(
    path: Path,
    journal: Path | None,
    choose: Callable[[Sequence[Entry]], Entry | None],
    kind: journals.Kind,
) -> WriteReport:
    path = path.resolve()
    journal = journal or journal_path(path)
    data = load(path)
    entries = journals.read_entries(journal, digest(data))
    target = choose(entries)
    if target is None:
        raise UsageError(f"expected a write to {kind}, got none in {journal.name}")
    archive = Archive.parse(data, path.name)
    restored = _exactly(target, data, archive) or _by_members(target, archive)
    if restored is None:
        restored = _by_edits(target, data, path)
    after = Archive.parse(restored, path.name)
    changed = tuple(
        name
        for name, member in after.members.items()
        if name in archive.members and archive.members[name].record != member.record
    )
    added = tuple(name for name in after.members if name not in archive.members)
    removed = tuple(name for name in archive.members if name not in after.members)
    _, digests = check_members(restored, path.name, (*changed, *added))
    write = _write_of(target, entries)
    again = write if kind == "redo" else None
    entry = journals.new_entry(
        data,
        restored,
        (archive, after),
        digests,
        kind=kind,
        target=target.id,
        edits=write.edits,
        inverse=None if again is None else again.inverse,
        cells=() if again is None else again.cells,
    )
    _commit(path, data, restored, journal, entry)
    return WriteReport(changed, added, removed, len(write.cells))


def _write_of(entry: Entry, entries: Sequence[Entry]) -> Entry:
    """The write that an entry is, took back or made again."""
    known = {other.id: other for other in entries}
    while entry.target is not None and entry.target in known:
        entry = known[entry.target]
    return entry


def _exactly(entry: Entry, data: bytes, archive: Archive) -> bytes | None:
    """The file as it was, where it still is as the write left it."""
    if digest(data) != entry.after_sha256:
        return None
    members = {}
    for name in entry.directory:
        saved = entry.members.get(name)
        if saved is not None:
            members[name] = journals.member_of(name, saved)
        else:
            members[name] = archive.members[name]
    restored = layout(members, entry.order, entry.prefix, entry.tail)
    return restored if digest(restored) == entry.before_sha256 else None


def _by_members(entry: Entry, archive: Archive) -> bytes | None:
    """The file with the write's members put back, where all of them still are as the write left them.

    Not for writes that moved or renamed things: what was added since may refer to their new places.
    """
    if any(isinstance(edit, _STRUCTURAL) for edit in entry.edits):
        return None
    for name, saved in entry.members.items():
        present = archive.members.get(name)
        found = None if present is None else digest(present.read())
        if found != saved.after_sha256:
            return None
    changed, removed, added = {}, set(), []
    for name, saved in entry.members.items():
        if any(word in name.casefold() for word in _APPEND_ONLY) and saved.record is not None:
            continue  # other sheets may use by now what was appended; it harms nobody
        if saved.record is None:
            removed.add(name)
        elif name in archive.members:
            changed[name] = journals.member_of(name, saved)
        else:
            added.append(journals.member_of(name, saved))
    return archive.assemble(changed, removed, added)


def _by_edits(entry: Entry, data: bytes, path: Path) -> bytes:
    """The file with the inverse edits made, where the cells are as the write left them; else StaleEdit."""
    if entry.inverse is None:
        raise StaleEdit(
            f"expected the file as the write of {entry.time} left it, got one changed by another program: "
            f"{path.name}"
        )
    snapshot = read_workbook_bytes(data, path)
    for state in entry.cells:
        try:
            content = snapshot.sheet(state.place.sheet).content(state.place.cell)
        except UsageError as error:
            name = state.place.sheet
            raise StaleEdit(f"expected the sheet {name!r} of the write, got none of that name") from error
        found = content.value if content.formula is None else None
        if (content.formula, found) != (state.formula, state.value):
            raise StaleEdit(f"expected {state.place} as the write left it, got another content: {path.name}")
    return patch_bytes(data, path, entry.inverse, snapshot=snapshot).data


def _way_back(
    before: Snapshot, after: Snapshot, edits: Sequence[Edit]
) -> tuple[tuple[Edit, ...] | None, tuple[CellState, ...]]:
    """(inverse edits, cells as they are after) of a write; (None, ()) where they are not kept."""
    if any(isinstance(edit, _STRUCTURAL) for edit in edits):
        return None, ()
    states: list[CellState] = []
    for old, new in zip(before.sheets, after.sheets, strict=True):
        for cell, _, now in old.cells.changes(new.cells):
            if len(states) >= MAX_KEPT_CELLS:
                return None, ()
            formula = None if now is None else now.formula
            value = None if now is None or now.formula is not None else now.value
            states.append(CellState(SheetCell(new.name, cell), formula, value))
    return restoring(after, before), tuple(states)


def _commit(path: Path, before: bytes, after: bytes, journal: Path, entry: Entry) -> None:
    """Journal, then temporary file, then rename; the file is one or the other whenever this stops."""
    status = path.stat()
    if not os.access(path, os.W_OK):
        raise UsageError(f"expected a file that may be written, got a read-only one: {path.name}")
    with journals.locked(journal):
        for stale in path.parent.glob(f".{_escaped(path.name)}.*{_TEMPORARY}"):
            stale.unlink(missing_ok=True)  # ours alone: the lock is held
        _require_same(path, before)
        journals.write_entry(journal, entry)
        descriptor, name = tempfile.mkstemp(_TEMPORARY, f".{path.name}.", path.parent)
        temporary = Path(name)
        try:
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(after)
                stream.flush()
                _take_over(stream.fileno(), status)
                os.fsync(stream.fileno())
            _require_same(path, before)
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        _sync_folder(path.parent)
        journals.write_commit(journal, entry)


def _require_same(path: Path, data: bytes) -> None:
    try:
        same = path.stat().st_size == len(data) and path.read_bytes() == data
    except OSError:
        same = False
    if not same:
        raise FileChanged(f"expected the file that was read, got one that has changed since: {path.name}")


def _take_over(descriptor: int, status: os.stat_result) -> None:
    """Give the new file the mode of the old one, and its owner where we may."""
    if hasattr(os, "fchmod"):
        os.fchmod(descriptor, stat.S_IMODE(status.st_mode))
        if (status.st_uid, status.st_gid) != (os.getuid(), os.getgid()):
            try:
                os.fchown(descriptor, status.st_uid, status.st_gid)
            except PermissionError as error:
                raise CellwrightError(
                    f"expected to keep the file's owner, got no permission to give it ({error.strerror})"
                ) from error


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _escaped(name: str) -> str:
    """A file name with what `glob` reads as a pattern taken literally."""
    return "".join(f"[{mark}]" if mark in "*?[" else mark for mark in name)
