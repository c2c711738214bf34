"""Put before-images back: what a journal's Restore does, with no check beyond the sheet's name."""

from __future__ import annotations

from dataclasses import fields, replace

from cellwright.edits.model import Restore
from cellwright.errors import EditError
from cellwright.workbook.model import Sheet, Snapshot

FACTS = tuple(field.name for field in fields(Sheet) if field.name not in {"name", "cells", "part"})
"""The fields of a Sheet that a Restore can put back beside its cells."""


def restore(snapshot: Snapshot, edit: Restore) -> Snapshot:
    """Put back what the edit holds, as the next revision."""
    revision = snapshot.revision + 1
    if edit.snapshot is not None:
        return replace(edit.snapshot, revision=revision, source=snapshot.source)
    if edit.sheet is not None:
        snapshot = _restored_sheet(snapshot, edit, edit.sheet)
    if edit.tables is not None:
        snapshot = replace(snapshot, tables=edit.tables)
    if edit.names is not None:
        snapshot = replace(snapshot, names=edit.names)
    return replace(snapshot, revision=revision)


def _restored_sheet(snapshot: Snapshot, edit: Restore, name: str) -> Snapshot:
    sheet = snapshot.sheet(name)
    if edit.removes_sheet:
        return replace(snapshot, sheets=tuple(other for other in snapshot.sheets if other is not sheet))
    if edit.sheet_image is not None:
        if unknown := sorted(set(edit.facts) - set(FACTS)):
            raise EditError(f"expected facts of a sheet, got {', '.join(unknown)}")
        image = {fact: getattr(edit.sheet_image, fact) for fact in edit.facts or FACTS}
        sheet = replace(sheet, **image)
    if edit.cells:
        sheet = sheet.with_cells(dict(edit.cells))
    return snapshot.with_sheet(sheet)
