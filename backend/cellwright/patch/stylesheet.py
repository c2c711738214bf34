"""Formats that a workbook does not have yet, appended to its styles part.

Only appends: existing fonts, fills, borders and formats keep their bytes and indices. A new cell format is a
copy of the present one with the changed facets alone replaced; a new font or border is a copy likewise, so
whatever we do not model (scheme, charset, strike, protection, diagonals) stays.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from typing import TypeVar
from xml.etree.ElementTree import Element as Tree

from cellwright.errors import UnsupportedWrite
from cellwright.patch.spans import Document, attributes, escape, with_attribute
from cellwright.workbook import markup
from cellwright.workbook.model import (
    Alignment,
    Border,
    Borders,
    ConditionalFormat,
    Font,
    Style,
)
from cellwright.workbook.number_formats import BUILT_IN
from cellwright.workbook.styles import read_styles

MAX_FORMATS = 65_000
_SECTIONS = (
    "numFmts", "fonts", "fills", "borders", "cellStyleXfs", "cellXfs", "cellStyles", "dxfs", "tableStyles",
    "colors", "extLst",
)  # fmt: skip
_FONT_ORDER = (
    "b", "i", "strike", "condense", "extend", "outline", "shadow", "u", "vertAlign", "sz", "color", "name",
    "family", "charset", "scheme",
)  # fmt: skip
_FIRST_CUSTOM = 164
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"

EMPTY_STYLES = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    f'<styleSheet xmlns="{_MAIN}">'
    '<fonts count="1"><font><sz val="11"/><name val="Calibri"/><family val="2"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill>'
    '<fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>'
    "</styleSheet>"
).encode()

_T = TypeVar("_T")


class StyleBook:
    """The styles part while formats are added to it; `result` gives its new bytes."""

    def __init__(self, data: bytes, part: str, theme: Tree | None) -> None:
        self._document = Document(data, part)
        if not self._document.root.children:  # says nothing; formats need a base to start from
            self._document = Document(EMPTY_STYLES, part)
        self._root = self._document.root
        self._prefix = self._root.prefix
        self.cells = list(read_styles(markup.parse(iter((self._document.data,)), part), theme).cells)
        self._records = {name: self._raw(name) for name in ("fonts", "fills", "borders", "cellXfs", "dxfs")}
        self._counts = {name: len(records) for name, records in self._records.items()}
        self._codes = self._read_codes()
        self._new_codes: dict[str, int] = {}
        self._known: dict[tuple[int, Style], int] = {}

    def index_of(self, style: Style, base: int) -> int:
        """The index of a cell format that is `base` with the facets of `style`; appended where it is new."""
        if not self._records["cellXfs"]:
            self._records["cellXfs"].append(
                self._named(b'<xf numFmtId="0" fontId="0" fillId="0" borderId="0"/>')
            )
        base = base if 0 <= base < len(self.cells) else 0
        have = self.cells[base]
        if have == style:
            return base
        known = self._known.get((base, style))
        if known is None:
            known = self._known[base, style] = self._derive(base, have, style)
        return known

    def changed(self, was: Style, now: Style, base: int) -> int:
        """The index of the format `base` with those facets changed that differ between `was` and `now`."""
        have = self.cells[base] if 0 <= base < len(self.cells) else self.cells[0]
        want = replace(
            have,
            number_format=now.number_format if now.number_format != was.number_format else have.number_format,
            fill=now.fill if now.fill != was.fill else have.fill,
            font=_overlaid(was.font, now.font, have.font),
            borders=_overlaid(was.borders, now.borders, have.borders),
            alignment=_overlaid(was.alignment, now.alignment, have.alignment),
        )
        return self.index_of(want, base)

    def differential(self, rule: ConditionalFormat) -> int | None:
        """The index of a new differential format with a rule's fill and font; None where it has neither."""
        font = b""
        if rule.bold is not None:
            font += b"<b/>" if rule.bold else b'<b val="0"/>'
        if rule.font_color is not None:
            font += _color(b"color", rule.font_color)
        record = b"<font>" + font + b"</font>" if font else b""
        if rule.fill is not None:
            record += b"<fill><patternFill>" + _color(b"bgColor", rule.fill) + b"</patternFill></fill>"
        if not record:
            return None
        return self._add("dxfs", self._named(b"<dxf>" + record + b"</dxf>"))

    def result(self) -> bytes:
        """The bytes of the part with everything that was added."""
        document = self._document
        for name, records in self._records.items():
            added = records[self._counts[name] :]
            if added:
                self._append(name, added, len(records))
        if self._new_codes:
            codes = [
                self._named(b'<numFmt numFmtId="%d" formatCode="%s"/>' % (number, escape(code, quote=True)))
                for code, number in self._new_codes.items()
            ]
            section = self._root.child("numFmts")
            held = len(section.all("numFmt")) if section else 0
            self._append("numFmts", codes, held + len(codes))
        return document.result()

    def _append(self, name: str, records: Sequence[bytes], count: int) -> None:
        document, section = self._document, self._root.child(name)
        body = b"".join(records)
        if section is None:
            tag = self._prefix + name.encode()
            new = b"<" + tag + b' count="%d">' % count + body + b"</" + tag + b">"
            document.replace(*self._place(name), new)
        elif section.is_empty:
            tag = with_attribute(document.raw(section), "count", str(count))
            opened = tag[: tag.rindex(b"/>")].rstrip() + b">" + body + b"</" + section.name + b">"
            document.replace(section.start, section.end, opened)
        else:
            document.set_attributes(section, count=str(count))
            document.append(section, body)

    def _place(self, name: str) -> tuple[int, int]:
        """Where a missing section belongs among its siblings."""
        if self._root.is_empty:
            raise UnsupportedWrite(f"expected formats in {self._document.part}, got an empty part")
        rank = _SECTIONS.index(name)
        place = self._root.inner_start
        for child in self._root.children:
            if child.local in _SECTIONS and _SECTIONS.index(child.local) < rank:
                place = child.end
        return place, place

    def _derive(self, base: int, have: Style, want: Style) -> int:
        record = self._records["cellXfs"][base]
        end = record.index(b">") + 1
        tag, rest = record[:end], record[end:]
        marks = attributes(tag)
        if want.number_format != have.number_format:
            tag = with_attribute(tag, "numFmtId", str(self._code(want.number_format)))
            tag = with_attribute(tag, "applyNumberFormat", "1")
        if want.font != have.font:
            font = self._font(int(marks.get("fontId", "0")), have.font, want.font)
            tag = with_attribute(with_attribute(tag, "fontId", str(font)), "applyFont", "1")
        if want.fill != have.fill:
            fill = 0 if want.fill is None else self._add("fills", self._named(_solid(want.fill)))
            tag = with_attribute(with_attribute(tag, "fillId", str(fill)), "applyFill", "1")
        if want.borders != have.borders:
            border = self._border(int(marks.get("borderId", "0")), have.borders, want.borders)
            tag = with_attribute(with_attribute(tag, "borderId", str(border)), "applyBorder", "1")
        if want.alignment != have.alignment:
            tag = with_attribute(tag, "applyAlignment", "1")
            tag, rest = self._aligned(tag, rest, want.alignment)
        if len(self.cells) >= MAX_FORMATS:
            raise UnsupportedWrite(
                f"expected at most {MAX_FORMATS} cell formats, got a workbook full of them"
            )
        index = self._add("cellXfs", tag + rest)
        while len(self.cells) <= index:
            self.cells.append(want)
        return index

    def _aligned(self, tag: bytes, rest: bytes, want: Alignment) -> tuple[bytes, bytes]:
        """An `xf` (start tag, rest) with an alignment child of those facets; others in it are kept."""
        name = re.escape(self._prefix) + b"alignment"
        found = re.search(rb"<" + name + rb"(?=[\s/>])[^>]*?(?:/>|>\s*</" + name + rb">)", rest)
        child = found[0][: found[0].index(b">") + 1] if found else b"<" + self._prefix + b"alignment/>"
        rotation = want.rotation if want.rotation >= 0 else 90 - want.rotation
        child = with_attribute(child, "horizontal", want.horizontal)
        child = with_attribute(child, "vertical", want.vertical)
        child = with_attribute(child, "wrapText", "1" if want.wrap else None)
        child = with_attribute(child, "textRotation", str(rotation) if rotation else None)
        if not child.endswith(b"/>"):
            child = child[:-1] + b"/>"
        if found:
            return tag, rest[: found.start()] + child + rest[found.end() :]
        if tag.endswith(b"/>"):
            closing = b"</" + self._prefix + b"xf>"
            return tag[:-2].rstrip() + b">", child + closing
        return tag, child + rest

    def _font(self, base: int, have: Font, want: Font) -> int:
        record = self._record("fonts", base, b"<font/>")
        children = _children(record)
        facets: dict[str, bytes | None] = {}
        if want.bold != have.bold:
            facets["b"] = b"<b/>" if want.bold else None
        if want.italic != have.italic:
            facets["i"] = b"<i/>" if want.italic else None
        if want.underline != have.underline:
            line = want.underline
            facets["u"] = (
                None if line is None else b"<u/>" if line == "single" else b'<u val="%s"/>' % line.encode()
            )
        if want.size != have.size:
            facets["sz"] = b'<sz val="%s"/>' % f"{want.size:g}".encode()
        if want.color != have.color:
            facets["color"] = None if want.color is None else _color(b"color", want.color)
        if want.name != have.name:
            facets["name"] = b'<name val="%s"/>' % escape(want.name, quote=True)
            facets |= {"scheme": None, "family": None, "charset": None}
        new = _with_children(children, facets, _FONT_ORDER, self._prefix)
        return self._add(
            "fonts", self._named(b"<font>", keep=True) + new + self._named(b"</font>", keep=True)
        )

    def _border(self, base: int, have: Borders, want: Borders) -> int:
        record = self._record("borders", base, b"<border/>")
        children = _children(record)
        starts = any(name in ("start", "end") for name, _ in children)
        facets: dict[str, bytes | None] = {}
        sides = (("left", "start"), ("right", "end"), ("top", "top"), ("bottom", "bottom"))
        for side, strict in sides:
            line: Border | None = getattr(want, side)
            if line != getattr(have, side):
                facets[strict if starts else side] = _line((strict if starts else side).encode(), line)
        order = ("start", "end", "left", "right", "top", "bottom", "diagonal", "vertical", "horizontal")
        tag = record[: record.index(b">") + 1]
        tag = tag[:-2].rstrip() + b">" if tag.endswith(b"/>") else tag
        new = _with_children(children, facets, order, self._prefix)
        return self._add("borders", tag + new + self._named(b"</border>", keep=True))

    def _record(self, name: str, index: int, default: bytes) -> bytes:
        records = self._records[name]
        if not records:
            return self._named(default)
        return records[index] if 0 <= index < len(records) else records[0]

    def _add(self, name: str, record: bytes) -> int:
        """The index of a record in a section: of an equal one there, else of this one appended."""
        records = self._records[name]
        try:
            return records.index(record)
        except ValueError:
            if not records and name in ("fonts", "fills", "borders"):
                raise UnsupportedWrite(
                    f"expected {name} in {self._document.part}, got a styles part without them"
                ) from None
            records.append(record)
            return len(records) - 1

    def _raw(self, name: str) -> list[bytes]:
        section = self._root.child(name)
        return [] if section is None else [self._document.raw(child) for child in section.children]

    def _read_codes(self) -> dict[int, str]:
        section = self._root.child("numFmts")
        codes: dict[int, str] = {}
        for element in section.children if section else ():
            marks: Mapping[str, str] = self._document.attributes(element)
            number = marks.get("numFmtId", "")
            if number.isdigit():
                codes[int(number)] = marks.get("formatCode", "General")
        return codes

    def _code(self, code: str) -> int:
        """The id of a number format code: built in, in the file, or new."""
        for number, known in self._codes.items():
            if known == code:
                return number
        for number, known in BUILT_IN.items():
            if known == code and number not in self._codes:
                return number
        if code not in self._new_codes:
            taken = [*self._codes, *self._new_codes.values(), _FIRST_CUSTOM - 1]
            self._new_codes[code] = max(taken) + 1
        return self._new_codes[code]

    def _named(self, record: bytes, keep: bool = False) -> bytes:
        """A record with the part's prefix put before its element names (`keep`: one tag only)."""
        if not self._prefix:
            return record
        return re.sub(rb"<(/?)(?=[A-Za-z])", rb"<\1" + self._prefix, record)


