"""Compare two versions of a workbook: by cells, by regions of formulas, with inserted rows and columns seen.

Each sheet's rows and columns are aligned first; formulas of the old version are shifted as Excel would have
shifted them, so that what only moved is no difference. Changed cells next to each other that changed in the
same way are told as one. Formats are not compared.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice

from cellwright.formula import Axis, StructureChange, normalise, shift_structure
from cellwright.insight.align import Alignment, Block, Line, align
from cellwright.insight.difference import (
    CellDifference,
    ChangeKind,
    Comparison,
    Lines,
    RegionDifference,
    SheetDifference,
    shown,
)
from cellwright.reference import MAX_COLUMNS, MAX_ROWS, Cell, Range, SheetRange
from cellwright.workbook.model import BLANK, Content, Sheet, Snapshot, Value

_TOLERANCE = 1e-12
_SAMPLE, _SAMPLE_LENGTH = 5, 80


def compare(old: Snapshot, new: Snapshot) -> Comparison:
    """What changed from `old` to `new`; sheets are matched by name, case ignored."""
    shared = [(sheet, new.sheet(sheet.name)) for sheet in old.sheets if new.has_sheet(sheet.name)]
    changes: list[StructureChange] = []
    rows: dict[str, Alignment] = {}
    columns: dict[str, Alignment] = {}
    for before, after in shared:
        if before.cells == after.cells:
            continue
        rows[before.name], columns[before.name] = _alignments(before, after)
        changes += _structure(before.name, Axis.ROWS, rows[before.name])
        changes += _structure(before.name, Axis.COLUMNS, columns[before.name])
    sheets = []
    for before, after in shared:
        if before.name in rows or changes:
            difference = _sheet(before, after, rows.get(before.name), columns.get(before.name), changes)
            if difference.regions or difference.inserted or difference.deleted:
                sheets.append(difference)
    return Comparison(
        added_sheets=tuple(name for name in new.sheet_names if not old.has_sheet(name)),
        removed_sheets=tuple(name for name in old.sheet_names if not new.has_sheet(name)),
        sheets=tuple(sheets),
        names=_named(
            {_scoped(n.name, n.scope): _shifted(n.formula, n.scope or "", changes) for n in old.names},
            {_scoped(n.name, n.scope): n.formula for n in new.names},
        ),
        tables=_named(
            {
                t.name: _shifted(f"={SheetRange(t.sheet, t.range).a1}", t.sheet, changes)[1:]
                for t in old.tables
            },
            {t.name: SheetRange(t.sheet, t.range).a1 for t in new.tables},
        ),
    )


def _scoped(name: str, scope: str | None) -> str:
    return f"{scope}!{name}" if scope else name


def _named(old: Mapping[str, str], new: Mapping[str, str]) -> dict[str, tuple[str | None, str | None]]:
    keys = dict.fromkeys([*old, *new])
    return {key: (old.get(key), new.get(key)) for key in keys if old.get(key) != new.get(key)}


def _alignments(old: Sheet, new: Sheet) -> tuple[Alignment, Alignment]:
    """Rows by what they hold; then columns by what they hold in the rows that both have."""
    rows = align(*(_keys(sheet, by_row=True) for sheet in (old, new)))
    old_rows = {before: index for index, (before, _) in enumerate(rows.pairs)}
    new_rows = {after: index for index, (_, after) in enumerate(rows.pairs)}
    columns = align(_keys(old, by_row=False, lines=old_rows), _keys(new, by_row=False, lines=new_rows))
    if columns.is_identity:
        return rows, columns
    # With columns put in no two rows are equal: align rows again by the columns that both have.
    old_columns = {before: index for index, (before, _) in enumerate(columns.pairs)}
    new_columns = {after: index for index, (_, after) in enumerate(columns.pairs)}
    rows = align(_keys(old, by_row=True, lines=old_columns), _keys(new, by_row=True, lines=new_columns))
    return rows, columns


def _keys(sheet: Sheet, *, by_row: bool, lines: Mapping[int, int] | None = None) -> list[Line]:
    """What each row (or column) of the used range holds; `lines` restricts and renumbers the other way."""
    bounds = sheet.cells.bounds
    if bounds is None:
        return []
    found: dict[int, list[tuple[int, Value | str]]] = {}
    for cell, content in sheet.cells.items():
        line, place = (cell.row, cell.column) if by_row else (cell.column, cell.row)
        if lines is not None:
            if place not in lines:
                continue
            place = lines[place]
        if not content.is_blank:
            held = content.value if content.formula is None else _shape(content.formula, cell)
            found.setdefault(line, []).append((place, held))
    count = bounds.bottom + 1 if by_row else bounds.right + 1
    return [tuple(sorted(found.get(line, ()), key=lambda item: item[0])) for line in range(count)]


def _shape(formula: str, cell: Cell) -> str:
    """A formula without the places it reads: rows that only moved look the same."""
    text = normalise(formula, cell)
    return "".join(character for character in text if not character.isdigit() and character not in "[]-")


def _structure(sheet: str, axis: Axis, alignment: Alignment) -> Iterator[StructureChange]:
    """The insertions and deletions that lead from old to new, in an order in which each can be applied."""
    for block in reversed(alignment.deleted):
        yield StructureChange(sheet, axis, block.at, -block.count)
    for block in alignment.inserted:
        yield StructureChange(sheet, axis, block.at, block.count)


def _shifted(formula: str, sheet: str, changes: list[StructureChange]) -> str:
    for change in changes:
        formula = shift_structure(formula, sheet, change)
    return formula


def _sheet(
    old: Sheet, new: Sheet, rows: Alignment | None, columns: Alignment | None, changes: list[StructureChange]
) -> SheetDifference:
    to_row = None if rows is None or rows.is_identity else dict(rows.pairs)
    to_column = None if columns is None or columns.is_identity else dict(columns.pairs)
    differences: list[CellDifference] = []
    seen: set[Cell] = set()
    is_same = (
        rows is None
    )  # cell for cell; only formulas that should have followed a change elsewhere can differ
    olds = ((c, old.content(c)) for c, _ in old.cells.formulas()) if is_same else old.cells.items()
    for cell, before in olds:
        if before.is_blank:
            continue
        row = cell.row if to_row is None else to_row.get(cell.row)
        column = cell.column if to_column is None else to_column.get(cell.column)
        if row is None or column is None:
            continue  # told as deleted rows or columns
        target = Cell(row, column)
        seen.add(target)
        if changes and before.formula is not None:
            before = Content(
                before.value, _shifted(before.formula, old.name, changes), before.style, before.array
            )
        kind = _kind(before, new.content(target), target)
        if kind is not None:
            differences.append(CellDifference(kind, cell, target, before, new.content(target)))
    new_rows = set() if rows is None else {b.at + i for b in rows.inserted for i in range(b.count)}
    new_columns = set() if columns is None else {b.at + i for b in columns.inserted for i in range(b.count)}
    for cell, after in () if is_same else new.cells.items():
        if (
            not after.is_blank
            and cell not in seen
            and cell.row not in new_rows
            and cell.column not in new_columns
        ):
            differences.append(CellDifference(ChangeKind.ADDED, None, cell, BLANK, after))
    axes = ((Axis.ROWS, rows), (Axis.COLUMNS, columns))
    return SheetDifference(
        name=new.name,
        regions=tuple(_regions(new.name, differences)),
        inserted=tuple(_lines(new, axis, b) for axis, found in axes if found for b in found.inserted),
        deleted=tuple(_lines(old, axis, b) for axis, found in axes if found for b in found.deleted),
    )


def _lines(sheet: Sheet, axis: Axis, block: Block) -> Lines:
    """A block with the first of what it holds."""
    last = block.at + block.count - 1
    is_rows = axis is Axis.ROWS
    area = Range(block.at, 0, last, MAX_COLUMNS - 1) if is_rows else Range(0, block.at, MAX_ROWS - 1, last)
    held = (shown(content) for _, content in sheet.cells.items(area) if not content.is_blank)
    return Lines(axis, block.at, block.count, " | ".join(islice(held, _SAMPLE))[:_SAMPLE_LENGTH])


def _kind(before: Content, after: Content, cell: Cell) -> ChangeKind | None:
    if before.formula is not None and after.formula is not None:
        if before.formula != after.formula and normalise(before.formula, cell) != normalise(
            after.formula, cell
        ):
            return ChangeKind.FORMULA
        return None if _same(before.value, after.value) else ChangeKind.RECALCULATED
    if after.is_blank:
        return ChangeKind.REMOVED
    if before.formula is not None:
        return ChangeKind.FORMULA_TO_VALUE
    if after.formula is not None:
        return ChangeKind.VALUE_TO_FORMULA
    return None if _same(before.value, after.value) else ChangeKind.VALUE


def _same(a: Value, b: Value) -> bool:
    if isinstance(a, float) and isinstance(b, float) and not isinstance(a, bool) and not isinstance(b, bool):
        return a == b or abs(a - b) <= _TOLERANCE * max(abs(a), abs(b))
    return type(a) is type(b) and a == b


def _regions(sheet: str, differences: list[CellDifference]) -> Iterator[RegionDifference]:
    """4-connected cells of one kind; formulas only where both old and new are equal in R1C1."""
    by_place = {(d.new or d.old): d for d in differences}
    keys = {place: _key(difference) for place, difference in by_place.items()}
    seen: set[Cell | None] = set()
    for start in sorted(place for place in by_place if place is not None):
        if start in seen:
            continue
        seen.add(start)
        members = [start]
        for cell in members:
            for near in (
                Cell(cell.row, cell.column + 1),
                Cell(cell.row + 1, cell.column),
                Cell(cell.row, cell.column - 1),
                Cell(cell.row - 1, cell.column),
            ):
                if near not in seen and keys.get(near) == keys[start]:
                    seen.add(near)
                    members.append(near)
        members.sort()
        columns = [cell.column for cell in members]
        area = Range(members[0].row, min(columns), members[-1].row, max(columns))
        kind = by_place[start].kind
        yield RegionDifference(kind, SheetRange(sheet, area), tuple(by_place[cell] for cell in members))


def _key(difference: CellDifference) -> tuple[ChangeKind, str, str]:
    place = difference.new or difference.old or Cell(0, 0)
    texts = [
        "" if content.formula is None else normalise(content.formula, place)
        for content in (difference.before, difference.after)
    ]
    return difference.kind, texts[0], texts[1]
