"""Many proposers, one list: the same formula offered twice becomes one candidate with its evidence joined."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from math import log1p

from cellwright.edits.model import SetFormulas
from cellwright.proposers.model import Place
from cellwright.proposers.template import Template, read_template
from cellwright.verify.model import Candidate


@dataclass(frozen=True)
class Merged:
    """A candidate, its template where it is one formula, and the joined features of all who offered it."""

    candidate: Candidate
    template: Template | None
    features: dict[str, float]


def formula_of(candidate: Candidate, place: Place) -> Template | None:
    """The template of a candidate that sets one relative formula; None for other edits."""
    if len(candidate.edits) != 1:
        return None
    edit = candidate.edits[0]
    if not isinstance(edit, SetFormulas) or edit.formulas[0][0] is None:
        return None
    return read_template(edit.formulas[0][0], place.cell)


def merge(place: Place, candidates: Iterable[Candidate]) -> list[Merged]:
    """One entry for each distinct formula (by its relative identity) or edit, in order of first offer.

    A feature's joined value is its largest; `agreement` is how many other proposers offered the same, `votes`
    the logarithm of how many times it was offered again.
    """
    groups: dict[object, list[Candidate]] = {}
    templates: dict[object, Template | None] = {}
    for candidate in candidates:
        template = formula_of(candidate, place)
        identity: object = candidate.edits if template is None else (candidate.kind, template.key)
        groups.setdefault(identity, []).append(candidate)
        templates.setdefault(identity, template)
    merged = []
    for identity, members in groups.items():
        features: dict[str, float] = {}
        for member in members:
            for name, value in member.features.items():
                features[name] = max(value, features.get(name, value))
        proposers = {member.proposer for member in members}
        for proposer in proposers:
            features[f"by_{proposer}"] = 1.0
        features["agreement"] = float(len(proposers) - 1)
        features["votes"] = log1p(len(members) - 1)
        scores = [m.log_probability for m in members if m.log_probability is not None]
        candidate = replace(members[0], log_probability=max(scores, default=None))
        merged.append(Merged(candidate, templates[identity], features))
    return merged
