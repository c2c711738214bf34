"""Workbook files for the tests of the patch writer, made part by part so that every byte is known."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml"

STYLES = (
    f'<styleSheet xmlns="{MAIN}"><numFmts count="1">'
    f'<numFmt numFmtId="164" formatCode="0.0&quot;kg&quot;"/></numFmts>'
    '<fonts count="2"><font><sz val="11"/><name val="Calibri"/><family val="2"/><scheme val="minor"/></font>'
    '<font><b/><strike/><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill><fill>'
    '<patternFill patternType="gray125"/></fill>'
    '</fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="3"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="164" fontId="1" fillId="0" borderId="0" xfId="0" applyProtection="1">'
    '<protection locked="0"/></xf>'
    '<xf numFmtId="14" fontId="0" fillId="0" borderId="0" xfId="0"/></cellXfs></styleSheet>'
)
STRINGS = (
    f'<sst xmlns="{MAIN}" count="3" uniqueCount="3"><si><t>Name</t></si>'
    "<si><r><rPr><b/></rPr><t>bo</t></r><r><t>ld</t></r></si><si><t>zeta</t></si></sst>"
)


def sheet(
    rows: str, *, before: str = "", after: str = "", extra: str = "", prefix: str = "", root: str = ""
) -> str:
    """A worksheet part of `rows` and elements before and after them."""
    colon = f"{prefix}:" if prefix else ""
    name = f"xmlns:{prefix}" if prefix else "xmlns"
    return (
        f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<{colon}worksheet {name}="{MAIN}" '
        f""
        f'xmlns:r="{OFFICE}"{root}>{before}<{colon}sheetData>{rows}</{colon}sheetData>{after}{extra}</{colon}worksheet>'
    )


def relationships(items: Mapping[str, tuple[str, str]]) -> str:
    """A relationships part of id -> (kind, target)."""
    body = "".join(
        f'<Relationship Id="{key}" Type="{OFFICE}/{kind}" Target="{target}"/>'
        for key, (kind, target) in items.items()
    )
    return f'<Relationships xmlns="{PACKAGE}/relationships">{body}</Relationships>'


def book_parts(
    sheets: Mapping[str, str],
    *,
    names: str = "",
    calc: str = '<calcPr calcId="191029"/>',
    parts: Mapping[str, str] | None = None,
    kinds: Mapping[str, str] | None = None,
    relations: Mapping[str, tuple[str, str]] | None = None,
) -> dict[str, str]:
    """The parts of a workbook of sheet name -> worksheet part; `kinds` gives content types of more parts."""
    links = {f"rId{n}": ("worksheet", f"worksheets/sheet{n}.xml") for n in range(1, len(sheets) + 1)}
    links |= {"rIdS": ("styles", "styles.xml"), "rIdT": ("sharedStrings", "sharedStrings.xml")}
    links |= dict(relations or {})
    tabs = "".join(f'<sheet name="{name}" sheetId="{n}" r:id="rId{n}"/>' for n, name in enumerate(sheets, 1))
    defined = f"<definedNames>{names}</definedNames>" if names else ""
    overrides = {
        "/xl/workbook.xml": f"{TYPES}.sheet.main+xml",
        "/xl/styles.xml": f"{TYPES}.styles+xml",
        "/xl/sharedStrings.xml": f"{TYPES}.sharedStrings+xml",
        **{f"/xl/worksheets/sheet{n}.xml": f"{TYPES}.worksheet+xml" for n in range(1, len(sheets) + 1)},
        **dict(kinds or {}),
    }
    types = "".join(f'<Override PartName="{part}" ContentType="{kind}"/>' for part, kind in overrides.items())
    made = {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types"><Default Extension="xml" '
        f'ContentType="application/xml"/><Default Extension="rels" '
        f'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>{types}</Types>',
        "_rels/.rels": relationships({"rId1": ("officeDocument", "xl/workbook.xml")}),
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}">'
        f"<sheets>{tabs}</sheets>{defined}{calc}"
        "</workbook>",
        "xl/_rels/workbook.xml.rels": relationships(links),
        "xl/styles.xml": STYLES,
        "xl/sharedStrings.xml": STRINGS,
    }
    for number, part in enumerate(sheets.values(), 1):
        made[f"xl/worksheets/sheet{number}.xml"] = part
    return made | dict(parts or {})


def zipped(parts: Mapping[str, str | bytes], comment: bytes = b"") -> bytes:
    """A zip of parts in that order."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(zipfile.ZipInfo(name, (2024, 5, 6, 7, 8, 10)), text, zipfile.ZIP_DEFLATED)
        archive.comment = comment
    return stream.getvalue()


def member(data: bytes, name: str) -> str:
    """The text of a member of a zip."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return archive.read(name).decode()


def simple_book() -> bytes:
    """Two sheets: a small table of numbers with shared and plain formulas, and one that refers to it."""
    first = sheet(
        '<row r="1" spans="1:3"><c r="A1" t="s"><v>0</v></c><c r="B1" t="inlineStr"><is>'
        "<t>Value</t></is></c></row>"
        '<row r="2"><c r="A2" t="s"><v>2</v></c><c r="B2" s="1"><v>4</v></c>'
        '<c r="C2"><f t="shared" ref="C2:C4" si="0">B2*$B$1</f><v>8</v></c></row>'
        '<row r="3"><c r="A3" t="s"><v>1</v></c><c r="B3"><v>5</v></c><c r="C3">'
        '<f t="shared" si="0"/><v>10</v></c></row>'
        '<row r="4"><c r="A4"/><c r="B4"><v>6</v></c><c r="C4"><f t="shared" si="0"/><v>12</v></c></row>',
        before='<dimension ref="A1:C4"/>',
    )
    second = sheet('<row r="1"><c r="A1"><f>SUM(Data!B2:B4)</f><v>15</v></c></row>')
    return zipped(book_parts({"Data": first, "Totals": second}))
