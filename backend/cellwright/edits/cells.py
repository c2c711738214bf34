"""Contents of cells: set formulas, set values, copy a range."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

from cellwright.edits.arrays import part_of_an_array
from cellwright.edits.model import CopyRange, SetFormulas, SetValues
from cellwright.edits.writing import require_size, write_contents
from cellwright.errors import EditError, FormulaTooLong, UsageError
from cellwright.formula import shift_fill
from cellwright.reference import MAX_COLUMNS, MAX_ROWS, Cell, Range
from cellwright.workbook.model import ArrayFormula, Content, Sheet, Snapshot, Value

_T = TypeVar("_T")

MAX_FORMULA = 8_192
MAX_TEXT = 32_767


def set_formulas(snapshot: Snapshot, edit: SetFormulas) -> Snapshot:
    """Write formulas; formats stay, cached values go (they are None until calculated)."""
    require_size(edit.range, edit.sheet)
    sheet = snapshot.sheet(edit.sheet)
    if edit.array:
        return _enter_array(snapshot, sheet, edit)
    _require_shape(edit.formulas, edit.range, "formulas")
    updates: dict[Cell, Content | None] = {}
    for cell, formula in zip(edit.range.cells(), _flat(edit.formulas), strict=True):
        if formula is not None:
            require_formula(formula, f"{cell.a1} on {sheet.name!r}")
            updates[cell] = replace(sheet.content(cell), formula=formula, value=None, array=None)
    return write_contents(snapshot, sheet, updates)


def set_values(snapshot: Snapshot, edit: SetValues) -> Snapshot:
    """Write constants; formats stay. The empty text clears, as typing it into Excel does."""
    require_size(edit.range, edit.sheet)
    _require_shape(edit.values, edit.range, "values")
    sheet = snapshot.sheet(edit.sheet)
    updates: dict[Cell, Content | None] = {}
    for cell, value in zip(edit.range.cells(), _flat(edit.values), strict=True):
        kept = sheet.content(cell)
        updates[cell] = replace(kept, value=_stored(value, cell), formula=None, array=None)
    return write_contents(snapshot, sheet, updates)


def copy_range(snapshot: Snapshot, edit: CopyRange) -> Snapshot:
    """Copy and paste: the target is one cell, the source's size, or a whole multiple of it (then tiled)."""
    source_sheet, sheet = snapshot.sheet(edit.source_sheet), snapshot.sheet(edit.sheet)
    source, target = edit.source, paste_area(edit)
    require_size(target, edit.sheet)
    updates: dict[Cell, Content | None] = {}
    for row in range(target.height):
        for column in range(target.width):
            cell = Cell(target.top + row, target.left + column)
            origin = Cell(source.top + row % source.height, source.left + column % source.width)
            updates[cell] = _pasted(edit, source_sheet, origin, sheet, cell)
    if edit.what == "formats":
        return snapshot.with_sheet(sheet.with_cells(updates))
    merges = source_sheet.merges if edit.what == "all" else ()
    offsets = [
        (row, column)
        for row in range(target.top - source.top, target.bottom - source.top + 1, source.height)
        for column in range(target.left - source.left, target.right - source.left + 1, source.width)
    ]
    sheet = with_copied_merges(sheet, merges, source, target, offsets)
    return write_contents(snapshot, sheet, updates)


def paste_area(edit: CopyRange) -> Range:
    """The cells that a copy writes; raises EditError where the shapes do not fit or it leaves the sheet."""
    source, target = edit.source, edit.target
    if target.is_cell:
        if target.top + source.height > MAX_ROWS or target.left + source.width > MAX_COLUMNS:
            raise EditError(f"expected room for {source} inside the sheet, got the target {target}")
        return Range.of(target.first, source.height, source.width)
    if target.height % source.height or target.width % source.width:
        raise EditError(
            f"expected a target of one cell or a multiple of {source.height} x {source.width} cells, "
            f"got {target} for the source {source}"
        )
    return target


def copied(sheet: Sheet, cell: Cell, rows: int, columns: int, within: Range) -> Content:
    """The content of `cell` as it arrives `rows` and `columns` away: relative references moved, no value.

    `within` is all that is copied with it; a cell of an array that is not wholly inside raises EditError.
    """
    content = sheet.content(cell)
    array = content.array
    if array is not None and not array.is_dynamic and not within.contains(array.range):
        raise part_of_an_array(sheet, cell, array.range)
    if content.formula is None:
        return content
    formula = shift_fill(content.formula, cell, Cell(cell.row + rows, cell.column + columns))
    if array is None or array.is_dynamic:
        spill = None if array is None else Range.of(Cell(cell.row + rows, cell.column + columns))
        entered = None if spill is None else ArrayFormula(spill, is_dynamic=True)
        return replace(content, formula=formula, value=None, array=entered)
    area = array.range
    moved = Range(area.top + rows, area.left + columns, area.bottom + rows, area.right + columns)
    return replace(content, formula=formula, value=None, array=ArrayFormula(moved))


