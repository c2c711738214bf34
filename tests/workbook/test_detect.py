"""Tables on untyped sheets: blocks, titles, header rows, units, labels, totals, types of columns."""

from __future__ import annotations

from typing import Any

import pytest

from cellwright.reference import Cell, Range
from cellwright.workbook.blocks import find_blocks
from cellwright.workbook.cells import CellStore
from cellwright.workbook.detect import ColumnKind, DetectedTable, detect_tables
from cellwright.workbook.model import Content, Font, Sheet, Style
from tests.workbooks import content

DATE = Style(number_format="yyyy-mm-dd")
BOLD = Style(font=Font(bold=True))


def grid(*rows: list[Any], at: str = "A1", merges: tuple[str, ...] = ()) -> Sheet:
    """A sheet of rows of literals from a cell on; None leaves a cell blank."""
    first = Cell.parse(at)
    cells = {
        Cell(first.row + r, first.column + c): content(value)
        for r, row in enumerate(rows)
        for c, value in enumerate(row)
        if value is not None
    }
    return Sheet("Sheet1", CellStore(cells), merges=tuple(Range.parse(text) for text in merges))


def one(sheet: Sheet) -> DetectedTable:
    tables = detect_tables(sheet)
    assert len(tables) == 1
    return tables[0]


def test_header_body_and_types() -> None:
    table = one(
        grid(
            ["Name", "Start", "Amount", "Paid", "Note"],
            ["a", Content(45000.0, style=DATE), 1, True, None],
            ["b", Content(45001.0, style=DATE), 2, False, None],
            at="B3",
        )
    )
    assert table.range == Range.parse("B3:F5")
    assert (table.header_rows, table.totals_rows) == (1, 0)
    assert [column.name for column in table.columns] == ["Name", "Start", "Amount", "Paid", "Note"]
    assert [column.kind for column in table.columns] == [
        ColumnKind.TEXT,
        ColumnKind.DATE,
        ColumnKind.NUMBER,
        ColumnKind.BOOLEAN,
        ColumnKind.EMPTY,
    ]
    assert table.label_columns == (1, 2)
    assert table.body == Range.parse("B4:F5")
    assert table.header == Range.parse("B3:F3")
    found = table.column_named("amount")
    assert found is not None
    assert found.column == 3


def test_totals_row_by_word_and_by_formula() -> None:
    by_word = one(grid(["Item", "Cost"], ["a", 1], ["b", 2], ["Grand total", 3]))
    assert by_word.totals_rows == 1
    assert by_word.totals == Range.parse("A4:B4")
    by_formula = one(grid(["Item", "Cost"], ["a", 1], ["b", 2], [None, "=SUM(B2:B3)"]))
    assert by_formula.totals_rows == 1
    german = one(
        grid(["Posten", "Betrag"], ["a", 1], ["b", 2], ["Summe", "=SUM(B2:B3)"], ["Mittelwert", 1.5])
    )
    assert german.totals_rows == 2
    none = one(grid(["Item", "Cost"], ["a", 1], ["b", 2], ["c", "=B2+B3"]))
    assert none.totals_rows == 0


def test_years_as_headers_and_a_totals_column() -> None:
    table = one(
        grid(
            ["USD", 2021, 2022, 2023, "Total"],
            ["a", 1, 2, 3, "=SUM(B2:D2)"],
            ["b", 4, 5, 6, "=SUM(B3:D3)"],
        )
    )
    assert table.header_rows == 1
    assert [column.name for column in table.columns] == ["USD", "2021", "2022", "2023", "Total"]
    assert table.totals_column == 4
    assert table.columns[4].formula_share == 1.0


def test_numbers_that_look_like_years_are_no_header_without_a_sequence() -> None:
    assert one(grid(["a", 2021, 1999], ["b", 5, 6], ["c", 7, 8])).header_rows == 0


