"""What proposers look up in a workbook, built once a sheet and kept while its cells live.

A SheetIndex knows each formula's template, which formulas are copies of one another, where text, numbers and
years stand by row and column, and the labels and headers of a place. It is built from an immutable CellStore
and cached by it, so that a new revision pays only for the sheets that changed.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from weakref import WeakKeyDictionary

from cellwright.proposers.template import RelativeKey, Slot, Template, read_template
from cellwright.reference import Cell, Range
from cellwright.workbook.cells import CellStore
from cellwright.workbook.model import Content, Sheet, Snapshot, Style, Value

_WORD = re.compile(r"[^\W\d_]+|\d+")
_YEARS = range(1900, 2101)
_MAX_LABEL = 80
_MOST_EXPANDED = 2000
_PLAIN = ("=", "")


def label_words(text: str) -> tuple[str, ...]:
    """The words and numbers of a label, case folded: what two labels are compared by."""
    return tuple(_WORD.findall(text.casefold()))


def label_of(value: Value) -> tuple[str, ...] | None:
    """A value as a label: short text or a whole number such as a year; None for anything else."""
    if isinstance(value, str):
        return label_words(value) if len(value) <= _MAX_LABEL else None
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e6:
        return (str(int(value)),)
    return None


@dataclass(frozen=True)
class Habits:
    """How many formulas, how many reach other sheets, are one plain reference, use `$`; shapes counted."""

    formulas: int
    others: int
    plain: int
    fixed: int
    shapes: Counter[tuple[str, ...]]


class SheetIndex:
    """Lookups over one sheet's cells."""

    def __init__(self, name: str, cells: CellStore) -> None:
        self.name = name
        self.contents: dict[Cell, Content] = {}
        self.templates: dict[Cell, Template] = {}
        self.formula_columns: dict[int, list[int]] = defaultdict(list)
        self.formula_rows: dict[int, list[int]] = defaultdict(list)
        self.filled_columns: dict[int, list[int]] = defaultdict(list)
        self.filled_rows: dict[int, list[int]] = defaultdict(list)
        self._label_columns: dict[int, list[int]] = defaultdict(list)
        self._label_rows: dict[int, list[int]] = defaultdict(list)
        self._labels_of: dict[Cell, list[tuple[str, ...]]] = {}
        for cell, content in cells.items():
            self.contents[cell] = content
            row, column = cell
            if content.formula is not None:
                self.templates[cell] = read_template(content.formula, cell)
                self.formula_columns[row].append(column)
                self.formula_rows[column].append(row)
            if content.value is not None or content.formula is not None:
                self.filled_columns[row].append(column)
                self.filled_rows[column].append(row)
            if _is_label(content):
                self._label_columns[row].append(column)
                self._label_rows[column].append(row)

    @cached_property
    def copies(self) -> dict[RelativeKey, list[Cell]]:
        """Identity of a formula -> the cells that hold it, in reading order."""
        groups: dict[RelativeKey, list[Cell]] = defaultdict(list)
        for cell, template in self.templates.items():
            groups[template.key].append(cell)
        return groups

    @cached_property
    def labels(self) -> dict[tuple[str, ...], list[Cell]]:
        """Label -> the cells that hold it as a text or whole number, in reading order."""
        found: dict[tuple[str, ...], list[Cell]] = defaultdict(list)
        for cell, content in self.contents.items():
            label = label_of(content.value)
            if label:
                found[label].append(cell)
        return found

    @cached_property
    def reach(self) -> dict[str, set[Cell]]:
        """Folded sheet name ("": this one) -> the cells its formulas refer to; big ranges are left out."""
        found: dict[str, set[Cell]] = defaultdict(set)
        for name, cell in self._singles:
            found[name].add(cell)
        for name, area in self._areas:
            found[name].update(area.cells())
        return found

    @cached_property
    def _singles(self) -> Counter[tuple[str, Cell]]:
        """How many references there are to a cell of a sheet."""
        return Counter(
            (name, slot.cell) for name, slot in self._slots(self.templates.values()) if not slot.last
        )

    @cached_property
    def _areas(self) -> Counter[tuple[str, Range]]:
        """How many references there are to a range of a sheet that is not too big."""
        return Counter(
            (name, area)
            for name, slot in self._slots(self.templates.values())
            if slot.last and not slot.is_open and (area := slot.range).size <= _MOST_EXPANDED
        )

    def _slots(self, templates: Iterable[Template]) -> Iterator[tuple[str, Slot]]:
        own = self.name.casefold()
        for template in templates:
            for slot in template.slots:
                name = "" if slot.sheet is None else slot.sheet.casefold()
                yield "" if name == own else name, slot

    def cleared(self, cells: CellStore, original: CellStore) -> SheetIndex:
        """The index of the same sheet after contents went from `original` and nothing came: much cheaper."""
        index = SheetIndex.__new__(SheetIndex)
        index.name = self.name
        index.contents, index.templates = dict(self.contents), dict(self.templates)
        gone: list[Template] = []
        blank: set[Cell] = set()
        nameless: set[Cell] = set()
        for cell, before, after in original.changes(cells):
            if after is None:
                index.contents.pop(cell, None)
            else:
                index.contents[cell] = after
            if before is not None and before.formula is not None and (after is None or not after.formula):
                gone.append(index.templates.pop(cell))
            if after is None or after.is_blank:
                blank.add(cell)
            if after is None or not _is_label(after):
                nameless.add(cell)
        formulas = {template.home for template in gone}
        index.formula_columns, index.formula_rows = _less(self.formula_columns, self.formula_rows, formulas)
        index.filled_columns, index.filled_rows = _less(self.filled_columns, self.filled_rows, blank)
        index._label_columns, index._label_rows = _less(self._label_columns, self._label_rows, nameless)
        index._labels_of = {}
        index.__dict__["_singles"] = self._singles - Counter(
            (name, slot.cell) for name, slot in self._slots(gone) if not slot.last
        )
        index.__dict__["_areas"] = self._areas - Counter(
            (name, slot.range) for name, slot in self._slots(gone) if slot.last and not slot.is_open
        )
        return index

    @cached_property
    def habits(self) -> Habits:
        """What its formulas are like, in counts."""
        others = plain = fixed = 0
        shapes: Counter[tuple[str, ...]] = Counter()
        for template in self.templates.values():
            slots = template.slots
            others += any(slot.sheet is not None for slot in slots)
            plain += len(slots) == 1 and template.skeleton == _PLAIN
            fixed += any(slot.is_fixed for slot in slots)
            shapes[template.skeleton] += 1
        return Habits(len(self.templates), others, plain, fixed, shapes)

    def value(self, cell: Cell) -> Value:
        """The value of a cell, None where it holds nothing."""
        content = self.contents.get(cell)
        return None if content is None else content.value

    def style(self, cell: Cell) -> Style | None:
        """The style of a cell, None where it is the default."""
        content = self.contents.get(cell)
        return None if content is None else content.style

    def is_filled(self, cell: Cell) -> bool:
        """Whether it holds a value or a formula."""
        content = self.contents.get(cell)
        return content is not None and not content.is_blank

    def is_number(self, cell: Cell) -> bool:
        """Whether it holds a number, or a formula whose value is a number or not known."""
        content = self.contents.get(cell)
        if content is None:
            return False
        if isinstance(content.value, float):
            return True
        return content.formula is not None and content.value is None

    def is_text(self, cell: Cell) -> bool:
        """Whether it holds a text."""
        return isinstance(self.value(cell), str)

    def filled_share(self, within: Range) -> float:
        """The share of a range's cells that hold something; open ranges count as full."""
        if within.is_whole_columns or within.is_whole_rows:
            return 1.0
        if within.is_cell:
            return float(self.is_filled(within.first))
        rows = self.filled_columns
        count = 0
        for row in range(within.top, within.bottom + 1):
            columns = rows.get(row)
            if columns:
                count += bisect_left(columns, within.right + 1) - bisect_left(columns, within.left)
        return count / within.size

    def labels_of(self, cell: Cell) -> list[tuple[str, ...]]:
        """What a cell is called: its two nearest row labels and its nearest column label, as words."""
        found = self._labels_of.get(cell)
        if found is None:
            cells = (*self.row_labels(cell, 2), *self.column_labels(cell, 1))
            found = [label for at in cells if (label := label_of(self.value(at)))]
            self._labels_of[cell] = found
        return found

    def row_labels(self, cell: Cell, limit: int = 3) -> list[Cell]:
        """The label cells left of a cell in its row, nearest first."""
        columns = _before(self._label_columns.get(cell.row, ()), cell.column, limit)
        return [Cell(cell.row, column) for column in columns]

    def column_labels(self, cell: Cell, limit: int = 3) -> list[Cell]:
        """The label cells above a cell in its column, nearest first."""
        rows = _before(self._label_rows.get(cell.column, ()), cell.row, limit)
        return [Cell(row, cell.column) for row in rows]


