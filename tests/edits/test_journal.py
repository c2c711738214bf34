"""Journal records: every edit survives the way to JSON and back; reading is strict."""

from __future__ import annotations

import json
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cellwright.edits.invert import invert
from cellwright.edits.journal import edit_from_json, edit_to_json, edit_to_record
from cellwright.edits.model import AddChart, AddPivot, Edit, Restore, SetFill, SetValues
from cellwright.errors import CellwrightError, EditSyntaxError
from cellwright.reference import Cell, Range
from cellwright.workbook.model import Content, ErrorValue, Snapshot, Style
from tests.edits.strategies import EDITS, any_edit, quick, snapshots
from tests.workbooks import book

CHART = AddChart("Data", Cell(1, 6), Range(0, 0, 8, 1), "line", "a | b")
PIVOT = AddPivot("New", Cell(0, 0), "Data", Range(0, 0, 8, 2), ("Region",), values=(("Amount", "sum"),))


def test_every_kind_is_covered() -> None:
    assert {*EDITS, "AddChart", "AddPivot", "Restore"} == {kind.__name__ for kind in get_args(Edit)}


@quick
@given(any_edit | st.just(CHART) | st.just(PIVOT))
def test_round_trip(edit: Edit) -> None:
    text = edit_to_json(edit)
    assert len(text.splitlines()) == 1
    assert edit_from_json(text) == edit


@quick
@given(snapshots(), any_edit)
def test_round_trip_of_inverses(snapshot: Snapshot, edit: Edit) -> None:
    try:
        inverse = invert(snapshot, edit)
    except CellwrightError:
        return
    for step in inverse:
        assert edit_from_json(edit_to_json(step)) == step


@quick
@given(snapshots())
def test_round_trip_of_a_whole_snapshot(snapshot: Snapshot) -> None:
    edit = Restore(None, snapshot=snapshot)
    back = edit_from_json(edit_to_json(edit))
    assert isinstance(back, Restore)
    assert back.snapshot == snapshot


def test_the_hint_of_a_style_survives() -> None:
    style = Style(fill="#FF0000", xf=12)
    edit = Restore(
        "Sheet1", cells=((Cell(0, 0), Content(style=style)), (Cell(0, 1), Content(2.0, style=style)))
    )
    record = edit_to_record(edit)
    assert record["styles"] == [{"fill": "#FF0000", "xf": 12}]
    back = edit_from_json(json.dumps(record))
    assert isinstance(back, Restore)
    content = back.cells[0][1]
    assert content is not None
    assert content.style.xf == 12


def test_a_restore_holds_only_what_was_touched() -> None:
    snapshot = book({f"A{row}": row for row in range(1, 500)})
    edit = SetValues("Sheet1", Range(0, 0, 0, 1), ((5.0, "x"),))
    (inverse,) = invert(snapshot, edit)
    assert edit_to_json(inverse) == (
        '{"edit":"Restore","sheet":"Sheet1","cells":[["A1",{"value":1.0}],["B1",null]]}'
    )


def test_values_keep_their_types() -> None:
    edit = SetValues("S", Range(0, 0, 0, 4), (("#N/A", ErrorValue.NA, True, "TRUE", 1.0),))
    assert edit_to_record(edit)["values"] == [["#N/A", {"error": "#N/A"}, True, "TRUE", 1.0]]


@pytest.mark.parametrize(
    ("record", "message"),
    [
        ("[]", "expected a JSON object for an edit"),
        ("{", "expected a JSON record of an edit"),
        ('{"edit":"Explode"}', "expected a kind of edit"),
        ('{"edit":"SetFill","sheet":"S","range":"A1"}', "expected the field 'color'"),
        (
            '{"edit":"SetFill","sheet":"S","range":"A1","color":null,"x":1}',
            "expected fields of SetFill, got 'x'",
        ),
        ('{"edit":"SetFill","sheet":"S","range":"A0","color":null}', "expected a cell such as B7"),
        ('{"edit":"SetFill","sheet":1,"range":"A1","color":null}', "expected a value of type str, got 1"),
        ('{"edit":"InsertRows","sheet":"S","at":true}', "expected a value of type int, got true"),
        ('{"edit":"SetValues","sheet":"S","range":"A1","values":[[{"error":"#X"}]]}', "type ErrorValue"),
        ('{"edit":"CopyRange","sheet":"S","target":"A1","source_sheet":"S","source":"B1","what":"x"}', "all"),
        ('{"edit":"Restore","sheet":"S","cells":[["A1",{"style":0}]]}', "expected a value of type Style"),
    ],
)
def test_a_bad_record_is_refused_in_one_line(record: str, message: str) -> None:
    with pytest.raises(EditSyntaxError) as refusal:
        edit_from_json(record)
    assert message in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_defaults_are_left_out() -> None:
    assert edit_to_record(SetFill("S", Range(0, 0, 0, 0), None)) == {
        "edit": "SetFill",
        "sheet": "S",
        "range": "A1",
        "color": None,
    }
