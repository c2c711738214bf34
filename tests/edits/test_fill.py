"""The fill handle against what Excel does, stated as facts."""

from __future__ import annotations

import pytest

from cellwright.edits.apply import apply
from cellwright.edits.fill import fills_rows
from cellwright.edits.model import Fill, SetFill, SetNumberFormat
from cellwright.errors import EditError
from cellwright.reference import Range
from cellwright.workbook.model import ArrayFormula, Content, Snapshot, Style, Value
from tests.edits.reading import C, R, column, read
from tests.workbooks import book


def down(
    source: list[Value], count: int, number_format: str = "General", is_1904: bool = False
) -> list[Value]:
    """The `count` values below a source that fills column A from its top."""
    snapshot = book({f"A{row}": value for row, value in enumerate(source, 1) if value is not None})
    snapshot = Snapshot(snapshot.sheets, is_1904=is_1904)
    if number_format != "General":
        snapshot = apply(snapshot, SetNumberFormat("Sheet1", Range(0, 0, len(source) - 1, 0), number_format))
    edit = Fill("Sheet1", Range(0, 0, len(source) - 1, 0), Range(0, 0, len(source) + count - 1, 0))
    return column(apply(snapshot, edit), "A", len(source) + count)[len(source) :]


@pytest.mark.parametrize(
    ("source", "continues"),
    [
        ([7], [7.0, 7.0, 7.0]),
        ([1, 2], [3.0, 4.0, 5.0]),
        ([0.1, 0.2], [0.3, 0.4, 0.5]),
        ([10, 8, 6], [4.0, 2.0, 0.0]),
        ([1, 3, 4], [5.66666666666667, 7.16666666666667]),  # least squares, as TREND
        ([1, 4], [7.0, 10.0]),
        (["a"], ["a", "a"]),
        (["a", "b"], ["a", "b", "a"]),
        ([True, False], [True, False, True]),
        (["Mon"], ["Tue", "Wed", "Thu", "Fri", "Sat", "Sun", "Mon"]),
        (["Mon", "Wed"], ["Fri", "Sun", "Tue"]),
        (["saturday"], ["sunday", "monday"]),
        (["JAN", "APR"], ["JUL", "OCT", "JAN"]),
        (["November"], ["December", "January"]),
        (["May"], ["Jun", "Jul"]),
        (["May", "July"], ["September", "November"]),
        (["Jan", "Feb", "Apr"], ["Jan", "Feb", "Apr"]),
        (["Item 9"], ["Item 10", "Item 11"]),
        (["A008", "A010"], ["A012", "A014"]),
        (["x1", "y5"], ["x2", "y6", "x3", "y7"]),
        (["Item 1", "other"], ["Item 2", "other", "Item 3"]),
        (["Q3"], ["Q4", "Q1", "Q2"]),
        (["Qtr 2", "Qtr 4"], ["Qtr 2", "Qtr 4"]),
        (["1st"], ["2nd", "3rd", "4th"]),
        (["20th"], ["21st", "22nd", "23rd", "24th"]),
        (["11th"], ["12th", "13th"]),
        (["3 days"], ["4 days", "5 days"]),
        ([1, 2, "x"], [3.0, 4.0, "x", 5.0, 6.0, "x"]),
        ([1, None], [2.0, None, 3.0, None]),
        (["=B1*2"], ["=B2*2", "=B3*2"]),
        (["=B1", "=C$1"], ["=B3", "=C$1", "=B5"]),
        ([5, "=A1+1"], [6.0, "=A3+1", 7.0, "=A5+1"]),
    ],
)
def test_fill_down(source: list[Value], continues: list[Value]) -> None:
    assert down(source, len(continues)) == continues


