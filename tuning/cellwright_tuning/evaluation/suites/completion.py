"""`completion`: finish a formula of which a beginning is typed, without its workbook.

DATA is jsonl of `{Masked, Completion}`; `<mask>` ends what is typed, `Completion` is the whole formula. A
hit is the same whole formula. The prefix share is typed characters / all characters, both without spaces;
a row counts for the share of 25, 50, 75 or 90 % that is nearest. Without a model,
endings by rule are proposed alone.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from cellwright.proposers.completion import propose_completions
from cellwright_tuning.evaluation.data import read_rows
from cellwright_tuning.evaluation.harness import Options, Suite, TaskResult
from cellwright_tuning.evaluation.models import load_model
from cellwright_tuning.evaluation.sample import sampled
from cellwright_tuning.evaluation.suites.repair import comparable

SHOWN = 5
SHARES = (25, 50, 75, 90)
MASK = "<mask>"


def run(data: Path, options: Options) -> Iterator[TaskResult]:
    """One result a row."""
    model = load_model(options.model)
    rows = [row for row in read_rows(data) if "Masked" in row and "Completion" in row]
    for row in sampled(rows, options):
        typed = row["Masked"].partition(MASK)[0]
        started = time.perf_counter()
        completions = propose_completions(typed, model, count=SHOWN)
        latency_ms = (time.perf_counter() - started) * 1000
        target = comparable(row["Completion"])
        hits = [comparable(completion.formula) == target for completion in completions]
        top1, top5 = float(any(hits[:1])), float(any(hits))
        share = nearest_share(len(comparable(typed)) / max(1, len(target)))
        yield TaskResult(
            group=target,
            metrics={
                "top1": (top1, 1.0),
                "top5": (top5, 1.0),
                f"top1_at_{share}": (top1, 1.0),
                f"top5_at_{share}": (top5, 1.0),
            },
            confidence=completions[0].probability if completions else None,
            is_right=any(hits[:1]),
            latency_ms=latency_ms,
        )


def nearest_share(share: float) -> int:
    """25, 50, 75 or 90: the one nearest to a share between 0 and 1."""
    return min(SHARES, key=lambda percent: abs(percent - 100 * share))


SUITE = Suite("completion", run, curves={"precision_at_50": 0.5}, asks_model=True)
