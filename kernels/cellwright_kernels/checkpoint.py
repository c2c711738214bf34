"""Read a Hugging Face checkpoint without torch, and quantize it into a weight file.

`read_safetensors` knows F32, F16 and BF16 (header: little-endian u64 length, then JSON; data follow) and
maps the file, so peak memory is one tensor. Sharded checkpoints go through `model.safetensors.index.json`.
"""

from __future__ import annotations

import json
import mmap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from cellwright_kernels import format as weight_format
from cellwright_kernels.config import LANES, DecoderConfig, padded
from cellwright_kernels.errors import WeightFormatError
from cellwright_kernels.packing import Kind, PackedMatrix, pack, pack_quantized, pad_to_blocks
from cellwright_kernels.rounding import Rounding

Bits = Literal[4, 8, 32]
_MAX_HEADER_BYTES = 100_000_000


class SafeTensors(Mapping[str, NDArray[np.float32]]):
    """The tensors of one `.safetensors` file as float32, converted when they are asked for."""

    def __init__(self, path: Path) -> None:
        """Raises WeightFormatError for a file that is not complete safetensors of float types."""
        self._path = path
        try:
            with path.open("rb") as file:
                self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except (OSError, ValueError) as error:
            raise WeightFormatError(f"expected a safetensors file, got {error} ({path})") from error
        size = int.from_bytes(self._map[:8], "little")
        if len(self._map) < 8 or size > min(_MAX_HEADER_BYTES, len(self._map) - 8):
            raise WeightFormatError(f"expected a safetensors header, got a length of {size} ({path})")
        try:
            header = json.loads(self._map[8 : 8 + size])
            self._entries = {name: entry for name, entry in header.items() if name != "__metadata__"}
        except (ValueError, AttributeError, RecursionError) as error:
            raise WeightFormatError(f"expected a JSON header, got {error} ({path})") from error
        self._start = 8 + size

    def __getitem__(self, name: str) -> NDArray[np.float32]:
        entry: dict[str, Any] = self._entries[name]
        try:
            dtype, shape, (begin, end) = entry["dtype"], tuple(entry["shape"]), entry["data_offsets"]
            raw = self._map[self._start + begin : self._start + end]
            count = int(np.prod(shape, dtype=np.int64))
            if dtype == "F32":
                values = np.frombuffer(raw, np.float32)
            elif dtype == "F16":
                values = np.frombuffer(raw, np.float16).astype(np.float32)
            elif dtype == "BF16":
                values = (np.frombuffer(raw, np.uint16).astype(np.uint32) << 16).view(np.float32)
            else:
                raise WeightFormatError(f"expected F32, F16 or BF16, got {dtype}: {name} ({self._path})")
        except (KeyError, TypeError, ValueError) as error:
            raise WeightFormatError(
                f"expected a tensor entry, got {error!r}: {name} ({self._path})"
            ) from error
        if values.size != count or len(raw) != end - begin:
            raise WeightFormatError(f"expected {count} numbers, got {values.size}: {name} ({self._path})")
        return values.reshape(shape)

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)