Lines = dict[int, list[int]]
"""Row -> its columns that hold something, or column -> its rows; ascending."""


def _less(columns: Lines, rows: Lines, gone: Iterable[Cell]) -> tuple[Lines, Lines]:
    """The lines without those cells; lines that lose none are shared."""
    by_row: dict[int, set[int]] = defaultdict(set)
    by_column: dict[int, set[int]] = defaultdict(set)
    for row, column in gone:
        by_row[row].add(column)
        by_column[column].add(row)
    return _without(columns, by_row), _without(rows, by_column)


def _without(lines: Lines, gone: Mapping[int, Collection[int]]) -> Lines:
    kept: Lines = defaultdict(list, lines)
    for line, places in gone.items():
        left = [place for place in lines.get(line, ()) if place not in places]
        if left:
            kept[line] = left
        else:
            kept.pop(line, None)
    return kept


def _is_label(content: Content) -> bool:
    value = content.value
    if isinstance(value, str):
        return bool(value.strip()) and len(value) <= _MAX_LABEL
    return isinstance(value, float) and value.is_integer() and int(value) in _YEARS


def _before(positions: Sequence[int], end: int, limit: int) -> Sequence[int]:
    """The last `limit` of sorted positions that are less than `end`, nearest first."""
    stop = bisect_left(positions, end)
    return positions[max(0, stop - limit) : stop][::-1]


