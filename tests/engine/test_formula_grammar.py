"""The formula grammar: everything it admits whole parses, and what a formula needs it admits."""

from __future__ import annotations

import random

import pytest
from tokenizers import Tokenizer, decoders, models, pre_tokenizers

from cellwright.engine.formula_grammar import FormulaGrammar, Scope
from cellwright.engine.tokenizer import TextTokenizer
from cellwright.formula import parse
from cellwright.formula.functions import functions
from cellwright.prompt.notation import Notation, Origin

PIECES = [
    *"0123456789+-*/^&=<>,;:%()[]{}!'\"#@ .$", *"ABCDEFGHIJKLMNOPQRSTUVWXYZ?",
    "SUM", "IF", "VLOOKUP", "NOW", "NOSUCH", "Sales", "Prices", "Rate", "TRUE", "R[-1]", "C[2]", "C[-1]",
    "R[0]", "R5", "C3", "<>", ">=", "))", ",\"", "#N/A", "#REF!", "($", "A1",
]  # fmt: skip


def make_tokenizer() -> TextTokenizer:
    tokenizer = Tokenizer(models.WordLevel({piece: i for i, piece in enumerate(PIECES)}, unk_token="0"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    tokenizer.decoder = decoders.Fuse()
    tokenizer.add_special_tokens(["<|end|>"])
    return TextTokenizer(tokenizer.to_str().encode(), 4096)


TOKENIZER = make_tokenizer()
SCOPE = Scope(sheets=frozenset({"SALES"}), tables=frozenset({"PRICES"}), names=frozenset({"RATE"}))


def admits(text: str, scope: Scope = SCOPE) -> bool:
    grammar = FormulaGrammar(TOKENIZER, scope, stem=text)
    return grammar.is_open and grammar.may_end(grammar.start())


@pytest.mark.parametrize(
    "text",
    [
        "SUM(R[-1]C[2]:R5C3)",
        "IF(A1>=10,\"say \"\"yes\"\"\",-3.5E+2%)",
        "VLOOKUP(R[0]C[-1],Sales!C1:C3,3,FALSE)",
        "VLOOKUP(R[0]C[-1],'Sales'!A:C,3,)",
        "SUM(Prices[Amount])*Rate",
        "Prices[[#This Row],[a b]]",
        "SUM({1,2;3,4})",
        "NOW()",
        "LET(x,5,x*2)",
        "IFERROR(1/0,#N/A)",
        "SUM(3:5,$A:$B)",
        "--(A1<>B1)",
        "A1<=B1",
    ],
)  # fmt: skip
def test_formulas_are_admitted(text: str) -> None:
    assert admits(text)


@pytest.mark.parametrize(
    "text",
    [
        "NOSUCH(1)",
        "SUM()",
        "NOW(1)",
        "VLOOKUP(A1,B1)",
        "IF(1,2,3,4)",
        "SUM(A1",
        "SUM(A1))",
        "A1+",
        "\"open",
        "Other!A1",
        "'Other'!A1",
        "Other[Amount]",
        "Other",
        "SalesTotal",
        "[1]Sales!A1",
        "A1 <",
        "1.2.3",
        "R[0]",
        "=A1",
        "",
    ],
)  # fmt: skip
def test_what_is_no_formula_of_this_workbook_is_refused(text: str) -> None:
    assert not admits(text)


def test_without_a_scope_any_sheet_and_name_will_do() -> None:
    assert admits("Other!A1+Total_2024", Scope())


def test_a_random_walk_ends_in_formulas_that_parse() -> None:
    choice = random.Random(7)
    grammar = FormulaGrammar(TOKENIZER, SCOPE)
    origin = Origin(40, 40)
    ended = 0
    for _ in range(1500):
        state, written = grammar.start(), ""
        for _ in range(14):
            options = [i for i in range(len(PIECES)) if grammar.advance(state, i) is not None]
            assert options or grammar.may_end(state), f"{written!r} can neither go on nor end"
            if not options:
                break
            token = choice.choice(options)
            following = grammar.advance(state, token)
            assert following is not None
            state, written = following, written + PIECES[token]
            if grammar.may_end(state):
                ended += 1
                text = "=" + Notation(origin).decode(written)
                parse(text)
    assert ended > 300


def test_every_known_function_can_be_written() -> None:
    for name, function in functions().items():
        arguments = ",".join(["1"] * max(function.min_arguments, 0))
        assert admits(f"{name}({arguments})"), name
