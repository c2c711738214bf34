"""Whom to learn from: how far each person's decisions can be trusted, and what each decision weighs.

Three ways to spoil a model are looked for:

- **Poisoning**: accepting what is wrong, rejecting what is right. Whether a suggestion was right is not
  known, so it is inferred together with how reliable everybody is, by the EM of Dawid and Skene (1979) for
  two classes. Suggestions made in the same context with the same edits are one item, so people are compared
  with one another; an item's prior is the ranker's calibrated P(accept), moved by verdict and labels. With
  sensitivity s (accepts what is right) and specificity t (rejects what is wrong), Youden's J = s + t - 1 is 1
  for a perfect person, 0 for a coin, below 0 for one who decides against the evidence. The trust rises with J
  from 0 (no better than a coin) to 1 (J of `SURE`); who is suspected is left out.
- **Flooding**: deciding more than anybody reads. A person's day weighs at most `FLOOD` times the median of
  all persons' days, at least `FLOOD_LEAST` decisions; the same decision on the same item counts once.
- **Trivial accepting**: accepting only what says nothing (a constant, a plain reference) would teach the
  model to propose nothing else. A person's trivial accepts weigh, against their other accepts, at most as
  much as those of everybody else do, or as much as the others where nobody else accepts.

Not covered: people who act together against the evidence and are a majority, and honest work that contradicts
every prior; such a person shows up here with low trust and is a reviewer's to judge.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import exp, log
from statistics import median

from cellwright.feedback.decisions import LoggedDecision
from cellwright.feedback.model import LabelKind, OutcomeKind
from cellwright.formula import TokenKind, tokenize

SURE = 0.5
SUSPECT = 0.2
"""J below this, after enough decisions, is told as poisoning, and then nothing is learned from the person."""
ENOUGH = 20
FLOOD = 10.0
FLOOD_LEAST = 100
TRIVIAL_SHARE = 0.8
SELDOM = 0.2
_ROUNDS = 50
_CLOSE = 1e-4
_LEAST_PRIOR = 0.05
_VERDICTS = {"makes_errors": -4.0, "invalid": -6.0, "refused": -6.0}
"""What a verdict adds to an item's prior, in logits."""
_LABELS = {LabelKind.GOOD: 4.0, LabelKind.BAD: -4.0}
_HONEST = 0.8
_PRIOR_COUNT, _PRIOR_SHARE = 10.0, 0.1
"""Everybody starts as right in 80 of 100 decisions, worth 10 decisions and a tenth of their own."""


class Suspicion(StrEnum):
    """What is odd about a person's decisions."""

    NONE = "none"
    POISONING = "poisoning"
    FLOODING = "flooding"
    TRIVIAL = "trivial"


@dataclass(frozen=True)
class Trust:
    """Of one person. `trust` is 0 to 1, `informedness` is J.

    `peers` is the agreement with the majority of others on the same items, `verified` the share of the
    accepts that brought no new error; None where there was nothing to compare. `trivial` is the share of the
    accepts that say nothing.
    """

    user: str
    decisions: int
    accepted: int
    trust: float
    informedness: float
    peers: float | None
    verified: float | None
    trivial: float | None
    busiest_day: int
    suspicion: Suspicion


@dataclass(frozen=True)
class Judgement:
    """Everybody's trust by name, and the weight of each decision (by its suggestion's id), 0 to 1."""

    people: Mapping[str, Trust]
    weights: Mapping[str, float]


def judge(decisions: Sequence[LoggedDecision]) -> Judgement:
    """Trust and weights from all decisions; the same log gives the same judgement."""
    items = [_item(d) for d in decisions]
    informedness = _informedness(decisions, items)
    cap = _daily_cap(decisions)
    peers = _peers(decisions, items)
    by_user: dict[str, list[LoggedDecision]] = defaultdict(list)
    for decision in decisions:
        by_user[decision.user].append(decision)
    people = {
        user: _trust(user, theirs, informedness[user], peers.get(user), cap)
        for user, theirs in sorted(by_user.items())
    }
    return Judgement(people, _weights(decisions, items, people, cap))


def is_trivial(decision: LoggedDecision) -> bool:
    """Whether what was decided on says nothing: formulas without any function or operator."""
    lines = decision.decided.edits
    formulas = [line.split(" | ")[-1] for line in lines if line.startswith("FORMULA")]
    return bool(formulas) and len(formulas) == len(lines) and all(_says_nothing(f) for f in formulas)


def is_accepted(decision: LoggedDecision) -> bool:
    """Accepted, and not mostly taken out again before the file was saved; edited, and then mostly kept."""
    if decision.outcome is OutcomeKind.REJECTED:
        return False
    if decision.kept_rate is None:
        return decision.outcome is OutcomeKind.ACCEPTED
    return decision.kept_rate >= 0.5


def _says_nothing(formula: str) -> bool:
    kinds = {token.kind for token in tokenize(formula.removeprefix("="))}
    return not kinds & {TokenKind.FUNCTION, TokenKind.OPERATOR}


def _item(decision: LoggedDecision) -> str:
    text = "\n".join([decision.context_hash, *decision.decided.edits])
    return hashlib.sha256(text.encode()).hexdigest()


