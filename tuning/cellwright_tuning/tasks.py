"""Tasks from a generated workbook: a place as a person meets it, and what is wanted there.

People mostly stand in the next cell of a half-filled column or at an empty total; whole hidden blocks, single
gaps, cells that differ from their run, typed results to generalise, series to go on with and formats to take
over are rarer, and at some places nothing is wanted at all. `SHARES` is that mixture. What is hidden is
hidden as in the `formula` suite: with the values of all that depends on it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random

from cellwright.edits.model import Edit, SetFormulas, SetNumberFormat, SetValues
from cellwright.formula import normalise
from cellwright.proposers.template import read_template
from cellwright.reference import Cell, Range, SheetCell, SheetRange
from cellwright.suggest.hidden import Dependence, without_cell, without_region
from cellwright.workbook.model import Content, Sheet, Snapshot, Style, Value
from cellwright.workbook.regions import Region, regions

from .data.exclusions import is_excluded

SHARES = {
    "next": 0.28,
    "total": 0.16,
    "gap": 0.14,
    "whole": 0.24,
    "nothing": 0.05,
    "odd": 0.06,
    "example": 0.03,
    "series": 0.02,
    "format": 0.02,
}
_BLOCKS = ("whole", "total")
_TOTAL = re.compile(r"=(SUM|AVERAGE|COUNT|COUNTA|MAX|MIN)\([A-Z$]+[\d$]+:[A-Z$]+\d+\)")


@dataclass(frozen=True)
class Task:
    """One place. `wanted` is the edit that is right there, None where none is; `value` the value it gives.

    `complete` is the workbook that the task was made from.
    """

    kind: str
    snapshot: Snapshot
    target: SheetCell
    wanted: Edit | None
    value: Value
    complete: Snapshot

    @property
    def range(self) -> SheetRange:
        """The target as a range."""
        return SheetRange(self.target.sheet, Range.of(self.target.cell))

    def is_right(self, edits: Sequence[Edit]) -> bool:
        """Whether a proposal is what is wanted: the same formula, value or format in the target."""
        if len(edits) != 1 or self.wanted is None:
            return False
        got, wanted = edits[0], self.wanted
        if isinstance(got, SetFormulas) and isinstance(wanted, SetFormulas):
            texts = got.formulas[0][0], wanted.formulas[0][0]
            if texts[0] is None or texts[1] is None:
                return False
            return normalise(texts[0], self.target.cell) == normalise(texts[1], self.target.cell)
        if isinstance(got, SetValues) and isinstance(wanted, SetValues):
            return got.values[0][0] == wanted.values[0][0]
        if isinstance(got, SetNumberFormat) and isinstance(wanted, SetNumberFormat):
            return got.format == wanted.format
        return False


_Place = tuple[Snapshot, SheetCell, Edit | None, Value]


def draw_tasks(
    snapshot: Snapshot, random: Random, count: int, shares: Mapping[str, float] = SHARES
) -> list[Task]:
    """Up to `count` tasks of a workbook with computed values, kinds drawn by `shares`."""
    book = _Book(snapshot)
    found: list[Task] = []
    asked: set[tuple[SheetCell, bool]] = set()
    for kind in random.choices(list(shares), list(shares.values()), k=count):
        made = _KINDS[kind](book, random)
        if made is not None and (made[1], kind in _BLOCKS) not in asked:
            hidden, target, wanted, value = made
            asked.add((target, kind in _BLOCKS))
            found.append(Task(kind, hidden, target, wanted, value, snapshot))
    return found


class _Book:
    """A snapshot with its regions (no evaluation target among them) and dependences."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self.dependence = Dependence(snapshot)
        self.regions = [
            (sheet, region)
            for sheet in snapshot.sheets
            for region in regions(sheet.cells.formulas())
            if not is_excluded(region.formula)
        ]

    def choose(self, random: Random, least: int = 1, totals: bool = False) -> tuple[Sheet, Region] | None:
        """A region of at least so many cells."""
        pool = [
            (sheet, region)
            for sheet, region in self.regions
            if len(region.cells) >= least and (not totals or _TOTAL.fullmatch(region.formula.upper()))
        ]
        return random.choice(pool) if pool else None

    def ask(self, sheet: Sheet, cell: Cell, hidden: Snapshot) -> _Place:
        """The task of a formula that stands in the complete workbook."""
        content = sheet.content(cell)
        target = SheetCell(sheet.name, cell)
        return hidden, target, formula_edit(target, content.formula or ""), content.value


def formula_edit(target: SheetCell, formula: str) -> SetFormulas:
    """The edit that puts a formula into one cell."""
    return SetFormulas(target.sheet, Range.of(target.cell), ((formula,),))


def _whole(book: _Book, random: Random, totals: bool = False) -> _Place | None:
    chosen = book.choose(random, totals=totals)
    if chosen is None:
        return None
    sheet, region = chosen
    cells = [SheetCell(sheet.name, cell) for cell in region.cells]
    return book.ask(sheet, region.first, without_region(book.snapshot, book.dependence, cells))


def _total(book: _Book, random: Random) -> _Place | None:
    return _whole(book, random, totals=True)


