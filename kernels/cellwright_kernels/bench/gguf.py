"""Write a GGUF file (version 3) of a Llama model as q4_0 or q8_0, so that llama.cpp runs the same weights.

Blocks are of 32 weights with a float16 scale d: q4_0 stores w = d * (u - 8), element i in the low nibble of
byte i, element i + 16 in the high one, d = (largest magnitude, signed) / -8; q8_0 stores w = d * q with
d = max / 127. As in our file the embedding, which is also the head, is 8-bit. llama.cpp rotates neighbours
where Hugging Face rotates halves, so the rows of queries and keys are permuted.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from cellwright_kernels.config import DecoderConfig
from cellwright_kernels.errors import UnsupportedModel

GgufKind = Literal["q4_0", "q8_0"]
_ALIGN = 32
_TYPES = {"f32": 0, "q4_0": 2, "q8_0": 8}
_NAMES = {
    "input_layernorm": "attn_norm", "post_attention_layernorm": "ffn_norm", "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v", "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down",
}  # fmt: skip


def write_gguf(
    path: Path, state: Mapping[str, NDArray[np.float32]], config: DecoderConfig, kind: GgufKind
) -> None:
    """Write the model; raises UnsupportedModel for what the Llama layout of GGUF does not say."""
    if config.architecture != "llama" or config.qkv_bias or not config.tied_embeddings or config.rope_scaling:
        raise UnsupportedModel("expected a tied Llama without biases and rope scaling")
    fields: dict[str, str | int | float] = {
        "general.architecture": "llama",
        "general.name": "benchmark",
        "llama.context_length": config.max_positions,
        "llama.embedding_length": config.hidden_size,
        "llama.block_count": config.layers,
        "llama.feed_forward_length": config.intermediate_size,
        "llama.attention.head_count": config.heads,
        "llama.attention.head_count_kv": config.kv_heads,
        "llama.attention.key_length": config.head_dim,
        "llama.attention.value_length": config.head_dim,
        "llama.attention.layer_norm_rms_epsilon": config.rms_eps,
        "llama.rope.dimension_count": config.head_dim,
        "llama.rope.freq_base": config.rope_theta,
        "llama.vocab_size": config.vocab_size,
        "tokenizer.ggml.model": "no_vocab",
    }
    tensors = {
        "token_embd.weight": _tensor(state["model.embed_tokens.weight"], "q8_0"),
        "output_norm.weight": _tensor(state["model.norm.weight"], "f32"),
    }
    for layer in range(config.layers):
        for part, name in _NAMES.items():
            weight = state[f"model.layers.{layer}.{part}.weight"]
            if name in ("attn_q", "attn_k"):
                weight = _interleave_halves(weight, config.head_dim)
            tensors[f"blk.{layer}.{name}.weight"] = _tensor(weight, "f32" if weight.ndim == 1 else kind)
    header = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(fields))
    header += b"".join(_string(name) + _value(value) for name, value in fields.items())
    position = 0
    for name, (kind_name, shape, data) in tensors.items():
        header += _string(name) + struct.pack("<I", len(shape))
        header += struct.pack(f"<{len(shape)}Q", *reversed(shape))
        header += struct.pack("<IQ", _TYPES[kind_name], position)
        position += -(-len(data) // _ALIGN) * _ALIGN
    with path.open("wb") as out:
        out.write(header + bytes(-len(header) % _ALIGN))
        for _, _, data in tensors.values():
            out.write(data + bytes(-len(data) % _ALIGN))


def _string(text: str) -> bytes:
    return struct.pack("<Q", len(text)) + text.encode()


def _value(value: str | int | float) -> bytes:
    if isinstance(value, str):
        return struct.pack("<I", 8) + _string(value)
    if isinstance(value, int):
        return struct.pack("<II", 4, value)
    return struct.pack("<If", 6, value)


def _interleave_halves(weight: NDArray[np.float32], head_dim: int) -> NDArray[np.float32]:
    heads = weight.reshape(-1, 2, head_dim // 2, weight.shape[1])
    return np.ascontiguousarray(heads.transpose(0, 2, 1, 3)).reshape(weight.shape)


def _tensor(weight: NDArray[np.float32], kind: str) -> tuple[str, tuple[int, ...], bytes]:
    if kind == "f32":
        return kind, weight.shape, weight.tobytes()
    blocks = weight.reshape(-1, 32)
    largest = np.take_along_axis(blocks, np.abs(blocks).argmax(axis=1)[:, None], axis=1)
    scale = largest / np.float32(-8) if kind == "q4_0" else np.abs(largest) / np.float32(127)
    inverse = np.divide(np.float32(1), scale, out=np.zeros_like(scale), where=scale != 0)
    if kind == "q4_0":
        u = np.clip(np.rint(blocks * inverse) + 8, 0, 15).astype(np.uint8)
        quantized = u[:, :16] | (u[:, 16:] << 4)
    else:
        quantized = np.rint(blocks * inverse).astype(np.int8).view(np.uint8)
    rows = np.concatenate([scale.astype(np.float16).view(np.uint8), quantized], axis=1)
    return kind, weight.shape, rows.tobytes()
