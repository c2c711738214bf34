"""One worksheet part being changed: cells through its grid, facts beside the cells through its elements.

Each change is a splice; the order of the elements is the schema's (ECMA-376 part 1, 18.3.1.99), so a new
element goes in where Excel expects it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from cellwright.edits.model import Filter
from cellwright.errors import ReferenceSyntaxError
from cellwright.patch.bodies import CellPatch
from cellwright.patch.grid import SHEET_DATA, Grid
from cellwright.patch.spans import Document, Element, with_attribute
from cellwright.reference import Cell, Range

ORDER = (
    "sheetPr", "dimension", "sheetViews", "sheetFormatPr", "cols", "sheetData", "sheetCalcPr",
    "sheetProtection", "protectedRanges", "scenarios", "autoFilter", "sortState", "dataConsolidate",
    "customSheetViews", "mergeCells", "phoneticPr", "conditionalFormatting", "dataValidations", "hyperlinks",
    "printOptions", "pageMargins", "pageSetup", "headerFooter", "rowBreaks", "colBreaks", "customProperties",
    "cellWatches", "ignoredErrors", "smartTags", "drawing", "legacyDrawing", "legacyDrawingHF", "drawingHF",
    "picture", "oleObjects", "controls", "webPublishItems", "tableParts", "extLst",
)  # fmt: skip
_RANK = {name: rank for rank, name in enumerate(ORDER)}


class SheetFile:
    """The bytes of a worksheet part and the changes made to them so far."""

    def __init__(self, data: bytes, part: str) -> None:
        self.part = part
        self._load(data)

    def _load(self, data: bytes) -> None:
        self.document = Document(data, self.part, SHEET_DATA)
        self.root = self.document.root
        self.prefix = self.root.prefix
        self._grid: Grid | None = None
        self._is_dirty = False

    @property
    def grid(self) -> Grid:
        """The cells as they are now."""
        self.settle()
        if self._grid is None:
            self._grid = Grid(self.document)
        return self._grid

    def settle(self) -> None:
        """Make the splices so far, so that the next change sees their result."""
        if self._is_dirty:
            self._load(self.document.result())

    @property
    def data(self) -> bytes:
        """The bytes now."""
        self.settle()
        return self.document.data

    def change(self, element: Element, **marks: str | None) -> None:
        """Set attributes of an element; `settle` makes the change."""
        self.document.set_attributes(element, **marks)
        self._is_dirty = True

    def remove_child(self, element: Element) -> None:
        """Take an element out; `settle` makes the change."""
        self._remove(element)

    def mark_changed(self) -> None:
        """Say that the document was spliced from outside."""
        self._is_dirty = True

    def patch(self, patches: Mapping[Cell, CellPatch], hidden: Mapping[int, bool] | None = None) -> None:
        """Change cells, and hide or show rows."""
        if not patches and not hidden:
            return
        for start, end, new in self.grid.patch(patches, hidden):
            self.splice(start, end, new)
        filled = [cell for cell, patch in patches.items() if patch.body is not None or patch.xf is not None]
        if filled:
            self._stretch_dimension(filled)
        self.settle()

    def set_merges(self, merges: Iterable[Range]) -> None:
        """The merged ranges: those that stay keep their elements."""
        self.settle()
        wanted = list(dict.fromkeys(merges))
        section = self.root.child("mergeCells")
        present = {} if section is None else {self._range(child): child for child in section.children}
        if section is not None and not wanted:
            self._remove(section)
        elif section is None:
            if wanted:
                body = b"".join(self.element("mergeCell", ref=merge.a1) for merge in wanted)
                self.insert("mergeCells", self.wrap("mergeCells", body, count=str(len(wanted))))
        else:
            for merge, child in present.items():
                if merge not in wanted:
                    self._remove(child)
            new = [merge for merge in wanted if merge not in present]
            self.document.set_attributes(section, count=str(len(wanted)))
            self.document.append(section, b"".join(self.element("mergeCell", ref=merge.a1) for merge in new))
            self._is_dirty = True
        self.settle()

    def set_freeze(self, cell: Cell | None) -> None:
        """Freeze the rows above and the columns left of a cell in every view; None unfreezes."""
        self.settle()
        views = self.root.child("sheetViews")
        if views is None or not views.children:
            if cell is None:
                return
            if views is not None:
                self._remove(views)
            made = self.wrap("sheetView", self._pane(cell), workbookViewId="0")
            self.insert("sheetViews", self.wrap("sheetViews", made))
            self.settle()
            return
        for view in views.all("sheetView"):
            self._freeze_view(view, cell)
        self._is_dirty = True
        self.settle()

    def _freeze_view(self, view: Element, cell: Cell | None) -> None:
        pane = view.child("pane")
        if cell is not None and pane is not None:
            first = cell.a1
            self.document.replace(pane.start, pane.end, self._pane(cell, first))
        elif cell is not None:
            if view.is_empty:
                self.document.append(view, self._pane(cell))
            else:
                self.document.replace(view.inner_start, view.inner_start, self._pane(cell))
        elif pane is not None:
            self._remove(pane)
        # A selection names a pane; without frozen panes only the one without a name may stay.
        active = _active_pane(cell)
        selections = view.all("selection")
        for selection in selections[:-1]:
            self._remove(selection)
        if selections:
            tag = self.document.tag(selections[-1])
            new = with_attribute(tag, "pane", active)
            self.document.replace(selections[-1].start, selections[-1].inner_start, new)

    def _pane(self, cell: Cell, top_left: str | None = None) -> bytes:
        return self.element(
            "pane",
            xSplit=str(cell.column) if cell.column else None,
            ySplit=str(cell.row) if cell.row else None,
            topLeftCell=top_left or cell.a1,
            activePane=_active_pane(cell),
            state="frozen",
        )

    def set_width(self, left: int, right: int, width: float | None) -> None:
        """The width of columns left..right (zero-based); their other facts stay."""
        self.settle()
        columns: list[tuple[int, int, bytes]] = []
        section = self.root.child("cols")
        for child in section.children if section else ():
            marks = self.document.attributes(child)
            tag = self.document.tag(child)
            columns.append((int(marks["min"]) - 1, int(marks["max"]) - 1, tag))
        body: list[tuple[int, bytes]] = []
        covered: set[int] = set()
        for first, last, tag in columns:
            for start, end, inside in (
                (first, min(last, left - 1), False),
                (max(first, left), min(last, right), True),
                (max(first, right + 1), last, False),
            ):
                if start > end:
                    continue
                new = _sized(tag, width) if inside else tag
                if inside:
                    covered.update(range(start, end + 1))
                if new:
                    new = with_attribute(with_attribute(new, "min", str(start + 1)), "max", str(end + 1))
                    body.append((start, new))
        if width is not None:
            for start, end in _gaps(left, right, covered):
                tag = self.element(
                    "col", min=str(start + 1), max=str(end + 1), width=_width(width), customWidth="1"
                )
                body.append((start, tag))
        content = b"".join(tag if tag.endswith(b"/>") else tag[:-1] + b"/>" for _, tag in sorted(body))
        if section is not None and content:
            if section.is_empty:
                self.splice(section.start, section.end, self.wrap("cols", content))
            else:
                self.splice(section.inner_start, section.inner_end, content)
        elif section is not None:
            self._remove(section)
        elif content:
            self.insert("cols", self.wrap("cols", content))
        self.settle()

    def set_autofilter(self, area: Range | None, edit: Filter | None = None) -> None:
        """The sheet's autofilter (None removes it), with the column values that `edit` keeps."""
        self.settle()
        present = self.root.child("autoFilter")
        if present is not None:
            self._remove(present)
        if area is not None:
            self.insert("autoFilter", self.autofilter(area, edit), before=present)
        self.settle()

    def autofilter(self, area: Range, edit: Filter | None, prefix: bytes | None = None) -> bytes:
        """An `autoFilter` element, with another part's prefix where one is given."""
        if prefix is not None and prefix != self.prefix:
            own, self.prefix = self.prefix, prefix
            try:
                return self.autofilter(area, edit)
            finally:
                self.prefix = own
        if edit is None or edit.column is None:
            return self.element("autoFilter", ref=area.a1)
        kept = b"".join(self.element("filter", val=value) for value in edit.values if value)
        blank = "1" if "" in edit.values else None
        filters = self.wrap("filters", kept, blank=blank) if kept else self.element("filters", blank=blank)
        column = self.wrap("filterColumn", filters, colId=str(edit.column - area.left))
        return self.wrap("autoFilter", column, ref=area.a1)

    def add_table_part(self, relation: str, namespace: bytes) -> None:
        """Name a table's relationship in `tableParts`."""
        self.settle()
        section = self.root.child("tableParts")
        prefix = self._relation_prefix()
        declared = b"" if prefix else b' xmlns:r="' + namespace + b'"'
        name = prefix or b"r:"
        new = (
            b"<" + self.prefix + b"tablePart" + declared + b" " + name + b'id="' + relation.encode() + b'"/>'
        )
        if section is None:
            self.insert("tableParts", self.wrap("tableParts", new, count="1"))
        elif section.is_empty:
            self.splice(section.start, section.end, self.wrap("tableParts", new, count="1"))
        else:
            self.document.set_attributes(section, count=str(len(section.children) + 1))
            self.document.append(section, new)
            self._is_dirty = True
        self.settle()

    def add_drawing(self, relation: str, namespace: bytes) -> None:
        """Name the relationship of the sheet's drawing."""
        self.settle()
        prefix = self._relation_prefix()
        declared = b"" if prefix else b' xmlns:r="' + namespace + b'"'
        name = prefix or b"r:"
        self.insert(
            "drawing",
            b"<" + self.prefix + b"drawing" + declared + b" " + name + b'id="' + relation.encode() + b'"/>',
        )
        self.settle()

    def _relation_prefix(self) -> bytes:
        """The prefix that the root declares for relationship ids; empty where it declares none."""
        for name, value in self.document.attributes(self.root).items():
            if name.startswith("xmlns:") and value.endswith("/relationships") and "officeDocument" in value:
                return name.removeprefix("xmlns:").encode() + b":"
        return b""

    def insert(self, local: str, new: bytes, before: Element | None = None) -> None:
        """Put a new child of the root where the schema wants it (or right before an element)."""
        place = self.root.inner_start
        for child in self.root.children:
            name = child.local
            if name == "AlternateContent":  # holds controls or embedded objects
                name = "controls"
            if name in _RANK and _RANK[name] <= _RANK[local]:
                place = max(place, child.end)
        self.splice(place if before is None else before.end, place if before is None else before.end, new)

    def _stretch_dimension(self, cells: list[Cell]) -> None:
        element = self.root.child("dimension")
        if element is None:
            return
        given = self.document.attribute(element, "ref")
        try:
            old = Range.parse(given or "")
        except ReferenceSyntaxError:
            return
        rows, columns = [cell.row for cell in cells], [cell.column for cell in cells]
        new = Range(
            min(old.top, *rows), min(old.left, *columns), max(old.bottom, *rows), max(old.right, *columns)
        )
        if new != old:
            self.document.set_attributes(element, ref=new.a1)
            self._is_dirty = True

    def splice(self, start: int, end: int, new: bytes) -> None:
        """Replace bytes of the part; `settle` makes the change."""
        self.document.replace(start, end, new)
        self._is_dirty = True

    def _remove(self, element: Element) -> None:
        self.splice(element.start, element.end, b"")

    def _range(self, element: Element) -> Range | None:
        try:
            return Range.parse(self.document.attribute(element, "ref") or "")
        except ReferenceSyntaxError:
            return None

    def element(self, local: str, **marks: str | None) -> bytes:
        """An empty element of the sheet's own namespace; attributes that are None are left out."""
        tag = b"<" + self.prefix + local.encode() + b"/>"
        for name, value in marks.items():
            if value is not None:
                tag = with_attribute(tag, name, value)
        return tag

    def wrap(self, local: str, body: bytes, **marks: str | None) -> bytes:
        """An element of the sheet\'s own namespace round `body`."""
        tag = self.element(local, **marks)
        return tag[:-2].rstrip() + b">" + body + b"</" + self.prefix + local.encode() + b">"


