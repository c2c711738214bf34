"""One worksheet: its cells and everything round them, from the part and the parts it points to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from cellwright.errors import LimitExceeded, ReferenceSyntaxError
from cellwright.reference import MAX_COLUMNS, MAX_ROWS, Cell, Range
from cellwright.workbook.assemble import assemble
from cellwright.workbook.markup import decimal, integer, is_true
from cellwright.workbook.model import Comment, Sheet, Table, Visibility
from cellwright.workbook.package import Package, Relationship
from cellwright.workbook.read_comments import read_comments
from cellwright.workbook.read_rules import read_conditional_formats, read_validations
from cellwright.workbook.scan import scan_sheet
from cellwright.workbook.styles import StyleSheet
from cellwright.workbook.texts import unescape


@dataclass(frozen=True)
class BookContext:
    """What every sheet of a workbook shares."""

    package: Package
    styles: StyleSheet
    shared_texts: Sequence[str]
    dynamic: frozenset[int]
    persons: Mapping[str, str]
    is_1904: bool


def read_sheet(
    book: BookContext, name: str, part: str, visibility: Visibility
) -> tuple[Sheet, tuple[Table, ...]]:
    """A worksheet and its tables; raises WorkbookCorrupt or LimitExceeded."""
    package = book.package
    where = f"{part} of {package.where}"
    scan = scan_sheet(lambda: package.chunks(part), where)
    rest = scan.rest
    cells = assemble(scan, book.shared_texts, book.styles.cells, book.dynamic, book.is_1904, where)
    relationships = package.relationships(part)
    widths, hidden_columns = _columns(rest)
    sheet = Sheet(
        name=name,
        cells=cells,
        visibility=visibility,
        merges=_merges(rest, package.limits.merged_cells, where),
        conditional_formats=read_conditional_formats(rest, book.styles),
        validations=read_validations(rest),
        comments=_comments(book, relationships),
        column_widths=widths,
        hidden_rows=frozenset(scan.hidden_rows),
        hidden_columns=hidden_columns,
        freeze=_freeze(rest),
        autofilter=_range(rest.find("autoFilter")),
        is_protected=(protection := rest.find("sheetProtection")) is not None
        and is_true(protection.get("sheet")),
        part=part,
    )
    return sheet, _tables(package, name, rest, relationships)


def _range(element: Element | None) -> Range | None:
    try:
        return None if element is None else Range.parse(element.get("ref") or "")
    except ReferenceSyntaxError:
        return None


def _merges(rest: Element, most_cells: int, where: str) -> tuple[Range, ...]:
    found = []
    for element in rest.iterfind("mergeCells/mergeCell"):
        area = _range(element)
        if area is not None and not area.is_cell:
            found.append(area)
    if sum(area.size for area in found) > most_cells:
        raise LimitExceeded(f"expected at most {most_cells:,} merged cells, got more in {where}")
    return tuple(found)


def _columns(rest: Element) -> tuple[dict[int, float], frozenset[int]]:
    widths: dict[int, float] = {}
    hidden: set[int] = set()
    for element in rest.iterfind("cols/col"):
        first = max(integer(element.get("min"), 1), 1) - 1
        last = min(integer(element.get("max"), first + 1), MAX_COLUMNS)
        if (width := element.get("width")) is not None:
            widths.update(dict.fromkeys(range(first, last), decimal(width, 0.0)))
        if is_true(element.get("hidden")):
            hidden.update(range(first, last))
    return widths, frozenset(hidden)


def _freeze(rest: Element) -> Cell | None:
    pane = rest.find("sheetViews/sheetView/pane")
    if pane is None or pane.get("state") not in ("frozen", "frozenSplit"):
        return None
    row, column = (int(decimal(pane.get(name), 0)) for name in ("ySplit", "xSplit"))
    if not (0 <= row < MAX_ROWS and 0 <= column < MAX_COLUMNS) or (row, column) == (0, 0):
        return None
    return Cell(row, column)


def _comments(book: BookContext, relationships: Mapping[str, Relationship]) -> tuple[Comment, ...]:
    def trees(kind: str) -> list[Element]:
        return [
            book.package.tree(relationship.target)
            for relationship in relationships.values()
            if relationship.type == kind
            and not relationship.is_external
            and book.package.has(relationship.target)
        ]

    return read_comments(trees("comments"), trees("threadedComment"), dict(book.persons))


def _tables(
    package: Package, sheet: str, rest: Element, relationships: Mapping[str, Relationship]
) -> tuple[Table, ...]:
    found = []
    for element in rest.iterfind("tableParts/tablePart"):
        relationship = relationships.get(element.get("r.id") or "")
        if relationship is None or not package.has(relationship.target):
            continue
        root = package.tree(relationship.target)
        area = _range(root)
        if area is None:
            continue
        style = root.find("tableStyleInfo")
        found.append(
            Table(
                name=root.get("displayName") or root.get("name") or "",
                sheet=sheet,
                range=area,
                columns=tuple(
                    unescape(column.get("name") or "") for column in root.iterfind("tableColumns/tableColumn")
                ),
                header_rows=integer(root.get("headerRowCount"), 1),
                totals_rows=integer(root.get("totalsRowCount"), 0),
                style=None if style is None else style.get("name"),
                part=relationship.target,
            )
        )
    return tuple(found)
