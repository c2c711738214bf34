"""Hide a formula from a workbook so that nothing left in it tells the answer.

`Dependence` knows, from the formulas' text alone, which cells read which; a formula with a reference that
only calculation can know (`INDIRECT`, `OFFSET`) or that cannot be bound is taken to read everything.
`without_region` removes formulas and cached values of a region and of all that depends on it; `without_cell`
one cell's formula and value and its dependents' values. Array formulas that overlap what is hidden go as a
whole, with the cells they fill.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

from cellwright.errors import CellwrightError
from cellwright.formula import Problem, precedents
from cellwright.reference import Cell, Range, SheetCell
from cellwright.workbook.model import Content, Snapshot

_NOWHERE = {Problem.EXTERNAL, Problem.DELETED, Problem.NO_SHEET}
"""Problems of a reference that reads no cell of this workbook; with any other it might read a hidden one."""


class Dependence:
    """Which formula cells of a snapshot read a cell, directly or not."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._of_cell: dict[SheetCell, list[SheetCell]] = defaultdict(list)
        self._of_range: dict[str, dict[Range, list[SheetCell]]] = defaultdict(lambda: defaultdict(list))
        self._of_anything: list[SheetCell] = []
        self._arrays: list[tuple[SheetCell, Range]] = []
        for sheet in snapshot.sheets:
            for cell, content in sheet.cells.items():
                if content.formula is None:
                    continue
                reader = SheetCell(sheet.name, cell)
                if content.array is not None and not content.array.range.is_cell:
                    self._arrays.append((reader, content.array.range))
                self._add(reader, content.formula, snapshot)

    def _add(self, reader: SheetCell, formula: str, snapshot: Snapshot) -> None:
        try:
            bound = precedents(formula, reader, snapshot)
        except CellwrightError:
            self._of_anything.append(reader)
            return
        if any(reference.problem is not None and reference.problem not in _NOWHERE for reference in bound):
            self._of_anything.append(reader)
        for reference in bound:
            place = reference.place
            if place is None:
                continue
            if place.range.is_cell:
                self._of_cell[SheetCell(place.sheet, place.range.first)].append(reader)
            else:
                self._of_range[place.sheet][place.range].append(reader)

    def closure(self, start: Iterable[SheetCell]) -> set[SheetCell]:
        """The cells of `start` and every formula cell that depends on one of them."""
        found = set(start)
        waiting = [*found]
        read: set[tuple[str, Range]] = set()
        readers = list(self._of_anything)
        while waiting or readers:
            for reader in readers:
                if reader not in found:
                    found.add(reader)
                    waiting.append(reader)
            readers = []
            if not waiting:
                break
            cell = waiting.pop()
            readers += self._of_cell.get(cell, ())
            for area, ones in self._of_range.get(cell.sheet, {}).items():
                if (cell.sheet, area) not in read and cell.cell in area:
                    read.add((cell.sheet, area))
                    readers += ones
            for master, area in self._arrays:
                if master.sheet == cell.sheet and (cell == master or cell.cell in area):
                    readers.append(master)
                    readers += [SheetCell(master.sheet, filled) for filled in area.cells()]
        return found


def without_region(snapshot: Snapshot, dependence: Dependence, cells: Iterable[SheetCell]) -> Snapshot:
    """The snapshot without formulas and values of those cells and of all their dependents."""
    hidden = dependence.closure(cells)
    return _cleared(snapshot, hidden, hidden)


def without_cell(snapshot: Snapshot, dependence: Dependence, cell: SheetCell) -> Snapshot:
    """The snapshot without one cell's formula and value and without its dependents' values."""
    return _cleared(snapshot, {cell}, dependence.closure([cell]))


def _cleared(snapshot: Snapshot, formulas: set[SheetCell], values: set[SheetCell]) -> Snapshot:
    """The next revision, without a source: nothing can be read again from the file."""
    by_sheet: dict[str, dict[Cell, Content | None]] = defaultdict(dict)
    for place in values:
        content = snapshot.sheet(place.sheet).cells.get(place.cell)
        if content is None:
            continue
        if place in formulas:
            content = replace(content, formula=None, array=None)
        by_sheet[place.sheet][place.cell] = replace(content, value=None)
    sheets = tuple(
        sheet.with_cells(by_sheet[sheet.name]) if sheet.name in by_sheet else sheet
        for sheet in snapshot.sheets
    )
    return replace(snapshot, sheets=sheets, revision=snapshot.revision + 1, source=None)
