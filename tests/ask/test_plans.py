"""Whole requests on a small workbook: the edits of the plan, what they give, and the way back."""

from __future__ import annotations

import json
import time

import pytest

from cellwright.ask.ask import ask
from cellwright.ask.model import Answer, Clarification, Plan, Progress
from cellwright.calc.calculator import Calculator
from cellwright.edits.apply import apply_all
from cellwright.edits.text import edit_to_text
from cellwright.reference import Cell, SheetRange
from cellwright.verify.model import Status
from cellwright.workbook.model import Content, Snapshot, Style, Value
from tests.workbooks import book

ROWS: list[tuple[Value, ...]] = [
    ("Order", "Region", "Product", "Quantity", "Price", "Total"),
    ("A-1", "North", "Pen", 10, 2, None),
    ("A-2", "South", "Pad", 5, 4, None),
    ("A-3", "North", "Cup", 1, 9, None),
    ("A-4", "West", "Pen", 20, 2, None),
    ("A-4", "West", "Pen", 20, 2, None),
]


@pytest.fixture(scope="module")
def sales() -> Snapshot:
    cells = {
        f"{'ABCDEF'[x]}{y}": v for y, row in enumerate(ROWS, 1) for x, v in enumerate(row) if v is not None
    }
    return book(
        cells,
        {"A1": "Product", "B1": "Weight", "A2": "Pen", "B2": 3, "A3": "Pad", "B3": 8, "A4": "Cup", "B4": 2},
    )


@pytest.fixture(scope="module")
def calculator(sales: Snapshot):  # type: ignore[no-untyped-def]
    with Calculator(sales) as made:
        yield made


def planned(text: str, snapshot: Snapshot, calculator: Calculator) -> Plan:
    *_, last = ask(snapshot, text, calculator=calculator)
    assert isinstance(last, Plan), last
    return last


def column(plan: Plan, letters: str, sheet: str = "Sheet1", rows: int = 6) -> list[Value]:
    held = plan.after.sheet(sheet)
    place = Cell.parse(f"{letters}1").column
    return [held.value(Cell(row, place)) for row in range(rows)]


