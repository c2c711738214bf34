"""The table of functions, formulas in their file's form, and risky formulas."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cellwright.errors import FormulaSyntaxError
from cellwright.formula import (
    RiskKind,
    add_file_prefixes,
    functions,
    known_function,
    parse,
    risks,
    strip_file_prefixes,
)
from cellwright.formula.functions import MAX_ARGUMENTS, ArgumentKind


@pytest.mark.parametrize(
    ("name", "fewest", "most"),
    [
        ("PI", 0, 0),
        ("IF", 2, 3),
        ("SUM", 1, MAX_ARGUMENTS),
        ("vlookup", 3, 4),
        ("SUMIFS", 3, MAX_ARGUMENTS),
        ("RANDARRAY", 0, 5),
        ("XLOOKUP", 3, 6),
        ("PMT", 3, 5),
        ("ROW", 0, 1),
        ("STOCKHISTORY", 2, MAX_ARGUMENTS),
    ],
)
def test_arguments(name: str, fewest: int, most: int) -> None:
    function = known_function(name)
    assert function is not None
    assert (function.min_arguments, function.max_arguments) == (fewest, most)


def test_kinds_of_repeated_arguments() -> None:
    function = functions()["SUMIFS"]
    kinds = [function.kind(index) for index in range(7)]
    r, c = ArgumentKind.RANGE, ArgumentKind.CRITERION
    assert kinds == [r, r, c, r, c, r, c]
    assert functions()["PI"].kind(0) is None


def test_unknown() -> None:
    assert known_function("SUMM") is None


def test_every_function_can_be_called_with_what_it_says() -> None:
    for name, function in functions().items():
        assert function.min_arguments <= function.max_arguments <= MAX_ARGUMENTS
        call = f"={name}({','.join('1' * function.min_arguments)})"
        assert add_file_prefixes(call) == f"={function.file_prefix}{call[1:]}"


@pytest.mark.parametrize(
    ("in_file", "seen"),
    [
        ("=_xlfn.CONCAT(A1,_xlfn.XLOOKUP(1,A:A,B:B))", "=CONCAT(A1,XLOOKUP(1,A:A,B:B))"),
        ("=_xlfn._xlws.SORT(_xlfn._xlws.FILTER(A1:B9,A1:A9>1))", "=SORT(FILTER(A1:B9,A1:A9>1))"),
        ("=_xlfn.LET(_xlpm.x,1,_xlpm.x+y)", "=LET(x,1,x+y)"),
        ("=_xlfn.LAMBDA(_xlpm.a,_xlop.b,_xlpm.a+_xlpm.b)(1)", "=LAMBDA(a,[b],a+b)(1)"),
        ("=_xlfn.LET(_xlpm.f,_xlfn.LAMBDA(_xlpm.x,_xlpm.x),_xlpm.f(2))", "=LET(f,LAMBDA(x,x),f(2))"),
        ("=SUM(_xlfn.ANCHORARRAY(A1))", "=SUM(A1#)"),
        ("=_xlfn.ANCHORARRAY(_xlfn._xlws.SORT(B1))", "=SORT(B1)#"),
        ("=_xlfn.SINGLE(A1:A9)*2", "=@A1:A9*2"),
        ("=_xlfn.SINGLE(_xlfn.ANCHORARRAY(A1))", "=@A1#"),
        ("=_xlfn.BYROW(A1:B2,_xleta.SUM)", "=BYROW(A1:B2,SUM)"),
        ("=Sales[[#This Row],[Amount]]*2", "=Sales[[#This Row],[Amount]]*2"),
        ('="_xlfn.CONCAT("&A1', '="_xlfn.CONCAT("&A1'),
        ("=IFERROR(__xludf.DUMMYFUNCTION(1),2)", "=IFERROR(__xludf.DUMMYFUNCTION(1),2)"),
        ("=SUM(A1:A9)", "=SUM(A1:A9)"),
    ],
)
def test_file_form_both_ways(in_file: str, seen: str) -> None:
    assert strip_file_prefixes(in_file) == seen
    assert add_file_prefixes(seen) == in_file


def test_this_row_in_files() -> None:
    assert add_file_prefixes("=[@Amount]*[@[Net tax]]", "Sales") == (
        "=Sales[[#This Row],[Amount]]*Sales[[#This Row],[Net tax]]"
    )
    assert add_file_prefixes("=Sales[@[a]:[b]]") == "=Sales[[#This Row],[a]:[b]]"
    assert add_file_prefixes("=Sales[@]") == "=Sales[#This Row]"


def test_prefixes_are_not_doubled() -> None:
    once = add_file_prefixes("=LET(x,CONCAT(A1#),x)")
    assert add_file_prefixes(once) == once


@pytest.mark.parametrize(
    "text", ["=_xlfn.SINGLE(A1", "=_xlfn.ANCHORARRAY(", "=_xlfn.CONCAT(((", "_xl", "=_xlop."]
)
def test_broken_text_does_not_fail(text: str) -> None:
    assert isinstance(strip_file_prefixes(text), str)


@given(st.text(alphabet='=_xlfnpm.SINGLEANCHORARRAY(),#@A1"[]'))
def test_stripping_never_fails_and_settles(text: str) -> None:
    seen = strip_file_prefixes(text)
    assert "\0" not in seen


def test_adding_needs_a_formula() -> None:
    with pytest.raises(FormulaSyntaxError):
        add_file_prefixes("=SUM(")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('=WEBSERVICE("x")', [(RiskKind.REACHES_OUT, "WEBSERVICE")]),
        ("=1+_xlfn.WEBSERVICE(A1)", [(RiskKind.REACHES_OUT, "WEBSERVICE")]),
        ('=hyperlink ("#A1")', [(RiskKind.REACHES_OUT, "HYPERLINK")]),
        ('=INDIRECT("A"&1)', [(RiskKind.HIDES, "INDIRECT")]),
        ("=CUBEVALUE(A1)", [(RiskKind.REACHES_OUT, "CUBEVALUE")]),
        ("=[2]Data!A1", [(RiskKind.EXTERNAL, "2")]),
        ("='C:\\x\\[b.xlsx]S'!A1", [(RiskKind.EXTERNAL, "C:\\x\\b.xlsx")]),
        ("='\\\\srv\\x\\[b.xlsx]S'!A1", [(RiskKind.NETWORK_PATH, "\\\\srv\\x\\b.xlsx")]),
        ("='https://a.example/[b.xlsx]S'!A1", [(RiskKind.NETWORK_PATH, "https://a.example/b.xlsx")]),
        ("=cmd|'/c calc'!A0", [(RiskKind.DDE, "cmd|'/c calc'")]),
        ('=A1&"\\\\srv\\share"', [(RiskKind.NETWORK_PATH, "\\\\srv\\share")]),
        ('=INDIRECT("[b.xlsx]S!A1")', [(RiskKind.HIDES, "INDIRECT")]),
        ("=SUM(A1:A9)/B1", []),
        ('="a|b\\c"', []),
        ("=HYPERLINKS(1)+Sales[a]", []),
        ('=IF(A1="INDIRECT",1,2)', []),
    ],
)
def test_risks(text: str, expected: list[tuple[RiskKind, str]]) -> None:
    found = risks(text)
    assert [(risk.kind, risk.what) for risk in found] == expected
    assert all(text[risk.start : risk.end] == risk.text for risk in found)


def test_every_function_that_reaches_out_is_found() -> None:
    for name, function in functions().items():
        if function.reaches_out or function.hides:
            assert [risk.what for risk in risks(f"=1+{name.lower()}(A1)")] == [name]
        else:
            assert not risks(f"={name}(A1)")


def test_parse_ignores_file_prefixes() -> None:
    assert parse("=_xlfn.CONCAT(A1)").root == parse("=CONCAT(A1)").root
