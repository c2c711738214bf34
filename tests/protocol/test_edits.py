"""Edits on the wire: every kind there and back, exactly; what a pane may not send."""

from __future__ import annotations

from typing import get_args

import pytest
from pydantic import TypeAdapter, ValidationError

from cellwright.edits import model as m
from cellwright.edits.invert import undo_all
from cellwright.errors import EditSyntaxError
from cellwright.protocol.edits import (
    EDIT_MODELS,
    PlannedEdit,
    WireEdit,
    edit_from_wire,
    edit_to_wire,
    wire_type,
)
from cellwright.reference import Cell, Range
from cellwright.workbook.model import ConditionalFormat, DataValidation, ErrorValue
from tests.workbooks import book

AREA = Range.parse("B2:C3")
EXAMPLES: list[m.Edit] = [
    m.SetFormulas("Plan", Range.parse("C2:D2"), (("=A2*B2", None),)),
    m.SetFormulas("Plan", Range.parse("C2:C3"), (("=A2:A3*2",), (None,)), array=True),
    m.SetValues("Q1 plan", AREA, ((1.5, "text"), (True, ErrorValue.NA))),
    m.SetValues("Plan", Range.parse("A1"), ((None,),)),
    m.Fill("Plan", Range.parse("A1:A2"), Range.parse("A1:A9")),
    m.CopyRange("Plan", AREA, "Q1 plan", Range.parse("D5:E6"), "values"),
    m.SetNumberFormat("Plan", AREA, "0.0%;[Red]-0.0%"),
    m.SetFont("Plan", AREA, bold=True, size=12.5, color="#0D2B4E"),
    m.SetFill("Plan", AREA, None),
    m.SetAlignment("Plan", AREA, horizontal="center", wrap=True, orientation=-45),
    m.SetBorders("Plan", AREA, "outside", "thin", "#000000"),
    m.Merge("Plan", AREA),
    m.Unmerge("Plan", AREA),
    m.InsertRows("Plan", 4, 2),
    m.InsertColumns("Plan", 0),
    m.DeleteRows("Plan", 4),
    m.DeleteColumns("Plan", 1, 3),
    m.SetColumnWidth("Plan", 0, 2, 14.5),
    m.Sort("Plan", AREA, (m.SortKey(1, True), m.SortKey(2)), has_header=False),
    m.Filter("Plan", AREA, 1, ("North", "South")),
    m.AddTable("Plan", AREA, "Sales", None),
    m.AddConditionalFormat(
        "Plan", ConditionalFormat((AREA,), "cellIs", "greaterThan", ("=5",), fill="#FF0000")
    ),
    m.AddDataValidation("Plan", DataValidation((AREA,), "list", formulas=("=$A$1:$A$3",))),
    m.AddChart("Plan", Cell(1, 5), AREA, "pie", "Share"),
    m.AddPivot("Plan", Cell(1, 5), "Data", AREA, ("Region",), (), (("Amount", "sum"),)),
    m.DefineName("Rate", "=Plan!$B$1", "Plan"),
    m.AddSheet("New", 0),
    m.RenameSheet("Plan", "Budget"),
    m.FreezePanes("Plan", Cell(1, 0)),
]


@pytest.mark.parametrize("edit", EXAMPLES, ids=lambda edit: type(edit).__name__)
def test_there_and_back(edit: m.Edit) -> None:
    text = edit_to_wire(edit).model_dump_json()
    assert edit_from_wire(TypeAdapter(WireEdit).validate_json(text)) == edit


def test_every_kind_but_restore_is_covered() -> None:
    kinds = {kind for kind in get_args(m.Edit) if kind is not m.Restore}
    assert {type(edit) for edit in EXAMPLES} == kinds
    assert set(EDIT_MODELS) == {wire_type(kind.__name__) for kind in kinds}


def test_an_undo_travels_but_only_towards_the_pane() -> None:
    before = book({"A1": 2, "B1": "=A1*2"})
    (restore,) = undo_all(before, (m.SetFormulas("Sheet1", Range.parse("B1"), (("=A1*3",),)),))
    wired = TypeAdapter(PlannedEdit).validate_json(edit_to_wire(restore).model_dump_json())
    assert [(cell.cell, cell.formula, cell.style) for cell in wired.cells] == [("B1", "=A1*2", None)]
    with pytest.raises(ValidationError):
        TypeAdapter(WireEdit).validate_python(wired.model_dump())
    with pytest.raises(EditSyntaxError):
        edit_from_wire(wired)


@pytest.mark.parametrize(
    "raw",
    [
        {"type": "merge", "sheet": "Plan"},
        {"type": "merge", "sheet": "Plan", "range": "B2", "more": 1},
        {"type": "set_values", "sheet": "Plan", "range": "A1", "values": [[{"error": "#OOPS"}]]},
        {"type": "set_values", "sheet": "Plan", "range": "A1", "values": [[["a", "list"]]]},
        {"type": "run_macro", "name": "evil"},
    ],
)
def test_other_shapes_are_refused(raw: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(WireEdit).validate_python(raw)
