"""The decoder in numpy: the oracle of the native backend, and the fallback where none can be built."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cellwright_kernels import reference
from cellwright_kernels.batch import Batch, Ints, one_row
from cellwright_kernels.cache import PagedCache
from cellwright_kernels.config import GROUP, LANES, rope_tables
from cellwright_kernels.format import WeightFile
from cellwright_kernels.lora import Adapter, FusedAdapter
from cellwright_kernels.packing import unpack
from cellwright_kernels.reference import Floats, Matrix


class NumpyBackend:
    """Implements `Backend`; matrices are unpacked to float32 (eight times the size of int4)."""

    name = "numpy"

    def __init__(self, weights: WeightFile, cache: PagedCache) -> None:
        self._config = weights.config
        self._vectors = weights.vectors
        self._matrices = {name: Matrix(packed) for name, packed in weights.matrices.items()}
        self._cache = cache
        self._cos, self._sin = rope_tables(weights.config, cache.positions)
        self._adapters: dict[int, Adapter] = {}

    def set_adapter(self, slot: int, adapter: Adapter | None) -> None:
        """Put an adapter into a slot, or clear it."""
        if adapter is None:
            self._adapters.pop(slot, None)
        else:
            self._adapters[slot] = adapter

    def close(self) -> None:
        """Nothing to release."""

    def step(
        self, token: int, sequence: int, position: int, adapter: int, subset: Ints | None
    ) -> NDArray[np.float32]:
        """`run` for one row with logits."""
        return self.run(one_row(token, sequence, position, adapter, subset))

    def run(self, batch: Batch) -> NDArray[np.float32]:
        """Write keys and values of all rows and return the flat output."""
        config = self._config
        x = self._matrices["embed"].rows(batch.tokens)
        for layer in range(config.layers):
            name = f"layers.{layer}."
            normed = self._norm(x, name + "attention_norm")
            qkv = self._linear(layer, "qkv", normed, batch)
            mixed = self._attend(layer, qkv, batch)
            x = x + self._linear(layer, "output", mixed, batch)
            normed = self._norm(x, name + "mlp_norm")
            blocks = self._linear(layer, "gate_up", normed, batch).reshape(len(x), -1, 2, LANES)
            gated = reference.swiglu(blocks[:, :, 0], blocks[:, :, 1]).reshape(len(x), -1)
            x = x + self._linear(layer, "down", gated, batch)
        if not len(batch.logit_rows):
            return np.empty(0, np.float32)
        final = self._norm(x[batch.logit_rows], "norm")
        head = self._matrices["embed" if config.tied_embeddings else "head"]
        logits = head(final)[:, : config.vocab_size]
        if not len(batch.offsets):
            return np.ascontiguousarray(logits).reshape(-1)
        row = np.repeat(np.arange(len(batch.logit_rows)), np.diff(batch.offsets))
        if len(batch.targets):
            return reference.log_probability(logits[row], batch.targets)
        return np.ascontiguousarray(logits[row, batch.subset])

    def _norm(self, x: Floats, name: str) -> Floats:
        return reference.rms_norm(x, self._vectors[name], self._config.rms_eps, self._config.hidden_size)

    def _linear(self, layer: int, operation: str, x: Floats, batch: Batch) -> Floats:
        name = f"layers.{layer}.{operation}"
        y = self._matrices[name](x)
        bias = self._vectors.get(name + "_bias")
        if bias is not None:
            y = y + bias
        for slot in set(batch.adapters.tolist()) & self._adapters.keys():
            fused = self._adapters[slot].layers[layer][operation]
            if fused is not None:
                rows = np.flatnonzero(batch.adapters == slot)
                y[rows] += lora_delta(x[rows], fused)
        return y

    def _attend(self, layer: int, qkv: Floats, batch: Batch) -> Floats:
        config = self._config
        heads, kv, d = config.heads, config.kv_heads, config.head_dim
        split = qkv.reshape(len(qkv), -1, config.head_rows)[:, :, :d]
        q, k, v = split[:, :heads], split[:, heads : heads + kv], split[:, heads + kv :]
        if config.qk_norm:
            name = f"layers.{layer}."
            q = reference.rms_norm(q, self._vectors[name + "q_norm"], config.rms_eps, d)
            k = reference.rms_norm(k, self._vectors[name + "k_norm"], config.rms_eps, d)
        cos, sin = self._cos[batch.positions], self._sin[batch.positions]
        q, k = reference.rope(q, cos, sin), reference.rope(k, cos, sin)
        out = np.zeros((len(qkv), config.attention_padded), np.float32)
        sequences = dict.fromkeys(batch.sequences.tolist())
        for sequence in sequences:
            rows = np.flatnonzero(batch.sequences == sequence)
            self._store(layer, sequence, batch.positions[rows], k[rows], v[rows])
        shared = np.repeat(np.arange(len(batch.copy_offsets[1:])), np.diff(batch.copy_offsets)).tolist()
        for row, sequence in zip(shared, batch.copies.tolist(), strict=True):
            self._store(layer, sequence, batch.positions[row : row + 1], k[row : row + 1], v[row : row + 1])
        for sequence in sequences:
            rows = np.flatnonzero(batch.sequences == sequence)
            start, stop = int(batch.positions[rows[0]]), int(batch.positions[rows[-1]]) + 1
            keys, values = self._read(layer, sequence, stop)
            out[rows, : heads * d] = reference.attention(q[rows], keys, values, start).reshape(len(rows), -1)
        return out

    def _store(self, layer: int, sequence: int, positions: Ints, k: Floats, v: Floats) -> None:
        blocks, offsets = self._cache.tables[sequence, positions // LANES], positions % LANES
        storage = self._cache.storage[layer].swapaxes(0, 1)  # (block, head)
        for values, field in ((k, "key"), (v, "value")):
            if self._cache.kind == "int8":
                scales = np.abs(values).max(axis=2) * np.float32(1 / 127)
                inverse = np.divide(np.float32(1), scales, out=np.zeros_like(scales), where=scales != 0)
                storage[field + "_scale"][blocks, :, offsets] = scales
                values = np.rint(values * inverse[:, :, None])
            if field == "key":
                storage[field][blocks, :, :, offsets] = values
            else:
                storage[field][blocks, :, offsets, : self._config.head_dim] = values

    def _read(self, layer: int, sequence: int, length: int) -> tuple[Floats, Floats]:
        blocks = self._cache.tables[sequence, : -(-length // LANES)]
        part = self._cache.storage[layer].swapaxes(0, 1)[blocks]
        keys = part["key"].astype(np.float32).transpose(0, 3, 1, 2)  # (block, position, head, d)
        values = part["value"][..., : self._config.head_dim].astype(np.float32).transpose(0, 2, 1, 3)
        if self._cache.kind == "int8":
            keys = keys * part["key_scale"].transpose(0, 2, 1)[..., None]
            values = values * part["value_scale"].transpose(0, 2, 1)[..., None]
        shape = (-1, self._config.kv_heads, self._config.head_dim)
        return keys.reshape(shape)[:length], values.reshape(shape)[:length]


def lora_delta(x: Floats, fused: FusedAdapter) -> Floats:
    """B (A x) for x (T, K padded): (T, rows of the fused matrix)."""
    columns = fused.down.columns
    assert columns % GROUP == 0
    middle = x[:, :columns] @ unpack(fused.down).T
    steps = fused.offsets[:, None] + np.arange(fused.rank)
    delta: Floats = np.einsum("tbr,brl->tbl", middle[:, steps], fused.up, optimize=True)
    return delta.reshape(len(x), -1)
