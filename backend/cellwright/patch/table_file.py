"""Table parts: new tables, changed headers, ranges and columns, and their filters."""

from __future__ import annotations

from cellwright.edits.model import Filter
from cellwright.edits.table_columns import follow_columns
from cellwright.errors import UnsupportedWrite
from cellwright.patch.book_file import BookFile, header_attribute
from cellwright.patch.spans import Document, Element, escape, with_attribute
from cellwright.workbook.model import DefinedName, Snapshot, Table


def write_tables(book: BookFile, before: tuple[Table, ...], after: tuple[Table, ...]) -> None:
    """Make the table parts say what `after` says; tables that are gone lose their parts."""
    was = {table.name.casefold(): table for table in before}
    now = {table.name.casefold(): table for table in after}
    for name, table in was.items():
        if name not in now:
            _remove(book, table)
    renamed: dict[str, dict[str, str | None]] = {}
    for name, table in now.items():
        old = was.get(name)
        if old is None:
            book.add_table(table)
        elif old != table:
            _rewrite(book, old, table)
            kept = set(table.columns)
            if len(old.columns) == len(table.columns):
                renamed[table.name] = dict(zip(old.columns, table.columns, strict=True))
            else:
                renamed[table.name] = {column: column if column in kept else None for column in old.columns}
    moved = {
        name: columns for name, columns in renamed.items() if any(old != new for old, new in columns.items())
    }
    if moved:
        for table in after:
            _follow(book, table, after, moved)


def find_part(book: BookFile, table: Table) -> str:
    """The part of a table; raises UnsupportedWrite where the file has none of that name."""
    for part in book.parts.related(book.sheet_part(table.sheet), "table"):
        document = book.parts.document(part)
        marks = document.attributes(document.root)
        if (marks.get("displayName") or marks.get("name") or "").casefold() == table.name.casefold():
            return part
    raise UnsupportedWrite(f"expected a part for the table {table.name!r}, got none")


def set_filter(book: BookFile, table: Table, edit: Filter) -> None:
    """The filter of a table."""
    part = find_part(book, table)
    document = book.parts.document(part)
    area = table.range
    if table.totals_rows:
        area = type(area)(area.top, area.left, area.bottom - table.totals_rows, area.right)
    new = book.sheet(table.sheet).autofilter(area, edit, prefix=document.root.prefix)
    present = document.root.child("autoFilter")
    if present is not None:
        document.replace(present.start, present.end, new)
    else:
        document.replace(document.root.inner_start, document.root.inner_start, new)
    book.parts.write(part, document.result())


def _remove(book: BookFile, table: Table) -> None:
    part = find_part(book, table)
    sheet_part = book.sheet_part(table.sheet)
    key = next(rel.id for rel in book.parts.relations(sheet_part) if rel.target == part)
    file = book.sheet(table.sheet)
    section = file.root.child("tableParts")
    for child in section.children if section else ():
        if file.document.local_attribute(child, "id") == key:
            file.remove_child(child)
            assert section is not None
            left = len(section.children) - 1
            if left:
                file.change(section, count=str(left))
    file.settle()
    section = file.root.child("tableParts")
    if section is not None and not section.children:
        file.remove_child(section)
    book.settle()
    book.parts.unrelate(sheet_part, part)
    book.parts.remove(part)


def _rewrite(book: BookFile, old: Table, new: Table) -> None:
    part = find_part(book, old)
    if len(old.columns) != len(new.columns) and book.parts.related(part, "queryTable"):
        raise UnsupportedWrite(
            f"expected a table of cells, got {old.name!r}, whose columns come from a query"
        )
    document = book.parts.document(part)
    root = document.root
    document.set_attributes(
        root,
        ref=new.range.a1,
        totalsRowCount=str(new.totals_rows) if new.totals_rows else None,
    )
    filtered = root.child("autoFilter")
    if filtered is not None and old.range != new.range:
        area = new.range
        bottom = area.bottom - new.totals_rows
        document.set_attributes(filtered, ref=type(area)(area.top, area.left, bottom, area.right).a1)
        if old.range.width != new.range.width and filtered.children:
            raise UnsupportedWrite(f"expected a table without a filter in force, got {old.name!r}")
    if (sort := root.child("sortState")) is not None and old.range != new.range:
        document.remove(sort)
    columns = root.child("tableColumns")
    if columns is not None and old.columns != new.columns:
        _set_columns(document, columns, old, new)
    book.parts.write(part, document.result())


def _set_columns(document: Document, section: Element, old: Table, new: Table) -> None:
    present = dict(zip(old.columns, section.children, strict=False))
    if len(old.columns) == len(new.columns):
        for child, was, now in zip(section.children, old.columns, new.columns, strict=False):
            if was != now:
                document.set_attributes(child, name=header_attribute(now))
        return
    numbers = [int(document.attribute(child, "id") or 0) for child in section.children]
    free = max(numbers, default=0) + 1
    body = b""
    for name in new.columns:
        if name in present:
            body += document.raw(present[name])
            continue
        tag = b"<" + section.prefix + b'tableColumn id="%d"/>' % free
        body += with_attribute(tag, "name", header_attribute(name))
        free += 1
    document.set_attributes(section, count=str(len(new.columns)))
    document.replace(section.inner_start, section.inner_end, body)


def _follow(
    book: BookFile, table: Table, tables: tuple[Table, ...], moved: dict[str, dict[str, str | None]]
) -> None:
    """Column formulas of a table that mention renamed or lost columns."""
    part = find_part(book, table)
    document = book.parts.document(part)
    changed = False
    for element in document.root.walk():
        if element.local not in ("calculatedColumnFormula", "totalsRowFormula") or element.is_empty:
            continue
        text = document.text(element)
        probe = Snapshot((), tables, (DefinedName("probe", "=" + text),))
        new = follow_columns(probe, moved).names[0].formula.removeprefix("=")
        if new != text:
            document.replace(element.inner_start, element.inner_end, escape(new))
            changed = True
    if changed:
        book.parts.write(part, document.result())
