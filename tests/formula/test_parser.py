"""Parsing: the tree is Excel's, the text is the person's, and what is no formula says so with a position."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cellwright.errors import FormulaSyntaxError, FormulaTooDeep, FormulaTooLong
from cellwright.formula import nodes, parse, walk
from cellwright.reference import Range
from tests.formula.corpora import SETS, rows

# One row of the EUSES set lost the quotes of its sheets' names, so it is no formula any more.
UNQUOTED = "=SUM((Exercises 4, 5 and 6!"


def sketch(node: nodes.Node) -> str:
    """A tree as text, fully parenthesised, so that precedence shows."""
    match node:
        case nodes.Number():
            return f"{node.value:g}"
        case nodes.Binary():
            return f"({sketch(node.left)}{node.operator}{sketch(node.right)})"
        case nodes.Unary():
            return f"({node.operator}{sketch(node.operand)})"
        case nodes.Percent():
            return f"({sketch(node.operand)}%)"
        case nodes.Spill():
            return f"({sketch(node.operand)}#)"
        case nodes.ImplicitIntersection():
            return f"(@{sketch(node.operand)})"
        case nodes.Paren():
            return f"[{sketch(node.operand)}]"
        case nodes.FunctionCall():
            return f"{node.name}({';'.join(map(sketch, node.arguments))})"
        case nodes.Call():
            return f"call({sketch(node.callee)};{';'.join(map(sketch, node.arguments))})"
        case nodes.ReferenceNode():
            return (f"{node.sheet}!" if node.sheet else "") + node.range.a1
        case nodes.Name():
            return ("local:" if node.is_local else "") + node.name
        case nodes.Empty():
            return "_"
        case nodes.Boolean():
            return str(node.value)
        case nodes.String():
            return repr(node.value)
        case nodes.Error():
            return node.text
    raise AssertionError(f"no sketch of {node}")


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("=1+2*3", "(1+(2*3))"),
        ("=-2^2", "((-2)^2)"),
        ("=2^3^2", "((2^3)^2)"),
        ("=2^-3", "(2^(-3))"),
        ("=-5%", "((-5)%)"),
        ("=2*50%^2", "(2*((50%)^2))"),
        ("=--A1", "(-(-A1))"),
        ("=1-2-3", "((1-2)-3)"),
        ('="a"&1+2="a3"', "(('a'&(1+2))='a3')"),
        ("=A1<=B1<>C1", "((A1<=B1)<>C1)"),
        ("=A1:B2 B1:C9", "(A1:B2 B1:C9)"),
        ("=SUM((A1,B2:C3))", "SUM([(A1,B2:C3)])"),
        ("=-A1:INDEX(B:B,3)", "(-(A1:INDEX(B:B;3)))"),
        ("=A1#", "(A1#)"),
        ("=SUM(A1#*2)", "SUM(((A1#)*2))"),
        ("=@A1:A9", "(@A1:A9)"),
        ("=IF(A1,,2)", "IF(A1;_;2)"),
        ("=IF(,)", "IF(_;_)"),
        ("=NOW()", "NOW()"),
        ("=if( a1 , TRUE , #n/a )", "IF(A1;True;#N/A)"),
        ("=_xlfn._xlws.SORT(A1)", "SORT(A1)"),
        ("=Total*2", "(Total*2)"),
        ("=LET(x,1,x+y)", "LET(local:x;1;(local:x+y))"),
        ("=LET(f,LAMBDA(a,a+1),f(2))", "LET(local:f;LAMBDA(local:a;(local:a+1));call(local:f;2))"),
        ("=LAMBDA(a,[b],a)(1)", "call(LAMBDA(local:a;local:b;local:a);1)"),
        ("=LAMBDA(x,x)(1)+x", "(call(LAMBDA(local:x;local:x);1)+x)"),
        ("=Jan!B9:C2", "Jan!B2:C9"),
        ("='It''s'!A1", "It's!A1"),
    ],
)
def test_tree(text: str, tree: str) -> None:
    assert sketch(parse(text).root) == tree


def only(text: str) -> Any:
    return parse(text).root


def test_references_keep_their_marks() -> None:
    node = only("=$B3:D$9")
    assert node.first == nodes.Corner(2, 1, is_row_absolute=False, is_column_absolute=True)
    assert node.last == nodes.Corner(8, 3, is_row_absolute=True, is_column_absolute=False)
    assert not node.is_cell
    assert only("=$3:4").first == nodes.Corner(2, None, is_row_absolute=True)
    assert only("=$C:D").first == nodes.Corner(None, 2, is_column_absolute=True)


def test_3d_and_external_references() -> None:
    node = only("='Jan 1:Mar 1'!B2")
    assert (node.sheet, node.last_sheet, node.workbook) == ("Jan 1", "Mar 1", None)
    node = only("='C:\\plans\\[Q1.xlsx]A b'!B2")
    assert (node.sheet, node.workbook) == ("A b", "C:\\plans\\Q1.xlsx")
    assert only("=[2]Data!A1").workbook == "2"
    assert only("=[2]!rate").workbook == "2"
    assert only("=cmd|'/c calc'!A0").workbook == "cmd|'/c calc'"
    assert only("=#REF!B2").sheet == "#REF"
    assert only("=Data!#REF!") == nodes.Error(0, 0, "#REF!", "Data")


@pytest.mark.parametrize(
    ("text", "table", "items", "columns"),
    [
        ("=Sales[Amount]", "Sales", (), ("Amount", None)),
        ("=Sales[]", "Sales", (), (None, None)),
        ("=Sales[#All]", "Sales", ("#All",), (None, None)),
        ("=Sales[@]", "Sales", ("#This Row",), (None, None)),
        ("=[@Amount]", None, ("#This Row",), ("Amount", None)),
        ("=[@[Net amount]]", None, ("#This Row",), ("Net amount", None)),
        ("=Sales[@[a]:[b]]", "Sales", ("#This Row",), ("a", "b")),
        ("=Sales[[#This Row],[Net amount]]", "Sales", ("#This Row",), ("Net amount", None)),
        ("=Sales[[#Headers],[#Data],[a]:[b]]", "Sales", ("#Headers", "#Data"), ("a", "b")),
        ("=Sales[ [#totals] , [a] ]", "Sales", ("#Totals",), ("a", None)),
        ("=Sales['#Sold]", "Sales", (), ("#Sold", None)),
        ("=Sales[[a'[b']]]", "Sales", (), ("a[b]", None)),
    ],
)
def test_structured_references(
    text: str, table: str | None, items: tuple[str, ...], columns: tuple[str | None, str | None]
) -> None:
    node = only(text)
    assert (node.table, node.items, (node.first_column, node.last_column)) == (table, items, columns)


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("=", 1),
        ("=SUM(", 5),
        ("=SUM(A1", 7),
        ("=A1)", 3),
        ("=1 2", 3),
        ("=A1;B1", 3),
        ("=*2", 1),
        ("=1+", 3),
        ('="open', 1),
        ("={1,A1}", 4),
        ("={1,2;3}", 1),
        ("=Sales[[a],[b],[c]]", 6),
        ("=A1 $", 4),
        ("=Sheet1!", 8),
        ("==1", 1),
    ],
)
def test_no_formula(text: str, position: int) -> None:
    with pytest.raises(FormulaSyntaxError) as caught:
        parse(text)
    assert caught.value.position == position
    assert "\n" not in str(caught.value)


def test_too_long() -> None:
    parse("=1" + "+1" * 4095)
    with pytest.raises(FormulaTooLong, match="8,192"):
        parse("=11" + "+1" * 4095)


@pytest.mark.parametrize("opening", ["(", "SUM(", "-(", "1+2*-SUM(", "@A1:INDEX("])
def test_too_deep(opening: str) -> None:
    parse("=" + opening * 64 + "1" + ")" * 64)
    with pytest.raises(FormulaTooDeep, match="64"):
        parse("=" + opening * 65 + "1" + ")" * 65)
    with pytest.raises((FormulaTooDeep, FormulaTooLong)):
        parse("=" + opening * 4000 + "1" + ")" * 4000)


def test_long_chains_need_no_recursion() -> None:
    for text in (
        "=1" + "+1" * 4000,
        "=" + "-" * 8000 + "1",
        "=1" + "%" * 8000,
        "=A1" + "#" * 8000,
        "=f" + "(1)" * 2000,
    ):
        assert sum(1 for _ in walk(parse(text).root)) > 2000


def test_the_stack_is_not_needed_by_the_caller() -> None:
    """A caller that is itself deep in the stack can still parse the deepest formula."""
    text = "=" + "1&1=1+1*1^-(" * 64 + "1" + ")" * 64

    def deeper(levels: int) -> None:
        if levels:
            deeper(levels - 1)
        else:
            parse.__wrapped__(text)

    deeper(sys.getrecursionlimit() - 450)


def test_a_recursive_lambda_is_only_text_to_the_parser() -> None:
    node = only("=LAMBDA(n,IF(n<2,1,n*Fact(n-1)))")
    calls = [part.name for part in walk(node) if isinstance(part, nodes.FunctionCall)]
    assert calls == ["LAMBDA", "IF", "FACT"]


@given(st.text(alphabet="=AB12$:;,.()[]{}'\"!#@%&+-*/^<> \nSUMR\\|"))
def test_anything_parses_or_says_why(text: str) -> None:
    try:
        formula = parse(text)
    except FormulaSyntaxError as error:
        position = error.position
    else:
        position = 0
        assert str(formula) == (text if text.startswith("=") else "=" + text)
    assert 0 <= position <= len(text) + 1


@pytest.mark.parametrize("name", SETS)
def test_every_real_formula_parses_and_prints_as_it_was(shared_data: Path, name: str) -> None:
    count = 0
    for text, _ in rows(shared_data / f"{name}_formulas.jsonl.zst"):
        if text.startswith(UNQUOTED):
            continue
        formula = parse(text)
        assert str(formula) == text
        check_spans(formula)
        count += 1
    assert count > 1000


def check_spans(formula: nodes.Formula) -> None:
    """Children lie inside their parent, in order; a reference's own text parses to the same reference."""
    for node in walk(formula.root):
        edge = node.start
        for child in node.children:
            assert edge <= child.start <= child.end <= node.end
            edge = child.end
        if isinstance(node, nodes.ReferenceNode | nodes.FunctionCall):
            assert parse(formula.source(node)).root == node or formula.text.upper().startswith("=LET")


def test_range_of_a_reference() -> None:
    assert only("=D9:$B$2").range == Range.parse("B2:D9")
    assert only("=B:D").range == Range.parse("B:D")
