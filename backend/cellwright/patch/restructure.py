"""Rows and columns inserted into or deleted from a file: everything that has a place on the sheet moves.

Cells, merges, rules, validations, links, filters, views, breaks, widths, comments with their boxes, drawings,
controls, tables, pivot tables and their sources move by geometry; formulas outside cells are rewritten
(`mentions`); formulas in cells follow from the snapshot. A part that we don't know how to move is refused by
name, and then nothing is written.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from cellwright.edits.model import DeleteColumns, DeleteRows, InsertColumns, InsertRows
from cellwright.edits.structure import structure_change
from cellwright.edits.structure_facts import moved_cell, moved_range, moved_ranges
from cellwright.errors import ReferenceSyntaxError, UnsupportedWrite
from cellwright.formula import Axis, StructureChange, shift_structure
from cellwright.patch import anchors, mentions, moved_grid
from cellwright.patch.book_file import BookFile
from cellwright.patch.sheet_file import ORDER, SheetFile, ranges, sqref
from cellwright.patch.spans import Document, Element, with_attribute
from cellwright.reference import Cell, Range
from cellwright.workbook.model import Sheet, Snapshot

StructureEdit = InsertRows | InsertColumns | DeleteRows | DeleteColumns

_EXTENSIONS = frozenset(
    {
        "{78C0D931-6437-407D-A8EE-F0AAD7539E65}",  # conditional formats
        "{CCE6A557-97BC-4B89-ADB6-D9C93CAAB3DF}",  # data validations
        "{05C60535-1F16-4FD2-B633-F4F36F0B64E0}",  # sparklines
        "{A8765BA9-456A-4DAB-B4F3-ACF838C121DE}",  # slicers of pivot tables
        "{3A4CF648-6AED-40F4-86FF-DC5316D8AED3}",  # slicers of tables
        "{7E03D99C-DC04-49D9-9315-930204A7B6E9}",  # timelines
        "{FC87AEE6-9EDD-4A0A-B7FB-166176984837}",  # protected ranges
        "{01252117-D84E-4E92-8308-4BE1C098FCBB}",  # ignored errors
        "{F7C9EE02-42E1-4005-9D12-6889AFFD525C}",  # add-ins
        "{64002731-A6B0-56B0-2670-7721B7C09600}",  # page layout view of Excel for Mac
        "HTTP://SCHEMAS.MICROSOFT.COM/OFFICE/MAC/EXCEL/2008/MAIN",  # the same, as older ones name it
    }
)
_REFUSED = {"scenarios": "scenarios", "webPublishItems": "web publishing", "smartTags": "smart tags"}
_ONE_RANGE = frozenset({"mergeCell", "hyperlink", "sortCondition", "sortState", "autoFilter", "dimension"})
_AREAS = frozenset({"conditionalFormatting", "dataValidation", "protectedRange", "ignoredError"})
_VIEW = frozenset({"sheetView", "customSheetView", "pane"})


def restructure(book: BookFile, before: Snapshot, after: Snapshot, edit: StructureEdit) -> Snapshot:
    """Move everything but the formulas of cells; gives the snapshot that the file then holds.

    Raises UnsupportedWrite, naming it, for what can't move.
    """
    sheet = before.sheet(edit.sheet)
    change = replace(structure_change(edit), sheet=sheet.name)
    mentions.require_no_logs(book)
    file = book.sheet(sheet.name)
    _require_movable(book, file, sheet.name)
    _move_cells(file, change)
    _move_facts(file, change, after.sheet(sheet.name))
    book.settle()
    _move_pivots(book, change)
    _move_boxes(book, change)

    def shifted(text: str, formula_sheet: str) -> str:
        return shift_structure(text, formula_sheet, change)

    mentions.rewrite_mentions(book, shifted)
    book.drop_chain()
    book.needs_calculation()
    return _as_moved(before, after, change)


def _as_moved(before: Snapshot, after: Snapshot, change: StructureChange) -> Snapshot:
    """`after` with the formulas of `before`: cells moved, their texts not yet."""

    def held(new: Sheet) -> Sheet:
        old = before.sheet(new.name)
        cells = old.cells
        if new.name == change.sheet:
            cells = cells.shifted(change.axis is Axis.ROWS, change.at, change.count)
            arrays = {}
            for master, array in old.cells.arrays.items():
                place, area = moved_cell(master, change), moved_range(array.range, change)
                if place is not None and area is not None and area != array.range:
                    arrays[place] = replace(old.content(master), array=replace(array, range=area))
            cells = cells.replaced(arrays) if arrays else cells
        return replace(new, cells=cells, freeze=old.freeze if new.name == change.sheet else new.freeze)

    sheets = tuple(held(sheet) for sheet in after.sheets)
    return replace(after, sheets=sheets, tables=before.tables)


def _require_movable(book: BookFile, file: SheetFile, name: str) -> None:
    for child in file.root.children:
        local = child.local
        if local in _REFUSED:
            raise _refusal(_REFUSED[local], name)
        if local not in ORDER and local != "AlternateContent":
            raise _refusal(f"an unknown part <{local}>", name)
    extensions = file.root.child("extLst")
    for child in extensions.children if extensions else ():
        uri = (file.document.attribute(child, "uri") or "").upper()
        if uri not in _EXTENSIONS:
            raise _refusal(f"an unknown extension {uri}", name)
    for rel in book.parts.relations(book.sheet_part(name)):
        if rel.kind == "tableSingleCells":
            raise _refusal("cells mapped to XML", name)


def _refusal(what: str, sheet: str) -> UnsupportedWrite:
    return UnsupportedWrite(f"expected a sheet whose parts can all move, got {what} on {sheet!r}")


def _move_cells(file: SheetFile, change: StructureChange) -> None:
    for splices in (moved_grid.own_formulas, lambda grid: moved_grid.moved_rows(grid, change)):
        for start, end, new in splices(file.grid):
            file.document.replace(start, end, new)
            file.mark_changed()
        file.settle()


def _move_facts(file: SheetFile, change: StructureChange, after: Sheet) -> None:
    document = file.document
    if change.axis is Axis.COLUMNS:
        _move_columns(file, change, after)
    gone: set[int] = set()
    emptied: list[Element] = []
    for element in document.root.walk():
        local = element.local
        if local == "cols" or element.start in gone:
            continue
        keeps = True
        if local in _ONE_RANGE:
            keeps = _move_attribute(document, element, "ref", change, is_merge=local == "mergeCell")
            if local == "autoFilter" and after.autofilter is None and _is_top(file, element):
                keeps = False
        elif local in _AREAS and document.attribute(element, "sqref") is not None:
            keeps = _move_areas(document, element, change)
        elif local == "sqref":
            moved = moved_ranges(ranges(document.text(element)), change)
            if moved:
                document.set_text(element, sqref(moved))
            else:
                emptied.append(element)
        elif local == "selection":
            _move_selection(document, element, change)
        elif local in _VIEW:
            _move_view(document, element, change)
        elif local == "brk":
            keeps = _move_break(document, element, change, document.root)
        elif local == "cellWatch":
            keeps = _move_attribute(document, element, "r", change)
        if not keeps:
            document.remove(element)
            gone.update(child.start for child in element.walk())
    _remove_emptied(document, emptied)
    file.mark_changed()
    file.settle()
    _drop_empty(file)


def _is_top(file: SheetFile, element: Element) -> bool:
    return any(child.start == element.start for child in file.root.children)


def _remove_emptied(document: Document, emptied: list[Element]) -> None:
    """Remove the rules of the extension list whose `sqref` has nothing left, and what then is empty."""
    parents = {child.start: element for element in document.root.walk() for child in element.children}
    gone = {parents[element.start].start for element in emptied}
    grew = True
    while grew:
        emptier = {
            parents[start].start
            for start in gone
            if parents[start] is not document.root
            and all(child.start in gone for child in parents[start].children)
        }
        grew = not emptier <= gone
        gone |= emptier
    for start in gone:
        parent = parents[start]
        if parent.start in gone:
            continue
        document.remove(next(child for child in parent.children if child.start == start))
    for parent in {parents[start].start: parents[start] for start in gone}.values():
        if parent.start not in gone and document.attribute(parent, "count") is not None:
            left = sum(child.start not in gone for child in parent.children)
            document.set_attributes(parent, count=str(left))


def _move_attribute(
    document: Document, element: Element, name: str, change: StructureChange, is_merge: bool = False
) -> bool:
    """Move a range in an attribute; False where nothing is left of it."""
    text = document.attribute(element, name)
    try:
        area = Range.parse(text or "")
    except ReferenceSyntaxError:
        return True
    moved = moved_range(area, change)
    if moved is None or (is_merge and moved.is_cell):
        return element.local == "dimension"
    if moved != area:
        document.set_attributes(element, **{name: moved.a1})
    return True


def _move_areas(document: Document, element: Element, change: StructureChange) -> bool:
    old = ranges(document.attribute(element, "sqref") or "")
    moved = moved_ranges(old, change)
    if moved and moved != old:
        document.set_attributes(element, sqref=sqref(moved))
    return bool(moved)


def _clamped(cell: Cell, change: StructureChange) -> Cell:
    """Where a cell goes; a deleted one to what took its place."""
    moved = moved_cell(cell, change)
    if moved is not None:
        return moved
    return Cell(change.at, cell.column) if change.axis is Axis.ROWS else Cell(cell.row, change.at)


def _move_selection(document: Document, element: Element, change: StructureChange) -> None:
    marks = document.attributes(element)
    new: dict[str, str | None] = {}
    try:
        if "activeCell" in marks:
            active = _clamped(Cell.parse(marks["activeCell"]), change)
            areas = moved_ranges(ranges(marks.get("sqref", marks["activeCell"])), change)
            holds = any(active in area for area in areas)
            new = {"activeCell": active.a1, "sqref": sqref(areas) if holds else active.a1}
            if not holds:
                new["activeCellId"] = None
    except ReferenceSyntaxError:
        new = {"activeCell": None, "sqref": None}
    if new:
        document.set_attributes(element, **new)


def _move_view(document: Document, element: Element, change: StructureChange) -> None:
    text = document.attribute(element, "topLeftCell")
    if text is None:
        return
    try:
        moved = _clamped(Cell.parse(text), change)
    except ReferenceSyntaxError:
        return
    document.set_attributes(element, topLeftCell=moved.a1)


def _move_break(document: Document, element: Element, change: StructureChange, root: Element) -> bool:
    parent = next((e for e in root.walk() if any(c.start == element.start for c in e.children)), None)
    is_rows = parent is not None and parent.local == "rowBreaks"
    if is_rows != (change.axis is Axis.ROWS):
        return True
    text = document.attribute(element, "id") or ""
    if not text.isdigit():
        return True
    moved = change.moved(int(text))
    if moved is None or moved == 0:
        return False
    document.set_attributes(element, id=str(moved))
    return True


def _drop_empty(file: SheetFile) -> None:
    """Sections left without children go, and counts follow."""
    document = file.document
    for element in file.root.children:
        if element.local not in ("mergeCells", "dataValidations", "hyperlinks", "rowBreaks", "colBreaks",
                                 "protectedRanges", "ignoredErrors", "cellWatches"):  # fmt: skip
            continue
        if not element.children and not element.is_empty:
            document.remove(element)
        elif document.attribute(element, "count") is not None:
            marks = {"count": str(len(element.children))}
            if document.attribute(element, "manualBreakCount") is not None:
                manual = sum(document.attribute(e, "man") in ("1", "true") for e in element.children)
                marks["manualBreakCount"] = str(manual)
            document.set_attributes(element, **marks)
    file.mark_changed()
    file.settle()


def _move_columns(file: SheetFile, change: StructureChange, after: Sheet) -> None:
    """The `cols` section: spans move, and inserted columns are like the one before them."""
    document, section = file.document, file.root.child("cols")
    if section is None:
        return
    body = b""
    for child in section.children:
        marks = document.attributes(child)
        first, last = int(marks["min"]) - 1, int(marks["max"]) - 1
        span = change.moved_span(first, last)
        if span is None:
            continue
        start, end = span
        if change.count > 0 and last == change.at - 1:
            end = min(last + change.count, 16_383)  # the column before the inserted ones lends its facts
        if change.count > 0 and first == change.at and first > 0:
            start = first + change.count
        tag = with_attribute(document.tag(child), "min", str(start + 1))
        body += with_attribute(tag, "max", str(end + 1))
    if body:
        document.replace(section.inner_start, section.inner_end, body)
    else:
        document.remove(section)
    file.mark_changed()


def _move_boxes(book: BookFile, change: StructureChange) -> None:
    """Comments, their boxes, and drawings of the sheet."""
    part = book.sheet_part(change.sheet)
    movers: dict[str, Callable[[Document, StructureChange], None]] = {
        "comments": anchors.move_comments,
        "threadedComment": anchors.move_comments,
        "vmlDrawing": anchors.move_legacy,
        "drawing": anchors.move_drawing,
    }
    for rel in book.parts.relations(part):
        mover = movers.get(rel.kind)
        if mover is None or rel.is_external or not book.parts.has(rel.target):
            continue
        document = mentions.scanned(book, rel.target)
        mover(document, change)
        book.parts.write(rel.target, document.result())
    file = book.sheet(change.sheet)
    anchors.move_controls(file.document, change)
    file.mark_changed()
    book.settle()


def _move_pivots(book: BookFile, change: StructureChange) -> None:
    part = book.sheet_part(change.sheet)
    for pivot in book.parts.related(part, "pivotTable"):
        document = book.parts.document(pivot)
        location = document.root.child("location")
        area = Range.parse(document.attribute(location, "ref") or "") if location else None
        if location is None or area is None:
            continue
        moved = moved_range(area, change)
        if moved is None or (moved.height, moved.width) != (area.height, area.width):
            raise UnsupportedWrite(
                f"expected rows or columns outside pivot tables, got one on {area} of {change.sheet!r}"
            )
        document.set_attributes(location, ref=moved.a1)
        book.parts.write(pivot, document.result())
    for cache in mentions.pivot_caches(book):
        document = book.parts.document(cache)
        for element in document.root.walk():
            source = document.attribute(element, "sheet") if element.local == "worksheetSource" else None
            text = document.attribute(element, "ref")
            if source is None or text is None or source.casefold() != change.sheet.casefold():
                continue
            moved = moved_range(Range.parse(text), change)
            if moved is None:
                raise UnsupportedWrite(
                    f"expected to keep the source of a pivot table, got all of {text} deleted"
                )
            document.set_attributes(element, ref=moved.a1)
        book.parts.write(cache, document.result())
