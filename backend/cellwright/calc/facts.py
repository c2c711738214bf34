"""What of a formula decides whether its result can be trusted: what it calls, and what nobody can reproduce.

A call is known by its name and its argument kinds, `SUM(r)` or `ROUND(f,n)`: n number, s text, b truth
value, e left out, x error, c one cell, r a range, d a name, a an array constant, f an expression. Operators
that coerce (`&`, `^`, `%`, comparison) and marks (`@`, `#`, arrays) count as calls; plain arithmetic does
not.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from cellwright.errors import FormulaSyntaxError
from cellwright.formula import nodes, parse, walk
from cellwright.formula.functions import ArgumentKind, known_function
from cellwright.formula.risks import risks
from cellwright.workbook.model import Snapshot

IMPLICIT_INTERSECTION = "implicit intersection"
_MAX_KINDS = 6
_MAX_NAME_DEPTH = 8
_ARITHMETIC = frozenset("+-*/")
_COMPARISONS = frozenset({"=", "<>", "<", ">", "<=", ">="})
_SINGLE = frozenset(
    {ArgumentKind.NUMBER, ArgumentKind.TEXT, ArgumentKind.LOGICAL, ArgumentKind.DATE, ArgumentKind.VALUE}
)
_COMPUTED = frozenset({"INDIRECT", "OFFSET"})
_KEPT_ELSEWHERE = frozenset({"CELL", "INFO", "GETPIVOTDATA", "SHEET", "SHEETS", "PY"})
_KINDS: tuple[tuple[type[nodes.Node], str], ...] = (
    (nodes.Number, "n"),
    (nodes.String, "s"),
    (nodes.Boolean, "b"),
    (nodes.Empty, "e"),
    (nodes.Error, "x"),
    (nodes.StructuredReference, "r"),
    (nodes.Spill, "r"),
    (nodes.Name, "d"),
    (nodes.ArrayConstant, "a"),
)


class Entry(Enum):
    """How a formula was entered: it decides what a range means where one value is wanted."""

    TYPED = "typed"
    """By a person in today's Excel: it spills."""
    PLAIN = "plain"
    """An ordinary formula of a file: the one value in the formula's own row or column is taken."""
    ARRAY = "array"
    """An array formula of a file."""


@dataclass(frozen=True, slots=True)
class Call:
    """One thing that a formula calls: a function or operator and its argument kinds."""

    name: str
    kinds: str = ""

    def __str__(self) -> str:
        return f"{self.name}({self.kinds})" if self.kinds else self.name


@dataclass(frozen=True, slots=True)
class FormulaFacts:
    """What a formula calls, and `causes`, reasons why no engine's result can be trusted (for a person)."""

    calls: frozenset[Call]
    causes: tuple[str, ...] = ()


def formula_facts(formula: str, sheet: str, snapshot: Snapshot, entry: Entry = Entry.TYPED) -> FormulaFacts:
    """The facts of a formula on a sheet; defined names are followed."""
    calls: set[Call] = set()
    causes: list[str] = []
    _collect(formula, sheet, snapshot, calls, causes, 0)
    if entry is Entry.ARRAY:
        calls.add(Call("{array}"))
    elif entry is Entry.PLAIN and ":" in formula and not causes and _intersects(formula):
        calls.add(Call(IMPLICIT_INTERSECTION))
    return FormulaFacts(frozenset(calls), tuple(dict.fromkeys(causes)))


def _collect(
    formula: str, sheet: str, snapshot: Snapshot, calls: set[Call], causes: list[str], depth: int
) -> None:
    try:
        parsed = parse(formula)
    except FormulaSyntaxError as error:
        causes.append(f"it does not parse: {error}")
        return
    causes += [f"it {risk.kind.value} ({risk.what})" for risk in risks(formula)]
    for node in walk(parsed.root):
        calls.update(_calls(node))
        cause = _cause(node)
        if cause:
            causes.append(cause)
        if isinstance(node, nodes.Name) and not node.is_local and node.workbook is None:
            named = _named(node, sheet, snapshot)
            if named is not None and depth < _MAX_NAME_DEPTH:
                _collect(named, sheet, snapshot, calls, causes, depth + 1)


def _named(node: nodes.Name, sheet: str, snapshot: Snapshot) -> str | None:
    folded, scope = node.name.casefold(), (node.sheet or sheet).casefold()
    found = None
    for name in snapshot.names:
        if name.name.casefold() == folded:
            if name.scope is None:
                found = name.formula
            elif name.scope.casefold() == scope:
                return name.formula
    return found


def _calls(node: nodes.Node) -> Iterator[Call]:
    if isinstance(node, nodes.FunctionCall):
        kinds = ",".join(_kind(argument) for argument in node.arguments[:_MAX_KINDS])
        yield Call(node.name, kinds or "-")
    elif isinstance(node, nodes.Call):
        yield Call("LAMBDA call")
    elif isinstance(node, nodes.Binary) and node.operator not in _ARITHMETIC:
        yield Call("<>" if node.operator in _COMPARISONS else node.operator)
    elif isinstance(node, nodes.Percent):
        yield Call("%")
    elif isinstance(node, nodes.Spill):
        yield Call("#")
    elif isinstance(node, nodes.ImplicitIntersection):
        yield Call("@")


def _cause(node: nodes.Node) -> str | None:
    if isinstance(node, nodes.FunctionCall):
        function = known_function(node.name)
        if node.name in _COMPUTED:
            return f"{node.name} reads cells that are known only when it is calculated"
        if node.name in _KEPT_ELSEWHERE:
            return f"{node.name} depends on more than the workbook's values"
        if function is None:
            return f"{node.name} is no function of Excel's"
        if function.is_volatile:
            return f"{node.name} gives another value at each calculation"
        if function.is_macro:
            return f"{node.name} is a macro function"
    return None


def _intersects(formula: str) -> bool:
    return any(_wants_one(node) for node in walk(parse(formula).root))


def _wants_one(node: nodes.Node) -> bool:
    """Whether a range stands where one value is wanted."""
    if isinstance(node, nodes.FunctionCall):
        function = known_function(node.name)
        return function is not None and any(
            _is_area(argument) and function.kind(index) in _SINGLE
            for index, argument in enumerate(node.arguments)
        )
    if isinstance(node, nodes.Binary) and node.operator in nodes.Binary.REFERENCE_OPERATORS:
        return False
    return isinstance(node, nodes.Binary | nodes.Unary | nodes.Percent) and any(map(_is_area, node.children))


def _is_area(node: nodes.Node) -> bool:
    return _kind(node) == "r" and not isinstance(node, nodes.Spill)


def _kind(node: nodes.Node) -> str:
    while isinstance(node, nodes.Paren):
        node = node.operand
    if isinstance(node, nodes.ReferenceNode):
        return "c" if node.is_cell else "r"
    if isinstance(node, nodes.StructuredReference) and "#This Row" in node.items:
        return "c"
    for kind, letter in _KINDS:
        if isinstance(node, kind):
            return letter
    return "f"
