"""The block layout and the quantizer: round trips, error bounds, refusal of what is not finite."""

from __future__ import annotations

import numpy as np
import pytest

from cellwright_kernels.errors import WeightFormatError
from cellwright_kernels.packing import Kind, pack, pack_quantized, quantize_groups, unpack, unpack_quantized

SHAPES = [(1, 1), (16, 32), (17, 33), (5, 100), (50, 64), (128, 96)]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(("kind", "bound"), [("int4", 0.12), ("int8", 0.005), ("f32", 0.0)])
def test_unpack_gives_the_matrix_back(shape: tuple[int, int], kind: Kind, bound: float) -> None:
    weights = np.random.default_rng(1).standard_normal(shape, dtype=np.float32)
    full = unpack(pack(weights, kind))
    assert full.shape[0] % 16 == 0
    assert full.shape[1] % 32 == 0
    assert np.abs(full[: shape[0], : shape[1]] - weights).max() <= bound * np.abs(weights).max()
    full[: shape[0], : shape[1]] = 0
    assert not full.any()  # padding stands for zeros


@pytest.mark.parametrize(("kind", "low", "high"), [("int4", -8, 7), ("int8", -127, 127)])
def test_layout_round_trip_is_exact(kind: Kind, low: int, high: int) -> None:
    random = np.random.default_rng(2)
    q = random.integers(low, high + 1, (48, 96)).astype(np.int8)
    scales = random.standard_normal((48, 3)).astype(np.float16)
    again, again_scales = unpack_quantized(pack_quantized(q, scales, kind))
    assert np.array_equal(again, q)
    assert np.array_equal(again_scales, scales)


def test_documented_place_of_an_element() -> None:
    q = np.zeros((32, 64), np.int8)
    q[19, 32 + 21] = 5  # block 1, lane 3, group 1, quad 5, byte 1
    scales = np.ones((32, 2), np.float16)
    int8 = pack_quantized(q, scales, "int8").data.view(np.int8).reshape(2, 2, 8, 16, 4)
    assert int8[1, 1, 5, 3, 1] == 5
    int4 = pack_quantized(q, scales, "int4").data.reshape(2, 2, 4, 16, 4)
    assert int4[1, 1, 1, 3, 1] == (5 + 8) << 4 | 8


def test_searched_int4_scales_beat_the_plain_ones() -> None:
    weights = np.random.default_rng(3).standard_normal((64, 256), dtype=np.float32)
    q, scales = quantize_groups(weights, "int4")
    error = np.square(weights - q * np.repeat(scales.astype(np.float32), 32, axis=1)).mean()
    groups = weights.reshape(-1, 32)
    largest = np.take_along_axis(groups, np.abs(groups).argmax(1)[:, None], 1) / -8
    plain = np.clip(np.rint(groups / largest), -8, 7) * largest
    assert error < 0.95 * np.square(groups - plain).mean()


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("kind", ["int4", "int8", "f32"])
def test_weights_that_are_not_finite_are_refused(value: float, kind: Kind) -> None:
    weights = np.ones((3, 40), np.float32)
    weights[2, 35] = value
    with pytest.raises(WeightFormatError, match="finite"):
        pack(weights, kind)


def test_tiny_and_zero_weights_stay_finite() -> None:
    for size in (0.0, 1e-30, 1e-9):
        assert np.isfinite(unpack(pack(np.full((16, 32), size, np.float32), "int4"))).all()
