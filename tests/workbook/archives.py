"""Workbook files made by hand for the tests of reading: `xlsx('<row><c><v>1</v></c></row>')`."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
X14 = "http://schemas.microsoft.com/office/spreadsheetml/2009/9/main"
XM = "http://schemas.microsoft.com/office/excel/2006/main"
NAMESPACES = f'xmlns="{MAIN}" xmlns:r="{OFFICE}" xmlns:x14="{X14}" xmlns:xm="{XM}"'

ROOT_RELATIONSHIPS = (
    f'<Relationships xmlns="{PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
)
CONTENT_TYPES = (
    f'<Types xmlns="{PACKAGE}/content-types"><Override PartName="/xl/workbook.xml" ContentType='
    '"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>'
)


def worksheet(rows: str, before: str = "", after: str = "") -> str:
    """A worksheet part with those rows in `sheetData`."""
    return f"<worksheet {NAMESPACES}>{before}<sheetData>{rows}</sheetData>{after}</worksheet>"


def relationships(items: Mapping[str, tuple[str, str]]) -> str:
    """A relationships part of id -> (type, target)."""
    rows = "".join(
        f'<Relationship Id="{key}" Type="{OFFICE}/{kind}" Target="{target}"/>'
        for key, (kind, target) in items.items()
    )
    return f'<Relationships xmlns="{PACKAGE}/relationships">{rows}</Relationships>'


def shared_strings(*items: str) -> str:
    """A shared strings part of the inner XML of its items."""
    return f'<sst xmlns="{MAIN}">' + "".join(f"<si>{item}</si>" for item in items) + "</sst>"


def styles(**parts: str) -> str:
    """A styles part; a part that is not given has one default entry."""
    inner = {
        "numFmts": "",
        "fonts": "<font><sz val='11'/><name val='Calibri'/></font>",
        "fills": "<fill><patternFill patternType='none'/></fill>",
        "borders": "<border/>",
        "cellXfs": "<xf numFmtId='0' fontId='0' fillId='0' borderId='0'/>",
        "dxfs": "",
        **parts,
    }
    body = "".join(f"<{name}>{text}</{name}>" for name, text in inner.items())
    return f'<styleSheet xmlns="{MAIN}">{body}</styleSheet>'


def archive(parts: Mapping[str, str | bytes]) -> bytes:
    """A deflated zip of those members."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, text in parts.items():
            made.writestr(name, text)
    return out.getvalue()


def parts_of(
    sheet: str, *, book: str = "", extra: Mapping[str, str | bytes] | None = None
) -> dict[str, str | bytes]:
    """The parts of a workbook with one sheet (a whole worksheet part, or only its rows).

    `book` goes behind `sheets` in the workbook part. Of `extra`, styles, sharedStrings, theme and metadata
    parts get their relationship.
    """
    if "worksheet" not in sheet:
        sheet = worksheet(sheet)
    extra = dict(extra or {})
    known = {
        "xl/styles.xml": "styles",
        "xl/sharedStrings.xml": "sharedStrings",
        "xl/theme/theme1.xml": "theme",
        "xl/metadata.xml": "sheetMetadata",
        "xl/persons/person.xml": "person",
    }
    links = {"rId1": ("worksheet", "worksheets/sheet1.xml")}
    for number, name in enumerate((name for name in known if name in extra), start=2):
        links[f"rId{number}"] = (known[name], name.removeprefix("xl/"))
    return {
        "[Content_Types].xml": CONTENT_TYPES,
        "_rels/.rels": ROOT_RELATIONSHIPS,
        "xl/workbook.xml": f'<workbook {NAMESPACES}><sheets><sheet name="Sheet1" sheetId="1" r:id="rId1"/>'
        f"</sheets>{book}</workbook>",
        "xl/_rels/workbook.xml.rels": relationships(links),
        "xl/worksheets/sheet1.xml": sheet,
        **extra,
    }


def xlsx(sheet: str, *, book: str = "", extra: Mapping[str, str | bytes] | None = None) -> bytes:
    """A workbook with one sheet, `Sheet1`; see `parts_of`."""
    return archive(parts_of(sheet, book=book, extra=extra))
