"""Attention of one new token over a long cache (Flash-Decoding, Dao et al. 2023).

The cache's positions are cut into splits, so that a single sequence fills the GPU: every program keeps the
largest score, the sum of e^(score - largest) and the mixed values of its split, and a second kernel puts the
splits together. All query heads of a key/value head share its reading. Blocks that the mask hides whole are
not read, so a static cache costs what it holds, not its size.
"""

import triton
import triton.language as tl


@triton.jit
def attend_split(
    q, keys, values, mask, partial, peaks, totals, scaling, length, split_length, splits,
    q_batch, q_head, k_batch, k_head, k_position, v_batch, v_head, v_position, mask_batch,
    HAS_MASK: tl.constexpr, GROUP: tl.constexpr, GROUP_PADDED: tl.constexpr, DIM: tl.constexpr,
    DIM_PADDED: tl.constexpr, BLOCK: tl.constexpr,
):  # fmt: skip
    """q (B, heads, D); keys, values (B, kv_heads, T, D); mask (B, T), nonzero where a position is seen.

    partial (B, kv_heads, splits, GROUP, D) float32; peaks, totals (B, kv_heads, splits, GROUP).
    """
    batch, head, split = tl.program_id(0), tl.program_id(1), tl.program_id(2)
    member, dim = tl.arange(0, GROUP_PADDED), tl.arange(0, DIM_PADDED)
    is_member, is_dim = member < GROUP, dim < DIM
    query = tl.load(
        q + batch * q_batch + (head * GROUP + member[:, None]) * q_head + dim[None, :],
        mask=is_member[:, None] & is_dim[None, :], other=0.0,
    ).to(tl.float32) * scaling  # fmt: skip
    peak = tl.full((GROUP_PADDED,), -1.0e30, tl.float32)
    total = tl.zeros((GROUP_PADDED,), tl.float32)
    mixed = tl.zeros((GROUP_PADDED, DIM_PADDED), tl.float32)
    start = split * split_length
    for first in range(start, tl.minimum(start + split_length, length), BLOCK):
        position = first + tl.arange(0, BLOCK)
        seen = position < tl.minimum(start + split_length, length)
        if HAS_MASK:
            seen = seen & (tl.load(mask + batch * mask_batch + position, mask=seen, other=0) != 0)
        if tl.max(seen.to(tl.int32), axis=0) > 0:
            both = seen[:, None] & is_dim[None, :]
            key = tl.load(
                keys + batch * k_batch + head * k_head + position[:, None] * k_position + dim[None, :],
                mask=both, other=0.0,
            ).to(tl.float32)  # fmt: skip
            value = tl.load(
                values + batch * v_batch + head * v_head + position[:, None] * v_position + dim[None, :],
                mask=both, other=0.0,
            ).to(tl.float32)  # fmt: skip
            score = tl.sum(query[:, None, :] * key[None, :, :], axis=2)
            score = tl.where(seen[None, :], score, -1.0e30)
            higher = tl.maximum(peak, tl.max(score, axis=1))
            weight = tl.where(seen[None, :], tl.exp(score - higher[:, None]), 0.0)
            fade = tl.exp(peak - higher)
            total = total * fade + tl.sum(weight, axis=1)
            mixed = mixed * fade[:, None] + tl.sum(weight[:, :, None] * value[None, :, :], axis=1)
            peak = higher
    at = ((batch * tl.num_programs(1) + head) * splits + split) * GROUP + member
    tl.store(peaks + at, peak, mask=is_member)
    tl.store(totals + at, total, mask=is_member)
    tl.store(partial + at[:, None] * DIM + dim[None, :], mixed, mask=is_member[:, None] & is_dim[None, :])


@triton.jit
def join_splits(
    partial, peaks, totals, out, splits, out_batch, out_head, GROUP: tl.constexpr, DIM: tl.constexpr,
    DIM_PADDED: tl.constexpr, SPLITS_PADDED: tl.constexpr,
):  # fmt: skip
    """out (B, heads, D): the splits of one query head, weighted by e^(their peak - the largest)."""
    batch, query_head = tl.program_id(0), tl.program_id(1)
    head, member = query_head // GROUP, query_head % GROUP
    kv_heads = tl.num_programs(1) // GROUP
    split, dim = tl.arange(0, SPLITS_PADDED), tl.arange(0, DIM_PADDED)
    is_split, is_dim = split < splits, dim < DIM
    at = ((batch * kv_heads + head) * splits + split) * GROUP + member
    peak = tl.load(peaks + at, mask=is_split, other=-1.0e30)
    weight = tl.exp(peak - tl.max(peak, axis=0))
    total = tl.sum(tl.load(totals + at, mask=is_split, other=0.0) * weight, axis=0)
    mixed = tl.load(
        partial + at[:, None] * DIM + dim[None, :], mask=is_split[:, None] & is_dim[None, :], other=0.0
    )
    result = tl.sum(mixed * weight[:, None], axis=0) / total
    tl.store(
        out + batch * out_batch + query_head * out_head + dim, result.to(out.dtype.element_ty), mask=is_dim
    )
