"""`cellwright bench engine`: our decoder against its peers in alternated rounds, and against the ceilings.

Every round asks every peer once, in an order that rotates, so that a busy machine hits all alike; a ratio is
taken within a round, and the median over rounds is reported with a 95 % bootstrap interval.

All peers run with the same instructions: `Options.instructions` is what ours and torch are held to, and what
llama.cpp has to be built for; a result says where one ran with others.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from cellwright_kernels.bench import ceilings
from cellwright_kernels.bench.peers import prepare
from cellwright_kernels.bench.runner import Runner
from cellwright_kernels.bench.shapes import SHAPES, cache_bytes, multiply_adds, parameters
from cellwright_kernels.bench.table import machine, table
from cellwright_kernels.errors import KernelError
from cellwright_kernels.format import read

PEERS = (
    "ours_q4", "llama_q4", "llama_q4_fa", "ours_q8", "llama_q8", "llama_q8_fa", "torch_int8", "torch_eager",
)  # fmt: skip
INSTRUCTIONS = ("avx2", "avxvnni", "native")
"""What peers may be held to; native is all that the processor has."""
COMMON = "avx2" if platform.machine() in ("x86_64", "AMD64") else "native"
"""What most laptops have."""

LARGE = 100_000_000
"""Shapes of more parameters meet llama.cpp's 4-bit settings only, up to LARGE_DEPTH tokens."""
LARGE_DEPTH = 512
LOAD_SHARE = 0.25
"""Of the processors may be at work before a run without that being said."""
CANDIDATES = {"depth": 512, "candidates": 8, "length": 20}
SCORER = "ours_q4"
"""The peer whose scoring of candidates is measured."""


@dataclass(frozen=True)
class Options:
    """What to measure."""

    shapes: Sequence[str] = tuple(SHAPES)
    threads: Sequence[int] = (1, 2)
    depths: Sequence[int] = (0, 512, 1024)
    peers: Sequence[str] = PEERS
    rounds: int = 5
    steps: int = 32
    folder: Path | None = None
    """Where weight files are kept between runs; by default a temporary folder."""
    instructions: str = COMMON

    def peers_of(self, shape: str) -> list[str]:
        """The peers that are measured at a shape."""
        if parameters(SHAPES[shape]) <= LARGE:
            return list(self.peers)
        return [name for name in self.peers if not name.startswith("torch") and "_q8" not in name]

    def depths_of(self, shape: str) -> list[int]:
        """The depths that are measured at a shape."""
        is_large = parameters(SHAPES[shape]) > LARGE
        return [depth for depth in self.depths if depth <= LARGE_DEPTH or not is_large]


@dataclass
class Cell:
    """Measurements of one peer at one shape, thread count and depth; one entry a round."""

    step_s: list[float] = field(default_factory=list)
    quiet_step_s: list[float] = field(default_factory=list)
    """Tenth percentile of the steps: what the peer does when nobody else wants the cores."""
    prefill_s: list[float] = field(default_factory=list)
    memory_bytes: list[int] = field(default_factory=list)


Key = tuple[str, int, int, str]
"""Shape, threads, depth, peer."""


@dataclass
class Measured:
    """All cells, the peers that could not be had with the reason, what each peer says of itself, scoring."""

    cells: dict[Key, Cell] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    facts: dict[str, str] = field(default_factory=dict)
    scoring: dict[tuple[str, int, str], dict[str, float]] = field(default_factory=dict)


def measure(options: Options, progress: Callable[[str], None]) -> Measured:
    """Measure everything."""
    measured = Measured()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        for shape in options.shapes:
            prepare(shape, folder, options.peers_of(shape))
            for threads in options.threads:
                _measure_peers(options, shape, threads, folder, measured, progress)
                if SCORER in options.peers and parameters(SHAPES[shape]) <= LARGE:
                    _measure_scoring(options, shape, threads, folder, measured, progress)
    return measured


def _measure_scoring(
    options: Options,
    shape: str,
    threads: int,
    folder: Path,
    measured: Measured,
    progress: Callable[[str], None],
) -> None:
    try:
        runner = Runner(SCORER, shape, threads, folder, options.instructions)
    except KernelError as error:
        measured.failures.append(f"{SCORER}, {shape}: {error}")
        return
    times = measured.scoring[shape, threads, SCORER] = runner.ask(**CANDIDATES)
    runner.close()
    progress(f"{shape}, {threads} threads, scoring: " + ", ".join(f"{k} {v:.4f}" for k, v in times.items()))


