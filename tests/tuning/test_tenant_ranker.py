"""The ranker fitted to an organisation: rows, the prior, calibration by left-out families."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest

from cellwright.errors import UsageError
from cellwright.rank.rank import Weights
from cellwright_tuning.tenant.ranker import LEAST_TASKS, calibrated, fitted, threshold_for
from cellwright_tuning.tenant.rows import Rows

BASE = Weights(-1.0, {"near": 1.0, "house": 0.0, "elsewhere": 0.7}, 0.9)


def asked(tasks: int, *, house: float = 0.9, seed: int = 0, count: float = 1.0, first: int = 0) -> Rows:
    """Tasks of three candidates; mostly the house's own way is wanted, where the base likes the near."""
    random, rows = Random(seed), Rows()
    for number in range(tasks):
        features = [{"near": 1.0}, {"house": 1.0, "near": random.random()}, {"near": random.random()}]
        wanted = 1 if random.random() < house else random.choice((0, None))
        rows.add(f"family {first + number % 12}", "whole", features, wanted, count)
    return rows


def test_rows_of_two_processes_are_those_of_one() -> None:
    first, second = asked(3), Rows()
    second.add("b", "next", [{"new": 2.0, "near": 0.5}, {}], None, 0.3)
    whole = Rows()
    whole.extend(first)
    whole.extend(second)
    table = whole.table()
    assert table.names == ["house", "near", "new"]
    assert (table.tasks, len(table.task), table.kinds[-1]) == (4, 11, "next")
    assert table.features[9].tolist() == [0.0, 0.5, 2.0]
    assert table.features[10].tolist() == [0.0, 0.0, 0.0]
    assert not table.right[9:].any()
    assert whole.counts.tolist() == pytest.approx([1.0, 1.0, 1.0, 0.3])
    assert table.groups == [0, 1, 2, 3]
    assert whole.table(least=3).names == ["house", "near"]


def test_with_hundreds_of_tasks_the_ranking_is_the_houses_own() -> None:
    few, many = fitted(BASE, asked(LEAST_TASKS)), fitted(BASE, asked(600))
    assert 0 < few.features["house"] < many.features["house"]
    assert many.score({"house": 1.0}) > many.score({"near": 1.0}) + 1
    assert many.features["elsewhere"] == BASE.features["elsewhere"]
    stiff = fitted(BASE, asked(600), precision=1e5)
    assert stiff.features["house"] == pytest.approx(0.0, abs=0.02)


def test_probabilities_hold_on_families_that_had_no_part() -> None:
    weights = calibrated(BASE, asked(400, house=0.7))
    hits, told = [], []
    for features, wanted in _tasks(asked(400, house=0.7, seed=5)):
        scores = np.array([weights.score(row) for row in features])
        shares = np.exp(scores) / (1 + np.exp(scores).sum())
        told.append(shares.max())
        hits.append(float(shares.argmax() == wanted))
    assert np.mean(told) == pytest.approx(np.mean(hits), abs=0.06)
    assert max(told) < weights.threshold  # seven in ten are right: nothing is sure enough to be shown


def test_tasks_of_others_workbooks_teach_and_do_not_calibrate() -> None:
    rows = asked(200, house=0.9)
    rows.extend(asked(2000, house=0.0, seed=3, count=0.3, first=100))
    own, mixed = calibrated(BASE, asked(200, house=0.9)), calibrated(BASE, rows)
    assert mixed.features["house"] < own.features["house"]


def test_too_little_to_learn_from_is_told() -> None:
    with pytest.raises(UsageError, match=f"expected at least {LEAST_TASKS} requests .* got 5, "):
        fitted(BASE, asked(5))
    silent = Rows()
    for _ in range(LEAST_TASKS):
        silent.add("a", "whole", [{"near": 1.0}], None)
    with pytest.raises(UsageError, match=f"got {LEAST_TASKS}, 0 of them with it"):
        calibrated(BASE, silent)


def test_no_more_is_shown_than_was() -> None:
    shown = [(0.9, True), (0.8, False), (0.7, True), (0.2, False)]
    for most in range(5):
        threshold = threshold_for(shown, most)
        assert sum(p >= threshold for p, _ in shown) == most
    alike = [(0.9, True), (0.8, False), (0.8, True), (0.8, True), (1.0, False)]
    told = [sum(p >= threshold_for(alike, most) for p, _ in alike) for most in range(6)]
    assert told == [0, 1, 2, 2, 2, 5], "of equals all or none"


def _tasks(rows: Rows) -> list[tuple[list[dict[str, float]], int | None]]:
    table = rows.table()
    found = []
    for number in range(table.tasks):
        at = np.flatnonzero(table.task == number)
        rights = np.flatnonzero(table.right[at])
        features = [dict(zip(table.names, table.features[i].tolist(), strict=True)) for i in at]
        found.append((features, int(rights[0]) if len(rights) else None))
    return found
