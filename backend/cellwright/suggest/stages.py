"""The stages between proposing and ranking: what each adds to a candidate's features, and what is left out.

    features_of   how a formula sits in the sheet; drops what can't be right or says nothing new
    likeliest     the cut: what is worth the model's and the calculator's time
    judged        the language model's opinion of every formula that is left
    tried         what running each on the workbook showed; drops what is invalid or refused

Serving and the fit of the ranker's weights share them, so that weights are fitted on what they will see.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from cellwright.calc.calculator import Calculator
from cellwright.proposers.language import LanguageProposer, formula_size
from cellwright.proposers.model import Place
from cellwright.rank.extent import fill_ends
from cellwright.rank.features import formula_features, joint_features, place_features, verdict_features
from cellwright.rank.rank import Weights
from cellwright.suggest.merge import Merged
from cellwright.verify.model import Kind, Status, Verdict
from cellwright.verify.plan import make_plan
from cellwright.verify.verify import verify_many

LEAST_LOG_PROBABILITY = -40.0
"""Nats below which one formula is as unthinkable to the model as another."""


def features_of(place: Place, merged: Sequence[Merged]) -> list[Merged]:
    """Entries with the features that the sheet alone gives; what is typed so far must be kept."""
    prefix = _squeezed(place.typed)
    present = place.sheet.templates.get(place.cell)
    around = place_features(place)
    ends = fill_ends(place)
    kept: list[Merged] = []
    for entry in merged:
        features, candidate = entry.features | around, entry.candidate
        if entry.template is not None:
            if present is not None and entry.template.key == present.key:
                continue
            if prefix:
                if not _squeezed(entry.template.text).startswith(prefix):
                    continue
                candidate = replace(candidate, kind=Kind.COMPLETION)
            own = formula_features(place, entry.template, ends)
            if own is None:
                continue
            features = features | own
            features = features | joint_features(features)
        elif prefix:
            continue
        kept.append(replace(entry, candidate=candidate, features=features))
    return kept


def likeliest(entries: Sequence[Merged], weights: Weights, count: int) -> list[Merged]:
    """The `count` entries of highest score, best first, and all that the language model wrote itself."""
    ranked = sorted(entries, key=lambda entry: -weights.score(entry.features))
    return [
        entry
        for number, entry in enumerate(ranked)
        if number < count or entry.candidate.log_probability is not None
    ]


def judged(place: Place, entries: Sequence[Merged], engine: LanguageProposer) -> list[Merged]:
    """Entries with the model's log-probability of each formula; unchanged where it has no opinion."""
    unscored = [e for e in entries if e.template is not None and e.candidate.log_probability is None]
    scores = engine.log_probabilities(place, [e.template for e in unscored if e.template is not None])
    if scores is None:
        return list(entries)
    fresh = {id(entry): score for entry, score in zip(unscored, scores, strict=True)}
    known = {id(e): fresh.get(id(e), e.candidate.log_probability) for e in entries}
    best = max((score for score in known.values() if score is not None), default=0.0)
    found: list[Merged] = []
    for entry in entries:
        score = known[id(entry)]
        if score is None or entry.template is None:
            found.append(entry)
            continue
        floored = max(score, LEAST_LOG_PROBABILITY)
        features = {
            "log_probability": floored,
            "log_probability_each": floored / formula_size(entry.template.text),
            "log_probability_gap": max(score - best, LEAST_LOG_PROBABILITY),
            "is_scored": 1.0,
        }
        candidate = replace(entry.candidate, log_probability=score)
        found.append(replace(entry, candidate=candidate, features=entry.features | features))
    return found


def tried(
    place: Place, entries: Sequence[Merged], calculator: Calculator | None
) -> list[tuple[Merged, Verdict]]:
    """Sound entries with their verdicts, and the verdicts' features."""
    verdicts: Sequence[Verdict]
    if calculator is None:
        verdicts = [_unseen(place, entry) for entry in entries]
    else:
        verdicts = verify_many(place.snapshot, [entry.candidate for entry in entries], calculator)
    return [
        (replace(entry, features=entry.features | verdict_features(place, verdict)), verdict)
        for entry, verdict in zip(entries, verdicts, strict=True)
        if verdict.status not in (Status.INVALID, Status.REFUSED)
    ]


def _unseen(place: Place, entry: Merged) -> Verdict:
    """The verdict where nothing can be run: what does not parse or bind is told all the same."""
    check = make_plan(place.snapshot, entry.candidate.edits).check
    if check.why:
        return Verdict(Status.REFUSED if check.risks else Status.INVALID, evaluates=False, why=check.why)
    return Verdict(Status.UNVERIFIED, why="no calculator was given")


def _squeezed(formula: str) -> str:
    return "".join(formula.split()).casefold()
