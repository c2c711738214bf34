"""Sixteen candidates take less time than one full recalculation; here on a smaller sheet."""

from __future__ import annotations

import pytest

from cellwright.verify.bench import bench_candidates, bench_sheet, bench_verify


def test_the_bench_verifies_every_candidate():
    times = bench_verify(repeats=1, rows=200)
    assert times["formulas"] == 2000
    assert times["candidates"] == len(bench_candidates()) == 16
    assert times["verified"] == 16
    assert times["recalculation_s"] > 0


def test_the_bench_sheet_has_ten_formulas_a_row():
    assert sum(1 for _ in bench_sheet(20).sheets[0].cells.formulas()) == 200


@pytest.mark.slow
def test_candidates_are_faster_than_one_recalculation():
    assert bench_verify(repeats=5)["ratio"] < 1.0
