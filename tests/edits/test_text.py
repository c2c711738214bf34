"""The one-line text form: round trips, the words of published histories, clear refusals."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cellwright.edits.invert import invert
from cellwright.edits.model import (
    AddConditionalFormat,
    AddSheet,
    AddTable,
    CopyRange,
    DefineName,
    DeleteColumns,
    Edit,
    Fill,
    Filter,
    FreezePanes,
    InsertRows,
    Merge,
    RenameSheet,
    SetAlignment,
    SetBorders,
    SetColumnWidth,
    SetFill,
    SetFont,
    SetFormulas,
    SetNumberFormat,
    SetValues,
    Sort,
    SortKey,
    Unmerge,
)
from cellwright.edits.text import edit_from_text, edit_to_text, edits_from_text, history_from_text
from cellwright.errors import CellwrightError, EditSyntaxError
from cellwright.reference import Cell, Range
from cellwright.workbook.model import ConditionalFormat, ErrorValue, Snapshot
from tests.edits.strategies import any_edit, quick, snapshots
from tests.edits.test_journal import CHART, PIVOT

R = Range.parse

SPELLINGS: list[tuple[str, Edit]] = [
    ("VALUE | Sheet1!B2 | Topic", SetValues("Sheet1", R("B2"), (("Topic",),))),
    ("VALUE | Sheet1!B2 | 5", SetValues("Sheet1", R("B2"), ((5.0,),))),
    ('VALUE | Sheet1!B2 | "5"', SetValues("Sheet1", R("B2"), (("5",),))),
    ("VALUE | Sheet1!B2 | true", SetValues("Sheet1", R("B2"), ((True,),))),
    ("VALUE | Sheet1!B2 | #N/A", SetValues("Sheet1", R("B2"), ((ErrorValue.NA,),))),
    ("VALUE | Sheet1!B2 | null", SetValues("Sheet1", R("B2"), ((None,),))),
    ('VALUE | Sheet1!B2 | "a\\nb"', SetValues("Sheet1", R("B2"), (("a\nb",),))),
    ("VALUE | Sheet1!B2 | a | b", SetValues("Sheet1", R("B2"), (("a | b",),))),
    ("FORMULA | Sheet1!C2 | =SUM(A2:B2)", SetFormulas("Sheet1", R("C2"), (("=SUM(A2:B2)",),))),
    ("FORMULA | S!C2:C3 | =A2*$B$1", SetFormulas("S", R("C2:C3"), (("=A2*$B$1",), ("=A3*$B$1",)))),
    ('FORMULA | S!C2:C3 | [["=A2"],[null]]', SetFormulas("S", R("C2:C3"), (("=A2",), (None,)))),
    ("ARRAY_FORMULA | S!C2:C3 | =A2:A3*2", SetFormulas("S", R("C2:C3"), (("=A2:A3*2",),), array=True)),
    (
        'INPUT | Sheet1!B4:C5 | [["Topic","Owner"],["Math",5]]',
        SetValues("Sheet1", R("B4:C5"), (("Topic", "Owner"), ("Math", 5.0))),
    ),
    (
        'INPUT | S!A1:B1 | [[{"text":"=x"},{"error":"#N/A"}]]',
        SetValues("S", R("A1:B1"), (("=x", ErrorValue.NA),)),
    ),
    ("FONT_BOLD | Sheet1!A1:D1 | true", SetFont("Sheet1", R("A1:D1"), bold=True)),
    ("FONT_SIZE | Sheet1!A1 | 10.5", SetFont("Sheet1", R("A1"), size=10.5)),
    ("FONT_NAME | Sheet1!A1 | Arial Narrow", SetFont("Sheet1", R("A1"), name="Arial Narrow")),
    ("FONT_UNDERLINE | Sheet1!A1 | single", SetFont("Sheet1", R("A1"), underline="single")),
    ('FONT | S!A1 | {"bold":true,"color":"#FF0000"}', SetFont("S", R("A1"), bold=True, color="#FF0000")),
    ("FILL_COLOR | Sheet1!A1:D1 | #0D2B4E", SetFill("Sheet1", R("A1:D1"), "#0D2B4E")),
    ("FILL_COLOR | Sheet1!A:D | none", SetFill("Sheet1", R("A:D"), None)),
    ("NUMBER_FORMAT | S!A1 | #,##0.00;[Red]-0", SetNumberFormat("S", R("A1"), "#,##0.00;[Red]-0")),
    ('NUMBER_FORMAT | S!A1 | "\\"x\\""', SetNumberFormat("S", R("A1"), '"x"')),
    ("ALIGN_HORIZONTAL | S!A1 | center", SetAlignment("S", R("A1"), horizontal="center")),
    ("WRAP_TEXT | S!A1 | false", SetAlignment("S", R("A1"), wrap=False)),
    ("TEXT_ORIENTATION | S!A1 | -45", SetAlignment("S", R("A1"), orientation=-45)),
    (
        "BORDER_BOTTOM | Sheet1!A9:G9 | Thin, Continuous, #000000",
        SetBorders("Sheet1", R("A9:G9"), "bottom", "thin", "#000000"),
    ),
    (
        "BORDER_INSIDE_VERTICAL | S!A1:B2 | Medium, DashDot",
        SetBorders("S", R("A1:B2"), "inside_vertical", "mediumDashDot"),
    ),
    ("BORDER_ALL | S!A1 | None", SetBorders("S", R("A1"), "all", None)),
    ("MERGE | 'Q1 plan'!A1:B2", Merge("Q1 plan", R("A1:B2"))),
    ("UNMERGE | S!A1:B2", Unmerge("S", R("A1:B2"))),
    ("AUTOFILL | Sheet1!A1:A10 | Sheet1!A1:A3", Fill("Sheet1", R("A1:A3"), R("A1:A10"))),
    (
        "PASTE_FROM | Sheet1!D2:E3 | 'a | b'!A2:B3 | values",
        CopyRange("Sheet1", R("D2:E3"), "a | b", R("A2:B3"), "values"),
    ),
    ("INSERT_ROWS | Sheet1!3:5", InsertRows("Sheet1", 2, 3)),
    ("DELETE_COLUMNS | 'a | b'!C:C", DeleteColumns("a | b", 2)),
    ('SET_COLUMN_WIDTH | S!B:C | {"width":12.5}', SetColumnWidth("S", 1, 2, 12.5)),
    (
        'SORT | S!A1:D9 | {"keys":[{"column":"D","descending":true}]}',
        Sort("S", R("A1:D9"), (SortKey(3, True),)),
    ),
    ('FILTER | S!A1:D9 | {"column":"B","values":["x"]}', Filter("S", R("A1:D9"), 1, ("x",))),
    ('ADD_TABLE | S!A1:D9 | {"name":"Sales"}', AddTable("S", R("A1:D9"), "Sales")),
    (
        'ADD_CONDITIONAL_FORMAT | S!B2:B9,D4 | {"type":"cellIs","operator":"lessThan","formulas":["=0"]}',
        AddConditionalFormat("S", ConditionalFormat((R("B2:B9"), R("D4")), "cellIs", "lessThan", ("=0",))),
    ),
    ('DEFINE_NAME | Rate | {"formula":"=Sheet1!$B$2"}', DefineName("Rate", "=Sheet1!$B$2")),
    ('DEFINE_NAME | \'Q1 plan\'!Rate | {"formula":"=2"}', DefineName("Rate", "=2", "Q1 plan")),
    ("ADD_SHEET | 'a | b' | {\"at\":0}", AddSheet("a | b", 0)),
    ("ADD_SHEET | New", AddSheet("New")),
    ('RENAME_SHEET | Old | {"name":"it\'s"}', RenameSheet("Old", "it's")),
    ("FREEZE_PANES | Sheet1!A2", FreezePanes("Sheet1", Cell(1, 0))),
    ("FREEZE_PANES | Sheet1", FreezePanes("Sheet1", None)),
]


@pytest.mark.parametrize(("line", "edit"), SPELLINGS)
def test_spelling(line: str, edit: Edit) -> None:
    assert edit_to_text(edit) == line
    assert edit_from_text(line) == edit


@quick
@given(any_edit | st.just(CHART) | st.just(PIVOT))
def test_round_trip(edit: Edit) -> None:
    line = edit_to_text(edit)
    assert len(line.splitlines()) == 1
    assert edit_from_text(line) == edit


@quick
@given(snapshots(), any_edit)
def test_round_trip_of_inverses(snapshot: Snapshot, edit: Edit) -> None:
    try:
        inverse = invert(snapshot, edit)
    except CellwrightError:
        return
    for step in inverse:
        line = edit_to_text(step)
        assert len(line.splitlines()) == 1
        assert edit_from_text(line) == step


@quick
@given(st.text(max_size=12))
def test_any_text_is_a_value(text: str) -> None:
    edit = SetValues("S", R("A1"), ((text,),))
    line = edit_to_text(edit)
    assert len(line.splitlines()) == 1
    assert edit_from_text(line) == edit


@pytest.mark.parametrize(
    ("line", "same_as"),
    [
        ("fill_color | Sheet1!A1 | 0d2b4e", "FILL_COLOR | Sheet1!A1 | #0D2B4E"),
        ("FILL_COLOR | Sheet1!A1 | FF0D2B4E", "FILL_COLOR | Sheet1!A1 | #0D2B4E"),
        ("FILL_COLOR|Sheet1!$A$1|Yellow", "FILL_COLOR | Sheet1!A1 | #FFFF00"),
        ("FILL_COLOR | Sheet1!A1 | ", "FILL_COLOR | Sheet1!A1 | none"),
        ("FILL_COLOR | A1 | none", "FILL_COLOR | Sheet1!A1 | none"),
        ("FONT_BOLD | Sheet1!A1 | TRUE", "FONT_BOLD | Sheet1!A1 | true"),
        ("FONT_UNDERLINE | Sheet1!A1 | True", "FONT_UNDERLINE | Sheet1!A1 | single"),
        ("FONT_UNDERLINE | Sheet1!A1 | Single", "FONT_UNDERLINE | Sheet1!A1 | single"),
        ("ALIGN_HORIZONTAL | Sheet1!A1 | Center", "ALIGN_HORIZONTAL | Sheet1!A1 | center"),
        (
            "ALIGN_HORIZONTAL | Sheet1!A1 | CenterAcrossSelection",
            "ALIGN_HORIZONTAL | Sheet1!A1 | centerContinuous",
        ),
        ("BORDER_TOP | Sheet1!A1 | continuous, thin", "BORDER_TOP | Sheet1!A1 | Thin, Continuous"),
        ("BORDER_TOP | Sheet1!A1 | Medium", "BORDER_TOP | Sheet1!A1 | Medium, Continuous"),
        ("BORDER_TOP | Sheet1!A1 | Double, #000000", "BORDER_TOP | Sheet1!A1 | Thick, Double, #000000"),
        ("BORDER_TOP | Sheet1!A1 | Thin, Double", "BORDER_TOP | Sheet1!A1 | Thick, Double"),
        ("BORDER_TOP | Sheet1!A1 | Thick, Dash", "BORDER_TOP | Sheet1!A1 | Medium, Dash"),
        ("BORDER_TOP | Sheet1!A1 | mediumDashed", "BORDER_TOP | Sheet1!A1 | Medium, Dash"),
        ("MERGE | Sheet1!A1:B2 | true", "MERGE | Sheet1!A1:B2"),
        ("MERGE | Sheet1!A1:B2 |", "MERGE | Sheet1!A1:B2"),
        ("AUTOFILL | Sheet1!A1:A9 | A1:A2", "AUTOFILL | Sheet1!A1:A9 | Sheet1!A1:A2"),
        ("PASTE_FROM | Sheet1!D2 | Sheet1!A2", "PASTE_FROM | Sheet1!D2 | Sheet1!A2 | all"),
        ("PASTE_FROM | Sheet1!D2 | A2:B3 | Formats", "PASTE_FROM | Sheet1!D2 | Sheet1!A2:B3 | formats"),
        ("FORMULA | Sheet1!D2 | SUM(A1:A2)", "FORMULA | Sheet1!D2 | =SUM(A1:A2)"),
        ("VALUE | Sheet1!D2 | =A1", "FORMULA | Sheet1!D2 | =A1"),
        ("INPUT | Sheet1!A1:A2 | [1, 2]", "INPUT | Sheet1!A1:A2 | [[1],[2]]"),
        ('INPUT | Sheet1!A1:B1 | ["=C1","=D1"]', "FORMULA | Sheet1!A1:B1 | =C1"),
        ("INSERT_ROWS | Sheet1!B3:C4", "INSERT_ROWS | Sheet1!3:4"),
        ("VALUE | Q1 plan!D2 | x", "VALUE | 'Q1 plan'!D2 | x"),
    ],
)
def test_reading_is_tolerant(line: str, same_as: str) -> None:
    assert edit_to_text(edit_from_text(line, "Sheet1")) == same_as


def test_an_input_of_constants_and_formulas_is_two_edits() -> None:
    line = 'INPUT | S!A1:B1 | [["x","=A1"]]'
    assert edits_from_text(line) == (
        SetValues("S", R("A1:B1"), (("x", None),)),
        SetFormulas("S", R("A1:B1"), ((None, "=A1"),)),
    )
    with pytest.raises(EditSyntaxError, match="constants or formulas, not both"):
        edit_from_text(line)
    assert len(history_from_text([line, "", "MERGE | S!A1:B1\n"])) == 3


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("", "expected OPERATION | Sheet!Range | value"),
        ("SUM(A1)", "expected OPERATION | Sheet!Range | value"),
        ("EXPLODE | S!A1 | 1", "expected an operation such as"),
        ("VALUE | A1 | 1", "expected a range with its sheet"),
        ("VALUE | S!A0 | 1", "expected a cell such as B7"),
        ("VALUE | 'S!A1 | 1", "closing quote"),
        ("FILL_COLOR | S!A1 | reddish", "expected a colour"),
        ("FONT_BOLD | S!A1 | very", "expected true or false"),
        ("FONT_SIZE | S!A1 | big", "expected a number"),
        ("BORDER_TOP | S!A1 | wavy", "expected a colour"),
        ("INPUT | S!A1:B1 | [[1]]", "expected 1 x 2 values"),
        ("INPUT | S!A1:B1 | [[1,", "expected rows as JSON"),
        ("INPUT | S!A1 | [[{}]]", "expected a number, text"),
        ("FORMULA | S!A1 | ", "expected a formula"),
        ("FORMULA | S!A1 | [[1]]", "expected formulas or null"),
        ("AUTOFILL | S!A1:A2 | T!A1", "itself"),
        ("PASTE_FROM | S!A1 | S!B1 | widths", "to paste"),
        ('SORT | S!A1:B2 | {"keys":[{"column":"4"}]}', "expected column letters"),
        ("SORT | S!A1:B2 | [1]", "expected a JSON object"),
        ('SORT | S!A1:B2 | {"keys":[],"x":1}', "expected fields of Sort"),
        ("RENAME_SHEET | S", "expected the field 'name'"),
        ("MERGE | S!A1:B2 | false", "for a merge"),
    ],
)
def test_what_is_no_edit_is_refused_in_one_line(line: str, message: str) -> None:
    with pytest.raises(EditSyntaxError) as refusal:
        edit_from_text(line)
    assert message in str(refusal.value)
    assert "\n" not in str(refusal.value)
