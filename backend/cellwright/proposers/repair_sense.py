"""Whether a formula text makes sense, without its workbook: sound or not, and how odd where it is sound.

Sound: it parses, calls known functions with arguments of a right count, and joins no constants by `:` and
`,`. Excel refuses the rest at the keyboard. Oddness is a cost for what Excel takes and people seldom mean: a
text where a function needs a range, a comparison as a criterion, brackets round single things. Its parts are
counted by name, so that a ranker can weigh them (`repair_rank`).
"""

from __future__ import annotations

import re
from collections import Counter

from cellwright.errors import FormulaSyntaxError
from cellwright.formula import nodes, parse, walk
from cellwright.formula.functions import ArgumentKind, Function, known_function

# Functions whose value is a reference, so that it may stand where a range must.
_GIVES_REFERENCE = frozenset(
    ["INDEX", "OFFSET", "INDIRECT", "CHOOSE", "IF", "IFS", "SWITCH", "XLOOKUP", "LET"]
)
_SINGLE = (nodes.ReferenceNode, nodes.Number, nodes.String, nodes.FunctionCall)
_CONSTANT = (nodes.Number, nodes.String, nodes.Boolean)
_COMPARISONS = frozenset(["=", "<>", "<", ">", "<=", ">="])
# A sheet named like a cell, which Excel wants in quotes: `A1!B2`.
_CELL_LIKE = re.compile(r"\$?[A-Za-z]{1,3}\$?\d+!")
_CELLS = re.compile(r"\$?[A-Za-z]{1,3}\$?\d+(?::.*)?")
# Of each kind of oddness the cost of one.
ODDITIES = {
    "no_range": 2.5, "empty": 1.0, "single_in_brackets": 1.0, "union": 1.5, "union_of_values": 3.5,
    "function_as_table": 3.0, "table": 0.5, "name": 1.0, "intersection": 2.0, "range_of_values": 3.0,
    "comparison_as_criterion": 1.5, "comparison_as_number": 1.0, "area_as_number": 1.5, "text_as_number": 0.7,
    "constant_condition": 1.5, "rows_as_value": 2.0, "open_decimal": 1.5,
}  # fmt: skip


def is_sound(text: str) -> bool:
    """Whether Excel takes a formula text (without `=`), as far as can be said without a workbook."""
    return trouble(text) is None


def trouble(text: str) -> int | None:
    """Where the parser stopped or a part is wrong (offset without `=`); None: sound."""
    if not text.strip():
        return 0
    try:
        formula = parse("=" + text)
    except FormulaSyntaxError as error:
        return max(0, error.position - 1)
    for node in walk(formula.root):
        if isinstance(node, nodes.Name) and known_function(node.name):
            return max(0, node.end - 1)
        if isinstance(node, nodes.ReferenceNode) and _CELL_LIKE.match(text[max(0, node.start - 1) :]):
            return max(0, node.start - 1)
        if isinstance(node, nodes.Binary) and node.operator in {":", ","}:
            for side in (node.left, node.right):
                if isinstance(side, _CONSTANT):
                    return max(0, side.start - 1)
        if isinstance(node, nodes.FunctionCall):
            function = known_function(node.name)
            if function is None:
                return max(0, node.start - 1)
            if not _takes(function, len(node.arguments)):
                return max(0, node.end - 2)
    return None


def _takes(function: Function, count: int) -> bool:
    """Whether a call may have that many arguments; conditions come in pairs (SUMIFS, COUNTIFS, IFS)."""
    if not function.takes(count):
        return False
    beyond = count - len(function.required) - len(function.optional)
    return beyond <= 0 or len(function.repeated) < 2 or beyond % len(function.repeated) == 0


def oddness(text: str) -> float:
    """How unlikely a sound text is as a formula, as a cost."""
    return sum(ODDITIES[name] * count for name, count in oddities(text).items())


def oddities(text: str) -> Counter[str]:
    """How often each kind of oddness stands in a sound text."""
    found: Counter[str] = Counter()
    for node in walk(parse("=" + text).root):
        if isinstance(node, nodes.FunctionCall):
            function = known_function(node.name)
            for i, argument in enumerate(node.arguments):
                found.update(_of_argument(node.name, function.kind(i) if function else None, i, argument))
        elif isinstance(node, nodes.Paren):
            found["single_in_brackets"] += isinstance(node.operand, _SINGLE)
            found["union"] += isinstance(node.operand, nodes.Binary) and node.operand.operator == ","
        elif isinstance(node, nodes.StructuredReference):
            is_cells = _CELLS.fullmatch(node.first_column or "") is not None
            found["function_as_table" if known_function(node.table or "") or is_cells else "table"] += 1
        elif isinstance(node, nodes.Name):
            found["name"] += 1
        elif isinstance(node, nodes.Number):
            found["open_decimal"] += node.text.endswith(".")
        elif isinstance(node, nodes.Binary):
            found["intersection"] += node.operator == " "
            if node.operator in {",", ":"}:
                odd = sum(not _may_refer(side) for side in (node.left, node.right))
                found["union_of_values" if node.operator == "," else "range_of_values"] += odd
            else:
                found["rows_as_value"] += sum(_is_rows(side) for side in (node.left, node.right))
    return found


def singles(text: str) -> list[str]:
    """The brackets of a sound text that hold one reference, constant or call, as they are written."""
    return [
        text[node.start - 1 : node.end - 1]
        for node in walk(parse("=" + text).root)
        if isinstance(node, nodes.Paren) and isinstance(node.operand, _SINGLE)
    ]


def _of_argument(function: str, kind: ArgumentKind | None, index: int, argument: nodes.Node) -> list[str]:
    found: list[str] = []
    is_comparison = isinstance(argument, nodes.Binary) and argument.operator in _COMPARISONS
    is_area = isinstance(argument, nodes.ReferenceNode) and not argument.is_cell
    if isinstance(argument, nodes.Empty):
        found.append("empty")
    elif kind is ArgumentKind.RANGE and not _may_refer(argument):
        found.append("no_range")
    elif kind is ArgumentKind.CRITERION and is_comparison:
        found.append("comparison_as_criterion")
    elif kind in {ArgumentKind.NUMBER, ArgumentKind.DATE} and is_comparison:
        found.append("comparison_as_number")
    elif kind in {ArgumentKind.NUMBER, ArgumentKind.LOGICAL} and isinstance(argument, nodes.String):
        found.append("text_as_number")
    elif kind is ArgumentKind.TEXT and _is_rows(argument):
        found.append("rows_as_value")
    elif function == "IF" and index == 0 and isinstance(argument, nodes.String | nodes.Number):
        found.append("constant_condition")
    elif function in {"SUBTOTAL", "AGGREGATE"} and index == 0 and is_area:
        found.append("area_as_number")
    return found


def _may_refer(node: nodes.Node) -> bool:
    if isinstance(node, nodes.Paren):
        return _may_refer(node.operand)
    if isinstance(node, nodes.FunctionCall):
        return node.name in _GIVES_REFERENCE
    if isinstance(node, nodes.Binary):
        return node.operator in {":", ",", " "}
    return isinstance(
        node,
        nodes.ReferenceNode
        | nodes.StructuredReference
        | nodes.Name
        | nodes.Spill
        | nodes.Empty
        | nodes.Error,
    )


def _is_rows(node: nodes.Node) -> bool:
    """Whole rows without a sheet, which a time of day without its quotes looks like (`7:30`)."""
    return (
        isinstance(node, nodes.ReferenceNode)
        and node.first.column is None
        and node.sheet is None
        and not node.first.is_row_absolute
    )
