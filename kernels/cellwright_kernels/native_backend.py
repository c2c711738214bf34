"""The decoder in C++ through ctypes: one call a pass.

The structures mirror `csrc/model.h`; keep the two in step. Python owns all memory that they point into.
"""

from __future__ import annotations

import ctypes
import os
import weakref
from ctypes import POINTER, Structure, byref, c_float, c_int32, c_int64, c_void_p

import numpy as np
from numpy.typing import NDArray

from cellwright_kernels.batch import Batch, Ints
from cellwright_kernels.cache import PagedCache
from cellwright_kernels.config import rope_tables
from cellwright_kernels.errors import KernelError
from cellwright_kernels.format import WeightFile
from cellwright_kernels.lora import OPERATIONS, Adapter
from cellwright_kernels.packing import PackedMatrix

_KINDS = {"int4": 0, "int8": 1, "f32": 2}
_KV_KINDS = {"f16": 0, "f32": 1, "int8": 2}


class CMatrix(Structure):
    """A packed matrix."""

    _fields_ = [
        ("kind", c_int32), ("rows", c_int32), ("columns", c_int32), ("unused", c_int32),
        ("data", c_void_p), ("scales", c_void_p),
    ]  # fmt: skip


class _Layer(Structure):
    _fields_ = [
        ("matrix", CMatrix * 4), ("bias", c_void_p * 4),
        ("attention_norm", c_void_p), ("mlp_norm", c_void_p), ("q_norm", c_void_p), ("k_norm", c_void_p),
    ]  # fmt: skip


class _Model(Structure):
    _fields_ = [
        *((name, c_int32) for name in (
            "vocab", "hidden", "hidden_padded", "intermediate_padded", "layers", "heads", "kv_heads",
            "head_dim", "head_rows", "attention_padded", "kv_kind", "positions", "table_stride", "threads",
            "adapter_slots",
        )),
        ("eps", c_float), ("embed", CMatrix), ("head", CMatrix), ("norm", c_void_p), ("layer", c_void_p),
        ("cos", c_void_p), ("sin", c_void_p), ("cache", c_void_p), ("head_bytes", c_int64),
        ("blocks", c_int64), ("tables", c_void_p),
    ]  # fmt: skip


class _FusedAdapter(Structure):
    _fields_ = [
        ("rank", c_int32), ("middle", c_int32), ("down", CMatrix), ("up", c_void_p), ("offsets", c_void_p),
    ]  # fmt: skip


class _Call(Structure):
    _fields_ = [
        *((name, c_int32) for name in ("rows", "logit_rows", "subset_size", "target_count")),
        *((name, c_void_p) for name in (
            "tokens", "sequences", "positions", "adapters", "logit_row", "subset", "offsets", "targets",
            "copies", "copy_offsets", "out",
        )),
    ]  # fmt: skip


def c_matrix(matrix: PackedMatrix) -> CMatrix:
    """The structure of a packed matrix; the caller keeps the matrix alive."""
    return CMatrix(_KINDS[matrix.kind], matrix.rows, matrix.columns, 0, matrix.data.ctypes.data,
                   matrix.scales.ctypes.data)  # fmt: skip


