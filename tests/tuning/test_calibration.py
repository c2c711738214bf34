"""Rounding by moments on the real checkpoint: answers keep more of their probability."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from cellwright.registry import SHIPPED
from cellwright_kernels.checkpoint import Bits, quantize_checkpoint
from cellwright_kernels.decoder import Decoder
from cellwright_kernels.rounding import Rounding
from cellwright_tuning.calibration import input_moments, rounding_by
from cellwright_tuning.data.batches import load_tokenizer
from cellwright_tuning.evaluation.quantization import held_back_tasks, score

CHECKPOINT = Path(__file__).resolve().parents[2] / "tuning" / "checkpoints" / SHIPPED


def test_answers_keep_more_of_their_probability(tmp_path: Path) -> None:
    moments = input_moments(CHECKPOINT, 1)
    assert set(moments) == {
        f"layers.{layer}.{part}" for layer in range(5) for part in ("qkv", "output", "gate_up", "down")
    }
    for name, seen in moments.items():
        assert np.allclose(seen, seen.T), name
        assert (np.diag(seen) > 0).all(), name
    tasks = held_back_tasks(load_tokenizer(CHECKPOINT), "formula", 60)
    forms: dict[str, tuple[Bits, Rounding | None]] = {
        "float": (32, None), "nearest": (4, None), "by_moments": (4, rounding_by(moments)),
    }  # fmt: skip
    found = {}
    for name, (bits, rounding) in forms.items():
        quantize_checkpoint(CHECKPOINT, tmp_path / name, bits, rounding)
        decoder = Decoder(tmp_path / name)
        found[name] = score(decoder, "formula", tasks).log_probability
        decoder.shutdown()
    moved = {name: float(np.abs(found[name] - found["float"]).mean()) for name in ("nearest", "by_moments")}
    assert moved["by_moments"] < 0.8 * moved["nearest"]
