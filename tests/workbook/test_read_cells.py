"""Values and formulas of cells, through the whole reader."""

from __future__ import annotations

import datetime
import io
import zipfile

import pytest

from cellwright.errors import LimitExceeded, WorkbookCorrupt
from cellwright.formula import parse
from cellwright.reference import Cell, Range
from cellwright.workbook import read_workbook_bytes
from cellwright.workbook.assemble import date_serial
from cellwright.workbook.model import Content, ErrorValue, Sheet, Value
from tests.workbook.archives import NAMESPACES, archive, parts_of, shared_strings, styles, worksheet, xlsx


def read(rows: str, **extra: str) -> Sheet:
    """The one sheet of a workbook with those rows; keyword `sharedStrings` and such are parts."""
    parts = {f"xl/{name}.xml": text for name, text in extra.items()}
    return read_workbook_bytes(xlsx(rows, extra=parts)).sheets[0]


def at(sheet: Sheet, a1: str) -> Content:
    return sheet.content(Cell.parse(a1))


def one(cell: str, **extra: str) -> Content:
    """The content of `A1`, given as the inner XML of a row."""
    return at(read(f'<row r="1">{cell}</row>', **extra), "A1")


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ('<c r="A1"><v>1.5</v></c>', 1.5),
        ('<c r="A1" t="n"><v> -3 </v></c>', -3.0),
        ('<c r="A1"><v>1E+2</v></c>', 100.0),
        ('<c r="A1"><v>0.30000000000000004</v></c>', 0.1 + 0.2),
        ('<c r="A1"><v>5e-324</v></c>', 5e-324),
        ('<c r="A1"><v>1.7976931348623157E308</v></c>', 1.7976931348623157e308),
        ('<c r="A1"><v>123456789012345678901234</v></c>', 123456789012345678901234.0),
        ('<c r="A1"><v>1e999</v></c>', ErrorValue.NUM),
        ('<c r="A1"><v>nan</v></c>', "nan"),
        ('<c r="A1" t="b"><v>1</v></c>', True),
        ('<c r="A1" t="b"><v>0</v></c>', False),
        ('<c r="A1" t="e"><v>#DIV/0!</v></c>', ErrorValue.DIV0),
        ('<c r="A1" t="e"><v>#SPILL!</v></c>', ErrorValue.SPILL),
        ('<c r="A1" t="e"><v>#NEW!</v></c>', ErrorValue.UNKNOWN),
        ('<c r="A1" t="str"><v>a b </v></c>', "a b "),
        ('<c r="A1" t="str"><v></v></c>', ""),
        ('<c r="A1" t="str"><v>&lt;&amp;&gt;&quot;&apos;&#65;&#x1F600;</v></c>', "<&>\"'A\U0001f600"),
        ('<c r="A1" t="str"><v>a_x000D_b_x005F_x000D_</v></c>', "a\rb_x000D_"),
        ('<c r="A1" t="str"><v><![CDATA[<raw>]]></v></c>', "<raw>"),
        ('<c r="A1" t="inlineStr"><is><t>in</t></is></c>', "in"),
        ('<c r="A1" t="inlineStr"><is><t xml:space="preserve"> in </t></is></c>', " in "),
        (
            '<c r="A1" t="inlineStr"><is><r><t>two </t></r><r><rPr><b/></rPr><t>runs</t></r></is></c>',
            "two runs",
        ),
        ('<c r="A1" t="inlineStr"><is><t>東</t><rPh sb="0" eb="1"><t>ヒガシ</t></rPh></is></c>', "東"),
        ('<c r="A1" t="inlineStr"><v>value instead</v></c>', "value instead"),
        ('<c r="A1" t="d"><v>2024-02-29</v></c>', 45351.0),
        ('<c r="A1" t="d"><v>2024-02-29T12:00:00Z</v></c>', 45351.5),
        ('<c r="A1" t="d"><v>soon</v></c>', "soon"),
        ('<c r="A1" s="0"/>', None),
        ('<c r="A1"><v></v></c>', None),
        ("<c><v>7</v></c>", 7.0),
    ],
)
def test_values(cell: str, value: Value) -> None:
    got = one(cell).value
    assert got == value
    assert type(got) is type(value)


