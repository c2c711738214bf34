"""Conditions in words: what they say as a formula over a row, and which rows meet them."""

from __future__ import annotations

import pytest

from cellwright.ask.condition_reader import read_condition
from cellwright.ask.frames import Frame, frames_on
from cellwright.ask.highlight import highlighted, rows_meeting
from cellwright.ask.rules import Look, conditional_format, criteria, row_formula
from cellwright.ask.settling import settled
from cellwright.calc.calculator import Calculator
from cellwright.workbook.model import Content, Snapshot, Style
from tests.workbooks import book

DATE = Style("yyyy-mm-dd")


@pytest.fixture(scope="module")
def sales() -> Snapshot:
    rows = [
        ("Region", "Amount", "Target", "Issued", "Paid"),
        ("North", 120, 100, 45000, "Yes"),
        ("South", 80, 100, 45040, "No"),
        ("North-East", 200, 150, 45080, "Yes"),
        ("West", 80, 40, 45120, "No"),
        ("East", 95, 90, 45291, "Yes"),
    ]
    cells = {}
    for y, row in enumerate(rows, 1):
        for x, value in enumerate(row):
            is_date = x == 3 and y > 1
            cells[f"{'ABCDE'[x]}{y}"] = Content(float(value), style=DATE) if is_date else value
    return book(cells)


@pytest.fixture(scope="module")
def frame(sales: Snapshot) -> Frame:
    return frames_on(sales, sales.sheets[0])[0]


SAID = [
    ("Amount is greater than 100", "B2>100", [1, 3]),
    ("the amount is at least 95", "B2>=95", [1, 3, 5]),
    ("amount no less than 95", "B2>=95", [1, 3, 5]),
    ("amounts between 80 and 100", "AND(B2>=80,B2<=100)", [2, 4, 5]),
    ("Amount is 95 or more", "B2>=95", [1, 3, 5]),
    ("Amount is above the average", "B2>AVERAGE($B$2:$B$6)", [1, 3]),
    ("the highest 2 amounts", "B2>=LARGE($B$2:$B$6,2)", [1, 3]),
    ("Amount is greater than Target", "B2>C2", [1, 3, 4, 5]),
    ("Amount exceeds Target by 30%", "B2>C2*1.3", [3, 4]),
    ("Amount is less than 2 times the Target", "B2<C2*2", [1, 2, 3, 5]),
    ("Region contains north", 'ISNUMBER(SEARCH("north",A2))', [1, 3]),
    ("Region does not contain north", 'NOT(ISNUMBER(SEARCH("north",A2)))', [2, 4, 5]),
    ('Region starts with "N"', 'LEFT(A2,1)="N"', [1, 3]),
    ('Region ends with "st"', 'RIGHT(A2,2)="st"', [3, 4, 5]),
    ("Region is East or West", 'OR(A2="East",A2="West")', [4, 5]),
    ("Amount is above 90 and Paid is Yes", 'AND(B2>90,E2="Yes")', [1, 3, 5]),
    ("Amount is greater than 100 or less than 90", "OR(B2>100,B2<90)", [1, 2, 3, 4]),
    ("Amount is not equal to 80", "B2<>80", [1, 3, 5]),
    ("Amount is greater than 79,5 and less than 95,5", "AND(B2>79.5,B2<95.5)", [2, 4, 5]),
    ("Amount is less than 1.234,5", "B2<1234.5", [1, 2, 3, 4, 5]),
    ("Amount is less than 1,234.5", "B2<1234.5", [1, 2, 3, 4, 5]),
    ("Amount is at least 0,2 thousand", "B2>=200", [3]),
    ("Issued is after 30.12.2023", "D2>DATE(2023,12,30)", [5]),
    ("Issued is after May 2023", "D2>DATE(2023,5,31)", [3, 4, 5]),
    ("Issued is before May 2023", "D2<DATE(2023,5,1)", [1, 2]),
    ("Issued is after 2022", "D2>DATE(2022,12,31)", [1, 2, 3, 4, 5]),
    ("Issued is before 15/04/2023", "D2<DATE(2023,4,15)", [1]),
    ("Issued after 2023-06-01", "D2>DATE(2023,6,1)", [3, 4, 5]),
    ("duplicate amounts", "COUNTIF($B$2:$B$6,B2)>1", [2, 4]),
]


@pytest.mark.parametrize(("said", "formula", "rows"), SAID, ids=[said for said, _, _ in SAID])
def test_words_are_a_formula_and_pick_rows(
    said: str, formula: str, rows: list[int], frame: Frame, sales: Snapshot
) -> None:
    condition = read_condition(said, frame)
    assert condition is not None
    condition = settled(condition, frame, sales)
    own = frame.columns[1]
    assert row_formula(condition, frame, own) == formula
    assert rows_meeting(condition, frame, own, sales) == rows


@pytest.mark.parametrize("said", [said for said, _, _ in SAID])
def test_a_rule_picks_the_rows_that_the_condition_means(said: str, frame: Frame, sales: Snapshot) -> None:
    condition = read_condition(said, frame)
    assert condition is not None
    condition = settled(condition, frame, sales)
    own = frame.columns[1]
    wanted = set(rows_meeting(condition, frame, own, sales))
    for targets in ((own,), frame.columns):
        rule = conditional_format(condition, frame, targets, Look("#FFFF00"), 1)
        with Calculator(sales) as calculator:
            found = {cell.row for cell in highlighted(rule, "Sheet1", sales, calculator)}
        assert found == wanted, rule


def test_criteria_of_countifs(frame: Frame) -> None:
    condition = read_condition("Amount is at least 95 and Paid is Yes", frame)
    assert condition is not None
    pairs = criteria(condition, frame)
    assert pairs is not None
    assert [(column.name, text) for column, text in pairs] == [("Amount", '">=95"'), ("Paid", '"Yes"')]
    compared = read_condition("Amount is greater than Target", frame)
    assert compared is not None
    assert criteria(compared, frame) is None


@pytest.mark.parametrize("said", ["", "hello there", "the region", "and or"])
def test_words_without_a_condition_are_none(said: str, frame: Frame) -> None:
    assert read_condition(said, frame) is None


def test_values_close_what_the_words_leave_open(frame: Frame, sales: Snapshot) -> None:
    condition = read_condition("classified as West", frame)
    assert condition is not None
    assert rows_meeting(settled(condition, frame, sales), frame, frame.columns[1], sales) == [4]
