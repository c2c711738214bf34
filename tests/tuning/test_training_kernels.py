"""The pieces of a training step against torch's own, forward and backward."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from cellwright_tuning.training_kernels import short_row_attention, summed_cross_entropy


def _leaf(*shape: int) -> Tensor:
    return torch.randn(*shape).requires_grad_()


@pytest.mark.parametrize(("length", "heads", "groups"), [(1, 2, 1), (5, 4, 2), (33, 4, 4), (64, 6, 2)])
def test_attention_equals_torchs(length: int, heads: int, groups: int) -> None:
    torch.manual_seed(length)
    query, key, value = (
        _leaf(3, heads, length, 16),
        _leaf(3, groups, length, 16),
        _leaf(3, groups, length, 16),
    )
    ours, _ = short_row_attention(nn.Module(), query, key, value, None, scaling=0.25, dropout=0.0)
    theirs = functional.scaled_dot_product_attention(
        query, key, value, is_causal=True, scale=0.25, enable_gqa=True
    ).transpose(1, 2)
    torch.testing.assert_close(ours, theirs, atol=1e-5, rtol=1e-4)
    weights = torch.randn_like(ours)
    gradients = torch.autograd.grad((ours * weights).sum(), [query, key, value])
    expected = torch.autograd.grad((theirs * weights).sum(), [query, key, value])
    torch.testing.assert_close(gradients, expected, atol=1e-4, rtol=1e-3)


def test_attention_refuses_a_mask_that_it_would_ignore() -> None:
    rows = torch.zeros(1, 1, 2, 4)
    with pytest.raises(ValueError, match="got a mask"):
        short_row_attention(nn.Module(), rows, rows, rows, torch.zeros(1, 1, 2, 2), scaling=1.0)


def test_summed_cross_entropy_equals_torchs() -> None:
    torch.manual_seed(2)
    hidden, weight, targets = _leaf(7, 8), _leaf(11, 8), torch.randint(0, 11, (7,))
    ours = 0.3 * summed_cross_entropy(hidden, weight, targets)
    theirs = 0.3 * functional.cross_entropy(hidden @ weight.T, targets, reduction="sum")
    torch.testing.assert_close(ours, theirs)
    gradients = torch.autograd.grad(ours, [hidden, weight])
    torch.testing.assert_close(gradients, torch.autograd.grad(theirs, [hidden, weight]), atol=1e-6, rtol=1e-4)
    empty = summed_cross_entropy(torch.zeros(0, 8), torch.zeros(11, 8), torch.zeros(0, dtype=torch.long))
    assert float(empty) == 0.0