def test_shared_strings_with_rich_text() -> None:
    items = shared_strings(
        "<t>plain</t>",
        "<r><rPr><b/></rPr><t>bold</t></r><r><t xml:space='preserve'> end</t></r>",
        "<t>東京</t><rPh sb='0' eb='2'><t>トウキョウ</t></rPh><phoneticPr fontId='1'/>",
        "<t/>",
        "",
    )
    rows = '<row r="1">' + "".join(f'<c t="s"><v>{index}</v></c>' for index in range(5)) + "</row>"
    sheet = read(rows, sharedStrings=items)
    assert [at(sheet, f"{letter}1").value for letter in "ABCDE"] == ["plain", "bold end", "東京", "", ""]


def test_a_shared_string_that_is_not_there() -> None:
    with pytest.raises(WorkbookCorrupt, match=r"one of 1 shared strings, got index 4 in .*sheet1\.xml"):
        one('<c r="A1" t="s"><v>4</v></c>', sharedStrings=shared_strings("<t>a</t>"))


def test_cells_and_rows_without_addresses_follow_on() -> None:
    sheet = read(
        "<row><c><v>1</v></c><c r='D1'><v>2</v></c><c><v>3</v></c></row><row r='5'><c><v>4</v></c></row>"
        "<row><c><v>5</v></c></row>"
    )
    assert [(cell.a1, content.value) for cell, content in sheet.cells.items()] == [
        ("A1", 1),
        ("D1", 2),
        ("E1", 3),
        ("A5", 4),
        ("A6", 5),
    ]


def test_cells_out_of_order_are_sorted_and_the_last_of_two_holds() -> None:
    sheet = read(
        "<row r='2'><c r='B2'><v>1</v></c><c r='A2'><v>2</v></c></row>"
        "<row r='1'><c r='A1'><v>3</v></c></row><row r='2'><c r='B2'><v>9</v></c></row>"
    )
    assert [(cell.a1, content.value) for cell, content in sheet.cells.items()] == [
        ("A1", 3),
        ("A2", 2),
        ("B2", 9),
    ]
    assert sheet.cells.bounds == Range.parse("A1:B2")


def test_blank_cells_are_kept_for_their_format_only() -> None:
    looks = styles(cellXfs="<xf numFmtId='0'/><xf numFmtId='9'/>")
    sheet = read("<row r='1'><c r='A1' s='1'/><c r='B1' s='0'/><c r='C1'><v>1</v></c></row>", styles=looks)
    assert [cell.a1 for cell, _ in sheet.cells.items()] == ["A1", "C1"]
    assert sheet.cells.bounds == Range.parse("C1")
    assert at(sheet, "A1").style.number_format == "0%"


@pytest.mark.parametrize("address", ["XFE1", "A1048577", "AAAA1", "A0"])
def test_cells_outside_the_sheet(address: str) -> None:
    with pytest.raises(LimitExceeded, match="XFD1048576"):
        one(f'<c r="{address}"><v>1</v></c>')


@pytest.mark.parametrize("cell", ['<c r="1A"/>', '<c r="A1" s="x"/>', '<c r="A1" t="s"><v>x</v></c>'])
def test_attributes_that_make_no_sense(cell: str) -> None:
    with pytest.raises(WorkbookCorrupt):
        one(cell)


@pytest.mark.parametrize(
    ("row", "kind"), [("0", LimitExceeded), ("1048577", LimitExceeded), ("x", WorkbookCorrupt)]
)
def test_rows_outside_the_sheet(row: str, kind: type[Exception]) -> None:
    with pytest.raises(kind):
        read(f'<row r="{row}"><c><v>1</v></c></row>')


def test_the_last_cell_of_a_sheet() -> None:
    sheet = read('<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>')
    assert at(sheet, "XFD1048576").value == 1.0


def test_plain_formulas_keep_their_text() -> None:
    content = one('<c r="A1"><f> sum( B1 , "&lt;" ) </f><v>3</v></c>')
    assert content.formula == '= sum( B1 , "<" ) '
    assert content.value == 3.0
    assert one('<c r="A1"><f>=B1</f></c>').formula == "=B1"
    assert one('<c r="A1"><f></f><v>1</v></c>').formula is None
    assert one('<c r="A1"><f ca="1"/><v>1</v></c>').formula is None


