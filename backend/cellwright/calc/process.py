"""The parent's side of a worker: start it, ask it with a deadline, kill it, never trust it.

Workers are spawned (`subprocess`), never forked from a threaded parent. A worker that dies or is late
costs the request that was under way; the next one starts a fresh worker. Needs a POSIX system (pipes that
can be waited for).
"""

from __future__ import annotations

import logging
import os
import selectors
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, cast

from cellwright.calc import protocol
from cellwright.errors import CalcError, CalcTimeout, CalcWorkerDied

log = logging.getLogger(__name__)

START_TIMEOUT_S = 30.0
_CHUNK = 1 << 16


class WorkerProcess:
    """One running worker; not for use from several threads at once."""

    def __init__(self, engine: str, memory_mb: int) -> None:
        self.engine = engine
        self.memory_mb = memory_mb
        # One thread a worker: spare arenas and thread pools would only eat its memory cap.
        environment = {
            "RAYON_NUM_THREADS": "1",
            "OPENBLAS_NUM_THREADS": "1",
            "OMP_NUM_THREADS": "1",
            "MALLOC_ARENA_MAX": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONUTF8": "1",
            "PYTHONPATH": str(Path(__file__).resolve().parents[2]),
        }
        self._process = subprocess.Popen(
            [sys.executable, "-m", "cellwright.calc.worker", engine, str(memory_mb)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            close_fds=True,
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._in = self._process.stdin.fileno()
        self._out = self._process.stdout.fileno()
        os.set_blocking(self._in, False)
        os.set_blocking(self._out, False)
        try:
            ready = self._receive(time.monotonic() + START_TIMEOUT_S, START_TIMEOUT_S)
        except CalcError:
            self.kill()
            raise
        self.is_caged = bool(ready.get("caged"))

    @property
    def pid(self) -> int:
        """The worker's process id."""
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        """Whether it still runs."""
        return self._process.poll() is None

    def ask(self, message: protocol.Message, blob: bytes = b"", *, timeout_s: float) -> dict[str, Any]:
        """One request's answer; raises CalcTimeout, CalcWorkerDied (both end the worker) or CalcError."""
        deadline = time.monotonic() + timeout_s
        try:
            self._send(protocol.pack({**message, "timeout_s": timeout_s}, blob), deadline, timeout_s)
            answer = self._receive(deadline, timeout_s)
        except (CalcTimeout, CalcWorkerDied):
            self.kill()
            raise
        if "error" in answer:
            raise CalcError(f"expected a result from {self.engine}, got {answer['error']}")
        return answer

    def kill(self) -> None:
        """End the worker at once and reap it."""
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                try:
                    stream.close()
                except BrokenPipeError:
                    log.debug("worker %d left unread input", self._process.pid)

    def _send(self, data: bytes, deadline: float, timeout_s: float) -> None:
        rest = memoryview(data)
        with selectors.DefaultSelector() as selector:
            selector.register(self._in, selectors.EVENT_WRITE)
            while rest:
                self._wait(selector, deadline, timeout_s)
                try:
                    rest = rest[os.write(self._in, rest[:_CHUNK]) :]
                except BlockingIOError:
                    continue
                except (BrokenPipeError, OSError) as error:
                    raise CalcWorkerDied(self._epitaph()) from error

    def _receive(self, deadline: float, timeout_s: float) -> dict[str, Any]:
        with selectors.DefaultSelector() as selector:
            selector.register(self._out, selectors.EVENT_READ)

            def read(size: int) -> bytes:
                parts = bytearray()
                while len(parts) < size:
                    self._wait(selector, deadline, timeout_s)
                    try:
                        part = os.read(self._out, min(size - len(parts), 1 << 20))
                    except BlockingIOError:
                        continue
                    if not part:
                        raise CalcWorkerDied(self._epitaph())
                    parts += part
                return bytes(parts)

            try:
                return cast(dict[str, Any], protocol.read_frame(read)[0])
            except (protocol.BrokenFrame, ValueError) as error:
                raise CalcWorkerDied(
                    f"expected a frame from the {self.engine} worker, got {error}"
                ) from error

    def _wait(self, selector: selectors.BaseSelector, deadline: float, timeout_s: float) -> None:
        left = deadline - time.monotonic()
        if left <= 0 or not selector.select(left):
            raise CalcTimeout(
                f"expected {self.engine} to answer within {timeout_s:g} s; the worker was ended"
            )

    def _epitaph(self) -> str:
        try:
            code = self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            code = None
        if code == 77:
            return f"the {self.engine} worker ran out of its {self.memory_mb} MiB of memory"
        if code is not None and code < 0:
            return f"the {self.engine} worker died of signal {-code} (memory cap {self.memory_mb} MiB)"
        return f"the {self.engine} worker ended with code {code}"
