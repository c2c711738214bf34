"""Comparing a checkpoint's quantized forms with float32, on the checkpoint in the repository."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from cellwright_tuning.data.batches import load_tokenizer
from cellwright_tuning.evaluation.quantization import compare, held_back_tasks, interval

CHECKPOINT = Path(__file__).parents[2] / "tuning" / "checkpoints" / "mini"


def test_every_form_is_compared_task_by_task() -> None:
    metrics = compare(CHECKPOINT, 12, batches=1)
    for kind in ("completion", "repair", "formula", "all"):
        for form in ("int8", "int4"):
            difference = metrics[f"{kind}_{form}"]["value"] - metrics[f"{kind}_float"]["value"]
            assert abs(metrics[f"{kind}_{form}_minus_float"]["value"] - difference) < 1e-9
    # int8 moves an answer's probability by far less than int4 does
    assert abs(metrics["nats_an_answer_int8_minus_float"]["value"]) < 0.1
    assert metrics["repair_float"]["value"] > 0.5


def test_tasks_are_the_same_each_time() -> None:
    tokenizer = load_tokenizer(CHECKPOINT)
    assert held_back_tasks(tokenizer, "repair", 3) == held_back_tasks(tokenizer, "repair", 3)


def test_the_interval_holds_the_mean() -> None:
    found = interval(np.array([0.0, 1.0, 1.0, 1.0]))
    assert found["low"] <= found["value"] == 0.75 <= found["high"]
