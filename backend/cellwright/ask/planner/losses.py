"""What an edit would take away that a person or a formula put there; it is then not ticked beforehand."""

from __future__ import annotations

from cellwright.edits import model as m
from cellwright.edits.diff import diff
from cellwright.edits.model import Edit
from cellwright.workbook.model import Content, Snapshot

_ONLY_MOVES = (m.Sort, m.InsertRows, m.InsertColumns, m.RenameSheet)


def losses(edits: tuple[Edit, ...], before: Snapshot, after: Snapshot) -> str:
    """In words, such as `3 filled cells in Sheet1!B2`; empty where nothing is lost.

    `after` is `before` with the edits done.
    """
    deleted = next((edit for edit in edits if isinstance(edit, m.DeleteRows | m.DeleteColumns)), None)
    if deleted is not None:
        count = _filled(before, deleted)
        return f"{_cells(count)} in what is deleted of {deleted.sheet}" if count else ""
    renamed = next(
        (edit for edit in edits if isinstance(edit, m.DefineName) and _is_known(edit, before)), None
    )
    if renamed is not None:
        return f"what the name {renamed.name} stands for now"
    if any(isinstance(edit, _ONLY_MOVES) for edit in edits):
        return ""
    lost = [
        change.cell
        for change in diff(before, after).cells
        if change.before is not None and not change.before.is_blank and _is_lost(change.before, change.after)
    ]
    return f"{_cells(len(lost))} from {lost[0].a1} on" if lost else ""


def _is_lost(was: Content, now: Content | None) -> bool:
    if now is None:
        return True
    if was.formula is not None:
        return now.formula != was.formula
    return now.formula is not None or now.value != was.value


def _filled(before: Snapshot, edit: m.DeleteRows | m.DeleteColumns) -> int:
    if not before.has_sheet(edit.sheet):
        return 0
    last = edit.at + edit.count - 1
    is_rows = isinstance(edit, m.DeleteRows)
    return sum(
        not content.is_blank and edit.at <= (cell.row if is_rows else cell.column) <= last
        for cell, content in before.sheet(edit.sheet).cells.items()
    )


def _is_known(edit: m.DefineName, before: Snapshot) -> bool:
    wanted = (edit.name.casefold(), (edit.scope or "").casefold())
    return any(
        (name.name.casefold(), (name.scope or "").casefold()) == wanted and name.formula != edit.formula
        for name in before.names
    )


def _cells(count: int) -> str:
    return f"{count:,} filled cell{'' if count == 1 else 's'}"