LINES = [
    ("Sort by Quantity in descending order", ["SORT | Sheet1!A1:F6"]),
    ("Freeze the header row", ["FREEZE_PANES | Sheet1!A2"]),
    ("Only show orders from North", ["FILTER | Sheet1!A1:F6"]),
    ("Highlight Quantity above 8 in red", ["ADD_CONDITIONAL_FORMAT | Sheet1!D2:D6"]),
    ("Add data bars to the Price column", ["ADD_CONDITIONAL_FORMAT | Sheet1!E2:E6"]),
    ("Format the Price column as currency", ["NUMBER_FORMAT | Sheet1!E2:E6 | $#,##0.00"]),
    ("Make the header row bold", ["FONT_BOLD | Sheet1!A1:F1 | true"]),
    ("Rename Sheet2 to Weights", ["RENAME_SHEET | Sheet2"]),
    ("Delete row 3", ["DELETE_ROWS | Sheet1!3:3"]),
    ('Only allow "North", "South" and "West" in the Region column', ["ADD_DATA_VALIDATION | Sheet1!B2:B6"]),
    ("Copy the Product column to a new sheet", ["ADD_SHEET | Sheet3", "PASTE_FROM | Sheet3!A1:A6"]),
    ("Convert the data to a table", ["ADD_TABLE | Sheet1!A1:F6"]),
    ("Insert 2 rows above row 4", ["INSERT_ROWS | Sheet1!4:5"]),
    ("Duplicate the sheet", ["ADD_SHEET | 'Sheet1 (2)'", "PASTE_FROM | 'Sheet1 (2)'!A1:F6 | Sheet1!A1:F6"]),
    ('Copy the sheet Sheet2 to "Spare"', ["ADD_SHEET | Spare", "PASTE_FROM | Spare!A1:B4 | Sheet2!A1:B4"]),
    ("Set Product as text", ["NUMBER_FORMAT | Sheet1!C2:C6 | @"]),
    (
        "Centre all cells horizontally and vertically",
        ['ALIGN | Sheet1!A1:F6 | {"horizontal":"center","vertical":"center"'],
    ),
    (
        "Add a column Gross = Quantity * Price. Keep 1 decimal place",
        ["VALUE | Sheet1!G1 | Gross", "FORMULA | Sheet1!G2:G6", "NUMBER_FORMAT | Sheet1!G2:G6 | 0.0"],
    ),
    (
        "In sheet Sheet2, sort by Weight. Make the header row bold",
        ["SORT | Sheet2!A1:B4", "FONT_BOLD | Sheet2!A1:B1 | true"],
    ),
    (
        "Add a drop-down list with North, South and West to the Region column",
        ['ADD_DATA_VALIDATION | Sheet1!B2:B6 | {"type":"list","formulas":["=\\"North,South,West\\""]}'],
    ),
    ("keep only the rows of North visible", ["FILTER | Sheet1!A1:F6"]),
    (
        "put the rows with the highest quantity at the top",
        ['SORT | Sheet1!A1:F6 | {"keys":[{"column":"D","desc'],
    ),
    ('call the "Price" column "Unit price"', ["VALUE | Sheet1!E1 | Unit price"]),
    ('change the name of sheet "Sheet2" to "Weights"', ["RENAME_SHEET | Sheet2"]),
    ('in Product, substitute "Mug" for "Cup"', ["VALUE | Sheet1!C4 | Mug"]),
    ('every "Cup" in the Product column should become "Mug"', ["VALUE | Sheet1!C4 | Mug"]),
    ("make cells in Quantity red if they exceed 8", ["ADD_CONDITIONAL_FORMAT | Sheet1!D2:D6"]),
    ("widen Product to 20", ["SET_COLUMN_WIDTH | Sheet1!C:C"]),
    (
        "Create a pivot table in a new sheet showing the average Price and total Quantity per Region",
        [
            "ADD_SHEET | Sheet3",
            'ADD_PIVOT | Sheet3!A1 | {"source_sheet":"Sheet1","source":"A1:F6","rows":["Region"],',
        ],
    ),
    ("Insert a column after Region called Team", ["INSERT_COLUMNS | Sheet1!C:C", "VALUE | Sheet1!C1 | Team"]),
    ("Add a column Checked", ["VALUE | Sheet1!G1 | Checked"]),
    ("Highlight products of more than 8 quantity in orange", ["ADD_CONDITIONAL_FORMAT | Sheet1!"]),
    (
        "Format the last two columns as currency",
        ["NUMBER_FORMAT | Sheet1!E2:E6", "NUMBER_FORMAT | Sheet1!F2:F6"],
    ),
    (
        "Set all headers bold and the font size of all data to 12",
        ["FONT_BOLD | Sheet1!A1:F1 | true", "FONT_SIZE | Sheet1!A1:F6 | 12"],
    ),
    (
        "Set all values except the Price as accounting type",
        ["NUMBER_FORMAT | Sheet1!D2:D6 | _($* #,##0.00_)"],
    ),
    (
        "Plot a scatter chart showing Quantity (X-axis) against Price (Y-axis)",
        ['ADD_CHART | Sheet1!H2 | {"source":"D1:E6","type":"scatter","series":[{"values":"=Sheet1!$E$2'],
    ),
    ("Show Quantity by Product in a chart without legend", ['ADD_CHART | Sheet1!H2 | {"source":"C1:D6"']),
]


@pytest.mark.parametrize(("text", "lines"), LINES, ids=[text for text, _ in LINES])
def test_requests_become_edits(text: str, lines: list[str], sales: Snapshot, calculator: Calculator) -> None:
    plan = planned(text, sales, calculator)
    told = [edit_to_text(edit) for edit in plan.edits]
    assert len(told) == len(lines), told
    assert all(got.startswith(wanted) for got, wanted in zip(told, lines, strict=True)), told


