"""Reading a workbook: from a file to an immutable Snapshot, under the limits of `precheck`.

Read: values, formulas, formats, tables, names, merges, validations, conditional formats, comments, what is
hidden, widths, frozen panes, filters. Not read, and left to the patch writer to copy: drawings, charts, pivot
tables, macros, external links, printing. Chart sheets and dialog sheets are passed over. Part structure:
ECMA-376 part 1, 12.3.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from xml.etree.ElementTree import Element

from cellwright.errors import NotAWorkbook, WorkbookCorrupt
from cellwright.workbook.columns import from_file
from cellwright.workbook.markup import integer, is_true
from cellwright.workbook.model import DefinedName, Sheet, Snapshot, SourceFile, Table, Visibility
from cellwright.workbook.package import Package, Relationship
from cellwright.workbook.precheck import load
from cellwright.workbook.read_comments import read_persons
from cellwright.workbook.read_sheet import BookContext, read_sheet
from cellwright.workbook.scan import read_shared_strings
from cellwright.workbook.styles import read_styles
from cellwright.workbook.texts import TextPool


def read_workbook(path: Path | str) -> Snapshot:
    """The workbook at `path`; its `source` says which file it was, for the patch writer.

    Raises NotAWorkbook, UnsupportedFormat, WorkbookCorrupt or LimitExceeded, each with one line for a person.
    """
    path = Path(path)
    data = load(path)
    return read_workbook_bytes(data, path)


def read_workbook_bytes(data: bytes, path: Path | str | None = None) -> Snapshot:
    """The workbook in `data`; with `path`, the file that holds these bytes, it gets a `source`."""
    path = None if path is None else Path(path)
    with Package(data, "the workbook" if path is None else path.name) as package:
        return _read(package, None if path is None else _source(path, data))


def _source(path: Path, data: bytes) -> SourceFile:
    try:
        modified = path.stat().st_mtime_ns
    except OSError as error:
        raise NotAWorkbook(f"expected a readable workbook, got {error.strerror}: {path}") from error
    return SourceFile(path, len(data), modified, hashlib.sha256(data).hexdigest())


def _read(package: Package, source: SourceFile | None) -> Snapshot:
    main = package.main_part
    root = package.tree(main)
    relationships = package.relationships(main)

    def part_of(kind: str) -> str | None:
        found = (r.target for r in relationships.values() if r.type == kind and not r.is_external)
        return next((target for target in found if package.has(target)), None)

    def tree_of(kind: str) -> Element | None:
        part = part_of(kind)
        return None if part is None else package.tree(part)

    texts = part_of("sharedStrings")
    persons = tree_of("person")
    properties = root.find("workbookPr")
    is_1904 = properties is not None and is_true(properties.get("date1904"))
    book = BookContext(
        package=package,
        styles=read_styles(tree_of("styles"), tree_of("theme")),
        shared_texts=TextPool.of(())
        if texts is None
        else read_shared_strings(lambda: package.chunks(texts), f"{texts} of {package.where}"),
        dynamic=_dynamic_arrays(tree_of("sheetMetadata")),
        persons={} if persons is None else read_persons(persons),
        is_1904=is_1904,
    )
    sheets: list[Sheet] = []
    tables: list[Table] = []
    elements = root.findall("sheets/sheet")
    for element in elements:
        part = _worksheet_part(element, relationships, package)
        if part is None:
            continue
        sheet, own = read_sheet(book, element.get("name") or "", part, _visibility(element))
        sheets.append(sheet)
        tables += own
    if not elements:
        raise WorkbookCorrupt(f"expected at least one sheet, got none: {package.where}")
    names = _names(root, [element.get("name") or "" for element in elements])
    return Snapshot(tuple(sheets), tuple(tables), names, is_1904, source=source)


def _worksheet_part(element: Element, relationships: dict[str, Relationship], package: Package) -> str | None:
    """The part of a sheet; None where it is a chart, dialog or macro sheet, or a module without a part."""
    name = element.get("name") or ""
    key = element.get("r.id")
    if not key:
        return None
    relationship = relationships.get(key)
    if relationship is None or not relationship.target:
        raise WorkbookCorrupt(f"expected a part for the sheet {name!r}, got none: {package.where}")
    if relationship.type != "worksheet":
        return None
    if not package.has(relationship.target):
        raise WorkbookCorrupt(
            f"expected the part {relationship.target} of the sheet {name!r}, got none: {package.where}"
        )
    return relationship.target


def _visibility(element: Element) -> Visibility:
    state = element.get("state")
    return next((known for known in Visibility if known.value == state), Visibility.VISIBLE)


def _dynamic_arrays(metadata: Element | None) -> frozenset[int]:
    """The 1-based `cm` indices whose metadata says that the formula is a dynamic array."""
    if metadata is None:
        return frozenset()
    types = [element.get("name") for element in metadata.iterfind("metadataTypes/metadataType")]
    arrays = next((e for e in metadata.iterfind("futureMetadata") if e.get("name") == "XLDAPR"), None)
    flags = []
    for block in () if arrays is None else arrays.iterfind("bk"):
        properties = next(block.iter("xda.dynamicArrayProperties"), None)
        flags.append(properties is not None and is_true(properties.get("fDynamic")))
    found = set()
    for number, block in enumerate(metadata.iterfind("cellMetadata/bk"), start=1):
        for record in block.iterfind("rc"):
            kind, value = integer(record.get("t"), 0), integer(record.get("v"), -1)
            is_array = 0 < kind <= len(types) and types[kind - 1] == "XLDAPR"
            if is_array and 0 <= value < len(flags) and flags[value]:
                found.add(number)
    return frozenset(found)


def _names(root: Element, sheets: list[str]) -> tuple[DefinedName, ...]:
    """The defined names; `localSheetId` counts all sheets, chart sheets too."""
    found = []
    for element in root.iterfind("definedNames/definedName"):
        if not (element.text or "").strip():
            continue  # a macro that the workbook only lists
        scope = integer(element.get("localSheetId"), -1)
        found.append(
            DefinedName(
                name=element.get("name") or "",
                formula=from_file(element.text or ""),
                scope=sheets[scope] if 0 <= scope < len(sheets) else None,
                is_hidden=is_true(element.get("hidden")),
            )
        )
    return tuple(found)
