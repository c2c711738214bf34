"""The ranker that learns from outcomes: towards what was wanted, never far, each end once."""

from __future__ import annotations

import json
import time
from math import sqrt
from pathlib import Path
from random import Random

import pytest

from cellwright.errors import UsageError
from cellwright.rank.online import RADIUS, STEP, Lesson, OnlineRanker
from cellwright.rank.rank import Weights

BASE = Weights(-1.0, {"house_style": 0.0, "plain": 1.0})
HOUSE, PLAIN = {"house_style": 1.0}, {"plain": 1.0}


def taught(*lessons: Lesson) -> OnlineRanker:
    ranker = OnlineRanker()
    for lesson in lessons:
        ranker.learn(BASE, lesson)
    return ranker


def prefers_house(ranker: OnlineRanker) -> bool:
    weights = ranker.weights(BASE)
    return weights.score(HOUSE) > weights.score(PLAIN)


def test_it_comes_to_prefer_what_people_take() -> None:
    assert not prefers_house(taught())
    assert prefers_house(taught(*[Lesson([PLAIN, HOUSE], 1, identity=str(i)) for i in range(20)]))


def test_a_rejection_lowers_what_was_rejected_alone() -> None:
    moved = taught(Lesson([PLAIN, HOUSE], None, rejected=0)).weights(BASE)
    assert moved.features["plain"] < 1.0
    assert moved.score(HOUSE) - moved.score(PLAIN) > BASE.score(HOUSE) - BASE.score(PLAIN)


def test_none_of_them_lowers_all_alike() -> None:
    moved = taught(Lesson([PLAIN, HOUSE], None)).weights(BASE)
    assert moved.score(PLAIN) < BASE.score(PLAIN)
    assert moved.score(HOUSE) - BASE.score(HOUSE) == pytest.approx(moved.score(PLAIN) - BASE.score(PLAIN))


def test_an_acceptance_of_what_stood_first_changes_no_order() -> None:
    moved = taught(*[Lesson([PLAIN, HOUSE], 0, identity=str(i)) for i in range(50)]).weights(BASE)
    assert moved.features == BASE.features
    assert moved.bias > BASE.bias


def test_what_foretells_worse_counts_less_and_less() -> None:
    """Decisions without any rule; one of the four is always wanted."""
    random = Random(3)
    ranker, base = OnlineRanker(), Weights(10.0, {})
    for number in range(400):
        rows = [{f"f{i}": random.choice((0.0, 1.0)) for i in range(40)} for _ in range(4)]
        ranker.learn(base, Lesson(rows, random.randrange(4), identity=str(number)))
    learnt = sqrt(sum(value**2 for value in ranker.difference.values()))
    served = sqrt(sum(value**2 for value in ranker.weights(base).features.values()))
    assert ranker.gain < -1.0
    assert served < 0.25 * learnt


def test_a_ranker_of_an_earlier_version_is_read(tmp_path: Path) -> None:
    ranker, path = taught(Lesson([PLAIN, HOUSE], 1, identity="a")), tmp_path / "shipped.json"
    ranker.write(path)
    told = json.loads(path.read_text())
    del told["gain"]
    path.write_text(json.dumps(told))
    assert OnlineRanker.read(path).difference == ranker.difference


def test_one_outcome_moves_little_and_a_flood_is_bounded() -> None:
    def length(ranker: OnlineRanker) -> float:
        return sqrt(sum(value**2 for value in ranker.difference.values()))

    assert length(taught(Lesson([PLAIN, HOUSE], 1))) <= STEP + 1e-9
    random = Random(0)
    flood = [
        Lesson([{"plain": 1.0, f"f{random.randrange(9)}": 1.0}], 0, identity=str(i)) for i in range(3000)
    ]
    assert length(taught(*flood)) <= RADIUS + 1e-9


def test_the_same_end_of_the_same_context_counts_once() -> None:
    lesson = Lesson([PLAIN, HOUSE], 1, identity="here")
    once, often = taught(lesson), taught(*[lesson] * 50)
    assert often.difference == once.difference
    assert often.lessons == 1


def test_it_is_kept_and_learns_within_milliseconds(tmp_path: Path) -> None:
    random = Random(1)
    wide = [{f"f{i}": random.random() for i in range(80)} for _ in range(12)]
    ranker, path = taught(), tmp_path / "online" / "shipped.json"
    took = []
    for number in range(30):
        started = time.perf_counter()
        ranker.learn(BASE, Lesson(wide, number % 12, identity=str(number)))
        took.append(time.perf_counter() - started)
    assert sorted(took)[15] < 0.02
    ranker.write(path)
    assert OnlineRanker.read(path) == ranker


def test_a_broken_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text("{")
    with pytest.raises(UsageError, match="expected a learnt ranker"):
        OnlineRanker.read(tmp_path / "x.json")
    assert OnlineRanker.read(tmp_path / "none.json").lessons == 0
