"""The load test itself, for a few seconds."""

from __future__ import annotations

import pytest

from cellwright.server.bench import Load, measure


@pytest.mark.slow
def test_a_short_load_loses_nothing() -> None:
    measured = measure(Load(panes=8, workbooks=2, seconds=8, every_s=0.5, model="none"))
    assert measured["answered"] > 0
    assert measured["outcomes"] > 0
    assert measured["outcomes_lost"] == 0
    assert measured["other_errors"] == 0
    assert measured["memory_end_mb"] > 0
