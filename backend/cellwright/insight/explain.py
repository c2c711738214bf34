"""Explain one formula: in words, step by step with the values of its parts, what it reads, what reads it.

The values of parts come from a callable (the calculator's, injected); without one only cells' own values are
shown. Nothing is recomputed here and nothing is changed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from cellwright.errors import CalcError, UsageError
from cellwright.formula import Formula, nodes, parse, risks, walk
from cellwright.formula.functions import known_function
from cellwright.formula.precedents import BoundReference, precedents
from cellwright.insight.facts import Facts
from cellwright.insight.words import Phrases
from cellwright.reference import Range, SheetCell, SheetRange
from cellwright.workbook.model import ErrorValue, Snapshot, Value

Evaluate = Callable[[str, SheetCell], object]
"""(formula text, the cell it is to stand in) -> its value; may raise CalcError."""

_CHAINS = ("+-", "*/", "&", "^", ":", ",")
_MAX_STEPS = 14
_MAX_SUMMARY = 700
_MAX_CELLS = 12
_MAX_SUMMED = 200_000


@dataclass(frozen=True, slots=True)
class Step:
    """One part of the formula: its text, its words, its value; `has_value` is False where that is unknown."""

    text: str
    words: str
    value: Value
    has_value: bool


@dataclass(frozen=True, slots=True)
class Input:
    """One thing the formula reads; `place` is None where it could not be bound and `note` says why."""

    text: str
    place: SheetRange | None
    name: str | None
    note: str


@dataclass(frozen=True, slots=True)
class Dependents:
    """Cells of one formula region that read the explained cell directly."""

    place: SheetRange
    count: int
    formula: str
    name: str | None


@dataclass(frozen=True, slots=True)
class Explanation:
    """What is known of a formula; `summary` is one sentence, `steps` go from the innermost part outwards."""

    cell: SheetCell
    formula: str
    value: Value
    name: str | None
    summary: str
    steps: tuple[Step, ...]
    inputs: tuple[Input, ...]
    dependents: tuple[Dependents, ...]
    notes: tuple[str, ...]


def explain(
    snapshot: Snapshot, cell: SheetCell, evaluate: Evaluate | None = None, facts: Facts | None = None
) -> Explanation:
    """Explain the formula of a cell; UsageError where there is none, FormulaSyntaxError for a broken one."""
    sheet = snapshot.sheet(cell.sheet)
    cell = SheetCell(sheet.name, cell.cell)
    content = sheet.content(cell.cell)
    if content.formula is None:
        held = "nothing" if content.value is None else value_words(content.value)
        raise UsageError(f"expected a formula in {cell.a1}, got {held}")
    facts = facts or Facts(snapshot)
    formula = parse(content.formula)
    bound = precedents(formula, cell, snapshot)
    phrases = Phrases(formula, bound, sheet.name, facts.labels)
    name = facts.labels.of(SheetRange(sheet.name, Range.of(cell.cell)))
    subject = f"{name} ({cell.cell.a1})" if name else cell.cell.a1
    return Explanation(
        cell=cell,
        formula=content.formula,
        value=content.value,
        name=name,
        summary=f"{subject} is {_cut(phrases.of(formula.root))}.",
        steps=tuple(_steps(formula, phrases, cell, snapshot, evaluate)),
        inputs=tuple(_inputs(bound, snapshot, facts)),
        dependents=tuple(_dependents(cell, facts)),
        notes=tuple(_notes(formula, bound)),
    )


def _cut(words: str) -> str:
    if len(words) <= _MAX_SUMMARY:
        return words
    return words[:_MAX_SUMMARY].rsplit(" ", 1)[0] + " …, and more, as the steps tell"


def value_words(value: Value) -> str:
    """A value as one reads it: `1,250.5`, `“North”`, `true`, `blank`, `#N/A`."""
    if value is None:
        return "blank"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float | int):
        return f"{value:,.10g}" if 1e-4 <= abs(value) < 1e15 or value == 0 else f"{value:.6g}"
    return str(value) if isinstance(value, ErrorValue) else f"“{value}”"


def _steps(
    formula: Formula, phrases: Phrases, cell: SheetCell, snapshot: Snapshot, evaluate: Evaluate | None
) -> list[Step]:
    """The parts worth a line, innermost first: single cells, calls, and whole chains of operators."""
    parts: list[nodes.Node] = []
    seen: set[str] = set()
    stack: list[tuple[nodes.Node, bool]] = [(formula.root, False)]
    while stack:
        node, is_left_of_chain = stack.pop()
        text = formula.source(node)
        is_part = isinstance(node, nodes.FunctionCall | nodes.Call | nodes.Binary | nodes.Unary | nodes.Name)
        is_cell = isinstance(node, nodes.ReferenceNode) and node.is_cell
        if (is_part or is_cell) and not is_left_of_chain and text not in seen and _has_own_value(node):
            seen.add(text)
            parts.append(node)
        for index, child in enumerate(node.children):
            stack.append((child, index == 0 and _continues(node, child)))
    parts = [part for part in parts if part is not formula.root] + [formula.root]
    inner = sorted(parts[:-1], key=lambda part: (part.end - part.start, part.start))
    chosen = sorted(inner[: _MAX_STEPS - 1], key=lambda part: (part.end, -part.start))
    return [_step(formula, part, phrases, cell, snapshot, evaluate) for part in [*chosen, parts[-1]]]


def _continues(node: nodes.Node, left: nodes.Node) -> bool:
    """Whether the left operand is the same chain, as `a+b` in `a+b-c` (but not `a*b` in `a*b+c`)."""
    if not isinstance(node, nodes.Binary) or not isinstance(left, nodes.Binary):
        return False
    return any(node.operator in group and left.operator in group for group in _CHAINS)


def _has_own_value(node: nodes.Node) -> bool:
    """Whether a part is worth a line: no mere constant, and no parameter of a LET or LAMBDA around it."""
    declared: set[str] = set()
    used: set[str] = set()
    is_constant = True
    for part in walk(node):
        if not isinstance(part, nodes.Number | nodes.Binary | nodes.Unary | nodes.Percent | nodes.Paren):
            is_constant = False
        if isinstance(part, nodes.Name) and part.is_local:
            used.add(part.name.casefold())
        elif isinstance(part, nodes.FunctionCall) and part.name in {"LET", "LAMBDA"}:
            declared |= {
                a.name.casefold() for a in part.arguments if isinstance(a, nodes.Name) and a.is_local
            }
    return not is_constant and used <= declared


def _step(
    formula: Formula,
    node: nodes.Node,
    phrases: Phrases,
    cell: SheetCell,
    snapshot: Snapshot,
    evaluate: Evaluate | None,
) -> Step:
    text = formula.source(node)
    words = phrases.of(node)
    place = phrases.place(node)
    is_plain = isinstance(node, nodes.ReferenceNode | nodes.Name | nodes.StructuredReference)
    if is_plain and place is not None and place.range.is_cell:
        return Step(text, words, snapshot.sheet(place.sheet).value(place.range.first), True)
    if node is formula.root:
        value = snapshot.sheet(cell.sheet).value(cell.cell)
        if value is not None:
            return Step(text, words, value, True)
    if evaluate is not None:
        try:
            result = evaluate("=" + text, cell)
        except CalcError:
            return Step(text, words, None, False)
        if result is None or isinstance(result, float | int | str | bool | ErrorValue):
            return Step(text, words, float(result) if type(result) is int else result, True)
    return Step(text, words, None, False)


def _inputs(bound: tuple[BoundReference, ...], snapshot: Snapshot, facts: Facts) -> list[Input]:
    found: list[Input] = []
    seen: set[tuple[str, SheetRange | None]] = set()
    for reference in bound:
        place = reference.place
        if (reference.text, place) in seen:
            continue
        seen.add((reference.text, place))
        if place is None:
            found.append(Input(reference.text, None, None, str(reference.problem)))
        else:
            found.append(Input(reference.text, place, facts.labels.of(place), _contents(place, snapshot)))
    return found


def _contents(place: SheetRange, snapshot: Snapshot) -> str:
    """What a range holds, in a few words: one value, or `8 numbers from 3 to 90, 1 blank`."""
    sheet = snapshot.sheet(place.sheet)
    if place.range.is_cell:
        content = sheet.content(place.range.first)
        return value_words(content.value) + (" (a formula)" if content.formula else "")
    numbers: list[float] = []
    texts = errors = filled = 0
    for _, content in sheet.cells.items(place.range):
        if content.value is None:
            continue
        filled += 1
        if isinstance(content.value, ErrorValue):
            errors += 1
        elif isinstance(content.value, float) and not isinstance(content.value, bool):
            numbers.append(content.value)
        elif isinstance(content.value, str):
            texts += 1
        if filled >= _MAX_SUMMED:
            break
    parts = []
    if numbers:
        low, high = value_words(min(numbers)), value_words(max(numbers))
        span = low if low == high else f"from {low} to {high}"
        parts.append(f"{len(numbers):,} number{'s' * (len(numbers) > 1)} {span}")
    if texts:
        parts.append(f"{texts:,} text{'s' * (texts > 1)}")
    if errors:
        parts.append(f"{errors:,} error{'s' * (errors > 1)}")
    blanks = place.range.size - filled
    if blanks and not (place.range.is_whole_columns or place.range.is_whole_rows):
        parts.append(f"{blanks:,} blank")
    return ", ".join(parts) or "nothing"


def _dependents(cell: SheetCell, facts: Facts) -> list[Dependents]:
    found: list[Dependents] = []
    for region, cells in facts.dependents(cell):
        columns = [reader.column for reader in cells]
        area = Range(cells[0].row, min(columns), cells[-1].row, max(columns))
        place = SheetRange(region.sheet, area)
        formula = facts.snapshot.sheet(region.sheet).formula(cells[0]) or region.region.formula
        found.append(Dependents(place, len(cells), formula, facts.labels.of(place)))
    return sorted(found, key=lambda item: (item.place.sheet != cell.sheet, -item.count))[:_MAX_CELLS]


def _notes(formula: Formula, bound: tuple[BoundReference, ...]) -> list[str]:
    notes = [f"{reference.text}: {reference.problem}." for reference in bound if reference.problem]
    notes += [f"{risk.what}: {risk.kind.value}." for risk in risks(formula.text)]
    names = {node.name for node in walk(formula.root) if isinstance(node, nodes.FunctionCall)}
    for name in sorted(names):
        function = known_function(name)
        if function is None:
            notes.append(f"{name} is no function of Excel's; a macro, an add-in or a name must define it.")
        elif function.is_volatile:
            notes.append(f"{name} is calculated anew whenever anything in the workbook changes.")
    return list(dict.fromkeys(notes))
