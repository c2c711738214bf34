"""Contents, copies, merges and headers, stated as facts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cellwright.edits.apply import apply, apply_all
from cellwright.edits.headers import unique_headers
from cellwright.edits.invert import invert
from cellwright.edits.model import (
    AddChart,
    CopyRange,
    Edit,
    Merge,
    SetBorders,
    SetFill,
    SetFont,
    SetFormulas,
    SetValues,
    Unmerge,
)
from cellwright.errors import CellwrightError, EditError, FormulaTooLong, UsageError
from cellwright.reference import MAX_COLUMNS, MAX_ROWS, Cell, Range
from cellwright.workbook.model import ArrayFormula, Border, Borders, Content, Snapshot, Style, Table
from tests.edits.reading import C, R, read
from tests.workbooks import book

S = "Sheet1"


def test_formulas_have_no_value_until_calculated_and_keep_the_format() -> None:
    snapshot = apply(book({"A1": Content(5.0, "=2+3"), "B1": 7}), SetFill(S, R("A1:B1"), "#FF0000"))
    after = apply(snapshot, SetFormulas(S, R("A1:B1"), (("=B1", None),))).sheets[0]
    assert after.content(C("A1")) == Content(None, "=B1", Style(fill="#FF0000"))
    assert after.content(C("B1")) == Content(7.0, style=Style(fill="#FF0000"))


def test_values_replace_formulas_and_none_or_the_empty_text_clears() -> None:
    snapshot = book({"A1": "=B1", "B1": 2, "C1": 3})
    assert read(apply(snapshot, SetValues(S, R("A1:C1"), ((1.0, None, ""),)))) == {"A1": 1.0}


def test_the_original_stays() -> None:
    snapshot = book({"A1": 1})
    apply(snapshot, SetValues(S, R("A1"), ((2.0,),)))
    assert read(snapshot) == {"A1": 1.0}


def entered(is_dynamic: bool) -> Snapshot:
    return book({"A1": Content(1.0, "=C1:C3", array=ArrayFormula(R("A1:A3"), is_dynamic)), "A2": 2, "A3": 3})


def test_an_array_is_replaced_whole_or_not_at_all() -> None:
    for is_dynamic in (False, True):
        with pytest.raises(EditError, match=r"got A2 on 'Sheet1', part of an array \(A1:A3\)"):
            apply(entered(is_dynamic), SetValues(S, R("A2"), ((9.0,),)))
    with pytest.raises(EditError, match="part of an array"):
        apply(entered(False), SetValues(S, R("A1:A2"), ((9.0,), (9.0,))))
    whole = SetValues(S, R("A1:A4"), ((9.0,), (8.0,), (None,), (6.0,)))
    assert read(apply(entered(False), whole)) == {"A1": 9.0, "A2": 8.0, "A4": 6.0}
    assert read(apply(entered(True), SetValues(S, R("A1"), ((9.0,),)))) == {"A1": 9.0}


def test_an_array_formula_is_entered_into_its_range() -> None:
    after = apply(book({"A1": 1, "A2": 2}), SetFormulas(S, R("A1:A2"), (("=C1:C2*2",),), array=True))
    assert read(after) == {"A1": "=C1:C2*2"}
    assert after.sheets[0].content(C("A1")).array == ArrayFormula(R("A1:A2"))


@pytest.mark.parametrize(
    ("target", "what", "after"),
    [
        ("D1", "all", {"D1": "=E1+F$1", "D2": 5.0}),
        ("D1:D4", "all", {"D1": "=E1+F$1", "D2": 5.0, "D3": "=E3+F$1", "D4": 5.0}),
        ("D3:E4", "formulas", {"D3": "=E3+F$1", "D4": 5.0, "E3": "=F3+G$1", "E4": 5.0}),
        ("D1", "values", {"D1": 7.0, "D2": 5.0}),
        ("D1", "formats", {}),
    ],
)
def test_copy(target: str, what: str, after: dict[str, object]) -> None:
    snapshot = book({"A1": Content(7.0, "=B1+C$1", Style(fill="#FF0000")), "A2": 5})
    edit = CopyRange(S, R(target), S, R("A1:A2"), what)  # type: ignore[arg-type]
    copied = apply(snapshot, edit)
    assert {a1: v for a1, v in read(copied).items() if a1 > "C"} == after
    fill = copied.sheets[0].content(R(target).first).style.fill
    assert fill == ("#FF0000" if what in {"all", "formats"} else None)


def test_copies_across_sheets_and_over_themselves() -> None:
    snapshot = book({"A1": "=B1+Sheet2!B1"}, {"A1": 1, "A2": 2, "A3": 3})
    assert read(apply(snapshot, CopyRange("Sheet2", R("C2"), S, R("A1"))), 1)["C2"] == "=D2+Sheet2!D2"
    down = apply(snapshot, CopyRange("Sheet2", R("A2"), "Sheet2", R("A1:A3")))
    assert read(down, 1) == {"A1": 1.0, "A2": 1.0, "A3": 2.0, "A4": 3.0}


def test_what_has_no_value_cannot_be_pasted_as_one() -> None:
    with pytest.raises(EditError, match="expected calculated values"):
        apply(book({"A1": "=B1"}), CopyRange(S, R("C1"), S, R("A1"), "values"))


def test_merge_keeps_the_first_content_and_its_format() -> None:
    line = Border("thin")
    cells = {
        "A1": Content(1.0, style=Style(fill="#FF0000")),
        "B1": Content(2.0, style=Style(borders=Borders(top=line))),
    }
    after = apply(book(cells), Merge(S, R("A1:B2")))
    sheet = after.sheets[0]
    assert sheet.merges == (R("A1:B2"),)
    assert read(after) == {"A1": 1.0}
    assert sheet.content(C("B1")).style == Style(fill="#FF0000", borders=Borders(top=line))
    assert sheet.content(C("B2")).style == Style(fill="#FF0000")
    larger = apply(after, Merge(S, R("A1:C3")))
    assert larger.sheets[0].merges == (R("A1:C3"),)
    assert apply(larger, Unmerge(S, R("C3"))).sheets[0].merges == ()
    with pytest.raises(EditError, match="holds merged cells whole"):
        apply(after, Merge(S, R("B2:C3")))


def test_only_the_first_cell_of_a_merge_takes_contents() -> None:
    merged = apply(book({}), Merge(S, R("A1:B2")))
    with pytest.raises(EditError, match="the first cell A1 of the merged range A1:B2"):
        apply(merged, SetValues(S, R("B1"), ((1.0,),)))
    assert read(apply(merged, SetValues(S, R("A1:B1"), ((1.0, None),)))) == {"A1": 1.0}


def test_copies_take_merges_along() -> None:
    merged = apply(book({"A1": 1}), Merge(S, R("A1:B1")))
    after = apply(merged, CopyRange(S, R("A3:B4"), S, R("A1:B1")))
    assert after.sheets[0].merges == (R("A1:B1"), R("A3:B3"), R("A4:B4"))


def test_a_header_stays_unique_text_and_references_follow() -> None:
    table = Table("Sales", S, R("A1:B3"), ("Region", "Amount"))
    cells = {"A1": "Region", "B1": "Amount", "B2": 1, "B3": "=[@Amount]", "D1": "=SUM(Sales[Amount])"}
    after = apply(book(cells, tables=(table,)), SetValues(S, R("A1:B1"), ((2024.0, "Total (net)"),)))
    assert after.tables[0].columns == ("2024", "Total (net)")
    assert read(after)["A1"] == "2024"
    assert read(after)["D1"] == "=SUM(Sales[Total (net)])"
    assert read(after)["B3"] == "=[@[Total (net)]]"
    same = apply(after, SetValues(S, R("A1"), (("total (NET)",),)))
    assert same.tables[0].columns == ("total (NET)2", "Total (net)")
    assert apply(after, SetValues(S, R("A1"), ((None,),))).tables[0].columns[0] == "Column1"


def test_unique_headers() -> None:
    assert unique_headers(("", "a", "A", "a2", "")) == ("Column1", "a", "A3", "a2", "Column5")


def test_borders_are_drawn_on_the_sides_of_the_range() -> None:
    def drawn(side: str) -> dict[str, str]:
        edit = SetBorders(S, R("A1:B2"), side, "thin")  # type: ignore[arg-type]
        cells = apply(book({}), edit).sheets[0].cells.items()
        sides = ("left", "right", "top", "bottom")
        return {
            cell.a1: "".join(side[0] for side in sides if getattr(content.style.borders, side))
            for cell, content in cells
        }

    assert drawn("outside") == {"A1": "lt", "B1": "rt", "A2": "lb", "B2": "rb"}
    assert drawn("all") == dict.fromkeys(("A1", "B1", "A2", "B2"), "lrtb")
    assert drawn("bottom") == {"A2": "b", "B2": "b"}
    assert drawn("inside_horizontal") == {"A1": "b", "B1": "b", "A2": "t", "B2": "t"}
    assert drawn("inside_vertical") == {"A1": "r", "B1": "l", "A2": "r", "B2": "l"}


def test_font_facets_are_independent() -> None:
    bold, red = SetFont(S, R("A1"), bold=True), SetFont(S, R("A1"), color="#FF0000", underline="single")
    font = apply_all(book({}), (bold, red)).sheets[0].content(C("A1")).style.font
    assert (font.bold, font.color, font.underline, font.italic) == (True, "#FF0000", "single", False)
    off = apply_all(book({}), (bold, red, SetFont(S, R("A1"), underline="none", bold=False)))
    assert off.sheets[0].content(C("A1")).style.font.underline is None


def test_whole_columns_are_formatted_as_far_as_they_are_used() -> None:
    after = apply(book({"A1": 1, "C3": 2}), SetFill(S, R("B:C"), "#FF0000")).sheets[0]
    filled = {cell.a1 for cell, content in after.cells.items() if content.style.fill}
    assert filled == {"B1", "C1", "B2", "C2", "B3", "C3"}
    assert len(apply(book({}), SetFill(S, R("A:XFD"), "#FF0000")).sheets[0].cells) == 0


def test_a_format_that_changes_nothing_keeps_the_files_own() -> None:
    snapshot = book({"A1": Content(1.0, style=Style(fill="#FF0000", xf=4))})
    assert apply(snapshot, SetFill(S, R("A1"), "#FF0000")).sheets[0].content(C("A1")).style.xf == 4
    assert apply(snapshot, SetFill(S, R("A1"), None)).sheets[0].content(C("A1")).style.xf is None


REFUSED: list[tuple[Edit, type[CellwrightError], str]] = [
    (SetValues("Nope", R("A1"), ((1.0,),)), UsageError, "expected one of the sheets Sheet1"),
    (SetValues(S, R("A1:B1"), ((1.0,),)), UsageError, "expected 1 x 2 values"),
    (SetValues(S, R("A1"), ((float("inf"),),)), EditError, "finite number"),
    (SetValues(S, R("A1"), (("x" * 32_768,),)), EditError, "32,767 characters"),
    (SetFormulas(S, R("A1"), (("1+1",),)), EditError, "a leading ="),
    (SetFormulas(S, R("A1"), (("=" + "1" * 8_193,),)), FormulaTooLong, "8,192 characters"),
    (SetFormulas(S, R("A1:A2"), (("=1",), ("=2",)), array=True), UsageError, "expected one formula"),
    (SetFill(S, R("A1"), "red"), EditError, "a colour such as"),
    (SetFont(S, R("A1"), size=900.0), EditError, "1 to 409 points"),
    (SetBorders(S, R("A1"), "all", "wavy"), EditError, "expected a line style"),
    (SetFill(S, Range(0, 0, MAX_ROWS - 2, MAX_COLUMNS - 2), None), EditError, "2,000,000 cells in one edit"),
    (Merge(S, R("A1")), EditError, "at least two cells"),
    (CopyRange(S, R("A1:A3"), S, R("C1:C2")), EditError, "a multiple of 2 x 1"),
    (CopyRange(S, R("XFD1"), S, R("A1:B1")), EditError, "expected room for A1:B1"),
    (AddChart(S, Cell(0, 0), R("C1:D2")), EditError, "expected numbers to chart"),
]


@pytest.mark.parametrize(("edit", "kind", "message"), REFUSED)
def test_what_does_not_fit_is_refused_in_one_line(
    edit: Edit, kind: type[CellwrightError], message: str
) -> None:
    with pytest.raises(kind) as refusal:
        apply(book({"A1": 1}), edit)
    assert message in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_a_blank_cell_with_a_format_of_the_file_comes_back() -> None:
    snapshot = book({"A1": 1, "A2": Content(style=Style(xf=6))})
    assert len(snapshot.sheets[0].cells) == 2
    edit = SetFill(S, R("A2"), "#FF0000")
    restored = apply_all(apply(snapshot, edit), invert(snapshot, edit))
    assert restored == snapshot
    assert restored.sheets[0].content(C("A2")).style.xf == 6


def test_revisions_count_edits() -> None:
    snapshot = replace(book({}), revision=4)
    assert apply_all(snapshot, [SetValues(S, R("A1"), ((1.0,),)), Unmerge(S, R("A1"))]).revision == 6
