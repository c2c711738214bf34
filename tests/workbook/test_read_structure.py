"""What a workbook holds besides cells: tables, names, rules, comments, hidden things, panes."""

from __future__ import annotations

from cellwright.reference import Cell, Range
from cellwright.workbook import read_workbook_bytes
from cellwright.workbook.model import (
    Comment,
    DataValidation,
    DefinedName,
    Sheet,
    Snapshot,
    Table,
    Visibility,
)
from tests.workbook.archives import (
    MAIN,
    NAMESPACES,
    archive,
    parts_of,
    relationships,
    styles,
    worksheet,
    xlsx,
)

ROW = '<row r="1"><c r="A1"><v>1</v></c></row>'


def read(before: str = "", after: str = "", rows: str = ROW, **extra: str) -> Sheet:
    """The sheet with that XML before and after its cells."""
    parts = {f"xl/{name}.xml": text for name, text in extra.items()}
    return read_workbook_bytes(xlsx(worksheet(rows, before, after), extra=parts)).sheets[0]


def book_of(sheets: str, links: dict[str, tuple[str, str]], names: str = "", **parts: str) -> Snapshot:
    """A workbook with those `sheet` elements and relationships."""
    made = parts_of(ROW) | {f"xl/{name}.xml": text for name, text in parts.items()}
    made["xl/workbook.xml"] = f"<workbook {NAMESPACES}><sheets>{sheets}</sheets>{names}</workbook>"
    made["xl/_rels/workbook.xml.rels"] = relationships(links)
    return read_workbook_bytes(archive(made))


def test_table() -> None:
    table = (
        f'<table xmlns="{MAIN}" id="1" name="T1" displayName="Sales" ref="A1:C9" totalsRowCount="1">'
        '<autoFilter ref="A1:C8"/><tableColumns count="3"><tableColumn id="1" name="Region"/>'
        '<tableColumn id="2" name="Net_x000a_amount"/><tableColumn id="3" name="A&amp;B"/></tableColumns>'
        '<tableStyleInfo name="TableStyleMedium2"/></table>'
    )
    sheet = worksheet(ROW, after='<tableParts count="1"><tablePart r:id="rId1"/></tableParts>')
    extra = {
        "xl/worksheets/_rels/sheet1.xml.rels": relationships({"rId1": ("table", "../tables/table1.xml")}),
        "xl/tables/table1.xml": table,
    }
    book = read_workbook_bytes(xlsx(sheet, extra=extra))
    assert book.tables == (
        Table(
            "Sales",
            "Sheet1",
            Range.parse("A1:C9"),
            ("Region", "Net\namount", "A&B"),
            1,
            1,
            "TableStyleMedium2",
        ),
    )
    assert book.tables[0].data == Range.parse("A2:C8")
    assert book.tables[0].part == "xl/tables/table1.xml"


def test_names_with_scopes_that_count_chart_sheets() -> None:
    book = book_of(
        '<sheet name="Chart" sheetId="1" r:id="rId1"/><sheet name="Data" sheetId="2" r:id="rId2"/>',
        {"rId1": ("chartsheet", "chartsheets/sheet1.xml"), "rId2": ("worksheet", "worksheets/sheet1.xml")},
        '<definedNames><definedName name="Rate">Data!$A$1</definedName>'
        '<definedName name="Local" localSheetId="1" hidden="1">_xlfn.SEQUENCE(3)</definedName>'
        "</definedNames>",
    )
    assert book.sheet_names == ("Data",)
    assert book.names == (
        DefinedName("Rate", "=Data!$A$1"),
        DefinedName("Local", "=SEQUENCE(3)", "Data", is_hidden=True),
    )


def test_targets_absolute_with_backslashes_and_encoded() -> None:
    target = {
        "rId1": ("worksheet", "/xl/worksheets/sheet1.xml"),
        "rId2": ("worksheet", "worksheets\\two.xml"),
        "rId3": ("worksheet", "worksheets/three%20b.xml"),
    }
    book = book_of(
        "".join(f'<sheet name="{n}" sheetId="{n}" r:id="rId{n}"/>' for n in (1, 2, 3)),
        target,
        **{"worksheets/two": worksheet(ROW), "worksheets/three b": worksheet(ROW)},
    )
    assert [len(sheet.cells) for sheet in book.sheets] == [1, 1, 1]


