"""Cells written into a worksheet part: only they change, whatever the part looks like."""

from __future__ import annotations

from pathlib import Path

import pytest

from cellwright.edits.apply import apply
from cellwright.edits.model import CopyRange, Edit, SetFormulas, SetNumberFormat, SetValues, Sort, SortKey
from cellwright.errors import CellwrightError, FormulaSyntaxError
from cellwright.patch import patch_bytes
from cellwright.reference import Cell, Range, SheetCell
from cellwright.workbook.model import ErrorValue, Value
from cellwright.workbook.read import read_workbook_bytes
from tests.patch.books import OFFICE, TYPES, book_parts, member, sheet, simple_book, zipped

SHEET = "xl/worksheets/sheet1.xml"
BOOK = Path("book.xlsx")


def patched(data: bytes, *edits: Edit, **options: object) -> bytes:
    return patch_bytes(data, BOOK, edits, **options).data  # type: ignore[arg-type]


def formula(a1: str, text: str, name: str = "Data") -> SetFormulas:
    return SetFormulas(name, Range.parse(a1), ((text,),))


def value(a1: str, new: Value, name: str = "Data") -> SetValues:
    return SetValues(name, Range.parse(a1), ((new,),))


def test_one_cell_changes_and_every_other_byte_stays() -> None:
    data = simple_book()
    written = member(patched(data, value("B3", 7.5)), SHEET)
    assert written == member(data, SHEET).replace('<c r="B3"><v>5</v></c>', '<c r="B3"><v>7.5</v></c>')


def test_a_formula_has_its_value_and_the_workbook_is_to_be_calculated() -> None:
    values = {SheetCell("Data", Cell(4, 1)): 15.0, SheetCell("Totals", Cell(0, 0)): 16.0}
    data = patched(simple_book(), formula("B5", "=SUM(B2:B4)"), values=values)
    assert '<row r="5"><c r="B5"><f>SUM(B2:B4)</f><v>15</v></c></row></sheetData>' in member(data, SHEET)
    assert '<dimension ref="A1:C5"/>' in member(data, SHEET)
    assert "<f>SUM(Data!B2:B4)</f><v>16</v>" in member(data, "xl/worksheets/sheet2.xml")
    assert '<calcPr calcId="191029" fullCalcOnLoad="1"/>' in member(data, "xl/workbook.xml")


def test_unverified_dependents_lose_their_values() -> None:
    data = patched(simple_book(), value("B3", 1.0), unverified=[SheetCell("Totals", Cell(0, 0))])
    assert '<c r="A1"><f>SUM(Data!B2:B4)</f></c>' in member(data, "xl/worksheets/sheet2.xml")


@pytest.mark.parametrize(
    "new",
    [
        1e300,
        -0.1,
        True,
        ErrorValue.NA,
        " padded ",
        "a\nb\tc",
        "<&>\"'",
        "_x000D_",
        "\x01\r",
        "日本 😀",
        "=1+1",
    ],
)
def test_constants_read_back_as_they_were_written(new: Value) -> None:
    snapshot = read_workbook_bytes(patched(simple_book(), value("B3", new)))
    found = snapshot.sheet("Data").value(Cell(2, 1))
    assert found == new
    assert type(found) is type(new)


@pytest.mark.parametrize("gone", [["C2"], ["C2", "C3"], ["C3"], ["C2", "C4"], ["C2", "C3", "C4"]])
def test_members_of_a_shared_formula_keep_it_when_others_go(gone: list[str]) -> None:
    before = read_workbook_bytes(simple_book()).sheet("Data")
    after = read_workbook_bytes(patched(simple_book(), *(value(cell, 1.0) for cell in gone))).sheet("Data")
    for a1 in ("C2", "C3", "C4"):
        expected = None if a1 in gone else before.formula(Cell.parse(a1))
        assert after.formula(Cell.parse(a1)) == expected


def test_a_new_master_keeps_its_own_new_result() -> None:
    values = {SheetCell("Data", Cell(2, 2)): 99.0}
    data = patched(simple_book(), value("C2", 1.0), values=values)
    assert '<f t="shared" ref="C3:C4" si="0">B3*$B$1</f><v>99</v>' in member(data, SHEET)


def test_a_part_of_an_array_is_refused_and_the_whole_is_replaced() -> None:
    rows = (
        '<row r="1"><c r="A1"><f t="array" ref="A1:A2">B1:B2*2</f><v>2</v></c></row>'
        '<row r="2"><c r="A2"><v>4</v></c></row>'
    )
    data = zipped(book_parts({"Data": sheet(rows)}))
    for cell in ("A1", "A2"):
        with pytest.raises(CellwrightError, match="array"):
            patched(data, value(cell, 1.0))
    both = SetValues("Data", Range.parse("A1:A2"), ((1.0,), (2.0,)))
    assert "<f" not in member(patched(data, both), SHEET)


def test_a_data_table_is_refused() -> None:
    rows = '<row r="1"><c r="A1"><f t="dataTable" ref="A1:A2" dt2D="0" dtr="0" r1="C1"/><v>2</v></c></row>'
    with pytest.raises(CellwrightError, match=r"data table|array"):
        patched(zipped(book_parts({"Data": sheet(rows)})), value("A2", 1.0))