def _measure_peers(
    options: Options,
    shape: str,
    threads: int,
    folder: Path,
    measured: Measured,
    progress: Callable[[str], None],
) -> None:
    cells = measured.cells
    workers: dict[str, Runner] = {}
    try:
        for name in options.peers_of(shape):
            try:
                workers[name] = Runner(name, shape, threads, folder, options.instructions)
                measured.facts.setdefault(name, workers[name].facts)
            except KernelError as error:
                measured.failures.append(f"{name}, {shape}: {error}")
        names = list(workers)
        for depth in options.depths_of(shape):
            for number in range(options.rounds + 1):
                turn = number % len(names) if names else 0
                for name in names[turn:] + names[:turn]:
                    answer = workers[name].ask(depth=depth, steps=options.steps)
                    if number == 0:
                        continue  # warms caches and thread pools
                    cell = cells.setdefault((shape, threads, depth, name), Cell())
                    cell.step_s.append(answer["step_s"])
                    cell.quiet_step_s.append(answer["quiet_step_s"])
                    cell.prefill_s.append(answer["prefill_s"])
                    cell.memory_bytes.append(answer["memory_bytes"])
            for name in names:
                cell = cells[shape, threads, depth, name]
                step, quiet = 1e3 * float(np.median(cell.step_s)), 1e3 * float(np.median(cell.quiet_step_s))
                rate = max(1, depth) / float(np.median(cell.prefill_s))
                progress(
                    f"{shape}, {threads} threads, depth {depth}, {name}: {step:.3f} ms a token "
                    f"(tenth percentile {quiet:.3f}), prefill {rate:.0f} tokens/s"
                )
    finally:
        for worker in workers.values():
            worker.close()


def interval(values: Sequence[float]) -> dict[str, float]:
    """Median with a 95 % bootstrap interval."""
    array = np.asarray(values)
    draws = np.random.default_rng(0).choice(array, (2000, len(array)))
    low, high = np.percentile(np.median(draws, axis=1), [2.5, 97.5])
    return {"value": float(np.median(array)), "low": float(low), "high": float(high)}


def _fastest(
    cells: dict[Key, Cell], shape: str, threads: int, depth: int, names: Sequence[str], what: str
) -> str | None:
    present = [name for name in names if (shape, threads, depth, name) in cells]
    return min(present, key=lambda n: np.median(getattr(cells[shape, threads, depth, n], what)), default=None)


def ratios(cells: dict[Key, Cell]) -> dict[str, dict[str, float]]:
    """How many times faster we are: `decode_25M_t2_d512_q4_vs_llama` ..., against the faster setting."""
    metrics: dict[str, dict[str, float]] = {}
    settings = sorted({key[:3] for key in cells})
    for shape, threads, depth in settings:
        for bits in ("q4", "q8"):
            mine = next(
                (
                    p
                    for s, t, d, p in cells
                    if (s, t, d) == (shape, threads, depth) and p.startswith(f"ours_{bits}")
                ),
                None,
            )
            if mine is None:
                continue
            rivals = {
                "llama": (f"llama_{bits}", f"llama_{bits}_fa"),
                "torch_int8": ("torch_int8",),
                "torch": ("torch_eager",),
            }
            for rival, names in rivals.items():
                for kind, what in (("decode", "step_s"), ("quiet", "quiet_step_s"), ("prefill", "prefill_s")):
                    best = _fastest(cells, shape, threads, depth, names, what)
                    if best is None or (kind == "prefill" and depth == 0):
                        continue
                    theirs = getattr(cells[shape, threads, depth, best], what)
                    ours = getattr(cells[shape, threads, depth, mine], what)
                    name = f"{kind}_{shape}_t{threads}_d{depth}_{bits}_vs_{rival}"
                    metrics[name] = interval([their / our for their, our in zip(theirs, ours, strict=True)])
    return metrics


def scoring_ratios(measured: Measured) -> dict[str, dict[str, float]]:
    """What scoring 8 candidates of 20 tokens after 512 costs, in generations of one of them."""
    metrics: dict[str, dict[str, float]] = {}
    for (shape, threads, name), times in measured.scoring.items():
        for kind in ("distinct", "alike"):
            ratio = times[f"{kind}_s"] / times["generate_s"]
            metrics[f"score_{shape}_t{threads}_{name}_{kind}"] = {"value": ratio, "low": ratio, "high": ratio}
    return metrics