class _Shards(Mapping[str, NDArray[np.float32]]):
    def __init__(self, folder: Path, names: Mapping[str, str]) -> None:
        self._names = names
        self._files = {file: SafeTensors(folder / Path(file).name) for file in set(names.values())}

    def __getitem__(self, name: str) -> NDArray[np.float32]:
        return self._files[self._names[name]][name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def json_object(path: Path) -> dict[str, Any]:
    """The object that a JSON file holds; raises WeightFormatError for anything else."""
    try:
        value = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise WeightFormatError(f"expected a readable {path.name}, got {error} ({path.parent})") from error
    if not isinstance(value, dict):
        raise WeightFormatError(f"expected an object, got {type(value).__name__} ({path})")
    return value


def read_checkpoint(folder: Path) -> tuple[DecoderConfig, Mapping[str, NDArray[np.float32]], bytes]:
    """Config, tensors (lazily) and tokenizer.json (empty bytes if absent) of a Hugging Face directory."""
    config = DecoderConfig.from_hugging_face(json_object(folder / "config.json"))
    tokenizer_path, index = folder / "tokenizer.json", folder / "model.safetensors.index.json"
    tokenizer = tokenizer_path.read_bytes() if tokenizer_path.is_file() else b""
    if not index.is_file():
        return config, SafeTensors(folder / "model.safetensors"), tokenizer
    shards = json_object(index).get("weight_map")
    if not isinstance(shards, dict):
        raise WeightFormatError(f"expected a weight_map, got {type(shards).__name__} ({index})")
    return config, _Shards(folder, shards), tokenizer


def quantize_checkpoint(folder: Path, path: Path, bits: Bits = 4, rounding: Rounding | None = None) -> str:
    """Quantize a Hugging Face directory into a weight file; the digest of the file."""
    config, tensors, tokenizer = read_checkpoint(folder)
    return quantize(tensors, config, tokenizer, bits, path, rounding)


def quantize(
    state: Mapping[str, NDArray[np.float32]],
    config: DecoderConfig,
    tokenizer: bytes,
    bits: Bits,
    path: Path,
    rounding: Rounding | None = None,
) -> str:
    """Write the weight file of a state dict with Hugging Face names; returns its digest.

    bits 4: projections int4, embedding and head int8. bits 8: all int8. bits 32: float32, for reference.
    Norms and biases stay float32. `rounding` may choose the codes of int4 projections. Raises
    WeightFormatError for missing, misshapen or NaN tensors, and for a tokenizer with more tokens than the
    embedding has rows.
    """
    check_tokenizer(tokenizer, config.vocab_size)
    kinds: dict[int, tuple[Kind, Kind]] = {4: ("int4", "int8"), 8: ("int8", "int8"), 32: ("f32", "f32")}
    if bits not in kinds:
        raise WeightFormatError(f"expected 4, 8 or 32 bits, got {bits}")
    projection, table = kinds[bits]
    take = _Taker(state)

    def pack_projection(name: str, weights: NDArray[np.float32]) -> PackedMatrix:
        if rounding is None or projection != "int4":
            return pack(weights, projection)
        return pack_quantized(*rounding(name, pad_to_blocks(weights)), "int4")

    hidden, width, d = config.hidden_size, config.intermediate_size, config.head_dim
    padded_hidden = config.hidden_padded
    tensors: dict[str, PackedMatrix | NDArray[np.float32]] = {}
    tensors["embed"] = take.packed("model.embed_tokens.weight", (config.vocab_size, hidden), table)
    if not config.tied_embeddings:
        tensors["head"] = take.packed("lm_head.weight", (config.vocab_size, hidden), table)
    tensors["norm"] = _pad_vector(take("model.norm.weight", (hidden,)), padded_hidden)
    sizes = {"q": config.heads * d, "k": config.kv_heads * d, "v": config.kv_heads * d}
    for layer in range(config.layers):
        source, name = f"model.layers.{layer}.", f"layers.{layer}."
        attention, mlp = source + "self_attn.", source + "mlp."
        tensors[name + "attention_norm"] = _pad_vector(
            take(source + "input_layernorm.weight", (hidden,)), padded_hidden
        )
        qkv = [take(f"{attention}{part}_proj.weight", (size, hidden)) for part, size in sizes.items()]
        tensors[name + "qkv"] = pack_projection(
            name + "qkv", np.concatenate([pad_heads(part, config) for part in qkv])
        )
        if config.qkv_bias:
            biases = [take(f"{attention}{part}_proj.bias", (size,)) for part, size in sizes.items()]
            padded_biases = [pad_heads(part[:, None], config)[:, 0] for part in biases]
            tensors[name + "qkv_bias"] = np.concatenate(padded_biases)
        if config.qk_norm:
            tensors[name + "q_norm"] = take(attention + "q_norm.weight", (d,))
            tensors[name + "k_norm"] = take(attention + "k_norm.weight", (d,))
        # outputs are padded to the residual's width, so that the kernels add whole blocks
        output = _pad_rows(take(attention + "o_proj.weight", (hidden, config.heads * d)), padded_hidden)
        tensors[name + "output"] = pack_projection(name + "output", output)
        if config.output_bias:
            tensors[name + "output_bias"] = _pad_vector(
                take(attention + "o_proj.bias", (hidden,)), padded_hidden
            )
        tensors[name + "mlp_norm"] = _pad_vector(
            take(source + "post_attention_layernorm.weight", (hidden,)), padded_hidden
        )
        gate, up = (take(f"{mlp}{part}_proj.weight", (width, hidden)) for part in ("gate", "up"))
        tensors[name + "gate_up"] = pack_projection(name + "gate_up", interleave_blocks(gate, up, config))
        down = _pad_rows(take(mlp + "down_proj.weight", (hidden, width)), padded_hidden)
        tensors[name + "down"] = pack_projection(name + "down", down)
        if config.mlp_bias:
            gate_bias, up_bias = (
                take(f"{mlp}{part}_proj.bias", (width,))[:, None] for part in ("gate", "up")
            )
            tensors[name + "gate_up_bias"] = interleave_blocks(gate_bias, up_bias, config)[:, 0]
            tensors[name + "down_bias"] = _pad_vector(take(mlp + "down_proj.bias", (hidden,)), padded_hidden)
    return weight_format.write(path, config, bits, tensors, tokenizer)


def pad_heads(rows: NDArray[np.float32], config: DecoderConfig) -> NDArray[np.float32]:
    """(heads * head_dim, n) -> (heads * head_rows, n): each head's rows padded with zeros to whole blocks."""
    heads = rows.reshape(-1, config.head_dim, rows.shape[1])
    full = np.zeros((heads.shape[0], config.head_rows, rows.shape[1]), np.float32)
    full[:, : config.head_dim] = heads
    return full.reshape(-1, rows.shape[1])


def interleave_blocks(
    gate: NDArray[np.float32], up: NDArray[np.float32], config: DecoderConfig
) -> NDArray[np.float32]:
    """Sixteen rows of gate, sixteen of up, and so on: (2 * intermediate_padded, n)."""
    blocks = [
        _pad_rows(part, config.intermediate_padded).reshape(-1, LANES, part.shape[1]) for part in (gate, up)
    ]
    return np.stack(blocks, axis=1).reshape(-1, gate.shape[1])


def check_tokenizer(tokenizer: bytes, vocab_size: int) -> None:
    """Raise WeightFormatError unless every id of a tokenizer.json lies below `vocab_size` (empty passes)."""
    if not tokenizer:
        return
    try:
        data = json.loads(tokenizer)
        vocabulary = data["model"]["vocab"]
        ids = vocabulary.values() if isinstance(vocabulary, dict) else range(len(vocabulary))
        largest = max([*ids, *(token["id"] for token in data.get("added_tokens") or ())], default=-1)
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise WeightFormatError(f"expected a tokenizer.json with a vocabulary, got {error!r}") from error
    if largest >= vocab_size:
        raise WeightFormatError(f"expected token ids below {vocab_size}, got {largest} (tokenizer.json)")


class _Taker:
    """Takes tensors out of a state dict by name and checks shape and finiteness."""

    def __init__(self, state: Mapping[str, NDArray[np.float32]]) -> None:
        self._state = state

    def __call__(self, name: str, shape: tuple[int, ...]) -> NDArray[np.float32]:
        try:
            tensor = np.asarray(self._state[name], dtype=np.float32)
        except KeyError:
            raise WeightFormatError(f"expected the tensor {name}, got none of that name") from None
        if tensor.shape != shape:
            raise WeightFormatError(f"expected shape {shape}, got {tensor.shape}: {name}")
        if not np.isfinite(tensor).all():
            raise WeightFormatError(f"expected finite weights, got NaN or infinity: {name}")
        return tensor

    def packed(self, name: str, shape: tuple[int, ...], kind: Kind) -> PackedMatrix:
        return pack(self(name, shape), kind)


def _pad_vector(vector: NDArray[np.float32], size: int) -> NDArray[np.float32]:
    return np.concatenate([vector, np.zeros(size - vector.size, np.float32)])


def _pad_rows(matrix: NDArray[np.float32], rows: int) -> NDArray[np.float32]:
    assert rows == padded(rows, LANES)
    return np.concatenate([matrix, np.zeros((rows - matrix.shape[0], matrix.shape[1]), np.float32)])
