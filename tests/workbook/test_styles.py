"""Formats of cells: number formats, fonts, fills, borders, alignment and the colours of themes."""

from __future__ import annotations

import pytest

from cellwright.reference import Cell
from cellwright.workbook import read_workbook_bytes
from cellwright.workbook.model import Alignment, Border, Style
from cellwright.workbook.number_formats import built_in, is_date_format
from tests.workbook.archives import styles, xlsx

A = "http://schemas.openxmlformats.org/drawingml/2006/main"
THEME = (
    f'<a:theme xmlns:a="{A}"><a:themeElements><a:clrScheme name="x">'
    '<a:dk1><a:sysClr val="windowText" lastClr="000000"/></a:dk1><a:lt1>'
    '<a:sysClr val="window" lastClr="FFFFFF"/></a:lt1>'
    '<a:dk2><a:srgbClr val="1F497D"/></a:dk2><a:lt2><a:srgbClr val="EEECE1"/></a:lt2>'
    '<a:accent1><a:srgbClr val="4F81BD"/></a:accent1></a:clrScheme></a:themeElements></a:theme>'
)


def style(theme: str = THEME, **parts: str) -> Style:
    """The style of a cell with format 1 of that styles part."""
    extra = {"xl/styles.xml": styles(**parts), "xl/theme/theme1.xml": theme}
    book = read_workbook_bytes(xlsx('<row r="1"><c r="A1" s="1"/></row>', extra=extra))
    return book.sheets[0].content(Cell(0, 0)).style


def font(color: str, theme: str = THEME) -> str | None:
    """The colour of a font with that `color` element."""
    fonts = f"<font/><font>{color}</font>"
    return style(theme, fonts=fonts, cellXfs="<xf/><xf fontId='1'/>").font.color


@pytest.mark.parametrize(
    ("color", "expected"),
    [
        ("", None),
        ("<color auto='1'/>", None),
        ("<color rgb='FF0D2B4E'/>", "#0D2B4E"),
        ("<color rgb='0d2b4e'/>", "#0D2B4E"),
        ("<color rgb='red'/>", None),
        ("<color indexed='10'/>", "#FF0000"),
        ("<color indexed='64'/>", None),
        ("<color theme='0'/>", "#FFFFFF"),
        ("<color theme='1'/>", None),
        ("<color theme='1' tint='0.5'/>", "#808080"),
        ("<color theme='2'/>", "#EEECE1"),
        ("<color theme='3'/>", "#1F497D"),
        ("<color theme='4'/>", "#4F81BD"),
        ("<color theme='99'/>", None),
    ],
)
def test_colors(color: str, expected: str | None) -> None:
    assert font(color) == expected


@pytest.mark.parametrize(
    ("theme", "tint", "expected"),
    [
        (4, "0.79998168889431442", "#DCE6F1"),
        (4, "0.59999389629810485", "#B8CCE4"),
        (4, "-0.249977111117893", "#366092"),
        (4, "-0.499984740745262", "#244062"),
        (3, "0.39997558519241921", "#538DD5"),
        (0, "-0.149998474074526", "#D9D9D9"),
    ],
)
def test_tints_are_those_of_excels_palette(theme: int, tint: str, expected: str) -> None:
    """Excel 2010 shows these; it computes with integers, so a channel may be off by two."""
    made = font(f"<color theme='{theme}' tint='{tint}'/>")
    assert made is not None
    for i in (1, 3, 5):
        assert abs(int(made[i : i + 2], 16) - int(expected[i : i + 2], 16)) <= 2


def test_a_theme_with_its_own_text_color() -> None:
    own = THEME.replace('<a:sysClr val="windowText" lastClr="000000"/>', '<a:srgbClr val="112233"/>')
    assert font("<color theme='1'/>", own) == "#112233"


def test_a_palette_of_the_workbook() -> None:
    palette = "<indexedColors>" + "<rgbColor rgb='FF123456'/>" * 9 + "</indexedColors>"
    fonts = "<font/><font><color indexed='8'/></font>"
    assert style(fonts=fonts, cellXfs="<xf/><xf fontId='1'/>", colors=palette).font.color == "#123456"


