"""A pivot table as parts: cache definition, cache records, the table, their types and relations.

Elements are ECMA-376 part 1, 18.10. The cells of the table are written like any others (they are what the
snapshot shows); the parts say how they came about, and ask Excel to refresh when it opens the file.
"""

from __future__ import annotations

import datetime
import math
import posixpath
from collections.abc import Iterator

from cellwright.edits.model import AddPivot
from cellwright.edits.pivots import PivotLayout, pivot_layout
from cellwright.patch.bodies import plain_text
from cellwright.patch.book_file import BookFile
from cellwright.patch.parts import XML_HEAD
from cellwright.patch.spans import escape
from cellwright.workbook.model import ErrorValue, Pivot, Snapshot, Value
from cellwright.workbook.number_formats import is_date_format

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml."
_EPOCHS = {False: datetime.datetime(1899, 12, 30), True: datetime.datetime(1904, 1, 1)}
_MAX_DATE_SERIAL = 2_900_000


def add_pivot(book: BookFile, edit: AddPivot, before: Snapshot, pivot: Pivot) -> None:
    """Add the parts of a pivot whose cells are written; `before` is the snapshot that it was made from."""
    book.settle()
    layout = pivot_layout(before, edit)
    parts, folder = book.parts, posixpath.dirname(book.main)
    cache = parts.free_name(posixpath.join(folder, "pivotCache/pivotCacheDefinition{}.xml"))
    records = parts.free_name(posixpath.join(folder, "pivotCache/pivotCacheRecords{}.xml"))
    table = parts.free_name(posixpath.join(folder, "pivotTables/pivotTable{}.xml"))
    writer = _PivotXml(edit, layout, pivot, before.is_1904)
    parts.add(records, XML_HEAD + writer.records().encode(), f"{_TYPE}pivotCacheRecords+xml")
    parts.add(cache, XML_HEAD + b"<pivotCacheDefinition/>", f"{_TYPE}pivotCacheDefinition+xml")
    relation = parts.relate(cache, "pivotCacheRecords", records)
    parts.write(cache, XML_HEAD + writer.cache(relation).encode())
    cache_id = book.add_pivot_cache(parts.relate(book.main, "pivotCacheDefinition", cache))
    parts.add(table, XML_HEAD + writer.table(cache_id).encode(), f"{_TYPE}pivotTable+xml")
    parts.relate(table, "pivotCacheDefinition", cache)
    parts.relate(book.sheet_part(edit.sheet), "pivotTable", table)


