"""Random little models: odd sizes, every option, no training."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cellwright_kernels.checkpoint import Bits, quantize
from cellwright_kernels.config import DecoderConfig, RopeScaling
from cellwright_kernels.format import WeightFile, read

LLAMA = DecoderConfig(
    "llama", 97, 72, 100, 2, 6, 2, 20, 300, rope_scaling=RopeScaling("llama3", 4.0, 1.0, 4.0, 64),
    tied_embeddings=False, qkv_bias=True, output_bias=True, mlp_bias=True,
)  # fmt: skip
QWEN2 = DecoderConfig("qwen2", 160, 64, 96, 3, 4, 2, 16, 400, rope_theta=1e6, qkv_bias=True)
QWEN3 = DecoderConfig("qwen3", 131, 96, 160, 2, 3, 3, 32, 300, qk_norm=True, tied_embeddings=False)
WIDE_GROUP = DecoderConfig("llama", 64, 128, 64, 2, 10, 1, 48, 300)
CONFIGS = {"llama": LLAMA, "qwen2": QWEN2, "qwen3": QWEN3, "wide_group": WIDE_GROUP}


def random_state(config: DecoderConfig, seed: int = 0) -> dict[str, NDArray[np.float32]]:
    """A state dict with Hugging Face names; entries of about the size that training gives."""
    random = np.random.default_rng(seed)

    def normal(*shape: int) -> NDArray[np.float32]:
        return random.standard_normal(shape, dtype=np.float32) * np.float32(0.15)

    hidden, width, d = config.hidden_size, config.intermediate_size, config.head_dim
    queries, keys = config.heads * d, config.kv_heads * d
    state = {
        "model.embed_tokens.weight": normal(config.vocab_size, hidden),
        "model.norm.weight": 1 + normal(hidden),
    }
    if not config.tied_embeddings:
        state["lm_head.weight"] = normal(config.vocab_size, hidden)
    for layer in range(config.layers):
        name = f"model.layers.{layer}."
        shapes = {
            "self_attn.q_proj": (queries, hidden), "self_attn.k_proj": (keys, hidden),
            "self_attn.v_proj": (keys, hidden), "self_attn.o_proj": (hidden, queries),
            "mlp.gate_proj": (width, hidden), "mlp.up_proj": (width, hidden),
            "mlp.down_proj": (hidden, width),
        }  # fmt: skip
        for part, shape in shapes.items():
            state[f"{name}{part}.weight"] = normal(*shape)
            output = part.endswith("o_proj")
            biased = config.output_bias if output else config.qkv_bias if "attn" in part else config.mlp_bias
            if biased:
                state[f"{name}{part}.bias"] = normal(shape[0])
        for part, size in (("input_layernorm", hidden), ("post_attention_layernorm", hidden)):
            state[f"{name}{part}.weight"] = 1 + normal(size)
        if config.qk_norm:
            state[name + "self_attn.q_norm.weight"] = 1 + normal(d)
            state[name + "self_attn.k_norm.weight"] = 1 + normal(d)
    return state


def random_weights(folder: Path, config: DecoderConfig, bits: Bits, seed: int = 0) -> WeightFile:
    """A random model as an open weight file in `folder`."""
    path = folder / f"{config.architecture}-{bits}-{seed}.weights"
    quantize(random_state(config, seed), config, b"", bits, path)
    return read(path)
