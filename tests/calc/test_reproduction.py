"""The gate: what it believes, what it does not, and that no cached value ever reaches an engine."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from cellwright.calc.calculator import Calculator
from cellwright.calc.evidence import MANY_RESULTS, MIN_REGIONS, MIN_SHIPPED, Outcome, Record, standing
from cellwright.calc.facts import Call, Entry, formula_facts
from cellwright.calc.image import calculation_image
from cellwright.calc.reproduction import Reproduction
from cellwright.reference import SheetCell
from cellwright.workbook.model import Content, DefinedName, ErrorValue
from cellwright.workbook.read import read_workbook
from cellwright_tuning.evaluation.data import unpacked, workbooks
from tests.workbooks import book


def at(text: str) -> SheetCell:
    return SheetCell.parse(text, "Sheet1")


def formula(text: str, value: object) -> Content:
    return Content(value=value, formula=text)


def judged(snapshot, *hidden: str):
    with Calculator(snapshot) as calculator:
        reproduction = Reproduction(calculator, {at(cell) for cell in hidden})
        return {cell.cell.a1: judgement for cell, judgement in reproduction.judgements().items()}


def test_what_excel_had_is_believed_and_what_differs_is_not():
    found = judged(book({"A1": 2, "B1": formula("=A1*2", 4.0), "B2": formula("=A1*3", 7.0)}))
    assert found["B1"].is_verified
    assert not found["B2"].is_verified
    assert found["B2"].why == "formualizer computes 6.0 for Sheet1!B2, Excel had 7.0"


def test_disbelief_reaches_everything_that_reads_it():
    cells = {
        "A1": 2,
        "B1": formula("=A1*3", 7.0),
        "B2": "=B1+1",
        "B3": "=SUM(B2:B2)",
        "C1": "=A1+1",
    }
    found = judged(book(cells))
    assert not found["B2"].is_verified
    assert "Sheet1!B1" in found["B2"].why
    assert not found["B3"].is_verified
    assert found["C1"].is_verified


def test_a_reproduced_cell_stops_disbelief():
    cells = {"A1": formula("=1+1", 3.0), "B1": formula("=MIN(A1,1)", 1.0), "C1": "=B1*2"}
    found = judged(book(cells))
    assert found["C1"].is_verified
    assert found["C1"].value == 2.0


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("=NOW()", "NOW gives another value at each calculation"),
        ("=RAND()*2", "RAND gives another value at each calculation"),
        ("=OFFSET(A1,0,0)", "OFFSET reads cells that are known only when it is calculated"),
        ('=CELL("width",A1)', "CELL depends on more than the workbook's values"),
        ("=[1]Other!A1", "reads another workbook"),
        ("=A1&(0.1+0.2)", "more digits than Excel shows"),
        ("=NOSUCH(A1)", "NOSUCH is no function of Excel's"),
    ],
)
def test_what_nobody_can_reproduce_is_never_verified(text, reason):
    found = judged(book({"A1": 2, "B1": text}))
    assert not found["B1"].is_verified
    assert reason in found["B1"].why


def test_a_circle_is_not_verified():
    found = judged(book({"A1": "=B1+1", "B1": "=A1+1"}))
    assert [found[cell].why for cell in ("A1", "B1")] == ["it reads itself"] * 2


def test_an_engine_with_failures_in_this_workbook_is_not_believed_alone():
    """formualizer's ROMAN is wrong in the shorter forms, so IronCalc's is taken where it proved right."""
    right = {0: "CDXCIX", 1: "LDVLIV", 2: "XDIX", 3: "VDIV", 4: "ID"}
    cells = {f"A{form + 1}": formula(f"=ROMAN(499,{form})", text) for form, text in right.items()}
    cells["B1"] = formula("=ROMAN(999,1)", "LMVLIV")
    found = judged(book(cells), "B1")
    assert not found["B1"].is_verified or found["B1"].value == "LMVLIV"


def test_hidden_values_are_not_used():
    found = judged(book({"A1": 2, "B1": formula("=A1*2", 77.0)}), "B1")
    assert found["B1"].value == 4.0
    assert found["B1"].is_verified


def poisoned(snapshot, random: Random):
    """Every cached value of a formula cell, and of the cells it spills on, replaced by rubbish."""
    rubbish = [987654.25, "poison", True, ErrorValue.NUM, None]
    sheets = []
    for sheet in snapshot.sheets:
        changes = {}
        for cell, content in sheet.cells.items():
            if content.formula is not None:
                changes[cell] = replace(content, value=random.choice(rubbish))
        sheets.append(sheet.with_cells(changes))
    return replace(snapshot, sheets=tuple(sheets))


def test_poisoned_caches_change_no_computed_value(shared_data):
    with unpacked(shared_data / "conformance_ironcalc_dev.tar.zst") as folder:
        for path in workbooks(folder)[:6]:
            snapshot = read_workbook(path)
            spoiled = poisoned(snapshot, Random(5))
            assert calculation_image(spoiled) == calculation_image(snapshot)
            with Calculator(snapshot) as calculator:
                clean = {
                    cell: value for cell, value in calculator.values().items() if is_steady(snapshot, cell)
                }
                calculator.load(spoiled)
                assert {cell: calculator.values()[cell] for cell in clean} == clean


def is_steady(snapshot, cell: SheetCell) -> bool:
    text = snapshot.sheet(cell.sheet).formula(cell.cell)
    return not formula_facts(text, cell.sheet, snapshot).causes


def test_the_image_holds_no_cached_value():
    image = calculation_image(book({"A1": 5, "B1": formula("=A1*2", 987654.25)}))
    assert b"987654" not in image
    assert b"<f>A1*2</f></c>" in image


def test_failures_are_blamed_on_calls_that_were_never_right():
    total, odd = Call("SUM", "r"), Call("ODDFYIELD", "c")
    record = Record.of([Outcome(frozenset({total}), True), Outcome(frozenset({total, odd}), False)])
    assert record.wrong["ODDFYIELD"] == 1
    assert record.wrong["SUM"] == 0
    alone = Record.of([Outcome(frozenset({total}), True), Outcome(frozenset({total}), False)])
    assert alone.wrong["SUM"] == 1


def test_standing_needs_proof_from_this_workbook_or_the_shipped_table():
    call = Call("SUM", "r")
    empty = Record()
    assert not standing([call], empty, empty).is_proven
    assert not standing([call], empty, empty).is_doubted
    shipped = Record.of([Outcome(frozenset({call}), True)] * MIN_SHIPPED)
    assert standing([call], empty, shipped).is_proven
    failed = Record.of([Outcome(frozenset({call}), False)])
    assert standing([call], failed, shipped).is_doubted
    other_kinds = Record.of(
        [Outcome(frozenset({Call("SUM", "s")}), False), *[Outcome(frozenset({call}), True)] * 2]
    )
    assert standing([call], other_kinds, shipped).is_proven


def test_a_region_with_many_different_results_is_worth_two():
    call = Call("GCD", "cc")
    few = Record.of([Outcome(frozenset({call}), True, MANY_RESULTS - 1)], many_count_twice=True)
    assert not standing([call], few, Record()).is_proven
    many = [Outcome(frozenset({call}), True, MANY_RESULTS)]
    assert Record.of(many).right["GCD"] < MIN_REGIONS
    assert standing([call], Record.of(many, many_count_twice=True), Record()).is_local


def test_different_right_results_of_a_region_are_counted():
    cells = {f"A{row}": row for row in range(1, 31)}
    cells |= {f"B{row}": formula(f"=MOD(A{row},9)", float(row % 9)) for row in range(1, 31)}
    with Calculator(book(cells)) as calculator:
        ((calls, is_right, results),) = Reproduction(calculator).outcomes["formualizer"]
    assert ({call.name for call in calls}, is_right, results) == ({"MOD"}, True, 9)


def test_a_range_where_one_value_is_wanted_needs_proof_of_its_own():
    """A file's ordinary formula takes one value of a range; formualizer 0.13 takes them all."""
    cells = {"A1": 2, "A2": 3, "B1": formula("=SUM(A1:A2)", 5.0), "B2": formula("=SUM(A1:A2,1)", 6.0)}
    found = judged(book({**cells, "C9": "=SUM(A1:A2*2)"}))
    assert not found["C9"].is_verified
    facts = [formula_facts("=SUM(A1:A2*2)", "Sheet1", book({}), entry) for entry in Entry]
    assert [Call("implicit intersection") in fact.calls for fact in facts] == [False, True, False]


def test_facts_follow_names():
    snapshot = book({"A1": 1})
    named = replace(snapshot, names=(DefinedName("Today", "=TODAY()"),))
    assert formula_facts("=Today+1", "Sheet1", named).causes
    facts = formula_facts('=ROUND(A1,2)&IF(A1:A3>1,"x")', "Sheet1", snapshot)
    assert {str(call) for call in facts.calls} == {"ROUND(c,n)", "&", "IF(f,s)", "<>"}