def _informedness(decisions: Sequence[LoggedDecision], items: Sequence[str]) -> dict[str, float]:
    """J by user. E step: P(item right) from its prior and everybody's decisions; M step: s and t of each."""
    prior = {item: _prior(d) for item, d in zip(items, decisions, strict=True)}
    votes = [(d.user, item, is_accepted(d)) for d, item in zip(decisions, items, strict=True)]
    count = Counter(user for user, _, _ in votes)
    able = dict.fromkeys(count, (_HONEST, _HONEST))
    for _ in range(_ROUNDS):
        logits = dict(prior)
        for user, item, accepts in votes:
            s, t = able[user]
            logits[item] += log(s / (1 - t)) if accepts else log((1 - s) / t)
        right = {item: 1 / (1 + exp(-max(-30.0, min(30.0, x)))) for item, x in logits.items()}
        sums: dict[str, list[float]] = {}
        for user in count:
            strength = _PRIOR_COUNT + _PRIOR_SHARE * count[user]
            sums[user] = [_HONEST * strength, strength, _HONEST * strength, strength]
        for user, item, accepts in votes:
            held, p = sums[user], right[item]
            held[0] += p * accepts
            held[1] += p
            held[2] += (1 - p) * (not accepts)
            held[3] += 1 - p
        found = {user: (a / b, c / d) for user, (a, b, c, d) in sums.items()}
        moved = max((abs(x - y) for u in found for x, y in zip(found[u], able[u], strict=True)), default=0.0)
        able = found
        if moved < _CLOSE:
            break
    return {user: s + t - 1 for user, (s, t) in able.items()}


def _prior(decision: LoggedDecision) -> float:
    """Logit of the item being right before anybody decided."""
    p = min(1 - _LEAST_PRIOR, max(_LEAST_PRIOR, decision.decided.p_accept))
    label = 0.0 if decision.label is None else _LABELS.get(decision.label, 0.0)
    return log(p / (1 - p)) + _VERDICTS.get(decision.decided.status, 0.0) + label


def _peers(decisions: Sequence[LoggedDecision], items: Sequence[str]) -> dict[str, float]:
    """Agreement with the majority of the others on the same item, by user; a tie counts half."""
    votes: dict[str, dict[str, bool]] = defaultdict(dict)
    for decision, item in zip(decisions, items, strict=True):
        votes[item][decision.user] = is_accepted(decision)
    agreed: dict[str, list[float]] = defaultdict(list)
    for held in votes.values():
        for user, accepts in held.items():
            others = [vote for other, vote in held.items() if other != user]
            if others:
                share = sum(others) / len(others)
                agreed[user].append(0.5 if share == 0.5 else float((share > 0.5) == accepts))
    return {user: sum(found) / len(found) for user, found in agreed.items()}


def _daily_cap(decisions: Sequence[LoggedDecision]) -> float:
    days = Counter((d.user, d.created_day) for d in decisions)
    return max(float(FLOOD_LEAST), FLOOD * median(days.values()) if days else 0.0)


def _trust(
    user: str, decisions: Sequence[LoggedDecision], informedness: float, peers: float | None, cap: float
) -> Trust:
    accepted = [d for d in decisions if is_accepted(d)]
    trivial = sum(is_trivial(d) for d in accepted)
    busiest = max(Counter(d.created_day for d in decisions).values())
    others = [d for d in decisions if not is_trivial(d)]
    is_shy = sum(is_accepted(d) for d in others) < SELDOM * len(others)
    suspicion = Suspicion.NONE
    if len(decisions) >= ENOUGH and informedness < SUSPECT:
        suspicion = Suspicion.POISONING
    trust = 0.0 if suspicion is Suspicion.POISONING else min(1.0, max(0.0, informedness / SURE))
    if len(accepted) >= ENOUGH and trivial >= TRIVIAL_SHARE * len(accepted) and (is_shy or not others):
        suspicion = Suspicion.TRIVIAL
    if busiest > cap:
        suspicion = Suspicion.FLOODING
    sound = sum(d.decided.status not in _VERDICTS for d in accepted)
    return Trust(
        user=user,
        decisions=len(decisions),
        accepted=len(accepted),
        trust=trust,
        informedness=informedness,
        peers=peers,
        verified=sound / len(accepted) if accepted else None,
        trivial=trivial / len(accepted) if accepted else None,
        busiest_day=busiest,
        suspicion=suspicion,
    )


def _weights(
    decisions: Sequence[LoggedDecision], items: Sequence[str], people: Mapping[str, Trust], cap: float
) -> dict[str, float]:
    days = Counter((d.user, d.created_day) for d in decisions)
    seen: set[tuple[str, str, bool]] = set()
    weights: dict[str, float] = {}
    for decision, item in zip(decisions, items, strict=True):
        vote = (decision.user, item, is_accepted(decision))
        weight = people[decision.user].trust * min(1.0, cap / days[decision.user, decision.created_day])
        weights[decision.decided.suggestion_id] = 0.0 if vote in seen else weight
        seen.add(vote)
    _damp_trivial(decisions, weights)
    return weights


def _damp_trivial(decisions: Sequence[LoggedDecision], weights: dict[str, float]) -> None:
    """Scale down each person's trivial accepts to the ratio that they have with everybody else."""
    trivial: dict[str, float] = defaultdict(float)
    telling: dict[str, float] = defaultdict(float)
    for decision in decisions:
        if is_accepted(decision):
            held = trivial if is_trivial(decision) else telling
            held[decision.user] += weights[decision.decided.suggestion_id]
    scale: dict[str, float] = {}
    for user, sum_trivial in trivial.items():
        others = sum(telling.values()) - telling[user]
        ratio = max(1.0, (sum(trivial.values()) - sum_trivial) / others) if others > 0 else 1.0
        scale[user] = min(1.0, ratio * telling[user] / sum_trivial) if sum_trivial else 1.0
    for decision in decisions:
        if is_accepted(decision) and is_trivial(decision):
            weights[decision.decided.suggestion_id] *= scale[decision.user]
