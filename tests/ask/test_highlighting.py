"""Conditional formats in the words of Excel's own rules, of people in a hurry, and with places in them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cellwright.ask.ask import ask
from cellwright.ask.condition_wording import plain_words, without_places
from cellwright.ask.model import Plan
from cellwright.calc.calculator import Calculator
from cellwright.edits.model import AddConditionalFormat
from cellwright.reference import SheetRange
from cellwright.workbook.model import ConditionalFormat, Snapshot
from tests.workbooks import book

ROWS = [
    ("Crop", "State", "Yield", "Fee"),
    ("Barley", "Open ", 12, 150000),
    ("Oats", "Shut ", 40, 250000),
    ("Rye", "Open ", 0, 90000),
    ("Maize", "Held ", 31, 400000),
    ("Wheat", "Shut ", 31, 120000),
]


@pytest.fixture(scope="module")
def crops() -> Snapshot:
    return book({f"{'ABCD'[x]}{y}": value for y, row in enumerate(ROWS, 1) for x, value in enumerate(row)})


@pytest.fixture(scope="module")
def calculator(crops: Snapshot) -> Iterator[Calculator]:
    with Calculator(crops) as made:
        yield made


def rule_of(crops: Snapshot, calculator: Calculator, text: str, selected: str) -> ConditionalFormat:
    *_, plan = ask(crops, text, place=SheetRange.parse(f"Sheet1!{selected}"), calculator=calculator)
    assert isinstance(plan, Plan), plan
    [rule] = [edit.rule for edit in plan.edits if isinstance(edit, AddConditionalFormat)]
    return rule


@pytest.mark.parametrize(
    ("text", "selected", "kind", "said"),
    [
        ("Apply Top 10% numbers from C2 to C6", "C2:C6", "top10", (("rank", "10"), ("percent", "1"))),
        ("Find bottom 2 values from cell C2 to C6", "C2:C6", "top10", (("rank", "2"), ("bottom", "1"))),
        ("Apply topItems 3 conditional formatting on cell range C2:C6", "C2:C6", "top10", (("rank", "3"),)),
        ("Apply aboveAverage on cell range C2:C6 in Sheet1", "C2:C6", "aboveAverage", ()),
        ("Find duplicates in Yield and show them in red", "C2:C6", "duplicateValues", ()),
        ("Apply conditional formatting on sheet Sheet1 Find Duplicate", "C2:C6", "duplicateValues", ()),
        ("Highlight cells with text Sh", "B2:B6", "containsText", (("text", "Sh"),)),
        ("Style values which have Sh in them", "B2:B6", "containsText", (("text", "Sh"),)),
    ],
)
def test_rules_by_name(
    crops: Snapshot,
    calculator: Calculator,
    text: str,
    selected: str,
    kind: str,
    said: tuple[tuple[str, str], ...],
) -> None:
    rule = rule_of(crops, calculator, text, selected)
    assert (rule.type, rule.options) == (kind, said)


@pytest.mark.parametrize(
    ("text", "selected", "operator", "formula"),
    [
        ("Highlight all 0", "C2:C6", "equal", "=0"),
        ("Apply lessThan 20 on cell range C2:C6", "C2:C6", "lessThan", "=20"),
        ("highlight yield grater than 30", "C2:C6", "greaterThan", "=30"),
        ("highlight fees of more than 2 lakhs: fee greater than 2 lakhs", "D2:D6", "greaterThan", "=200000"),
        ("Heighlight value where it is greater than 30 on C2:C6", "C2:C6", "greaterThan", "=30"),
        ("Mark color for value=Barley Straw Sale in Crop", "A2:A6", "equal", '="Barley"'),
        ('Color cells where value is "Rye" on Sheet "Chart of crops"', "A2:A6", "equal", '="Rye"'),
    ],
)
def test_comparisons_in_a_hurry(
    crops: Snapshot, calculator: Calculator, text: str, selected: str, operator: str, formula: str
) -> None:
    rule = rule_of(crops, calculator, text, selected)
    assert (rule.operator, rule.formulas) == (operator, (formula,))


def test_a_scale_holds_for_both_ends(crops: Snapshot, calculator: Calculator) -> None:
    rule = rule_of(crops, calculator, "highlight Fee between 1 to 2 lakhs", "D2:D6")
    assert rule.formulas == ("=100000", "=200000")


def test_a_place_is_no_value_to_compare_with(crops: Snapshot, calculator: Calculator) -> None:
    text = "Apply equalTo conditional formatting on column State in Crops & Fees sheet"
    *_, found = ask(crops, text, place=SheetRange.parse("Sheet1!B2:B6"), calculator=calculator)
    assert not isinstance(found, Plan)


def test_a_text_with_blanks_behind_it_is_found_all_the_same(crops: Snapshot, calculator: Calculator) -> None:
    rule = rule_of(crops, calculator, 'highlight cells where State is "Open"', "B2:B6")
    assert (rule.type, rule.options) == ("containsText", (("text", "Open"),))


def test_where_a_rule_goes_says_nothing_of_what_it_compares() -> None:
    assert without_places("equal to Nil to cell range K6:K22") == "equal to Nil"
    assert without_places('greater than 5 on sheet "Plan B7:C9"') == "greater than 5"
    assert "C2" in without_places('contains "C2:C3"')


def test_names_of_rules_become_words() -> None:
    assert plain_words("Apply bottomPercent to C2:C9") == "Apply bottom percent to C2:C9"
    assert plain_words("the NetIncome column") == "the NetIncome column"
