"""Threads for work that must not hold up the event loop, with an honest limit on how much may wait.

A request is refused as busy at once where it would wait longer than `patience_ms`, judged by what the last
ones took: late answers help nobody, a refusal tells the pane when to ask again. The engine and the calculator
let go of the interpreter's lock while they work, so a few threads keep two cores busy.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Generic, TypeVar

from cellwright.errors import ServerBusy

_Answer = TypeVar("_Answer")
_WEIGHT = 0.1
"""Of the newest measurement in the running average."""
_OVERDUE = 1.5
"""Work that waited so many times the patience is refused when its turn comes: the estimate was wrong."""


@dataclass(frozen=True, slots=True)
class Done(Generic[_Answer]):
    """What a piece of work gave, and how long it waited for a thread."""

    answer: _Answer
    queue_ms: float


class Workers:
    """A pool of `threads`; with `patience_ms` None nothing is ever refused."""

    def __init__(self, name: str, threads: int, patience_ms: float | None) -> None:
        self.name = name
        self.threads = threads
        self._patience_ms = patience_ms
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix=f"cellwright-{name}")
        self._lock = threading.Lock()
        self._unfinished = 0
        self._average_ms = 30.0

    @property
    def unfinished(self) -> int:
        """Pieces of work that wait or run."""
        return self._unfinished

    @property
    def is_crowded(self) -> bool:
        """Work waits for a thread."""
        return self._unfinished > self.threads

    @property
    def expected_wait_ms(self) -> float:
        """How long the next piece would wait for a thread."""
        waiting = max(0, self._unfinished - self.threads + 1)
        return waiting * self._average_ms / self.threads

    async def run(self, work: Callable[[], _Answer]) -> Done[_Answer]:
        """Do it in a thread; raises ServerBusy before any work is begun, and whatever the work raises.

        Cancelling the awaiting task takes the work back if no thread has begun it.
        """
        with self._lock:
            wait_ms = self.expected_wait_ms
            if self._patience_ms is not None and wait_ms > self._patience_ms:
                raise ServerBusy(max(100, int(wait_ms)))
            self._unfinished += 1
        asked = time.perf_counter()

        def timed() -> Done[_Answer]:
            begun = time.perf_counter()
            waited_ms = (begun - asked) * 1000
            try:
                if self._patience_ms is not None and waited_ms > _OVERDUE * self._patience_ms:
                    raise ServerBusy(max(100, int(waited_ms)))
                answer = work()
            finally:
                with self._lock:
                    self._unfinished -= 1
            with self._lock:
                took_ms = (time.perf_counter() - begun) * 1000
                self._average_ms += _WEIGHT * (took_ms - self._average_ms)
            return Done(answer, waited_ms)

        future = self._pool.submit(timed)
        try:
            return await asyncio.wrap_future(future)
        except asyncio.CancelledError:
            if future.cancel():  # no thread has begun it
                with self._lock:
                    self._unfinished -= 1
            raise

    def close(self) -> None:
        """Take no more work; what runs is waited for."""
        self._pool.shutdown(wait=True, cancel_futures=True)
