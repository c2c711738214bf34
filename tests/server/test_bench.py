"""The load test itself, for a few seconds."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from cellwright.server.bench import Load, busy_s, measure, processor_s, slope


def test_slope_of_a_line_and_of_noise_round_it() -> None:
    assert slope([(0, 5), (10, 25), (20, 45)]) == pytest.approx(2)
    assert slope([(0, 1), (1, 0), (2, 1), (3, 0)]) == pytest.approx(-0.2)
    assert slope([(3, 7)]) == 0


@pytest.mark.skipif(not Path("/proc/stat").is_file(), reason="the system has no /proc")
def test_processor_time_of_this_process_is_part_of_all_that_was_busy() -> None:
    all_before, own_before = busy_s(), processor_s(os.getpid())
    until = time.process_time() + 0.3
    while time.process_time() < until:
        pass
    assert processor_s(os.getpid()) - own_before == pytest.approx(0.6, abs=0.3)  # counted twice: as both
    assert busy_s() - all_before >= 0.2


@pytest.mark.slow
def test_a_short_load_loses_nothing() -> None:
    measured = measure(Load(panes=8, workbooks=2, seconds=8, every_s=0.5, model="none"))
    assert measured["answered"] > 0
    assert measured["outcomes"] > 0
    assert measured["outcomes_lost"] == 0
    assert measured["other_errors"] == 0
    assert measured["memory_end_mb"] > 0
