"""Cells that break the pattern round them: another formula, or a number typed over a formula.

A cell is suspect when one run of equal formulas goes on on both sides of it (above and below, or left and
right). It is cleared when it belongs to a pattern of its own across (a subtotal row, a column of another
kind), or when its formula only writes the same cells differently.
"""

from __future__ import annotations

from collections.abc import Iterator

from cellwright.edits.model import SetFormulas
from cellwright.errors import FormulaSyntaxError
from cellwright.formula import nodes, parse, shift_fill, walk
from cellwright.insight.facts import Facts, FormulaRegion
from cellwright.insight.finding import Finding, FindingKind, Severity
from cellwright.reference import Cell, Range, SheetCell, SheetRange
from cellwright.workbook.model import Content, ErrorValue, Sheet

_MIN_RUN = 4
_MAX_GAP = 2


def inconsistent(facts: Facts) -> Iterator[Finding]:
    """Formulas and constants that interrupt a run of equal formulas."""
    for sheet in facts.snapshot.sheets:
        identity = {
            cell: found.region.r1c1 for found in facts.by_sheet[sheet.name] for cell in found.region.cells
        }
        flagged: set[Cell] = set()
        for found in facts.by_sheet[sheet.name]:
            for down, right in ((1, 0), (0, 1)):
                for gap in _gaps(found, identity, down, right):
                    if not flagged.intersection(gap) and not _is_across(
                        gap, found, sheet, identity, down, right
                    ):
                        finding = _finding(facts, sheet, gap, found, identity)
                        if finding is not None:
                            flagged.update(gap)
                            yield finding


def _gaps(found: FormulaRegion, identity: dict[Cell, str], down: int, right: int) -> Iterator[list[Cell]]:
    """Runs of one or two cells between this region's cells and more cells with the same formula."""
    for cell in found.region.cells:
        gap: list[Cell] = []
        here = Cell(cell.row + down, cell.column + right)
        while identity.get(here) != found.region.r1c1 and len(gap) <= _MAX_GAP:
            gap.append(here)
            here = Cell(here.row + down, here.column + right)
        if not 1 <= len(gap) <= _MAX_GAP:
            continue
        before = _run(cell, identity, -down, -right)
        after = _run(here, identity, down, right)
        if before + after >= _MIN_RUN * len(gap) and min(before, after) >= min(2, len(gap) + 1):
            yield gap


def _run(cell: Cell, identity: dict[Cell, str], down: int, right: int) -> int:
    length = 0
    wanted = identity[cell]
    while length < 50 and identity.get(cell) == wanted:
        length += 1
        cell = Cell(cell.row + down, cell.column + right)
    return length


def _is_across(
    gap: list[Cell], found: FormulaRegion, sheet: Sheet, identity: dict[Cell, str], down: int, right: int
) -> bool:
    """Whether cells of the gap belong with their neighbours across: the break is a row's, not a cell's."""
    for cell in gap:
        for sign in (-1, 1):
            beside = Cell(cell.row + sign * right, cell.column + sign * down)
            if beside.row < 0 or beside.column < 0:
                continue
            if cell in identity:
                if identity.get(beside) == identity[cell]:
                    return True
                continue
            # A constant: is the neighbour across a constant inside a run of formulas too?
            before = Cell(beside.row - down * len(gap), beside.column - right * len(gap))
            after = Cell(beside.row + down * len(gap), beside.column + right * len(gap))
            content = sheet.content(beside)
            is_number = isinstance(content.value, float) and content.formula is None
            if is_number and before in identity and identity.get(after) == identity[before]:
                return True
    return False


def _finding(
    facts: Facts, sheet: Sheet, gap: list[Cell], found: FormulaRegion, identity: dict[Cell, str]
) -> Finding | None:
    contents = [sheet.content(cell) for cell in gap]
    expected = [shift_fill(found.region.formula, found.region.first, cell) for cell in gap]
    if any(area and cell in area for cell in gap for name, area in found.reads(cell) if name == sheet.name):
        return None  # the pattern itself reads the cell: an anchor that its neighbours are calculated from
    place = SheetRange(sheet.name, Range(gap[0].row, gap[0].column, gap[-1].row, gap[-1].column))
    name = facts.labels.describe(place, sheet.name)
    if all(content.formula is not None for content in contents):
        if len(gap) > 1 or _same_cells(contents[0].formula or "", expected[0]) or _totals(facts, place):
            return None
        sentence = (
            f"{name} is {contents[0].formula}, but the cells on both sides of it follow "
            f"{expected[0]} ({found.region.address})."
        )
        kind, severity = FindingKind.INCONSISTENT, Severity.WARNING
    elif all(_is_number(content) for content in contents):
        shown = " and ".join(f"{content.value:.10g}" for content in contents)
        sentence = (
            f"{name} holds the typed number {shown}, but the cells on both sides of it are calculated "
            f"({expected[0]})."
        )
        kind, severity = FindingKind.OVERWRITTEN, Severity.WARNING
    else:
        return None
    formulas = tuple((text,) for text in expected) if place.range.width == 1 else (tuple(expected),)
    edit = SetFormulas(sheet.name, place.range, formulas)
    related = (SheetRange(sheet.name, found.region.bounds),)
    return Finding(kind, severity, place, sentence, len(gap), (edit,), related)