def test_sheets_without_a_part_are_modules_and_are_passed_over() -> None:
    book = book_of(
        '<sheet name="Module" sheetId="1"/><sheet name="Data" sheetId="2" r:id="rId2" state="veryHidden"/>',
        {"rId2": ("worksheet", "worksheets/sheet1.xml")},
    )
    assert [(sheet.name, sheet.visibility) for sheet in book.sheets] == [("Data", Visibility.VERY_HIDDEN)]


def test_the_1904_date_system() -> None:
    assert not read_workbook_bytes(xlsx(ROW)).is_1904
    parts = parts_of('<row r="1"><c r="A1" t="d"><v>1904-01-02</v></c></row>')
    parts["xl/workbook.xml"] = str(parts["xl/workbook.xml"]).replace(
        "<sheets>", '<workbookPr date1904="1"/><sheets>'
    )
    book = read_workbook_bytes(archive(parts))
    assert book.is_1904
    assert book.sheets[0].value(Cell(0, 0)) == 1.0


def test_merges() -> None:
    sheet = read(
        after='<mergeCells><mergeCell ref="A1:B2"/><mergeCell ref="D4"/><mergeCell ref="?"/></mergeCells>'
    )
    assert sheet.merges == (Range.parse("A1:B2"),)


def test_widths_and_hidden_columns_and_rows() -> None:
    sheet = read(
        before='<cols><col min="1" max="2" width="20.5" customWidth="1"/>'
        '<col min="4" max="5" hidden="true"/></cols>',
        rows='<row r="1"><c r="A1"><v>1</v></c></row><row r="3" hidden="1"/><row r="4" hidden="0"/>',
    )
    assert sheet.column_widths == {0: 20.5, 1: 20.5}
    assert sheet.hidden_columns == {3, 4}
    assert sheet.hidden_rows == {2}


def test_frozen_panes_filter_and_protection() -> None:
    sheet = read(
        before='<sheetViews><sheetView workbookViewId="0"><pane xSplit="1" ySplit="2" topLeftCell="B3" '
        'state="frozen"/></sheetView></sheetViews>',
        after='<sheetProtection sheet="1"/><autoFilter ref="A1:C9"/>',
    )
    assert sheet.freeze == Cell(2, 1)
    assert sheet.autofilter == Range.parse("A1:C9")
    assert sheet.is_protected
    split = (
        '<sheetViews><sheetView workbookViewId="0"><pane xSplit="900" ySplit="2"/></sheetView></sheetViews>'
    )
    assert read(before=split).freeze is None
    assert not read().is_protected


def test_validations_of_both_generations() -> None:
    sheet = read(
        after='<dataValidations count="2">'
        '<dataValidation type="list" allowBlank="1" sqref="A1:A9 C1" error="Pick_x000a_one">'
        "<formula1>$E$1:$E$3</formula1>"
        '</dataValidation><dataValidation type="whole" sqref="B1"><formula1>1</formula1><formula2>9'
        "</formula2>"
        "</dataValidation></dataValidations>"
        '<extLst><ext uri="{CCE6A557-97BC-4b89-ADB6-D9C93CAAB3DF}"><x14:dataValidations>'
        '<x14:dataValidation type="list" allowBlank="0"><x14:formula1><xm:f>Lists!$A$1:$A$9</xm:f>'
        "</x14:formula1>"
        "<xm:sqref>D1:D9</xm:sqref></x14:dataValidation></x14:dataValidations></ext></extLst>"
    )
    assert sheet.validations == (
        DataValidation(
            (Range.parse("A1:A9"), Range.parse("C1")), "list", None, ("=$E$1:$E$3",), True, "Pick\none"
        ),
        DataValidation((Range.parse("B1"),), "whole", "between", ("=1", "=9"), False),
        DataValidation((Range.parse("D1:D9"),), "list", None, ("=Lists!$A$1:$A$9",), False),
    )