def _next(book: _Book, random: Random) -> _Place | None:
    """A run of which the first cells are there."""
    chosen = book.choose(random, least=3)
    if chosen is None:
        return None
    sheet, region = chosen
    kept = random.choice((1, 1, 2, 2, 3, len(region.cells) // 2, len(region.cells) - 1))
    kept = min(max(1, kept), len(region.cells) - 1)
    cells = [SheetCell(sheet.name, cell) for cell in region.cells[kept:]]
    return book.ask(sheet, region.cells[kept], without_region(book.snapshot, book.dependence, cells))


def _gap(book: _Book, random: Random) -> _Place | None:
    chosen = book.choose(random, least=3)
    if chosen is None:
        return None
    sheet, region = chosen
    cell = random.choice(region.cells[1:])
    hidden = without_cell(book.snapshot, book.dependence, SheetCell(sheet.name, cell))
    return book.ask(sheet, cell, hidden)


def _odd(book: _Book, random: Random) -> _Place | None:
    """A cell inside a run that was overwritten: by its value, or by a formula with a slipped reference."""
    chosen = book.choose(random, least=5)
    if chosen is None:
        return None
    sheet, region = chosen
    cell = random.choice(region.cells[1:-1])
    content = sheet.content(cell)
    template = read_template(content.formula or "", cell)
    odd = replace(content, formula=None)
    if template.slots and random.random() < 0.7:
        slipped = random.randrange(len(template.slots))
        slots = list(template.slots)
        slots[slipped] = slots[slipped].shifted(random.choice((1, -1)), 0)
        moved = template.with_slots(tuple(slots), cell)
        if moved.is_inside and moved.key != template.key:
            odd = replace(content, formula=moved.text, value=None)
    changed = book.snapshot.with_sheet(sheet.with_cells({cell: odd}))
    return book.ask(sheet, cell, changed)


def _example(book: _Book, random: Random) -> _Place | None:
    """Results typed as numbers or texts where a column of formulas is meant."""
    chosen = book.choose(random, least=4)
    if chosen is None:
        return None
    sheet, region = chosen
    typed = random.choice((2, 2, 3, 4))
    if typed >= len(region.cells):
        return None
    cells = [SheetCell(sheet.name, cell) for cell in region.cells]
    hidden = without_region(book.snapshot, book.dependence, cells)
    results = {cell: Content(value=sheet.value(cell)) for cell in region.cells[:typed]}
    if any(content.value is None for content in results.values()):
        return None
    shown = hidden.with_sheet(hidden.sheet(sheet.name).with_cells(results))
    return book.ask(sheet, region.cells[typed], shown)


def _series(book: _Book, random: Random) -> _Place | None:
    """The last of a row of years or numbered headings."""
    sheet = random.choice(book.snapshot.sheets)
    ends: list[Cell] = []
    for cell, content in sheet.cells.items():
        step = _step(sheet, cell, content)
        if step is not None and sheet.content(Cell(cell.row, cell.column + 1)).value != step:
            ends.append(cell)
    if not ends:
        return None
    cell = random.choice(ends)
    target = SheetCell(sheet.name, cell)
    edit = SetValues(sheet.name, Range.of(cell), ((sheet.value(cell),),))
    hidden = book.snapshot.with_sheet(sheet.with_cells({cell: None}))
    return hidden, target, edit, sheet.value(cell)


def _step(sheet: Sheet, cell: Cell, content: Content) -> Value:
    """The next value of the steady series that ends at a constant, None where there is none."""
    if content.formula is not None or cell.column < 2:
        return None
    before = [sheet.content(Cell(cell.row, cell.column - d)) for d in (2, 1)]
    values = [c.value for c in (*before, content) if c.formula is None]
    numbers = [value for value in values if isinstance(value, float)]
    if len(numbers) < 3 or numbers[1] - numbers[0] != numbers[2] - numbers[1] or numbers[0] == numbers[1]:
        return None
    return numbers[2] + numbers[1] - numbers[0]


def _format(book: _Book, random: Random) -> _Place | None:
    """A cell of a run that lost its number format."""
    styled = [
        (sheet, region)
        for sheet, region in book.regions
        if len(region.cells) >= 5
        and len({sheet.content(cell).style.number_format for cell in region.cells}) == 1
        and sheet.content(region.first).style.number_format != "General"
    ]
    if not styled:
        return None
    sheet, region = random.choice(styled)
    cell = random.choice(region.cells[1:-1])
    content = sheet.content(cell)
    plain = sheet.with_cells({cell: replace(content, style=Style())})
    edit = SetNumberFormat(sheet.name, Range.of(cell), content.style.number_format)
    return book.snapshot.with_sheet(plain), SheetCell(sheet.name, cell), edit, content.value


def _nothing(book: _Book, random: Random) -> _Place | None:
    """A cell that is right as it is, a label, or an empty cell where the author stopped."""
    chosen = book.choose(random, least=random.choice((1, 3)))
    if chosen is None:
        return None
    sheet, region = chosen
    kind = random.random()
    bounds = region.bounds
    if kind < 0.3:
        cell = random.choice(region.cells)
    elif kind < 0.5:
        labels = [cell for cell, content in sheet.cells.items() if isinstance(content.value, str)]
        cell = random.choice(labels) if labels else region.first
    else:
        beyond = random.choice((Cell(bounds.bottom + 1, bounds.left), Cell(bounds.top, bounds.right + 1)))
        cell = Cell(beyond.row + random.choice((0, 0, 1)), beyond.column)
        if not sheet.content(cell).is_blank:
            return None
    return book.snapshot, SheetCell(sheet.name, cell), None, None


_KINDS: dict[str, Callable[[_Book, Random], _Place | None]] = {
    "next": _next,
    "total": _total,
    "gap": _gap,
    "whole": _whole,
    "nothing": _nothing,
    "odd": _odd,
    "example": _example,
    "series": _series,
    "format": _format,
}
