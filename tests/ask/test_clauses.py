"""Requests cut into tasks."""

from __future__ import annotations

import pytest

from cellwright.ask.tasks import tasks_of


@pytest.mark.parametrize(
    ("text", "tasks"),
    [
        ("Sort by Amount.", ["Sort by Amount"]),
        ("Please sort by Amount and then highlight the top 3.", ["sort by Amount", "highlight the top 3"]),
        (
            'Calculate the profit. Put the results in column F titled "Profit".',
            ['Calculate the profit. Put the results in column F titled "Profit"'],
        ),
        (
            'Plot a bar chart. Set the chart title as "A. B" and hide the legend.',
            ['Plot a bar chart. Set the chart title as "A. B". hide the legend'],
        ),
        ("In a new sheet, count each product.", ["In a new sheet, count each product"]),
        ("Find cells that contain X and highlight them.", ["Find cells that contain X. highlight them"]),
        ("Sales of invoice No. 5 are wrong; delete row 5", ["delete row 5"]),
        ('Replace "a and sort b" with "c".', ['Replace "a and sort b" with "c"']),
        (
            'Add and calculate a new column "Rank". Sort by Rank.',
            ['Add and calculate a new column "Rank"', "Sort by Rank"],
        ),
        ("Heighlight values over 3 and sort by Net", ["Heighlight values over 3", "sort by Net"]),
    ],
)
def test_tasks(text: str, tasks: list[str]) -> None:
    assert tasks_of(text) == tasks


def test_words_that_name_things_go_on_a_list_of_things() -> None:
    assert len(tasks_of("Show the average Price and total Units per Region")) == 1
    assert tasks_of("Add a list to Region and total Net by quarter")[1] == "total Net by quarter"
