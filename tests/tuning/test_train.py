"""The training script end to end on a tiny model: it learns, stops, goes on, and exports."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from cellwright_tuning.data import batches

TUNING = Path(batches.__file__).resolve().parents[2]
RECIPE = """
name = "tiny"
tokenizer = "{tokenizer}"
[model]
hidden_size = 32
num_hidden_layers = 2
num_attention_heads = 2
num_key_value_heads = 1
intermediate_size = 64
max_position_embeddings = 512
[data]
seed = 5
workers = 0
mixture = {{ completion = 0.5, repair = 0.5 }}
[training]
steps = 8
tokens_per_step = 2048
tokens_per_pass = 1024
max_tokens = 200
learning_rate = 5e-3
weight_decay = 0.0
warmup_steps = 2
decay_fraction = 0.25
clip_norm = 1.0
threads = 1
bfloat16 = false
evaluate_every = 8
checkpoint_every = 4
log_every = 1
"""


def _train(recipe: Path, out: Path, *more: str) -> list[dict[str, float]]:
    command = [sys.executable, "-m", "cellwright_tuning.train", str(recipe), "--out", str(out), *more]
    subprocess.run(command, check=True, capture_output=True, text=True, timeout=110)
    return [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]


def _weights(folder: Path) -> dict[str, np.ndarray]:
    from safetensors.numpy import load_file

    return {k: v for shard in sorted(folder.glob("model*.safetensors")) for k, v in load_file(shard).items()}


@pytest.mark.slow
def test_a_run_learns_and_one_that_stopped_ends_where_the_other_does(tmp_path: Path) -> None:
    recipe = tmp_path / "recipes" / "tiny.toml"
    recipe.parent.mkdir()
    recipe.write_text(RECIPE.format(tokenizer=TUNING / "tokenizer"))
    log = _train(recipe, tmp_path / "whole", "--export", str(tmp_path / "export"))
    losses = [line["loss"] for line in log if line["event"] == "step"]
    assert len(losses) == 8
    assert losses[-1] < losses[0] - 0.7
    assert any("repair_greedy" in line for line in log)

    _train(recipe, tmp_path / "parts", "--minutes", "0.0001")
    progress = json.loads((tmp_path / "parts" / "checkpoint" / "progress.json").read_text())
    assert progress["step"] == 1
    _train(recipe, tmp_path / "parts")
    whole, parts = _weights(tmp_path / "whole" / "checkpoint"), _weights(tmp_path / "parts" / "checkpoint")
    assert whole.keys() == parts.keys()
    for name in whole:
        np.testing.assert_allclose(whole[name], parts[name], atol=2e-4, err_msg=name)

    log = _train(
        recipe, tmp_path / "from_weights", "--weights", str(tmp_path / "export"), "--first-step", "6"
    )
    resumed = [line["loss"] for line in log if line["event"] == "step"]
    assert len(resumed) == 2
    assert resumed[0] < losses[3]
