"""One peer in a process of its own, driven by JSON lines: `{"depth": d, "steps": s}` -> times.

`{"depth": d, "candidates": n, "length": l}` asks ours for the time of scoring n candidates of l tokens after
d tokens that were read before, and of generating one of them: `distinct` have nothing in common, `alike`
begin as the candidates of a beam search do.

A process a peer keeps the runtimes' thread pools, allocators and imports out of each other's way.
"""

from __future__ import annotations

import json
import resource
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

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


def main(name: str, shape: str, threads: int, folder: Path, instructions: str) -> None:
    """Open the peer, say so, and serve until the input ends."""
    warnings.simplefilter("ignore")
    before = _resident_bytes()
    try:
        peer = make_peer(name, shape, threads, folder, instructions)
    except KernelError as error:
        print(json.dumps({"error": str(error)}), flush=True)
        return
    tokens = np.random.default_rng(1).integers(0, SHAPES[shape].vocab_size, 2048).tolist()
    peer.prefill(tokens[:8])
    print(json.dumps({"ready": name, "facts": peer.facts}), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        if "candidates" in request:
            print(json.dumps(_score(peer, tokens, **request)), flush=True)
            continue
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


def _score(peer: Any, tokens: list[int], depth: int, candidates: int, length: int) -> dict[str, float]:
    peer.prefill(tokens[:depth])
    distinct = np.array(tokens[: candidates * length]).reshape(candidates, length).tolist()
    # half of a candidate is what some other one begins with: 1, 2, 4, ... tokens short of its end
    alike = [
        distinct[0][: length - (1 << min(n, 4))] + tail[-(1 << min(n, 4)) :]
        for n, tail in enumerate(distinct)
    ]
    work: dict[str, Callable[[], None]] = {
        "generate_s": lambda: peer.generate(distinct[0]),
        "distinct_s": lambda: peer.score(distinct),
        "alike_s": lambda: peer.score(alike),
    }
    times: dict[str, list[float]] = {name: [] for name in work}
    for _ in range(7):
        for name, run in work.items():
            start = time.perf_counter()
            run()
            times[name].append(time.perf_counter() - start)
    return {name: float(np.median(values)) for name, values in times.items()}


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), Path(sys.argv[4]), sys.argv[5])
