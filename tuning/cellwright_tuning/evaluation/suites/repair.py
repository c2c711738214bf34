"""`repair`: a broken formula -> the right one, without its workbook.

DATA is jsonl of `{Buggy, GroundTruth}`. A hit is the same formula after case and spaces are normalised
(spaces inside string literals count). Intervals resample whole target formulas. `--model DIR` adds a language
model to the symbolic repairs; `shown_parses` is the share of proposals that the parser takes (it must be 1).
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from cellwright.prompt.notation import normalise
from cellwright.proposers.repair import propose_repairs
from cellwright.proposers.repair_sense import is_sound
from cellwright_tuning.evaluation.data import read_rows
from cellwright_tuning.evaluation.harness import Options, Suite, TaskResult
from cellwright_tuning.evaluation.models import load_model
from cellwright_tuning.evaluation.sample import sampled

SHOWN = 5


def run(data: Path, options: Options) -> Iterator[TaskResult]:
    """One result a row."""
    model = load_model(options.model)
    rows = [row for row in read_rows(data) if "Buggy" in row and "GroundTruth" in row]
    for row in sampled(rows, options):
        started = time.perf_counter()
        repairs = propose_repairs(row["Buggy"], count=SHOWN, model=model)
        latency_ms = (time.perf_counter() - started) * 1000
        target = comparable(row["GroundTruth"])
        sound = sum(is_sound(repair.formula.removeprefix("=")) for repair in repairs)
        hits = [comparable(repair.formula) == target for repair in repairs]
        yield TaskResult(
            group=target,
            metrics={
                "top1": (float(any(hits[:1])), 1.0),
                "top5": (float(any(hits)), 1.0),
                "shown_parses": (float(sound), float(len(repairs))),
            },
            confidence=repairs[0].probability if repairs else None,
            is_right=any(hits[:1]),
            latency_ms=latency_ms,
        )


def comparable(formula: str) -> str:
    """A formula text by which two are the same: without `=`, case, and spaces outside strings."""
    parts = normalise(formula).upper().split('"')
    return '"'.join(part if i % 2 else part.replace(" ", "") for i, part in enumerate(parts))


SUITE = Suite("repair", run, curves={"precision_at_50": 0.5}, asks_model=True)
