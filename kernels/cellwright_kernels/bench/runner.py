"""Starts a peer in a process of its own and talks to it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from cellwright_kernels.errors import KernelError

# Torch takes its instructions from the environment: ATen's, oneDNN's and FBGEMM's, which multiplies int8.
_TORCH_AVX2 = {
    "ATEN_CPU_CAPABILITY": "avx2",
    "ONEDNN_MAX_CPU_ISA": "AVX2",
    "FBGEMM_ENABLE_INSTRUCTIONS": "AVX2",
}


class Runner:
    """A peer's process; raises KernelError where the peer cannot be had."""

    def __init__(self, name: str, shape: str, threads: int, folder: Path, instructions: str) -> None:
        command = [
            sys.executable,
            "-m",
            "cellwright_kernels.bench.worker",
            name,
            shape,
            str(threads),
            str(folder),
            instructions,
        ]
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=os.environ | (_TORCH_AVX2 if instructions in ("avx2", "avxvnni") else {}),
        )
        ready = self._read()
        if "error" in ready:
            self.close()
            raise KernelError(str(ready["error"]))
        self.facts = str(ready["facts"])

    def ask(self, **request: int) -> dict[str, Any]:
        """Send a request of `worker` and wait for the times."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        return self._read()

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(timeout=30)
        self._process.stdout.close()

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise KernelError(f"expected an answer, got exit code {self._process.wait()}")
        answer: dict[str, Any] = json.loads(line)
        return answer
