"""Cell formats of a workbook: `styles.xml` to one Style for each cell format, and its differential formats.

A cell's format index (`s`) points into `cellXfs`; what that record says holds, as in most readers, whatever
its `apply...` flags. Fills are modelled where they are solid. Not read: cell style names, protection,
gradients, diagonal borders.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar
from xml.etree.ElementTree import Element

from cellwright.workbook.colors import ColorTable, custom_palette
from cellwright.workbook.markup import decimal, integer, is_true
from cellwright.workbook.model import DEFAULT_STYLE, Alignment, Border, Borders, Font, Style
from cellwright.workbook.number_formats import built_in

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class DifferentialFormat:
    """What a conditional format changes; None where it leaves a thing alone."""

    fill: str | None = None
    font_color: str | None = None
    bold: bool | None = None


@dataclass(frozen=True)
class StyleSheet:
    """The formats of a workbook: `cells` by format index, `differential` by dxf index."""

    cells: tuple[Style, ...] = (DEFAULT_STYLE,)
    differential: tuple[DifferentialFormat, ...] = ()
    colors: ColorTable = field(default_factory=ColorTable)


def read_styles(root: Element | None, theme: Element | None) -> StyleSheet:
    """The formats of a styles part (None where the workbook has none) with the colours of its theme."""
    if root is None:
        return StyleSheet(colors=ColorTable(theme))
    colors = ColorTable(theme, custom_palette(root))
    fonts = _each(root, "fonts/font", lambda element: _font(element, colors)) or [Font()]
    fills = _each(root, "fills/fill", lambda element: _fill(element, colors)) or [None]
    borders = _each(root, "borders/border", lambda element: _borders(element, colors)) or [Borders()]
    codes = {
        integer(element.get("numFmtId"), -1): element.get("formatCode") or "General"
        for element in root.iterfind("numFmts/numFmt")
    }
    cells = []
    for index, xf in enumerate(root.iterfind("cellXfs/xf")):
        number = integer(xf.get("numFmtId"), 0)
        cells.append(
            Style(
                number_format=codes.get(number) or built_in(number),
                font=_at(fonts, xf.get("fontId")),
                fill=_at(fills, xf.get("fillId")),
                borders=_at(borders, xf.get("borderId")),
                alignment=_alignment(xf.find("alignment")),
                xf=index,
            )
        )
    differential = _each(root, "dxfs/dxf", lambda element: read_differential(element, colors))
    return StyleSheet(tuple(cells) or (DEFAULT_STYLE,), tuple(differential), colors)


def read_differential(dxf: Element, colors: ColorTable) -> DifferentialFormat:
    """A differential format; its solid fill keeps the colour in `bgColor`, unlike a cell's."""
    fill = None
    pattern = dxf.find("fill/patternFill")
    if pattern is not None and pattern.get("patternType") != "none":
        fill = colors.resolve(pattern.find("bgColor")) or colors.resolve(pattern.find("fgColor"))
    bold = dxf.find("font/b")
    return DifferentialFormat(
        fill=fill,
        font_color=colors.resolve(dxf.find("font/color")),
        bold=None if bold is None else is_true(bold.get("val", "1")),
    )


def _each(root: Element, path: str, read: Callable[[Element], _T]) -> list[_T]:
    return [read(element) for element in root.iterfind(path)]


def _at(items: list[_T], index: str | None) -> _T:
    """The item of an index attribute; the first where it is absent or out of range, as Excel repairs it."""
    number = integer(index, 0)
    return items[number] if 0 <= number < len(items) else items[0]


def _flag(font: Element, name: str) -> bool:
    element = font.find(name)
    return element is not None and is_true(element.get("val", "1"))


def _font(font: Element, colors: ColorTable) -> Font:
    name, size, underline = font.find("name"), font.find("sz"), font.find("u")
    line = None if underline is None else underline.get("val", "single")
    return Font(
        name="Calibri" if name is None else name.get("val") or "Calibri",
        size=11.0 if size is None else decimal(size.get("val"), 11.0),
        bold=_flag(font, "b"),
        italic=_flag(font, "i"),
        underline=None if line == "none" else line,
        color=colors.resolve(font.find("color")),
    )


def _fill(fill: Element, colors: ColorTable) -> str | None:
    pattern = fill.find("patternFill")
    if pattern is None or pattern.get("patternType") != "solid":
        return None
    return colors.resolve(pattern.find("fgColor"))


def _borders(borders: Element, colors: ColorTable) -> Borders:
    def side(*names: str) -> Border | None:
        element = next((found for name in names if (found := borders.find(name)) is not None), None)
        if element is None or (style := element.get("style", "none")) == "none":
            return None
        return Border(style, colors.resolve(element.find("color")))

    return Borders(side("left", "start"), side("right", "end"), side("top"), side("bottom"))


def _alignment(alignment: Element | None) -> Alignment:
    if alignment is None:
        return Alignment()
    rotation = integer(alignment.get("textRotation"), 0)
    if 90 < rotation <= 180:  # the file counts downward angles from 90
        rotation = 90 - rotation
    return Alignment(
        horizontal=_unless(alignment.get("horizontal"), "general"),
        vertical=_unless(alignment.get("vertical"), "bottom"),
        wrap=is_true(alignment.get("wrapText")),
        rotation=rotation if -90 <= rotation <= 90 else 0,
    )


def _unless(text: str | None, default: str) -> str | None:
    return None if text == default else text
