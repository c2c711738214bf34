"""What a formula does and reads against what its place is called."""

from __future__ import annotations

import pytest

from cellwright.proposers.model import Place
from cellwright.proposers.template import Template, read_template
from cellwright.rank.meaning import (
    heading_features,
    naming_features,
    operation,
    operation_features,
    sheet_features,
)
from cellwright.rank.view import View
from cellwright.reference import SheetRange
from cellwright.workbook.model import Content, Snapshot, Style, Value
from tests.workbooks import book, sheet


def at(snapshot: Snapshot, target: str) -> View:
    return View(Place(snapshot, SheetRange.parse(target, "Sheet1")))


def template(view: View, formula: str) -> Template:
    return read_template(formula, view.place.cell)


@pytest.mark.parametrize(
    ("formula", "does"),
    [
        ("=A1", "plain"),
        ("=Data!$B$2", "plain"),
        ("=-A1", "difference"),
        ("=A1/B1", "quotient"),
        ("=(A1-B1)/A1", "quotient"),
        ("=A1*B1*C1", "product"),
        ("=(A1-B1)", "difference"),
        ("=A1/B1-1", "difference"),
        ("=SUM(A1:A9)", "total"),
        ("=SUM(A1:A9)/B1", "quotient"),
        ("=AVERAGE(A1,B1)", "average"),
        ("=VLOOKUP(A1,B1:C9,2,FALSE)", "lookup"),
        ("=IF(A1>0,1,2)", "guarded"),
        ('=A1&"-"&B1', "joined"),
        ("=A1>B1", "compared"),
        ("=A1^2", "power"),
        ("=TREND(A1:A3,B1:B3,C1)", "other"),
    ],
)
def test_what_a_formula_does_last(formula: str, does: str) -> None:
    view = at(book({"A1": 1}), "D9")
    assert operation(template(view, formula).skeleton) == does


def test_a_label_asks_for_an_operation() -> None:
    view = at(book({"A1": "share of total", "B1": 1, "C1": 2}), "D1")
    quotient = operation_features(view.place, template(view, "=B1/C1"), view.said)
    product = operation_features(view.place, template(view, "=B1*C1"), view.said)
    assert quotient["op_quotient_said"] == quotient["op_said"] == 1.0
    assert product["op_unsaid"] == 1.0
    assert "op_said" not in product


def test_a_percentage_asks_for_a_quotient() -> None:
    percent = Content(style=Style(number_format="0.0%"))
    view = at(book({"B1": 1, "C1": 2, "D1": percent}), "D1")
    assert operation_features(view.place, template(view, "=B1/C1"), view.said)["op_quotient_percent"] == 1.0
    assert operation_features(view.place, template(view, "=B1*C1"), view.said)["op_percent"] == 1.0


def test_rare_words_name_what_is_read() -> None:
    cells: dict[str, Value] = {f"A{row}": f"total cost {row}" for row in range(1, 9)}
    view = at(book({**cells, "A9": "clinker cost"}, {"A1": "clinker", "B1": 2, "A2": "cost", "B2": 3}), "B9")

    def covered(formula: str) -> float:
        return naming_features(view.place, template(view, formula), view.words, view.rarity, view.known)[
            "name_covered"
        ]

    assert covered("=Sheet2!B1") > covered("=Sheet2!B2") > 0


def test_references_under_the_same_heading() -> None:
    head: dict[str, Value] = {"B1": "2020", "C1": "2021", "A2": "coal", "B2": 1, "C2": 2}
    view = at(book({**head, "A9": "coal"}, head), "B9")
    same = heading_features(view.place, template(view, "=Sheet2!B2"))
    other = heading_features(view.place, template(view, "=Sheet2!C2"))
    assert (same["head_same"], same["row_same"]) == (1.0, 1.0)
    assert (other["head_same"], other["row_same"]) == (0.0, 1.0)
    assert other["head_other"] == 1.0


def test_labels_name_the_sheet_that_is_read() -> None:
    battery, table = sheet({"B2": 3}, "EV Batteries"), sheet({"B2": 3}, "Table 2")
    view = at(Snapshot((sheet({"A1": "EV battery sales"}), battery, table)), "B1")

    def features(formula: str) -> dict[str, float]:
        return sheet_features(view.place, template(view, formula), view.named)

    assert features("='EV Batteries'!B2") == {
        "sheet_named": 1.0,
        "sheet_named_best": 1.0,
        "sheet_unnamed": 0.0,
    }
    assert features("='Table 2'!B2") == {"sheet_named": 0.0, "sheet_named_best": 0.0, "sheet_unnamed": 1.0}
    assert features("=A1") == {}
