"""Workers: honest refusals, no work after a cancellation, measured waiting."""

from __future__ import annotations

import asyncio
import threading

import pytest

from cellwright.errors import ServerBusy
from cellwright.session.calculators import Calculators, turn_to
from cellwright.session.metrics import Metrics
from cellwright.session.workers import Workers
from tests.workbooks import book


def test_too_much_work_is_refused_before_it_waits() -> None:
    async def flood() -> None:
        gate = threading.Event()
        workers = Workers("test", 1, patience_ms=100)  # three pieces of 30 ms, the first guess
        tasks = [asyncio.create_task(workers.run(gate.wait)) for _ in range(12)]
        await asyncio.sleep(0.05)
        refused = [task for task in tasks if task.done()]
        gate.set()
        for task in refused:
            error = task.exception()
            assert isinstance(error, ServerBusy)
            assert error.retry_after_ms >= 100
        results = await asyncio.gather(*tasks, return_exceptions=True)
        done = [result for result in results if not isinstance(result, BaseException)]
        assert 1 <= len(done) < 12
        assert len(refused) >= 7
        assert workers.unfinished == 0
        workers.close()

    asyncio.run(flood())


def test_cancelled_work_that_waits_is_never_done() -> None:
    async def cancel() -> None:
        gate, done = threading.Event(), []
        workers = Workers("test", 1, patience_ms=None)
        first = asyncio.create_task(workers.run(gate.wait))
        second = asyncio.create_task(workers.run(lambda: done.append(2)))
        await asyncio.sleep(0.02)
        second.cancel()
        with pytest.raises(asyncio.CancelledError):
            await second
        gate.set()
        await first
        third = await workers.run(lambda: 3)
        assert (third.answer, done, workers.unfinished) == (3, [], 0)
        workers.close()

    asyncio.run(cancel())


def test_calculators_past_the_limit_are_turned_to_another_workbook() -> None:
    calculators = Calculators(1)
    one, two = book({"A1": 1, "B1": "=A1+1"}), book({"A1": 5, "B1": "=A1+1"})
    with calculators.hold("one", one) as calculator:
        turn_to(calculator, one)
        pid = calculator.worker_pid
    with calculators.hold("two", two) as calculator:
        turn_to(calculator, two)
        assert calculator.worker_pid == pid
        assert list(calculator.values().values()) == [6.0]
        with calculators.hold("one", one) as other:  # in use: a second worker, for as long as both are needed
            assert other is not calculator
    assert len(calculators) <= 2
    calculators.close()


def test_metrics_are_prometheus_text() -> None:
    metrics = Metrics()
    metrics.errors.add(code="busy")
    metrics.first.observe(0.03)
    metrics.gauge("cellwright_test", "A test.", lambda: 3)
    text = metrics.text()
    assert 'cellwright_errors_total{code="busy"} 1' in text
    assert 'cellwright_first_suggestion_seconds_bucket{le="0.025"} 0' in text
    assert 'cellwright_first_suggestion_seconds_bucket{le="0.05"} 1' in text
    assert 'cellwright_first_suggestion_seconds_bucket{le="+Inf"} 1' in text
    assert "# TYPE cellwright_test gauge\ncellwright_test 3" in text
