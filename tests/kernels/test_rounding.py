"""Rounding by moments: products come out nearer than with the nearest codes, weight files keep their form."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from kernel_models import LLAMA, random_state
from numpy.typing import NDArray

from cellwright_kernels.checkpoint import quantize
from cellwright_kernels.decoder import Decoder
from cellwright_kernels.packing import quantize_groups
from cellwright_kernels.rounding import round_by_moments


def _error(
    weights: NDArray[np.float32],
    inputs: NDArray[np.float32],
    chosen: tuple[NDArray[np.int8], NDArray[np.float16]],
) -> float:
    codes, scales = chosen
    rounded = codes * np.repeat(scales.astype(np.float32), 32, axis=1)
    return float(np.square((weights - rounded) @ inputs.T).mean())


@pytest.fixture
def problem() -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    random = np.random.default_rng(3)
    mixing = random.standard_normal((96, 96)) * np.linspace(0.1, 2, 96)
    inputs = (random.standard_normal((2_000, 96)) @ mixing).astype(np.float32)
    return random.standard_normal((64, 96)).astype(np.float32), inputs


def test_products_are_nearer_than_with_the_nearest_codes(
    problem: tuple[NDArray[np.float32], NDArray[np.float32]],
) -> None:
    weights, inputs = problem
    moments = (inputs.T @ inputs).astype(np.float64)
    by_moments = _error(weights, inputs, round_by_moments(weights, moments))
    nearest = _error(weights, inputs, quantize_groups(weights, "int4"))
    assert by_moments < 0.8 * nearest
    codes, _ = round_by_moments(weights, moments)
    assert codes.min() >= -8
    assert codes.max() <= 7


def test_inputs_without_relation_change_little(
    problem: tuple[NDArray[np.float32], NDArray[np.float32]],
) -> None:
    weights, _ = problem
    codes, scales = round_by_moments(weights, np.eye(96))
    nearest, nearest_scales = quantize_groups(weights, "int4")
    assert np.array_equal(codes, nearest)
    assert np.array_equal(scales, nearest_scales)


def test_columns_that_nothing_reaches_are_rounded_to_the_nearest() -> None:
    weights = np.random.default_rng(4).standard_normal((16, 64)).astype(np.float32)
    moments = np.zeros((64, 64))
    moments[:32, :32] = np.eye(32)
    codes, _ = round_by_moments(weights, moments)
    assert np.array_equal(codes[:, 32:], quantize_groups(weights, "int4")[0][:, 32:])


def test_moments_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="expected moments of 64 columns"):
        round_by_moments(np.zeros((16, 64), np.float32), np.eye(32))


def test_a_weight_file_takes_the_rounding_it_is_given(tmp_path: Path) -> None:
    state, config = random_state(LLAMA), LLAMA
    seen: list[str] = []

    def rounding(name: str, weights: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float16]]:
        seen.append(name)
        codes, scales = quantize_groups(weights, "int4")
        return np.zeros_like(codes) if name == "layers.0.down" else codes, scales

    quantize(state, config, b"", 4, tmp_path / "given", rounding)
    plain = quantize(state, config, b"", 4, tmp_path / "plain")
    assert plain != quantize(
        state, config, b"", 8, tmp_path / "int8", rounding
    )  # int8 is rounded to the nearest
    assert sorted(seen) == sorted(
        f"layers.{layer}.{part}"
        for layer in range(config.layers)
        for part in ("qkv", "output", "gate_up", "down")
    )
    decoders = [Decoder(tmp_path / name) for name in ("given", "plain")]
    logits = []
    for decoder in decoders:
        logits.append(decoder.forward([1, 2, 3], decoder.open()))
        decoder.shutdown()
    assert not np.allclose(logits[0], logits[1])
