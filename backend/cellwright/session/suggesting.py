"""From a request to suggestions, in a worker thread: for a place, a typed beginning, a broken formula.

The first answer is the experts' alone, some tens of milliseconds after the selection; the language model's
opinion comes after it. A formula that was already shown keeps its id in the second answer, so that a pane can
replace it and an outcome finds it; in the store it then counts as shown once.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from cellwright.calc.calculator import Calculator
from cellwright.errors import EditError, EngineBusy, ModelError
from cellwright.feedback.model import new_id
from cellwright.proposers.completion import propose_completions
from cellwright.proposers.language import LanguageProposer
from cellwright.proposers.model import Place, formula_candidate
from cellwright.proposers.repair import propose_repairs
from cellwright.proposers.template import read_template
from cellwright.protocol.answers import Timings
from cellwright.reference import SheetRange
from cellwright.session.book import Book
from cellwright.session.service import Service
from cellwright.suggest.model import Suggestion, Suggestions
from cellwright.suggest.suggest import suggest
from cellwright.verify.model import Candidate, Kind, Status
from cellwright.verify.verify import verify_many
from cellwright.workbook.model import Snapshot

_HIDDEN = (Status.INVALID, Status.REFUSED)


@dataclass(frozen=True)
class Found:
    """Suggestions to show, the snapshot that they were made on, and how long the parts took."""

    shown: tuple[Suggestion, ...]
    snapshot: Snapshot
    timings: Timings


def suggestions_for(
    service: Service,
    book: Book,
    target: SheetRange,
    *,
    n: int,
    typed: str = "",
    include_unlikely: bool = False,
    model: LanguageProposer | None = None,
    earlier: Sequence[Suggestion] = (),
    is_last: bool = True,
) -> Found:
    """Suggestions for a place, recorded where some are shown or it `is_last` word on the request.

    `earlier` are those that were shown for it before the model spoke.
    """
    with service.calculators.hold(book.id, book.state.snapshot) as calculator:
        snapshot = service.settled(book, calculator)

    serving = service.tailoring.serving(service.preferences.current.workspace, book.id, service.language)
    model = serving.language(model)
    found = suggest(
        snapshot,
        target,
        calculator=lambda: service.lent(book, snapshot),
        engine=model,
        n=n,
        typed=typed,
        weights=serving.alone if model is None else serving.together,
        cut=serving.cut,
        experts=serving.experts,
        version=serving.version,
        practice=service.practising.of(book.id, snapshot, target.sheet),
    )
    found = service.explored(found)
    shown = found.candidates[:n] if include_unlikely else found.shown
    if not shown and typed and model is not None:
        completed = _completions(service, book, snapshot, target, typed, n, model)
        found = replace(completed, latency_ms=found.latency_ms)
        shown = found.shown
    if include_unlikely:
        is_listed = {suggestion.id for suggestion in shown}
        found = replace(
            found, candidates=tuple(replace(s, is_shown=s.id in is_listed) for s in found.candidates)
        )
    known = {suggestion.candidate.edits: suggestion for suggestion in earlier}
    if not shown:
        # What a person reads already is not taken away because the model is a little less sure of it.
        shown = tuple(s for s in found.candidates if s.candidate.edits in known)[:n]
    fresh = [s for s in found.candidates if s.candidate.edits not in known]
    if shown or is_last:
        kept = tuple(s if s in fresh else replace(s, is_shown=False) for s in found.candidates)
        service.record(replace(found, candidates=kept), book)
    shown = tuple(
        replace(s, id=known[s.candidate.edits].id) if s.candidate.edits in known else s for s in shown
    )
    return Found(shown, snapshot, timings_of(found))


def repairs_for(
    service: Service,
    book: Book,
    target: SheetRange,
    formula: str,
    *,
    n: int,
    model: LanguageProposer | None = None,
) -> Found:
    """Formulas that a broken one may have meant, each tried in its cell."""
    started = time.perf_counter()
    language = None if model is None else model.model
    try:
        repairs = propose_repairs(formula, n, language)
    except (EngineBusy, ModelError):
        repairs = propose_repairs(formula, n, None)
    proposed = (time.perf_counter() - started) * 1000
    offered = [(r.formula, r.probability) for r in repairs if r.formula != formula]
    with service.calculators.hold(book.id, book.state.snapshot) as calculator:
        snapshot = service.settled(book, calculator)
        found = judged(
            snapshot, target, offered, Kind.REPAIR, "repair", "Closest formula that Excel takes", calculator
        )
    found = replace(found, latency_ms={**found.latency_ms, "model" if language else "propose": proposed})
    service.record(found, book)
    return Found(found.shown, snapshot, timings_of(found))


def answer_written(service: Service, book: Book, target: SheetRange, formula: str) -> Found:
    """The formula of an answer, tried in a cell; raises EditError where it cannot stand there."""
    with service.calculators.hold(book.id, book.state.snapshot) as calculator:
        snapshot = service.settled(book, calculator)
        found = judged(
            snapshot, target, [(formula, 1.0)], Kind.ANSWER, "ask", "Computes the answer", calculator
        )
        if not found.shown:
            place = Place(snapshot, target)
            candidate = formula_candidate(place, read_template(formula, place.cell), "ask", "")
            (verdict,) = verify_many(snapshot, [candidate], calculator)
            raise EditError(f"expected a formula that can stand in {target.a1}, but {verdict.why}")
    service.record(found, book)
    return Found(found.shown, snapshot, timings_of(found))


def judged(
    snapshot: Snapshot,
    target: SheetRange,
    offered: Sequence[tuple[str, float]],
    kind: Kind,
    proposer: str,
    reason: str,
    calculator: Calculator | None,
    model: LanguageProposer | None = None,
) -> Suggestions:
    """Formulas with probabilities as suggestions for a place: each tried, unsound ones left out."""
    started = time.perf_counter()
    place = Place(snapshot, target)
    candidates: list[Candidate] = [
        replace(formula_candidate(place, read_template(text, place.cell), proposer, reason), kind=kind)
        for text, _ in offered
    ]
    verdicts = verify_many(snapshot, candidates, calculator) if calculator is not None else []
    made = [
        Suggestion(
            id=new_id(),
            target=target,
            candidate=candidate,
            verdict=verdict,
            p_accept=probability,
            rank=0,
            base_revision=snapshot.revision,
            model=None if model is None else model.label,
        )
        for candidate, verdict, (_, probability) in zip(candidates, verdicts, offered, strict=True)
        if verdict.status not in _HIDDEN
    ]
    ranked = tuple(replace(suggestion, rank=rank) for rank, suggestion in enumerate(made, start=1))
    context = hashlib.sha256(f"{kind.value}|{target.a1}|{[text for text, _ in offered]}".encode()).hexdigest()
    took = (time.perf_counter() - started) * 1000
    return Suggestions(target, ranked, context, {"verify": took, "total": took})


def _completions(
    service: Service,
    book: Book,
    snapshot: Snapshot,
    target: SheetRange,
    typed: str,
    n: int,
    model: LanguageProposer,
) -> Suggestions:
    """Completions of the text alone, where the place gives none."""
    offered = [(c.formula, c.probability) for c in propose_completions(typed, model.model, n)]
    with service.calculators.hold(book.id, snapshot) as calculator:
        snapshot = service.settled(book, calculator)
        return judged(
            snapshot,
            target,
            offered,
            Kind.COMPLETION,
            "completion",
            "Likeliest end of what is typed",
            calculator,
            model,
        )


def timings_of(found: Suggestions) -> Timings:
    """The parts as they travel; queue and total are the pane's to add."""
    parts = found.latency_ms
    return Timings(
        context_ms=round(parts.get("propose", 0.0), 2),
        model_ms=round(parts.get("model", 0.0), 2),
        verify_ms=round(parts.get("verify", 0.0), 2),
        rank_ms=round(parts.get("rank", 0.0), 2),
    )
