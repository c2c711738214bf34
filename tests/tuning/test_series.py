"""Formulas that repeat a pattern: they parse, and what moves in them moves evenly."""

from __future__ import annotations

import itertools
import re
from random import Random

from cellwright.proposers.repair_sense import is_sound
from cellwright_tuning.data.scene import Scene
from cellwright_tuning.data.series import draw_series


def _drawn(count: int) -> list[str]:
    random = Random(21)
    return [draw_series(Scene(random), random) for _ in range(count)]


def test_nearly_all_are_sound_formulas() -> None:
    drawn = _drawn(600)
    assert sum(is_sound(text) for text in drawn) > 590  # an array of percentages, a name that is a function
    assert len(set(drawn)) > 550


def test_numbers_of_a_nested_if_go_on_evenly() -> None:
    nests = [text for text in _drawn(1500) if text.startswith("IF(") and text.count("IF(") >= 4]
    rows = [[int(n) for n in re.findall(r"=(\d+),", text)] for text in nests]
    rows = [row for row in rows if len(row) >= 4 and len(set(row)) > 1 and min(row) > 0]
    assert rows
    even = [
        {b - a for a, b in itertools.pairwise(row)}
        for row in rows
        if row[1] != 2 * row[0] and row[1] < 10 * row[0]
    ]
    assert even
    assert all(len(steps) == 1 for steps in even), even


def test_references_that_move_keep_their_step() -> None:
    sums = [text for text in _drawn(3000) if re.fullmatch(r"[A-Z]+\d+(\+[A-Z]+\d+){3,}", text)]
    assert sums
    for text in sums:
        rows = [int(re.sub(r"\D", "", part)) for part in text.split("+")]
        assert len({b - a for a, b in itertools.pairwise(rows)}) == 1