VALUES = [
    ("Fill the Total column by multiplying Quantity by Price", "F", ["Total", 20.0, 20.0, 9.0, 40.0, 40.0]),
    (
        'Calculate the difference between Price and Quantity in a new column named "Gap"',
        "G",
        ["Gap", -8.0, -1.0, 8.0, -18.0, -18.0],
    ),
    ('Rank the Quantity in a new column named "Rank"', "G", ["Rank", 3.0, 4.0, 5.0, 1.0, 1.0]),
    (
        'In a new column named "Big", mark the rows whose Quantity is at least 10 with Yes',
        "G",
        ["Big", "Yes", "", "", "Yes", "Yes"],
    ),
    (
        'Combine Region and Product with a delimiter "-" in a new column named "Key"',
        "G",
        ["Key", "North-Pen", "South-Pad", "North-Cup", "West-Pen", "West-Pen"],
    ),
    (
        'Calculate the load by multiplying Quantity by weight in a new column named "Load"',
        "G",
        ["Load", 30.0, 40.0, 2.0, 60.0, 60.0],
    ),
    (
        "Add a column Load that is Quantity times the weight from the Sheet2 sheet",
        "G",
        ["Load", 30.0, 40.0, 2.0, 60.0, 60.0],
    ),
    (
        'new column "Load" with quantity times price minus 1',
        "G",
        ["Load", 19.0, 19.0, 8.0, 39.0, 39.0],
    ),
    (
        'add a column "Part" = Quantity / total Quantity',
        "G",
        ["Part", 10 / 56, 5 / 56, 1 / 56, 20 / 56, 20 / 56],
    ),
    (
        'For each order, fetch the weight of the product from "Sheet2" into a new column "Load"',
        "G",
        ["Load", 3.0, 8.0, 2.0, 3.0, 3.0],
    ),
    (
        'new column "Size": if Quantity is over 15 then "Big", if it is over 4 "Fair", else "Small"',
        "G",
        ["Size", "Fair", "Fair", "Small", "Big", "Big"],
    ),
    (
        'label each order "Big" or "Small" in a new column "Size" depending on whether Quantity exceeds 8',
        "G",
        ["Size", "Big", "Small", "Small", "Big", "Big"],
    ),
]


def test_what_applies_to_nothing_is_said(sales: Snapshot, calculator: Calculator) -> None:
    *_, last = ask(sales, "Only show rows where Quantity is greater than 900", calculator=calculator)
    assert isinstance(last, Clarification)
    assert last.text == "No row of Sheet1 has Quantity is greater than 900."


@pytest.mark.parametrize(("text", "letters", "values"), VALUES, ids=[text for text, _, _ in VALUES])
def test_columns_are_calculated(
    text: str, letters: str, values: list[Value], sales: Snapshot, calculator: Calculator
) -> None:
    plan = planned(text, sales, calculator)
    assert column(plan, letters) == values
    assert all(step.verdict.status is Status.VERIFIED for step in plan.steps)


def test_totals_with_and_without_a_condition(sales: Snapshot, calculator: Calculator) -> None:
    plan = planned('Sum the Quantity column in a new row titled "Sum"', sales, calculator)
    assert plan.after.sheet("Sheet1").value(Cell(6, 3)) == 56.0
    assert plan.after.sheet("Sheet1").value(Cell(6, 0)) == "Sum"
    plan = planned("Count the rows whose Region is West in H1", sales, calculator)
    assert plan.after.sheet("Sheet1").formula(Cell(0, 7)) == '=COUNTIFS(B2:B6,"West")'
    assert plan.after.sheet("Sheet1").value(Cell(0, 7)) == 2.0


def test_a_pivot_and_a_chart_over_it(sales: Snapshot, calculator: Calculator) -> None:
    text = (
        "Create a pivot table in a new sheet to show the sum of Quantity for each Region. "
        'Then plot a bar chart of it with the title "By region" and without a legend.'
    )
    plan = planned(text, sales, calculator)
    assert column(plan, "A", "Sheet3", 5) == ["Row Labels", "North", "South", "West", "Grand Total"]
    assert column(plan, "B", "Sheet3", 5) == ["Sum of Quantity", 11.0, 5.0, 40.0, 56.0]
    (chart,) = plan.after.sheet("Sheet3").charts
    assert (chart.type, chart.title, chart.legend) == ("bar", "By region", "none")
    assert chart.series[0].values == "=Sheet3!$B$2:$B$4"


def test_steps_rest_on_those_before_them(sales: Snapshot, calculator: Calculator) -> None:
    text = "Fill the Total column by multiplying Quantity by Price, then sort by Total in descending order."
    plan = planned(text, sales, calculator)
    assert column(plan, "F") == ["Total", 40.0, 40.0, 20.0, 20.0, 9.0]
    assert set(plan.interim) == {0, 1}


