"""The shapes that are measured, and random weights for them; speed does not depend on the values."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from cellwright_kernels.config import DecoderConfig

SHAPES = {
    "4M": DecoderConfig("llama", 4096, 256, 704, 4, 4, 2, 64, 4096),
    "25M": DecoderConfig("llama", 4096, 512, 1408, 8, 8, 4, 64, 4096),
    "60M": DecoderConfig("llama", 8192, 768, 2048, 9, 12, 4, 64, 4096),
    "0.5B": DecoderConfig("llama", 151936, 896, 4864, 24, 14, 2, 64, 4096),
}
"""By approximate parameters; 0.5B has the sizes of Qwen2-0.5B."""


def random_state(config: DecoderConfig, seed: int = 0) -> dict[str, NDArray[np.float32]]:
    """A state dict with Hugging Face names for a tied Llama config without biases."""
    random = np.random.default_rng(seed)
    hidden, width = config.hidden_size, config.intermediate_size
    queries, keys = config.heads * config.head_dim, config.kv_heads * config.head_dim
    per_layer: Mapping[str, tuple[int, ...]] = {
        "input_layernorm": (hidden,), "post_attention_layernorm": (hidden,),
        "self_attn.q_proj": (queries, hidden), "self_attn.k_proj": (keys, hidden),
        "self_attn.v_proj": (keys, hidden), "self_attn.o_proj": (hidden, queries),
        "mlp.gate_proj": (width, hidden), "mlp.up_proj": (width, hidden), "mlp.down_proj": (hidden, width),
    }  # fmt: skip
    shapes: dict[str, tuple[int, ...]] = {
        "model.embed_tokens.weight": (config.vocab_size, hidden),
        "model.norm.weight": (hidden,),
    }
    for layer in range(config.layers):
        shapes |= {f"model.layers.{layer}.{part}.weight": shape for part, shape in per_layer.items()}
    return {
        name: np.ones(shape, np.float32)
        if len(shape) == 1
        else random.standard_normal(shape, dtype=np.float32) * np.float32(shape[1] ** -0.5)
        for name, shape in shapes.items()
    }


def parameters(config: DecoderConfig) -> int:
    """Number of weights, the tied embedding counted once."""
    return config.vocab_size * config.hidden_size + config.layers * layer_weights(config)


def layer_weights(config: DecoderConfig) -> int:
    """Weights of one layer's matrices: multiply-adds a token."""
    attention = 2 * (config.heads + config.kv_heads) * config.head_dim
    return config.hidden_size * (attention + 3 * config.intermediate_size)


def multiply_adds(config: DecoderConfig, depth: int) -> tuple[int, int]:
    """Multiply-adds of one decoded token at a depth: (integer, in the matrices; float, in attention)."""
    integer = config.layers * layer_weights(config) + config.vocab_size * config.hidden_size
    return integer, 2 * config.layers * config.heads * config.head_dim * depth


def cache_bytes(config: DecoderConfig, depth: int) -> int:
    """Bytes of float16 keys and values read for one token at a depth."""
    return 4 * config.layers * config.kv_heads * config.head_dim * depth
