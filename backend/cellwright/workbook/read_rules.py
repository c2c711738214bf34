"""Conditional formats and data validations of a worksheet, those of Excel 2010's extension list included."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from cellwright.errors import ReferenceSyntaxError
from cellwright.reference import Range
from cellwright.workbook.columns import from_file
from cellwright.workbook.markup import integer, is_true
from cellwright.workbook.model import ConditionalFormat, DataValidation
from cellwright.workbook.styles import DifferentialFormat, StyleSheet, read_differential
from cellwright.workbook.texts import unescape

_RULE_OPTIONS = (
    "text",
    "rank",
    "percent",
    "bottom",
    "aboveAverage",
    "equalAverage",
    "stdDev",
    "timePeriod",
    "stopIfTrue",
)
_NO_FORMAT = DifferentialFormat()


def read_ranges(text: str | None) -> tuple[Range, ...]:
    """The ranges of an `sqref`; pieces that are no range are left out."""
    ranges = []
    for piece in (text or "").replace(",", " ").split():
        try:
            ranges.append(Range.parse(piece))
        except ReferenceSyntaxError:
            continue
    return tuple(ranges)


def read_conditional_formats(sheet: Element, styles: StyleSheet) -> tuple[ConditionalFormat, ...]:
    """The rules of a sheet by priority; a rule that the extension list only extends is taken once."""
    rules: list[ConditionalFormat] = []
    for block in sheet.iterfind("conditionalFormatting"):
        ranges = read_ranges(block.get("sqref"))
        for rule in block.iterfind("cfRule"):
            dxf = integer(rule.get("dxfId"), -1)
            known = 0 <= dxf < len(styles.differential)
            look = styles.differential[dxf] if known else _NO_FORMAT
            formulas = [element.text or "" for element in rule.iterfind("formula")]
            rules.append(_rule(rule, ranges, formulas, look))
    extended = {element.text for element in sheet.iter("x14.id")}
    for block in sheet.iter("x14.conditionalFormatting"):
        ranges = read_ranges(block.findtext("xm.sqref"))
        for rule in block.iterfind("x14.cfRule"):
            if rule.get("id") in extended:
                continue
            dxf_element = rule.find("x14.dxf")
            look = _NO_FORMAT if dxf_element is None else read_differential(dxf_element, styles.colors)
            formulas = [element.text or "" for element in rule.iterfind("xm.f")]
            rules.append(_rule(rule, ranges, formulas, look))
    return tuple(sorted(rules, key=lambda rule: rule.priority))


def _rule(
    rule: Element, ranges: tuple[Range, ...], formulas: list[str], look: DifferentialFormat
) -> ConditionalFormat:
    options = [(name, value) for name in _RULE_OPTIONS if (value := rule.get(name)) is not None]
    return ConditionalFormat(
        ranges=ranges,
        type=rule.get("type", "expression"),
        operator=rule.get("operator"),
        formulas=tuple(from_file(text) for text in formulas),
        priority=integer(rule.get("priority"), 1),
        fill=look.fill,
        font_color=look.font_color,
        bold=look.bold,
        options=(*options, *_scale(rule)),
    )


def _scale(rule: Element) -> Iterator[tuple[str, str]]:
    """The points of a colour scale, data bar or icon set as options (`cfvo1`: `percentile 50`, ...)."""
    for element in rule:
        name = element.tag.rpartition(".")[2]
        if name not in ("colorScale", "dataBar", "iconSet"):
            continue
        if (icons := element.get("iconSet")) is not None:
            yield "iconSet", icons
        points = (child for child in element if child.tag.rpartition(".")[2] == "cfvo")
        for number, point in enumerate(points, start=1):
            value = point.get("val") or point.findtext("xm.f") or ""
            yield f"cfvo{number}", f"{point.get('type', 'num')} {value}".strip()
        colors = (child for child in element if child.tag.rpartition(".")[2] == "color")
        for number, color in enumerate(colors, start=1):
            if (rgb := color.get("rgb")) is not None:
                yield f"color{number}", f"#{rgb[-6:].upper()}"


def read_validations(sheet: Element) -> tuple[DataValidation, ...]:
    """The data validations of a sheet."""
    found = []
    for element in sheet.iterfind("dataValidations/dataValidation"):
        formulas = [element.findtext(name) for name in ("formula1", "formula2")]
        found.append(_validation(element, element.get("sqref"), formulas))
    for element in sheet.iter("x14.dataValidation"):
        formulas = [element.findtext(f"x14.{name}/xm.f") for name in ("formula1", "formula2")]
        found.append(_validation(element, element.findtext("xm.sqref"), formulas))
    return tuple(found)


def _validation(element: Element, sqref: str | None, formulas: list[str | None]) -> DataValidation:
    kind = element.get("type", "none")
    message = element.get("error")
    needs_operator = kind not in ("none", "list", "custom")
    return DataValidation(
        ranges=read_ranges(sqref),
        type=kind,
        operator=element.get("operator", "between") if needs_operator else None,
        formulas=tuple(from_file(text) for text in formulas if text),
        allow_blank=is_true(element.get("allowBlank")),
        error_message=None if message is None else unescape(message),
    )
