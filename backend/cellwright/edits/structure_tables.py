"""How tables follow inserted and deleted rows and columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from cellwright.edits.headers import unique_headers
from cellwright.edits.structure_facts import moved_range
from cellwright.edits.table_columns import follow_columns
from cellwright.errors import EditError
from cellwright.formula import Axis, StructureChange
from cellwright.reference import Cell
from cellwright.workbook.model import Content, Snapshot, Table


def moved_tables(snapshot: Snapshot, change: StructureChange) -> Snapshot:
    """Tables of the changed sheet moved, grown, shrunk or gone; references to lost columns become `#REF!`.

    Columns inserted into a table are named `Column1` and so on. Raises EditError where a table would lose its
    header row or all of its data. The revision stays.
    """
    tables: list[Table] = []
    lost: dict[str, Mapping[str, str | None] | None] = {}
    headers: dict[Cell, Content | None] = {}
    for table in snapshot.tables:
        if table.sheet != change.sheet:
            tables.append(table)
            continue
        area = moved_range(table.range, change)
        if area is None:
            lost[table.name] = None
            continue
        if change.axis is Axis.ROWS:
            moved = replace(table, range=area, totals_rows=_remaining_totals(table, change))
        else:
            moved = replace(table, range=area, columns=_moved_columns(table, change))
            kept = set(moved.columns)
            if not kept.issuperset(table.columns):
                lost[table.name] = {name: name if name in kept else None for name in table.columns}
            headers.update(_new_headers(snapshot, table, moved))
        tables.append(moved)
    changed = replace(snapshot, tables=tuple(tables))
    if headers:
        sheet = snapshot.sheet(change.sheet).with_cells(headers)
        changed = replace(changed.with_sheet(sheet), revision=snapshot.revision)
    return follow_columns(changed, lost) if lost else changed


def _remaining_totals(table: Table, change: StructureChange) -> int:
    """Totals rows that a change of rows leaves; raises EditError where header or data would be lost."""
    if change.count > 0:
        return table.totals_rows
    area, end = table.range, change.at - change.count
    if table.header_rows and change.at < area.top + table.header_rows and area.top < end:
        raise EditError(
            f"expected rows without the header of the table {table.name}, got row {area.top + 1} among them"
        )
    data = table.data
    if data is not None and change.at <= data.top and data.bottom < end:
        raise EditError(
            f"expected rows that leave the table {table.name} some data, got all of {data.top + 1} to "
            f"{data.bottom + 1}"
        )
    first_total = area.bottom - table.totals_rows + 1
    gone = min(area.bottom + 1, end) - max(first_total, change.at)
    return table.totals_rows - max(gone, 0)


def _moved_columns(table: Table, change: StructureChange) -> tuple[str, ...]:
    area, columns = table.range, table.columns
    if change.count > 0:
        if not area.left < change.at <= area.right:
            return columns
        place = change.at - area.left
        return (*columns[:place], *unique_headers(("",) * change.count, columns), *columns[place:])
    return tuple(name for i, name in enumerate(columns) if change.moved(area.left + i) is not None)


def _new_headers(snapshot: Snapshot, before: Table, moved: Table) -> dict[Cell, Content | None]:
    if not before.header_rows:
        return {}
    sheet, row = snapshot.sheet(before.sheet), moved.range.top + moved.header_rows - 1
    known = set(before.columns)
    cells = [Cell(row, moved.range.left + i) for i in range(len(moved.columns))]
    return {
        cell: replace(sheet.content(cell), value=name)
        for cell, name in zip(cells, moved.columns, strict=True)
        if name not in known
    }