def _totals(facts: Facts, place: SheetRange) -> bool:
    """Whether the odd cell adds up cells of its own column or row: a subtotal."""
    cell = place.range.first
    region = facts.region_of[SheetCell(place.sheet, cell)]
    for sheet, area in region.reads(cell):
        beside = (Cell(cell.row - 1, cell.column), Cell(cell.row, cell.column - 1))
        if sheet == place.sheet and area.size > 1 and any(near in area for near in beside):
            in_line = area.left == area.right == cell.column or area.top == area.bottom == cell.row
            if in_line and cell not in area:
                return True
    return False


def _is_number(content: Content) -> bool:
    return (
        content.formula is None and isinstance(content.value, float) and not isinstance(content.value, bool)
    )


def _same_cells(a: str, b: str) -> bool:
    """Whether two formulas in one cell differ only in `$` marks, parentheses or a leading plus."""

    def bare(text: str) -> str:
        written = text.replace("$", "").replace(" ", "").removeprefix("=").removeprefix("+").upper()
        try:
            root = parse("=" + written).root
        except FormulaSyntaxError:
            return written
        while isinstance(root, nodes.Paren):
            root = root.operand
        return written[root.start - 1 : root.end - 1]

    return bare(a) == bare(b)


_UNREMARKABLE = frozenset(
    {0.0, 1.0, 2.0, 0.5, 7.0, 12.0, 24.0, 30.0, 52.0, 60.0, 365.0, 360.0, 3600.0, 8760.0}
)
_NUMBER_OPERATORS = frozenset("+-*/")


def hard_coded(facts: Facts) -> Iterator[Finding]:
    """Numbers written into formulas beside references: a rate or a price that should have its own cell."""
    for sheet, found in facts.by_sheet.items():
        cells: dict[str, list[FormulaRegion]] = {}
        for region in found:
            if region.formula is None:
                continue
            for text in sorted({number.text for number in _numbers(region.formula.root)}):
                cells.setdefault(text, []).append(region)
        for text, regions in cells.items():
            count = sum(len(region.region.cells) for region in regions)
            places = tuple(SheetRange(sheet, region.region.bounds) for region in regions)
            listed = ", ".join(region.region.address for region in regions[:3])
            more = f" and {len(regions) - 3} more places" if len(regions) > 3 else ""
            cell_word = "formula" if count == 1 else "formulas"
            yield Finding(
                FindingKind.HARD_CODED,
                Severity.NOTE,
                places[0],
                f"The number {text} is written into {count:,} {cell_word} ({listed}{more}); "
                "a cell of its own would give it a name and one place to change it.",
                count,
                (),
                places,
            )


def _numbers(root: nodes.Node) -> list[nodes.Number]:
    """Operands of + - * / beside something that is no constant; unit conversions and counts left out."""
    found: list[nodes.Number] = []
    for node in walk(root):
        if not isinstance(node, nodes.Binary) or node.operator not in _NUMBER_OPERATORS:
            continue
        for operand, other in ((node.left, node.right), (node.right, node.left)):
            number = operand.operand if isinstance(operand, nodes.Percent | nodes.Unary) else operand
            is_mixed = any(isinstance(part, nodes.ReferenceNode | nodes.Name) for part in walk(other))
            if isinstance(number, nodes.Number) and is_mixed and _is_remarkable(number, node.operator):
                found.append(number)
    return found


def _is_remarkable(number: nodes.Number, operator: str) -> bool:
    value = abs(number.value)
    if value in _UNREMARKABLE or (operator in "+-" and value == int(value) and value < 100):
        return False
    digits = number.text.upper().replace(".", "").strip("0")
    return "E" not in digits and digits not in {"", "1"}


def broken_text(facts: Facts) -> Iterator[Finding]:
    """Formulas that cannot be read, and formulas that hold a deleted reference though they show no error."""
    for found in facts.regions:
        place = SheetRange(found.sheet, found.region.bounds)
        if found.formula is None:
            sentence = f"{found.region.address}: {found.region.formula} is no formula that Excel would take."
            yield Finding(FindingKind.UNREADABLE, Severity.WARNING, place, sentence, len(found.region.cells))
        elif "#REF!" in found.formula.text.upper():
            value = facts.snapshot.sheet(found.sheet).value(found.region.first)
            if not isinstance(value, ErrorValue):
                sentence = (
                    f"{facts.labels.describe(place, found.sheet)} reads cells that were deleted "
                    f"({found.formula.text[:80]}), though it shows no error."
                )
                yield Finding(
                    FindingKind.BROKEN_REFERENCE, Severity.WARNING, place, sentence, len(found.region.cells)
                )
