"""The cells of a worksheet part as byte spans, and patches of a few of them.

Rows and cells are found by pattern, not parsed: a row's span runs to the next row, a cell's from `<c` to its
end tag. Only touched cells get new bytes; a new cell or row goes in where its address belongs. Addresses may
be left out in the file (ECMA-376 part 1, 18.3.1.4: the position after the one before).

Shared formulas: when the master of a group is overwritten, the first member left becomes its master, with the
text that the group has there. Arrays and data tables are never changed in part.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from cellwright.errors import UnsupportedWrite, WorkbookCorrupt
from cellwright.formula import shift_fill
from cellwright.patch.bodies import CellPatch, Constant, Raw, Result, new_cell, plain_text, with_result
from cellwright.patch.spans import Document, Element, attributes, escape, inner_text, masked, with_attribute
from cellwright.reference import Cell, Range, column_index, column_letters
from cellwright.workbook.texts import unescape as undo_escapes

SHEET_DATA = frozenset({b"sheetData"})
_LOST = "#REF!"
Splice = tuple[int, int, bytes]
Moved = dict[int, tuple[int, bytes]]
"""Start of an `<f>` element -> its end, and the element that takes its place."""


class RowSpan(NamedTuple):
    """A row: its zero-based number, its start tag from `start` to `inner`, everything up to `end`."""

    number: int
    start: int
    inner: int
    end: int


class CellSpan(NamedTuple):
    """A cell: its start tag from `start` to `inner`, content to `inner_end`, all of it to `end`."""

    cell: Cell
    start: int
    inner: int
    inner_end: int
    end: int


@dataclass(frozen=True, slots=True)
class ArraySpan:
    """A formula over several cells: an entered array, a spilled one (`is_dynamic`) or a data table."""

    range: Range
    master: Cell
    is_dynamic: bool
    is_data_table: bool


class Grid:
    """The cells of one worksheet part. `document` must hold `sheetData` opaque."""

    def __init__(self, document: Document) -> None:
        data = document.root.child("sheetData")
        if data is None:
            raise WorkbookCorrupt(f"expected cells in {document.part}, got no sheetData")
        self.document = document
        self.element: Element = data
        self.data = document.data
        self.prefix = data.prefix
        self._text = masked(self.data)
        name = re.escape(data.prefix)
        self._row = re.compile(rb"<" + name + rb"row(?=[\s/>])(?:[^>]*?\sr\s*=\s*[\"']\s*(\d+))?[^>]*>")
        self._cell = re.compile(
            rb"<" + name + rb"c(?=[\s/>])(?:[^>]*?\sr\s*=\s*[\"']\s*([A-Za-z]{1,3})(\d{1,7})\s*[\"'])?"
            rb"[^>]*?(?:/>|>(.*?)</" + name + rb"c>)",
            re.DOTALL,
        )
        self._formula = re.compile(
            rb"<" + name + rb"f(?=[\s/>])([^>]*?)(?:/>|>(.*?)</" + name + rb"f>)", re.DOTALL
        )
        self._row_end = b"</" + data.prefix + b"row>"
        self.rows = self._find_rows()

    @property
    def hides_nothing(self) -> bool:
        """Whether every tag in the bytes is one: no comment, CDATA section or instruction among the cells."""
        return self._text is self.data

    def _find_rows(self) -> list[RowSpan]:
        text, stop = self._text, self.element.inner_end
        matches = list(self._row.finditer(text, self.element.inner_start, stop))
        starts = [match.start() for match in matches]
        index = -1
        rows = []
        for match, end in zip(matches, [*starts[1:], stop][: len(starts)], strict=True):
            given = match[1]
            index = index + 1 if given is None else int(given) - 1
            rows.append(RowSpan(index, match.start(), match.end(), end))
        return rows

    def cells(self, row: RowSpan) -> list[CellSpan]:
        """The cells of a row in file order."""
        found: list[CellSpan] = []
        number, column = row.number, -1
        for match in self._cell.finditer(self._text, row.inner, row.end):
            start, whole = match.span()
            inner, inner_end = match.span(3)
            if inner < 0:
                inner = inner_end = whole
            letters = match[1]
            if letters is None:
                cell = Cell(number, column + 1)
            else:
                cell = Cell(int(match[2]) - 1, column_index(letters.decode()))
            column = cell.column
            found.append(CellSpan(cell, start, inner, inner_end, whole))
        return found

    def span(self, cell: Cell) -> CellSpan | None:
        """Where a cell lies; None where the file has none."""
        for row in self.rows:
            if row.number == cell.row:
                for span in self.cells(row):
                    if span.cell == cell:
                        return span
        return None

    def formats(self, cells: set[Cell]) -> dict[Cell, int]:
        """The format index of each of those cells: its own, else that of its row or its column."""
        by_row: dict[int, set[Cell]] = {}
        for cell in cells:
            by_row.setdefault(cell.row, set()).add(cell)
        found: dict[Cell, int] = {}
        for row in self.rows:
            wanted = by_row.get(row.number)
            if wanted is None:
                continue
            marks = attributes(self.data[row.start : row.inner])
            if marks.get("customFormat") in ("1", "true") and marks.get("s", "").isdigit():
                found.update(dict.fromkeys(wanted, int(marks["s"])))
            for span in self.cells(row):
                if span.cell in wanted:
                    given = attributes(self.data[span.start : span.inner]).get("s", "0")
                    found[span.cell] = int(given) if given.isdigit() else 0
        for cell in cells - found.keys():
            found[cell] = self.column_formats.get(cell.column, 0)
        return found

    @cached_property
    def column_formats(self) -> _ColumnFormats:
        """The format index of columns that have one."""
        section = self.document.root.child("cols")
        spans = []
        for child in section.children if section else ():
            marks = self.document.attributes(child)
            if marks.get("style", "0").isdigit() and int(marks.get("style", "0")):
                spans.append((int(marks["min"]) - 1, int(marks["max"]) - 1, int(marks["style"])))
        return _ColumnFormats(spans)

    def raw(self, cells: set[Cell]) -> dict[Cell, Raw]:
        """The values of cells as the file has them; cells without a value are left out."""
        rows = {cell.row for cell in cells}
        found: dict[Cell, Raw] = {}
        for row in self.rows:
            if row.number in rows:
                for span in self.cells(row):
                    inner = self.data[span.inner : span.inner_end]
                    if span.cell in cells and inner and span.inner != span.end:
                        kind = attributes(self.data[span.start : span.inner]).get("t")
                        found[span.cell] = Raw(kind, inner)
        return found

    def formulas(self, *kinds: str) -> Iterator[tuple[re.Match[bytes], dict[str, str], Cell]]:
        """(match, attributes, cell) of the `f` elements of those kinds; group 2 of a match is the text."""
        start, end = self.element.inner_start, self.element.inner_end
        marks = [kind.encode() for kind in kinds]
        if all(self._text.find(mark, start, end) < 0 for mark in marks):
            return
        for match in self._formula.finditer(self._text, start, end):
            if any(mark in match[1] for mark in marks):
                found = attributes(b"<f " + match[1] + b">")
                if found.get("t") in kinds:
                    yield match, found, self._owner(match.start())[1]

    def arrays(self) -> list[ArraySpan]:
        """The arrays and data tables of the sheet, in file order."""
        found = []
        for match, marks, cell in self.formulas("array", "dataTable"):
            if "ref" in marks:
                is_dynamic = "cm" in attributes(self._owner(match.start())[0])
                area = Range.parse(marks["ref"])
                found.append(ArraySpan(area, cell, is_dynamic, marks["t"] == "dataTable"))
        return found

    def patch(
        self, patches: Mapping[Cell, CellPatch], hidden: Mapping[int, bool] | None = None
    ) -> list[Splice]:
        """The splices that make those cells so, and rows hidden or shown; addresses are zero-based.

        Raises UnsupportedWrite where contents of a part of an array or of a data table would change.
        """
        hidden = hidden or {}
        replaced = {
            cell
            for cell, patch in patches.items()
            if patch.body is not None and not isinstance(patch.body, Result)
        }
        if replaced:
            self._require_whole_arrays(replaced)
        by_row: dict[int, dict[Cell, CellPatch]] = {}
        for cell, patch in patches.items():
            by_row.setdefault(cell.row, {})[cell] = patch
        wanted = by_row.keys() | hidden.keys()
        present = {row.number: row for row in self.rows if row.number in wanted}
        spans = {index: self.cells(row) for index, row in present.items() if index in by_row}
        moved = self._rehomed(spans, replaced)
        splices: list[Splice] = []
        for index in sorted(wanted):
            row, changes = present.get(index), by_row.get(index, {})
            if row is None:
                splices += self._new_row(index, changes, hidden.get(index))
            else:
                splices += self._patched_row(row, spans.get(index, []), changes, hidden.get(index), moved)
        splices += [(start, end, new) for start, (end, new) in moved.items()]
        return self._opened(splices)

    def _rehomed(self, spans: Mapping[int, list[CellSpan]], replaced: set[Cell]) -> Moved:
        """New `<f>` elements for the shared groups whose masters are replaced."""
        moved: Moved = {}
        for row in spans.values():
            for span in row:
                if span.cell in replaced and (group := self._mastered(span)) is not None:
                    moved.update(
                        {start: (end, new) for start, end, new in self._rehome(group, span, replaced)}
                    )
        return moved

    def _patched_row(
        self,
        row: RowSpan,
        spans: list[CellSpan],
        patches: dict[Cell, CellPatch],
        is_hidden: bool | None,
        moved: Moved,
    ) -> list[Splice]:
        splices: list[Splice] = []
        left = dict(patches)
        last = {span.cell: span for span in spans}  # of an address given twice the later cell holds
        for place, span in enumerate(spans):
            if last[span.cell] is not span or (patch := left.pop(span.cell, None)) is None:
                continue
            new = self._patched_cell(span, patch, moved)
            if not new and place + 1 < len(spans) and not self._has_address(spans[place + 1]):
                new = b"<" + self.prefix + f'c r="{span.cell.a1}"/>'.encode()  # the next one counts from it
            splices.append((span.start, span.end, new))
        tag = self.data[row.start : row.inner]
        added: dict[int, bytes] = {}
        is_empty = tag.endswith(b"/>")
        end = row.inner if is_empty else self._text.rfind(self._row_end, row.inner, row.end)
        if end < 0:
            raise WorkbookCorrupt(f"expected the end of row {row.number + 1} in {self.document.part}")
        inherited = self._inherited(tag, left)
        for cell in sorted(left):
            new = _fresh(self.prefix, cell, left[cell], inherited.get(cell))
            if new:
                place = next((span.start for span in spans if span.cell.column > cell.column), end)
                added[place] = added.get(place, b"") + new
        new_tag = tag
        if is_hidden is not None:
            new_tag = with_attribute(new_tag, "hidden", "1" if is_hidden else None)
        if added:
            new_tag = _with_spans(new_tag, [cell.column for cell in left])
        if is_empty and added:
            opened = new_tag[:-2].rstrip() + b">" + b"".join(added.values()) + self._row_end
            return [(row.start, row.inner, opened)]
        if new_tag != tag:
            splices.append((row.start, row.inner, new_tag))
        return splices + [(place, place, new) for place, new in added.items()]

    def _has_address(self, span: CellSpan) -> bool:
        return "r" in attributes(self.data[span.start : span.inner])

    def _patched_cell(self, span: CellSpan, patch: CellPatch, moved: Moved) -> bytes:
        tag = self.data[span.start : span.inner]
        inner = self.data[span.inner : span.inner_end]
        for start in [start for start in moved if span.inner <= start < span.inner_end]:
            end, new_formula = moved.pop(start)
            inner = inner[: start - span.inner] + new_formula + inner[end - span.inner :]
        xf = patch.xf
        if patch.body is None:
            new = tag if xf is None else with_attribute(tag, "s", str(xf))
            return new + inner + self.data[span.inner_end : span.end]
        if isinstance(patch.body, Result) and inner:
            tag = tag if xf is None else with_attribute(tag, "s", str(xf))
            return with_result(tag, inner, self.prefix, patch.body.value)
        marks = attributes(tag)
        if xf is None:
            xf = int(given) if (given := marks.get("s", "0")).isdigit() else 0
        new = new_cell(self.prefix, span.cell.a1, xf, patch.body)
        if new and "ph" in marks:
            head = new.index(b">") if not new.endswith(b"/>") or new.count(b">") > 1 else len(new) - 2
            new = new[:head] + b' ph="' + escape(marks["ph"], quote=True) + b'"' + new[head:]
        return new

    def _new_row(self, index: int, patches: dict[Cell, CellPatch], is_hidden: bool | None) -> list[Splice]:
        inherited = self._inherited(b"", patches)
        cells = b"".join(
            _fresh(self.prefix, cell, patches[cell], inherited.get(cell)) for cell in sorted(patches)
        )
        if not cells and not is_hidden:
            return []
        tag = b"<" + self.prefix + b'row r="' + str(index + 1).encode() + b'"'
        tag += b' hidden="1"' if is_hidden else b""
        new = tag + (b">" + cells + self._row_end if cells else b"/>")
        place = next((row.start for row in self.rows if row.number > index), self.element.inner_end)
        return [(place, place, new)]

    def _inherited(self, row_tag: bytes, patches: Mapping[Cell, CellPatch]) -> dict[Cell, int]:
        """The format that a cell new to the file takes from its row or column, as in Excel."""
        marks = attributes(row_tag)
        if marks.get("customFormat") in ("1", "true") and marks.get("s", "").isdigit():
            return dict.fromkeys(patches, int(marks["s"]))
        return {cell: xf for cell in patches if (xf := self.column_formats.get(cell.column, 0))}

    def _opened(self, splices: list[Splice]) -> list[Splice]:
        """Splices into an empty `<sheetData/>` become its replacement by an opened one."""
        if not self.element.is_empty or not splices:
            return splices
        tag = self.data[self.element.start : self.element.end]
        opened = tag[: tag.rindex(b"/>")].rstrip() + b">"
        rows = b"".join(new for _, _, new in splices)
        closed = opened + rows + b"</" + self.element.name + b">"
        return [(self.element.start, self.element.end, closed)]

    def _require_whole_arrays(self, replaced: set[Cell]) -> None:
        for array in self.arrays():
            hit = {cell for cell in replaced if cell in array.range} | (replaced & {array.master})
            if not hit:
                continue
            if array.is_data_table:
                raise UnsupportedWrite(
                    f"expected cells outside data tables, got {min(hit).a1} inside {array.range} "
                    f"of {self.document.part}"
                )
            is_whole = array.master in hit and (array.is_dynamic or len(hit) >= array.range.size)
            if not is_whole:
                raise UnsupportedWrite(
                    f"expected cells outside arrays, got {min(hit).a1}, part of the array {array.range} "
                    f"of {self.document.part}"
                )

    def _mastered(self, span: CellSpan) -> str | None:
        """The shared group whose master a cell is; None where it is none."""
        match = self._formula.search(self._text, span.inner, span.inner_end)
        if match is None or b"shared" not in match[1]:
            return None
        marks = attributes(b"<f " + match[1] + b">")
        is_master = marks.get("t") == "shared" and bool(match[2] and match[2].strip())
        return marks.get("si", "0") if is_master else None

    def _rehome(self, group: str, master: CellSpan, replaced: set[Cell]) -> list[Splice]:
        """Give a shared group whose master goes a new one, or its members their own texts."""
        match = self._formula.search(self._text, master.inner, master.inner_end)
        assert match is not None
        text = undo_escapes(inner_text(self.data[match.start(2) : match.end(2)]))
        members: list[tuple[Cell, int, int]] = []
        for found in self._formula.finditer(self._text, master.end, self.element.inner_end):
            if b"shared" not in found[1]:
                continue
            marks = attributes(b"<f " + found[1] + b">")
            if marks.get("t") != "shared" or marks.get("si", "0") != group:
                continue
            if found[2] and found[2].strip():
                break
            cell = self._owner(found.start())[1]
            if cell not in replaced:
                members.append((cell, found.start(), found.end()))
        if not members:
            return []
        new_text = shift_fill(text, master.cell, members[0][0])
        if new_text.count(_LOST) > text.count(_LOST):
            return [
                (start, end, self._plain(shift_fill(text, master.cell, cell))) for cell, start, end in members
            ]
        rows, columns = [cell.row for cell, *_ in members], [cell.column for cell, *_ in members]
        reference = Range(min(rows), min(columns), max(rows), max(columns)).a1
        first = members[0]
        tag = f't="shared" ref="{reference}" si="{group}"'.encode()
        name = self.prefix + b"f"
        new = b"<" + name + b" " + tag + b">" + escape(plain_text(new_text)) + b"</" + name + b">"
        return [(first[1], first[2], new)]

    def _plain(self, text: str) -> bytes:
        name = self.prefix + b"f"
        return b"<" + name + b">" + escape(plain_text(text)) + b"</" + name + b">"

    def _owner(self, position: int) -> tuple[bytes, Cell]:
        """(start tag, address) of the cell that holds the byte at `position`."""
        start = self._text.rfind(b"<" + self.prefix + b"c ", 0, position)
        if start >= 0:
            tag = self.data[start : self.data.index(b">", start) + 1]
            address = attributes(tag).get("r")
            if address is not None:
                return tag, Cell.parse(address)
        for row in self.rows:
            if row.start <= position < row.end:
                for span in self.cells(row):
                    if span.start <= position < span.end:
                        return self.data[span.start : span.inner], span.cell
        raise WorkbookCorrupt(f"expected a formula inside a cell in {self.document.part}, got one outside")


class _ColumnFormats:
    """Format indices by spans of columns (first, last, index)."""

    def __init__(self, spans: list[tuple[int, int, int]]) -> None:
        self._spans = spans

    def get(self, column: int, default: int) -> int:
        return next((xf for first, last, xf in self._spans if first <= column <= last), default)


def _fresh(prefix: bytes, cell: Cell, patch: CellPatch, inherited: int | None) -> bytes:
    """A cell that the file does not have yet; one that says nothing is left out."""
    body = patch.body if patch.body is not None else Constant(None)
    address = f"{column_letters(cell.column)}{cell.row + 1}"
    if body in (Constant(None), Result(None)):
        if patch.xf is None or (patch.xf == 0 and not inherited):
            return b""
        return b"<" + prefix + f'c r="{address}" s="{patch.xf}"/>'.encode()
    return new_cell(prefix, address, inherited if patch.xf is None else patch.xf, body)


def _with_spans(tag: bytes, columns: list[int]) -> bytes:
    """A row's tag whose `spans` hint covers those columns; a hint that can't be read is dropped."""
    given = attributes(tag).get("spans")
    if given is None:
        return tag
    match = re.fullmatch(r"\s*(\d+):(\d+)\s*", given)
    if match is None:
        return with_attribute(tag, "spans", None)
    first = min(int(match[1]), min(columns) + 1)
    last = max(int(match[2]), max(columns) + 1)
    return with_attribute(tag, "spans", f"{first}:{last}")
