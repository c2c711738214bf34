"""Suggestions, verdicts, plans and explanations as they travel: domain to wire, in one place."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cellwright.edits.model import Edit, SetFormulas
from cellwright.edits.text import edit_to_text
from cellwright.edits.words import words_of_all
from cellwright.insight.explain import Explanation as Told
from cellwright.protocol import answers as a
from cellwright.protocol.base import to_wire
from cellwright.protocol.edits import edit_to_wire
from cellwright.reference import SheetCell
from cellwright.session.number_text import value_text
from cellwright.suggest.model import Suggestion
from cellwright.verify.model import CellChange, Verdict
from cellwright.workbook.model import Snapshot

MOST_PREVIEWED = 60
_MOST_LISTED = 50
_MOST_IMAGES = 1_000
_LINE_CHARACTERS = 2_000


def wire_suggestion(suggestion: Suggestion, snapshot: Snapshot) -> a.WireSuggestion:
    """A suggestion as a pane shows it; `snapshot` is the one that it was made on."""
    candidate = suggestion.candidate
    lines = [edit_to_text(edit) for edit in candidate.edits]
    formula = first_formula(candidate.edits)
    return a.WireSuggestion(
        id=suggestion.id,
        kind=candidate.kind.value,
        target=suggestion.target.a1,
        title=formula or words_of_all(candidate.edits),
        edits=[edit_to_wire(edit) for edit in candidate.edits],
        edit_lines=[line[:_LINE_CHARACTERS] for line in lines],
        formula=formula,
        preview=preview_of(suggestion.verdict, candidate.edits, snapshot),
        reason=candidate.reason,
        citations=[citation.a1 for citation in candidate.citations[:_MOST_LISTED]],
        verdict=wire_verdict(suggestion.verdict),
        confidence=None if candidate.proposer == "audit" else round(suggestion.p_accept, 4),
        rank=suggestion.rank,
        is_likely=suggestion.is_shown,
        base_revision=suggestion.base_revision,
        proposer=candidate.proposer,
        model=suggestion.model,
    )


def first_formula(edits: Sequence[Edit]) -> str | None:
    """The formula for the first cell of the target, where the edits are one that sets formulas."""
    if len(edits) == 1 and isinstance(edits[0], SetFormulas):
        return edits[0].formulas[0][0]
    return None


def wire_verdict(verdict: Verdict) -> a.WireVerdict:
    """A verdict without its changes."""
    return a.WireVerdict(
        status=verdict.status.value,
        why=verdict.why,
        new_errors=[cell.a1 for cell in verdict.new_errors[:_MOST_LISTED]],
        risks=list(verdict.risks),
        spill=None if verdict.spill is None else verdict.spill.a1,
        changed_cells=len(verdict.changes),
    )


def preview_of(verdict: Verdict, edits: Sequence[Edit], snapshot: Snapshot) -> list[a.PreviewCell]:
    """The first changed cells, the edited ones before those that depend on them."""
    return [_preview(change, snapshot) for change in verdict.changes[:MOST_PREVIEWED]]


def _preview(change: CellChange, snapshot: Snapshot) -> a.PreviewCell:
    number_format = _number_format(snapshot, change.cell)
    return a.PreviewCell(
        cell=change.cell.a1,
        before=to_wire(change.before),
        after=to_wire(change.after),
        formula_before=change.formula_before,
        formula_after=change.formula_after,
        before_text=value_text(change.before, number_format, snapshot.is_1904),
        after_text=value_text(change.after, number_format, snapshot.is_1904),
        is_verified=change.is_verified,
        is_edited=change.formula_after != change.formula_before or change.formula_after is None,
    )


def _number_format(snapshot: Snapshot, cell: SheetCell) -> str:
    """The cell's; `General` on a sheet that is yet to come."""
    if not snapshot.has_sheet(cell.sheet):
        return "General"
    return snapshot.sheet(cell.sheet).content(cell.cell).style.number_format


def images_of(snapshot: Snapshot, cells: Iterable[SheetCell]) -> list[a.CellImage]:
    """What cells hold, for a pane to find conflicts by."""
    images: list[a.CellImage] = []
    for place in cells:
        if len(images) == _MOST_IMAGES:
            break
        if snapshot.has_sheet(place.sheet):
            content = snapshot.sheet(place.sheet).content(place.cell)
            images.append(a.CellImage(cell=place.a1, formula=content.formula, value=to_wire(content.value)))
    return images


def wire_explanation(told: Told, request_id: str, snapshot: Snapshot) -> a.Explanation:
    """An explanation as it travels."""
    number_format = _number_format(snapshot, told.cell)
    formats = {
        given.text: _number_format(snapshot, SheetCell(given.place.sheet, given.place.range.first))
        for given in told.inputs
        if given.place is not None and given.place.range.is_cell
    } | {told.formula.removeprefix("="): number_format}
    return a.Explanation(
        request_id=request_id,
        cell=told.cell.a1,
        formula=told.formula,
        value=to_wire(told.value),
        value_text=value_text(told.value, number_format, snapshot.is_1904),
        name=told.name,
        summary=told.summary,
        steps=[
            a.ExplainedStep(
                text=step.text,
                words=step.words,
                value=to_wire(step.value),
                value_text=value_text(step.value, formats.get(step.text, "General"), snapshot.is_1904),
                has_value=step.has_value,
            )
            for step in told.steps
        ],
        inputs=[
            a.ExplainedInput(
                text=given.text,
                place=None if given.place is None else given.place.a1,
                name=given.name,
                note=given.note,
            )
            for given in told.inputs
        ],
        dependents=[
            a.ExplainedDependent(
                place=reader.place.a1, count=reader.count, formula=reader.formula, name=reader.name
            )
            for reader in told.dependents
        ],
        notes=list(told.notes),
    )
