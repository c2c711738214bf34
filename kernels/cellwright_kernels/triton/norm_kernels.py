"""RMSNorm of rows, with the addition to the residual stream before it: h = x + r, y = h / rms(h) * weight."""

import triton
import triton.language as tl


@triton.jit
def add_norm(
    x, residual, weight, y, eps, size, HAS_RESIDUAL: tl.constexpr, BLOCK: tl.constexpr
):  # fmt: skip
    """One row a program: x, residual, y (rows, size); where there is a residual, h is written back into it.

    The mean of squares is float32, as transformers' norm has it; the result is rounded to x's type before it
    is multiplied by the weight, which transformers does too.
    """
    column = tl.arange(0, BLOCK)
    inside = column < size
    at = tl.program_id(0) * size + column
    h = tl.load(x + at, mask=inside, other=0.0)
    if HAS_RESIDUAL:
        h = h + tl.load(residual + at, mask=inside, other=0.0)
        tl.store(residual + at, h, mask=inside)
    wide = h.to(tl.float32)
    factor = 1.0 / tl.sqrt(tl.sum(wide * wide, axis=0) / size + eps)
    normed = (wide * factor).to(x.dtype.element_ty)
    out = normed * tl.load(weight + column, mask=inside, other=0.0)
    tl.store(y + at, out.to(y.dtype.element_ty), mask=inside)
