"""The audit: each kind of trouble is found where it is planted, and sound workbooks are left in peace."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cellwright.edits.apply import apply
from cellwright.insight.audit import audit
from cellwright.insight.checks.text_numbers import number_in
from cellwright.insight.finding import Finding, FindingKind, Severity
from cellwright.reference import Cell
from cellwright.workbook.model import (
    ConditionalFormat,
    Content,
    DefinedName,
    ErrorValue,
    Snapshot,
    Value,
    Visibility,
)
from tests.workbooks import book

Cells = dict[str, Value | Content]


def found(snapshot: Snapshot, kind: FindingKind) -> list[Finding]:
    return [finding for finding in audit(snapshot) if finding.kind is kind]


def places(snapshot: Snapshot, kind: FindingKind) -> list[str]:
    return [finding.place.range.a1 if finding.place else "-" for finding in found(snapshot, kind)]


def table(rows: int = 10) -> Cells:
    """Units, price, revenue; a total row below."""
    cells: Cells = {"A1": "Item", "B1": "Units", "C1": "Price", "D1": "Revenue"}
    for row in range(2, rows + 2):
        cells |= {f"A{row}": f"Item {row}", f"B{row}": row, f"C{row}": 2.5 * row}
        cells[f"D{row}"] = Content(2.5 * row * row, f"=B{row}*C{row}")
    last = rows + 1
    cells |= {f"A{last + 1}": "Total", f"B{last + 1}": Content(65.0, f"=SUM(B2:B{last})")}
    cells[f"D{last + 1}"] = Content(1000.0, f"=SUM(D2:D{last})")
    return cells


def test_a_sound_workbook_has_no_findings() -> None:
    assert audit(book(table())) == ()


def test_a_formula_that_differs_is_found_and_mended() -> None:
    snapshot = book({**table(), "D6": Content(90.0, "=B6*C5")})
    (finding,) = found(snapshot, FindingKind.INCONSISTENT)
    assert finding.place is not None
    assert finding.place.a1 == "Sheet1!D6"
    assert "Revenue for Item 6 (D6) is =B6*C5" in finding.sentence
    mended = apply(snapshot, finding.edits[0])
    assert mended.sheet("Sheet1").formula(Cell(5, 3)) == "=B6*C6"
    assert not found(mended, FindingKind.INCONSISTENT)


def test_a_number_typed_over_a_formula_is_found_and_mended() -> None:
    snapshot = book({**table(), "D6": 999})
    (finding,) = found(snapshot, FindingKind.OVERWRITTEN)
    assert "999" in finding.sentence
    assert apply(snapshot, finding.edits[0]).sheet("Sheet1").formula(Cell(5, 3)) == "=B6*C6"


def test_two_numbers_typed_over_a_long_run() -> None:
    snapshot = book({**table(20), "D6": 999, "D7": 998})
    assert places(snapshot, FindingKind.OVERWRITTEN) == ["D6:D7"]


@pytest.mark.parametrize("formula", ["=$B6*C6", "=(B6*C6)", "=+B6*C6"])
def test_the_same_cells_written_differently_are_no_finding(formula: str) -> None:
    assert not found(book({**table(), "D6": Content(90.0, formula)}), FindingKind.INCONSISTENT)


def test_a_subtotal_row_is_a_pattern_of_its_own() -> None:
    cells: Cells = {"A1": "Item"}
    for column in "BCDEF":
        cells[f"{column}1"] = f"Q{ord(column) - 65}"
        for row in range(2, 12):
            cells[f"{column}{row}"] = Content(1.0, f"=Sheet2!{column}{row}*2")
        cells[f"{column}6"] = Content(4.0, f"=SUM({column}2:{column}5)")
    assert not found(book(cells, {"B2": 1}), FindingKind.INCONSISTENT)


def test_an_anchor_that_its_neighbours_are_calculated_from_is_no_overwritten_formula() -> None:
    cells: Cells = {f"B{row}": Content(1.0, f"=B{row - 1}+$B$6/9") for row in range(2, 12)} | {
        "B1": 1,
        "B6": 5,
    }
    assert not found(book(cells), FindingKind.OVERWRITTEN)


def test_errors_are_traced_to_where_they_start() -> None:
    div0 = ErrorValue.DIV0
    cells = table() | {
        "C5": 0,
        "E1": "Share",
        "E5": Content(div0, "=B5/C5"),
        "H15": Content(div0, "=E5*2"),
        "H16": Content(div0, "=H15+1"),
        "H18": Content(0.0, "=IFERROR(H16,0)"),
    }
    (finding,) = found(book(cells), FindingKind.ERROR)
    assert finding.place is not None
    assert finding.place.range.a1 == "E5"
    assert finding.count == 3
    assert finding.sentence == (
        "Share for Item 5 (E5) shows #DIV/0!: it divides by Price for Item 5 (C5), which is 0. "
        "2 other cells show an error because of it."
    )


@pytest.mark.parametrize(
    ("formula", "error", "cause"),
    [
        ("=SUMM(A1)", ErrorValue.NAME, "SUMM is not known here"),
        ("=Sheet1!#REF!", ErrorValue.REF, "it reads cells that were deleted"),
        ("=B1*2", ErrorValue.VALUE, "it calculates with text (“Units” in B1)"),
        ('=VLOOKUP("x",A2:B9,2,FALSE)', ErrorValue.NA, "what it looks up is not there"),
        ("=AVERAGE(Z1:Z9)", ErrorValue.DIV0, "AVERAGE has no numbers to work on"),
        ("=1/(B2-B2)", ErrorValue.DIV0, "it divides by (B2-B2), which is 0"),
    ],
)
def test_causes(formula: str, error: ErrorValue, cause: str) -> None:
    (finding,) = found(book({**table(), "H20": Content(error, formula)}), FindingKind.ERROR)
    assert cause in finding.sentence
    assert finding.severity is Severity.ERROR


def test_a_deliberate_na_is_a_note() -> None:
    (finding,) = found(book({"A1": Content(ErrorValue.NA, "=NA()"), "A2": 1}), FindingKind.ERROR)
    assert finding.severity is Severity.NOTE


def test_errors_are_followed_through_whole_columns() -> None:
    cells: Cells = {f"A{row}": Content(ErrorValue.NA, f"=NOPE{row}()") for row in (3, 900)}
    cells["C1"] = Content(ErrorValue.NA, "=SUM(A:A)")
    starts = found(book(cells), FindingKind.ERROR)
    assert [finding.count for finding in starts] == [2, 2]


def test_many_cells_that_miss_one_thing_are_one_finding() -> None:
    cells: Cells = {f"A{row}": Content(ErrorValue.REF, f"=Sheet1!#REF!*{row}") for row in range(1, 20, 2)}
    assert len(found(book(cells), FindingKind.ERROR)) == 1


def test_a_range_that_misses_the_last_row_is_found_and_mended() -> None:
    snapshot = book({**table(), "F1": Content(1.0, "=SUM(D2:D10)")})
    (finding,) = found(snapshot, FindingKind.SHORT_RANGE)
    assert [place.range.a1 for place in finding.related] == ["D11"]
    assert apply(snapshot, finding.edits[0]).sheet("Sheet1").formula(Cell(0, 5)) == "=SUM(D2:D11)"


@pytest.mark.parametrize(
    "more",
    [
        {"F1": "=SUM(D2:D11)"},
        {"F1": "=SUM(D:D)"},
        {"F1": "=SUM(D2:D6)", "F2": "=SUM(D7:D11)"},  # two groups
        {"F1": "=SUM(D2:D4)"},  # the top three
        {f"F{row}": f"=SUM(D$2:D{row})" for row in range(2, 12)},  # a running total
        {"F1": "=SUM(OFFSET(D2:D10,0,0))"},
    ],
)
def test_ranges_that_are_meant(more: Cells) -> None:
    assert not found(book({**table(), **more}), FindingKind.SHORT_RANGE)


def test_numbers_stored_as_text_are_found_and_mended() -> None:
    snapshot = book({**table(), "C5": "12.5", "C6": "1,200"})
    (finding,) = found(snapshot, FindingKind.TEXT_NUMBER)
    assert finding.place is not None
    assert finding.place.range.a1 == "C5:C6"
    mended = apply(snapshot, finding.edits[0]).sheet("Sheet1")
    assert (mended.value(Cell(4, 2)), mended.value(Cell(5, 2))) == (12.5, 1200.0)


def test_codes_and_headers_are_no_numbers() -> None:
    codes: Cells = {f"A{row}": f"00{row}" for row in range(2, 12)}
    years: Cells = {"B1": "2020", "C1": "2021", "D1": "2022"}
    assert not found(book({**table(), **codes, **years}), FindingKind.TEXT_NUMBER)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("12", 12.0), (" 1,234.5 ", 1234.5), ("-3%", -0.03), ("$5", 5.0), (".5", 0.5),
        ("007", None), ("+49", None), ("1,23", None), ("12 kg", None), ("", None), ("1-2", None), ("%", None),
    ],
)  # fmt: skip
def test_number_in_text(text: str, number: float | None) -> None:
    assert number_in(text) == number


def test_names() -> None:
    snapshot = replace(
        book({"A1": "=Used+Broken", "A2": 1}),
        names=(
            DefinedName("Used", "=Sheet1!$A$2"),
            DefinedName("Broken", "=Sheet1!#REF!"),
            DefinedName("Gone", "=#REF!"),
            DefinedName("Idle", "=Sheet1!$A$2"),
            DefinedName("_xlnm.Print_Area", "=Sheet1!$A$1:$A$2"),
            DefinedName("Inner", "=1"),
            DefinedName("Rule", "=Sheet1!$A$2"),
            DefinedName("Outer", "=Inner*2", scope="Sheet1"),
        ),
    )
    rule = ConditionalFormat((), "expression", formulas=("=Rule>1",))
    snapshot = snapshot.with_sheet(replace(snapshot.sheet("Sheet1"), conditional_formats=(rule,)))
    broken = found(snapshot, FindingKind.BROKEN_NAME)
    assert [(finding.severity, finding.sentence.split(" is broken")[0]) for finding in broken] == [
        (Severity.WARNING, "The name Broken"),
        (Severity.NOTE, "1 broken name that no formula uses: Gone."),
    ]
    (unused,) = found(snapshot, FindingKind.UNUSED_NAME)
    assert unused.sentence.startswith("2 names that no formula uses: Idle and Outer.")


def test_what_reaches_out_and_what_is_volatile() -> None:
    snapshot = book(
        {
            "A1": '=WEBSERVICE("http://example.org")',
            "A2": "=[1]Data!A1",
            "A3": "=[1]Data!A2",
            "A5": "=TODAY()",
        }
    )
    assert [finding.count for finding in found(snapshot, FindingKind.EXTERNAL_LINK)] == [2, 1]
    assert "WEBSERVICE reaches out" in found(snapshot, FindingKind.REACHES_OUT)[0].sentence
    assert found(snapshot, FindingKind.VOLATILE)[0].sentence.startswith("TODAY in 1 formula (Sheet1!A5)")


def test_hidden_sheets() -> None:
    snapshot = book({"A1": "=Sheet2!A1*2"}, {"A1": 3}, {"A1": 1})
    sheets = tuple(
        replace(sheet, visibility=visibility)
        for sheet, visibility in zip(
            snapshot.sheets, (Visibility.VISIBLE, Visibility.HIDDEN, Visibility.VERY_HIDDEN), strict=True
        )
    )
    sentences = [finding.sentence for finding in found(replace(snapshot, sheets=sheets), FindingKind.HIDDEN)]
    assert sorted(sentences) == [
        "The sheet Sheet2 is hidden; 1 visible formula reads it.",
        "The sheet Sheet3 is hidden so that Excel's menus do not show it; no visible formula reads it.",
    ]


def test_numbers_in_formulas() -> None:
    cells = table() | {f"E{row}": Content(1.0, f"=D{row}*1.19") for row in range(2, 12)}
    (finding,) = found(book(cells), FindingKind.HARD_CODED)
    assert finding.sentence.startswith("The number 1.19 is written into 10 formulas (E2:E11)")


@pytest.mark.parametrize(
    "formula", ["=A2*100", "=A2/1000", "=A2*10^6", "=A2+1", "=ROUND(A2,3)", "=A2^3", "=3.5*2", "=A2*12"]
)
def test_unremarkable_numbers(formula: str) -> None:
    assert not found(book({"A2": 5, "C9": formula}), FindingKind.HARD_CODED)


def test_circular() -> None:
    snapshot = book({"A1": "=SUM(A1:A9)", "B1": "=ROW(B1)", "C1": "=C2", "C2": 1})
    assert places(snapshot, FindingKind.CIRCULAR) == ["A1"]


def test_broken_formulas_without_an_error() -> None:
    snapshot = book({"A1": Content(0.0, "=IFERROR(#REF!,0)"), "B1": Content(1.0, "=SUM(")})
    assert places(snapshot, FindingKind.BROKEN_REFERENCE) == ["A1"]
    assert places(snapshot, FindingKind.UNREADABLE) == ["B1"]


def test_worst_first_and_as_json() -> None:
    snapshot = book({**table(), "D6": 999, "H1": Content(ErrorValue.NAME, "=NOPE()"), "I1": "=NOW()"})
    severities = [finding.severity for finding in audit(snapshot)]
    assert severities == sorted(severities, key=list(Severity).index)
    assert len(set(severities)) == 3
    overwritten = found(snapshot, FindingKind.OVERWRITTEN)[0].to_json()
    assert overwritten["place"] == "Sheet1!D6"
    assert overwritten["edits"] == ["FORMULA | Sheet1!D6 | =B6*C6"]
