"""Which tensors a weight file holds for a config, and their padded shapes: what kernels rely on."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from cellwright_kernels.config import LANES, DecoderConfig, padded
from cellwright_kernels.errors import WeightFormatError
from cellwright_kernels.packing import PackedMatrix


def matrix_shapes(config: DecoderConfig) -> dict[str, tuple[int, int]]:
    """Padded (rows, columns) of every matrix."""
    hidden, width = config.hidden_padded, config.intermediate_padded
    table = (padded(config.vocab_size, LANES), hidden)
    shapes = {"embed": table} | ({} if config.tied_embeddings else {"head": table})
    for layer in range(config.layers):
        name = f"layers.{layer}."
        shapes[name + "qkv"] = (config.qkv_rows, hidden)
        shapes[name + "output"] = (hidden, config.attention_padded)
        shapes[name + "gate_up"] = (2 * width, hidden)
        shapes[name + "down"] = (hidden, width)
    return shapes


def vector_sizes(config: DecoderConfig) -> dict[str, int]:
    """Padded sizes of every norm and bias."""
    sizes = {"norm": config.hidden_padded}
    for layer in range(config.layers):
        name = f"layers.{layer}."
        sizes[name + "attention_norm"] = sizes[name + "mlp_norm"] = config.hidden_padded
        if config.qkv_bias:
            sizes[name + "qkv_bias"] = config.qkv_rows
        if config.output_bias:
            sizes[name + "output_bias"] = config.hidden_padded
        if config.mlp_bias:
            sizes[name + "gate_up_bias"] = 2 * config.intermediate_padded
            sizes[name + "down_bias"] = config.hidden_padded
        if config.qk_norm:
            sizes[name + "q_norm"] = sizes[name + "k_norm"] = config.head_dim
    return sizes


def check_tensors(
    config: DecoderConfig,
    matrices: Mapping[str, PackedMatrix],
    vectors: Mapping[str, NDArray[np.float32]],
) -> None:
    """Raise WeightFormatError unless exactly the config's tensors are there, in its shapes and one kind."""
    shapes, sizes = matrix_shapes(config), vector_sizes(config)
    if shapes.keys() != matrices.keys() or sizes.keys() != vectors.keys():
        odd = (shapes.keys() ^ matrices.keys()) | (sizes.keys() ^ vectors.keys())
        raise WeightFormatError(
            f"expected the config's tensors, got others or none of: {', '.join(sorted(odd)[:4])}"
        )
    for name, matrix in matrices.items():
        if (matrix.rows, matrix.columns) != shapes[name]:
            raise WeightFormatError(f"expected {shapes[name]}, got {(matrix.rows, matrix.columns)}: {name}")
    for name, vector in vectors.items():
        if vector.size != sizes[name]:
            raise WeightFormatError(f"expected {sizes[name]} numbers, got {vector.size}: {name}")
    projections = {m.kind for name, m in matrices.items() if name.startswith("layers.")}
    tables = {m.kind for name, m in matrices.items() if not name.startswith("layers.")}
    if len(projections) != 1 or len(tables) != 1:
        raise WeightFormatError(f"expected one kind of projection and table, got {projections} and {tables}")
