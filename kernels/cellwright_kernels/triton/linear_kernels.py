"""y = x W^T for x float16, bfloat16 or float32 and W in groups of 32, int4 or int8 (`layout.py`).

Sums are float32. `multiply_vector` is for one row of x: every program computes BLOCK_N outputs and streams
their weights once, so it runs at the speed of memory. `multiply_matrix` is for more rows: weights are widened
in registers to x's type and go through tensor cores (`tl.dot`).
"""

import triton
import triton.language as tl


@triton.jit
def multiply_vector(
    x, data, scales, bias, y, n_rows, n_groups, HAS_BIAS: tl.constexpr, BITS: tl.constexpr,
    BLOCK_N: tl.constexpr, BLOCK_G: tl.constexpr,
):  # fmt: skip
    """x (K), data (N, K / 2 or K), scales (N, K / 32), y (N); K = 32 n_groups."""
    row = tl.program_id(0) * BLOCK_N + tl.arange(0, BLOCK_N)
    inside = row < n_rows
    half = tl.arange(0, 16)
    total = tl.zeros((BLOCK_N,), tl.float32)
    for first in range(0, n_groups, BLOCK_G):
        group = first + tl.arange(0, BLOCK_G)
        is_group = group < n_groups
        both = inside[:, None] & is_group[None, :]
        scale = tl.load(scales + row[:, None] * n_groups + group[None, :], mask=both, other=0.0).to(
            tl.float32
        )
        low_at = group[:, None] * 32 + half[None, :]
        low = tl.load(x + low_at, mask=is_group[:, None], other=0.0).to(tl.float32)
        high = tl.load(x + low_at + 16, mask=is_group[:, None], other=0.0).to(tl.float32)
        if BITS == 4:
            at = row[:, None, None] * (n_groups * 16) + group[None, :, None] * 16 + half[None, None, :]
            pair = tl.load(data + at, mask=both[:, :, None], other=0)
            first_half = (pair & 15).to(tl.float32) - 8.0
            second_half = (pair >> 4).to(tl.float32) - 8.0
        else:
            at = row[:, None, None] * (n_groups * 32) + low_at[None, :, :]
            first_half = tl.load(data + at, mask=both[:, :, None], other=0).to(tl.float32)
            second_half = tl.load(data + at + 16, mask=both[:, :, None], other=0).to(tl.float32)
        sums = tl.sum(first_half * low[None, :, :] + second_half * high[None, :, :], axis=2)
        total += tl.sum(sums * scale, axis=1)
    if HAS_BIAS:
        total += tl.load(bias + row, mask=inside, other=0.0).to(tl.float32)
    tl.store(y + row, total.to(y.dtype.element_ty), mask=inside)


@triton.jit
def multiply_matrix(
    x, data, scales, bias, y, m_rows, n_rows, n_groups, HAS_BIAS: tl.constexpr, BITS: tl.constexpr,
    BLOCK_M: tl.constexpr, BLOCK_N: tl.constexpr, BLOCK_G: tl.constexpr,
):  # fmt: skip
    """x (M, K), y (M, N); the halves of groups are two products of depth 16 BLOCK_G."""
    m = tl.program_id(0) * BLOCK_M + tl.arange(0, BLOCK_M)
    n = tl.program_id(1) * BLOCK_N + tl.arange(0, BLOCK_N)
    is_m, is_n = m < m_rows, n < n_rows
    step = tl.arange(0, 16 * BLOCK_G)
    columns = n_groups * 32
    total = tl.zeros((BLOCK_M, BLOCK_N), tl.float32)
    for first in range(0, n_groups, BLOCK_G):
        group = first + step // 16
        is_group = group < n_groups
        low_at = group * 32 + step % 16
        weights_inside = is_group[:, None] & is_n[None, :]
        rows_inside = is_m[:, None] & is_group[None, :]
        scale = tl.load(scales + n[None, :] * n_groups + group[:, None], mask=weights_inside, other=0.0).to(
            tl.float32
        )
        if BITS == 4:
            at = n[None, :] * (n_groups * 16) + group[:, None] * 16 + step[:, None] % 16
            pair = tl.load(data + at, mask=weights_inside, other=0)
            first_half = (pair & 15).to(tl.float32) - 8.0
            second_half = (pair >> 4).to(tl.float32) - 8.0
        else:
            at = n[None, :] * columns + low_at[:, None]
            first_half = tl.load(data + at, mask=weights_inside, other=0).to(tl.float32)
            second_half = tl.load(data + at + 16, mask=weights_inside, other=0).to(tl.float32)
        low = tl.load(x + m[:, None] * columns + low_at[None, :], mask=rows_inside, other=0.0)
        high = tl.load(x + m[:, None] * columns + low_at[None, :] + 16, mask=rows_inside, other=0.0)
        kind = x.dtype.element_ty
        total = tl.dot(low, (first_half * scale).to(kind), total, input_precision="ieee")
        total = tl.dot(high, (second_half * scale).to(kind), total, input_precision="ieee")
    if HAS_BIAS:
        total += tl.load(bias + n, mask=is_n, other=0.0).to(tl.float32)[None, :]
    tl.store(
        y + m[:, None] * n_rows + n[None, :], total.to(y.dtype.element_ty), mask=is_m[:, None] & is_n[None, :]
    )