class _PivotXml:
    """The three parts of one pivot; fields that are grouped have shared items, the others their values."""

    def __init__(self, edit: AddPivot, layout: PivotLayout, pivot: Pivot, is_1904: bool) -> None:
        self._edit = edit
        self._layout = layout
        self._pivot = pivot
        self._is_1904 = is_1904
        folded = [name.casefold() for name in layout.fields]
        self._rows = [folded.index(name.casefold()) for name in edit.rows]
        self._columns = [folded.index(name.casefold()) for name in edit.columns]
        self._values = [(folded.index(name.casefold()), function) for name, function in edit.values]
        names = (*edit.rows, *edit.columns)
        self._items = {
            place: layout.items[name]
            for place, name in zip((*self._rows, *self._columns), names, strict=True)
        }

    def records(self) -> str:
        rows = "".join(
            "<r>" + "".join(self._record_value(place, value) for place, value in enumerate(record)) + "</r>"
            for record in self._layout.records
        )
        count = len(self._layout.records)
        return f'<pivotCacheRecords xmlns="{_MAIN}" xmlns:r="{_R}" count="{count}">{rows}</pivotCacheRecords>'

    def _record_value(self, place: int, value: Value) -> str:
        if place in self._items:
            return f'<x v="{self._items[place].index(value)}"/>'
        return self._value(place, value)

    def cache(self, relation: str) -> str:
        fields = "".join(
            f'<cacheField name="{_attribute(name)}" numFmtId="{14 if self._is_date(place) else 0}">'
            f"{self._shared(place)}</cacheField>"
            for place, name in enumerate(self._layout.fields)
        )
        source = (
            f'<cacheSource type="worksheet"><worksheetSource ref="{self._pivot.source.a1}" '
            f'sheet="{_attribute(self._pivot.source_sheet)}"/></cacheSource>'
        )
        return (
            f'<pivotCacheDefinition xmlns="{_MAIN}" xmlns:r="{_R}" r:id="{relation}" refreshOnLoad="1" '
            'refreshedBy="Cellwright" createdVersion="6" refreshedVersion="6" minRefreshableVersion="3" '
            f'recordCount="{len(self._layout.records)}">{source}'
            f'<cacheFields count="{len(self._layout.fields)}">{fields}</cacheFields></pivotCacheDefinition>'
        )

    def _shared(self, place: int) -> str:
        values = [record[place] for record in self._layout.records]
        numbers = [v for v in values if isinstance(v, float) and not isinstance(v, bool)]
        has_blank = any(value is None for value in values)
        has_text = any(isinstance(value, str) for value in values)
        marks: dict[str, str] = {}
        is_date = self._is_date(place) and bool(numbers)
        if not has_text and not has_blank and numbers:
            marks["containsSemiMixedTypes"] = "0"
        if is_date:
            if not has_text:
                marks["containsNonDate"] = "0"
            marks["containsDate"] = "1"
        if not has_text:
            marks["containsString"] = "0"
        if has_blank:
            marks["containsBlank"] = "1"
        if (numbers and has_text) or (numbers and any(isinstance(v, bool | ErrorValue) for v in values)):
            marks["containsMixedTypes"] = "1"
        if numbers and is_date:
            marks["minDate"] = self._date(min(numbers))
            marks["maxDate"] = self._date(math.floor(max(numbers)) + 1.0)
        elif numbers:
            marks["containsNumber"] = "1"
            if all(number.is_integer() for number in numbers):
                marks["containsInteger"] = "1"
            marks["minValue"], marks["maxValue"] = f"{min(numbers)!r}", f"{max(numbers)!r}"
        if place not in self._items:
            return _element("sharedItems", marks)
        items = self._items[place]
        body = "".join(self._value(place, item) for item in items)
        return _element("sharedItems", {**marks, "count": str(len(items))}, body)

    def _value(self, place: int, value: Value) -> str:
        if value is None:
            return "<m/>"
        if isinstance(value, bool):
            return f'<b v="{int(value)}"/>'
        if isinstance(value, float):
            if self._is_date(place) and 0 <= value < _MAX_DATE_SERIAL:
                return f'<d v="{self._date(value)}"/>'
            return f'<n v="{value!r}"/>'
        if isinstance(value, ErrorValue):
            return f'<e v="{value.value}"/>'
        return f'<s v="{_attribute(value)}"/>'

    def _date(self, serial: float) -> str:
        moment = _EPOCHS[self._is_1904] + datetime.timedelta(days=serial)
        return (moment + datetime.timedelta(milliseconds=500)).replace(microsecond=0).isoformat()

    def _is_date(self, place: int) -> bool:
        return is_date_format(self._layout.formats[place])

    def table(self, cache_id: int) -> str:
        area, layout = self._pivot.range, self._layout
        first_data_row = 2 if self._columns else 1
        location = (
            f'<location ref="{area.a1}" firstHeaderRow="1" firstDataRow="{first_data_row}" firstDataCol="1"/>'
        )
        fields = "".join(self._field(place) for place in range(len(layout.fields)))
        data = "".join(
            f'<dataField name="{_attribute(caption)}" fld="{place}"'
            + ("" if function == "sum" else f' subtotal="{function}"')
            + ' baseField="0" baseItem="0"/>'
            for caption, (place, function) in zip(layout.captions, self._values, strict=True)
        )
        return (
            f'<pivotTableDefinition xmlns="{_MAIN}" name="{_attribute(self._pivot.name)}" '
            f'cacheId="{cache_id}" applyNumberFormats="0" applyBorderFormats="0" applyFontFormats="0" '
            'applyPatternFormats="0" applyAlignmentFormats="0" applyWidthHeightFormats="1" '
            'dataCaption="Values" updatedVersion="6" minRefreshableVersion="3" useAutoFormatting="1" '
            'itemPrintTitles="1" createdVersion="6" indent="0" outline="1" outlineData="1" '
            'multipleFieldFilters="0">'
            f'{location}<pivotFields count="{len(layout.fields)}">{fields}</pivotFields>'
            f"{self._axis('row', self._rows)}{self._row_items()}{self._column_axis()}"
            f'<dataFields count="{len(self._values)}">{data}</dataFields>'
            '<pivotTableStyleInfo name="PivotStyleLight16" showRowHeaders="1" showColHeaders="1" '
            'showRowStripes="0" showColStripes="0" showLastColumn="1"/></pivotTableDefinition>'
        )

    def _field(self, place: int) -> str:
        marks = {"showAll": "0"}
        if place in self._rows or place in self._columns:
            marks["axis"] = "axisRow" if place in self._rows else "axisCol"
            if any(place == value for value, _ in self._values):
                marks["dataField"] = "1"
            count = len(self._items[place])
            items = "".join(f'<item x="{number}"/>' for number in range(count)) + '<item t="default"/>'
            return _element("pivotField", marks, f'<items count="{count + 1}">{items}</items>')
        if any(place == value for value, _ in self._values):
            marks["dataField"] = "1"
        return _element("pivotField", marks)

    def _axis(self, name: str, places: list[int]) -> str:
        if not places:
            return ""
        fields = "".join(f'<field x="{place}"/>' for place in places)
        return f'<{name}Fields count="{len(places)}">{fields}</{name}Fields>'

    def _row_items(self) -> str:
        items = list(self._lines())
        return f'<rowItems count="{len(items)}">{"".join(items)}</rowItems>'

    def _lines(self) -> Iterator[str]:
        for line in self._layout.lines:
            if not line.path:
                yield '<i t="grand"><x/></i>' if self._rows else "<i/>"
                continue
            depth = len(line.path) - 1
            number = self._items[self._rows[depth]].index(line.path[-1])
            repeated = f' r="{depth}"' if depth else ""
            yield f"<i{repeated}><x{_index(number)}/></i>"

    def _column_axis(self) -> str:
        if self._columns:
            count = len(self._layout.columns)
            items = "".join(f"<i><x{_index(number)}/></i>" for number in range(count))
            items += '<i t="grand"><x/></i>'
            return f'{self._axis("col", self._columns)}<colItems count="{count + 1}">{items}</colItems>'
        if len(self._values) == 1:
            return '<colItems count="1"><i/></colItems>'
        count = len(self._values)
        items = "<i><x/></i>" + "".join(
            f'<i i="{number}"><x v="{number}"/></i>' for number in range(1, count)
        )
        return f'<colFields count="1"><field x="-2"/></colFields><colItems count="{count}">{items}</colItems>'


def _index(number: int) -> str:
    return f' v="{number}"' if number else ""


def _element(local: str, marks: dict[str, str], body: str = "") -> str:
    tag = "".join(f' {name}="{value}"' for name, value in marks.items())
    return f"<{local}{tag}>{body}</{local}>" if body else f"<{local}{tag}/>"


def _attribute(text: str) -> str:
    return escape(plain_text(text), quote=True).decode()
