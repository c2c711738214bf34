"""What an organisation's workbooks say, as retrieval needs it: formulas with the labels of all they touch.

An Entry is one distinct formula of a workbook under one pair of labels. It keeps the labels of the cells it
refers to, so that its references can be found again where rows and columns moved, and the shapes of the
formulas round it. A Library is entries with their workbooks' sheet names; it is stored as compressed JSON
lines and written beside itself and renamed, so that a reader sees the old one or the new one, never a part.
"""

from __future__ import annotations

import json
import os
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import zstandard

from cellwright.errors import UsageError
from cellwright.proposers.index import SheetIndex, WorkbookIndex, index_workbook
from cellwright.proposers.model import Label, labels_at
from cellwright.proposers.template import RelativeKey, Template, read_template
from cellwright.reference import Cell
from cellwright.workbook.model import Snapshot

VERSION = 1
DECISIONS = "your decisions"
"""The name under which a library keeps the formulas that people ended with."""
_MOST_SLOTS = 12
_MOST_LABELS = 4
"""Under how many pairs of labels a sheet's formula is kept: a long column has hundreds."""


@dataclass(frozen=True)
class Entry:
    """A formula of another workbook: where it stood, under what labels, what its references are called."""

    workbook: str
    sheet: str
    formula: str
    home: Cell
    row_label: Label
    column_label: Label
    pointees: tuple[tuple[Label, Label], ...] = ()
    around: frozenset[int] = frozenset()

    @cached_property
    def template(self) -> Template:
        """The formula in a form that can be read at another place."""
        return read_template(self.formula, self.home)


@dataclass(frozen=True)
class Library:
    """Entries, and for each workbook the folded names of its sheets."""

    entries: tuple[Entry, ...] = ()
    sheets: dict[str, frozenset[str]] = field(default_factory=dict)

    def joined(self, other: Library) -> Library:
        """Both; the other's workbooks replace those of the same name."""
        kept = tuple(entry for entry in self.entries if entry.workbook not in other.sheets)
        return Library(kept + other.entries, {**self.sheets, **other.sheets})


def library_of(snapshots: Iterable[tuple[str, Snapshot]]) -> Library:
    """The library of some workbooks, each with the name it is told by."""
    entries: list[Entry] = []
    sheets: dict[str, frozenset[str]] = {}
    for name, snapshot in snapshots:
        entries += entries_of(snapshot, name)
        sheets[name] = frozenset(sheet.casefold() for sheet in snapshot.sheet_names)
    return Library(tuple(entries), sheets)


def entries_of(snapshot: Snapshot, workbook: str) -> Iterator[Entry]:
    """The distinct formulas of a workbook, each under the first few pairs of labels."""
    index = index_workbook(snapshot)
    for sheet in index.sheets():
        seen: dict[RelativeKey, set[tuple[Label, Label]]] = defaultdict(set)
        for cell, template in sheet.templates.items():
            known = seen[template.key]
            if len(known) >= _MOST_LABELS:
                continue
            row, column = labels = nearest_labels(sheet, cell)
            if labels in known:
                continue
            known.add(labels)
            content = sheet.contents[cell].formula or ""
            around = frozenset(shape_of(t) for t in _beside(sheet, cell) if t.key != template.key)
            pointees = _pointees(index, sheet, template)
            yield Entry(workbook, sheet.name, content, cell, row, column, pointees, around)


def nearest_labels(sheet: SheetIndex, cell: Cell) -> tuple[Label, Label]:
    """The nearest label left of a cell and the nearest above it; empty where there is none."""
    rows = labels_at(sheet, sheet.row_labels(cell, 1))
    columns = labels_at(sheet, sheet.column_labels(cell, 1))
    return (rows[0] if rows else ()), (columns[0] if columns else ())


def shape_of(template: Template) -> int:
    """A formula without its references, as a number."""
    return zlib.crc32("\0".join(template.skeleton).encode())


def _beside(sheet: SheetIndex, cell: Cell) -> list[Template]:
    row, column = cell
    places = ((row - 1, column), (row + 1, column), (row, column - 1), (row, column + 1))
    return [sheet.templates[Cell(*at)] for at in places if min(at) >= 0 and Cell(*at) in sheet.templates]


def _pointees(index: WorkbookIndex, own: SheetIndex, template: Template) -> tuple[tuple[Label, Label], ...]:
    """For each reference the labels of its first cell; empty ones where labels can't help."""
    found: list[tuple[Label, Label]] = []
    for slot in template.slots[:_MOST_SLOTS]:
        sheet = own if slot.sheet is None else index.sheet(slot.sheet)
        found.append(((), ()) if sheet is None or slot.is_open else nearest_labels(sheet, slot.cell))
    return tuple(found)


def write_library(library: Library, path: Path) -> None:
    """Write a library in the place of an older one; on the disk when this returns."""
    lines = [json.dumps({"version": VERSION, "sheets": {k: sorted(v) for k, v in library.sheets.items()}})]
    lines += [json.dumps(_row(entry), ensure_ascii=False) for entry in library.entries]
    data = zstandard.compress("\n".join(lines).encode("utf-8", "surrogatepass"), 6)
    fresh = path.with_name(path.name + ".new")
    fresh.parent.mkdir(parents=True, exist_ok=True)
    with fresh.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def read_library(path: Path) -> Library:
    """A stored library; an empty one where there is none. Raises UsageError for a file that is none."""
    if not path.is_file():
        return Library()
    try:
        text = zstandard.decompress(path.read_bytes()).decode("utf-8", "surrogatepass")
        head, *rows = [json.loads(line) for line in text.split("\n")]
        if head["version"] != VERSION:
            raise UsageError(f"expected a library of version {VERSION}, got {head['version']} ({path.name})")
        sheets = {name: frozenset(sheets) for name, sheets in head["sheets"].items()}
        return Library(tuple(_entry(row) for row in rows), sheets)
    except (zstandard.ZstdError, UnicodeDecodeError, ValueError, KeyError, TypeError) as error:
        raise UsageError(f"expected a library of formulas, got {path.name}: {error}") from error


def _row(entry: Entry) -> list[Any]:
    pointees = [[list(row), list(column)] for row, column in entry.pointees]
    return [
        entry.workbook,
        entry.sheet,
        entry.formula,
        *entry.home,
        entry.row_label,
        entry.column_label,
        pointees,
        sorted(entry.around),
    ]


def _entry(row: Sequence[Any]) -> Entry:
    workbook, sheet, formula, at_row, at_column, row_label, column_label, pointees, around = row
    return Entry(
        workbook,
        sheet,
        formula,
        Cell(at_row, at_column),
        tuple(row_label),
        tuple(column_label),
        tuple((tuple(row), tuple(column)) for row, column in pointees),
        frozenset(around),
    )
