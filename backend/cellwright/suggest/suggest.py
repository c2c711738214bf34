"""The serving story on one page: from a place in a workbook to ranked, verified suggestions, or to silence.

    snapshot + target -> proposers -> merge what is the same -> features -> keep the likeliest
                      -> the language model's opinion of each -> run them on the workbook
                      -> rank -> show, if the best is likely enough

Nothing invalid or refused survives. The language model, where there is one, is one more proposer and one
more judge; without it the experts work alone, ranked by weights of their own.
"""

from __future__ import annotations

import hashlib
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace

from cellwright.calc.calculator import Calculator
from cellwright.prompt.tasks import PROMPT_VERSION
from cellwright.proposers.experts import EXPERTS
from cellwright.proposers.language import LanguageProposer
from cellwright.proposers.model import Place, Proposer
from cellwright.rank.rank import Ranked, Weights, rank, shipped_ranker
from cellwright.reference import MAX_COLUMNS, MAX_ROWS, Cell, Range, SheetRange
from cellwright.suggest.merge import merge
from cellwright.suggest.model import Suggestion, Suggestions
from cellwright.suggest.practice import Practice
from cellwright.suggest.stages import features_of, judged, likeliest, tried
from cellwright.verify.model import Verdict
from cellwright.workbook.model import Snapshot

LEAST_TRIED = 8
"""How many candidates are worth the model's and the calculator's time, beside what the model wrote."""
_LEAST_LISTED = 0.02
"""A candidate less likely than this is no alternative worth a line beside a better one."""

Lender = Callable[[], AbstractContextManager[Calculator]]
"""Lends a calculator that holds the snapshot, for as long as candidates are tried: others may wait for it."""


def suggest(
    snapshot: Snapshot,
    target: SheetRange,
    *,
    calculator: Calculator | Lender | None = None,
    engine: Proposer | None = None,
    n: int = 5,
    typed: str = "",
    weights: Weights | None = None,
    cut: Weights | None = None,
    experts: Sequence[Proposer] = EXPERTS,
    version: str | None = None,
    practice: Practice | None = None,
) -> Suggestions:
    """Formulas and edits for a cell or range, likeliest first; the first cell of the range decides.

    `engine` is a LanguageProposer, which also judges what others propose, or any further proposer. `typed` is
    what the person has typed so far (with its `=`): only formulas that begin so are offered. Without a
    calculator the verdicts are unverified. `weights` are those of the last ranking and `cut` those of the
    choice of what is looked at more closely, by default the shipped ones; `version` names what serves a
    workspace in their place, for the log. `is_shown` marks what a person
    sees: nothing where the best is less likely than the weights' threshold, at most `n` otherwise. Raises
    UsageError for an unknown sheet.
    """
    started = time.perf_counter()
    ranker = shipped_ranker()
    model = engine if isinstance(engine, LanguageProposer) else None
    if weights is None:
        weights = ranker.model if model is not None else ranker.experts
    place = Place(snapshot, target, typed)
    place.sheet  # noqa: B018  an unknown sheet is told before any work
    cut = cut or ranker.cut
    if practice is not None:
        cut, weights = practice.weights(cut, place), practice.weights(weights, place)
    with ThreadPoolExecutor(max_workers=1) as beside:  # the model computes outside the interpreter's lock
        written = beside.submit(engine.propose, place) if engine is not None else None
        offered = [c for proposer in experts for c in proposer.propose(place)]
        told = time.perf_counter()
        offered += written.result() if written is not None else []
    proposed = time.perf_counter()

    entries = likeliest(features_of(place, merge(place, offered)), cut, max(LEAST_TRIED, n + 3))
    chosen = time.perf_counter()
    if model is not None:
        entries = judged(place, entries, model)
    scored = time.perf_counter()
    with _lent(calculator) as lent:
        sound = tried(place, entries, lent)
    verified = time.perf_counter()

    known = [replace(m.candidate, features=_rounded(m.features)) for m, _ in sound]
    ranked = rank(known, [m.features for m, _ in sound], weights)
    suggestions = _suggestions(place, ranked, [v for _, v in sound], n, weights.threshold, model, version)
    finished = time.perf_counter()
    latency_ms = {
        "propose": (told - started) * 1000,
        "model": (proposed - told + scored - chosen) * 1000,
        "rank": (chosen - proposed + finished - verified) * 1000,
        "verify": (verified - scored) * 1000,
        "total": (finished - started) * 1000,
    }
    context = "" if model is None else place.prompt.text
    return Suggestions(target, suggestions, _context_hash(place), latency_ms, context)


def _lent(calculator: Calculator | Lender | None) -> AbstractContextManager[Calculator | None]:
    if calculator is None or isinstance(calculator, Calculator):
        return nullcontext(calculator)
    return calculator()


def _suggestions(
    place: Place,
    ranked: Sequence[Ranked],
    verdicts: Sequence[Verdict],
    n: int,
    threshold: float,
    model: LanguageProposer | None,
    version: str | None,
) -> tuple[Suggestion, ...]:
    speaks = bool(ranked) and ranked[0].p_accept >= threshold
    return tuple(
        Suggestion(
            id=uuid.uuid4().hex,
            target=place.target,
            candidate=r.candidate,
            verdict=verdicts[r.position],
            p_accept=r.p_accept,
            rank=number,
            base_revision=place.snapshot.revision,
            is_shown=speaks and number <= n and (number == 1 or r.p_accept >= _LEAST_LISTED),
            model=None if model is None else model.label,
            adapter=version,
            prompt_version=None if model is None else str(PROMPT_VERSION),
        )
        for number, r in enumerate(ranked, start=1)
    )


def _rounded(features: Mapping[str, float]) -> dict[str, float]:
    """All that the ranker saw of a candidate, as short as a log needs it: outcomes teach by it."""
    return {name: round(value, 4) for name, value in features.items() if value}


def _context_hash(place: Place) -> str:
    """Identity of what the proposers chiefly saw: the file, the target, the labels and formulas round it."""
    source = place.snapshot.source
    seen = hashlib.sha256(f"{source.sha256 if source else ''}|{place.target.a1}".encode())
    seen.update(repr((place.row_labels, place.column_labels)).encode())
    row, column = place.cell
    templates = place.sheet.templates
    last = Cell(min(row + 3, MAX_ROWS - 1), min(column + 3, MAX_COLUMNS - 1))
    for near in Range(max(0, row - 3), max(0, column - 3), *last).cells():
        template = templates.get(near)
        if template is not None:
            seen.update(f"{near.a1}{template.text}".encode())
    return seen.hexdigest()
