"""A workbook file being changed: its workbook part, sheets, styles, tables, names and calculation chain."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Mapping

from cellwright.errors import FormulaSyntaxError, UsageError, WorkbookCorrupt
from cellwright.formula.fileform import add_file_prefixes
from cellwright.patch.bodies import FormulaText, file_formula, plain_text
from cellwright.patch.calc_chain import without_cells
from cellwright.patch.dynamic_arrays import (
    METADATA,
    may_need_parsing,
    metadata_index,
    spills,
    with_dynamic_arrays,
)
from cellwright.patch.parts import XML_HEAD, Parts
from cellwright.patch.sheet_file import SheetFile
from cellwright.patch.spans import Document, Element, escape
from cellwright.patch.stylesheet import EMPTY_STYLES, StyleBook
from cellwright.reference import MAX_COLUMNS, Cell, Range
from cellwright.workbook import markup
from cellwright.workbook.model import ArrayFormula, ConditionalFormat, DefinedName, Table, Value

_BOOK_ORDER = (
    "fileVersion", "fileSharing", "workbookPr", "AlternateContent", "revisionPtr", "workbookProtection",
    "bookViews", "sheets", "functionGroups", "externalReferences", "definedNames", "calcPr", "oleSize",
    "customWorkbookViews", "pivotCaches", "smartTagPr", "smartTagTypes", "webPublishing",
    "fileRecoveryPr", "webPublishObjects", "extLst",
)  # fmt: skip
_SHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"
_TABLE_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.table+xml"
_STYLES_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"
_METADATA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheetMetadata+xml"


class BookFile:
    """The file behind the edits: opened sheets and styles are kept until `finish` writes them back."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        self.main = parts.workbook
        self._sheets: dict[str, SheetFile] = {}
        self._styles: StyleBook | None = None
        self._styles_part = ""
        self._main: tuple[bytes, Document] | None = None
        self._dynamic: int | None = None
        self._needs_calculation = False
        self._formulas_gone: dict[str, set[Cell]] = {}
        self._drops_chain = False

    def sheet(self, name: str) -> SheetFile:
        """The part of a worksheet by its name."""
        part = self.sheet_part(name)
        if part not in self._sheets:
            self._sheets[part] = SheetFile(self.parts.read(part), part)
        return self._sheets[part]

    def sheet_part(self, name: str) -> str:
        """The name of a sheet's part; raises UsageError or WorkbookCorrupt."""
        folded = name.casefold()
        part = next((part for known, part in self.sheets() if known.casefold() == folded), None)
        if part is None:
            raise UsageError(f"expected a sheet with a part, got {name!r}: {self.parts.where}")
        return part

    def sheets(self) -> list[tuple[str, str]]:
        """(name, part) of the sheets that have a part, in order, chart sheets too."""
        document = self._main_document()
        parts = {rel.id: rel.target for rel in self.parts.relations(self.main) if not rel.is_external}
        section = document.root.child("sheets")
        found = []
        for child in section.children if section else ():
            part = parts.get(document.local_attribute(child, "id") or "")
            if part is not None and self.parts.has(part):
                found.append((document.attribute(child, "name") or "", part))
        return found

    def sheet_names(self) -> list[str]:
        """All sheets of the workbook part in order, whatever they are; `localSheetId` counts these."""
        document = self._main_document()
        sheets = document.root.child("sheets")
        return [document.attribute(child, "name") or "" for child in sheets.children] if sheets else []

    def pivot_ranges(self, sheet: str) -> list[Range]:
        """Where a sheet's pivot tables lie, and the filters above them: two cells a filter, a gap between."""
        found = []
        for part in self.parts.related(self.sheet_part(sheet), "pivotTable"):
            document = self.parts.document(part)
            location = document.root.child("location")
            if location is None:
                continue
            area = Range.parse(document.attribute(location, "ref") or "")
            found.append(area)
            told = [document.attribute(location, name) or "" for name in ("rowPageCount", "colPageCount")]
            rows, columns = (int(text) if text.isdecimal() else 0 for text in told)
            if 0 < rows < area.top and columns > 0:
                right = min(area.left + columns * 3 - 2, MAX_COLUMNS - 1)
                found.append(Range(area.top - rows - 1, area.left, area.top - 2, right))
        return found

    def _main_document(self) -> Document:
        """The workbook part, for reading only; scanned again when its bytes have changed."""
        data = self.parts.read(self.main)
        if self._main is None or self._main[0] is not data:
            self._main = (data, Document(data, self.main))
        return self._main[1]

    def settle(self) -> None:
        """Put the changes of opened sheets and styles into the parts."""
        for part, sheet in self._sheets.items():
            self.parts.write(part, sheet.data)
        self._sheets.clear()
        if self._styles is not None:
            self.parts.write(self._styles_part, self._styles.result())
            self._styles = None

    def finish(self) -> None:
        """Write back what is open; mark the workbook for calculation and keep the calculation chain true."""
        self.settle()
        chain = next(iter(self.parts.related(self.main, "calcChain")), None)
        if chain is not None and (self._drops_chain or self._formulas_gone):
            ids = {name: self._sheet_id(name) for name in self._formulas_gone}
            gone = {(ids[name], cell.a1) for name, cells in self._formulas_gone.items() for cell in cells}
            left = None if self._drops_chain else without_cells(self.parts.document(chain), gone)
            if left is None:
                self.parts.unrelate(self.main, chain)
                self.parts.remove(chain)
            else:
                self.parts.write(chain, left)
        if self._needs_calculation:
            self._demand_calculation()

    def needs_calculation(self) -> None:
        """Values may differ from the cached ones: Excel is to calculate everything when it opens the file."""
        self._needs_calculation = True

    def formulas_gone(self, sheet: str, cells: Collection[Cell]) -> None:
        """Those cells have no formula any more."""
        if cells:
            self._formulas_gone.setdefault(sheet, set()).update(cells)

    def drop_chain(self) -> None:
        """Formulas moved: the calculation chain is left to Excel to build anew."""
        self._drops_chain = True

    @property
    def styles(self) -> StyleBook:
        """The styles part, created where the workbook has none."""
        if self._styles is None:
            part = next(iter(self.parts.related(self.main, "styles")), None)
            if part is None:
                part = self.parts.free_name(posixpath.join(posixpath.dirname(self.main), "styles{}.xml"))
                self.parts.add(part, EMPTY_STYLES, _STYLES_TYPE)
                self.parts.relate(self.main, "styles", part)
            theme = next(iter(self.parts.related(self.main, "theme")), None)
            tree = None if theme is None else markup.parse(iter((self.parts.read(theme),)), theme)
            self._styles_part = part
            self._styles = StyleBook(self.parts.read(part), part, tree)
        return self._styles

    def differential(self, rule: ConditionalFormat) -> int | None:
        """The index of a rule's differential format."""
        if rule.fill is None and rule.font_color is None and rule.bold is None:
            return None
        return self.styles.differential(rule)

    def formula(
        self, text: str, value: Value, array: ArrayFormula | None, cell: Cell, table: str | None, is_new: bool
    ) -> FormulaText:
        """A formula as the file holds it; one that spills is marked as a dynamic array.

        Raises FormulaSyntaxError for a new text that does not parse; one that the file had already is kept.
        """
        if not is_new and array is None and not may_need_parsing(text):
            return FormulaText(text.removeprefix("="), value)
        try:
            written, is_spilling = add_file_prefixes(text, table).removeprefix("="), spills(text)
        except FormulaSyntaxError:
            if is_new:
                raise
            written, is_spilling = text.removeprefix("="), False
        if array is not None and not array.is_dynamic:
            return FormulaText(written, value, array.range.a1)
        if array is None and not is_spilling:
            return FormulaText(written, value)
        area = cell.a1 if array is None else array.range.a1
        return FormulaText(written, value, area, self._dynamic_metadata())

    def _dynamic_metadata(self) -> int:
        """The 1-based index of the cell metadata of dynamic arrays, which the file gets where it has none."""
        if self._dynamic is None:
            part = next(iter(self.parts.related(self.main, "sheetMetadata")), None)
            if part is None:
                part = posixpath.join(posixpath.dirname(self.main), "metadata.xml")
                self.parts.add(part, METADATA, _METADATA_TYPE)
                self.parts.relate(self.main, "sheetMetadata", part)
            elif not metadata_index(self.parts.document(part)):
                self.parts.write(part, with_dynamic_arrays(self.parts.document(part)))
            self._dynamic = metadata_index(self.parts.document(part))
        return self._dynamic

    def set_names(self, names: Mapping[tuple[str, str | None], DefinedName | None]) -> None:
        """Define, redefine or (None) remove names, by (name, scope)."""
        self.settle()
        document = self.parts.document(self.main)
        sheets = self.sheet_names()
        section = document.root.child("definedNames")
        body, left = b"", 0
        wanted = {(name.casefold(), scope): new for (name, scope), new in names.items()}
        for element in section.children if section else ():
            marks = document.attributes(element)
            place = marks.get("localSheetId", "")
            scope = sheets[int(place)] if place.isdigit() and int(place) < len(sheets) else None
            key = (marks.get("name", "").casefold(), scope)
            if key not in wanted:
                left += 1
                continue
            new = wanted.pop(key)
            if new is None:
                document.remove(element)
                continue
            left += 1
            document.set_attributes(element, name=new.name)
            document.set_text(element, plain_text(file_formula(new.formula)))
        prefix = document.root.prefix
        for new in wanted.values():
            if new is None:
                continue
            tag = b"<" + prefix + b'definedName name="' + escape(new.name, quote=True) + b'"'
            if new.scope is not None:
                tag += b' localSheetId="%d"' % sheets.index(new.scope)
            if new.is_hidden:
                tag += b' hidden="1"'
            body += (
                tag + b">" + escape(plain_text(file_formula(new.formula))) + b"</" + prefix + b"definedName>"
            )
            left += 1
        if section is not None and not left:
            document.remove(section)
        elif section is not None:
            document.append(section, body)
        elif body:
            tag = prefix + b"definedNames"
            self._insert(document, "definedNames", b"<" + tag + b">" + body + b"</" + tag + b">")
        self.parts.write(self.main, document.result())

    def add_table(self, table: Table) -> None:
        """Add a table part to a sheet."""
        self.settle()
        folder = posixpath.dirname(self.main)
        part = self.parts.free_name(posixpath.join(folder, "tables/table{}.xml"))
        area = table.range
        columns = b"".join(
            b'<tableColumn id="%d" name="%s"/>'
            % (number, escape(plain_text(name), quote=True).replace(b"\n", b"_x000a_"))
            for number, name in enumerate(table.columns, 1)
        )
        style = b""
        if table.style:
            style = (
                b'<tableStyleInfo name="%s" showFirstColumn="0" showLastColumn="0" showRowStripes="1"'
                b' showColumnStripes="0"/>' % escape(table.style, quote=True)
            )
        main = self.parts.document(self.main)
        namespace = (main.attribute(main.root, _xmlns(main.root)) or "").encode()
        name = escape(table.name, quote=True)
        marks = b'id="%d" name="%s" displayName="%s" ref="%s" totalsRowShown="0"' % (
            self._free_table_id(), name, name, area.a1.encode()
        )  # fmt: skip
        filtered = b'<autoFilter ref="%s"/>' % area.a1.encode() if not table.totals_rows else b""
        columns = b'<tableColumns count="%d">%s</tableColumns>' % (len(table.columns), columns)
        opening = b'<table xmlns="' + namespace + b'" ' + marks + b">"
        data = XML_HEAD + opening + filtered + columns + style + b"</table>"
        self.parts.add(part, data, _TABLE_TYPE)
        sheet_part = self.sheet_part(table.sheet)
        key = self.parts.relate(sheet_part, "table", part)
        uri = b"http://schemas.openxmlformats.org/officeDocument/2006/relationships"
        if b"purl.oclc.org" in namespace:
            uri = b"http://purl.oclc.org/ooxml/officeDocument/relationships"
        self.sheet(table.sheet).add_table_part(key, uri)

    def add_pivot_cache(self, relation: str) -> int:
        """Name a pivot cache's relationship in the workbook part; gives the cache's id."""
        self.settle()
        document = self.parts.document(self.main)
        section = document.root.child("pivotCaches")
        taken = [
            int(document.attribute(child, "cacheId") or 0) for child in (section.children if section else ())
        ]
        number = max(taken, default=0) + 1
        uri = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
        prefix = document.root.prefix.decode()
        new = f'<{prefix}pivotCache cacheId="{number}" xmlns:r="{uri}" r:id="{relation}"/>'.encode()
        if section is None:
            tag = f"{prefix}pivotCaches".encode()
            self._insert(document, "pivotCaches", b"<" + tag + b">" + new + b"</" + tag + b">")
        else:
            document.append(section, new)
        self.parts.write(self.main, document.result())
        return number

    def _free_table_id(self) -> int:
        taken = [0]
        for _, sheet_part in self.sheets():
            for part in self.parts.related(sheet_part, "table"):
                document = self.parts.document(part)
                number = document.attribute(document.root, "id") or ""
                taken.append(int(number) if number.isdigit() else 0)
        return max(taken) + 1

    def add_sheet(self, name: str, at: int | None) -> None:
        """Add an empty worksheet before the sheet at position `at` of the worksheets (None: last)."""
        self.settle()
        document = self.parts.document(self.main)
        sheets = document.root.child("sheets")
        if sheets is None or not sheets.children:
            raise WorkbookCorrupt(f"expected sheets in {self.main}, got none")
        namespace = document.attribute(document.root, _xmlns(document.root)) or ""
        folder = posixpath.dirname(self.main)
        part = self.parts.free_name(posixpath.join(folder, "worksheets/sheet{}.xml"))
        opening = b'<worksheet xmlns="' + namespace.encode() + b'">'
        data = XML_HEAD + opening + b'<dimension ref="A1"/><sheetData/></worksheet>'
        self.parts.add(part, data, _SHEET_TYPE)
        key = self.parts.relate(self.main, "worksheet", part)
        taken = [int(document.attribute(child, "sheetId") or 0) for child in sheets.children]
        first = document.tag(sheets.children[0])
        match = re.search(rb"\s([^\s=]*:)?id\s*=", first)
        id_name = (match[1] or b"") + b"id" if match else b"r:id"
        tag = b'sheet name="%s" sheetId="%d" ' % (escape(name, quote=True), max(taken) + 1)
        own = re.search(rb"\sxmlns:" + id_name[:-3] + rb"\s*=\s*(?:\"[^\"]*\"|'[^']*')", first)
        if own:  # the prefix is declared where it is used, not on the root
            tag = tag.rstrip() + own[0] + b" "
        new = b"<" + sheets.prefix + tag + id_name + b'="' + key.encode() + b'"/>'
        worksheets = [child for child in sheets.children if self._is_worksheet(document, child)]
        place = len(sheets.children)
        if at is not None and at < len(worksheets):
            place = sheets.children.index(worksheets[at])
        if place == len(sheets.children):
            document.append(sheets, new)
        else:
            document.replace(sheets.children[place].start, sheets.children[place].start, new)
            self._renumber(document, place)
        self.parts.write(self.main, document.result())

    def _is_worksheet(self, document: Document, element: Element) -> bool:
        key = document.local_attribute(element, "id")
        return any(rel.id == key and rel.kind == "worksheet" for rel in self.parts.relations(self.main))

    def _renumber(self, document: Document, place: int) -> None:
        """Positions of sheets from `place` on grow by one: scopes of names, the active tab."""
        names = document.root.child("definedNames")
        for element in names.children if names else ():
            scope = document.attribute(element, "localSheetId")
            if scope is not None and scope.isdigit() and int(scope) >= place:
                document.set_attributes(element, localSheetId=str(int(scope) + 1))
        for element in document.root.walk():
            if element.local not in ("workbookView", "customWorkbookView"):
                continue
            tabs = {mark: document.attribute(element, mark) or "" for mark in ("activeTab", "firstSheet")}
            grown: dict[str, str | None] = {
                mark: str(int(tab) + 1) for mark, tab in tabs.items() if tab.isdigit() and int(tab) >= place
            }
            if grown:
                document.set_attributes(element, **grown)

    def rename_sheet(self, old: str, new: str) -> None:
        """The name in the workbook part alone; what mentions it follows elsewhere."""
        self.settle()
        document = self.parts.document(self.main)
        element = _sheet_element(document, old)
        if element is None:
            raise UsageError(f"expected a sheet of the workbook, got {old!r}")
        document.set_attributes(element, name=new)
        self.parts.write(self.main, document.result())

    def _insert(self, document: Document, local: str, new: bytes) -> None:
        place = document.root.inner_start
        for child in document.root.children:
            if child.local in _BOOK_ORDER and _BOOK_ORDER.index(child.local) <= _BOOK_ORDER.index(local):
                place = child.end
        document.replace(place, place, new)

    def _sheet_id(self, name: str) -> str:
        document = self._main_document()
        element = _sheet_element(document, name)
        return "" if element is None else document.attribute(element, "sheetId") or ""

    def _demand_calculation(self) -> None:
        document = self.parts.document(self.main)
        element = document.root.child("calcPr")
        if element is None:
            self._insert(document, "calcPr", b"<" + document.root.prefix + b'calcPr fullCalcOnLoad="1"/>')
        elif document.attribute(element, "fullCalcOnLoad") in ("1", "true"):
            return
        else:
            document.set_attributes(element, fullCalcOnLoad="1")
        self.parts.write(self.main, document.result())


def header_attribute(name: str) -> str:
    """A table's header as a `name` attribute has it: line breaks escaped, as Excel does."""
    return plain_text(name).replace("\n", "_x000a_")


def _sheet_element(document: Document, name: str) -> Element | None:
    sheets = document.root.child("sheets")
    folded = name.casefold()
    for child in sheets.children if sheets else ():
        if (document.attribute(child, "name") or "").casefold() == folded:
            return child
    return None


def _xmlns(element: Element) -> str:
    prefix = element.prefix.decode().rstrip(":")
    return f"xmlns:{prefix}" if prefix else "xmlns"
