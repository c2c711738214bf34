"""Ranges that stop before their data does, and formulas that read themselves.

A range is short when it starts where the data of its columns start, ends inside them, and what is left out is
little and of the same kind; moving windows, running totals and groups that have totals of their own are not.
"""

from __future__ import annotations

from collections.abc import Iterator

from cellwright.edits.model import SetFormulas
from cellwright.formula import Formula, nodes, walk
from cellwright.formula.functions import ArgumentKind, known_function
from cellwright.insight.facts import Facts, FormulaRegion
from cellwright.insight.finding import Finding, FindingKind, Severity, plural
from cellwright.reference import Cell, Range, SheetCell, SheetRange
from cellwright.workbook.detect import TOTAL_WORDS, DetectedTable
from cellwright.workbook.model import Sheet

_MIN_HEIGHT = 4
_MAX_MISSED_SHARE = 0.34
_KNOWS_ADDRESS_ONLY = frozenset(
    {"ROW", "ROWS", "COLUMN", "COLUMNS", "OFFSET", "CELL", "SHEET", "AREAS", "ISFORMULA"}
)


def short_ranges(facts: Facts) -> Iterator[Finding]:
    """Ranges in aggregates and lookups that miss the last rows of their data."""
    ends = _range_ends(facts)
    for found in facts.regions:
        if found.formula is None or "OFFSET" in found.formula.text.upper():
            continue
        for node in _aggregated(found.formula):
            place = _place(found, node, facts)
            if place is None or _is_moving(found, node):
                continue
            table = _table(facts, place)
            missed = None if table is None else _missed(facts, place, table, found, ends)
            if missed is not None:
                yield _finding(facts, found, node, place, missed)
                break


def _aggregated(formula: Formula) -> Iterator[nodes.ReferenceNode]:
    for call in walk(formula.root):
        function = known_function(call.name) if isinstance(call, nodes.FunctionCall) else None
        if function is None:
            continue
        for index, argument in enumerate(call.children):
            is_range = function.kind(index) in {ArgumentKind.RANGE, ArgumentKind.ARRAY}
            if is_range and isinstance(argument, nodes.ReferenceNode) and argument.last is not None:
                yield argument


def _place(found: FormulaRegion, node: nodes.ReferenceNode, facts: Facts) -> SheetRange | None:
    area = node.range
    if area.height < _MIN_HEIGHT or area.is_whole_columns or area.is_whole_rows:
        return None
    for bound in found.bound:
        if (bound.start, bound.end) == (node.start, node.end) and bound.place is not None:
            return bound.place
    return None


def _is_moving(found: FormulaRegion, node: nodes.ReferenceNode) -> bool:
    """A range whose rows move as the formula is filled down: a window or a running total."""
    last = node.last or node.first
    bounds = found.region.bounds
    return bounds.height > 1 and not (node.first.is_row_absolute and last.is_row_absolute)


def _range_ends(facts: Facts) -> dict[tuple[str, int], set[int]]:
    """(sheet, column) -> rows in which some range of several cells starts, as a group of its own does."""
    starts: dict[tuple[str, int], set[int]] = {}
    for found in facts.regions:
        for reading in found.readings:
            if reading.range.height > 1:
                starts.setdefault((reading.sheet, reading.range.left), set()).add(reading.range.top)
    return starts


def _table(facts: Facts, place: SheetRange) -> DetectedTable | None:
    """The table that the range lies in, where the range starts with the table's body."""
    table = facts.labels.table_at(place.sheet, place.range.first)
    if table is None or table.body.top > table.body.bottom:
        return None
    starts_with_body = place.range.top in (table.body.top, table.range.top)
    inside = table.range.left <= place.range.left and place.range.right <= table.range.right
    return table if starts_with_body and inside else None