def test_file_prefixes_are_taken_off() -> None:
    text = "_xlfn.XLOOKUP(A2,_xlfn.ANCHORARRAY(B1),C:C)"
    assert one(f'<c r="A1"><f>{text}</f></c>').formula == "=XLOOKUP(A2,B1#,C:C)"
    assert one('<c r="A1"><f>_xlfn._xlws.FILTER(A2,B2)</f></c>').formula == "=FILTER(A2,B2)"


def test_shared_formulas_are_shifted_to_each_cell() -> None:
    sheet = read(
        "<row r='1'><c r='C1'><f t='shared' ref='C1:D2' si='0'>A1*$B$1+A$1</f><v>1</v></c>"
        "<c r='D1'><f t='shared' si='0'/></c></row>"
        "<row r='2'><c r='C2'><f t='shared' si='0'/></c><c r='D2'><f t='shared' si='7'/><v>8</v></c></row>"
    )
    assert dict(sheet.cells.formulas()) == {
        Cell.parse("C1"): "=A1*$B$1+A$1",
        Cell.parse("D1"): "=B1*$B$1+B$1",
        Cell.parse("C2"): "=A2*$B$1+A$1",
    }
    assert at(sheet, "D2") == Content(8.0)  # a group without a master: the value stays


def test_a_group_number_used_again_means_the_nearer_master() -> None:
    sheet = read(
        "<row r='1'><c r='A1'><f t='shared' ref='A1:A2' si='0'>B1</f></c></row>"
        "<row r='2'><c r='A2'><f t='shared' si='0'/></c></row>"
        "<row r='3'><c r='A3'><f t='shared' ref='A3:A4' si='0'>C3+1</f></c></row>"
        "<row r='4'><c r='A4'><f t='shared' si='0'/></c></row>"
    )
    assert [text for _, text in sheet.cells.formulas()] == ["=B1", "=B2", "=C3+1", "=C4+1"]


METADATA = (
    f'<metadata {NAMESPACES} xmlns:xda="http://schemas.microsoft.com/office/spreadsheetml/2017/dynamicarray">'
    '<metadataTypes count="1"><metadataType name="XLDAPR"/></metadataTypes>'
    '<futureMetadata name="XLDAPR" count="1"><bk><extLst><ext uri="{bdbb8cdc-fa1e-496e-a857-3c3f30c029c3}">'
    '<xda:dynamicArrayProperties fDynamic="1" fCollapsed="0"/></ext></extLst></bk></futureMetadata>'
    '<cellMetadata count="1"><bk><rc t="1" v="0"/></bk></cellMetadata></metadata>'
)


def test_arrays_old_and_dynamic() -> None:
    sheet = read(
        "<row r='1'><c r='A1'><f t='array' ref='A1:A2'>B1:B2*2</f><v>2</v></c>"
        "<c r='C1' cm='1'><f t='array' ref='C1:C2'>_xlfn.SEQUENCE(2)</f><v>1</v></c></row>"
        "<row r='2'><c r='A2'><v>4</v></c><c r='C2'><v>2</v></c></row>",
        metadata=METADATA,
    )
    old, new = at(sheet, "A1"), at(sheet, "C1")
    assert old.array is not None
    assert (old.array.range, old.array.is_dynamic) == (Range.parse("A1:A2"), False)
    assert new.array is not None
    assert (new.formula, new.array.range, new.array.is_dynamic) == (
        "=SEQUENCE(2)",
        Range.parse("C1:C2"),
        True,
    )
    assert at(sheet, "A2") == Content(4.0)
    assert list(sheet.cells.arrays) == [Cell.parse("A1"), Cell.parse("C1")]


def test_data_tables_have_their_inputs_as_a_formula() -> None:
    sheet = read(
        "<row r='1'><c r='B1'><f t='dataTable' ref='B1:B3' dt2D='0' dtr='0' r1='D1'/><v>5</v></c>"
        "<c r='C1'><f t='dataTable' ref='C1:C3' dt2D='1' dtr='1' r1='D1' r2='E1'/><v>6</v></c></row>"
    )
    assert at(sheet, "B1").formula == "=TABLE(,D1)"
    assert at(sheet, "C1").formula == "=TABLE(D1,E1)"
    assert at(sheet, "B1").array is not None


