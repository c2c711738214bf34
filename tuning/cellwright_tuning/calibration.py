"""What the matrices of a checkpoint are multiplied by, over text of our generator; int4 rounding with it.

The moments come from batches that training draws too (never the held-back part), under a seed of their own.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from transformers import LlamaForCausalLM

from cellwright_kernels.config import GROUP, padded
from cellwright_kernels.rounding import Rounding, round_by_moments
from cellwright_tuning.data.batches import BatchRecipe, make_batch

SEED = 88_000_001
MIXTURE = (("completion", 0.34), ("repair", 0.33), ("formula", 0.33))
TOKENS = 8_192  # of a batch; longer examples than MAX_TOKENS are left out
MAX_TOKENS = 512

# Which product of a transformers block reads the same input as a matrix of ours.
READERS = {
    "self_attn.q_proj": "qkv",
    "self_attn.o_proj": "output",
    "mlp.gate_proj": "gate_up",
    "mlp.down_proj": "down",
}


def input_moments(checkpoint: Path, batches: int) -> dict[str, NDArray[np.float64]]:
    """Second moments (columns, columns) of each projection's input, by our name (`layers.0.qkv`)."""
    model = LlamaForCausalLM.from_pretrained(checkpoint, dtype=torch.float32)
    model.train(False)
    padding = model.config.pad_token_id
    assert isinstance(padding, int), "checkpoints of train.py name it"
    sums: defaultdict[str, NDArray[np.float64]] = defaultdict(lambda: np.zeros(()))
    present: list[Tensor] = []  # (B, T), of the pass that runs: padding teaches nothing

    def watch(name: str, module: nn.Module) -> None:
        def note(_: nn.Module, inputs: tuple[Tensor, ...]) -> None:
            rows = inputs[0][present[0]]  # (N, columns)
            sums[name] = sums[name] + (rows.T @ rows).double().numpy()

        module.register_forward_pre_hook(note)

    for number, block in enumerate(model.model.layers):
        for reader, ours in READERS.items():
            watch(f"layers.{number}.{ours}", block.get_submodule(reader))
    recipe = BatchRecipe(checkpoint, MIXTURE, SEED, TOKENS, TOKENS, MAX_TOKENS)
    with torch.no_grad():
        for number in range(batches):
            for batch in make_batch(recipe, number):
                ids = torch.from_numpy(batch.ids)
                present[:] = [torch.ne(ids, padding)]
                model.model(input_ids=ids, use_cache=False)
    return dict(sums)


def calibrated_rounding(checkpoint: Path, batches: int = 16) -> Rounding:
    """Rounding of a checkpoint's projections to int4 by the moments of `batches` batches of 8,192 tokens."""
    return rounding_by(input_moments(checkpoint, batches))


def rounding_by(moments: dict[str, NDArray[np.float64]]) -> Rounding:
    """Rounding to int4 by the moments of each matrix's input."""

    def rounding(name: str, weights: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float16]]:
        seen = moments[name]
        full = np.zeros((padded(len(seen), GROUP),) * 2)
        full[: len(seen), : len(seen)] = seen
        return round_by_moments(weights, full)

    return rounding
