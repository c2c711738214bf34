"""The calculation image: the least .xlsx that holds all an engine needs of a Snapshot, and nothing else.

Every engine loads this image, never the person's file, so no engine can ever see a cached value of a
formula cell: there is none in it. Kept: values, formulas, array formulas, tables, names, the date system,
hidden rows (SUBTOTAL and AGGREGATE look at them). Left out: styles, caches, charts, links to other workbooks.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from xml.sax.saxutils import escape

from cellwright.calc.dialect import engine_formula
from cellwright.reference import Cell, SheetCell, column_letters
from cellwright.workbook.model import Content, DefinedName, ErrorValue, Sheet, Snapshot, Table

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_DYNAMIC = "http://schemas.microsoft.com/office/spreadsheetml/2017/dynamicarray"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_SHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_STYLES = (
    f'{_HEAD}<styleSheet xmlns="{_MAIN}">'
    '<fonts count="1"><font><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill>'
    '<fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)
_METADATA = (
    f'{_HEAD}<metadata xmlns="{_MAIN}" xmlns:xda="{_DYNAMIC}">'
    '<metadataTypes count="1"><metadataType name="XLDAPR" minSupportedVersion="120000" copy="1" pasteAll="1" '
    'pasteValues="1" merge="1" splitFirst="1" rowColShift="1" clearFormats="1" clearComments="1" assign="1" '
    'coerce="1" cellMeta="1"/></metadataTypes><futureMetadata name="XLDAPR" count="1"><bk><extLst>'
    '<ext uri="{bdbb8cdc-fa1e-496e-a857-3c3f30c029c3}">'
    '<xda:dynamicArrayProperties fDynamic="1" fCollapsed="0"/></ext></extLst></bk></futureMetadata>'
    '<cellMetadata count="1"><bk><rc t="1" v="0"/></bk></cellMetadata></metadata>'
)


def _text(value: str) -> str:
    """Text for XML; what XML cannot hold travels as Excel's `_xHHHH_`."""
    value = re.sub(r"_(?=x[0-9A-Fa-f]{4}_)", "_x005F_", value)
    return escape(_ILLEGAL.sub(lambda match: f"_x{ord(match[0]):04X}_", value), {"\r": "_x000D_"})


def _cell(address: Cell, content: Content, sheet: str, snapshot: Snapshot, strings: dict[str, int]) -> str:
    reference = f"{column_letters(address.column)}{address.row + 1}"
    if content.formula is not None:
        at = SheetCell(sheet, address)
        plain = engine_formula(content.formula, at, snapshot, spills=content.array is not None)
        text = escape(_ILLEGAL.sub("", plain.removeprefix("=")))
        if content.array is None:
            return f'<c r="{reference}"><f>{text}</f></c>'
        meta = ' cm="1"' if content.array.is_dynamic else ""
        return f'<c r="{reference}"{meta}><f t="array" ref="{content.array.range.a1}">{text}</f></c>'
    value = content.value
    if isinstance(value, bool):
        return f'<c r="{reference}" t="b"><v>{int(value)}</v></c>'
    if isinstance(value, str):
        index = strings.setdefault(value, len(strings))
        return f'<c r="{reference}" t="s"><v>{index}</v></c>'
    if isinstance(value, ErrorValue):
        return f'<c r="{reference}" t="e"><v>{value.value}</v></c>'
    return f'<c r="{reference}"><v>{value!r}</v></c>'


def _rows(sheet: Sheet, snapshot: Snapshot, strings: dict[str, int]) -> Iterator[str]:
    skipped = spilled_cells(sheet)
    row = -1
    hidden = sheet.hidden_rows
    for address, content in sheet.cells.items():
        if content.is_blank or address in skipped:
            continue
        if address.row != row:
            if row >= 0:
                yield "</row>"
            row = address.row
            yield f'<row r="{row + 1}" hidden="1">' if row in hidden else f'<row r="{row + 1}">'
        yield _cell(address, content, sheet.name, snapshot, strings)
    if row >= 0:
        yield "</row>"


def spilled_cells(sheet: Sheet) -> frozenset[Cell]:
    """Cells whose value is a cached part of some array formula's result, not something a person typed."""
    return frozenset(
        cell
        for master, array in sheet.cells.arrays.items()
        for cell in array.range.cells()
        if cell != master and sheet.formula(cell) is None
    )


def _sheet_part(sheet: Sheet, snapshot: Snapshot, strings: dict[str, int]) -> str:
    body = "".join(_rows(sheet, snapshot, strings))
    tables = snapshot.tables_on(sheet.name)
    parts = "".join(f'<tablePart r:id="rId{i + 1}"/>' for i in range(len(tables)))
    listed = f'<tableParts count="{len(tables)}">{parts}</tableParts>' if tables else ""
    return (
        f'{_HEAD}<worksheet xmlns="{_MAIN}" xmlns:r="{_OFFICE}">'
        f"<sheetData>{body}</sheetData>{listed}</worksheet>"
    )