def test_formulas_over_the_limits_are_kept_as_text() -> None:
    long = "1+" * 4200 + "1"
    deep = "(" * 4000 + "1" + ")" * 4000
    sheet = read(
        f"<row r='1'><c r='A1'><f>{long}</f><v>1</v></c><c r='B1'><f>{deep}</f><v>2</v></c>"
        f"<c r='C1'><f t='shared' ref='C1:C2' si='0'>{deep}+D1</f><v>3</v></c></row>"
        "<row r='2'><c r='C2'><f t='shared' si='0'/><v>4</v></c></row>"
    )
    assert at(sheet, "A1") == Content(1.0, f"={long}")
    assert at(sheet, "B1") == Content(2.0, f"={deep}")
    assert at(sheet, "C2") == Content(4.0, f"={deep}+D2")


def test_every_formula_we_give_is_one_we_parse() -> None:
    sheet = read("<row r='1'><c r='A1'><f>_xlfn.LET(_xlpm.x,1,_xlpm.x+1)</f></c></row>")
    assert [parse(text).text for _, text in sheet.cells.formulas()] == ["=LET(x,1,x+1)"]


@pytest.mark.parametrize(
    ("text", "is_1904", "serial"),
    [
        ("1900-01-01", False, 1.0),
        ("1900-02-28", False, 59.0),
        ("1900-03-01", False, 61.0),
        ("1904-01-01", True, 0.0),
        ("2011-04-05T06:00:00.000", False, 40638.25),
        ("18:00:00", False, 0.75),
        ("T06:00", False, 0.25),
        ("2011-13-01", False, None),
        ("x", False, None),
        ("", False, None),
    ],
)
def test_dates(text: str, is_1904: bool, serial: float | None) -> None:
    assert date_serial(text, is_1904) == serial


def test_dates_agree_with_the_calendar() -> None:
    for days in range(61, 60_000, 997):
        day = datetime.date(1899, 12, 30) + datetime.timedelta(days=days)
        assert date_serial(day.isoformat(), is_1904=False) == days


def test_prefixed_and_strict_namespaces() -> None:
    plain = worksheet('<row r="1"><c r="A1"><f>B1</f><v>1</v></c></row>')
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    prefixed = plain.replace(f'xmlns="{main}"', f'xmlns:x="{main}"')
    for name in ("worksheet", "sheetData", "row", "c", "f", "v"):
        prefixed = prefixed.replace(f"<{name} ", f"<x:{name} ").replace(f"<{name}>", f"<x:{name}>")
        prefixed = prefixed.replace(f"</{name}>", f"</x:{name}>")
    strict = {
        name: str(text)
        .replace(main, "http://purl.oclc.org/ooxml/spreadsheetml/main")
        .replace(
            "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
            "http://purl.oclc.org/ooxml/officeDocument/relationships",
        )
        for name, text in parts_of(plain).items()
    }
    expected = read_workbook_bytes(xlsx(plain))
    assert expected.sheets[0].formula(Cell(0, 0)) == "=B1"
    assert read_workbook_bytes(xlsx(prefixed)) == expected
    assert read_workbook_bytes(archive(strict)) == expected


def test_elements_of_a_foreign_namespace_are_no_cells() -> None:
    sheet = read('<row r="1"><q:c xmlns:q="urn:other" r="A1"><q:v>1</q:v></q:c><c r="B1"><v>2</v></c></row>')
    assert [cell.a1 for cell, _ in sheet.cells.items()] == ["B1"]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "iso-8859-1"])
def test_other_encodings(encoding: str) -> None:
    label = {"utf-8-sig": "utf-8"}.get(encoding, encoding)
    text = f'<?xml version="1.0" encoding="{label}"?>' + worksheet(
        '<row r="1"><c r="A1" t="str"><v>é</v></c></row>'
    )
    parts = parts_of("") | {"xl/worksheets/sheet1.xml": text.encode(encoding)}
    assert read_workbook_bytes(archive(parts)).sheets[0].value(Cell(0, 0)) == "é"


def test_members_of_any_case_and_with_backslashes() -> None:
    data = archive(parts_of('<row r="1"><c r="A1"><v>1</v></c></row>'))
    names = {"xl/worksheets/sheet1.xml": "XL\\Worksheets\\Sheet1.xml"}
    with zipfile.ZipFile(io.BytesIO(data)) as source:
        parts = {names.get(name, name): source.read(name) for name in source.namelist()}
    assert read_workbook_bytes(archive(parts)).sheets[0].value(Cell(0, 0)) == 1.0
