"""Workers: what they survive, what kills them, and what they are denied."""

from __future__ import annotations

import os
import signal
import threading
import time

import pytest

from cellwright.calc.calculator import Calculator
from cellwright.calc.process import WorkerProcess
from cellwright.calc.sandbox import sandbox_support
from cellwright.errors import CalcError, CalcTimeout, CalcWorkerDied
from cellwright.reference import SheetCell
from tests.workbooks import book

BOOK = book({"A1": 1, "A2": 2, "B1": "=A1+A2"})
FREE = SheetCell.parse("Sheet1!D1")
SLOW = "=SUM(SEQUENCE(100000,100)*2)"


@pytest.mark.parametrize("engine", ["formualizer", "ironcalc"])
def test_a_worker_is_denied_network_and_programs(engine, tmp_path):
    if not sandbox_support().denies_network_and_exec:
        pytest.skip("; ".join(sandbox_support().missing))
    worker = WorkerProcess(engine, 1024)
    try:
        assert worker.is_caged
        blocked = worker.ask({"op": "probe", "path": str(tmp_path / "file")}, timeout_s=20)["blocked"]
        assert blocked == dict.fromkeys(
            ("socket", "unix_socket", "execve", "fork", "subprocess", "write_file"), True
        )
        assert worker.is_alive
    finally:
        worker.kill()


def test_a_worker_killed_in_the_middle_costs_that_request_only():
    with Calculator(BOOK) as calculator:
        assert calculator.evaluate("=A1+1", FREE) == 2.0
        pid = calculator.worker_pid
        threading.Timer(0.3, os.kill, (pid, signal.SIGKILL)).start()
        with pytest.raises(CalcWorkerDied, match="signal 9"):
            calculator.evaluate(SLOW, FREE)
        assert calculator.evaluate("=A1+1", FREE) == 2.0
        assert calculator.worker_pid != pid


def test_a_formula_that_eats_all_memory_costs_itself_only():
    with Calculator(BOOK, memory_mb=200) as calculator:
        results = calculator.evaluate_many([("=A1+1", FREE), (SLOW, FREE), ("=A2*5", FREE)])
    assert results[0] == 2.0
    assert isinstance(results[1], CalcWorkerDied)
    assert results[2] == 10.0


def test_a_late_worker_is_ended_and_replaced():
    with Calculator(BOOK, timeout_s=20) as calculator:
        assert calculator.values()[SheetCell.parse("Sheet1!B1")] == 3.0
        calculator.timeout_s = 0.05
        start = time.monotonic()
        with pytest.raises(CalcTimeout, match=r"0\.05 s"):
            calculator.evaluate(SLOW, FREE)
        assert time.monotonic() - start < 5
        calculator.timeout_s = 20
        assert calculator.evaluate("=A1+1", FREE) == 2.0


def test_endless_recursion_costs_one_request():
    with Calculator(BOOK, engine="ironcalc") as calculator:
        endless = "=LET(f,LAMBDA(g,n,g(g,n+1)),f(f,1))"
        results = calculator.evaluate_many([(endless, FREE), ("=A1+1", FREE)])
        assert isinstance(results[0], CalcError)
        assert results[1] == 2.0


def test_an_error_inside_a_worker_is_an_answer():
    worker = WorkerProcess("formualizer", 1024)
    try:
        with pytest.raises(CalcError, match="expected a known operation, got 'nonsense'"):
            worker.ask({"op": "nonsense"}, timeout_s=20)
        with pytest.raises(CalcError):
            worker.ask({"op": "load"}, b"no zip", timeout_s=20)
        assert worker.is_alive
    finally:
        worker.kill()


def test_a_closed_calculator_leaves_no_process():
    with Calculator(BOOK) as calculator:
        pid = calculator.worker_pid
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
