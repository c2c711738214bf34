"""How a sound formula's calls are written, counted by name for the rankers of repairs and completions: what
people do (a condition compares, an IF says what is otherwise, ranges of one call are of one size) and what
they seldom do (the same twice, a comparison of comparisons, brackets about nothing).

Counts, not verdicts: fitted weights say what each is worth. Not covered: what Excel refuses (`repair_sense`).
"""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

from cellwright.formula import nodes, parse, walk
from cellwright.formula.functions import ArgumentKind, known_function

_COMPARISONS = frozenset(["=", "<>", "<", ">", "<=", ">="])
_LOGIC = frozenset(["AND", "OR", "NOT", "XOR"])
_RANGES = frozenset([ArgumentKind.RANGE, ArgumentKind.ARRAY])
# Functions that people seldom call without their last argument, though they may, with its place.
_USUAL = {"IF": 3, "VLOOKUP": 4, "HLOOKUP": 4, "MATCH": 3, "INDEX": 2, "OFFSET": 5, "SUMIF": 3}


def call_habits(text: str) -> Counter[str]:
    """How often each habit shows in a sound text (without `=`)."""
    found: Counter[str] = Counter()
    root = parse("=" + text).root
    found["compares_at_top"] += _is_comparison(root)
    found["lists_at_top"] += isinstance(root, nodes.Binary) and root.operator == ","
    for node in walk(root):
        if isinstance(node, nodes.FunctionCall):
            _of_call(node, found)
        elif isinstance(node, nodes.Call):
            found["calls_a_value"] += not _is_lambda(node.callee)
        elif isinstance(node, nodes.Binary):
            _of_operator(node, found)
        elif isinstance(node, nodes.Paren):
            inner = node.operand
            found["twice_bracketed"] += isinstance(inner, nodes.Paren)
            found["bracketed_comparison"] += _is_comparison(inner)
        elif isinstance(node, nodes.ReferenceNode) and node.last is not None:
            found["turned_range"] += _is_turned(node)
    return Counter({name: count for name, count in found.items() if count})


def _of_call(call: nodes.FunctionCall, found: Counter[str]) -> None:
    arguments = call.arguments
    usual = _USUAL.get(call.name)
    if usual is not None:
        found[f"short_{call.name.lower()}"] += len(arguments) < usual
        found["long_call"] += call.name == "INDEX" and len(arguments) > 3
    if call.name == "IF" and arguments:
        found["if_condition" if _is_condition(arguments[0]) else "if_of_value"] += 1
        found["if_gives_comparison"] += sum(_is_comparison(_bare(part)) for part in arguments[1:])
    elif call.name in _LOGIC:
        found["logic_of_value"] += sum(not _is_condition(part) for part in arguments)
        found["logic_of_one"] += call.name in {"AND", "OR"} and len(arguments) == 1
    else:
        found["call_of_comparison"] += sum(
            _is_comparison(part) and call.name not in {"SUMPRODUCT", "IFERROR", "IFS", "FILTER"}
            for part in arguments
        )
        found["call_of_if"] += sum(
            isinstance(part, nodes.FunctionCall) and part.name == "IF" for part in arguments
        )
    found["same_arguments"] += sum(
        first == second for first, second in pairwise(arguments) if not isinstance(first, nodes.Empty)
    )
    found["apart_ranges"] += _apart(call)


def _of_operator(node: nodes.Binary, found: Counter[str]) -> None:
    if node.operator in nodes.Binary.REFERENCE_OPERATORS:
        return
    found["same_sides"] += node.left == node.right
    sides = [_bare(node.left), _bare(node.right)]
    if node.operator in _COMPARISONS:
        found["compares_comparison"] += any(_is_comparison(side) for side in sides)
        found["compares_call_of_logic"] += any(
            isinstance(side, nodes.FunctionCall) and side.name in _LOGIC for side in sides
        )
    else:
        found["texts_reckoned"] += node.operator != "&" and any(
            isinstance(side, nodes.String) and not side.value[:1].isdigit() for side in sides
        )


def _bare(node: nodes.Node) -> nodes.Node:
    while isinstance(node, nodes.Paren):
        node = node.operand
    return node


def _is_comparison(node: nodes.Node) -> bool:
    return isinstance(node, nodes.Binary) and node.operator in _COMPARISONS


def _is_lambda(node: nodes.Node) -> bool:
    return isinstance(node, nodes.Name) or (isinstance(node, nodes.FunctionCall) and node.name == "LAMBDA")


def _is_condition(node: nodes.Node) -> bool:
    """Whether it gives TRUE or FALSE, or a product of such."""
    node = _bare(node)
    if _is_comparison(node) or isinstance(node, nodes.Boolean):
        return True
    if isinstance(node, nodes.Binary) and node.operator in {"*", "+"}:
        return _is_condition(node.left) and _is_condition(node.right)
    return isinstance(node, nodes.FunctionCall) and (node.name in _LOGIC or node.name.startswith("IS"))


def _is_turned(node: nodes.ReferenceNode) -> bool:
    """A range whose last cell comes before its first."""
    first, last = node.first, node.last
    assert last is not None
    return any(
        one is not None and other is not None and one > other
        for one, other in ((first.row, last.row), (first.column, last.column))
    )


def _apart(call: nodes.FunctionCall) -> int:
    """Ranges of one call that are of another size than the first, where the function pairs them."""
    known = known_function(call.name)
    pairs = known is not None and (
        (len(known.repeated) >= 1 and ArgumentKind.CRITERION in known.required + known.repeated)
        or call.name in {"SUMIF", "AVERAGEIF", "SUMPRODUCT", "LOOKUP", "CORREL", "INDEX"}
    )
    if not pairs or known is None:
        return 0
    sizes = [
        (argument.range.bottom - argument.range.top, argument.range.right - argument.range.left)
        for i, argument in enumerate(call.arguments)
        if isinstance(argument, nodes.ReferenceNode) and known.kind(i) in _RANGES
    ]
    return sum(size != sizes[0] for size in sizes[1:])
