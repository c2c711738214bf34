"""Who spoils the log is found, and weighs little or nothing; honest people keep their weight."""

from __future__ import annotations

import random

from cellwright.feedback.decisions import LoggedDecision
from cellwright.feedback.model import OutcomeKind
from cellwright.feedback.trust import ENOUGH, Suspicion, Trust, judge
from tests.feedback.books import decision

ACCEPTED, REJECTED = OutcomeKind.ACCEPTED, OutcomeKind.REJECTED


def crowd(chance: random.Random, people: int = 6, each: int = 60, error: float = 0.1) -> list[LoggedDecision]:
    """Honest people who decide as the suggestion was right or wrong, with some mistakes."""
    made = []
    for number in range(people):
        for _ in range(each):
            right, p, status = suggestion(chance)
            accepts = right != (chance.random() < error)
            made.append(
                decision(
                    f"honest{number}",
                    ACCEPTED if accepts else REJECTED,
                    p_accept=p,
                    status=status,
                    formula=f"=SUM(A1:A{chance.randrange(2, 99)})",
                    day=739_000 + chance.randrange(20),
                )
            )
    return made


def suggestion(chance: random.Random) -> tuple[bool, float, str]:
    """Whether it is right, its calibrated P(accept), and its verdict; wrong ones make errors now and then."""
    p = chance.betavariate(3, 2)
    right = chance.random() < p
    return right, p, "verified" if right or chance.random() < 0.7 else "makes_errors"


def mean_weight(made: list[LoggedDecision], user: str) -> float:
    weights = judge(made).weights
    own = [weights[d.decided.suggestion_id] for d in made if d.user == user]
    return sum(own) / len(own)


def judged(made: list[LoggedDecision], user: str) -> Trust:
    return judge(made).people[user]


def test_honest_people_keep_their_weight_and_none_is_suspected() -> None:
    made = crowd(random.Random(1))
    people = judge(made).people
    assert [p.suspicion for p in people.values()] == [Suspicion.NONE] * 6
    assert min(p.trust for p in people.values()) > 0.8
    assert mean_weight(made, "honest0") > 0.8


def test_a_poisoner_is_found_and_teaches_nothing() -> None:
    found = honest = 0
    for seed in range(20):
        chance = random.Random(seed)
        made = crowd(chance)
        for _ in range(60):  # accepts what is wrong on purpose, rejects what is right
            right, p, status = suggestion(chance)
            made.append(decision("mallory", REJECTED if right else ACCEPTED, p_accept=p, status=status))
        told = judge(made).people
        found += told["mallory"].suspicion is Suspicion.POISONING and told["mallory"].trust == 0.0
        honest += sum(told[f"honest{n}"].suspicion is Suspicion.NONE for n in range(6))
        assert mean_weight(made, "mallory") < 0.2
    assert found >= 19  # of 20
    assert honest >= 118  # of 120


def test_a_poisoner_among_people_who_see_the_same_disagrees_with_them() -> None:
    chance = random.Random(3)
    made = []
    for number in range(40):
        right = chance.random() < 0.6
        honest, other = (ACCEPTED, REJECTED) if right else (REJECTED, ACCEPTED)
        votes = {"ann": honest, "bob": honest, "cy": honest, "mallory": other}
        made += [decision(user, vote, p_accept=0.6, context=f"c{number}") for user, vote in votes.items()]
    told = judged(made, "mallory")
    assert told.peers == 0.0
    assert told.suspicion is Suspicion.POISONING
    assert judged(made, "ann").peers == 1.0
    assert judged(made, "ann").trust == 1.0


def test_a_flood_weighs_no_more_than_a_diligent_day() -> None:
    chance = random.Random(4)
    made = crowd(chance)
    for _ in range(5_000):
        right, p, status = suggestion(chance)
        made.append(decision("bot", ACCEPTED if right else REJECTED, p_accept=p, status=status, day=739_003))
    told = judge(made)
    assert told.people["bot"].suspicion is Suspicion.FLOODING
    assert told.people["bot"].busiest_day == 5_000
    flood = sum(told.weights[d.decided.suggestion_id] for d in made if d.user == "bot")
    assert flood <= 100.0 + 1e-6  # FLOOD_LEAST; unweighted it would be 5,000 against the crowd's 360
    assert all(told.people[f"honest{n}"].suspicion is Suspicion.NONE for n in range(6))


def test_the_same_decision_again_counts_once() -> None:
    made = [decision("ann", ACCEPTED, context="same") for _ in range(50)]
    weights = judge(made).weights
    assert sum(weight > 0 for weight in weights.values()) == 1


def test_who_accepts_only_trivial_suggestions_does_not_make_the_log_trivial() -> None:
    chance = random.Random(5)
    made = crowd(chance)
    for number in range(200):
        trivial = number % 2 == 0
        made.append(
            decision(
                "lazy",
                ACCEPTED if trivial else REJECTED,
                p_accept=0.6,
                formula=f"=A{number + 1}" if trivial else f"=SUM(A1:A{number + 1})",
                day=739_000 + number % 20,
            )
        )
    told = judge(made)
    assert told.people["lazy"].suspicion is Suspicion.TRIVIAL
    assert told.people["lazy"].trivial == 1.0
    trivial_weight = sum(
        told.weights[d.decided.suggestion_id] for d in made if d.user == "lazy" and d.outcome is ACCEPTED
    )
    assert trivial_weight == 0.0  # unweighted 100 of the 300 or so accepts would say nothing


def test_simple_sheets_are_no_suspicion() -> None:
    made = [decision("ann", ACCEPTED, formula=f"=A{n + 1}", day=739_000 + n % 9) for n in range(30)]
    made += [decision("ann", ACCEPTED, formula=f"=SUM(A1:A{n + 2})", day=739_000 + n % 9) for n in range(30)]
    assert judged(made, "ann").suspicion is Suspicion.NONE
    assert sum(judge(made).weights.values()) > 40


def test_too_few_decisions_accuse_nobody_and_an_empty_log_is_fine() -> None:
    few = [decision("new", ACCEPTED, p_accept=0.1, status="makes_errors") for _ in range(ENOUGH - 1)]
    assert judged(few, "new").suspicion is Suspicion.NONE
    assert judge([]).people == {}


def test_what_was_taken_out_again_was_not_accepted() -> None:
    made = [decision("ann", ACCEPTED, kept_rate=0.0, context=f"c{n}") for n in range(10)]
    assert judged(made, "ann").accepted == 0
