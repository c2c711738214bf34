"""Plans: what accepting a suggestion, or taking it back, writes into the newest revision, in a worker thread.

A plan is made and verified for one revision; it changes nothing. What a person edited or ticked is verified
anew, what somebody else changed meanwhile either moves the edits or makes them stale.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cellwright.edits import model as m
from cellwright.edits.apply import apply_all
from cellwright.edits.diff import diff
from cellwright.edits.footprint import affected_cells
from cellwright.edits.invert import undo_all
from cellwright.edits.model import Edit
from cellwright.errors import EditError, StaleEdit, UsageError
from cellwright.feedback.model import new_id
from cellwright.proposers.model import Place, formula_candidate
from cellwright.proposers.template import read_template
from cellwright.protocol import answers as a
from cellwright.protocol.base import to_wire
from cellwright.protocol.edits import edit_to_wire
from cellwright.protocol.requests import Accept
from cellwright.reference import SheetCell, SheetRange
from cellwright.session.book import Applied, Book, Prepared
from cellwright.session.number_text import value_text
from cellwright.session.service import Service, Shown
from cellwright.session.wire import MOST_PREVIEWED, images_of, preview_of, wire_verdict
from cellwright.verify.model import Candidate, Kind, Status, Verdict
from cellwright.verify.verify import verify
from cellwright.workbook.model import Content, Snapshot

_MOST_FILLED = 100_000
_MOST_IMAGES = 1_000


@dataclass(frozen=True)
class Planned:
    """A plan as the server keeps it, and as it travels."""

    prepared: Prepared
    message: a.Plan


def plan_accept(service: Service, book: Book, shown: Shown, request: Accept) -> Planned:
    """The plan of a suggestion; raises StaleEdit, EditError (refused, invalid) or UsageError."""
    suggestion = shown.suggestion
    with service.calculators.hold(book.id, book.state.snapshot) as calculator:
        snapshot = service.settled(book, calculator)
        edits = book.carried(suggestion.candidate.edits, suggestion.base_revision, snapshot)
        edits = _wanted(edits, request, snapshot, suggestion.target)
        is_same = snapshot.revision == suggestion.base_revision and edits == suggestion.candidate.edits
        verdict = suggestion.verdict
        if not is_same:
            verdict = verify(snapshot, Candidate(Kind.EDIT, edits, "person", "accepted"), calculator)
    if verdict.status is Status.INVALID:
        raise EditError(f"expected an edit that fits, got one that does not: {verdict.why}")
    if verdict.status is Status.REFUSED:
        allowed = service.preferences.current.risky_functions == "confirm" and verdict.risks
        if not allowed:
            raise EditError(f"refused: {verdict.why}")
    prepared = Prepared(
        plan_id=new_id(),
        suggestion_id=suggestion.id,
        purpose="accept",
        revision=snapshot.revision,
        edits=edits,
        inverse=undo_all(snapshot, edits),
    )
    edited = [change.cell for change in verdict.changes if _is_edited(change.cell, edits)]
    return Planned(
        prepared,
        a.Plan(
            request_id=request.id,
            plan_id=prepared.plan_id,
            suggestion_id=suggestion.id,
            workbook_id=book.id,
            purpose="accept",
            revision=snapshot.revision,
            edits=[edit_to_wire(edit) for edit in edits],
            before=images_of(snapshot, edited or _cells_of(edits, snapshot)),
            preview=preview_of(verdict, edits, snapshot),
            verdict=wire_verdict(verdict),
        ),
    )


def plan_undo(service: Service, book: Book, applied: Applied, request_id: str) -> Planned:
    """The plan that takes an accepted suggestion back; raises StaleEdit where others wrote over it since."""
    with service.calculators.hold(book.id, book.state.snapshot) as calculator:
        snapshot = service.settled(book, calculator)
    edits = book.carried(applied.inverse, applied.revision, snapshot)
    after = apply_all(snapshot, edits)
    prepared = Prepared(
        plan_id=new_id(),
        suggestion_id=applied.suggestion_id,
        purpose="undo",
        revision=snapshot.revision,
        edits=edits,
        inverse=undo_all(snapshot, edits),
    )
    changed = diff(snapshot, after).cells
    preview = [
        _restored(snapshot, change.cell, change.before or Content(), change.after or Content())
        for change in changed[:MOST_PREVIEWED]
        if not change.is_format_only
    ]
    verdict = Verdict(Status.VERIFIED, why="puts back what was there")
    return Planned(
        prepared,
        a.Plan(
            request_id=request_id,
            plan_id=prepared.plan_id,
            suggestion_id=applied.suggestion_id,
            workbook_id=book.id,
            purpose="undo",
            revision=snapshot.revision,
            edits=[edit_to_wire(edit) for edit in edits],
            before=images_of(snapshot, [change.cell for change in changed[:_MOST_IMAGES]]),
            preview=preview,
            verdict=wire_verdict(verdict).model_copy(update={"changed_cells": len(changed)}),
        ),
    )


def is_stale(book: Book, shown: Shown) -> bool:
    """Whether a shown suggestion no longer fits the workbook."""
    suggestion = shown.suggestion
    try:
        book.carried(suggestion.candidate.edits, suggestion.base_revision, book.state.snapshot)
    except StaleEdit:
        return True
    return False


def _wanted(
    edits: tuple[Edit, ...], request: Accept, snapshot: Snapshot, target: SheetRange
) -> tuple[Edit, ...]:
    """The edits that the person wants: those ticked, with their own formula, filled on."""
    if request.edits is not None:
        ticked = sorted(set(request.edits))
        if not ticked or not 0 <= ticked[0] <= ticked[-1] < len(edits):
            raise UsageError(f"expected some of the edits 0 to {len(edits) - 1}, got {ticked[:8]}")
        edits = tuple(edits[index] for index in ticked)
    if request.final_formula is not None:
        setting = next((edit for edit in edits if isinstance(edit, m.SetFormulas)), None)
        if setting is None:
            raise UsageError("expected a suggestion of a formula to edit, got one of other edits")
        place = Place(snapshot, SheetRange(setting.sheet, setting.range))
        template = read_template(request.final_formula, place.cell)
        own = formula_candidate(place, template, "person", "edited").edits
        edits = tuple(part for edit in edits for part in (own if edit is setting else (edit,)))
    if request.fill_to is not None:
        area = SheetRange.parse(request.fill_to)
        source = _filled_from(edits, target)
        is_wider = area.range.contains(source.range) and area.range.first == source.range.first
        if area.sheet.casefold() != source.sheet.casefold() or not is_wider:
            raise UsageError(f"expected a range to fill that begins with {source.a1}, got {area.a1}")
        if area.range.size > _MOST_FILLED:
            raise UsageError(f"expected at most {_MOST_FILLED:,} cells to fill, got {area.range.size:,}")
        if area.range != source.range:
            edits = (*edits, m.Fill(source.sheet, source.range, area.range))
    return edits


def _filled_from(edits: Sequence[Edit], target: SheetRange) -> SheetRange:
    setting = next((edit for edit in edits if isinstance(edit, m.SetFormulas | m.SetValues)), None)
    return target if setting is None else SheetRange(setting.sheet, setting.range)


def _is_edited(cell: SheetCell, edits: Sequence[Edit]) -> bool:
    places = (place for edit in edits for place in affected_cells(edit))
    return any(place.sheet == cell.sheet and cell.cell in place.range for place in places)


def _cells_of(edits: Sequence[Edit], snapshot: Snapshot) -> list[SheetCell]:
    """Cells that hold something where the edits write, for edits that change no value by themselves."""
    found: list[SheetCell] = []
    for edit in edits:
        for place in affected_cells(edit):
            if not snapshot.has_sheet(place.sheet):
                continue
            for cell, _ in snapshot.sheet(place.sheet).cells.items(place.range):
                found.append(SheetCell(place.sheet, cell))
                if len(found) == _MOST_IMAGES:
                    return found
    return found


def _restored(snapshot: Snapshot, cell: SheetCell, was: Content, now: Content) -> a.PreviewCell:
    return a.PreviewCell(
        cell=cell.a1,
        before=to_wire(was.value),
        after=to_wire(now.value),
        formula_before=was.formula,
        formula_after=now.formula,
        before_text=value_text(was.value, was.style.number_format, snapshot.is_1904),
        after_text=value_text(now.value, now.style.number_format, snapshot.is_1904),
        is_verified=True,
        is_edited=True,
    )
