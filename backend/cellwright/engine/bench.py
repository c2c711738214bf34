"""Measurements of the engine itself: how soon a cold process answers, and what the grammar costs a token."""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Hashable
from pathlib import Path

import numpy as np

from cellwright.engine.engine import Engine
from cellwright.engine.formula_grammar import FormulaGrammar
from cellwright.prompt.tasks import Prompt, completion_prompt, repair_prompt
from cellwright.registry import find_model
from cellwright_kernels.bench.shapes import SHAPES, random_state
from cellwright_kernels.checkpoint import quantize
from cellwright_kernels.format import read

_FIRST_TOKEN = (
    "import sys; from pathlib import Path; from cellwright.engine import Engine;"
    "Engine.open(Path(sys.argv[1]), threads=1).complete('=SUM(A1:A9)/', n=1, max_tokens=1)"
)
_TYPED = ("=SUM(A1:A9)/", "=IF(A2>", "=VLOOKUP(B2,", "=IFERROR(INDEX(", "=A1&", "=COUNTIFS(A:A,")
_BROKEN = ("=SUM(A1:A9", '=IF(A1>3,"x" "y")', "=VLOOKUP(A1;B:C;2,0)", "=SUMM(A1,A3)")


def cold_start(repeats: int = 5) -> dict[str, float]:
    """Seconds from a cold process to its first token beyond the bare interpreter's own (25 M, int4).

    `cold_start_s` is wall time (median of pairs), `cold_start_cpu_s` processor time, which other work on the
    machine changes less.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "25M.weights"
        tokenizer = read(find_model("mini"), verify=False).tokenizer
        quantize(random_state(SHAPES["25M"]), SHAPES["25M"], tokenizer, 4, path)
        _run(_FIRST_TOKEN, path)  # compiles the kernels where that has not been done, and warms file caches
        pairs = [(_run("pass", path), _run(_FIRST_TOKEN, path)) for _ in range(repeats)]
    wall, cpu = (float(np.median([answer[side] - bare[side] for bare, answer in pairs])) for side in range(2))
    return {"cold_start_s": wall, "cold_start_cpu_s": cpu}


def _run(code: str, path: Path) -> tuple[float, float]:
    """Wall and processor seconds of a fresh interpreter."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run([sys.executable, "-c", code, str(path)], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.perf_counter() - start, spent


class _Timed:
    """A grammar that adds up how long its answers took."""

    def __init__(self, inner: FormulaGrammar) -> None:
        self._inner = inner
        self.seconds = 0.0

    def start(self) -> Hashable:
        return self._inner.start()

    def advance(self, state: Hashable, token: int) -> Hashable | None:
        begun = time.perf_counter()
        result = self._inner.advance(state, token)
        self.seconds += time.perf_counter() - begun
        return result

    def may_end(self, state: Hashable) -> bool:
        begun = time.perf_counter()
        result = self._inner.may_end(state)
        self.seconds += time.perf_counter() - begun
        return result

    def forced(self, state: Hashable) -> str:
        return self._inner.forced(state)


def grammar_cost(rounds: int = 5) -> dict[str, float]:
    """Microseconds of grammar for a token of the shipped model's answers, over completions and repairs.

    The first round meets every state for the first time, as a process does that has just started.
    """
    prompts: list[Prompt] = [*map(completion_prompt, _TYPED), *map(repair_prompt, _BROKEN)]
    costs = []
    with Engine.open(find_model("mini"), threads=1) as engine:
        for _ in range(rounds):
            seconds, tokens = 0.0, 0
            for seed, prompt in enumerate(prompts):
                grammar = _Timed(FormulaGrammar(engine.tokenizer, stem=prompt.stem))
                found = engine.complete(prompt.text, grammar=grammar, temperature=0.7, seed=seed)
                seconds += grammar.seconds
                tokens += sum(len(completion.tokens) + 1 for completion in found)
            costs.append(1e6 * seconds / tokens)
    return {"grammar_us_first": costs[0], "grammar_us": float(np.median(costs))}
