"""Generated tasks count so that kinds of formula are as frequent as in real workbooks."""

from __future__ import annotations

from random import Random

import pytest

from cellwright.edits.model import SetValues
from cellwright.reference import SheetCell
from cellwright_tuning.mixture import LEAST, MOST, class_of, class_of_shape, counts_of, real_shares
from cellwright_tuning.tasks import Task, formula_edit
from tests.workbooks import book


@pytest.mark.parametrize(
    ("formula", "name"),
    [
        ("=A1", "plain"),
        ("=Sheet2!A1", "plain_other"),
        ("=A1/B1", "quotient"),
        ("=SUM(A1:A3)", "total"),
        ("=IF(A1,1,2)", "rest"),
        ("=A1*", ""),
    ],
)
def test_the_class_of_a_task(formula: str, name: str) -> None:
    target = SheetCell.parse("Sheet1!C1")
    snapshot = book({"A1": 1})
    assert class_of(Task("whole", snapshot, target, formula_edit(target, formula), None, snapshot)) == name


def test_a_task_without_a_formula_has_no_class() -> None:
    target = SheetCell.parse("Sheet1!C1")
    snapshot = book({"A1": 1})
    edit = SetValues("Sheet1", formula_edit(target, "=A1").range, ((3.0,),))
    assert class_of(Task("series", snapshot, target, edit, None, snapshot)) == ""
    assert class_of(Task("nothing", snapshot, target, None, None, snapshot)) == ""


def test_shares_are_of_all_real_formulas() -> None:
    assert sum(real_shares().values()) == pytest.approx(1.0)
    assert real_shares()["plain_other"] > real_shares()["total"]
    assert class_of_shape("cell:aa") == "plain"


def test_what_is_too_frequent_counts_less() -> None:
    names = ["total"] * 60 + ["plain_other"] * 30 + ["quotient"] * 10 + [""] * 5
    Random(0).shuffle(names)
    counts = counts_of(names)
    by = {name: float(counts[names.index(name)]) for name in set(names)}
    assert LEAST <= by["total"] < 0.2 < by["plain_other"] < 1 < by["quotient"] <= MOST
    assert by[""] == 1.0
    weighed = sum(c for c, name in zip(counts, names, strict=True) if name == "total")
    assert weighed / 100 == pytest.approx(max(real_shares()["total"], 60 * LEAST / 100), abs=0.01)