def _missed(
    facts: Facts,
    place: SheetRange,
    table: DetectedTable,
    found: FormulaRegion,
    starts: dict[tuple[str, int], set[int]],
) -> int | None:
    """The last row of data that the range misses, None where it misses nothing worth telling."""
    area, sheet = place.range, facts.snapshot.sheet(place.sheet)
    last = area.bottom
    own_rows = {cell.row for cell in found.region.cells} if found.sheet == place.sheet else set()
    kinds = {_kind(sheet, Cell(row, area.left)) for row in range(area.top + 1, area.bottom + 1)}
    if len(kinds) > 1 or kinds == {None}:
        return None
    while last < table.body.bottom:
        row = last + 1
        if row in own_rows or row in starts.get((place.sheet, area.left), ()):
            return None
        if any(_kind(sheet, Cell(row, column)) is None for column in range(area.left, area.right + 1)):
            break
        if _kind(sheet, Cell(row, area.left)) not in kinds or _is_total(facts, sheet, row, area, table):
            return None
        last = row
    missed = last - area.bottom
    return last if 0 < missed <= max(2, area.height * _MAX_MISSED_SHARE) else None


def _kind(sheet: Sheet, cell: Cell) -> str | None:
    content = sheet.content(cell)
    if content.value is None and content.formula is None:
        return None
    return "text" if isinstance(content.value, str) else "number"


def _is_total(facts: Facts, sheet: Sheet, row: int, area: Range, table: DetectedTable) -> bool:
    """Whether a row adds up the rows above: by its label or by a formula that reads them."""
    for column in range(table.range.left, area.right + 1):
        content = sheet.content(Cell(row, column))
        if isinstance(content.value, str) and TOTAL_WORDS.search(content.value):
            return True
        if content.formula is not None:
            reads = facts.region_of[SheetCell(sheet.name, Cell(row, column))].reads(Cell(row, column))
            if any(name == sheet.name and part.height > 1 and part.bottom < row for name, part in reads):
                return True
    return False


def _finding(
    facts: Facts, found: FormulaRegion, node: nodes.ReferenceNode, place: SheetRange, last: int
) -> Finding:
    assert found.formula is not None
    home = SheetRange(found.sheet, found.region.bounds)
    missed = Range(place.range.bottom + 1, place.range.left, last, place.range.right)
    written = found.formula.source(node)
    head, _, corner = written.rpartition(":")
    longer = head + ":" + corner.replace(str(place.range.bottom + 1), str(last + 1))
    sentence = (
        f"{facts.labels.describe(home, found.sheet)} reads {facts.labels.describe(place, found.sheet)}, "
        f"but the data go on for {plural(missed.height, 'row')} ({missed.a1})."
    )
    text = found.formula.text
    edits: tuple[SetFormulas, ...] = ()
    if len(found.region.cells) == 1 and longer != written:
        mended = text[: node.start] + longer + text[node.end :]
        edits = (SetFormulas(found.sheet, Range.of(found.region.first), ((mended,),)),)
    return Finding(
        FindingKind.SHORT_RANGE,
        Severity.WARNING,
        home,
        sentence,
        len(found.region.cells),
        edits,
        (SheetRange(place.sheet, missed),),
    )


def circular(facts: Facts) -> Iterator[Finding]:
    """Formulas that read their own cell directly."""
    for found in facts.regions:
        if found.formula is None or not any(
            sheet == found.sheet for sheet, _ in found.reads(found.region.first)
        ):
            continue
        calls = {node.name for node in walk(found.formula.root) if isinstance(node, nodes.FunctionCall)}
        if calls & _KNOWS_ADDRESS_ONLY:
            continue
        cells = [
            cell
            for cell in found.region.cells
            if any(sheet == found.sheet and cell in area for sheet, area in found.reads(cell))
        ]
        if cells:
            place = SheetRange(found.sheet, found.region.bounds)
            name = facts.labels.describe(SheetRange(found.sheet, Range.of(cells[0])), found.sheet)
            sentence = f"{name} reads itself ({facts.snapshot.sheet(found.sheet).formula(cells[0])})."
            yield Finding(FindingKind.CIRCULAR, Severity.ERROR, place, sentence, len(cells))
