"""Templates: what is a slot, what a copy says, what makes two formulas the same."""

from __future__ import annotations

import pytest

from cellwright.formula import normalise
from cellwright.proposers.template import read_template
from cellwright.reference import Cell

HOME = Cell(4, 3)

FORMULAS = [
    "=Data!$B5*$A$3",
    "=SUM(A1:B2)",
    "='Q1 ''x'!A:A+SUM($3:5)",
    '=IF(A1="B2 x",LOG10(B2),Table1[2031])',
    "=[1]Sheet!A1+A1",
    "='[b.xlsx]S'!A1+B3",
    "=SUM('A:B'!C3)",
    "=A1#+1",
    "=foo.A1+BTU_per_kWh^-1*E2",
    "=-SUM(A1,B1:INDEX(B:B,3))",
    '=A1&"it""s B2"&Sheet2!$C$9',
]


@pytest.mark.parametrize("formula", FORMULAS)
def test_text_survives(formula: str) -> None:
    assert read_template(formula, HOME).text == formula


@pytest.mark.parametrize(
    ("formula", "slots"),
    [
        ("=Data!$B5*$A$3", ["Data!$B5", "$A$3"]),
        ('=IF(A1="B2 x",LOG10(B2),Table1[2031])', ["A1", "B2"]),
        ("=SUM('A:B'!C3)", []),
        ("=foo.A1+A1#", []),
        ("=XFE1+XFD1", ["XFD1"]),
        ("='Q1 ''x'!A:A+$3:5", ["'Q1 ''x'!A:A", "$3:5"]),
        ("=[1]Prices!B2", ["[1]Prices!B2"]),
    ],
)
def test_slots(formula: str, slots: list[str]) -> None:
    assert [slot.text for slot in read_template(formula, HOME).slots] == slots


@pytest.mark.parametrize("formula", FORMULAS)
@pytest.mark.parametrize("to", [Cell(9, 3), Cell(4, 8), Cell(30, 12)])
def test_a_copy_is_the_same_formula_as_r1c1_says(formula: str, to: Cell) -> None:
    template = read_template(formula, HOME)
    copied = template.copied(to)
    assert copied.is_inside
    assert copied.key == template.key
    if "#" not in formula and "'A:B'" not in formula:  # spilled and 3-D references are text, and do not move
        assert normalise(copied.text, to) == normalise(formula, HOME)


def test_keys_tell_formulas_apart() -> None:
    keys = {
        read_template(text, HOME).key for text in ("=A1", "=$A1", "=A$1", "=A2", "=Data!A1", "=-A1", "=A1:A2")
    }
    assert len(keys) == 7


def test_blanks_that_mean_nothing_are_no_part_of_the_skeleton() -> None:
    assert read_template("= A1 + B1", HOME).key == read_template("=A1+B1", HOME).key
    assert read_template('="a  b"&A1', HOME).key != read_template('="a b"&A1', HOME).key


def test_a_copy_off_the_grid_is_told() -> None:
    for to in (Cell(0, 0), Cell(4, 5), Cell(5, 4)):  # one step off is not an open side
        assert not read_template("=A1", Cell(5, 5)).copied(to).is_inside
    assert not read_template("=XFD1", Cell(0, 0)).copied(Cell(0, 1)).is_inside
