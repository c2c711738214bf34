"""Group-32 quantization and the block layout that every kernel variant reads without repacking.

A matrix W (rows, columns) is padded to whole blocks of 16 rows and whole groups of 32 columns. A group
shares one float16 scale s, and

    int8   w = s * q,        q in [-127, 127]
    int4   w = s * (u - 8),  u in [0, 15]

Element (r, c) lies in block b = r // 16, lane l = r % 16, group g = c // 32, quad j = c % 32 // 4 and
byte i = c % 4 of that quad:

    int8   data[b][g][j][l][i]          512 bytes a group: eight lines of 64 bytes, one a quad
    int4   data[b][g][j % 4][l][i]      256 bytes a group: quad j in the low nibbles where j < 4, else high
    f32    data[b][c][l]                 64 bytes a column
    scales [b][g][l] float16

so one 64-byte line holds four columns for sixteen rows: a 32-bit lane a row, which is what integer dot
instructions sum, and one broadcast of four activations serves all rows. AVX-512 reads a line at once,
AVX2 in two halves, NEON in four.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from cellwright_kernels.config import GROUP, LANES, padded
from cellwright_kernels.errors import WeightFormatError

Kind = Literal["int4", "int8", "f32"]
_SEARCH_LIMIT = 1 << 27  # elements; above it the search for better scales takes minutes
_CHUNK_ELEMENTS = 1 << 21
_INT4_SCALES = (1.0, 0.97, 0.94, 0.91, 0.88, 0.84, 0.8)


@dataclass(frozen=True)
class PackedMatrix:
    """A matrix (rows, columns) in the block layout; `scales` is empty for f32. Sizes are padded ones."""

    kind: Kind
    rows: int
    columns: int
    data: NDArray[np.uint8]
    scales: NDArray[np.float16]

    @property
    def nbytes(self) -> int:
        """Bytes of data and scales."""
        return self.data.nbytes + self.scales.nbytes


def data_bytes(kind: Kind, rows: int, columns: int) -> int:
    """Bytes of the data part of a padded matrix."""
    return rows * columns * {"int4": 1, "int8": 2, "f32": 8}[kind] // 2


def scale_count(kind: Kind, rows: int, columns: int) -> int:
    """Number of scales of a padded matrix."""
    return 0 if kind == "f32" else rows * columns // GROUP


def quantize_groups(
    weights: NDArray[np.float32], kind: Literal["int4", "int8"]
) -> tuple[NDArray[np.int8], NDArray[np.float16]]:
    """Quantize (rows, columns), columns a multiple of 32: q int8 of that shape, scales (rows, columns / 32).

    int8 takes the largest magnitude to 127. int4 tries a few scales of either sign that take it to
    -8 or beyond, and keeps the one with the least squared error (GGML's q4_0 is the first of them).
    """
    rows, columns = weights.shape
    quantized = np.empty((rows, columns), np.int8)
    scales = np.empty((rows, columns // GROUP), np.float16)
    search = weights.size <= _SEARCH_LIMIT
    step = max(1, _CHUNK_ELEMENTS // columns)
    for start in range(0, rows, step):
        groups = weights[start : start + step].reshape(-1, GROUP)
        q, s = _quantize_int8(groups) if kind == "int8" else _quantize_int4(groups, search)
        quantized[start : start + step] = q.reshape(-1, columns)
        scales[start : start + step] = s.reshape(-1, columns // GROUP)
    return quantized, scales


def _quantize_int8(groups: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float16]]:
    scales = _finite_scales(np.abs(groups).max(axis=1) / np.float32(127))
    return round_to_scales(groups, scales, -127, 127), scales


def _quantize_int4(groups: NDArray[np.float32], search: bool) -> tuple[NDArray[np.int8], NDArray[np.float16]]:
    largest = np.take_along_axis(groups, np.abs(groups).argmax(axis=1)[:, None], axis=1)[:, 0]
    best_scales = _finite_scales(largest / np.float32(-8))
    best = round_to_scales(groups, best_scales, -8, 7)
    if not search:
        return best, best_scales
    best_error = _squared_error(groups, best, best_scales)
    for factor in _INT4_SCALES:
        for extreme in (-8.0, 7.0):
            scales = _finite_scales(largest * np.float32(factor / extreme))
            q = round_to_scales(groups, scales, -8, 7)
            error = _squared_error(groups, q, scales)
            better = error < best_error
            best[better], best_scales[better], best_error[better] = q[better], scales[better], error[better]
    return best, best_scales


def _finite_scales(scales: NDArray[np.float32]) -> NDArray[np.float16]:
    if not np.isfinite(scales).all() or (np.abs(scales) > 65504).any():
        raise WeightFormatError("expected finite weights within the range of float16 scales")
    return scales.astype(np.float16)


def round_to_scales(
    groups: NDArray[np.float32], scales: NDArray[np.float16], low: int, high: int
) -> NDArray[np.int8]:
    """The nearest codes in [low, high] of `groups` (n, k) under a scale a row (n,)."""
    wide = scales.astype(np.float32)
    inverse = np.divide(np.float32(1), wide, out=np.zeros_like(wide), where=wide != 0)
    return np.clip(np.rint(groups * inverse[:, None]), low, high).astype(np.int8)


def _squared_error(
    groups: NDArray[np.float32], q: NDArray[np.int8], scales: NDArray[np.float16]
) -> NDArray[np.float32]:
    difference = groups - q * scales.astype(np.float32)[:, None]
    error: NDArray[np.float32] = np.einsum("ij,ij->i", difference, difference)
    return error


def pack(weights: NDArray[np.float32], kind: Kind) -> PackedMatrix:
    """Quantize (unless f32) and lay out a float matrix (rows, columns); padding is zeros.

    Raises WeightFormatError for NaN or infinite weights.
    """
    if not np.isfinite(weights).all():
        raise WeightFormatError("expected finite weights, got NaN or infinity")
    full = pad_to_blocks(weights)
    if kind == "f32":
        rows, columns = full.shape
        blocks = full.reshape(rows // LANES, LANES, columns).transpose(0, 2, 1)
        return PackedMatrix(kind, rows, columns, _bytes(blocks), np.empty(0, np.float16))
    quantized, scales = quantize_groups(full, kind)
    return pack_quantized(quantized, scales, kind)


def pad_to_blocks(weights: NDArray[np.float32]) -> NDArray[np.float32]:
    """(rows, columns) -> whole blocks of rows and whole groups of columns, with zeros."""
    rows, columns = padded(weights.shape[0], LANES), padded(weights.shape[1], GROUP)
    full = np.zeros((rows, columns), np.float32)
    full[: weights.shape[0], : weights.shape[1]] = weights
    return full


def pack_quantized(q: NDArray[np.int8], scales: NDArray[np.float16], kind: Kind) -> PackedMatrix:
    """Lay out q (rows, columns) with scales (rows, columns / 32); both sizes padded already."""
    rows, columns = q.shape
    # (block, group, quad, lane, byte)
    lines = q.reshape(rows // LANES, LANES, columns // GROUP, 8, 4).transpose(0, 2, 3, 1, 4)
    if kind == "int4":
        nibbles = (lines + 8).astype(np.uint8)
        lines = nibbles[:, :, :4] | (nibbles[:, :, 4:] << 4)
    by_block = scales.reshape(rows // LANES, LANES, columns // GROUP).transpose(0, 2, 1)
    return PackedMatrix(kind, rows, columns, _bytes(lines), np.ascontiguousarray(by_block).reshape(-1))


def unpack_quantized(matrix: PackedMatrix) -> tuple[NDArray[np.int8], NDArray[np.float16]]:
    """Inverse of `pack_quantized`: q (rows, columns) and scales (rows, columns / 32)."""
    blocks, groups = matrix.rows // LANES, matrix.columns // GROUP
    if matrix.kind == "int4":
        packed = matrix.data.reshape(blocks, groups, 4, LANES, 4)
        lines = np.concatenate([packed & 15, packed >> 4], axis=2).astype(np.int8) - np.int8(8)
    else:
        lines = matrix.data.view(np.int8).reshape(blocks, groups, 8, LANES, 4)
    q = lines.transpose(0, 3, 1, 2, 4).reshape(matrix.rows, matrix.columns)
    scales = matrix.scales.reshape(blocks, groups, LANES).transpose(0, 2, 1).reshape(matrix.rows, groups)
    return np.ascontiguousarray(q), np.ascontiguousarray(scales)


def unpack(matrix: PackedMatrix) -> NDArray[np.float32]:
    """The float matrix (rows, columns) that a packed one stands for."""
    if matrix.kind == "f32":
        blocks = matrix.data.view(np.float32).reshape(-1, matrix.columns, LANES)
        return np.ascontiguousarray(blocks.transpose(0, 2, 1)).reshape(matrix.rows, matrix.columns)
    q, scales = unpack_quantized(matrix)
    wide: NDArray[np.float32] = np.repeat(scales.astype(np.float32), GROUP, axis=1)
    return wide * q.astype(np.float32)


def _bytes(array: NDArray[np.generic]) -> NDArray[np.uint8]:
    return np.ascontiguousarray(array).reshape(-1).view(np.uint8)
