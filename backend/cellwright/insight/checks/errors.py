"""Errors that cells show, traced to where they start, with the cause in words.

An error starts in a cell that reads no other cell with an error. Cells that only hand it on are counted with
the cell it starts in. Cached values are believed: this is what a person sees in Excel.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator

from cellwright.formula import Formula, known_function, nodes, parse, precedents, walk
from cellwright.formula.precedents import BoundReference, Problem
from cellwright.insight.facts import Facts, FormulaRegion
from cellwright.insight.finding import Finding, FindingKind, Severity, plural
from cellwright.insight.words import joined
from cellwright.reference import Cell, Range, SheetCell, SheetRange
from cellwright.workbook.model import ErrorValue, Sheet

_MAX_ERRORS = 20_000
_MAX_TAKEN = 64
_GONE = frozenset({Problem.DELETED, Problem.NO_SHEET})
_LOOKUPS = frozenset({"MATCH", "VLOOKUP", "HLOOKUP", "XLOOKUP", "XMATCH", "LOOKUP", "INDEX"})


def errors(facts: Facts) -> Iterator[Finding]:
    """One finding for each group of cells with one formula in which errors start."""
    shown = {
        SheetCell(sheet.name, cell): content.value
        for sheet in facts.snapshot.sheets
        for cell, content in sheet.cells.items()
        if isinstance(content.value, ErrorValue)
    }
    if not shown:
        return
    index = _Index(shown)
    sources = {cell: index.read_by(facts.region_of.get(cell), cell) for cell in list(shown)[:_MAX_ERRORS]}
    reached = _reached(sources)
    groups: dict[tuple[str, str, ErrorValue], list[SheetCell]] = {}
    for cell, causes in sources.items():
        if not causes:
            groups.setdefault((cell.sheet, _alike(facts.region_of.get(cell)), shown[cell]), []).append(cell)
    for cells in groups.values():
        yield _finding(
            facts, cells, shown[cells[0]], len(set().union(*(reached.get(c, set()) for c in cells)))
        )


class _Index:
    """Cells with an error by sheet and column, so that those in a range are found without looking at all."""

    def __init__(self, shown: Iterable[SheetCell]) -> None:
        self._rows: dict[str, dict[int, list[int]]] = {}
        for place in shown:
            self._rows.setdefault(place.sheet, {}).setdefault(place.cell.column, []).append(place.cell.row)
        for columns in self._rows.values():
            for rows in columns.values():
                rows.sort()

    def read_by(self, region: FormulaRegion | None, cell: SheetCell) -> list[SheetCell]:
        """The cells with an error that a formula cell reads; of a long column the first few will do."""
        if region is None:
            return []
        found = (place for sheet, area in region.reads(cell.cell) for place in self._inside(sheet, area))
        return [place for place in found if place != cell]

    def _inside(self, sheet: str, area: Range) -> Iterator[SheetCell]:
        for column, rows in self._rows.get(sheet, {}).items():
            if area.left <= column <= area.right:
                start = bisect_left(rows, area.top)
                for row in rows[start : start + _MAX_TAKEN]:
                    if row <= area.bottom:
                        yield SheetCell(sheet, Cell(row, column))


def _reached(sources: dict[SheetCell, list[SheetCell]]) -> dict[SheetCell, set[SheetCell]]:
    """For each cell in which an error starts, the cells that show it through this one."""
    readers: dict[SheetCell, list[SheetCell]] = {}
    for cell, causes in sources.items():
        for cause in causes:
            readers.setdefault(cause, []).append(cell)
    reached: dict[SheetCell, set[SheetCell]] = {}
    for root, causes in sources.items():
        if causes:
            continue
        seen: set[SheetCell] = set()
        stack = list(readers.get(root, ()))
        while stack:
            cell = stack.pop()
            if cell not in seen:
                seen.add(cell)
                stack.extend(readers.get(cell, ()))
        reached[root] = seen
    return reached


def _finding(facts: Facts, cells: list[SheetCell], error: ErrorValue, others: int) -> Finding:
    first = cells[0]
    region = facts.region_of.get(first)
    rows, columns = [c.cell.row for c in cells], [c.cell.column for c in cells]
    place = SheetRange(first.sheet, Range(min(rows), min(columns), max(rows), max(columns)))
    name = facts.labels.describe(
        place if len(cells) > 1 else SheetRange(first.sheet, Range.of(first.cell)), first.sheet
    )
    is_deliberate = region is None or "NA()" in region.region.formula.upper().replace(" ", "")
    cause = _cause(facts, first, region, error)
    subject = name if len(cells) == 1 else f"{plural(len(cells), 'cell')} in {name}"
    verb = "shows" if len(cells) == 1 else "show"
    where = "" if len(cells) == 1 or region is None else f"in {first.cell.a1} "
    through = (
        f" {plural(others, 'other cell')} show{'s' * (others == 1)} an error because of it." if others else ""
    )
    severity = Severity.NOTE if is_deliberate and not others else Severity.ERROR
    return Finding(
        FindingKind.ERROR,
        severity,
        place,
        f"{subject} {verb} {error}: {where}{cause}.{through}",
        len(cells) + others,
    )


def _alike(region: FormulaRegion | None) -> str:
    """What error cells of one sheet are grouped by: what they miss, else their formula."""
    if region is None:
        return ""
    missing = [bound.text for bound in region.bound if bound.problem in _GONE]
    return "missing " + " ".join(sorted(set(missing))) if missing else region.region.r1c1


def _cause(facts: Facts, cell: SheetCell, region: FormulaRegion | None, error: ErrorValue) -> str:
    text = facts.snapshot.sheet(cell.sheet).formula(cell.cell)
    if region is None or text is None:
        return "it is typed in, not calculated"
    if region.formula is None:
        return "its formula cannot be read"
    formula = parse(text)
    bound = precedents(formula, cell, facts.snapshot)
    calls = [node for node in walk(formula.root) if isinstance(node, nodes.FunctionCall)]
    called = {call.name for call in calls}
    unknown = sorted({call.name for call in calls if not known_function(call.name) and call.workbook is None})
    unknown += [reference.text for reference in bound if reference.problem is Problem.NO_NAME]
    gone = [reference.text for reference in bound if reference.problem in _GONE]
    outside = [reference.text for reference in bound if reference.problem is Problem.EXTERNAL]
    if error is ErrorValue.NAME and unknown:
        return f"{joined(unknown)} {'is' if len(unknown) == 1 else 'are'} not known here"
    if error is ErrorValue.REF and gone:
        return f"it reads cells that were deleted ({_short(text)})"
    if error is ErrorValue.REF and "INDIRECT" in called:
        return "INDIRECT spells an address that does not exist"
    if error is ErrorValue.DIV0:
        return _divided_by_zero(facts, cell, formula, bound)
    if error is ErrorValue.NA and called & _LOOKUPS:
        return f"what it looks up is not there ({_short(text)})"
    if error is ErrorValue.NA and "NA" in called:
        return "its formula says so (NA())"
    if error is ErrorValue.VALUE and (texts := _texts(facts, cell, region)):
        return f"it calculates with text ({texts})"
    if outside:
        return f"it reads another workbook ({outside[0]})"
    return _short(text)


def _short(text: str) -> str:
    return text if len(text) <= 100 else text[:99] + "…"


def _divided_by_zero(
    facts: Facts, cell: SheetCell, formula: Formula, bound: tuple[BoundReference, ...]
) -> str:
    for node in walk(formula.root):
        if isinstance(node, nodes.FunctionCall) and node.name.startswith(("AVERAGE", "STDEV", "VAR")):
            return f"{node.name} has no numbers to work on"
    places = {(reference.start, reference.end): reference.place for reference in bound}
    divisors = [
        node.right for node in walk(formula.root) if isinstance(node, nodes.Binary) and node.operator == "/"
    ]
    for divisor in divisors:
        place = places.get((divisor.start, divisor.end))
        if place is not None and place.range.is_cell:
            value = facts.snapshot.sheet(place.sheet).value(place.range.first)
            if value is None or value == 0:
                state = "blank" if value is None else "0"
                return f"it divides by {facts.labels.describe(place, cell.sheet)}, which is {state}"
    if len(divisors) == 1:
        return f"it divides by {_short(formula.source(divisors[0]))}, which is 0"
    return f"it divides by 0 ({_short(formula.text)})"


def _texts(facts: Facts, cell: SheetCell, region: FormulaRegion) -> str:
    """A few cells with text among the single cells that a formula reads."""
    found: list[str] = []
    for name, area in region.reads(cell.cell):
        sheet: Sheet = facts.snapshot.sheet(name)
        if area.is_cell and isinstance(value := sheet.value(Cell(area.top, area.left)), str):
            shown = value if len(value) <= 20 else value[:19] + "…"
            found.append(f"“{shown}” in {area.a1 if name == cell.sheet else SheetRange(name, area).a1}")
    return joined(found[:3]) if found else ""
