"""Weights that a workbook's exercises teach: towards what was right there, no farther than they ask."""

from __future__ import annotations

from collections.abc import Mapping
from math import exp, log

import pytest

from cellwright.rank.adapt import MOST_CANDIDATES, Exercise, adapted, make_exercise
from cellwright.rank.rank import Weights

BASE = Weights(-1.0, {"plain": 1.0, "unseen": 2.0}, threshold=0.9)
PLAIN, HOUSE = {"plain": 1.0}, {"house": 1.0}


def exercise(right: int | None, *candidates: Mapping[str, float]) -> Exercise:
    made = make_exercise(candidates or (PLAIN, HOUSE), right, BASE)
    assert made is not None
    return made


def posterior(
    weights: Weights, exercises: list[list[Mapping[str, float]]], rights: list[int | None]
) -> float:
    """-log posterior with a prior of precision 0.5 round `BASE`, term by term."""
    names = set(BASE.features) | set(weights.features)
    moved = [weights.features.get(n, 0.0) - BASE.features.get(n, 0.0) for n in names]
    moved.append(weights.bias - BASE.bias)
    total = 0.25 * sum(m * m for m in moved)
    for candidates, right in zip(exercises, rights, strict=True):
        scores = [weights.score(c) for c in candidates]
        total += log(1.0 + sum(exp(s) for s in scores)) - (0.0 if right is None else scores[right])
    return total


def test_without_exercises_the_weights_stay() -> None:
    assert adapted(BASE, []) is BASE


def test_what_was_right_in_the_workbook_comes_first_in_it() -> None:
    assert BASE.score(PLAIN) > BASE.score(HOUSE)
    found = adapted(BASE, [exercise(1)] * 4)
    assert found.score(HOUSE) > found.score(PLAIN)
    assert found.threshold == BASE.threshold
    assert found.features["unseen"] == 2.0


def test_more_exercises_and_a_looser_prior_move_them_farther() -> None:
    one, four = adapted(BASE, [exercise(1)]), adapted(BASE, [exercise(1)] * 4)
    firm = adapted(BASE, [exercise(1)] * 4, prior=100.0)
    moves = [w.features["house"] for w in (firm, one, four)]
    assert 0 < moves[0] < moves[1] < moves[2]


def test_where_nothing_offered_was_right_it_grows_more_silent() -> None:
    found = adapted(BASE, [exercise(None)] * 3)
    assert found.bias < BASE.bias
    assert found.score(PLAIN) < BASE.score(PLAIN)


def test_the_posterior_is_largest_where_it_ends() -> None:
    sets: list[list[Mapping[str, float]]] = [
        [{"plain": 1.0}, {"house": 1.0, "size": 0.5}, {"size": 1.5}],
        [{"plain": 1.0, "size": 0.2}, {"house": 0.3}],
        [{"house": 1.0, "plain": 0.4}],
    ]
    rights = [1, 0, None]
    exercises = [exercise(r, *c) for r, c in zip(rights, sets, strict=True)]
    found = adapted(BASE, exercises, prior=0.5)
    least = posterior(found, sets, rights)
    assert least < posterior(BASE, sets, rights)
    for name in ("plain", "house", "size"):
        for step in (-0.2, 0.2):
            other = {**found.features, name: found.features[name] + step}
            assert posterior(Weights(found.bias, other), sets, rights) > least
    assert posterior(Weights(found.bias + 0.2, found.features), sets, rights) > least


def test_an_exercise_keeps_the_likeliest_and_always_the_right_one() -> None:
    many = [{"plain": 1.0 - i / 1000} for i in range(300)]
    kept = exercise(299, *many)
    assert kept.features.shape == (MOST_CANDIDATES, 1)
    assert kept.right == MOST_CANDIDATES - 1
    assert kept.features[kept.right, 0] == pytest.approx(1.0 - 0.299)
    assert exercise(0, *many).right == 0
    assert make_exercise([], None, BASE) is None