def test_conditional_formats_of_both_generations() -> None:
    looks = styles(
        dxfs="<dxf><font><b/><color rgb='FF9C0006'/></font><fill><patternFill><bgColor rgb='FFFFC7CE'/>"
        "</patternFill></fill></dxf>"
    )
    sheet = read(
        after='<conditionalFormatting sqref="A1:A9">'
        '<cfRule type="cellIs" dxfId="0" priority="2" operator="greaterThan">'
        "<formula>10</formula></cfRule></conditionalFormatting>"
        '<conditionalFormatting sqref="B1:B9"><cfRule type="colorScale" priority="1"><colorScale>'
        '<cfvo type="min"/>'
        '<cfvo type="percentile" val="50"/><color rgb="FFF8696B"/><color rgb="FF63BE7B"/></colorScale>'
        "</cfRule>"
        '<cfRule type="dataBar" priority="5"><dataBar><cfvo type="min"/><cfvo type="max"/></dataBar>'
        "<extLst><ext>"
        "<x14:id>{A}</x14:id></ext></extLst></cfRule></conditionalFormatting>"
        "<extLst><ext><x14:conditionalFormattings><x14:conditionalFormatting>"
        '<x14:cfRule type="dataBar" id="{A}"/>'
        "<xm:sqref>B1:B9</xm:sqref></x14:conditionalFormatting><x14:conditionalFormatting>"
        '<x14:cfRule type="expression" priority="3" id="{B}"><xm:f>Other!$A$1&gt;0</xm:f><x14:dxf>'
        "<fill><patternFill>"
        '<bgColor rgb="FF00B050"/></patternFill></fill></x14:dxf></x14:cfRule><xm:sqref>C1</xm:sqref>'
        "</x14:conditionalFormatting></x14:conditionalFormattings></ext></extLst>",
        styles=looks,
    )
    scale, cell_is, other, bar = sheet.conditional_formats
    assert (cell_is.type, cell_is.operator, cell_is.formulas) == ("cellIs", "greaterThan", ("=10",))
    assert (cell_is.fill, cell_is.font_color, cell_is.bold) == ("#FFC7CE", "#9C0006", True)
    assert dict(scale.options) == {
        "cfvo1": "min",
        "cfvo2": "percentile 50",
        "color1": "#F8696B",
        "color2": "#63BE7B",
    }
    assert (other.formulas, other.fill, other.ranges) == (("=Other!$A$1>0",), "#00B050", (Range.parse("C1"),))
    assert bar.type == "dataBar"


def test_notes_and_threads() -> None:
    notes = (
        f'<comments xmlns="{MAIN}"><authors><author>Ann</author><author>tc={{1}}</author></authors>'
        f"<commentList>"
        '<comment ref="B2" authorId="0"><text><r><t>Ann:</t></r><r><t xml:space="preserve"> check</t>'
        "</r></text></comment>"
        '<comment ref="A1" authorId="1"><text><t>[Threaded comment] ...</t></text></comment>'
        "</commentList></comments>"
    )
    space = "http://schemas.microsoft.com/office/spreadsheetml/2018/threadedcomments"
    thread = (
        f'<ThreadedComments xmlns="{space}"><threadedComment ref="A1" personId="{{P}}" id="{{1}}">'
        f"<text>Why?</text>"
        '</threadedComment><threadedComment ref="A1" personId="{Q}" id="{2}" parentId="{1}">'
        "<text>Because.</text>"
        "</threadedComment></ThreadedComments>"
    )
    persons = (
        f'<personList xmlns="{space}"><person displayName="Ben" id="{{P}}"/>'
        f'<person displayName="Cy" id="{{Q}}"/>'
        "</personList>"
    )
    links = relationships(
        {"rId1": ("comments", "../comments1.xml"), "rId2": ("threadedComment", "../threadedComments/t1.xml")}
    )
    book = read_workbook_bytes(
        xlsx(
            ROW,
            extra={
                "xl/comments1.xml": notes,
                "xl/threadedComments/t1.xml": thread,
                "xl/persons/person.xml": persons,
                "xl/worksheets/_rels/sheet1.xml.rels": links,
            },
        )
    )
    assert book.sheets[0].comments == (
        Comment(Cell(0, 0), "Why?\nBecause.", "Ben"),
        Comment(Cell(1, 1), "Ann: check", "Ann"),
    )


def test_snapshots_of_the_same_file_are_equal_and_edits_make_them_differ() -> None:
    data = xlsx(ROW)
    first, second = read_workbook_bytes(data), read_workbook_bytes(data)
    assert first == second
    changed = first.with_sheet(first.sheets[0].with_cells({Cell(0, 0): None}))
    assert changed != second
    assert changed.revision == 1
