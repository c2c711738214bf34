"""Carry an edit over a change that came first: the same intent on the later revision, or StaleEdit.

Rows and columns that others inserted or deleted move an edit's places and formulas, a renamed sheet its
names. An edit is stale where its own cells, or those that it reads, were changed or deleted meanwhile, or
where an insertion went through cells that belong together. Formats and contents do not disturb each other.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from cellwright.edits import model as m
from cellwright.edits.footprint import CONTENTS, overlap, reads, touches
from cellwright.edits.model import Edit
from cellwright.edits.rebase_structure import moved_edit
from cellwright.edits.renaming import renamed_edit
from cellwright.edits.structure import band, structure_change
from cellwright.errors import StaleEdit
from cellwright.reference import SheetRange
from cellwright.workbook.model import Snapshot

_STRUCTURE = (m.InsertRows, m.InsertColumns, m.DeleteRows, m.DeleteColumns)


def rebase(edit: Edit, change: Edit, snapshot: Snapshot | None = None) -> Edit:
    """The edit as it reads after `change`; raises StaleEdit.

    Both were made for the same revision; `snapshot` is that revision, and lets names and tables in formulas
    be followed to the cells that they stand for.
    """
    if isinstance(change, m.Restore) and change.snapshot is not None:
        raise StaleEdit("expected the workbook that the edit was made for, got another one put back")
    read = reads(edit, snapshot)
    if isinstance(change, m.InsertRows | m.InsertColumns | m.DeleteRows | m.DeleteColumns):
        moving = structure_change(change)
        if moving.count < 0:
            _require_untouched(read, SheetRange(change.sheet, band(moving)), "deleted")
        return moved_edit(edit, moving)
    if isinstance(change, m.RenameSheet):
        return renamed_edit(edit, change)
    for mine in touches(edit):
        for other in touches(change):
            if mine.meets(other):
                what = ", ".join(sorted(mine.facets & other.facets))
                raise StaleEdit(f"expected {other.place or what} as it was, got its {what} changed")
    for other in touches(change):
        if other.place is not None and other.facets & CONTENTS:
            _require_untouched(read, other.place, "changed")
        if other.place is not None and isinstance(edit, m.Fill | m.CopyRange):
            _require_untouched(read, other.place, "changed")
    if isinstance(edit, m.AddSheet) and isinstance(change, m.AddSheet):
        return _after_new_sheet(edit, change)
    return edit


def rebase_all(edits: Iterable[Edit], change: Edit, snapshot: Snapshot | None = None) -> tuple[Edit, ...]:
    """The edits of one plan as they read after `change`.

    Each was made for what the ones before it left, so a plan that moves its own later places (an insertion, a
    deletion, a renaming before its last edit) has to be made anew and raises StaleEdit.
    """
    plan = tuple(edits)
    if any(isinstance(edit, (*_STRUCTURE, m.RenameSheet)) for edit in plan[:-1]):
        raise StaleEdit("expected a plan without structural edits, got one that must be made anew")
    return tuple(rebase(edit, change, snapshot) for edit in plan)


def _require_untouched(read: Iterable[SheetRange], place: SheetRange, what: str) -> None:
    for source in read:
        if overlap(source, place):
            raise StaleEdit(f"expected {source} as it was, got {place} {what} meanwhile")


def _after_new_sheet(edit: m.AddSheet, change: m.AddSheet) -> m.AddSheet:
    if edit.at is None or change.at is None or change.at > edit.at:
        return edit
    return replace(edit, at=edit.at + 1)
