"""The generator: deterministic, well-formed, and as many kinds of slip as it promises."""

from __future__ import annotations

from collections import Counter
from itertools import islice
from random import Random

import pytest

from cellwright.formula import parse, to_r1c1
from cellwright.formula.functions import known_function
from cellwright.formula.nodes import FunctionCall, walk
from cellwright.prompt.notation import normalise
from cellwright.prompt.vocabulary import function_names
from cellwright_tuning.data.examples import break_formula, draw_formula, is_held_back, stream
from cellwright_tuning.data.grammar import Grammar, shipped_grammar
from cellwright_tuning.data.scene import Scene
from cellwright_tuning.data.slips import make_slip, names
from cellwright_tuning.data.workbooks import generate_workbook

MIXTURE = {"completion": 1.0, "repair": 1.0, "formula": 1.0}


def test_the_same_seed_and_shard_give_the_same_examples() -> None:
    first = list(islice(stream(MIXTURE, seed=3, shard=5), 12))
    assert first == list(islice(stream(MIXTURE, seed=3, shard=5), 12))
    assert first[4:] == list(islice(stream(MIXTURE, seed=3, shard=5, start=4), 8))
    assert first != list(islice(stream(MIXTURE, seed=3, shard=6), 12))
    assert first != list(islice(stream(MIXTURE, seed=4, shard=5), 12))


def test_every_formula_parses_and_calls_known_functions() -> None:
    random = Random(11)
    for _ in range(1500):
        for node in walk(parse(draw_formula(random)).root):
            if isinstance(node, FunctionCall):
                assert known_function(node.name) is not None
                assert node.name in function_names()


def test_formulas_vary() -> None:
    random = Random(12)
    formulas = [draw_formula(random) for _ in range(2000)]
    assert len(set(formulas)) > 1800
    called = Counter(
        node.name for f in formulas for node in walk(parse(f).root) if isinstance(node, FunctionCall)
    )
    assert len(called) > 100
    assert called["IF"] > called["VLOOKUP"] > called["MEDIAN"] > 0


def test_training_and_held_back_formulas_never_meet() -> None:
    random = Random(13)
    assert not any(is_held_back(draw_formula(random)) for _ in range(300))
    assert all(is_held_back(draw_formula(random, held_back=True)) for _ in range(5))


@pytest.mark.parametrize("kind", names())
def test_every_kind_of_slip_happens(kind: str) -> None:
    random = Random(14)
    for _ in range(6000):
        formula = draw_formula(random)
        made = make_slip(formula, random, kind)
        if made is not None:
            assert made[0] == kind
            assert made[1] != formula
            return
    pytest.fail(f"no formula in 6000 took the slip {kind}")


def test_there_are_many_kinds_of_slip_and_most_break_the_formula() -> None:
    assert len(names()) >= 17
    random = Random(15)
    pairs = [(f, b) for f in (draw_formula(random) for _ in range(400)) if (b := break_formula(f, random))]
    assert len(pairs) > 360  # a bare reference takes few slips
    assert all(normalise(broken) != formula for formula, broken in pairs)
    assert sum(not _parses(broken) for _, broken in pairs) > 0.75 * len(pairs)


def _parses(text: str) -> bool:
    try:
        parse(text)
    except Exception:
        return False
    return True


def test_a_grammar_ends_whatever_its_recursion() -> None:
    grammar = Grammar("[formula]\n9 ({formula}+{formula})\n1 1\n")
    random = Random(1)
    for budget in range(6):
        text = grammar.draw(Scene(random), random, budget=budget)
        assert text.count("(") <= 2**budget
        assert grammar.draw(Scene(random), random, budget=0) == "1"


def test_bound_letters_repeat_what_they_wrote() -> None:
    grammar = Grammar("[formula]\n1 {a=cell}+{inner}-{a}\n[inner]\n1 {a}\n")
    random = Random(2)
    text = grammar.draw(Scene(random), random)
    left, rest = text.split("+")
    assert rest == f"{left}-{left}"


def test_the_shipped_grammar_names_only_slots_that_exist() -> None:
    random = Random(3)
    grammar = shipped_grammar()
    for name, productions in grammar.productions.items():
        for production in productions:
            for piece in production.pieces:
                if piece.slot and len(piece.slot) > 1 and piece.slot not in grammar.productions:
                    assert Scene(random).slot(piece.slot) is not None, f"{piece.slot} in {name}"


def test_a_workbooks_regions_hold_one_formula_each() -> None:
    random = Random(4)
    regions = 0
    for _ in range(40):
        workbook = generate_workbook(random)
        for region in workbook.regions:
            sheet = workbook.snapshot.sheet(region.sheet)
            texts = {to_r1c1(sheet.formula(cell) or "", cell) for cell in region.cells}
            assert len(texts) == 1, (region, texts)
            regions += 1
    assert regions > 80


def test_workbooks_refer_across_sheets_as_often_as_people_do() -> None:
    random = Random(5)
    formulas = [region.formula for _ in range(150) for region in generate_workbook(random).regions]
    share = sum("!" in formula for formula in formulas) / len(formulas)
    assert 0.15 < share < 0.6
