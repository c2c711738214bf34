"""Explanations, audits and the history, in worker threads."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence

from cellwright.calc.calculator import Calculator
from cellwright.feedback.model import new_id
from cellwright.feedback.store import LoggedSuggestion
from cellwright.insight.audit import audit
from cellwright.insight.explain import explain
from cellwright.insight.finding import Finding
from cellwright.protocol import answers as a
from cellwright.reference import Range, SheetCell, SheetRange
from cellwright.session.book import Book
from cellwright.session.service import Service
from cellwright.session.wire import wire_explanation, wire_suggestion
from cellwright.suggest.model import Suggestion, Suggestions
from cellwright.verify.model import Candidate, Kind, Status
from cellwright.verify.verify import verify_many
from cellwright.workbook.model import Snapshot

_MOST_FINDINGS = 500
_MOST_MENDED = 50
_OUTCOMES = frozenset(("accepted", "edited", "rejected", "ignored", "superseded", "stale", "undone"))


def explained(service: Service, book: Book, target: SheetRange, request_id: str) -> a.Explanation:
    """The explanation of the formula in a cell; raises UsageError where there is none."""
    with service.calculators.hold(book.id, book.state.snapshot) as calculator:
        snapshot = service.settled(book, calculator)
        cell = SheetCell(target.sheet, target.range.first)
        told = explain(snapshot, cell, calculator.evaluate, service.facts(snapshot))
    return wire_explanation(told, request_id, snapshot)


def audited(service: Service, book: Book, request_id: str) -> tuple[list[a.Finding], list[str]]:
    """The findings, worst first, and the ids of the suggestions that would mend some of them."""
    with service.calculators.hold(book.id, book.state.snapshot) as calculator:
        snapshot = service.settled(book, calculator)
        findings = audit(snapshot, service.facts(snapshot))[:_MOST_FINDINGS]
        mended = _mended(snapshot, findings, calculator)
    for suggestion in mended.values():
        service.record(_alone(suggestion), book)
    messages = [
        a.Finding(
            request_id=request_id,
            index=index,
            total=len(findings),
            kind=finding.kind.value,
            severity=finding.severity.value,
            place=None if finding.place is None else finding.place.a1,
            sentence=finding.sentence,
            count=finding.count,
            related=[place.a1 for place in finding.related[:20]],
            suggestion=wire_suggestion(mended[index], snapshot) if index in mended else None,
        )
        for index, finding in enumerate(findings)
    ]
    return messages, [suggestion.id for suggestion in mended.values()]


def history(entries: Sequence[LoggedSuggestion], undoable: Collection[str], request_id: str) -> a.HistoryList:
    """The store's latest suggestions as they travel."""
    return a.HistoryList(
        request_id=request_id,
        entries=[
            a.HistoryEntry.model_validate(
                {
                    "suggestion_id": entry.id,
                    "created": entry.created,
                    "target": entry.target,
                    "kind": entry.proposer,
                    "edit_lines": list(entry.edits),
                    "reason": entry.reason,
                    "verdict": entry.status,
                    "confidence": entry.p_accept,
                    "outcome": entry.outcome if entry.outcome in _OUTCOMES else None,
                    "reject_reason": entry.reject_reason,
                    "can_undo": entry.id in undoable,
                }
            )
            for entry in entries
        ],
    )


def _mended(snapshot: Snapshot, findings: Sequence[Finding], calculator: Calculator) -> dict[int, Suggestion]:
    """For the first findings that can be mended: index -> a verified suggestion."""
    chosen = [(index, found) for index, found in enumerate(findings) if found.edits][:_MOST_MENDED]
    candidates = [
        Candidate(Kind.REPAIR, found.edits, "audit", found.sentence, found.related) for _, found in chosen
    ]
    verdicts = verify_many(snapshot, candidates, calculator)
    return {
        index: Suggestion(
            id=new_id(),
            target=found.place or SheetRange(snapshot.sheet_names[0], Range(0, 0, 0, 0)),
            candidate=candidate,
            verdict=verdict,
            p_accept=0.5,
            rank=1,
            base_revision=snapshot.revision,
        )
        for (index, found), candidate, verdict in zip(chosen, candidates, verdicts, strict=True)
        if verdict.status not in (Status.INVALID, Status.REFUSED)
    }


def _alone(suggestion: Suggestion) -> Suggestions:
    context = hashlib.sha256(f"audit|{suggestion.target.a1}".encode()).hexdigest()
    return Suggestions(suggestion.target, (suggestion,), context, {})
