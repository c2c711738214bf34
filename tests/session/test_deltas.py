"""Deltas: what they make of a state, what they are carried over, what they are refused for; recalculation."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cellwright.calc.calculator import Calculator
from cellwright.edits import model as m
from cellwright.errors import CellwrightError, StaleEdit
from cellwright.protocol import workbooks as w
from cellwright.protocol.edits import edit_to_wire
from cellwright.reference import Cell, Range, SheetCell
from cellwright.session.book import Book, Change, Prepared, State
from cellwright.session.deltas import take
from cellwright.session.recalculate import recalculated
from cellwright.workbook.model import Content, Snapshot
from tests.workbooks import book

START = book(
    {
        "A1": 2,
        "A2": 3,
        "A3": 4,
        "B1": Content(4.0, "=A1*2"),
        "B2": Content(6.0, "=A2*2"),
        "B3": Content(8.0, "=A3*2"),
        "C1": Content(18.0, "=SUM(B1:B3)"),
    }
)
AT_1 = replace(START, revision=1)
STATE = State(AT_1, AT_1)


def cells(area: str, values: list[list[object]], **fields: object) -> w.CellsChange:
    raw = {"sheet": "Sheet1", "range": area, "values": values} | fields
    return w.CellsChange(block=w.Block.model_validate(raw))


def delta(*changes: w.CellsChange | w.EditChange | w.PlanChange, base: int = 1) -> w.Delta:
    return w.Delta(id="d", workbook_id="b", base_revision=base, changes=list(changes))


def value(snapshot: Snapshot, a1: str) -> object:
    return snapshot.sheet("Sheet1").value(Cell.parse(a1))


def test_typing_is_an_edit_and_its_readers_wait_for_recalculation() -> None:
    step = take(STATE, delta(cells("A1:A2", [[5], [3]])), [], {})
    assert step.edits == (m.SetValues("Sheet1", Range.parse("A1"), ((5.0,),)),)
    assert step.state.snapshot.revision == 2
    assert step.state.changed == {SheetCell("Sheet1", Cell(0, 0))}
    with Calculator(START) as calculator:
        after = recalculated(calculator, step.state.settled, step.state.snapshot, step.state.changed)
    assert [value(after, a1) for a1 in ("B1", "B2", "C1")] == [10.0, 6.0, 24.0]


def test_what_nobody_vouches_for_is_unknown_and_so_are_its_readers() -> None:
    step = take(STATE, delta(cells("B2", [[None]], formulas=[["=RAND()"]])), [], {})
    with Calculator(START) as calculator:
        after = recalculated(calculator, step.state.settled, step.state.snapshot, step.state.changed)
    assert [value(after, a1) for a1 in ("B1", "B2", "C1")] == [4.0, None, None]


def test_recalculated_cells_change_nothing_else() -> None:
    known = cells("C1", [[30]])
    step = take(STATE, delta(known.model_copy(update={"is_recalculated": True})), [], {})
    assert step.edits == ()
    assert step.state.is_settled
    assert step.state.snapshot.sheet("Sheet1").content(Cell(0, 2)).formula == "=SUM(B1:B3)"
    assert value(step.state.snapshot, "C1") == 30.0


def test_cells_of_an_older_revision_win_but_not_over_moved_rows() -> None:
    typed = Change(2, (m.SetValues("Sheet1", Range.parse("A1"), ((9.0,),)),), ())
    moved = Change(2, (m.InsertRows("Sheet1", 0),), ())
    state = replace(STATE, snapshot=replace(AT_1, revision=2))
    assert value(take(state, delta(cells("A1", [[5]])), [typed], {}).state.snapshot, "A1") == 5.0
    with pytest.raises(StaleEdit):
        take(state, delta(cells("A1", [[5]])), [moved], {})
    with pytest.raises(StaleEdit):
        take(state, delta(cells("A1", [[5]])), [], {})  # what came between is no longer known


def test_an_edit_of_an_older_revision_moves_along() -> None:
    bold = w.EditChange(edit=edit_to_wire(m.SetFont("Sheet1", Range.parse("A2"), bold=True)))
    moved = Change(2, (m.InsertRows("Sheet1", 0),), ())
    state = replace(STATE, snapshot=replace(AT_1, revision=2))
    step = take(state, delta(bold), [moved], {})
    assert step.edits == (m.SetFont("Sheet1", Range.parse("A3"), bold=True),)


def test_all_of_a_delta_or_nothing() -> None:
    with pytest.raises(CellwrightError):
        take(STATE, delta(cells("A1", [[5]]), cells("Z1:Z2", [[1]])), [], {})
    assert value(STATE.snapshot, "A1") == 2.0


def test_a_plan_whose_cells_the_host_told_first_is_done_once() -> None:
    edits: tuple[m.Edit, ...] = (m.SetFormulas("Sheet1", Range.parse("D1"), (("=C1*2",),)),)
    plan = Prepared(
        "p", "s", "accept", 1, edits, inverse=(m.SetValues("Sheet1", Range.parse("D1"), ((None,),)),)
    )
    told = take(STATE, delta(cells("D1", [[36]], formulas=[["=C1*2"]])), [], {})
    step = take(told.state, delta(w.PlanChange(plan_id="p"), base=2), [told.change], {"p": plan})
    assert step.edits == ()
    assert step.applied[0].inverse == plan.inverse
    with pytest.raises(CellwrightError):
        take(STATE, delta(w.PlanChange(plan_id="unknown")), [], {"p": plan})


def test_structure_within_a_delta_after_typing_leaves_no_old_result() -> None:
    insert = w.EditChange(edit=edit_to_wire(m.InsertRows("Sheet1", 0)))
    after = take(STATE, delta(cells("A1", [[5]]), insert), [], {}).state.snapshot
    assert {content.value for _, content in after.sheet("Sheet1").cells.items() if content.formula} == {None}


def test_edits_are_carried_to_the_newest_revision_or_are_stale() -> None:
    held = Book("b", "Plan", STATE)
    edits: tuple[m.Edit, ...] = (m.SetFormulas("Sheet1", Range.parse("D2"), (("=B2+1",),)),)
    for change in (
        cells("F9", [["far"]]),
        w.EditChange(edit=edit_to_wire(m.InsertRows("Sheet1", 0))),
    ):
        step = take(held.state, delta(change, base=held.revision), held.known_changes(), {})
        assert held.put(held.state, step.state, step.change)
    assert held.carried(edits, 1, held.state.snapshot) == (
        m.SetFormulas("Sheet1", Range.parse("D3"), (("=B3+1",),)),
    )
    step = take(held.state, delta(cells("D3", [["taken"]]), base=3), held.known_changes(), {})
    assert held.put(held.state, step.state, step.change)
    with pytest.raises(StaleEdit):
        held.carried(edits, 1, held.state.snapshot)
