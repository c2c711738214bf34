"""Quantize a transformers model in place: linear layers, norms and the attention of single tokens.

Any architecture will do whose layers are `nn.Linear` and whose norms compute RMSNorm with a `weight` and a
`variance_epsilon` (Llama, Qwen2, Qwen3, Mistral, ...). Embedding and head stay as they are.
"""

from __future__ import annotations

import importlib
from typing import Any

import torch
from torch import nn

from cellwright_kernels.config import GROUP
from cellwright_kernels.triton import operations
from cellwright_kernels.triton.layout import Bits, dequantize, quantize

ATTENTION = "cellwright"


class QuantLinear(nn.Module):
    """`nn.Linear` with a weight in groups of 32: `data`, `scales` (buffers) and `bias` or none."""

    data: torch.Tensor
    scales: torch.Tensor
    bias: torch.Tensor | None

    def __init__(self, source: nn.Linear, bits: Bits) -> None:
        """Raises WeightFormatError where the width is no multiple of 32 or a weight is not finite."""
        super().__init__()
        self.in_features, self.out_features, self.bits = source.in_features, source.out_features, bits
        data, scales = quantize(source.weight, bits)
        self.register_buffer("data", data)
        self.register_buffer("scales", scales)
        self.register_buffer("bias", None if source.bias is None else source.bias.detach().clone())

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """x (..., in_features) -> (..., out_features)."""
        out: torch.Tensor = operations.linear(x, self.data, self.scales, self.bias)
        return out

    def dequantized(self) -> torch.Tensor:
        """The float32 weight (out_features, in_features) that it stands for."""
        return dequantize(self.data, self.scales)

    def extra_repr(self) -> str:
        """As `nn.Linear` shows itself, with the bits."""
        return f"in_features={self.in_features}, out_features={self.out_features}, bits={self.bits}"


class FusedNorm(nn.Module):
    """RMSNorm in one kernel, with the weight of the norm that it replaces."""

    def __init__(self, source: nn.Module) -> None:
        super().__init__()
        weight, eps = source.weight, source.variance_epsilon
        assert isinstance(weight, nn.Parameter)
        self.weight = weight
        self.variance_epsilon = float(eps)  # type: ignore[arg-type]

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Over the last axis."""
        out: torch.Tensor = operations.norm(x, self.weight, self.variance_epsilon)
        return out


def quantize_model(model: nn.Module, bits: Bits, skip: tuple[str, ...] = ("lm_head",)) -> nn.Module:
    """Replace the model's linear layers (but those whose name ends in one of `skip`) and its norms, in place.

    Layers whose width is no multiple of 32 stay. The attention of single tokens is replaced too where the
    model comes from transformers.
    """
    for name, module in list(model.named_modules()):
        parent_name, _, own = name.rpartition(".")
        parent = model.get_submodule(parent_name)
        if isinstance(module, nn.Linear) and not name.endswith(skip) and module.in_features % GROUP == 0:
            setattr(parent, own, QuantLinear(module, bits))
        elif type(module).__name__.endswith("RMSNorm") and hasattr(module, "variance_epsilon"):
            setattr(parent, own, FusedNorm(module))
    if hasattr(model, "set_attn_implementation"):
        _register_attention()
        set_attention: Any = model.set_attn_implementation
        set_attention(ATTENTION)
    return model


def _register_attention() -> None:
    utils: Any = importlib.import_module("transformers.modeling_utils")
    masks: Any = importlib.import_module("transformers.masking_utils")
    utils.ALL_ATTENTION_FUNCTIONS.register(ATTENTION, attend)
    masks.ALL_MASK_ATTENTION_FUNCTIONS.register(ATTENTION, masks.sdpa_mask)


def attend(
    module: nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    scaling: float | None = None,
    **options: Any,
) -> tuple[torch.Tensor, None]:
    """transformers' attention interface: our kernel for one new token, torch's for more.

    query (B, heads, T, D), key and value (B, kv_heads, S, D); the result is (B, T, heads, D).
    """
    factor = scaling if scaling is not None else query.shape[-1] ** -0.5
    if query.shape[2] != 1 or query.requires_grad:
        integration: Any = importlib.import_module("transformers.integrations.sdpa_attention")
        out, _ = integration.sdpa_attention_forward(
            module, query, key, value, attention_mask, scaling=factor, **options
        )
        return out, None
    mask = None
    if attention_mask is not None:
        mask = attention_mask[:, 0, 0, : key.shape[2]].expand(len(query), -1)
        mask = mask if mask.dtype == torch.bool else mask >= 0
    one: torch.Tensor = operations.attend_one(query[:, :, 0], key, value, mask, factor)
    return one[:, None], None
