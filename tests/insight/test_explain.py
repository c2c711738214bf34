"""Explanations: what they say, the values of their parts, and what depends on a cell."""

from __future__ import annotations

import pytest

from cellwright.calc.calculator import Calculator
from cellwright.errors import CalcError, FormulaSyntaxError, UsageError
from cellwright.formula import functions
from cellwright.insight.explain import Explanation, explain
from cellwright.insight.words import phrased_functions
from cellwright.reference import SheetCell
from cellwright.workbook.model import Content, Snapshot, Value
from tests.workbooks import book

SALES = {
    "A1": "Region", "B1": "Units", "C1": "Price", "D1": "Revenue",
    "A2": "North", "B2": 10, "C2": 2.5, "D2": Content(25.0, "=B2*C2"),
    "A3": "South", "B3": 20, "C3": 3, "D3": Content(60.0, "=B3*C3"),
    "A4": "West", "B4": 5, "C4": 4, "D4": Content(20.0, "=B4*C4"),
    "A6": "Total", "D6": Content(105.0, "=SUM(D2:D4)"),
}  # fmt: skip


def of(cell: str, formula: str | None = None, **more: Value) -> Explanation:
    cells = {**SALES, **more}
    if formula:
        cells[cell] = Content(formula=formula)
    return explain(book(cells), SheetCell.parse(cell, "Sheet1"))


@pytest.mark.parametrize(
    ("formula", "words"),
    [
        ("=B2*C2", "Units for North (B2) times Price for North (C2)"),
        ("=SUM(D2:D4)", "the total of Revenue (D2:D4)"),
        ("=AVERAGE(B2:B4,C2:C4)", "the average of Units (B2:B4) and Price (C2:C4)"),
        ('=SUMIF(A2:A4,"North",D2:D4)', "the total of Revenue (D2:D4) where Region (A2:A4) is “North”"),
        ('=COUNTIF(B2:B4,">5")', "how many cells there are where Units (B2:B4) is greater than 5"),
        (
            '=SUMIFS(D2:D4,A2:A4,"<>North",B2:B4,">="&C2)',
            "the total of Revenue (D2:D4) where Region (A2:A4) is not “North” and Units (B2:B4) is at least "
            "Price for North (C2)",
        ),
        ("=IF(B2>5,1,0)", "1 if Units for North (B2) is greater than 5, otherwise 0"),
        ("=IF(B2>5,1)", "1 if Units for North (B2) is greater than 5, otherwise false"),
        (
            '=VLOOKUP("South",A2:D4,3,FALSE)',
            "Price (column 3) in the row of A2:D4 whose first column is “South”",
        ),
        (
            '=INDEX(C2:C4,MATCH("South",A2:A4,0))',
            "the value of Price (C2:C4) where Region (A2:A4) is “South”",
        ),
        (
            '=XLOOKUP("South",A2:A4,C2:C4,0)',
            "the value of Price (C2:C4) where Region (A2:A4) is “South”, or 0 where there is none",
        ),
        (
            '=IFERROR(B2/C2,"")',
            "Units for North (B2) divided by Price for North (C2), or empty text where that is an error",
        ),
        ("=ROUND(B2,2)", "Units for North (B2) rounded to 2 decimals"),
        (
            "=LEFT(A2)&LEFT(A3,2)",
            "the first character of “North” (A2) followed by the first 2 characters of “South” (A3)",
        ),
        ("=-B2", "minus Units for North (B2)"),
        ("=B2*10^6", "Units for North (B2) times 10^6"),
        ("=(B2+B3)*2", "(Units for North (B2) plus Units for South (B3)) times 2"),
        (
            "=AND(B2>1,B3>1)",
            "Units for North (B2) is greater than 1 and Units for South (B3) is greater than 1",
        ),
        ("=SUBTOTAL(109,D2:D4)", "the total of Revenue (D2:D4), without rows that a filter hides"),
        ("=MYOWN(B2)", "the workbook's own MYOWN of Units for North (B2)"),
        ('=IF(B2="",0,1)', "0 if Units for North (B2) is empty, otherwise 1"),
        ("=#REF!+1", "a deleted cell (#REF!) plus 1"),
    ],
)
def test_in_words(formula: str, words: str) -> None:
    summary = of("H9", formula).summary
    assert summary == f"H9 is {words}."


def test_the_cell_is_called_by_its_headers() -> None:
    assert of("D3").summary == "Revenue for South (D3) is Units for South (B3) times Price for South (C3)."
    assert of("D6").name == "Revenue for Total"


def test_years_read_as_years() -> None:
    cells = {
        "A1": "Fuel",
        "B1": "2020",
        "C1": "2021",
        "A2": "Gas",
        "B2": 1,
        "C2": 2,
        "A3": "Oil",
        "B3": 3,
        "C3": 4,
    }
    found = explain(book({**cells, "E9": "=C3"}), SheetCell.parse("E9", "Sheet1"))
    assert found.summary == "E9 is Oil in 2021 (C3)."