def _table_part(table: Table, number: int) -> str:
    columns = "".join(
        f'<tableColumn id="{i + 1}" name="{_attribute(name)}"/>' for i, name in enumerate(table.columns)
    )
    return (
        f'{_HEAD}<table xmlns="{_MAIN}" id="{number}" name="{_attribute(table.name)}" '
        f'displayName="{_attribute(table.name)}" ref="{table.range.a1}" headerRowCount="{table.header_rows}" '
        f'totalsRowCount="{table.totals_rows}"><tableColumns count="{len(table.columns)}">{columns}'
        "</tableColumns></table>"
    )


def _attribute(value: str) -> str:
    return escape(value, {'"': "&quot;", "\n": "&#10;", "\r": "&#13;", "\t": "&#9;"})


def _name(name: DefinedName, snapshot: Snapshot) -> str:
    scope = ""
    if name.scope is not None:
        folded = name.scope.casefold()
        index = next((i for i, s in enumerate(snapshot.sheet_names) if s.casefold() == folded), None)
        if index is None:
            return ""
        scope = f' localSheetId="{index}"'
    text = escape(name.formula.removeprefix("="))
    return f'<definedName name="{_attribute(name.name)}"{scope}>{text}</definedName>'


def _relationships(targets: list[tuple[str, str]]) -> str:
    entries = "".join(
        f'<Relationship Id="rId{i + 1}" Type="{_OFFICE}/{kind}" Target="{target}"/>'
        for i, (kind, target) in enumerate(targets)
    )
    return f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">{entries}</Relationships>'


def calculation_image(snapshot: Snapshot) -> bytes:
    """The .xlsx bytes that engines load; members are stored uncompressed (they live for one pipe)."""
    strings: dict[str, int] = {}
    parts: dict[str, str] = {}
    types: list[tuple[str, str]] = [("/xl/workbook.xml", f"{_SHEET_TYPE}.sheet.main+xml")]
    targets: list[tuple[str, str]] = []
    tables_so_far = 0
    for index, sheet in enumerate(snapshot.sheets, start=1):
        tables = snapshot.tables_on(sheet.name)
        parts[f"xl/worksheets/sheet{index}.xml"] = _sheet_part(sheet, snapshot, strings)
        types.append((f"/xl/worksheets/sheet{index}.xml", f"{_SHEET_TYPE}.worksheet+xml"))
        targets.append(("worksheet", f"worksheets/sheet{index}.xml"))
        links: list[tuple[str, str]] = []
        for table in tables:
            tables_so_far += 1
            parts[f"xl/tables/table{tables_so_far}.xml"] = _table_part(table, tables_so_far)
            types.append((f"/xl/tables/table{tables_so_far}.xml", f"{_SHEET_TYPE}.table+xml"))
            links.append(("table", f"../tables/table{tables_so_far}.xml"))
        if links:
            parts[f"xl/worksheets/_rels/sheet{index}.xml.rels"] = _relationships(links)
    sheets = "".join(
        f'<sheet name="{_attribute(name)}" sheetId="{i + 1}" r:id="rId{i + 1}"/>'
        for i, name in enumerate(snapshot.sheet_names)
    )
    names = "".join(_name(name, snapshot) for name in snapshot.names)
    date_system = ' date1904="1"' if snapshot.is_1904 else ""
    parts["xl/workbook.xml"] = (
        f'{_HEAD}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}">'
        f"<workbookPr{date_system}/><sheets>{sheets}</sheets>"
        + (f"<definedNames>{names}</definedNames>" if names else "")
        + "</workbook>"
    )
    items = "".join(f'<si><t xml:space="preserve">{_text(text)}</t></si>' for text in strings)
    parts["xl/sharedStrings.xml"] = (
        f'{_HEAD}<sst xmlns="{_MAIN}" count="{len(strings)}" uniqueCount="{len(strings)}">{items}</sst>'
    )
    parts["xl/styles.xml"] = _STYLES
    parts["xl/metadata.xml"] = _METADATA
    for kind, target, content_type in (
        ("sharedStrings", "sharedStrings.xml", "sharedStrings+xml"),
        ("styles", "styles.xml", "styles+xml"),
        ("sheetMetadata", "metadata.xml", "sheetMetadata+xml"),
    ):
        targets.append((kind, target))
        types.append((f"/xl/{target}", f"{_SHEET_TYPE}.{content_type}"))
    parts["xl/_rels/workbook.xml.rels"] = _relationships(targets)
    parts["_rels/.rels"] = _relationships([("officeDocument", "xl/workbook.xml")])
    overrides = "".join(f'<Override PartName="{part}" ContentType="{kind}"/>' for part, kind in types)
    parts["[Content_Types].xml"] = (
        f'{_HEAD}<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{overrides}</Types>'
    )
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part.encode("utf-8", "replace"))
    return file.getvalue()
