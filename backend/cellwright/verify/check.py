"""What can be said of a formula before it runs: does it parse, does it bind, does it reach out or hide."""

from __future__ import annotations

from dataclasses import dataclass

from cellwright.errors import FormulaSyntaxError
from cellwright.formula import Problem, nodes, parse, precedents, walk
from cellwright.formula.functions import known_function
from cellwright.formula.risks import risks
from cellwright.reference import SheetCell
from cellwright.workbook.model import Snapshot

_MAX_NAME_DEPTH = 8
_COMPUTED_ONLY = frozenset({Problem.COMPUTED})
_ANYWHERE_ELSE = frozenset({Problem.EXTERNAL})


@dataclass(frozen=True)
class Check:
    """What is wrong with a formula; the first reason in `why`, risks in words a person understands."""

    parses: bool = True
    binds: bool = True
    risks: tuple[str, ...] = ()
    why: str = ""


def check_formula(formula: str, at: SheetCell, snapshot: Snapshot) -> Check:
    """Parse, look for risks (also in the names it uses), then bind every reference and function."""
    found = _risks(formula, at.sheet, snapshot, 0)
    if found:
        return Check(risks=found, why=f"it {found[0]}")
    try:
        parsed = parse(formula)
    except FormulaSyntaxError as error:
        return Check(parses=False, why=f"it does not parse: {error}")
    for node in walk(parsed.root):
        if isinstance(node, nodes.FunctionCall):
            why = _call(node, at, snapshot)
            if why:
                return Check(binds=False, why=why)
    for reference in precedents(parsed, at, snapshot):
        if reference.problem is not None and reference.problem not in _COMPUTED_ONLY | _ANYWHERE_ELSE:
            return Check(binds=False, why=f"{reference.text}: {reference.problem.value}")
    return Check()


def _call(node: nodes.FunctionCall, at: SheetCell, snapshot: Snapshot) -> str:
    function = known_function(node.name)
    if function is None:
        if any(name.name.casefold() == node.name.casefold() for name in snapshot.names):
            return ""
        return f"{node.name} is no function of Excel's"
    if function.is_macro:
        return f"{node.name} works in macro sheets only"
    if not function.takes(len(node.arguments)):
        fewest, most = function.min_arguments, function.max_arguments
        wanted = str(fewest) if fewest == most else f"{fewest} to {most}"
        return f"expected {wanted} arguments of {node.name}, got {len(node.arguments)}"
    return ""


def _risks(formula: str, sheet: str, snapshot: Snapshot, depth: int) -> tuple[str, ...]:
    found = [f"{risk.kind.value} ({risk.what})" for risk in risks(formula)]
    if not snapshot.names or depth >= _MAX_NAME_DEPTH:
        return tuple(found)
    try:
        used = {node.name.casefold() for node in walk(parse(formula).root) if isinstance(node, nodes.Name)}
    except FormulaSyntaxError:
        return tuple(found)
    for name in snapshot.names:
        if name.name.casefold() in used:
            found += [
                f"{risk} through the name {name.name}"
                for risk in _risks(name.formula, name.scope or sheet, snapshot, depth + 1)
            ]
    return tuple(found)
