"""The files that the server keeps for the playground: originals as they came, and the edits made since.

A kept workbook is a folder with `original.xlsx` (or `.xlsm`), `name` and `edits.jsonl`, one edit a line in
the form of the undo journal. So a server that was killed still has the workbook, and the original's bytes are
never touched. Folders that nobody used for a week are removed at the start.
"""

from __future__ import annotations

import logging
import os
import re
import shutil
import time
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from cellwright.edits.apply import apply_all
from cellwright.edits.journal import edit_from_json, edit_to_json
from cellwright.edits.model import Edit
from cellwright.errors import CellwrightError, LimitExceeded, UnsupportedFormat, UsageError
from cellwright.feedback.model import new_id
from cellwright.session.book import Book, Kept, State
from cellwright.session.deltas import STRUCTURAL, changed_cells
from cellwright.session.recalculate import without_results
from cellwright.workbook.model import Snapshot
from cellwright.workbook.read import read_workbook_bytes

log = logging.getLogger(__name__)

SUFFIXES = (".xlsx", ".xlsm")
_KEPT_S = 7 * 24 * 3600
_ID = re.compile(r"[0-9a-f]{32}")


class Shelf:
    """Kept workbooks under one folder, each with an id of its own."""

    def __init__(self, folder: Path, max_cells: int) -> None:
        self.folder = folder
        self._max_cells = max_cells
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
        self._forget_old()

    def add(self, data: bytes, name: str) -> Book:
        """Keep a file that came in; raises WorkbookError where it can't be read or is too large."""
        name = Path(name.replace("\\", "/")).name or "Workbook.xlsx"
        suffix = Path(name).suffix.lower()
        if suffix not in SUFFIXES:
            raise UnsupportedFormat(f"expected .xlsx or .xlsm, got {suffix or 'no suffix'}: {name[:80]}")
        snapshot = self._read(data)
        book_id = new_id()
        folder = self.folder / book_id
        folder.mkdir(mode=0o700)
        _write(folder / f"original{suffix}", data)
        _write(folder / "name", name.encode())
        return _book(book_id, name, Kept(data, folder / f"original{suffix}", snapshot), snapshot, [])

    def load(self, book_id: str) -> Book | None:
        """A workbook that was kept before, with the edits since; None where there is none of that id."""
        folder = self.folder / book_id
        if not _ID.fullmatch(book_id) or not folder.is_dir():
            return None
        originals = (folder / f"original{suffix}" for suffix in SUFFIXES)
        original = next((path for path in originals if path.is_file()), None)
        if original is None:
            return None
        data = original.read_bytes()
        snapshot = self._read(data)
        edits = _edits(folder / "edits.jsonl")
        try:
            after = apply_all(snapshot, edits)
        except CellwrightError:
            log.warning("the edits of a kept workbook no longer fit it; it is opened as it came")
            after, edits = snapshot, []
        name = (folder / "name").read_text(encoding="utf-8")
        folder.touch()
        kept = Kept(data, original, snapshot)
        if any(isinstance(edit, STRUCTURAL) for edit in edits):
            # Cells have moved since, so nobody can tell which results are old: none is believed.
            return _book(book_id, name, kept, without_results(after), edits)
        book = _book(book_id, name, kept, after, edits)
        changed = frozenset(changed_cells(snapshot, after, are_results_given=False))
        book.state = State(book.state.snapshot, snapshot, changed) if changed else book.state
        return book

    def append(self, book_id: str, edits: Iterable[Edit]) -> None:
        """Note edits, on the disk when this returns."""
        lines = "".join(edit_to_json(edit) + "\n" for edit in edits)
        path = self.folder / book_id / "edits.jsonl"
        if lines and path.parent.is_dir():
            with path.open("a", encoding="utf-8", errors="surrogatepass") as stream:
                stream.write(lines)
                stream.flush()
                os.fsync(stream.fileno())

    def remove(self, book_id: str) -> None:
        """Forget a kept workbook."""
        if not _ID.fullmatch(book_id):
            raise UsageError("expected the id of a kept workbook")
        shutil.rmtree(self.folder / book_id, ignore_errors=True)

    def _read(self, data: bytes) -> Snapshot:
        snapshot = read_workbook_bytes(data)
        cells = sum(len(sheet.cells) for sheet in snapshot.sheets)
        if cells > self._max_cells:
            raise LimitExceeded(f"expected a workbook of at most {self._max_cells:,} cells, got {cells:,}")
        return snapshot

    def _forget_old(self) -> None:
        for folder in self.folder.iterdir():
            if _ID.fullmatch(folder.name) and time.time() - folder.stat().st_mtime > _KEPT_S:
                shutil.rmtree(folder, ignore_errors=True)


def _book(book_id: str, name: str, kept: Kept, snapshot: Snapshot, edits: list[Edit]) -> Book:
    snapshot = replace(snapshot, revision=len(edits) + 1)
    return Book(book_id, name, State(snapshot, snapshot), kept, list(edits))


def _edits(path: Path) -> list[Edit]:
    if not path.is_file():
        return []
    edits: list[Edit] = []
    for line in path.read_text(encoding="utf-8", errors="surrogatepass").splitlines():
        try:
            edits.append(edit_from_json(line))
        except CellwrightError:  # a crash tore the last line; its delta was not acknowledged
            break
    return edits


def _write(path: Path, data: bytes) -> None:
    with path.open("wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())
    path.chmod(0o600)
