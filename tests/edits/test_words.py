"""Edits in plain words."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from cellwright.edits.text import edits_from_text
from cellwright.edits.words import words_of, words_of_all
from tests.edits.strategies import any_edit

LINES = {
    "FONT_BOLD | Sheet1!A1:D1 | true": "Bold Sheet1!A1:D1",
    "FONT_BOLD | Sheet1!A1:D1 | false": "Not bold Sheet1!A1:D1",
    'FONT | Sheet1!A1 | {"italic":true,"size":12}': "Italic, 12 points Sheet1!A1",
    "FORMULA | Sheet1!C2:C9 | =A2*B2": "Write =A2*B2 into Sheet1!C2:C9, filled on",
    "VALUE | Sheet1!C1 | Total": "Write Total into Sheet1!C1",
    'INPUT | Sheet1!A1:B2 | [["a",1],["b",2]]': "Write 2 × 2 values into Sheet1!A1:B2",
    "INPUT | Sheet1!A1 | [[null]]": "Clear Sheet1!A1",
    "AUTOFILL | Sheet1!C2:C9 | Sheet1!C2": "Fill Sheet1!C2:C9 from C2",
    "PASTE_FROM | Sheet1!D2 | Other!A2 | values": "Copy Other!A2 to Sheet1!D2 (values only)",
    "NUMBER_FORMAT | Sheet1!C2 | 0.0%": "Show Sheet1!C2 as 0.0%",
    "FILL_COLOR | Sheet1!A1 | none": "Take the fill off Sheet1!A1",
    "ALIGN_HORIZONTAL | Sheet1!A1 | centerContinuous": "Align center continuous Sheet1!A1",
    "BORDER_BOTTOM | Sheet1!A1 | Thin, Continuous, #000000": "Thin border on the bottom of Sheet1!A1",
    "BORDER_ALL | Sheet1!A1:B2 | None": "No border on every side of the cells of Sheet1!A1:B2",
    "DELETE_ROWS | Sheet1!4:6": "Delete rows 4 to 6 of Sheet1",
    "INSERT_COLUMNS | Sheet1!C:C": "Insert a column before column C of Sheet1",
    'SORT | Sheet1!A1:D9 | {"keys":[{"column":"C","descending":true}]}': "Sort Sheet1!A1:D9 by C descending",
    'FILTER | Sheet1!A1:D9 | {"column":"B","values":["x","y"]}': (
        "Show only the rows of Sheet1!A1:D9 whose B is x or y"
    ),
    "FREEZE_PANES | Sheet1!B2": "Keep row 1 and column A of Sheet1 in view",
    "FREEZE_PANES | Sheet1": "Unfreeze the panes of Sheet1",
    "ADD_SHEET | Summary": "Add the sheet Summary",
    'DEFINE_NAME | Rate | {"formula":"=Sheet1!$B$1"}': "Name Sheet1!$B$1 Rate",
}


@pytest.mark.parametrize(("line", "words"), LINES.items())
def test_edits_read_as_a_person_would_say_them(line: str, words: str) -> None:
    (edit,) = edits_from_text(line)
    assert words_of(edit) == words


def test_several_are_the_first_of_them_and_how_many_more() -> None:
    lines = [f"FONT_BOLD | Sheet1!A{row} | true" for row in range(1, 6)]
    told = [edit for line in lines for edit in edits_from_text(line)]
    assert words_of_all(told) == "Bold Sheet1!A1; Bold Sheet1!A2; Bold Sheet1!A3 (+2)"
    assert words_of_all([]) == ""


@given(any_edit)
@settings(max_examples=200, deadline=None)
def test_every_edit_has_words_on_one_line(edit: object) -> None:
    words = words_of(edit)  # type: ignore[arg-type]
    assert words
    assert len(words) < 400