def with_copied_merges(
    sheet: Sheet, merges: Sequence[Range], source: Range, target: Range, offsets: Sequence[tuple[int, int]]
) -> Sheet:
    """`sheet` with the merges of `source` repeated at each offset inside `target`, replacing those there.

    Raises EditError where an existing merge reaches over the edge of `target`.
    """
    inner = [merge for merge in merges if source.contains(merge)]
    here = [merge for merge in sheet.merges if merge.intersect(target)]
    if not inner and not here:
        return sheet
    for merge in here:
        if not target.contains(merge):
            raise EditError(
                f"expected a target that holds merged ranges whole, got {target} across {merge} "
                f"on {sheet.name!r}"
            )
    added = []
    for rows, columns in offsets:
        for merge in inner:
            top, left = merge.top + rows, merge.left + columns
            bottom, right = merge.bottom + rows, merge.right + columns
            if (
                target.top <= top
                and target.left <= left
                and bottom <= target.bottom
                and right <= target.right
            ):
                added.append(Range(top, left, bottom, right))
    kept = [merge for merge in sheet.merges if merge not in here]
    return replace(sheet, merges=(*kept, *dict.fromkeys(added)))


def require_formula(formula: str, where: str) -> None:
    """Refuse what is no formula at all; whether it parses is for `cellwright.verify`."""
    if not formula.startswith("=") or len(formula) < 2:
        raise EditError(f"expected a formula with a leading =, got {formula[:40]!r} ({where})")
    if len(formula) > MAX_FORMULA + 1:
        raise FormulaTooLong(
            f"expected at most {MAX_FORMULA:,} characters, got {len(formula) - 1:,} ({where})"
        )


def _enter_array(snapshot: Snapshot, sheet: Sheet, edit: SetFormulas) -> Snapshot:
    given = [formula for formula in _flat(edit.formulas) if formula is not None]
    if len(given) != 1 or edit.formulas[0][0] is None:
        raise UsageError(f"expected one formula, the first, for an array, got {len(given)} ({edit.range})")
    require_formula(given[0], f"{edit.range} on {sheet.name!r}")
    for merge in sheet.merges:
        if merge.intersect(edit.range):
            raise EditError(f"expected no merged cells under an array, got {merge} on {sheet.name!r}")
    for table in snapshot.tables_on(sheet.name):
        if edit.range.size > 1 and table.range.intersect(edit.range):
            raise EditError(f"expected no table under an array, got {table.name} ({table.range})")
    updates: dict[Cell, Content | None] = {
        cell: replace(sheet.content(cell), value=None, formula=None, array=None)
        for cell in edit.range.cells()
    }
    first = edit.range.first
    array = ArrayFormula(edit.range)
    updates[first] = replace(sheet.content(first), value=None, formula=given[0], array=array)
    return write_contents(snapshot, sheet, updates)


def _pasted(edit: CopyRange, source: Sheet, origin: Cell, sheet: Sheet, cell: Cell) -> Content:
    there = source.content(origin)
    if edit.what == "formats":
        return replace(sheet.content(cell), style=there.style)
    if edit.what == "values":
        if there.formula is not None and there.value is None:
            raise EditError(
                f"expected calculated values to copy, got a formula without one in {origin.a1} "
                f"on {source.name!r}"
            )
        return replace(sheet.content(cell), value=there.value, formula=None, array=None)
    rows, columns = cell.row - origin.row, cell.column - origin.column
    arrived = copied(source, origin, rows, columns, edit.source)
    return arrived if edit.what == "all" else replace(arrived, style=sheet.content(cell).style)


def _stored(value: Value, cell: Cell) -> Value:
    if isinstance(value, str) and len(value) > MAX_TEXT:
        raise EditError(f"expected at most {MAX_TEXT:,} characters in {cell.a1}, got {len(value):,}")
    if isinstance(value, float) and not abs(value) <= 9.99999999999999e307:
        raise EditError(f"expected a finite number in {cell.a1}, got {value}")
    return None if value == "" else value


def _require_shape(rows: Sequence[Sequence[object]], range_: Range, what: str) -> None:
    if len(rows) != range_.height or any(len(row) != range_.width for row in rows):
        widths = sorted({len(row) for row in rows})
        raise UsageError(
            f"expected {range_.height} x {range_.width} {what} for {range_}, "
            f"got {len(rows)} rows of {', '.join(map(str, widths)) or 'nothing'}"
        )


def _flat(rows: Sequence[Sequence[_T]]) -> list[_T]:
    return [item for row in rows for item in row]
