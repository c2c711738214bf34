"""One step of a plan: run on the workbook as it stands, with what it gave for the steps after it."""

from __future__ import annotations

from dataclasses import dataclass

from cellwright.ask.model import Draft, Step
from cellwright.calc.calculator import Calculator
from cellwright.edits.apply import apply_all
from cellwright.reference import Cell, SheetCell
from cellwright.verify.model import Candidate, Kind, Status, Verdict
from cellwright.verify.verify import verify
from cellwright.workbook.model import Content, Snapshot, Value


@dataclass(frozen=True)
class Checked:
    """A step, and the snapshot that it leaves, results included."""

    step: Step
    after: Snapshot


def check_draft(draft: Draft, before: Snapshot, calculator: Calculator) -> Checked | None:
    """Run a draft on `before`; None where it does not parse, bind or fit, or would reach out."""
    if calculator.snapshot is not before:
        calculator.load(before)
    candidate = Candidate(Kind.EDIT, draft.edits, "ask", draft.title, draft.citations)
    verdict = verify(before, candidate, calculator)
    if verdict.status in (Status.INVALID, Status.REFUSED):
        return None
    results = _results(verdict)
    after = with_results(apply_all(before, draft.edits), results)
    step = Step(draft.title, draft.edits, draft.shape, verdict, draft.citations, draft.destroys, results)
    return Checked(step, after)


def with_results(snapshot: Snapshot, results: dict[SheetCell, Value]) -> Snapshot:
    """The snapshot with those values in its formula cells."""
    by_sheet: dict[str, dict[Cell, Content | None]] = {}
    for place, value in results.items():
        if not snapshot.has_sheet(place.sheet):
            continue
        content = snapshot.sheet(place.sheet).content(place.cell)
        if content.formula is not None and content.value != value:
            updated = Content(value, content.formula, content.style, content.array)
            by_sheet.setdefault(place.sheet, {})[place.cell] = updated
    for name, updates in by_sheet.items():
        snapshot = snapshot.with_sheet(snapshot.sheet(name).with_cells(updates))
    return snapshot


def _results(verdict: Verdict) -> dict[SheetCell, Value]:
    return {change.cell: change.after for change in verdict.changes if change.formula_after is not None}
