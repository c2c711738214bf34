"""The oracle: every operation of the decoder in plain numpy, float and quantized.

Shapes: rows T, inputs K, outputs N, groups G = K / 32. Activations are float32; integer sums are exact;
float sums are numpy's, so kernels match to rounding (1e-5), not bit for bit.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cellwright_kernels.config import GROUP
from cellwright_kernels.packing import PackedMatrix, unpack, unpack_quantized

Floats = NDArray[np.float32]


def quantize_activations(x: Floats) -> tuple[NDArray[np.int8], Floats]:
    """(T, K) -> q int8 (T, K) and scales (T, G): q = rint(x * (127 / max)), scale = max / 127."""
    groups = x.reshape(x.shape[0], -1, GROUP)
    largest = np.abs(groups).max(axis=2)
    inverse = np.divide(np.float32(127), largest, out=np.zeros_like(largest), where=largest != 0)
    q = np.rint(groups * inverse[:, :, None]).astype(np.int8)
    return q.reshape(x.shape), largest * np.float32(1 / 127)


class Matrix:
    """A packed matrix unpacked once, ready to multiply: (N, K)."""

    def __init__(self, packed: PackedMatrix) -> None:
        self.kind = packed.kind
        if packed.kind == "f32":
            self._dense = unpack(packed)
            return
        q, scales = unpack_quantized(packed)
        self._groups = q.reshape(packed.rows, -1, GROUP).transpose(1, 0, 2).astype(np.float32)  # (G, N, 32)
        self._scales = scales.astype(np.float32).T[:, :, None]  # (G, N, 1)

    def __call__(self, x: Floats) -> Floats:
        """x (T, K) -> x W^T (T, N). Quantized kinds quantize x first; sums within a group are exact."""
        if self.kind == "f32":
            return x @ self._dense.T
        q, activation_scales = quantize_activations(x)
        columns = q.reshape(x.shape[0], -1, GROUP).transpose(1, 2, 0).astype(np.float32)  # (G, 32, T)
        sums = self._groups @ columns  # exact: below 2**24
        scaled = sums * (self._scales * activation_scales.T[:, None, :])
        total: Floats = scaled.sum(axis=0)
        return np.ascontiguousarray(total.T)

    def rows(self, ids: NDArray[np.int32]) -> Floats:
        """Rows `ids` as floats (len(ids), K): embedding lookup."""
        if self.kind == "f32":
            dense: Floats = self._dense[ids]
            return dense
        part = self._groups[:, ids] * self._scales[:, ids]
        return np.ascontiguousarray(part.transpose(1, 0, 2)).reshape(len(ids), -1)


def rms_norm(x: Floats, weight: Floats, eps: float, size: int) -> Floats:
    """x / sqrt(mean(x^2) + eps) * weight over the last axis; the mean is over the first `size` elements."""
    mean = np.square(x[..., :size], dtype=np.float32).sum(axis=-1, dtype=np.float64, keepdims=True) / size
    normed: Floats = (x * (1.0 / np.sqrt(mean + eps)).astype(np.float32) * weight).astype(np.float32)
    return normed


def rope(x: Floats, cos: Floats, sin: Floats) -> Floats:
    """Rotate (T, heads, head_dim) by (T, head_dim / 2) angles; the halves of a head are the pairs."""
    half = x.shape[-1] // 2
    first, second = x[..., :half], x[..., half:]
    c, s = cos[:, None, :], sin[:, None, :]
    return np.concatenate([first * c - second * s, second * c + first * s], axis=-1)


def attention(q: Floats, keys: Floats, values: Floats, start: int) -> Floats:
    """Causal attention of rows at positions start, start + 1, ... (T, heads, d) over one sequence.

    keys, values (positions, kv_heads, d), positions >= start + T. Result (T, heads, d).
    """
    rows, heads, d = q.shape
    group = heads // keys.shape[1]
    grouped = q.reshape(rows, keys.shape[1], group, d) * np.float32(1 / np.sqrt(d))
    scores = np.einsum("thgd,phd->thgp", grouped, keys, optimize=True)
    visible = np.arange(keys.shape[0])[None, :] <= start + np.arange(rows)[:, None]
    scores = np.where(visible[:, None, None, :], scores, np.float32(-np.inf))
    weights: Floats = np.exp(scores - scores.max(axis=-1, keepdims=True))
    weights /= weights.sum(axis=-1, keepdims=True)
    mixed: Floats = np.einsum("thgp,phd->thgd", weights, values, optimize=True)
    return mixed.reshape(rows, heads, d)


def swiglu(gate: Floats, up: Floats) -> Floats:
    """silu(gate) * up."""
    gated: Floats = (gate / (1 + np.exp(-gate)) * up).astype(np.float32)
    return gated


def log_probability(logits: Floats, targets: NDArray[np.int32]) -> Floats:
    """log softmax of (T, V) at `targets` (T,)."""
    wide = logits.astype(np.float64)
    top = wide.max(axis=1, keepdims=True)
    total = np.log(np.exp(wide - top).sum(axis=1)) + top[:, 0]
    chosen: Floats = (wide[np.arange(len(targets)), targets] - total).astype(np.float32)
    return chosen


def top_k(logits: Floats, k: int) -> NDArray[np.int32]:
    """Indices of the k largest of (n,), largest first, lower index first among equals."""
    return np.argsort(-logits, kind="stable")[:k].astype(np.int32)


def sample(logits: Floats, ids: NDArray[np.int32], temperature: float, uniform: float) -> int:
    """The first of `ids` at which the cumulated softmax over them passes `uniform`."""
    wide = logits[ids].astype(np.float64)
    passed = np.cumsum(np.exp((wide - wide.max()) / temperature))
    return int(ids[min(int(np.searchsorted(passed, uniform * passed[-1], side="right")), len(ids) - 1)])
