"""Header cells of tables: always text, never blank, unique in their table; references follow a renaming."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from cellwright.edits.display import general_text
from cellwright.edits.table_columns import follow_columns
from cellwright.errors import EditError
from cellwright.reference import Cell
from cellwright.workbook.model import BLANK, Content, Sheet, Snapshot, Table


def unique_headers(wanted: Sequence[str], taken: Iterable[str] = ()) -> tuple[str, ...]:
    """Header names as Excel makes them: blank ones become `Column1`, repeated ones get a number behind.

    Case is ignored; names in `taken` are avoided too. The first of equal names keeps it.
    """
    used = {name.casefold() for name in taken}
    given = {name.casefold() for name in wanted if name}
    names: list[str] = []
    for position, name in enumerate(wanted):
        unique = name
        if not name:
            number = position + 1
            unique = f"Column{number}"
            while unique.casefold() in used or unique.casefold() in given:
                number += 1
                unique = f"Column{number}"
        elif name.casefold() in used:
            number = 2
            while f"{name}{number}".casefold() in used or f"{name}{number}".casefold() in given:
                number += 1
            unique = f"{name}{number}"
        used.add(unique.casefold())
        names.append(unique)
    return tuple(names)


def header_text(sheet: Sheet, cell: Cell, content: Content) -> str:
    """The text that a header cell gets: its value as text; raises EditError for an uncalculated formula."""
    if content.formula is not None and content.value is None:
        raise EditError(
            f"expected text in the table header {cell.a1} on {sheet.name!r}, got a formula without a value"
        )
    return general_text(content.value)


def follow_headers(snapshot: Snapshot, sheet: Sheet, updates: Mapping[Cell, Content | None]) -> Snapshot:
    """Write `updates` into `sheet`; header cells among them are coerced, tables and references follow."""
    written = dict(updates)
    tables: list[Table] = []
    renamed: dict[str, dict[str, str | None]] = {}
    for table in snapshot.tables:
        columns = table.columns
        if table.sheet == sheet.name and table.header_rows:
            columns = _new_columns(table, sheet, written)
        if columns != table.columns:
            renamed[table.name] = dict(zip(table.columns, columns, strict=True))
            table = replace(table, columns=columns)
        tables.append(table)
    changed = snapshot.with_sheet(sheet.with_cells(written))
    return follow_columns(replace(changed, tables=tuple(tables)), renamed) if renamed else changed


def _new_columns(table: Table, sheet: Sheet, written: dict[Cell, Content | None]) -> tuple[str, ...]:
    """The columns of a table after a write; header cells among `written` get their texts there."""
    row = table.range.top + table.header_rows - 1
    cells = [Cell(row, table.range.left + i) for i in range(len(table.columns))]
    touched = [i for i, cell in enumerate(cells) if cell in written]
    if not touched:
        return table.columns
    kept = [name for i, name in enumerate(table.columns) if i not in touched]
    wanted = [header_text(sheet, cells[i], written[cells[i]] or BLANK) for i in touched]
    columns = list(table.columns)
    for i, name in zip(touched, unique_headers(wanted, kept), strict=True):
        columns[i] = name
        written[cells[i]] = replace(written[cells[i]] or BLANK, value=name, formula=None, array=None)
    return tuple(columns)
