"""What a decoder is: shapes and options of the Llama, Qwen2 and Qwen3 architectures.

`DecoderConfig.from_hugging_face` reads a `config.json`; what it does not implement it refuses by name.
Not covered: mixture of experts, sliding windows shorter than the context, YaRN and LongRoPE scaling.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from cellwright_kernels.errors import UnsupportedModel

LANES = 16
"""Rows of a weight block: outputs that one kernel step computes together."""
GROUP = 32
"""Columns that share one scale, in weights and in quantized activations."""

Architecture = Literal["llama", "qwen2", "qwen3"]
_ARCHITECTURES: dict[str, Architecture] = {
    "LlamaForCausalLM": "llama",
    "Qwen2ForCausalLM": "qwen2",
    "Qwen3ForCausalLM": "qwen3",
}


def padded(size: int, multiple: int) -> int:
    """`size` rounded up to a multiple of `multiple`."""
    return -(-size // multiple) * multiple


@dataclass(frozen=True)
class RopeScaling:
    """How rotary frequencies are stretched for long contexts: `linear` or `llama3`."""

    kind: Literal["linear", "llama3"]
    factor: float
    low_freq_factor: float = 1.0
    high_freq_factor: float = 4.0
    original_max_positions: int = 8192


@dataclass(frozen=True)
class DecoderConfig:
    """Shapes and options of a decoder; sizes count elements."""

    architecture: Architecture
    vocab_size: int
    hidden_size: int
    intermediate_size: int
    layers: int
    heads: int
    kv_heads: int
    head_dim: int
    max_positions: int
    rms_eps: float = 1e-6
    rope_theta: float = 10000.0
    rope_scaling: RopeScaling | None = None
    tied_embeddings: bool = True
    qkv_bias: bool = False
    output_bias: bool = False
    mlp_bias: bool = False
    qk_norm: bool = False

    def __post_init__(self) -> None:
        sizes = ("vocab_size", "hidden_size", "intermediate_size", "layers", "heads", "kv_heads", "head_dim")
        for name in (*sizes, "max_positions"):
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool) or not 0 < value <= 1 << 24:
                raise UnsupportedModel(f"expected a positive integer, got {value!r} ({name})")
        if self.heads % self.kv_heads:
            raise UnsupportedModel(
                f"expected heads to be a multiple of kv_heads, got {self.heads} and {self.kv_heads}"
            )
        if self.head_dim % 2:
            raise UnsupportedModel(f"expected an even head_dim for rotary positions, got {self.head_dim}")

    @property
    def hidden_padded(self) -> int:
        """Width of the residual stream in memory: `hidden_size` up to whole groups."""
        return padded(self.hidden_size, GROUP)

    @property
    def intermediate_padded(self) -> int:
        """Width of the gated activations in memory."""
        return padded(self.intermediate_size, GROUP)

    @property
    def head_rows(self) -> int:
        """Rows that one head takes in the fused query/key/value matrix: `head_dim` up to whole blocks."""
        return padded(self.head_dim, LANES)

    @property
    def qkv_rows(self) -> int:
        """Rows of the fused matrix: query heads, then key heads, then value heads."""
        return (self.heads + 2 * self.kv_heads) * self.head_rows

    @property
    def attention_padded(self) -> int:
        """Width of the concatenated heads in memory."""
        return padded(self.heads * self.head_dim, GROUP)

    def to_dict(self) -> dict[str, Any]:
        """A JSON object that `from_dict` takes back."""
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> DecoderConfig:
        """Inverse of `to_dict`; raises UnsupportedModel for unknown or missing fields."""
        fields = dict(data)
        scaling = fields.pop("rope_scaling", None)
        try:
            return cls(**fields, rope_scaling=RopeScaling(**scaling) if scaling else None)
        except TypeError as error:
            raise UnsupportedModel(f"expected the fields of a decoder config ({error})") from error

    @classmethod
    def from_hugging_face(cls, data: Mapping[str, Any]) -> DecoderConfig:
        """The config of a `config.json`; raises UnsupportedModel naming what is not implemented."""
        names = data.get("architectures") or []
        told = [name for name in names if isinstance(name, str)] if isinstance(names, list) else []
        known = [_ARCHITECTURES[name] for name in told if name in _ARCHITECTURES]
        if not known:
            raise UnsupportedModel(
                f"expected one of {', '.join(_ARCHITECTURES)}, got {names or 'none'} (architectures)"
            )
        architecture = known[0]
        if data.get("hidden_act", "silu") != "silu":
            raise UnsupportedModel(f"expected silu, got {data['hidden_act']!r} (hidden_act)")
        if data.get("quantization_config"):
            raise UnsupportedModel("expected float weights, got a checkpoint that is quantized already")
        try:
            heads, hidden = int(data["num_attention_heads"]), int(data["hidden_size"])
            positions = int(data.get("max_position_embeddings", 2048))
            theta, scaling = _rope(data, positions)
            _refuse_sliding_window(data, positions)
            bias = bool(data.get("attention_bias", False))
            return cls(
                architecture=architecture,
                vocab_size=int(data["vocab_size"]),
                hidden_size=hidden,
                intermediate_size=int(data["intermediate_size"]),
                layers=int(data["num_hidden_layers"]),
                heads=heads,
                kv_heads=int(data.get("num_key_value_heads") or heads),
                head_dim=int(data.get("head_dim") or hidden // heads),
                max_positions=positions,
                rms_eps=float(data.get("rms_norm_eps", 1e-6)),
                rope_theta=theta,
                rope_scaling=scaling,
                tied_embeddings=bool(data.get("tie_word_embeddings", False)),
                qkv_bias=True if architecture == "qwen2" else bias,
                output_bias=False if architecture == "qwen2" else bias,
                mlp_bias=bool(data.get("mlp_bias", False)) if architecture == "llama" else False,
                qk_norm=architecture == "qwen3",
            )
        except KeyError as error:
            raise UnsupportedModel(f"expected {error.args[0]} in config.json") from error
        except (TypeError, ValueError, ArithmeticError) as error:
            raise UnsupportedModel(f"expected numbers for sizes in config.json ({error})") from error


def _rope(data: Mapping[str, Any], positions: int) -> tuple[float, RopeScaling | None]:
    """Theta and scaling from either spelling: `rope_parameters`, or `rope_theta` with `rope_scaling`."""
    parameters = dict(data.get("rope_parameters") or data.get("rope_scaling") or {})
    theta = float(parameters.get("rope_theta") or data.get("rope_theta") or 10000.0)
    if float(parameters.get("partial_rotary_factor") or 1.0) != 1.0:
        raise UnsupportedModel("expected rotary positions on the whole head (partial_rotary_factor)")
    kind = parameters.get("rope_type") or parameters.get("type") or "default"
    if kind == "default":
        return theta, None
    if kind == "linear":
        return theta, RopeScaling("linear", float(parameters["factor"]))
    if kind == "llama3":
        return theta, RopeScaling(
            "llama3",
            float(parameters["factor"]),
            float(parameters["low_freq_factor"]),
            float(parameters["high_freq_factor"]),
            int(parameters.get("original_max_position_embeddings") or positions),
        )
    raise UnsupportedModel(f"expected rope type default, linear or llama3, got {kind!r}")


def _refuse_sliding_window(data: Mapping[str, Any], positions: int) -> None:
    window = data.get("sliding_window")
    windowed = data.get("use_sliding_window", False) or "sliding_attention" in (data.get("layer_types") or ())
    if windowed and window and int(window) < positions:
        raise UnsupportedModel(f"expected full attention, got a sliding window of {window} positions")


def rope_tables(config: DecoderConfig, positions: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Cosines and sines, each (positions, head_dim / 2), after scaling.

    `linear` divides every frequency by the factor; `llama3` divides the low ones, keeps the high ones and
    interpolates between (Llama 3.1 model card).
    """
    half = np.arange(0, config.head_dim, 2, dtype=np.float32) / np.float32(config.head_dim)
    inverse = (1.0 / np.power(np.float32(config.rope_theta), half, dtype=np.float32)).astype(np.float32)
    scaling = config.rope_scaling
    if scaling is not None and scaling.kind == "linear":
        inverse = inverse / np.float32(scaling.factor)
    elif scaling is not None:
        wavelength = 2 * np.pi / inverse.astype(np.float64)
        low, high = scaling.low_freq_factor, scaling.high_freq_factor
        smooth = np.clip((scaling.original_max_positions / wavelength - low) / (high - low), 0.0, 1.0)
        inverse = ((1 - smooth) * inverse / scaling.factor + smooth * inverse).astype(np.float32)
    angles = np.arange(positions, dtype=np.float32)[:, None] * inverse[None, :].astype(np.float32)
    return np.cos(angles), np.sin(angles)
