"""Weights as GPUs read them: rows of groups of 32 with one float16 scale each.

    int4   data (N, K / 2) uint8: byte j of a group holds element j in its low bits, j + 16 in its high ones,
           as u = w / s + 8
    int8   data (N, K) int8: q = w / s
    scales (N, K / 32) float16

so a warp reads whole lines along K, and a thread's two nibbles meet two contiguous pieces of activations.
The numbers are those of `packing.quantize_groups`, which the file for processors holds in another order.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import torch

from cellwright_kernels.config import GROUP
from cellwright_kernels.errors import WeightFormatError
from cellwright_kernels.packing import quantize_groups

Bits = Literal[4, 8]


def quantize(weight: torch.Tensor, bits: Bits) -> tuple[torch.Tensor, torch.Tensor]:
    """(data, scales) of a float weight (N, K), K a multiple of 32; raises WeightFormatError."""
    if weight.ndim != 2 or weight.shape[1] % GROUP:
        raise WeightFormatError(f"expected (N, K) with K a multiple of {GROUP}, got {tuple(weight.shape)}")
    wide = weight.detach().to("cpu", torch.float32).numpy()
    if not np.isfinite(wide).all():
        raise WeightFormatError("expected finite weights, got NaN or infinity")
    q, scales = quantize_groups(np.ascontiguousarray(wide), "int4" if bits == 4 else "int8")
    data = q.view(np.int8)
    if bits == 4:
        halves = (q + 8).astype(np.uint8).reshape(len(q), -1, 2, GROUP // 2)
        data = (halves[:, :, 0] | (halves[:, :, 1] << 4)).reshape(len(q), -1)
    return (
        torch.from_numpy(np.ascontiguousarray(data)).to(weight.device),
        torch.from_numpy(scales).to(weight.device),
    )


def dequantize(data: torch.Tensor, scales: torch.Tensor) -> torch.Tensor:
    """The float32 weight (N, K) that data and scales stand for."""
    rows = len(data)
    if data.dtype == torch.uint8:
        groups = data.view(rows, -1, GROUP // 2)
        q = torch.cat([groups & 15, groups >> 4], dim=2).float() - 8
    else:
        q = data.view(rows, -1, GROUP).float()
    return (q * scales.float()[:, :, None]).view(rows, -1)
