"""Conditional formats and validations added to a worksheet part, those of Excel 2010 and later minded."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from cellwright.edits.rules import without
from cellwright.errors import UnsupportedWrite
from cellwright.patch.bodies import file_formula, plain_text
from cellwright.patch.sheet_file import SheetFile, ranges, sqref
from cellwright.patch.spans import escape
from cellwright.reference import Range
from cellwright.workbook.model import ConditionalFormat, DataValidation

_SCALE = re.compile(r"cfvo\d+|color\d+|iconSet")


def add_conditional_format(file: SheetFile, rule: ConditionalFormat, dxf: int | None) -> None:
    """Append a rule; the priorities from its own on step back where it is taken."""
    file.settle()
    rules = [element for element in file.root.walk() if element.local == "cfRule"]
    pairs = []
    for element in rules:
        text = file.document.attribute(element, "priority")
        if text is not None and text.lstrip("-").isdigit():
            pairs.append((element, int(text)))
    if any(priority == rule.priority for _, priority in pairs):
        for element, priority in pairs:
            if priority >= rule.priority:
                file.document.set_attributes(element, priority=str(priority + 1))
    file.insert("conditionalFormatting", _rule(file, rule, dxf))
    file.settle()


def _rule(file: SheetFile, rule: ConditionalFormat, dxf: int | None) -> bytes:
    options = {name: text for name, text in rule.options if not _SCALE.match(name)}
    scale = {name: text for name, text in rule.options if _SCALE.match(name)}
    body = b"".join(file.wrap("formula", escape(plain_text(file_formula(text)))) for text in rule.formulas)
    if rule.type in ("colorScale", "dataBar", "iconSet"):
        body += _scale(file, rule.type, scale)
    marks: dict[str, str | None] = {
        "type": rule.type,
        "dxfId": None if dxf is None else str(dxf),
        "priority": str(rule.priority),
        "operator": rule.operator,
        **options,
    }
    new = file.wrap("cfRule", body, **marks) if body else file.element("cfRule", **marks)
    return file.wrap("conditionalFormatting", new, sqref=sqref(rule.ranges))


def _scale(file: SheetFile, kind: str, options: Mapping[str, str]) -> bytes:
    """A colour scale, data bar or icon set from its options (`cfvo1`: `min`, `color1`: `#RRGGBB`)."""
    points, number = b"", 1
    while (point := options.get(f"cfvo{number}")) is not None:
        place, _, value = point.partition(" ")
        points += file.element("cfvo", type=place, val=value or None)
        number += 1
    colors, number = b"", 1
    while (color := options.get(f"color{number}")) is not None:
        colors += file.element("color", rgb="FF" + color.lstrip("#").upper())
        number += 1
    least = {"colorScale": (2, 2), "dataBar": (2, 1), "iconSet": (3, 0)}[kind]
    if points.count(b"<") < least[0] or colors.count(b"<") < least[1]:
        raise UnsupportedWrite(
            f"expected at least {least[0]} points and {least[1]} colours of a {kind}, got fewer"
        )
    return file.wrap(kind, points + colors, iconSet=options.get("iconSet"))


def add_validation(file: SheetFile, rule: DataValidation) -> None:
    """Append a validation; its cells are cut out of the others."""
    file.settle()
    section = file.root.child("dataValidations")
    left = 1
    for child in section.children if section else ():
        old = ranges(file.document.attribute(child, "sqref") or "")
        new = without(old, rule.ranges)
        if not new:
            file.remove_child(child)
            continue
        left += 1
        if new != old:
            file.document.set_attributes(child, sqref=sqref(new))
    _cut_extended_validations(file, rule.ranges)
    formulas = b"".join(
        file.wrap(f"formula{number}", escape(plain_text(file_formula(text))))
        for number, text in enumerate(rule.formulas[:2], 1)
    )
    marks: dict[str, str | None] = {
        "type": None if rule.type == "none" else rule.type,
        "operator": None if rule.operator == "between" else rule.operator,
        "allowBlank": "1" if rule.allow_blank else None,
        "showInputMessage": "1",
        "showErrorMessage": "1",
        "error": rule.error_message,
        "sqref": sqref(rule.ranges),
    }
    new_rule = (
        file.wrap("dataValidation", formulas, **marks)
        if formulas
        else file.element("dataValidation", **marks)
    )
    if section is None:
        file.insert("dataValidations", file.wrap("dataValidations", new_rule, count="1"))
    elif section.is_empty:
        file.splice(section.start, section.end, file.wrap("dataValidations", new_rule, count="1"))
    else:
        file.document.set_attributes(section, count=str(left))
        file.document.append(section, new_rule)
    file.mark_changed()
    file.settle()


def _cut_extended_validations(file: SheetFile, cut: Iterable[Range]) -> None:
    extensions = file.root.child("extLst")
    for element in extensions.walk() if extensions else ():
        if element.local != "dataValidation":
            continue
        place = element.child("sqref")
        if place is None:
            continue
        old = ranges(file.document.text(place))
        new = without(old, cut)
        if new == old:
            continue
        if not new:
            raise UnsupportedWrite(
                f"expected cells without a validation of Excel 2010 or later, got one on {sqref(old)}"
            )
        file.document.set_text(place, sqref(new))
