"""Off-policy estimates against a truth that is known, exploration, kept rate, kappa."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace

import pytest

from cellwright.errors import UsageError
from cellwright.feedback.agreement import agreements, cohens_kappa
from cellwright.feedback.decisions import decisions
from cellwright.feedback.explore import explored
from cellwright.feedback.kept import kept_rate, surviving
from cellwright.feedback.model import Label, LabelKind, Outcome, OutcomeKind
from cellwright.feedback.off_policy import Sample, estimate, samples_of
from cellwright.feedback.store import FeedbackStore
from cellwright.rank.rank import Weights
from cellwright.reference import Cell, SheetCell
from cellwright.verify.model import Status, Verdict
from tests.feedback.books import suggestions
from tests.workbooks import book

TRUTH = (0.7, 0.4)
"""How often people accept action 0 and 1."""


def logged(chance: random.Random, epsilon: float, model: tuple[float, float], target: int) -> Sample:
    """A decision of a policy that takes action 1 but explores, as a policy that takes `target` sees it."""
    p = (epsilon / 2, 1 - epsilon / 2)
    action = int(chance.random() < p[1])
    reward = float(chance.random() < TRUTH[action])
    return Sample(reward, p[action], float(action == target), model[action], model[target])


@pytest.mark.parametrize("model", [TRUTH, (0.5, 0.5)], ids=["right reward model", "wrong reward model"])
def test_estimates_find_the_value_of_a_policy_that_was_never_in_force(model: tuple[float, float]) -> None:
    inside = 0
    for seed in range(100):
        chance = random.Random(seed)
        told = estimate([logged(chance, 0.2, model, 0) for _ in range(2_000)])
        assert told.snips is not None
        assert told.doubly_robust is not None
        assert abs(told.logged - 0.43) < 0.06  # type: ignore[operator]
        inside += told.snips.low <= TRUTH[0] <= told.snips.high
        inside += told.doubly_robust.low <= TRUTH[0] <= told.doubly_robust.high
        assert 100 < told.effective_samples < 320  # about epsilon / 2 of the log
    assert inside >= 180  # 95 % intervals: of 200


def test_clipping_bounds_one_sample_and_no_log_says_nothing() -> None:
    rare = [Sample(1.0, 0.001, 1.0, 0.5, 0.5)] + [Sample(0.0, 1.0, 1.0, 0.5, 0.5)] * 99
    told = estimate(rare)
    assert told.snips is not None
    assert told.snips.value == pytest.approx(10 / 109)
    assert estimate([]).snips is None
    assert estimate([Sample(1.0, 1.0, 0.0, 0.5, 0.5)]).snips is None  # no overlap
    with pytest.raises(UsageError, match="propensity over 0"):
        Sample(1.0, 0.0, 1.0, 0.5, 0.5)


def test_exploration_logs_the_propensities_that_it_draws_by() -> None:
    base = suggestions(n=4)
    close = tuple(
        replace(
            s,
            is_shown=i < 3,
            p_accept=(0.6, 0.5, 0.1, 0.4)[i],
            verdict=Verdict(Status.VERIFIED if i != 3 else Status.UNVERIFIED),
        )
        for i, s in enumerate(base.candidates)
    )
    found = replace(base, candidates=close)
    chance = random.Random(5)
    first: Counter[str] = Counter()
    for _ in range(20_000):
        drawn = explored(found, 0.2, chance)
        first[drawn.shown[0].id] += 1
        assert [s.rank for s in drawn.candidates] == [1, 2, 3, 4]
        assert {s.id for s in drawn.shown} == {s.id for s in found.shown}
    propensities = {s.id: s.propensity for s in drawn.candidates}
    assert [propensities[s.id] for s in close] == pytest.approx([0.9, 0.1, 0.0, 0.0])
    for one in close:
        assert first[one.id] / 20_000 == pytest.approx(propensities[one.id], abs=0.01)
    assert [s.propensity for s in explored(found, 0.0, chance).candidates] == [1.0, 0.0, 0.0, 0.0]


def test_the_log_replays_under_other_weights(store: FeedbackStore) -> None:
    for number in range(6):
        made = suggestions(n=2)
        second = replace(
            made.candidates[1], candidate=replace(made.candidates[1].candidate, features={"agreement": 9.0})
        )
        store.record(replace(made, candidates=(made.candidates[0], second)), workspace="team")
        kind = OutcomeKind.ACCEPTED if number < 3 else OutcomeKind.REJECTED
        store.record_outcome(Outcome(made.candidates[0].id, kind))
    held = list(decisions(store.database))
    assert len(held) == 6
    assert len(list(decisions(store.database, latest=2))) == 2
    same = estimate(samples_of(held, Weights(0.0, {"agreement": -1.0})))
    assert same.snips is not None
    assert same.snips.value == pytest.approx(0.5)
    other = estimate(samples_of(held, Weights(0.0, {"agreement": 1.0})))
    assert other.effective_samples == 0.0  # it would have put the second first, which was never tried


def test_excluded_decisions_are_left_out_and_save_decides_the_reward(store: FeedbackStore) -> None:
    kept, excluded = suggestions(), suggestions()
    for made in (kept, excluded):
        store.record(made, workspace="team")
        store.record_outcome(Outcome(made.candidates[0].id, OutcomeKind.ACCEPTED))
    store.record_outcome(Outcome(kept.candidates[0].id, OutcomeKind.KEPT, kept_rate=0.25))
    store.label(Label(excluded.candidates[0].id, "eva", LabelKind.EXCLUDE))
    (held,) = decisions(store.database)
    assert (held.reward, held.context, held.decided.rank) == (0.25, "<|context|>Ann", 1)
    assert len(list(decisions(store.database, with_excluded=True))) == 2


def test_kept_rate_is_what_survives_at_save() -> None:
    now = book({"A1": 2, "B1": "=SUM(A1:A3)*2", "C1": 5})
    name = now.sheet_names[0]
    cell = [SheetCell(name, Cell(0, column)) for column in range(4)]
    assert kept_rate({cell[1]: "=sum(A1:A3)*2"}, now) == 1.0
    assert kept_rate({cell[0]: 2.0, cell[2]: 4.0}, now) == 0.5
    edited = kept_rate({cell[1]: "=SUM(A1:A3)"}, now)
    assert edited == 1.0  # all that was suggested is still there
    partly = kept_rate({cell[1]: "=AVERAGE(A1:A3)"}, now)
    assert partly is not None
    assert 0.7 < partly < 1.0
    assert kept_rate({cell[3]: "=A1"}, now) == 0.0
    assert kept_rate({SheetCell("Gone", Cell(0, 0)): "=A1"}, now) == 0.0
    assert kept_rate({}, now) is None
    assert surviving(["a", "b", "c"], ["a", "x", "c"]) == pytest.approx(2 / 3)


def test_kappa_is_cohens(store: FeedbackStore) -> None:
    # Cohen 1960's idea in numbers: 50 of 50 yes/yes 20, yes/no 5, no/yes 10, no/no 15 gives 0.4.
    pairs = [("y", "y")] * 20 + [("y", "n")] * 5 + [("n", "y")] * 10 + [("n", "n")] * 15
    assert cohens_kappa(pairs) == pytest.approx(0.4)
    assert cohens_kappa([]) is None
    assert cohens_kappa([("y", "y")] * 9) is None
    made = suggestions(n=1)
    store.record(made, workspace="team")
    for user, label in (("eva", LabelKind.BAD), ("eva", LabelKind.GOOD), ("jan", LabelKind.GOOD)):
        store.label(Label(made.candidates[0].id, user, label))
    (pair,) = agreements(store.database)
    assert (pair.both, pair.equal) == (1, 1)  # eva's later label counts
