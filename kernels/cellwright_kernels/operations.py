"""Single operations of the kernels: products one at a time, and the choice of a token from logits.

Each takes the native library where one is at hand and else the numpy reference.
"""

from __future__ import annotations

import ctypes
from ctypes import byref, c_double, c_float

import numpy as np
from numpy.typing import NDArray

from cellwright_kernels import reference, variants
from cellwright_kernels.config import GROUP
from cellwright_kernels.errors import KernelError
from cellwright_kernels.native_backend import c_matrix
from cellwright_kernels.packing import PackedMatrix

Floats = NDArray[np.float32]


def multiply(matrix: PackedMatrix, x: Floats, variant: str | None = None) -> Floats:
    """x (T, columns) -> x W^T (T, rows), quantizing x first unless the matrix is f32."""
    if x.ndim != 2 or x.shape[1] != matrix.columns:
        raise KernelError(f"expected x of (rows, {matrix.columns}), got {x.shape}")
    loaded = variants.load(variant)
    if loaded is None:
        return reference.Matrix(matrix)(x)
    x = np.ascontiguousarray(x, np.float32)
    rows, groups = len(x), matrix.columns // GROUP
    q, scale, total = (
        np.empty(x.shape, np.int8),
        np.empty((rows, groups), np.float32),
        np.empty((rows, groups), np.int32),
    )
    y = np.empty((rows, matrix.rows), np.float32)
    loaded[1].cw_multiply(byref(c_matrix(matrix)), _at(x), rows, _at(q), _at(scale), _at(total), _at(y))
    return y


def norm_quantize(
    x: Floats, weight: Floats, eps: float, size: int, variant: str | None = None
) -> tuple[Floats, NDArray[np.int8], Floats]:
    """RMSNorm of one row (columns,) fused with quantization: normalized floats, int8, scales (groups,)."""
    loaded = variants.load(variant)
    if loaded is None:
        normed = reference.rms_norm(x, weight, eps, size)
        q, scales = reference.quantize_activations(normed[None])
        return normed, q[0], scales[0]
    out, q = np.empty_like(x), np.empty(x.shape, np.int8)
    scales, total = np.empty(x.size // GROUP, np.float32), np.empty(x.size // GROUP, np.int32)
    loaded[1].cw_norm(
        _at(x), _at(weight), c_float(eps), size, x.size, _at(out), _at(q), _at(scales), _at(total)
    )
    return out, q, scales


def argmax(logits: Floats) -> int:
    """Lowest index of the largest logit of (n,)."""
    return int(logits.argmax())


def top_k(logits: Floats, k: int) -> NDArray[np.int32]:
    """Indices of the k largest of (n,), largest first, lower index first among equals."""
    if not 0 < k <= logits.size:
        raise KernelError(f"expected k of 1 to {logits.size}, got {k}")
    loaded = variants.load()
    if loaded is None:
        return reference.top_k(logits, k)
    ids = np.empty(k, np.int32)
    loaded[1].cw_top_k(_at(np.ascontiguousarray(logits, np.float32)), logits.size, k, _at(ids))
    return ids


def sample(logits: Floats, temperature: float, uniform: float, k: int = 0) -> int:
    """An index drawn from softmax(logits / temperature) over the k largest (0: all) with `uniform` in [0, 1).

    Temperature 0 is argmax. The same arguments always give the same index.
    """
    if temperature <= 0:
        return argmax(logits)
    ids = top_k(logits, k) if 0 < k < logits.size else np.arange(logits.size, dtype=np.int32)
    loaded = variants.load()
    if loaded is None:
        return reference.sample(logits, ids, temperature, uniform)
    contiguous = np.ascontiguousarray(logits, np.float32)
    return int(
        loaded[1].cw_sample(_at(contiguous), _at(ids), ids.size, c_float(temperature), c_double(uniform))
    )


def _at(array: NDArray[np.generic]) -> ctypes.c_void_p:
    return ctypes.c_void_p(array.ctypes.data)