_INDEXES: WeakKeyDictionary[CellStore, SheetIndex] = WeakKeyDictionary()


def index_sheet(sheet: Sheet) -> SheetIndex:
    """The index of a sheet, from the cache where its cells are unchanged."""
    index = _INDEXES.get(sheet.cells)
    if index is None or index.name != sheet.name:
        index = SheetIndex(sheet.name, sheet.cells)
        _INDEXES[sheet.cells] = index
    return index


def index_cleared(sheet: Sheet, original: Sheet) -> None:
    """Make the index of a sheet that is `original` with some contents gone, and keep it for `index_sheet`."""
    if sheet.cells is not original.cells:
        _INDEXES[sheet.cells] = index_sheet(original).cleared(sheet.cells, original.cells)


class WorkbookIndex:
    """The indexes of a snapshot's sheets, found by name with case ignored, and what formulas refer to."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self._sheets = {sheet.name.casefold(): sheet for sheet in snapshot.sheets}
        self._reached: dict[str, list[set[Cell]]] = {}

    def build(self) -> None:
        """Index every sheet now, so that the first question need not wait."""
        for index in self.sheets():
            _ = index.reach, index.copies, index.labels
        _ = self.habits

    def sheet(self, name: str) -> SheetIndex | None:
        """The index of a sheet, None where there is none of that name."""
        sheet = self._sheets.get(name.casefold())
        return None if sheet is None else index_sheet(sheet)

    def sheets(self) -> Iterable[SheetIndex]:
        """All, in the order of the tabs."""
        return (index_sheet(sheet) for sheet in self.snapshot.sheets)

    @cached_property
    def keys(self) -> frozenset[RelativeKey]:
        """The workbook's distinct formulas."""
        return frozenset(key for index in self.sheets() for key in index.copies)

    @cached_property
    def habits(self) -> Habits:
        """What the workbook's formulas are like, in counts."""
        all_ = [index.habits for index in self.sheets()]
        shapes: Counter[tuple[str, ...]] = Counter()
        for habits in all_:
            shapes.update(habits.shapes)
        return Habits(
            sum(h.formulas for h in all_),
            sum(h.others for h in all_),
            sum(h.plain for h in all_),
            sum(h.fixed for h in all_),
            shapes,
        )

    def is_referenced(self, sheet: str, cell: Cell) -> bool:
        """Whether some formula of the workbook refers to a cell, singly or within a smaller range."""
        folded = sheet.casefold()
        return any(cell in reach for reach in self._reaches(folded))

    def _reaches(self, folded: str) -> list[set[Cell]]:
        if folded not in self._reached:
            found = (
                index.reach.get("" if index.name.casefold() == folded else folded) for index in self.sheets()
            )
            self._reached[folded] = [reach for reach in found if reach]
        return self._reached[folded]

    def orphans(self, sheet: SheetIndex) -> list[Cell]:
        """The number formulas of a sheet that nothing refers to: results that wait to be used."""
        reaches = self._reaches(sheet.name.casefold())
        return [
            cell
            for cell in sheet.templates
            if sheet.is_number(cell) and not any(cell in reach for reach in reaches)
        ]


_WORKBOOKS: dict[int, tuple[Snapshot, WorkbookIndex]] = {}
_KEPT_WORKBOOKS = 8


def index_workbook(snapshot: Snapshot) -> WorkbookIndex:
    """The index of a snapshot; the last few are kept."""
    kept = _WORKBOOKS.get(id(snapshot))
    if kept is not None and kept[0] is snapshot:
        return kept[1]
    while len(_WORKBOOKS) >= _KEPT_WORKBOOKS:
        _WORKBOOKS.pop(next(iter(_WORKBOOKS)))
    index = WorkbookIndex(snapshot)
    _WORKBOOKS[id(snapshot)] = (snapshot, index)
    return index
