"""Sort rows and filter them."""

from __future__ import annotations

from dataclasses import replace

from cellwright.edits.arrays import require_no_array
from cellwright.edits.cells import copied
from cellwright.edits.display import general_text
from cellwright.edits.formats import clipped
from cellwright.edits.model import Filter, Sort
from cellwright.edits.writing import require_size, write_contents
from cellwright.errors import EditError
from cellwright.reference import Cell, Range
from cellwright.workbook.model import BLANK, Content, ErrorValue, Sheet, Snapshot

_Key = tuple[int, float, str, str]


def sort(snapshot: Snapshot, edit: Sort) -> Snapshot:
    """Sort rows as Excel does: stable, hidden rows stay where they are, comments move with their cells.

    Numbers come before texts (case, hyphens and apostrophes ignored), FALSE, TRUE and errors; blanks are
    last in both directions. Contents and formats move, borders stay. A moved formula is changed as if it had
    been copied there, and has no value until it is calculated.
    """
    sheet = snapshot.sheet(edit.sheet)
    body = sorted_rows(sheet, edit)
    if not edit.keys:
        raise EditError("expected at least one column to sort by, got none")
    for key in edit.keys:
        if not edit.range.left <= key.column <= edit.range.right:
            raise EditError(
                f"expected sort columns inside {edit.range}, got column {key.column} (zero-based)"
            )
    for merge in sheet.merges:
        if merge.intersect(edit.range):
            raise EditError(f"expected no merged cells in the sorted range, got {merge} in {edit.range}")
    require_no_array(sheet, edit.range)
    if body is None:
        return replace(snapshot, revision=snapshot.revision + 1)
    require_size(body, edit.sheet)
    rows = [row for row in range(body.top, body.bottom + 1) if row not in sheet.hidden_rows]
    order = list(rows)
    for key in reversed(edit.keys):
        keys = {row: _key(sheet, Cell(row, key.column)) for row in rows}
        filled = [row for row in order if keys[row][0] < _BLANK]
        blank = [row for row in order if keys[row][0] == _BLANK]
        # `reverse` keeps equal rows in their order, so a descending sort is stable too
        order = sorted(filled, key=keys.__getitem__, reverse=key.descending) + blank
    moves = {source: target for source, target in zip(order, rows, strict=True) if source != target}
    return _moved_rows(snapshot, sheet, body, moves)


def sorted_rows(sheet: Sheet, edit: Sort) -> Range | None:
    """The rows that a sort may move, cut to what the sheet uses; None where there are fewer than two."""
    area = clipped(sheet, edit.range)
    if area is None or area.height < 2 + edit.has_header:
        return None
    return Range(area.top + 1, area.left, area.bottom, area.right) if edit.has_header else area


_NUMBER, _TEXT, _BOOLEAN, _ERROR, _BLANK = range(5)


def _key(sheet: Sheet, cell: Cell) -> _Key:
    content = sheet.content(cell)
    value = content.value
    if value is None:
        if content.formula is not None:
            raise EditError(
                f"expected calculated values to sort by, got a formula without one in {cell.a1} "
                f"on {sheet.name!r}"
            )
        return _BLANK, 0.0, "", ""
    if isinstance(value, bool):
        return _BOOLEAN, float(value), "", ""
    if isinstance(value, ErrorValue):
        return _ERROR, 0.0, "", ""
    if isinstance(value, str):
        folded = value.casefold()
        return _TEXT, 0.0, folded.replace("-", "").replace("'", ""), folded
    return _NUMBER, float(value), "", ""


def _moved_rows(snapshot: Snapshot, sheet: Sheet, body: Range, moves: dict[int, int]) -> Snapshot:
    """The rows of `body` moved; `moves` is a permutation of rows, source -> target."""
    if not moves:
        return replace(snapshot, revision=snapshot.revision + 1)
    came_from = {target: source for source, target in moves.items()}
    here = dict(sheet.cells.items(Range(min(moves), body.left, max(moves), body.right)))
    updates: dict[Cell, Content | None] = {}
    for cell in here:
        if cell.row not in moves:
            continue
        for target in (Cell(moves[cell.row], cell.column), cell):
            if target in updates:
                continue
            source = Cell(came_from[target.row], target.column)
            arrived = BLANK
            if source in here:
                arrived = copied(sheet, source, target.row - source.row, 0, body)
            borders = here.get(target, BLANK).style.borders
            if arrived.style.borders != borders:
                arrived = replace(arrived, style=replace(arrived.style, borders=borders, xf=None))
            updates[target] = arrived
    comments = tuple(
        replace(comment, cell=Cell(moves.get(comment.cell.row, comment.cell.row), comment.cell.column))
        if comment.cell in body
        else comment
        for comment in sheet.comments
    )
    ordered = tuple(sorted(comments, key=lambda comment: comment.cell))
    if comments != sheet.comments:
        sheet = replace(sheet, comments=ordered)
    return write_contents(snapshot, sheet, updates)


def filter_rows(snapshot: Snapshot, edit: Filter) -> Snapshot:
    """Put an autofilter on a range and hide the rows that it filters out; a new filter replaces the old.

    Texts are compared in the format `General`, case ignored; the empty text stands for blanks. On a table the
    filter is the table's own and the sheet's autofilter stays.
    """
    sheet, area = snapshot.sheet(edit.sheet), edit.range
    if area.height < 2:
        raise EditError(f"expected a range of a header row and at least one more row, got {area}")
    if edit.column is None and edit.values:
        raise EditError("expected a column for the values to keep, got none")
    if edit.column is not None and not (area.left <= edit.column <= area.right and edit.values):
        raise EditError(f"expected values to keep in a column inside {area}, got column {edit.column}")
    body = Range(area.top + 1, area.left, area.bottom, area.right)
    own = False
    for table in snapshot.tables_on(sheet.name):
        if not table.range.intersect(area):
            continue
        data = table.data
        if data is None or (table.range != area and Range(table.range.top, *_rest(data)) != area):
            raise EditError(f"expected the range of a table, got {area} across {table.name} ({table.range})")
        body, own = data, True
    before = sheet.autofilter
    shown = set(sheet.hidden_rows)
    if before is not None and not own:
        shown -= set(range(before.top + 1, before.bottom + 1))
    shown -= set(range(body.top, body.bottom + 1))
    hidden = frozenset(shown | _filtered_out(sheet, body, edit))
    autofilter = before if own else area
    return snapshot.with_sheet(replace(sheet, hidden_rows=hidden, autofilter=autofilter))


def _rest(area: Range) -> tuple[int, int, int]:
    return area.left, area.bottom, area.right


def _filtered_out(sheet: Sheet, body: Range, edit: Filter) -> set[int]:
    used = sheet.cells.bounds
    if edit.column is None or used is None:
        return set()
    kept = {value.casefold() for value in edit.values}
    return {
        row
        for row in range(body.top, min(body.bottom, used.bottom) + 1)
        if general_text(sheet.value(Cell(row, edit.column))).casefold() not in kept
    }