def test_titles_and_notes_are_not_part_of_the_table() -> None:
    table = one(
        grid(
            ["Budget of the choir"],
            ["all figures in euros"],
            ["Item", "Plan", "Actual"],
            ["Hall", 100, 120],
            ["Scores", 50, 40],
            ["Source: the treasurer's ledger of last year"],
        )
    )
    assert table.title == "Budget of the choir all figures in euros"
    assert table.range == Range.parse("A3:C5")


def test_units_from_a_row_and_from_headers() -> None:
    by_row = one(grid(["Item", "Mass", "Length"], [None, "kg", "m"], ["a", 1, 2], ["b", 3, 4]))
    assert by_row.header_rows == 2
    assert [(column.name, column.unit) for column in by_row.columns] == [
        ("Item", None),
        ("Mass", "kg"),
        ("Length", "m"),
    ]
    in_header = one(grid(["Item", "Cost (USD)"], ["a", 1], ["b", 2]))
    assert in_header.columns[1].unit == "USD"


def test_headers_over_several_columns() -> None:
    table = one(
        grid(
            ["Region", "2023", None, "2024", None],
            [None, "Plan", "Actual", "Plan", "Actual"],
            ["North", 1, 2, 3, 4],
            ["South", 5, 6, 7, 8],
            merges=("B1:C1", "D1:E1"),
        )
    )
    assert table.header_rows == 2
    assert [column.name for column in table.columns] == [
        "Region",
        "2023 Plan",
        "2023 Actual",
        "2024 Plan",
        "2024 Actual",
    ]


def test_group_labels_in_the_body_are_no_headers() -> None:
    table = one(grid(["Item", "Cost"], ["Rent"], ["a", 1], ["b", 2], ["Food"], ["c", 3]))
    assert table.header_rows == 1
    assert table.body == Range.parse("A2:B6")


def test_a_table_of_texts_has_a_header_if_it_is_set_off() -> None:
    bold = [Content("Name", style=BOLD), Content("Town", style=BOLD)]
    assert one(grid(bold, ["Ann", "Ulm"], ["Ben", "Ulm"])).header_rows == 1
    assert one(grid(["Ulm", "Ulm"], ["Ann", "Bonn"], ["Ben", "Bonn"])).header_rows == 0


def test_tables_side_by_side_and_below_one_another() -> None:
    sheet = grid(
        ["a", "b", None, "x", "y"],
        [1, 2, None, 3, 4],
        [1, 2, None, 3, 4],
        [],
        ["p", "q", "r"],
        [5, 6, 7],
        [5, 6, 7],
    )
    assert [table.range.a1 for table in detect_tables(sheet)] == ["A1:B3", "D1:E3", "A5:C7"]
    assert [t.range.a1 for t in detect_tables(sheet, leave_out=[Range.parse("A1:B3")])] == ["D1:E3", "A5:C7"]


def test_a_header_set_off_by_a_blank_row() -> None:
    table = one(grid(["Item", "Cost"], [], ["a", 1], ["b", 2]))
    assert table.range == Range.parse("A1:B4")
    assert [column.name for column in table.columns] == ["Item", "Cost"]


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [["alone"]],
        [["a", "b", "c"]],
        [["some prose"], ["that goes on"], ["for lines"]],
    ],
)
def test_what_is_no_table(rows: list[list[Any]]) -> None:
    assert detect_tables(grid(*rows)) == ()


def test_blocks_come_apart_at_any_depth() -> None:
    """Two columns of blocks, of which one comes apart by rows and that again by columns."""
    sheet = grid(
        [1, 1, None, 2, 2],
        [1, 1, None, 2, 2],
        [None, None, None, 2, 2],
        [3, None, 4, 2, 2],
    )
    found = find_blocks(CellStore({c: v for c, v in sheet.cells.items() if c.column < 3}))
    assert [block.a1 for block in found] == ["A1:B2", "A4", "C4"]


def test_a_long_table_is_sampled_not_read() -> None:
    rows = [["No", "Value"], *([number, number / 7] for number in range(20_000))]
    table = one(grid(*rows))
    assert table.body == Range.parse("A2:B20001")
    assert table.columns[1].kind is ColumnKind.NUMBER