@pytest.mark.parametrize(
    "text",
    [
        "Delete the rows whose Region is West",
        "Remove duplicate rows",
        "Delete the Price column",
        'Replace "Pen" with "Pencil" in the Product column',
        "Fill the Quantity column by multiplying Price by 2 in column D",
    ],
)
def test_what_would_lose_something_is_marked_and_not_ticked(
    text: str, sales: Snapshot, calculator: Calculator
) -> None:
    plan = planned(text, sales, calculator)
    assert any(step.is_destructive for step in plan.steps)
    assert not plan.is_ticked
    assert all(not step.is_ticked for step in plan.steps if step.is_destructive)


@pytest.mark.parametrize(
    "text", [*(text for text, _ in LINES), *(text for text, _, _ in VALUES), "Remove duplicate rows"]
)
def test_every_plan_can_be_taken_back(text: str, sales: Snapshot, calculator: Calculator) -> None:
    plan = planned(text, sales, calculator)
    assert apply_all(plan.after, plan.undo) == sales
    assert json.dumps([edit_to_text(edit) for edit in plan.edits])


def test_two_columns_that_a_word_may_mean_are_asked_about() -> None:
    snapshot = book(
        {
            "A1": "Order date",
            "B1": "Ship date",
            "C1": "Units",
            "A2": "x",
            "B2": "y",
            "C2": 1,
            "A3": "z",
            "B3": "w",
            "C3": 2,
        }
    )
    *_, last = ask(snapshot, "Sort by date")
    assert isinstance(last, Clarification)
    assert [choice.label for choice in last.choices] == ["Order date", "Ship date"]
    *_, chosen = ask(snapshot, last.choices[1].request)
    assert isinstance(chosen, Plan)
    assert "Ship date" in chosen.steps[0].title


def test_what_is_not_understood_is_said(sales: Snapshot, calculator: Calculator) -> None:
    *_, last = ask(sales, "Sing me a song", calculator=calculator)
    assert isinstance(last, Clarification)
    plan = planned("Sort by Quantity. Sing me a song.", sales, calculator)
    assert plan.left_out == ("Sing me a song",)


def test_a_question_has_a_formula_and_cells_or_is_not_in_the_workbook(
    sales: Snapshot, calculator: Calculator
) -> None:
    *_, found = ask(sales, "What is the price of the Pad?", calculator=calculator)
    assert isinstance(found, Answer)
    assert found.is_found
    assert found.citations
    *_, lost = ask(sales, "Who is the emperor of Zanzibar?", calculator=calculator)
    assert isinstance(lost, Answer)
    assert not lost.is_found
    assert "not in this workbook" in lost.text


def test_the_selection_says_what_the_cells_are(sales: Snapshot, calculator: Calculator) -> None:
    place = SheetRange.parse("Sheet1!E2:E6")
    *_, last = ask(sales, "Highlight cells greater than 3", place=place, calculator=calculator)
    assert isinstance(last, Plan)
    assert edit_to_text(last.edits[0]).startswith("ADD_CONDITIONAL_FORMAT | Sheet1!E2:E6")


def test_the_calculator_holds_the_workbook_again_afterwards(sales: Snapshot, calculator: Calculator) -> None:
    planned('Rank the Quantity in a new column named "Rank", then sort by Rank', sales, calculator)
    assert calculator.snapshot is sales


@pytest.mark.slow
def test_first_words_at_once_and_five_edits_in_two_seconds_of_processor() -> None:
    cells: dict[str, Value] = {
        f"{'ABCDEFGHIJ'[x]}1": name
        for x, name in enumerate(
            ("Order", "Region", "Product", "Quantity", "Price", "Tax", "Cost", "Units", "Score", "Size")
        )
    }
    for row in range(2, 2002):
        for x in range(10):
            cells[f"{'ABCDEFGHIJ'[x]}{row}"] = (
                f"{'NSWE'[row * x % 4]}" if x < 3 else float(row * (x + 3) % 97)
            )
    snapshot = book(cells)
    text = (
        'Multiply Quantity by Price in a new column named "Revenue". '
        "Highlight Revenue above average in green. "
        "Sort by Revenue in descending order. Create a pivot table in a new sheet to show the sum of "
        "Revenue for each Region and plot a column chart of it."
    )
    with Calculator(snapshot) as calculator:
        calculator.values()
        started = time.process_time()
        events = ask(snapshot, text, calculator=calculator)
        assert isinstance(next(events), Progress)
        assert time.process_time() - started < 0.3
        *_, last = events
    assert isinstance(last, Plan)
    assert len(last.steps) >= 5
    assert time.process_time() - started < 2.0


