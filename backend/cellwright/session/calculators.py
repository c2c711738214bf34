"""Warm calculators: one caged worker a workbook, as many as fit, the longest unused turned to another.

A calculator keeps its workbook loaded and the reproduction gate settled, so that a request after a selection
change costs the candidates alone.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from cellwright.calc.calculator import Calculator
from cellwright.workbook.model import Snapshot


@dataclass
class _Warm:
    calculator: Calculator
    lock: threading.Lock = field(default_factory=threading.Lock)
    holders: int = 0


class Calculators:
    """At most `limit` live calculators beyond those in use."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._lock = threading.Lock()
        self._warm: OrderedDict[str, _Warm] = OrderedDict()

    def __len__(self) -> int:
        return len(self._warm)

    @contextmanager
    def hold(self, key: str, snapshot: Snapshot) -> Iterator[Calculator]:
        """The calculator of a workbook, for one thread at a time; made over `snapshot` where there is none.

        It may hold another snapshot, even another workbook's: call `turn_to` before use. Past the limit the
        longest unused calculator is turned to this workbook, which is cheaper than starting a worker.
        """
        with self._lock:
            entry = self._warm.get(key)
            if entry is None:
                idle = [name for name, warm in self._warm.items() if warm.holders == 0]
                if len(self._warm) >= self.limit and idle:
                    entry = self._warm.pop(idle[0])
                else:
                    entry = _Warm(Calculator(snapshot))
                self._warm[key] = entry
            self._warm.move_to_end(key)
            entry.holders += 1
            surplus = [name for name, warm in self._warm.items() if warm.holders == 0]
            gone = [self._warm.pop(name) for name in surplus[: max(0, len(self._warm) - self.limit)]]
        for warm in gone:
            warm.calculator.close()
        try:
            with entry.lock:
                yield entry.calculator
        finally:
            with self._lock:
                entry.holders -= 1

    def drop(self, key: str) -> None:
        """Give a workbook's calculator up; one in use ends with its request."""
        with self._lock:
            entry = self._warm.pop(key, None)
        if entry is not None:
            with entry.lock:
                entry.calculator.close()

    def close(self) -> None:
        """End them all."""
        for key in list(self._warm):
            self.drop(key)


def turn_to(calculator: Calculator, snapshot: Snapshot) -> None:
    """Have the calculator hold this snapshot, loading it only where it holds another; raises CalcError."""
    if calculator.snapshot is not snapshot:
        calculator.load(snapshot)
