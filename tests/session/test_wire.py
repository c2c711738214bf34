"""How explanations and suggestions read when they travel."""

from __future__ import annotations

from cellwright.edits.apply import apply_all
from cellwright.edits.text import edit_from_text
from cellwright.insight.explain import explain
from cellwright.reference import SheetCell, SheetRange
from cellwright.session.wire import wire_explanation, wire_suggestion
from cellwright.suggest.model import Suggestion
from cellwright.verify.model import Candidate, Kind, Status, Verdict
from cellwright.workbook.model import Snapshot
from tests.workbooks import book


def suggestion(*lines: str) -> Suggestion:
    edits = tuple(edit_from_text(line) for line in lines)
    return Suggestion(
        id="s1",
        target=SheetRange.parse("Sheet1!A3"),
        candidate=Candidate(Kind.EDIT, edits, "dress", "Looks like its neighbours"),
        verdict=Verdict(Status.VERIFIED),
        p_accept=0.5,
        rank=1,
        base_revision=1,
    )


def formatted(snapshot: Snapshot, formats: dict[str, str]) -> Snapshot:
    return apply_all(
        snapshot, [edit_from_text(f"NUMBER_FORMAT | {place} | {code}") for place, code in formats.items()]
    )


def test_a_suggestion_of_edits_is_titled_in_words() -> None:
    one = suggestion("NUMBER_FORMAT | Sheet1!A3 | 0.00")
    assert wire_suggestion(one, book({"A1": 1})).title == "Show Sheet1!A3 as 0.00"
    two = suggestion("FONT_BOLD | Sheet1!A3 | true", "MERGE | Sheet1!A3:B3")
    assert wire_suggestion(two, book({"A1": 1})).title == "Bold Sheet1!A3; Merge Sheet1!A3:B3"


def test_steps_of_an_explanation_read_as_their_cells_do() -> None:
    snapshot = formatted(
        book({"A1": 1234.5, "A2": 4938, "A3": "=A1/$A$2+0"}),
        {"Sheet1!A1:A2": "#,##0.00", "Sheet1!A3": "0.0%"},
    )
    told = explain(snapshot, SheetCell.parse("Sheet1!A3"), lambda formula, cell: 0.25)
    steps = {step.text: step.value_text for step in wire_explanation(told, "r1", snapshot).steps}
    assert steps == {"A1": "1,234.50", "$A$2": "4,938.00", "A1/$A$2": "0.25", "A1/$A$2+0": "25.0%"}
