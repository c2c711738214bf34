"""Our trees against those of another parser, over the real formulas of the shared data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import formualizer
import pytest

from cellwright.formula import nodes, parse
from cellwright.reference import Cell
from tests.formula.corpora import SETS, rows


def ours(node: nodes.Node, text: str) -> Any:
    """Our tree in a shape both parsers can be brought to."""
    match node:
        case nodes.Paren():
            return ours(node.operand, text)
        case nodes.Number():
            return node.value
        case nodes.String() | nodes.Boolean():
            return node.value
        case nodes.Error():
            return node.text
        case nodes.Empty():
            return ""
        case nodes.FunctionCall():
            return [
                (f"[{node.workbook}]!" if node.workbook else "") + node.name,
                *(ours(argument, text) for argument in node.arguments),
            ]
        case nodes.Binary():
            return [node.operator, ours(node.left, text), ours(node.right, text)]
        case nodes.Unary():
            return [node.operator, ours(node.operand, text)]
        case nodes.Percent():
            return ["%", ours(node.operand, text)]
        case nodes.ArrayConstant():
            return ["array", *([ours(cell, text) for cell in row] for row in node.rows)]
    return ["ref", text[node.start : node.end]]


def theirs(tree: dict[str, Any]) -> Any:
    """The other parser's tree in that shape."""
    kind = tree["node_type"]
    if kind == "Literal":
        return tree["value"]
    if kind == "Omitted":
        return ""
    if kind == "Reference":
        return ["ref", tree["reference"]]
    if kind == "Function":
        return [tree["name"].upper().replace("_XLFN.", ""), *(theirs(argument) for argument in tree["args"])]
    if kind == "BinaryOp":
        return [tree["operator"], theirs(tree["left"]), theirs(tree["right"])]
    if kind == "UnaryOp":
        return [tree["operator"], theirs(tree["operand"])]
    return ["array", *([theirs(cell) for cell in row] for row in tree["rows"])]


def comparable(shape: Any) -> Any:
    """References compare by what they name: no quotes, marks or capitals that mean nothing."""
    if isinstance(shape, list):
        if shape[:1] == ["%"] and isinstance(shape[1], list) and shape[1][0] in ("-", "+"):
            shape = [shape[1][0], ["%", shape[1][1]]]  # (-5)% or -(5%): the same value, and only taste
        if shape and shape[0] == "ref":
            return ["ref", shape[1].replace("'", "").replace("$", "").replace(" ", "").upper()]
        return [comparable(part) for part in shape]
    return shape.upper() if isinstance(shape, str) else shape


def disagreements(path: Path) -> tuple[int, list[str]]:
    seen, found = 0, []
    for text, _ in rows(path):
        try:
            tree = formualizer.parse(text).to_dict()
        except Exception:  # what the other parser cannot read says nothing about ours
            continue
        if "_YR1:" in text or "_XR1:" in text:
            continue  # the other parser takes the range operator for a part of the name
        seen += 1
        formula = parse(text)
        mine = comparable(ours(formula.root, formula.text))
        if mine != comparable(theirs(tree)):
            found.append(f"{text}\n  {mine}\n  {comparable(theirs(tree))}")
    return seen, found


@pytest.mark.parametrize("name", SETS)
def test_the_same_trees(shared_data: Path, name: str) -> None:
    seen, found = disagreements(shared_data / f"{name}_formulas.jsonl.zst")
    assert seen > 1000
    assert not found, f"{len(found)} of {seen}\n" + "\n".join(found[:5])


def test_precedence_is_the_same() -> None:
    cell = Cell(0, 0).a1
    for text in ("=-2^2", "=2^3^2", "=2^-3%", f"=1-{cell}&2=3", "=-5%", "=1+2*3-4/5"):
        formula = parse(text)
        assert comparable(ours(formula.root, text)) == comparable(theirs(formualizer.parse(text).to_dict()))