def instructions_of(facts: str) -> str:
    """The vector instructions that a peer's account of itself names; empty where it names none.

    AVX-VNNI counts as AVX2: torch has no variant for it, and its vectors are as long.
    """
    told = facts.lower()
    return next((name for name in ("avx512", "avx2", "neon") if name in told.replace("avxvnni", "avx2")), "")


def reservations(facts: dict[str, str], load: float, processors: int) -> list[str]:
    """What makes a result less than it seems: peers with other instructions than ours, other work."""
    mine = {instructions_of(told) for name, told in facts.items() if name.startswith("ours")}
    notes = [
        f"{name} ran {theirs}, ours {' and '.join(sorted(mine))}"
        for name, theirs in ((name, instructions_of(told)) for name, told in facts.items())
        if mine and theirs and {theirs} != mine
    ]
    if load > LOAD_SHARE * processors:
        notes.append(f"other work ran: load average {load:.1f} on {processors} processors at the start")
    return notes


def report(options: Options, progress: Callable[[str], None] = lambda _: None) -> tuple[dict[str, Any], str]:
    """Measure, and return the JSON (in the shape that evaluations have) and the table for people."""
    load = os.getloadavg()[0]
    limits = {threads: ceilings.measure(threads) for threads in options.threads}
    progress("ceilings measured")
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or Path(temporary)
        measured = measure(Options(**{**options.__dict__, "folder": folder}), progress)
        cells = measured.cells
        rows = [_row(key, cell, limits[key[1]], folder) for key, cell in cells.items()]
    metrics = ratios(cells) | scoring_ratios(measured)
    for row in rows:
        prefix = f"{row['shape']}_t{row['threads']}_d{row['depth']}_{row['peer']}"
        metrics[f"decode_ms_{prefix}"] = row["decode_ms"]
        if row["depth"]:
            metrics[f"prefill_tokens_s_{prefix}"] = row["prefill_tokens_s"]
    shapes = json.dumps({name: SHAPES[name].to_dict() for name in options.shapes}, sort_keys=True)
    ours = [row["decode_ms"]["value"] for row in rows if row["peer"].startswith("ours")]
    failures = measured.failures + reservations(measured.facts, load, os.cpu_count() or 1)
    result = {
        "suite": "bench-engine",
        "data_sha256": hashlib.sha256(shapes.encode()).hexdigest(),
        "model": "random weights: " + ", ".join(options.shapes),
        "machine": machine(),
        "tasks": len(rows),
        "metrics": metrics,
        "latency_ms": {"p50": float(np.percentile(ours, 50)), "p95": float(np.percentile(ours, 95))}
        if ours
        else {},
        "instructions": options.instructions,
        "failures": failures,
        "peers": measured.facts,
        "ceilings": {str(threads): limit.to_dict() for threads, limit in limits.items() if limit},
        "rows": rows,
    }
    return result, table(rows, limits, failures)


def _row(key: Key, cell: Cell, limit: ceilings.Ceilings | None, folder: Path) -> dict[str, Any]:
    shape, threads, depth, peer = key
    config = SHAPES[shape]
    row: dict[str, Any] = {
        "shape": shape, "threads": threads, "depth": depth, "peer": peer,
        "decode_ms": interval([1e3 * x for x in cell.step_s]),
        "quiet_ms": interval([1e3 * x for x in cell.quiet_step_s]),
        "prefill_tokens_s": interval([max(1, depth) / x for x in cell.prefill_s]),
        "memory_mb": float(np.median(cell.memory_bytes)) / 1e6,
    }  # fmt: skip
    if not peer.startswith("ours") or limit is None:
        return row
    weights = read(folder / f"{shape}-{4 if '_q4' in peer else 8}.weights", verify=False)
    resident = sum(m.nbytes for m in weights.matrices.values())
    moved = resident + cache_bytes(config, depth)
    integer, floating = multiply_adds(config, depth)
    seconds = float(np.median(cell.step_s))
    row |= {
        "bytes_per_token": moved,
        "multiply_adds_per_token": integer + floating,
        "gb_s": moved / seconds / 1e9,
        "bandwidth_share": moved / seconds / 1e9 / limit.bandwidth(resident),
    }
    if depth:
        done = integer - config.vocab_size * config.hidden_size  # only the last row has logits
        rate = done * depth / float(np.median(cell.prefill_s)) / 1e9
        row["prefill_int8_share"] = rate / limit.int8_gmac_s
    return row
