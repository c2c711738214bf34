"""Tasks as people meet them: the answer is gone, nothing left tells it, and it is recognised."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import pytest

from cellwright.calc.calculator import Calculator
from cellwright.edits.model import SetFormulas, SetNumberFormat, SetValues
from cellwright.formula import normalise
from cellwright.reference import Range, SheetCell
from cellwright.workbook.model import Content, Style
from cellwright_tuning.data.values import computed, computed_workbook
from cellwright_tuning.ranking import fresh_calculator
from cellwright_tuning.tasks import SHARES, Task, draw_tasks, formula_edit
from tests.workbooks import book


@pytest.fixture(scope="module")
def calculator() -> Iterator[Calculator]:
    with fresh_calculator() as made:
        yield made


@pytest.fixture(scope="module")
def tasks(calculator: Calculator) -> list[Task]:
    found: list[Task] = []
    for number in range(60):
        random = Random(f"tasks/{number}")
        found += draw_tasks(computed_workbook(random, calculator).snapshot, random, 8)
    return found


def test_shares_are_shares() -> None:
    assert sum(SHARES.values()) == pytest.approx(1.0)


def test_every_kind_is_drawn(tasks: list[Task]) -> None:
    assert {task.kind for task in tasks} == set(SHARES)


def test_the_answer_is_gone_from_its_place(tasks: list[Task]) -> None:
    for task in tasks:
        content = task.snapshot.sheet(task.target.sheet).content(task.target.cell)
        if isinstance(task.wanted, SetFormulas):
            wanted = normalise(task.wanted.formulas[0][0] or "", task.target.cell)
            assert content.formula is None or normalise(content.formula, task.target.cell) != wanted
            if task.kind != "odd":
                assert content.value is None
        if isinstance(task.wanted, SetValues):
            assert content.is_blank
        if isinstance(task.wanted, SetNumberFormat):
            assert content.style.number_format == "General"


def test_the_complete_workbook_has_the_answer(tasks: list[Task]) -> None:
    for task in tasks:
        if isinstance(task.wanted, SetFormulas):
            text = task.complete.sheet(task.target.sheet).formula(task.target.cell)
            assert task.is_right([formula_edit(task.target, text or "")])
            assert not task.is_right([formula_edit(task.target, "=ZZ999+1")])


def test_where_nothing_is_wanted_nothing_is_right(tasks: list[Task]) -> None:
    idle = [task for task in tasks if task.kind == "nothing"]
    assert idle
    assert all(task.wanted is None for task in idle)
    assert not any(task.is_right([formula_edit(task.target, "=A1")]) for task in idle)


def test_half_filled_runs_keep_their_beginning(tasks: list[Task]) -> None:
    for task in tasks:
        if task.kind != "next":
            continue
        sheet = task.snapshot.sheet(task.target.sheet)
        assert isinstance(task.wanted, SetFormulas)
        wanted = normalise(task.wanted.formulas[0][0] or "", task.target.cell)
        assert any(normalise(text, cell) == wanted for cell, text in sheet.cells.formulas())


def test_values_are_computed_not_drawn(calculator: Calculator) -> None:
    snapshot = book({"A1": 2, "A2": 3, "B1": Content(1.0, "=A1*A2"), "B2": Content(1.0, "=B1/0")})
    found = computed(snapshot, calculator).sheet("Sheet1")
    assert found.value(SheetCell.parse("B1", "Sheet1").cell) == 6.0
    assert str(found.value(SheetCell.parse("B2", "Sheet1").cell)) == "#DIV/0!"


def test_answers_are_compared_by_what_they_do() -> None:
    target = SheetCell.parse("C3", "Sheet1")
    at = Range.of(target.cell)
    blank = book({"A1": 1})

    def task(wanted: SetFormulas | SetValues | SetNumberFormat) -> Task:
        return Task("whole", blank, target, wanted, None, blank)

    formula = task(formula_edit(target, "=SUM(A1:B1)"))
    assert formula.is_right([formula_edit(target, "= sum( A1:B1 )")])
    assert not formula.is_right([formula_edit(target, "=SUM($A$1:B1)")])
    assert not formula.is_right([SetValues("Sheet1", at, ((3.0,),))])
    assert task(SetValues("Sheet1", at, ((3.0,),))).is_right([SetValues("Sheet1", at, ((3.0,),))])
    assert task(SetNumberFormat("Sheet1", at, "0%")).is_right([SetNumberFormat("Sheet1", at, "0%")])
    assert Style().number_format == "General"
