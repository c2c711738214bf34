"""LoRA adapters: read peft's directories, and lay them out for the fused matrices.

For a projection W with adapter A (r, in), B (out, r) the output gains (alpha / r) * B (A x), in float32 on
the activations before they are quantized; with rank-stabilised adapters the factor is alpha / sqrt(r).
Not covered: DoRA, biases, trained embeddings, rank patterns.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cellwright_kernels.checkpoint import SafeTensors, interleave_blocks, json_object, pad_heads
from cellwright_kernels.config import GROUP, LANES, DecoderConfig, padded
from cellwright_kernels.errors import AdapterMismatch, WeightFormatError
from cellwright_kernels.packing import PackedMatrix, pack

OPERATIONS = ("qkv", "output", "gate_up", "down")
_PARTS = {"qkv": ("q", "k", "v"), "output": ("o",), "gate_up": ("gate", "up"), "down": ("down",)}
_KEY = re.compile(r"layers\.(\d+)\.(?:self_attn|mlp)\.(\w+)_proj\.lora_(A|B)(?:\.\w+)?\.weight$")


@dataclass(frozen=True)
class FusedAdapter:
    """The adapter of one fused matrix (rows, columns): y += B (A x), part by part.

    `down` packs the parts' A one after another (parts * rank rows, columns) as f32. `up` is B as
    (rows / 16, rank, 16), and block b of it reads the intermediate values from `offsets[b]` on.
    """

    rank: int
    down: PackedMatrix
    up: NDArray[np.float32]
    offsets: NDArray[np.int32]


@dataclass(frozen=True)
class Adapter:
    """A LoRA adapter fitted to one config: `layers[layer][operation]`, None where it changes nothing."""

    name: str
    layers: tuple[Mapping[str, FusedAdapter | None], ...]


def read_adapter(folder: Path, config: DecoderConfig) -> Adapter:
    """Read a peft directory; raises AdapterMismatch if it was made for another model."""
    try:
        options = json_object(folder / "adapter_config.json")
        tensors = SafeTensors(folder / "adapter_model.safetensors")
    except WeightFormatError as error:
        raise AdapterMismatch(f"expected a LoRA directory, got {error} ({folder})") from error
    if options.get("peft_type") != "LORA":
        raise AdapterMismatch(f"expected peft_type LORA, got {options.get('peft_type')!r} ({folder})")
    refused = [
        k
        for k in ("use_dora", "modules_to_save", "rank_pattern", "alpha_pattern", "lora_bias")
        if options.get(k)
    ]
    if refused or options.get("bias", "none") != "none":
        raise AdapterMismatch(f"expected plain LoRA, got {', '.join(refused) or 'bias'} ({folder})")
    try:
        rank, alpha = int(options["r"]), float(options["lora_alpha"])
        factor = alpha / (math.sqrt(rank) if options.get("use_rslora") else rank)
        return fuse(dict(tensors), config, factor, folder.name)
    except (KeyError, TypeError, ValueError, ArithmeticError, WeightFormatError) as error:
        raise AdapterMismatch(f"expected a complete adapter, got {error!r} ({folder})") from error


def fuse(
    tensors: Mapping[str, NDArray[np.float32]], config: DecoderConfig, factor: float, name: str
) -> Adapter:
    """Lay out peft's tensors (`...layers.N.self_attn.q_proj.lora_A.weight` and so on) for `config`."""
    pairs: dict[tuple[int, str], dict[str, NDArray[np.float32]]] = {}
    for key, value in tensors.items():
        match = _KEY.search(key)
        if match is None or match[2] not in ("q", "k", "v", "o", "gate", "up", "down"):
            raise AdapterMismatch(f"expected adapters of the decoder's projections, got {key} ({name})")
        if not np.isfinite(value).all():
            raise AdapterMismatch(f"expected finite weights, got NaN or infinity: {key} ({name})")
        pairs.setdefault((int(match[1]), match[2]), {})[match[3]] = value
    heads, kv = config.heads * config.head_dim, config.kv_heads * config.head_dim
    hidden, width = config.hidden_size, config.intermediate_size
    shapes = {
        "q": (heads, hidden), "k": (kv, hidden), "v": (kv, hidden), "o": (hidden, heads),
        "gate": (width, hidden), "up": (width, hidden), "down": (hidden, width),
    }  # fmt: skip
    for (layer, part), pair in pairs.items():
        shape_ok = (
            layer < config.layers
            and pair.keys() == {"A", "B"}
            and pair["A"].shape[1:] == shapes[part][1:]
            and pair["B"].shape == (shapes[part][0], pair["A"].shape[0])
        )
        if not shape_ok:
            got = ", ".join(f"{side} {value.shape}" for side, value in sorted(pair.items()))
            raise AdapterMismatch(
                f"expected A (r, {shapes[part][1]}) and B ({shapes[part][0]}, r) in layer < {config.layers}, "
                f"got {got} (layer {layer} {part}_proj, {name})"
            )
    layers = []
    for layer in range(config.layers):
        fused: dict[str, FusedAdapter | None] = {}
        for operation in OPERATIONS:
            parts = {part: pairs[layer, part] for part in _PARTS[operation] if (layer, part) in pairs}
            fused[operation] = _fuse_operation(operation, parts, shapes, config, factor) if parts else None
        layers.append(fused)
    return Adapter(name, tuple(layers))


def _fuse_operation(
    operation: str,
    parts: Mapping[str, Mapping[str, NDArray[np.float32]]],
    shapes: Mapping[str, tuple[int, int]],
    config: DecoderConfig,
    factor: float,
) -> FusedAdapter:
    names = _PARTS[operation]
    rank = max(pair["A"].shape[0] for pair in parts.values())
    down = np.zeros((len(names) * rank, shapes[names[0]][1]), np.float32)
    ups = []
    for index, part in enumerate(names):
        up = np.zeros((shapes[part][0], rank), np.float32)
        if part in parts:
            r = parts[part]["A"].shape[0]
            down[index * rank : index * rank + r] = parts[part]["A"]
            up[:, :r] = parts[part]["B"] * np.float32(factor)
        ups.append(up)
    part_rows: list[NDArray[np.int32]] = []
    if operation == "qkv":
        full = np.concatenate([pad_heads(up, config) for up in ups])
        counts = (config.heads, config.kv_heads, config.kv_heads)
        part_rows = [np.full(n * config.head_rows // LANES, i, np.int32) for i, n in enumerate(counts)]
    elif operation == "gate_up":
        full = interleave_blocks(ups[0], ups[1], config)
        part_rows = [np.tile(np.array([0, 1], np.int32), config.intermediate_padded // LANES)]
    else:
        full = np.concatenate(
            [ups[0], np.zeros((padded(ups[0].shape[0], GROUP) - ups[0].shape[0], rank), np.float32)]
        )
        part_rows = [np.zeros(full.shape[0] // LANES, np.int32)]
    blocks = np.ascontiguousarray(full.reshape(-1, LANES, rank).transpose(0, 2, 1))
    return FusedAdapter(rank, pack(down, "f32"), blocks, np.concatenate(part_rows) * np.int32(rank))
