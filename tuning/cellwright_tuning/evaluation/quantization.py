"""What quantizing costs a checkpoint: the same held-back tasks with weights in float32, int8 and int4,
the last rounded to the nearest and rounded by what the matrices are multiplied by (`calibration`).

    python -m cellwright_tuning.evaluation.quantization CHECKPOINT [--tasks 600] [--json FILE]

The tasks are of our own generator, of the part that training never sees (`data.examples.is_held_back`), under
a seed of their own. A task is right where every token of its answer is the likeliest one, as greedy decoding
writes it; a completion's answer is a whole formula that nobody could guess, so there the share of its tokens
that are the likeliest counts. Differences are taken task by task, with a 95 % bootstrap interval.
"""

from __future__ import annotations

import argparse
import datetime
import json
import platform
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from cellwright.cli.bench import cpu_name
from cellwright_kernels.checkpoint import Bits, quantize_checkpoint
from cellwright_kernels.decoder import Decoder
from cellwright_tuning.calibration import calibrated_rounding
from cellwright_tuning.data.batches import load_tokenizer, tokenise
from cellwright_tuning.data.examples import stream

KINDS = ("completion", "repair", "formula")
FORMS: dict[str, Bits] = {"float": 32, "int8": 8, "int4": 4, "int4_calibrated": 4}
SEED = 77_000_001
MAX_TOKENS = 512
DRAWS = 2_000


@dataclass(frozen=True)
class Scores:
    """Of each task: whether its answer is right (0 to 1), and the log-probability of the answer (nats)."""

    right: NDArray[np.float64]
    log_probability: NDArray[np.float64]


def held_back_tasks(tokenizer: Tokenizer, kind: str, count: int) -> list[tuple[list[int], int]]:
    """(ids, how many of them are the prompt) of tasks that training never sees."""
    tasks: list[tuple[list[int], int]] = []
    for example in stream({kind: 1.0}, SEED, held_back=True):
        ids, prompt = tokenise(tokenizer, example)
        if len(ids) <= MAX_TOKENS:
            tasks.append((ids, prompt))
        if len(tasks) == count:
            break
    return tasks


def score(decoder: Decoder, kind: str, tasks: list[tuple[list[int], int]]) -> Scores:
    """Run each task's answer through the model once."""
    right, totals = [], []
    for ids, prompt in tasks:
        sequence = decoder.open()
        rows = range(prompt - 1, len(ids) - 1)
        logits = decoder.forward(ids[:-1], sequence, logit_rows=rows).astype(np.float64)
        decoder.close(sequence)
        answer = np.array(ids[prompt:])
        peak = logits.max(axis=1)
        chosen = logits[np.arange(len(answer)), answer]
        hits = logits.argmax(axis=1) == answer
        right.append(float(hits.mean() if kind == "completion" else hits.all()))
        totals.append(float((chosen - peak - np.log(np.exp(logits - peak[:, None]).sum(axis=1))).sum()))
    return Scores(np.array(right), np.array(totals))


def compare(checkpoint: Path, count: int, batches: int = 16) -> dict[str, dict[str, float]]:
    """Metrics `repair_int4`, `repair_int4_minus_float` (shares of tasks), ..., `all_...` over every task."""
    tokenizer = load_tokenizer(checkpoint)
    tasks = {kind: held_back_tasks(tokenizer, kind, count) for kind in KINDS}
    found: dict[str, dict[str, Scores]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for form, bits in FORMS.items():
            path = Path(folder) / form
            rounding = calibrated_rounding(checkpoint, batches) if form == "int4_calibrated" else None
            quantize_checkpoint(checkpoint, path, bits, rounding)
            decoder = Decoder(path, kv="f32" if form == "float" else "f16")
            found[form] = {kind: score(decoder, kind, tasks[kind]) for kind in KINDS}
            decoder.shutdown()
    metrics: dict[str, dict[str, float]] = {}
    for kind in (*KINDS, "all"):
        parts = {
            form: np.concatenate([scores[k].right for k in (KINDS if kind == "all" else (kind,))])
            for form, scores in found.items()
        }
        for form, right in parts.items():
            metrics[f"{kind}_{form}"] = interval(right)
            if form != "float":
                metrics[f"{kind}_{form}_minus_float"] = interval(right - parts["float"])
    for form in (form for form in FORMS if form != "float"):
        changes = np.concatenate(
            [found[form][k].log_probability - found["float"][k].log_probability for k in KINDS]
        )
        metrics[f"nats_an_answer_{form}_minus_float"] = interval(changes)
    return metrics


def interval(values: NDArray[np.float64]) -> dict[str, float]:
    """Mean with a 95 % bootstrap interval."""
    draws = np.random.default_rng(0).integers(0, len(values), (DRAWS, len(values)))
    low, high = np.percentile(values[draws].mean(axis=1), [2.5, 97.5])
    return {"value": float(values.mean()), "low": float(low), "high": float(high)}


def main() -> None:
    """Compare, print, write."""
    parser = argparse.ArgumentParser(description="Compare a checkpoint's quantized forms with float32.")
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--tasks", type=int, default=600, help="tasks of each kind")
    parser.add_argument("--json", type=Path, help="write the result here")
    given = parser.parse_args()
    metrics = compare(given.checkpoint, given.tasks)
    for name, metric in metrics.items():
        print(f"{name:<40} {metric['value']:8.4f} ({metric['low']:.4f} to {metric['high']:.4f})")
    if given.json:
        result: dict[str, Any] = {
            "suite": "quantization",
            "model": given.checkpoint.name,
            "tasks": given.tasks * len(KINDS),
            "metrics": metrics,
            "machine": {
                "cpu": cpu_name(),
                "system": platform.system(),
                "python": platform.python_version(),
            },
            "command": f"python -m cellwright_tuning.evaluation.quantization {given.checkpoint.name} "
            f"--tasks {given.tasks}",
            "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        }
        given.json.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
