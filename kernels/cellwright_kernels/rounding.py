"""Rounding to int4 by what a matrix is multiplied by: later columns make up for the error of earlier ones.

A product W x of a layer only matters for the x that come. With their second moments H = E[x x^T] over some
text, the columns are rounded one after another, and what rounding a column changes of W x is taken back, as
far as it can be, by the columns that are still to come (GPTQ: Frantar, Ashkboos, Hoefler, Alistarh,
"GPTQ: Accurate Post-Training Quantization for Generative Pre-trained Transformers", 2022).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from cellwright_kernels.config import GROUP
from cellwright_kernels.packing import quantize_groups, round_to_scales

Rounding = Callable[[str, NDArray[np.float32]], tuple[NDArray[np.int8], NDArray[np.float16]]]
"""int4 codes (rows, columns) and scales (rows, columns / 32) of a matrix by name, e.g. `layers.0.qkv`."""

DAMPING = 0.01  # of the mean of H's diagonal, added to it


def round_by_moments(
    weights: NDArray[np.float32], moments: NDArray[np.float64]
) -> tuple[NDArray[np.int8], NDArray[np.float16]]:
    """int4 codes (rows, columns) and scales (rows, columns / 32) of `weights` for inputs of second moments
    `moments` (columns, columns). Columns that no input ever reaches are rounded to the nearest.

    Raises ValueError where the shapes do not fit.
    """
    rows, columns = weights.shape
    if moments.shape != (columns, columns) or columns % GROUP:
        raise ValueError(f"expected moments of {columns} columns, whole groups, got {moments.shape}")
    factor = _upper_factor_of_inverse(moments)
    left = weights.astype(np.float64)
    codes = np.empty((rows, columns), np.int8)
    scales = np.empty((rows, columns // GROUP), np.float16)
    for start in range(0, columns, GROUP):
        stop = start + GROUP
        _, group_scales = quantize_groups(left[:, start:stop].astype(np.float32), "int4")
        scales[:, start // GROUP] = group_scales[:, 0]
        errors = np.empty((rows, GROUP))
        for column in range(start, stop):
            values = left[:, column]
            rounded = round_to_scales(values[:, None].astype(np.float32), group_scales[:, 0], -8, 7)[:, 0]
            codes[:, column] = rounded
            error = (values - rounded * group_scales[:, 0].astype(np.float64)) / factor[column, column]
            left[:, column:stop] -= np.outer(error, factor[column, column:stop])
            errors[:, column - start] = error
        left[:, stop:] -= errors @ factor[start:stop, stop:]
    return codes, scales


def _upper_factor_of_inverse(moments: NDArray[np.float64]) -> NDArray[np.float64]:
    """The upper Cholesky factor U of the damped moments' inverse: H^-1 = U^T U."""
    damped = moments.copy()
    diagonal = np.diag_indices_from(damped)
    dead = damped[diagonal] == 0
    damped[diagonal] += DAMPING * damped[diagonal].mean() + dead
    inverse = np.linalg.inv(damped)
    return np.asarray(np.linalg.cholesky((inverse + inverse.T) / 2).T, np.float64)
