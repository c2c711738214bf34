"""The serving story on one page: from a place in a workbook to ranked, verified suggestions, or to silence.

    snapshot + target -> proposers -> merge what is the same -> features -> keep the likeliest
                      -> run them on the workbook -> rank -> show, if the best is likely enough

Nothing invalid or refused survives. The language model, where there is one, is one more proposer.
"""

from __future__ import annotations

import hashlib
import time
import uuid
from collections.abc import Sequence
from dataclasses import replace

from cellwright.calc.calculator import Calculator
from cellwright.proposers.experts import EXPERTS
from cellwright.proposers.model import Place, Proposer
from cellwright.rank.features import formula_features, joint_features, verdict_features
from cellwright.rank.rank import Ranked, Weights, rank, shipped_weights
from cellwright.reference import SheetRange
from cellwright.suggest.merge import Merged, merge
from cellwright.suggest.model import Suggestion, Suggestions
from cellwright.verify.model import Candidate, Kind, Status, Verdict
from cellwright.verify.verify import verify_many
from cellwright.workbook.model import Snapshot

_LEAST_VERIFIED = 16
_LEAST_LISTED = 0.02
"""A candidate less likely than this is no alternative worth a line beside a better one."""


def suggest(
    snapshot: Snapshot,
    target: SheetRange,
    *,
    calculator: Calculator | None = None,
    engine: Proposer | None = None,
    n: int = 5,
    typed: str = "",
    weights: Weights | None = None,
    experts: Sequence[Proposer] = EXPERTS,
) -> Suggestions:
    """Formulas and edits for a cell or range, likeliest first; the first cell of the range decides.

    `typed` is what the person has typed so far (with its `=`): only formulas that begin so are offered.
    Without a calculator the verdicts are unverified. `is_shown` marks what a person sees: nothing where the
    best is less likely than the weights' threshold, at most `n` otherwise. Raises UsageError for an unknown
    sheet.
    """
    started = time.perf_counter()
    weights = weights or shipped_weights()
    place = Place(snapshot, target)
    place.sheet  # noqa: B018  an unknown sheet is told before any work
    offered = [c for proposer in experts for c in proposer.propose(place)]
    if engine is not None:
        offered += engine.propose(place)
    proposed = time.perf_counter()

    likely = _likeliest(place, merge(place, offered), typed, weights, max(_LEAST_VERIFIED, 3 * n))
    ranked_once = time.perf_counter()

    verdicts = _verdicts(snapshot, [m.candidate for m in likely], calculator)
    verified = time.perf_counter()

    sound = [
        (m, verdict)
        for m, verdict in zip(likely, verdicts, strict=True)
        if verdict.status not in (Status.INVALID, Status.REFUSED)
    ]
    features = [m.features | verdict_features(place, verdict) for m, verdict in sound]
    ranked = rank([m.candidate for m, _ in sound], features, weights)
    suggestions = _suggestions(place, ranked, [v for _, v in sound], n, weights.threshold)
    latency_ms = {
        "propose": (proposed - started) * 1000,
        "rank": (ranked_once - proposed + time.perf_counter() - verified) * 1000,
        "verify": (verified - ranked_once) * 1000,
        "total": (time.perf_counter() - started) * 1000,
    }
    return Suggestions(target, suggestions, _context_hash(place), latency_ms)


def _likeliest(
    place: Place, merged: Sequence[Merged], typed: str, weights: Weights, count: int
) -> list[Merged]:
    """The `count` entries of highest score before verification, those that say nothing new left out."""
    prefix = _squeezed(typed)
    present = place.sheet.templates.get(place.cell)
    kept: list[tuple[float, int, Merged]] = []
    for position, entry in enumerate(merged):
        features = entry.features
        candidate = entry.candidate
        if entry.template is not None:
            if present is not None and entry.template.key == present.key:
                continue
            if prefix:
                if not _squeezed(entry.template.text).startswith(prefix):
                    continue
                candidate = replace(candidate, kind=Kind.COMPLETION)
            own = formula_features(place, entry.template)
            if own is None:
                continue
            features = features | own
            features = features | joint_features(features)
        elif prefix:
            continue
        if candidate.log_probability is not None:
            features = features | {"log_probability": candidate.log_probability}
        entry = replace(entry, candidate=candidate, features=features)
        kept.append((-weights.score(features), position, entry))
    kept.sort(key=lambda item: item[:2])
    return [entry for _, _, entry in kept[:count]]


def _squeezed(formula: str) -> str:
    return "".join(formula.split()).casefold()


def _verdicts(
    snapshot: Snapshot, candidates: Sequence[Candidate], calculator: Calculator | None
) -> Sequence[Verdict]:
    if calculator is None:
        return [Verdict(Status.UNVERIFIED, why="no calculator was given") for _ in candidates]
    return verify_many(snapshot, candidates, calculator)


def _suggestions(
    place: Place, ranked: Sequence[Ranked], verdicts: Sequence[Verdict], n: int, threshold: float
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
        )
        for number, r in enumerate(ranked, start=1)
    )


def _context_hash(place: Place) -> str:
    """Identity of what the proposers chiefly saw: the file, the target, the labels and formulas round it."""
    source = place.snapshot.source
    seen = hashlib.sha256(f"{source.sha256 if source else ''}|{place.target.a1}".encode())
    seen.update(repr((place.row_labels, place.column_labels)).encode())
    row, column = place.cell
    for cell, template in place.sheet.templates.items():
        if abs(cell.row - row) <= 3 and abs(cell.column - column) <= 3:
            seen.update(f"{cell.a1}{template.text}".encode())
    return seen.hexdigest()