def test_other_sheets_and_names() -> None:
    snapshot = book({"A1": "=Sheet2!B2*2"}, {"A2": "Gas", "B1": "Rate", "B2": 3})
    assert (
        explain(snapshot, SheetCell.parse("A1", "Sheet1")).summary
        == "A1 is Rate for Gas (Sheet2!B2) times 2."
    )


def test_long_chains_are_cut_short() -> None:
    found = of("H9", "=" + "+".join(["B2"] * 2700))
    assert "and so on" in found.summary
    assert len(found.summary) < 500
    assert len(found.steps) <= 14


def values(snapshot: Snapshot) -> dict[str, Value]:
    cell = SheetCell.parse("D6", "Sheet1")
    with Calculator(snapshot) as calculator:

        def evaluate(formula: str, home: SheetCell) -> object:
            change = {SheetCell(home.sheet, home.cell): Content(formula=formula)}
            return calculator.what_if(change).changes[0].after

        found = explain(snapshot, cell, evaluate)
    return {step.text: step.value for step in found.steps if step.has_value}


def test_steps_carry_values_from_the_calculator() -> None:
    snapshot = book({**SALES, "D6": Content(None, "=SUM(D2:D4)/COUNT(D2:D4)+B2")})
    assert values(snapshot) == {
        "SUM(D2:D4)": 105.0,
        "COUNT(D2:D4)": 3.0,
        "SUM(D2:D4)/COUNT(D2:D4)": 35.0,
        "B2": 10.0,
        "SUM(D2:D4)/COUNT(D2:D4)+B2": 45.0,
    }


@pytest.mark.parametrize(
    "formula", ["=B2:B4", "=B:B", "=B2", '=""', "=1", "={1,2}", "=TRUE", "=-B2", "=#N/A", "=(B2)"]
)
def test_formulas_of_one_part(formula: str) -> None:
    found = of("H9", formula)
    assert found.steps[-1].text == formula[1:]


def test_a_calculator_that_fails_costs_values_only() -> None:
    def fails(formula: str, cell: SheetCell) -> object:
        raise CalcError("expected a value, got none")

    found = explain(book(SALES), SheetCell.parse("D6", "Sheet1"), fails)
    assert [(step.text, step.value) for step in found.steps if step.has_value] == [("SUM(D2:D4)", 105.0)]


def test_products_in_a_sum_are_steps_and_sums_in_a_sum_are_not() -> None:
    texts = [step.text for step in of("H9", "=2*B2+B3+3*B4").steps]
    assert texts == ["B2", "2*B2", "B3", "B4", "3*B4", "2*B2+B3+3*B4"]


def test_parts_with_parameters_are_no_steps() -> None:
    found = of("H9", "=LET(x,B2*2,x+1)")
    assert [step.text for step in found.steps] == ["B2", "B2*2", "LET(x,B2*2,x+1)"]


def test_what_it_reads() -> None:
    found = of("H9", "=SUM(D2:D9)+Missing!A1")
    assert [(item.text, item.note) for item in found.inputs] == [
        ("D2:D9", "4 numbers from 20 to 105, 4 blank"),
        ("Missing!A1", "no such sheet"),
    ]
    assert any("no such sheet" in note for note in found.notes)


def test_what_depends_on_it() -> None:
    found = explain(
        book(
            {**SALES, "F2": "=D2/$D$6", "F3": "=D3/$D$6", "F4": "=D4/$D$6"},
            {"A1": "=Sheet1!D6+SUM(Sheet1!A:A)"},
        ),
        SheetCell.parse("D6", "Sheet1"),
    )
    assert [(item.place.a1, item.count) for item in found.dependents] == [
        ("Sheet1!F2:F4", 3),
        ("Sheet2!A1", 1),
    ]
    first = of("D2")
    assert [(item.place.a1, item.count) for item in first.dependents] == [("Sheet1!D6", 1)]


def test_notes_on_risky_and_volatile_functions() -> None:
    notes = of("H9", '=INDIRECT("A1")+NOW()+NOPE(1)').notes
    assert [note.split(":")[0].split(" is ")[0] for note in notes] == [
        'INDIRECT("A1")',
        "INDIRECT",
        "INDIRECT",
        "NOPE",
        "NOW",
    ]


@pytest.mark.parametrize("cell", ["A1", "Z99"])
def test_only_formulas_are_explained(cell: str) -> None:
    with pytest.raises(UsageError, match=f"expected a formula in Sheet1!{cell}"):
        of(cell)


def test_broken_formulas_say_where() -> None:
    with pytest.raises(FormulaSyntaxError):
        of("H9", "=SUM(")


def test_every_function_with_words_exists_and_fills_its_phrase() -> None:
    assert len(phrased_functions()) > 120
    for name in phrased_functions():
        function = functions()[name]
        most = min(function.max_arguments, 5)
        for count in range(function.min_arguments, most + 1):
            summary = of("H9", f"={name}({','.join(['B2'] * count)})").summary
            assert not set("{}[]|") & set(summary), summary
            assert "nothing" not in summary or count == 0, (name, count, summary)