class NativeBackend:
    """Implements `Backend` with a compiled variant."""

    def __init__(
        self,
        library: ctypes.CDLL,
        variant: str,
        weights: WeightFile,
        cache: PagedCache,
        threads: int,
        slots: int,
    ) -> None:
        """Raises KernelError when memory runs out."""
        self.name = variant
        config = weights.config
        self._config = config
        self._vocab = config.vocab_size
        self._adapters: dict[int, object] = {}
        cos, sin = (np.ascontiguousarray(table) for table in rope_tables(config, cache.positions))
        vectors = weights.vectors

        def vector(name: str) -> int | None:
            return vectors[name].ctypes.data if name in vectors else None

        layers = (_Layer * config.layers)()
        for index in range(config.layers):
            name = f"layers.{index}."
            layers[index] = _Layer(
                (CMatrix * 4)(*(c_matrix(weights.matrices[name + operation]) for operation in OPERATIONS)),
                (c_void_p * 4)(*(vector(f"{name}{operation}_bias") for operation in OPERATIONS)),
                *(vector(name + part) for part in ("attention_norm", "mlp_norm", "q_norm", "k_norm")),
            )
        embed = c_matrix(weights.matrices["embed"])
        head = embed if config.tied_embeddings else c_matrix(weights.matrices["head"])
        model = _Model(
            config.vocab_size, config.hidden_size, config.hidden_padded, config.intermediate_padded,
            config.layers, config.heads, config.kv_heads, config.head_dim, config.head_rows,
            config.attention_padded, _KV_KINDS[cache.kind], cache.positions, cache.tables.shape[1], threads,
            slots, config.rms_eps, embed, head, vector("norm"), ctypes.addressof(layers), cos.ctypes.data,
            sin.ctypes.data, cache.storage.ctypes.data, cache.storage.dtype.itemsize, cache.storage.shape[2],
            cache.tables.ctypes.data,
        )  # fmt: skip
        self._keep = (weights, cache, cos, sin, layers)
        library.cw_open.restype = c_void_p
        library.cw_open.argtypes = [POINTER(_Model)]
        library.cw_close.argtypes = [c_void_p]
        library.cw_close.restype = None
        library.cw_after_fork.argtypes = [c_void_p]
        library.cw_after_fork.restype = None
        library.cw_forward.argtypes = [c_void_p, POINTER(_Call)]
        library.cw_set_adapter.argtypes = [c_void_p, c_int32, c_void_p]
        self._library = library
        handle = library.cw_open(byref(model))
        if not handle:
            raise KernelError("expected memory for the decoder's buffers, got none")
        self._handle: int | None = handle
        self._finalize = weakref.finalize(self, library.cw_close, handle)
        _open_backends.add(self)
        # token, sequence, position, adapter, logit row, and the two offsets of its subset
        self._row = (c_int32 * 7)(0, 0, 0, -1, 0, 0, 0)
        at = [ctypes.addressof(self._row) + 4 * index for index in range(6)]
        self._step = _Call(1, 1, 0, 0, *at[:5], None, at[5], None, None, None, None)

    def run(self, batch: Batch) -> NDArray[np.float32]:
        """Write keys and values of all rows and return the flat output."""
        wanted = len(batch.logit_rows)
        targets, copies = len(batch.targets), len(batch.copy_offsets) > 0
        is_subset = len(batch.offsets) > 0 and not targets
        size = targets or (len(batch.subset) if is_subset else wanted * self._vocab)
        out = np.empty(size, np.float32)
        call = _Call(
            len(batch.tokens), wanted, len(batch.subset), targets, batch.tokens.ctypes.data,
            batch.sequences.ctypes.data, batch.positions.ctypes.data, batch.adapters.ctypes.data,
            batch.logit_rows.ctypes.data, batch.subset.ctypes.data if is_subset else None,
            batch.offsets.ctypes.data, batch.targets.ctypes.data, batch.copies.ctypes.data,
            batch.copy_offsets.ctypes.data if copies else None, out.ctypes.data,
        )  # fmt: skip
        self._forward(call)
        return out

    def step(
        self, token: int, sequence: int, position: int, adapter: int, subset: Ints | None
    ) -> NDArray[np.float32]:
        """`run` for one row with logits, through one structure that is kept."""
        row, call = self._row, self._step
        row[0], row[1], row[2], row[3] = token, sequence, position, adapter
        if subset is None:
            out = np.empty(self._vocab, np.float32)
            call.subset = None
        else:
            out = np.empty(len(subset), np.float32)
            call.subset, call.subset_size, row[6] = subset.ctypes.data, len(subset), len(subset)
        call.out = out.ctypes.data
        self._forward(call)
        return out

    def _forward(self, call: _Call) -> None:
        if self._handle is None:
            raise KernelError("expected an open decoder, got one that was shut down")
        code = self._library.cw_forward(self._handle, byref(call))
        if code < 0:
            raise KernelError("expected memory for the pass, got none")
        if code:
            raise KernelError("expected finite results, got NaN or infinity")

    def set_adapter(self, slot: int, adapter: Adapter | None) -> None:
        """Put an adapter into a slot, or clear it."""
        if adapter is None:
            self._library.cw_set_adapter(self._handle, slot, None)
            self._adapters.pop(slot, None)
            return
        fused = (_FusedAdapter * (self._config.layers * len(OPERATIONS)))()
        for layer, operations in enumerate(adapter.layers):
            for index, operation in enumerate(OPERATIONS):
                part = operations[operation]
                if part is not None:
                    fused[layer * len(OPERATIONS) + index] = _FusedAdapter(
                        part.rank,
                        part.down.rows,
                        c_matrix(part.down),
                        part.up.ctypes.data,
                        part.offsets.ctypes.data,
                    )
        if self._library.cw_set_adapter(self._handle, slot, fused) != 0:
            raise KernelError("expected memory for the adapter, got none")
        self._adapters[slot] = (adapter, fused)

    def close(self) -> None:
        """Stop the threads and free the buffers."""
        self._handle = None
        self._finalize()

    def after_fork(self) -> None:
        """In a child of fork, go on without the threads that stayed with the parent."""
        if self._handle is not None:
            self._library.cw_after_fork(self._handle)
            self._finalize.detach()


_open_backends: weakref.WeakSet[NativeBackend] = weakref.WeakSet()


def _after_fork() -> None:
    for backend in list(_open_backends):
        backend.after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
