"""One peer in a process of its own, driven by JSON lines: `{"prefill": n, "depth": d, "steps": s}` -> times.

A process a peer keeps the runtimes' thread pools, allocators and imports out of each other's way.
"""

from __future__ import annotations

import json
import resource
import sys
import time
import warnings
from pathlib import Path

import numpy as np

from cellwright_kernels.bench.peers import make_peer
from cellwright_kernels.bench.shapes import SHAPES
from cellwright_kernels.errors import KernelError


def _resident_bytes() -> int:
    try:
        text = Path("/proc/self/statm").read_text()
        return int(text.split()[1]) * resource.getpagesize()
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def main(name: str, shape: str, threads: int, folder: Path) -> None:
    """Open the peer, say so, and serve until the input ends."""
    warnings.simplefilter("ignore")
    before = _resident_bytes()
    try:
        peer = make_peer(name, shape, threads, folder)
    except KernelError as error:
        print(json.dumps({"error": str(error)}), flush=True)
        return
    tokens = np.random.default_rng(1).integers(0, SHAPES[shape].vocab_size, 2048).tolist()
    peer.prefill(tokens[:8])
    print(json.dumps({"ready": name}), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        answer: dict[str, object] = {}
        start = time.perf_counter()
        peer.prefill(tokens[: max(1, request["depth"])])
        answer["prefill_s"] = time.perf_counter() - start
        for token in tokens[:2]:
            peer.step(token)
        times = []
        for token in tokens[: request["steps"]]:
            start = time.perf_counter()
            peer.step(token)
            times.append(time.perf_counter() - start)
        answer["step_s"] = float(np.median(times)) if times else 0.0
        answer["quiet_step_s"] = float(np.percentile(times, 10)) if times else 0.0
        answer["logits"] = [float(x) for x in peer.logits()[:64]]
        answer["memory_bytes"] = _resident_bytes() - before
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), Path(sys.argv[4]))
