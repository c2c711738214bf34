"""Rows and columns inserted and deleted: everything that has a place moves, or is refused by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from cellwright.edits.apply import apply
from cellwright.edits.model import (
    AddConditionalFormat,
    DeleteColumns,
    DeleteRows,
    Edit,
    InsertColumns,
    InsertRows,
    RenameSheet,
    SetValues,
)
from cellwright.errors import UnsupportedWrite
from cellwright.patch import patch_bytes
from cellwright.reference import Cell, Range
from cellwright.workbook.model import ConditionalFormat
from cellwright.workbook.read import read_workbook_bytes
from tests.patch.books import (
    MAIN,
    OFFICE,
    TYPES,
    book_parts,
    member,
    relationships,
    sheet,
    simple_book,
    zipped,
)

DRAWING = "http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing"
CHART = "http://schemas.openxmlformats.org/drawingml/2006/chart"
X14 = "http://schemas.microsoft.com/office/spreadsheetml/2009/9/main"
XM = "http://schemas.microsoft.com/office/excel/2006/main"
FIRST, SECOND = "xl/worksheets/sheet1.xml", "xl/worksheets/sheet2.xml"

ROWS = "".join(
    f'<row r="{row}"><c r="A{row}"><v>{row}</v></c><c r="B{row}"><f>A{row}*2</f><v>{row * 2}</v></c></row>'
    for row in range(1, 9)
)
BEFORE = (
    '<dimension ref="A1:B8"/><sheetViews><sheetView workbookViewId="0" topLeftCell="A3">'
    '<pane ySplit="1" topLeftCell="A3" activePane="bottomLeft" state="frozen"/>'
    '<selection pane="bottomLeft" activeCell="B5" sqref="B5:B6"/></sheetView></sheetViews>'
    '<cols><col min="1" max="2" width="12" customWidth="1"/></cols>'
)
AFTER = (
    '<protectedRanges><protectedRange sqref="A4:A5" name="p"/></protectedRanges>'
    '<mergeCells count="2"><mergeCell ref="D4:D5"/><mergeCell ref="D7:E7"/></mergeCells>'
    '<conditionalFormatting sqref="B2:B8"><cfRule type="expression" priority="1">'
    "<formula>$A4&gt;3</formula></cfRule>"
    "</conditionalFormatting>"
    '<dataValidations count="1"><dataValidation type="list" sqref="C4">'
    "<formula1>$A$4:$A$6</formula1></dataValidation>"
    "</dataValidations>"
    '<hyperlinks><hyperlink ref="A5" location="\'Data\'!B6" display="x"/></hyperlinks>'
    '<rowBreaks count="1" manualBreakCount="1"><brk id="5" max="16383" man="1"/></rowBreaks>'
    '<ignoredErrors><ignoredError sqref="A5" numberStoredAsText="1"/></ignoredErrors>'
    '<drawing r:id="rId1"/><legacyDrawing r:id="rId2"/><tableParts count="1">'
    '<tablePart r:id="rId4"/></tableParts>'
    f'<extLst><ext uri="{{78C0D931-6437-407d-A8EE-F0AAD7539E65}}" xmlns:x14="{X14}">'
    f"<x14:conditionalFormattings>"
    f'<x14:conditionalFormatting xmlns:xm="{XM}">'
    f'<x14:cfRule type="expression" priority="2" id="a"><xm:f>Data!$A$5</xm:f>'
    "</x14:cfRule><xm:sqref>A5:A6</xm:sqref></x14:conditionalFormatting></x14:conditionalFormattings></ext></extLst>"
)
TABLE = (
    f'<table xmlns="{MAIN}" id="1" name="T" displayName="T" ref="G3:H6" totalsRowShown="0">'
    '<autoFilter ref="G3:H6"/>'
    '<tableColumns count="2"><tableColumn id="1" name="k"/><tableColumn id="2" name="v">'
    "<calculatedColumnFormula>"
    "Data!$A$5</calculatedColumnFormula></tableColumn></tableColumns></table>"
)
VML = (
    '<xml xmlns:v="urn:schemas-microsoft-com:vml" xmlns:x="urn:schemas-microsoft-com:office:excel">'
    '<v:shape id="s"><x:ClientData ObjectType="Note"><x:MoveWithCells/>'
    "<x:Anchor>1, 15, 3, 2, 3, 31, 7, 1</x:Anchor>"
    "<x:Row>4</x:Row><x:Column>0</x:Column></x:ClientData></v:shape></xml>"
)
ANCHORS = (
    f'<xdr:wsDr xmlns:xdr="{DRAWING}" xmlns:r="{OFFICE}" xmlns:c="{CHART}">'
    f"<xdr:twoCellAnchor><xdr:from><xdr:col>1</xdr:col>"
    "<xdr:colOff>0</xdr:colOff><xdr:row>5</xdr:row><xdr:rowOff>9</xdr:rowOff></xdr:from><xdr:to><xdr:col>4</xdr:col>"
    "<xdr:colOff>0</xdr:colOff><xdr:row>9</xdr:row><xdr:rowOff>0</xdr:rowOff></xdr:to>"
    '<xdr:sp textlink="Data!$A$5"/><c:chart r:id="rId1"/></xdr:twoCellAnchor></xdr:wsDr>'
)
PLOT = (
    f'<c:chartSpace xmlns:c="{CHART}"><c:ser><c:val><c:numRef><c:f>Data!$A$2:$A$6</c:f>'
    f"</c:numRef></c:val></c:ser>"
    "</c:chartSpace>"
)
COMMENTS = (
    f'<comments xmlns="{MAIN}"><authors><author>Me</author></authors><commentList>'
    '<comment ref="A5" authorId="0"><text><t>note</t></text></comment></commentList></comments>'
)
CACHE = (
    f'<pivotCacheDefinition xmlns="{MAIN}"><cacheSource type="worksheet">'
    f'<worksheetSource ref="A2:B6" sheet="Data"/>'
    "</cacheSource></pivotCacheDefinition>"
)
NAMES = (
    '<definedName name="Rate">Data!$A$5</definedName>'
    '<definedName name="_xlnm.Print_Area" localSheetId="0">Data!$A$1:$B$8</definedName>'
)


def rich_book() -> bytes:
    """A sheet with one of everything that has a place, and one that refers to it."""
    other = sheet('<row r="1"><c r="A1"><f>SUM(Data!A2:A6)</f><v>20</v></c></row>')
    parts = {
        "xl/worksheets/_rels/sheet1.xml.rels": relationships(
            {
                "rId1": ("drawing", "../drawings/drawing1.xml"),
                "rId2": ("vmlDrawing", "../drawings/vmlDrawing1.vml"),
                "rId3": ("comments", "../comments1.xml"),
                "rId4": ("table", "../tables/table1.xml"),
            }
        ),
        "xl/drawings/drawing1.xml": ANCHORS,
        "xl/drawings/_rels/drawing1.xml.rels": relationships({"rId1": ("chart", "../charts/chart1.xml")}),
        "xl/charts/chart1.xml": PLOT,
        "xl/drawings/vmlDrawing1.vml": VML,
        "xl/comments1.xml": COMMENTS,
        "xl/tables/table1.xml": TABLE,
        "xl/pivotCache/pivotCacheDefinition1.xml": CACHE,
    }
    table_rows = ROWS.replace(
        "<f>A3*2</f><v>6</v></c>",
        '<f>A3*2</f><v>6</v></c><c r="G3" t="str"><v>k</v></c><c r="H3" t="str"><v>v</v></c>',
    )
    first = sheet(table_rows, before=BEFORE, after=AFTER)
    relations = {"rIdP": ("pivotCacheDefinition", "pivotCache/pivotCacheDefinition1.xml")}
    kinds = {"/xl/tables/table1.xml": f"{TYPES}.table+xml", "/xl/comments1.xml": f"{TYPES}.comments+xml"}
    sheets = {"Data": first, "Other": other}
    return zipped(book_parts(sheets, names=NAMES, parts=parts, relations=relations, kinds=kinds))


def patched(data: bytes, *edits: Edit) -> bytes:
    return patch_bytes(data, Path("book.xlsx"), edits).data


MOVED_BY_TWO_ROWS = {
    FIRST: [
        '<dimension ref="A1:B10"/>',
        'topLeftCell="A5"',
        '<selection pane="bottomLeft" activeCell="B7" sqref="B7:B8"/>',
        '<row r="2">',
        '<row r="5"><c r="A5"><v>3</v></c><c r="B5"><f>A5*2</f><v>6</v></c>',
        '<protectedRange sqref="A6:A7" name="p"/>',
        '<mergeCells count="2"><mergeCell ref="D6:D7"/><mergeCell ref="D9:E9"/></mergeCells>',
        '<conditionalFormatting sqref="B2:B10">',
        "<formula>$A6&gt;3</formula>",
        '<dataValidation type="list" sqref="C6"><formula1>$A$6:$A$8</formula1>',
        'ref="A7" location="\'Data\'!B8"',
        '<brk id="7" max="16383" man="1"/>',
        '<ignoredError sqref="A7"',
        "<xm:f>Data!$A$7</xm:f>",
        "<xm:sqref>A7:A8</xm:sqref>",
    ],
    SECOND: ["<f>SUM(Data!A2:A8)</f>"],
    "xl/workbook.xml": ["Data!$A$7</definedName>", "Data!$A$1:$B$10</definedName>", 'fullCalcOnLoad="1"'],
    "xl/tables/table1.xml": ['ref="G5:H8" totalsRowShown="0"', '<autoFilter ref="G5:H8"/>', "Data!$A$7<"],
    "xl/comments1.xml": ['<comment ref="A7"'],
    "xl/drawings/vmlDrawing1.vml": ["<x:Anchor>1, 15, 5, 2, 3, 31, 9, 1<", "<x:Row>6</x:Row>"],
    "xl/drawings/drawing1.xml": ["<xdr:row>7</xdr:row>", "<xdr:row>11</xdr:row>", 'textlink="Data!$A$7"'],
    "xl/charts/chart1.xml": ["<c:f>Data!$A$2:$A$8</c:f>"],
    "xl/pivotCache/pivotCacheDefinition1.xml": ['ref="A2:B8" sheet="Data"'],
}


@pytest.mark.parametrize("part", MOVED_BY_TWO_ROWS)
def test_inserted_rows_move_everything_below(part: str) -> None:
    text = member(patched(rich_book(), InsertRows("Data", 2, 2)), part)
    for expected in MOVED_BY_TWO_ROWS[part]:
        assert expected in text


def test_deleted_rows_take_what_was_on_them() -> None:
    written = patched(rich_book(), DeleteRows("Data", 6, 2))
    text = member(written, FIRST)
    assert '<mergeCells count="1"><mergeCell ref="D4:D5"/></mergeCells>' in text
    assert '<row r="7">' not in text
    assert '<conditionalFormatting sqref="B2:B6">' in text
    assert "Data!$A$1:$B$6" in member(written, "xl/workbook.xml")
    assert "<xdr:row>7</xdr:row>" in member(written, "xl/drawings/drawing1.xml")


def test_deleted_rows_take_comments_and_their_boxes() -> None:
    parts = {
        "xl/worksheets/_rels/sheet1.xml.rels": relationships(
            {"rId2": ("vmlDrawing", "../drawings/vmlDrawing1.vml"), "rId3": ("comments", "../comments1.xml")}
        ),
        "xl/drawings/vmlDrawing1.vml": VML,
        "xl/comments1.xml": COMMENTS,
    }
    data = zipped(book_parts({"Data": sheet(ROWS, after='<legacyDrawing r:id="rId2"/>')}, parts=parts))
    written = patched(data, DeleteRows("Data", 4))
    assert "<comment " not in member(written, "xl/comments1.xml")
    assert "<v:shape" not in member(written, "xl/drawings/vmlDrawing1.vml")
    assert read_workbook_bytes(written).sheet("Data").comments == ()


def test_inserted_columns_move_cells_widths_and_table_columns() -> None:
    written = patched(rich_book(), InsertColumns("Data", 7))
    table = member(written, "xl/tables/table1.xml")
    assert 'ref="G3:I6"' in table
    assert '<tableColumns count="3">' in table
    assert (
        table.index('name="k"')
        < table.index('<tableColumn id="3" name="Column1"/>')
        < table.index('name="v"')
    )
    assert '<c r="H3" t="inlineStr"><is><t>Column1</t></is></c>' in member(written, FIRST)
    first = member(patched(rich_book(), InsertColumns("Data", 1)), FIRST)
    assert '<c r="C1"><f>A1*2</f><v>2</v></c>' in first
    assert '<col min="1" max="3" width="12" customWidth="1"/>' in first


def test_deleted_columns_leave_lost_references() -> None:
    written = patched(rich_book(), DeleteColumns("Data", 0))
    assert "<f>#REF!*2</f></c>" in member(written, FIRST)
    assert "<f>SUM(Data!#REF!)</f></c>" in member(written, SECOND)
    assert "<c:f>Data!#REF!</c:f>" in member(written, "xl/charts/chart1.xml")
    assert "extLst" not in member(written, FIRST)


@pytest.mark.parametrize("edit", [InsertRows("Data", 2), DeleteRows("Data", 2), InsertColumns("Data", 1)])
def test_shared_formulas_stay_right(edit: Edit) -> None:
    data = simple_book()
    assert read_workbook_bytes(patched(data, edit)) == apply(read_workbook_bytes(data), edit)


def test_a_renamed_sheet_is_followed_everywhere() -> None:
    written = patched(rich_book(), RenameSheet("Data", "It's & new"))
    quoted = "'It''s &amp; new'!"
    assert '<sheet name="It\'s &amp; new"' in member(written, "xl/workbook.xml")
    assert f"{quoted}$A$5</definedName>" in member(written, "xl/workbook.xml")
    assert f"<c:f>{quoted}$A$2:$A$6</c:f>" in member(written, "xl/charts/chart1.xml")
    assert f"<f>SUM({quoted}A2:A6)</f><v>20</v>" in member(written, SECOND)
    assert f"<xm:f>{quoted}$A$5</xm:f>" in member(written, FIRST)
    assert 'sheet="It\'s &amp; new"' in member(written, "xl/pivotCache/pivotCacheDefinition1.xml")
    assert read_workbook_bytes(written).sheet("Other").value(Cell(0, 0)) == 20.0


PIVOT = f'<pivotTableDefinition xmlns="{MAIN}" name="P"><location ref="A3:B6"/></pivotTableDefinition>'
REFUSED = {
    "pivot table": ("", "", {"pivotTable": ("../pivotTables/p.xml", PIVOT)}),
    "data table": ('<row r="1"><c r="A1"><f t="dataTable" ref="A1:A2" r1="C1"/><v>1</v></c></row>', "", {}),
    "scenarios": ("", "<scenarios/>", {}),
    "unknown extension": ("", '<extLst><ext uri="{0}"/></extLst>', {}),
    "mapped to XML": ("", "", {"tableSingleCells": ("../tables/single.xml", "<singleXmlCells/>")}),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_cannot_move_is_refused_by_name(what: str) -> None:
    rows, after, related = REFUSED[what]
    parts = {
        "xl/worksheets/_rels/sheet1.xml.rels": relationships(
            {f"rId{n}": (kind, target) for n, (kind, (target, _)) in enumerate(related.items(), 1)}
        ),
        **{"xl/" + target.removeprefix("../"): text for target, text in related.values()},
    }
    data = zipped(book_parts({"Data": sheet(rows, after=after)}, parts=parts))
    with pytest.raises(UnsupportedWrite, match=what):
        patched(data, InsertRows("Data", 4))


def test_a_cell_inside_a_pivot_table_is_refused() -> None:
    links = relationships({"rId1": ("pivotTable", "../pivotTables/p.xml")})
    parts = {"xl/worksheets/_rels/sheet1.xml.rels": links, "xl/pivotTables/p.xml": PIVOT}
    data = zipped(book_parts({"Data": sheet(ROWS)}, parts=parts))
    with pytest.raises(UnsupportedWrite, match="A4 inside the one on A3:B6"):
        patched(data, SetValues("Data", Range.parse("A4"), ((1.0,),)))
    patched(data, SetValues("Data", Range.parse("A7"), ((1.0,),)))


def test_a_filter_of_a_pivot_table_is_refused() -> None:
    pivot = PIVOT.replace('"A3:B6"', '"A5:B8" rowPageCount="1" colPageCount="1"')
    links = relationships({"rId1": ("pivotTable", "../pivotTables/p.xml")})
    parts = {"xl/worksheets/_rels/sheet1.xml.rels": links, "xl/pivotTables/p.xml": pivot}
    data = zipped(book_parts({"Data": sheet(ROWS)}, parts=parts))
    with pytest.raises(UnsupportedWrite, match="B3 inside the one on A3:B3"):
        patched(data, SetValues("Data", Range.parse("B3"), ((1.0,),)))
    for free in ("A4", "C3", "A2"):
        patched(data, SetValues("Data", Range.parse(free), ((1.0,),)))


def test_rules_get_file_prefixes() -> None:
    rule = ConditionalFormat(
        (Range.parse("A1:A8"),), "expression", None, ("=XLOOKUP(A1,B:B,C:C)>1",), fill="#FF0000"
    )
    written = patched(zipped(book_parts({"Data": sheet(ROWS)})), AddConditionalFormat("Data", rule))
    assert "<formula>_xlfn.XLOOKUP(A1,B:B,C:C)&gt;1</formula>" in member(written, FIRST)
    assert read_workbook_bytes(written).sheet("Data").conditional_formats == (rule,)
