"""Two pieces of a training step, written so that a CPU runs them at the speed of its matrix products.

Attention over short rows: torch's blocked kernel for CPUs costs a third of a step at rows of 30 to 400
tokens, most of it in its backward pass. Here the heads that share keys are one batched product, with scale
and causal mask added inside it (`baddbmm`), a softmax, and a second product: O(T^2) memory, so for short rows
on CPUs only.

Cross-entropy summed over learnt tokens: the gradient of the logits, softmax(z) - onehot, is made in place
while the loss is, so that no second pass reads them.

Not covered: key-value caches, padding on the left, dropout.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from transformers import AttentionInterface

SHORT_ROWS = "short_rows"


def short_row_attention(
    module: torch.nn.Module,
    query: Tensor,  # (B, heads, T, D)
    key: Tensor,  # (B, key heads, T, D)
    value: Tensor,  # (B, key heads, T, D)
    attention_mask: Tensor | None,
    *,
    scaling: float,
    **_: Any,
) -> tuple[Tensor, None]:
    """Causal attention -> (B, T, heads, D); raises ValueError where another mask is wanted."""
    if attention_mask is not None:
        raise ValueError("expected causal attention without a mask, got a mask")
    batch, heads, length, size = query.shape
    groups = key.shape[1]
    shared = heads // groups
    causal = torch.full((length, length), -torch.inf, dtype=query.dtype, device=query.device).triu(1)
    scores = torch.baddbmm(
        causal.repeat(shared, 1)[None],
        query.reshape(batch * groups, shared * length, size),
        key.reshape(batch * groups, length, size).transpose(1, 2),
        alpha=scaling,
    )
    mixed = torch.bmm(scores.softmax(-1).to(value.dtype), value.reshape(batch * groups, length, size))
    return mixed.view(batch, heads, length, size).transpose(1, 2), None


AttentionInterface.register(SHORT_ROWS, short_row_attention)


class _SummedCrossEntropy(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, hidden: Tensor, weight: Tensor, targets: Tensor) -> Tensor:
        logits = (hidden @ weight.T).float()  # (N, V)
        rows = torch.arange(len(targets), device=targets.device)
        picked = logits[rows, targets]
        highest = logits.amax(-1, keepdim=True)
        exponentials = logits.sub_(highest).exp_()
        total = exponentials.sum(-1, keepdim=True)
        loss = (total.log() + highest).sum() - picked.sum()
        gradient = exponentials.div_(total)
        gradient[rows, targets] -= 1.0
        ctx.save_for_backward(hidden, weight, gradient.to(hidden.dtype))
        return loss

    @staticmethod
    def backward(ctx: Any, *outputs: Tensor) -> tuple[Tensor, Tensor, None]:
        hidden, weight, gradient = ctx.saved_tensors
        scale = outputs[0]
        return (gradient @ weight) * scale.to(hidden.dtype), (gradient.T @ hidden) * scale, None


def summed_cross_entropy(hidden: Tensor, weight: Tensor, targets: Tensor) -> Tensor:
    """Sum over N of -log softmax(hidden @ weight.T)[target]; hidden (N, D), weight (V, D), targets (N,).

    The products run in the type of `hidden` (weight is cast to it), the softmax in float32.
    """
    apply: Callable[..., Tensor] = _SummedCrossEntropy.apply  # torch leaves it without a type
    return apply(hidden, weight.to(hidden.dtype), targets)
