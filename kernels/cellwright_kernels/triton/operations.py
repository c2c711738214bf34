"""The kernels as torch operations `cellwright::linear`, `cellwright::norm`, `cellwright::attend_one`.

Being custom operations, they go through `torch.compile` and CUDA graphs like torch's own. On a GPU, or with
TRITON_INTERPRET=1, they run the Triton kernels; elsewhere plain torch, which is also what tests compare with.
"""

from __future__ import annotations

import importlib
import os
from typing import Any

import torch
import torch.nn.functional as functional

from cellwright_kernels.config import GROUP
from cellwright_kernels.errors import KernelError
from cellwright_kernels.triton.layout import dequantize

VECTOR_BLOCK = (4, 16)
"""Outputs and groups that a program of `multiply_vector` takes at once."""
MATRIX_BLOCK = (32, 64, 4)
"""Rows, outputs and groups of a program of `multiply_matrix`."""
ATTENTION_BLOCK = 64
SPLIT_POSITIONS = 256


def is_interpreted() -> bool:
    """Whether Triton runs its kernels on the processor, as tests do."""
    return os.environ.get("TRITON_INTERPRET") == "1"


def _kernels(tensor: torch.Tensor, module: str) -> Any:
    """The module of kernels where they can run on the tensor's device, else None."""
    if not (tensor.is_cuda or is_interpreted()):
        return None
    try:
        return importlib.import_module(f"cellwright_kernels.triton.{module}_kernels")
    except ImportError as error:
        raise KernelError(f"expected the package triton (extra `cuda`), got {error}") from error


def _power_of_two(size: int) -> int:
    return 1 << (size - 1).bit_length()