def test_font() -> None:
    fonts = "<font/><font><b/><i val='0'/><u/><sz val='14.5'/><name val='Arial'/></font>"
    made = style(fonts=fonts, cellXfs="<xf/><xf fontId='1'/>").font
    assert (made.bold, made.italic, made.underline, made.size, made.name) == (
        True,
        False,
        "single",
        14.5,
        "Arial",
    )


@pytest.mark.parametrize(
    ("fill", "expected"),
    [
        (
            "<patternFill patternType='solid'><fgColor rgb='FFFFFF00'/><bgColor indexed='64'/></patternFill>",
            "#FFFF00",
        ),
        ("<patternFill patternType='gray125'/>", None),
        ("<patternFill patternType='none'><fgColor rgb='FFFFFF00'/></patternFill>", None),
        ("<gradientFill/>", None),
    ],
)
def test_fill(fill: str, expected: str | None) -> None:
    fills = f"<fill><patternFill patternType='none'/></fill><fill>{fill}</fill>"
    assert style(fills=fills, cellXfs="<xf/><xf fillId='1'/>").fill == expected


def test_borders_and_alignment() -> None:
    left = "<left style='thin'><color rgb='FF000000'/></left>"
    borders = f"<border/><border>{left}<right style='none'/><top/></border>"
    words = "horizontal='center' vertical='bottom' wrapText='1' textRotation='135'"
    xf = f"<xf/><xf borderId='1'><alignment {words}/></xf>"
    made = style(borders=borders, cellXfs=xf)
    assert made.borders.left == Border("thin", "#000000")
    assert (made.borders.right, made.borders.top, made.borders.bottom) == (None, None, None)
    assert made.alignment == Alignment("center", None, True, -45)


@pytest.mark.parametrize(
    ("xf", "code"),
    [
        ("<xf numFmtId='0'/>", "General"),
        ("<xf numFmtId='14'/>", "m/d/yyyy"),
        ("<xf numFmtId='10'/>", "0.00%"),
        ("<xf numFmtId='170'/>", "yyyy-mm-dd"),
        ("<xf numFmtId='171'/>", "General"),
        ("<xf numFmtId='27'/>", "m/d/yyyy"),
        ("<xf fontId='77' fillId='77' borderId='-1'/>", "General"),
    ],
)
def test_number_format(xf: str, code: str) -> None:
    assert (
        style(numFmts="<numFmt numFmtId='170' formatCode='yyyy-mm-dd'/>", cellXfs=f"<xf/>{xf}").number_format
        == code
    )


def test_the_index_of_the_format_is_kept_for_the_writer_and_not_compared() -> None:
    made = style(cellXfs="<xf/><xf numFmtId='9'/>")
    assert made.xf == 1
    assert made == Style(number_format="0%", font=made.font)


@pytest.mark.parametrize(
    ("code", "is_date"),
    [
        ("General", False),
        ("0.00", False),
        ("#,##0", False),
        ("0.00E+00", False),
        ("##0.0E+0", False),
        ("@", False),
        ("m/d/yyyy", True),
        ("[h]:mm:ss", True),
        ("[$-409]d-mmm-yy;@", True),
        ("mm:ss.0", True),
        ('"day "0', False),
        ("[Red]0.0", False),
        ('0" months"', False),
        (r"\d0", False),
        ("yyyy", True),
        ('_("$"* #,##0_)', False),
    ],
)
def test_date_formats(code: str, is_date: bool) -> None:
    assert is_date_format(code) is is_date


def test_built_in_formats_that_are_dates() -> None:
    dates = {number for number in range(59) if is_date_format(built_in(number))}
    assert {14, 15, 16, 17, 18, 19, 20, 21, 22, 45, 46, 47} <= dates
    assert not dates & {0, 1, 2, 3, 4, 9, 10, 11, 12, 13, 37, 38, 39, 40, 41, 42, 43, 44, 48, 49}