def _overlaid(was: _T, now: _T, have: _T) -> _T:
    """`have` with the fields that differ between `was` and `now` (dataclasses of one type)."""
    changes = {
        field.name: getattr(now, field.name)
        for field in fields(was)  # type: ignore[arg-type]
        if getattr(now, field.name) != getattr(was, field.name)
    }
    return replace(have, **changes)  # type: ignore[type-var]


def _children(record: bytes) -> list[tuple[str, bytes]]:
    """(local name, bytes) of the children of a record."""
    document = Document(record, "styles")
    return [(child.local, document.raw(child)) for child in document.root.children]


def _with_children(
    children: list[tuple[str, bytes]], facets: Mapping[str, bytes | None], order: Sequence[str], prefix: bytes
) -> bytes:
    """Children with some replaced, removed (None) or put in at their place in `order`."""
    kept = [(name, raw) for name, raw in children if name not in facets]
    for name, new in facets.items():
        if new is None:
            continue
        if prefix:
            new = re.sub(rb"<(/?)(?=[A-Za-z])", rb"<\1" + prefix, new)
        rank = order.index(name)
        place = next(
            (i for i, (other, _) in enumerate(kept) if other in order and order.index(other) > rank),
            len(kept),
        )
        kept.insert(place, (name, new))
    return b"".join(raw for _, raw in kept)


def _color(name: bytes, color: str) -> bytes:
    return b"<" + name + b' rgb="FF' + color.lstrip("#").upper().encode() + b'"/>'


def _solid(color: str) -> bytes:
    inner = _color(b"fgColor", color) + b'<bgColor indexed="64"/>'
    return b'<fill><patternFill patternType="solid">' + inner + b"</patternFill></fill>"


def _line(side: bytes, border: Border | None) -> bytes:
    if border is None:
        return b"<" + side + b"/>"
    color = b'<color auto="1"/>' if border.color is None else _color(b"color", border.color)
    return b"<" + side + b' style="' + border.style.encode() + b'">' + color + b"</" + side + b">"
