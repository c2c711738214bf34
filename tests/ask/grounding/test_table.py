"""Typed tables: views of columns, totals rows, native dates, blank rows."""

from __future__ import annotations

from cellwright.ask.grounding.quantities import Day
from cellwright.ask.grounding.table import tables_in
from cellwright.workbook.model import Content, Style
from tests.ask.questions.tables import EVENTS, MEDALS, table_book
from tests.workbooks import book


def test_columns_offer_the_views_that_their_cells_have() -> None:
    medals = tables_in(table_book(MEDALS))[0]
    assert [sorted(column.views) for column in medals.columns] == [["n"], [], ["n"], ["n"], ["m", "n", "x"]]
    assert medals.columns[4].views["x"] == (2.0, 0.0, 4.0, 1.0)
    events = tables_in(table_book(EVENTS))[0]
    assert sorted(events.columns[0].views) == ["d"]
    assert events.columns[2].views["n"] == (1200.0, 900.0, 2500.0, 800.0)
    assert events.columns[3].has_lists


def test_a_totals_row_is_no_row_of_the_body() -> None:
    table = tables_in(table_book((*MEDALS, ("Total", None, 14, 13, None))))[0]
    assert len(table.rows) == 4


def test_dates_of_the_sheet_are_dates() -> None:
    style = Style(number_format="m/d/yyyy")
    snapshot = book(
        {
            "A1": "When",
            "B1": "What",
            "A2": Content(value=36526.0, style=style),
            "B2": "x",
            "A3": Content(value=36527.0, style=style),
            "B3": "y",
        }
    )
    cell = tables_in(snapshot)[0].columns[0].cells[0]
    assert (cell.text, cell.day, cell.is_native) == ("2000-01-01", Day(2000, 1, 1), True)


def test_larger_tables_come_first_and_a_sheet_can_be_named() -> None:
    snapshot = table_book(MEDALS, EVENTS[:3])
    assert [table.sheet for table in tables_in(snapshot)] == ["Sheet1", "Sheet2"]
    assert [table.sheet for table in tables_in(snapshot, "Sheet2")] == ["Sheet2"]