@torch.library.custom_op("cellwright::linear", mutates_args=())
def linear(
    x: torch.Tensor, data: torch.Tensor, scales: torch.Tensor, bias: torch.Tensor | None
) -> torch.Tensor:
    """x (..., K) -> (..., N) with a quantized weight (see `layout`) and a bias (N) or none."""
    n_rows, n_groups = scales.shape
    if x.shape[-1] != n_groups * GROUP:
        raise KernelError(f"expected x of (..., {n_groups * GROUP}), got {tuple(x.shape)}")
    kernels = _kernels(x, "linear")
    if kernels is None:
        result = functional.linear(
            x.float(), dequantize(data, scales), None if bias is None else bias.float()
        )
        return result.to(x.dtype)
    flat = x.reshape(-1, x.shape[-1]).contiguous()
    y = torch.empty(len(flat), n_rows, dtype=x.dtype, device=x.device)
    bits = 4 if data.dtype == torch.uint8 else 8
    given = bias if bias is not None else scales
    if len(flat) == 1:
        block_n, block_g = VECTOR_BLOCK
        kernels.multiply_vector[(-(-n_rows // block_n),)](
            flat, data, scales, given, y, n_rows, n_groups, bias is not None, bits, block_n, block_g
        )
    elif len(flat):
        block_m, block_n, block_g = MATRIX_BLOCK
        grid = (-(-len(flat) // block_m), -(-n_rows // block_n))
        kernels.multiply_matrix[grid](
            flat, data, scales, given, y, len(flat), n_rows, n_groups, bias is not None, bits,
            block_m, block_n, block_g,
        )  # fmt: skip
    return y.view(*x.shape[:-1], n_rows)


@linear.register_fake
def _(x: torch.Tensor, data: torch.Tensor, scales: torch.Tensor, bias: torch.Tensor | None) -> torch.Tensor:
    return x.new_empty(*x.shape[:-1], scales.shape[0])


@torch.library.custom_op("cellwright::norm", mutates_args=())
def norm(x: torch.Tensor, weight: torch.Tensor, eps: float) -> torch.Tensor:
    """RMSNorm over the last axis."""
    kernels = _kernels(x, "norm")
    if kernels is None:
        wide = x.float()
        factor = torch.rsqrt(wide.square().mean(-1, keepdim=True) + eps)
        return weight * (wide * factor).to(x.dtype)
    flat = x.reshape(-1, x.shape[-1]).contiguous()
    y = torch.empty_like(flat)
    kernels.add_norm[(len(flat),)](
        flat, flat, weight, y, eps, flat.shape[1], False, _power_of_two(flat.shape[1])
    )
    return y.view(x.shape)


@norm.register_fake
def _(x: torch.Tensor, weight: torch.Tensor, eps: float) -> torch.Tensor:
    return torch.empty_like(x)


@torch.library.custom_op("cellwright::add_norm", mutates_args=("residual",))
def add_norm(x: torch.Tensor, residual: torch.Tensor, weight: torch.Tensor, eps: float) -> torch.Tensor:
    """Adds x to the residual stream in place and returns its norm."""
    kernels = _kernels(x, "norm")
    if kernels is None:
        residual += x
        wide = residual.float()
        factor = torch.rsqrt(wide.square().mean(-1, keepdim=True) + eps)
        return weight * (wide * factor).to(x.dtype)
    if not residual.is_contiguous():
        raise KernelError("expected a contiguous residual, got a view with other strides")
    flat = x.reshape(-1, x.shape[-1]).contiguous()
    y = torch.empty_like(flat)
    kernels.add_norm[(len(flat),)](
        flat, residual, weight, y, eps, flat.shape[1], True, _power_of_two(flat.shape[1])
    )
    return y.view(x.shape)


@add_norm.register_fake
def _(x: torch.Tensor, residual: torch.Tensor, weight: torch.Tensor, eps: float) -> torch.Tensor:
    return torch.empty_like(x)


@torch.library.custom_op("cellwright::attend_one", mutates_args=())
def attend_one(
    q: torch.Tensor, keys: torch.Tensor, values: torch.Tensor, mask: torch.Tensor | None, scaling: float
) -> torch.Tensor:
    """Attention of one token: q (B, heads, D), keys and values (B, kv_heads, T, D), mask (B, T) or none."""
    batch, heads, dim = q.shape
    kv_heads, length = keys.shape[1], keys.shape[2]
    group = heads // kv_heads
    kernels = _kernels(q, "attention")
    if kernels is None:
        grouped = q.float().view(batch, kv_heads, group, dim) * scaling
        scores = grouped @ keys.float().transpose(2, 3)
        if mask is not None:
            scores = scores.masked_fill(mask[:, None, None, :] == 0, float("-inf"))
        return (scores.softmax(-1) @ values.float()).view(batch, heads, dim).to(q.dtype)
    q, out = q.contiguous(), torch.empty(batch, heads, dim, dtype=q.dtype, device=q.device)
    keys, values = (t if t.stride(3) == 1 else t.contiguous() for t in (keys, values))
    splits = -(-length // SPLIT_POSITIONS)
    partial = q.new_empty(batch, kv_heads, splits, group, dim, dtype=torch.float32)
    peaks, totals = (torch.empty_like(partial[..., 0]) for _ in range(2))
    seen = keys if mask is None else mask.contiguous().view(torch.uint8)
    kernels.attend_split[(batch, kv_heads, splits)](
        q, keys, values, seen, partial, peaks, totals, scaling, length, SPLIT_POSITIONS, splits,
        q.stride(0), q.stride(1), keys.stride(0), keys.stride(1), keys.stride(2),
        values.stride(0), values.stride(1), values.stride(2), length,
        mask is not None, group, _power_of_two(group), dim, _power_of_two(dim), ATTENTION_BLOCK,
    )  # fmt: skip
    kernels.join_splits[(batch, heads)](
        partial, peaks, totals, out, splits, out.stride(0), out.stride(1), group, dim, _power_of_two(dim),
        _power_of_two(splits),
    )  # fmt: skip
    return out


@attend_one.register_fake
def _(
    q: torch.Tensor, keys: torch.Tensor, values: torch.Tensor, mask: torch.Tensor | None, scaling: float
) -> torch.Tensor:
    return torch.empty_like(q)