def ranges(text: str) -> tuple[Range, ...]:
    """The ranges of an `sqref`."""
    return tuple(Range.parse(piece) for piece in text.split())


def sqref(areas: Iterable[Range]) -> str:
    """Ranges as an `sqref` writes them."""
    return " ".join(area.a1 for area in areas)


def _active_pane(cell: Cell | None) -> str | None:
    if cell is None:
        return None
    if cell.row and cell.column:
        return "bottomRight"
    return "bottomLeft" if cell.row else "topRight"


def _width(width: float) -> str:
    return f"{width:.15g}"


def _sized(tag: bytes, width: float | None) -> bytes:
    """A `col` tag with that width; None leaves what else it says, empty where that is nothing."""
    if width is not None:
        return with_attribute(with_attribute(tag, "width", _width(width)), "customWidth", "1")
    for name in ("width", "customWidth", "bestFit"):
        tag = with_attribute(tag, name, None)
    keeps = any(mark in tag for mark in (b" style=", b" hidden=", b" outlineLevel=", b" collapsed="))
    return tag if keeps else b""


def _gaps(left: int, right: int, covered: set[int]) -> list[tuple[int, int]]:
    """The runs of left..right that are not covered."""
    gaps: list[tuple[int, int]] = []
    for column in range(left, right + 1):
        if column in covered:
            continue
        if gaps and gaps[-1][1] == column - 1:
            gaps[-1] = (gaps[-1][0], column)
        else:
            gaps.append((column, column))
    return gaps