def test_a_word_that_may_stand_for_two_columns_is_asked_about() -> None:
    snapshot = book(
        {
            "A1": "Region",
            "B1": "Quantity",
            "C1": "Net",
            "A2": "North",
            "B2": 2,
            "C2": 8,
            "A3": "South",
            "B3": 3,
            "C3": 9,
        }
    )
    *_, asked = ask(snapshot, "total amount by Region on a new sheet")
    assert isinstance(asked, Clarification)
    assert [choice.label for choice in asked.choices] == ["Quantity", "Net"]
    *_, plan = ask(snapshot, asked.choices[1].request)
    assert isinstance(plan, Plan)
    assert [plan.after.sheet("Sheet2").value(Cell(row, 1)) for row in (1, 2)] == [8.0, 9.0]


DATED = {
    "A1": "Day", "B1": "Net",
    **{f"B{row}": float(row) for row in range(2, 7)},
    **{
        f"A{row}": Content(serial, style=Style("yyyy-mm-dd"))
        for row, serial in zip(range(2, 7), (45306.0, 45337.0, 45428.0, 45672.0, 45703.0), strict=True)
    },
}  # fmt: skip
"""Three days of 2024 (January, February, May) and two of 2025 (January, February)."""


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("total Net by quarter on a new sheet", [(2024, 1, 5), (2024, 2, 4), (2025, 1, 11)]),
        ("total Net per year on a new sheet", [(2024, 9), (2025, 11)]),
        (
            "monthly Net on a new sheet",
            [(2024, 1, 2), (2024, 2, 3), (2024, 5, 4), (2025, 1, 5), (2025, 2, 6)],
        ),
        ("average Net by year on a new sheet", [(2024, 3), (2025, 5.5)]),
        ("count the rows per year in a new sheet", [(2024, 3), (2025, 2)]),
    ],
)
def test_periods_of_several_years_are_kept_apart(text: str, rows: list[tuple[float, ...]]) -> None:
    *_, plan = ask(book(DATED), text)
    assert isinstance(plan, Plan), plan
    made = plan.after.sheet("Sheet2")
    assert [tuple(made.value(Cell(y, x)) for x in range(len(row))) for y, row in enumerate(rows, 1)] == rows
    assert all(step.verdict.status is Status.VERIFIED for step in plan.steps)


LOANS = {
    "A1": "No", "B1": "Issued", "C1": "Length in days", "A2": 1, "C2": 30, "A3": 2, "C3": 90,
    "B2": Content(45000.0, style=Style("yyyy-mm-dd")), "B3": Content(45100.0, style=Style("yyyy-mm-dd")),
}  # fmt: skip


def test_a_due_date_is_the_date_and_the_days() -> None:
    *_, plan = ask(book(LOANS), 'Work out the due date of each loan in a new column "Due"')
    assert isinstance(plan, Plan), plan
    made = plan.after.sheet("Sheet1")
    assert [made.value(Cell(row, 3)) for row in (0, 1, 2)] == ["Due", 45030.0, 45190.0]
    assert made.content(Cell(1, 3)).style.number_format == "yyyy-mm-dd"


def test_a_format_by_its_name_names_no_column_and_goes_to_the_results() -> None:
    text = 'Multiply Length in days by 2 in a new column "Double". Set the results as accounting number type'
    *_, plan = ask(book(LOANS), text)
    assert isinstance(plan, Plan), plan
    assert edit_to_text(plan.edits[-1]).startswith("NUMBER_FORMAT | Sheet1!D2:D3 | _($*")


def test_a_date_is_compared_with_the_column_of_dates() -> None:
    *_, plan = ask(book(LOANS), "Color the cells in the Length in days column that are on 3/15/2023 red")
    assert isinstance(plan, Plan), plan
    assert '"=$B2=DATE(2023,3,15)"' in edit_to_text(plan.edits[0])
