"""The inverse of an edit: what undoes it on the snapshot that it gave.

A union member takes the edit back where one can (a deletion an insertion, a renaming the other one); what it
leaves different is put back by Restore edits, which hold nothing else. They are found by applying, not by
cases, so that an inverse is right for every edit whose `apply` is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from cellwright.edits.apply import apply
from cellwright.edits.model import (
    AddSheet,
    DeleteColumns,
    DeleteRows,
    Edit,
    InsertColumns,
    InsertRows,
    RenameSheet,
    Restore,
)
from cellwright.edits.restore import FACTS
from cellwright.errors import EditError
from cellwright.reference import Cell
from cellwright.workbook.cells import CellStore
from cellwright.workbook.model import Content, Sheet, Snapshot


def invert(before: Snapshot, edit: Edit) -> tuple[Edit, ...]:
    """The edits that lead from `apply(before, edit)` back to `before`; empty where nothing changed.

    Raises what `apply` raises.
    """
    after = apply(before, edit)
    opposite = _opposite(before, edit)
    if opposite is None:
        return restoring(after, before)
    try:
        middle = apply(after, opposite)
    except EditError:  # e.g. no room: the opposite has its own conditions, a Restore has none
        return restoring(after, before)
    return (opposite, *restoring(middle, before))


def undo_all(before: Snapshot, edits: tuple[Edit, ...]) -> tuple[Edit, ...]:
    """The edits that lead from `apply_all(before, edits)` back to `before`."""
    inverse: tuple[Edit, ...] = ()
    for edit in edits:
        inverse = (*invert(before, edit), *inverse)
        before = apply(before, edit)
    return inverse


def restoring(current: Snapshot, wanted: Snapshot) -> tuple[Restore, ...]:
    """The Restore edits, one a sheet, that make `current` equal to `wanted`, with before-images only."""
    if current.is_1904 != wanted.is_1904:
        return (Restore(None, snapshot=wanted),)
    edits = [
        Restore(sheet.name, removes_sheet=True)
        for sheet in current.sheets
        if sheet.name not in wanted.sheet_names
    ]
    left = [sheet.name for sheet in current.sheets if sheet.name in wanted.sheet_names]
    if tuple(left) != wanted.sheet_names:
        return (Restore(None, snapshot=wanted),)
    for sheet in wanted.sheets:
        edits.extend(_restoring_sheet(current.sheet(sheet.name), sheet))
    tables = None if current.tables == wanted.tables else wanted.tables
    names = None if current.names == wanted.names else wanted.names
    if tables is not None or names is not None:
        edits.append(Restore(None, tables=tables, names=names))
    return tuple(edits)


def _restoring_sheet(current: Sheet, wanted: Sheet) -> Iterator[Restore]:
    if current is wanted:
        return
    facts = tuple(fact for fact in FACTS if getattr(current, fact) != getattr(wanted, fact))
    image = Sheet(wanted.name, CellStore())
    if facts:
        image = replace(image, **{fact: getattr(wanted, fact) for fact in facts})
    cells: tuple[tuple[Cell, Content | None], ...] = tuple(
        (cell, content) for cell, content, _ in wanted.cells.changes(current.cells)
    )
    if facts or cells:
        yield Restore(wanted.name, cells, image if facts else None, facts=facts)


def _opposite(before: Snapshot, edit: Edit) -> Edit | None:
    match edit:
        case InsertRows():
            return DeleteRows(edit.sheet, edit.at, edit.count)
        case InsertColumns():
            return DeleteColumns(edit.sheet, edit.at, edit.count)
        case DeleteRows():
            return InsertRows(edit.sheet, edit.at, edit.count)
        case DeleteColumns():
            return InsertColumns(edit.sheet, edit.at, edit.count)
        case RenameSheet():
            return RenameSheet(edit.name, before.sheet(edit.sheet).name)
        case AddSheet():
            return Restore(edit.name, removes_sheet=True)
        case _:
            return None