def test_addresses_left_out_prefixes_comments_and_cdata_survive() -> None:
    rows = (
        "<x:row><x:c><x:v>1</x:v></x:c><!-- <x:c r='A1'/> -->"
        "<x:c t='str'><x:v><![CDATA[<b>]]></x:v></x:c></x:row>"
        "<x:row><x:c><x:v>3</x:v></x:c></x:row>"
    )
    data = zipped(book_parts({"Data": sheet(rows, prefix="x")}))
    written = patched(data, value("A2", 4.0), value("D1", "new"), value("A9", 9.0))
    after = read_workbook_bytes(written).sheet("Data")
    found = {cell.a1: content.value for cell, content in after.cells.items()}
    assert found == {"A1": 1.0, "B1": "<b>", "D1": "new", "A2": 4.0, "A9": 9.0}
    assert "<!-- <x:c r='A1'/> --><x:c t='str'><x:v><![CDATA[<b>]]></x:v></x:c>" in member(written, SHEET)


def test_an_empty_format_attribute_is_format_0() -> None:
    data = zipped(book_parts({"Data": sheet('<row r="1"><c r="A1" s=""><v>1</v></c></row>')}))
    assert '<c r="A1"><v>2</v></c>' in member(patched(data, value("A1", 2.0)), SHEET)


def test_an_empty_sheet_takes_cells() -> None:
    empty = sheet("").replace("<sheetData></sheetData>", "<sheetData/>")
    after = read_workbook_bytes(
        patched(zipped(book_parts({"Data": empty})), value("B2", 1.0), value("A1", "x"))
    )
    assert [cell.a1 for cell, _ in after.sheet("Data").cells.items()] == ["A1", "B2"]


def test_a_new_cell_takes_the_format_of_its_column_and_row() -> None:
    part = sheet('<row r="2" s="1" customFormat="1"><c r="A2"><v>1</v></c></row>').replace(
        "<sheetData>", '<cols><col min="3" max="3" width="9" style="2"/></cols><sheetData>'
    )
    written = patched(zipped(book_parts({"Data": part})), value("C1", 1.0), value("C2", 1.0))
    assert '<c r="C1" s="2">' in member(written, SHEET)
    assert '<c r="C2" s="1">' in member(written, SHEET)


def test_a_format_keeps_what_we_do_not_model() -> None:
    edit = SetNumberFormat("Data", Range.parse("B2"), "0.00%")
    written = patched(simple_book(), edit)
    styles = member(written, "xl/styles.xml")
    assert '<xf numFmtId="10" fontId="1" fillId="0" borderId="0" xfId="0" applyProtection="1"' in styles
    assert styles.count('<protection locked="0"/>') == 2
    assert styles.startswith(member(simple_book(), "xl/styles.xml").split("<cellXfs")[0])
    assert "fullCalcOnLoad" not in member(written, "xl/workbook.xml")


def test_rich_text_survives_a_sort_and_a_copy() -> None:
    sort = Sort("Data", Range.parse("A2:A3"), (SortKey(0),), has_header=False)
    assert '<c r="A2" t="s"><v>1</v></c>' in member(patched(simple_book(), sort), SHEET)
    copy = CopyRange("Data", Range.parse("E1"), "Data", Range.parse("A3"))
    assert '<c r="E1" t="s"><v>1</v></c>' in member(patched(simple_book(), copy), SHEET)


def test_spilling_formulas_are_marked_so_that_excel_puts_no_at_sign() -> None:
    written = patched(simple_book(), formula("E1", "=UNIQUE(B2:B4)"))
    assert '<c r="E1" cm="1"><f t="array" ref="E1">_xlfn.UNIQUE(B2:B4)</f></c>' in member(written, SHEET)
    assert "XLDAPR" in member(written, "xl/metadata.xml")
    assert read_workbook_bytes(written).sheet("Data").content(Cell(0, 4)).array is not None


def test_the_calculation_chain_keeps_only_cells_with_formulas() -> None:
    chain = (
        '<calcChain xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        '<c r="C2" i="1"/><c r="C3"/><c r="A1" i="2"/></calcChain>'
    )
    parts = book_parts(
        {"Data": sheet('<row r="2"><c r="C2"><f>1</f></c></row><row r="3"><c r="C3"><f>2</f></c></row>')}
    )
    parts["xl/calcChain.xml"] = chain
    parts["[Content_Types].xml"] = parts["[Content_Types].xml"].replace(
        "</Types>", f'<Override PartName="/xl/calcChain.xml" ContentType="{TYPES}.calcChain+xml"/></Types>'
    )
    parts["xl/_rels/workbook.xml.rels"] = parts["xl/_rels/workbook.xml.rels"].replace(
        "</Relationships>",
        f'<Relationship Id="c" Type="{OFFICE}/calcChain" Target="calcChain.xml"/></Relationships>',
    )
    written = patched(zipped(parts), value("C2", 1.0))
    assert '<c r="C3" i="1"/><c r="A1" i="2"/>' in member(written, "xl/calcChain.xml")
    only = dict(parts) | {"xl/calcChain.xml": chain.replace('<c r="C3"/><c r="A1" i="2"/>', "")}
    gone = patched(zipped(only), value("C2", 1.0))
    assert "calcChain" not in member(gone, "[Content_Types].xml") + member(gone, "xl/_rels/workbook.xml.rels")


def test_a_formula_that_does_not_parse_is_refused() -> None:
    with pytest.raises(FormulaSyntaxError):
        patched(simple_book(), formula("E1", "=SUM(A1"))


def test_edits_in_sequence_see_one_another() -> None:
    edits = [
        value("B2", 40.0),
        CopyRange("Data", Range.parse("B3"), "Data", Range.parse("B2")),
        formula("B4", "=B3"),
    ]
    snapshot = read_workbook_bytes(simple_book())
    for edit in edits:
        snapshot = apply(snapshot, edit)
    assert read_workbook_bytes(patched(simple_book(), *edits)) == snapshot
