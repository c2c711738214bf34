"""The gate's guards: what is slower is told from what was measured on a busy machine."""

from __future__ import annotations

from random import Random

from cellwright_tuning.tenant.gate import MOST_SLOWER, Answered, Guard, guards


def timed(milliseconds: float) -> Answered:
    return Answered("book", True, True, True, 0.9, 5.0, 5.0, False, milliseconds)


def latency_guard(quiet_ms: tuple[float, float], busyness: float, seed: int) -> Guard:
    """Both asked about 60 tasks, from small to large, on a machine whose load changes all the time."""
    chance, pairs = Random(seed), []
    for _ in range(60):
        size, load = chance.uniform(0.3, 3.0), chance.uniform(1.0, busyness)
        old, new = (ms * size * load * chance.uniform(0.8, 1.25) for ms in quiet_ms)
        pairs.append((timed(old), timed(new)))
    return next(guard for guard in guards(pairs) if guard.name == "latency ratio")


def test_a_busy_machine_is_not_taken_for_a_slow_candidate() -> None:
    for seed in range(30):
        assert latency_guard((50.0, 60.0), busyness=20.0, seed=seed).passes


def test_what_is_slow_is_found_on_a_busy_machine_and_on_a_quiet_one() -> None:
    for seed in range(30):
        assert not latency_guard((50.0, 50.0 * 2 * MOST_SLOWER), busyness=20.0, seed=seed).passes
        assert not latency_guard((80.0, 600.0), busyness=1.0, seed=seed).passes


def test_what_is_fast_enough_may_be_several_times_slower_than_a_fast_incumbent() -> None:
    guard = latency_guard((8.0, 32.0), busyness=1.0, seed=0)
    assert guard.candidate > 2 * MOST_SLOWER
    assert guard.passes