@pytest.mark.parametrize(
    ("source", "code", "continues"),
    [
        ([45000], "yyyy-mm-dd", [45001.0, 45002.0]),
        ([45000, 45007], "d/m/yy", [45014.0, 45021.0]),
        ([45292, 45323], "mmm yy", [45352.0, 45383.0]),  # 1 Jan, 1 Feb 2024 -> 1 Mar, 1 Apr
        ([45322, 45351], "d mmm", [45382.0, 45412.0]),  # 31 Jan, 29 Feb 2024 -> 31 Mar, 30 Apr
        ([44927, 45292], "yyyy", [45658.0, 46023.0]),  # 1 Jan of 2023, 2024 -> 2025, 2026
        ([45292.5, 45323.5], "d/m h:mm", [45352.5]),
        ([0.375], "h:mm", [0.416666666666667, 0.458333333333333]),
        ([0.25, 0.5], "h:mm", [0.75, 1.0]),
        ([5], '0 "days"', [5.0]),
        ([5], "[Red]0", [5.0]),
    ],
)
def test_fill_of_dates(source: list[Value], code: str, continues: list[float]) -> None:
    assert down(source, len(continues), code) == pytest.approx(continues, abs=1e-12)


def test_months_count_from_the_workbooks_epoch() -> None:
    first = 45292 - 1462  # 1 January 2024 in the date system of 1904
    assert down([first, first + 31], 1, "mmm yy", is_1904=True) == [first + 60.0]


def test_fill_up_and_left_continue_backwards() -> None:
    up = apply(
        book({"A4": 4, "A5": 6, "B4": "Item 1", "B5": "Item 2"}), Fill("Sheet1", R("A4:B5"), R("A1:B5"))
    )
    assert column(up, "A", 5) == [-2.0, 0.0, 2.0, 4.0, 6.0]
    assert column(up, "B", 5) == ["Item 2", "Item 1", "Item 0", "Item 1", "Item 2"]
    left = apply(book({"C1": "=C2", "D1": "=D2"}), Fill("Sheet1", R("C1:D1"), R("A1:D1")))
    assert read(left) == {"A1": "=A2", "B1": "=B2", "C1": "=C2", "D1": "=D2"}


def test_fill_copies_formats_and_drops_values() -> None:
    snapshot = apply(book({"A1": Content(3.0, "=B1+1")}), SetFill("Sheet1", R("A1"), "#FF0000"))
    filled = apply(snapshot, Fill("Sheet1", R("A1"), R("A1:A2"))).sheets[0]
    assert filled.content(C("A1")) == snapshot.sheets[0].content(C("A1"))
    assert filled.content(C("A2")) == Content(None, "=B2+1", Style(fill="#FF0000"))


def test_a_blank_source_clears() -> None:
    assert read(apply(book({"A2": 5, "B1": 1}), Fill("Sheet1", R("A1:B1"), R("A1:B2")))) == {
        "B1": 1.0,
        "B2": 1.0,
    }


def test_what_leaves_the_sheet_is_lost() -> None:
    assert column(apply(book({"A2": "=B1"}), Fill("Sheet1", R("A2"), R("A1:A2"))), "A", 1) == ["=#REF!"]


@pytest.mark.parametrize("target", ["A1", "B2:C3", "A1:B2", "A2:A4"])
def test_a_target_must_extend_the_source_in_one_direction(target: str) -> None:
    with pytest.raises(EditError, match="extends its source in one direction"):
        fills_rows(Fill("Sheet1", R("A1"), R(target)))


def test_part_of_an_array_is_refused() -> None:
    array = Content(1.0, "=C1:C2*2", array=ArrayFormula(R("A1:A2")))
    snapshot = book({"A1": array, "A2": 2, "B1": 1})
    with pytest.raises(EditError, match=r"part of an array \(A1:A2\)"):
        apply(snapshot, Fill("Sheet1", R("B1"), R("A1:B1")))
    with pytest.raises(EditError, match=r"part of an array \(A1:A2\)"):
        apply(snapshot, Fill("Sheet1", R("A1"), R("A1:A4")))
