"""Each native operation against the numpy reference, over odd shapes."""

from __future__ import annotations

import numpy as np
import pytest

from cellwright_kernels import operations, reference
from cellwright_kernels.packing import Kind, pack


@pytest.mark.parametrize("kind", ["int4", "int8", "f32"])
@pytest.mark.parametrize("shape", [(16, 32), (48, 96), (33, 321), (200, 64)])
def test_products_match_the_reference(variant: str, kind: Kind, shape: tuple[int, int]) -> None:
    random = np.random.default_rng(4)
    matrix = pack(random.standard_normal(shape, dtype=np.float32), kind)
    for rows in (1, 2, 3, 4, 5, 7, 8, 9, 21):
        x = random.standard_normal((rows, matrix.columns), dtype=np.float32)
        expected = reference.Matrix(matrix)(x)
        got = operations.multiply(matrix, x, variant)
        assert np.abs(got - expected).max() <= 1e-5 * np.abs(expected).max()


@pytest.mark.parametrize("kind", ["int4", "int8", "f32"])
def test_a_row_does_not_depend_on_its_batch(variant: str, kind: Kind) -> None:
    random = np.random.default_rng(5)
    matrix = pack(random.standard_normal((48, 160), dtype=np.float32), kind)
    x = random.standard_normal((19, 160), dtype=np.float32)
    together = operations.multiply(matrix, x, variant)
    alone = np.concatenate([operations.multiply(matrix, row[None], variant) for row in x])
    assert np.array_equal(together, alone)


@pytest.mark.parametrize("kind", ["int4", "int8"])
def test_the_largest_integers_do_not_overflow(variant: str, kind: Kind) -> None:
    x = np.full((5, 64), -127.0, np.float32)
    for sign in (1, -1):
        matrix = pack(np.full((16, 64), sign, np.float32), kind)
        expected = reference.Matrix(matrix)(x)
        assert np.allclose(operations.multiply(matrix, x, variant), expected, rtol=1e-6)
        assert np.allclose(expected, -127.0 * 64 * sign, rtol=1e-2)


@pytest.mark.parametrize(("size", "columns"), [(32, 32), (70, 96), (512, 512), (1000, 1024)])
def test_norm_and_quantize(variant: str, size: int, columns: int) -> None:
    random = np.random.default_rng(6)
    x, weight = np.zeros(columns, np.float32), np.zeros(columns, np.float32)
    x[:size], weight[:size] = random.standard_normal(size), random.standard_normal(size)
    normed, q, scales = operations.norm_quantize(x, weight, 1e-6, size, variant)
    assert np.allclose(normed, reference.rms_norm(x, weight, 1e-6, size), rtol=2e-6, atol=1e-7)
    expected_q, expected_scales = reference.quantize_activations(normed[None])
    assert np.array_equal(q, expected_q[0])
    assert np.array_equal(scales, expected_scales[0])


@pytest.mark.parametrize("k", [1, 2, 7, 50, 300])
def test_top_k_with_ties(k: int) -> None:
    logits = np.random.default_rng(7).integers(0, 40, 300).astype(np.float32)
    assert np.array_equal(operations.top_k(logits, k), reference.top_k(logits, k))


def test_sampling_follows_the_distribution_and_the_seed() -> None:
    logits = np.log(np.array([0.1, 0.2, 0.3, 0.4], np.float32))
    uniforms = np.random.default_rng(8).random(4000)
    drawn = np.array([operations.sample(logits, 1.0, u) for u in uniforms])
    assert np.allclose(np.bincount(drawn, minlength=4) / 4000, [0.1, 0.2, 0.3, 0.4], atol=0.03)
    every = np.arange(4, dtype=np.int32)
    assert all(
        operations.sample(logits, 0.7, u) == reference.sample(logits, every, 0.7, u) for u in uniforms[:200]
    )
    assert {operations.sample(logits, 1.0, u, k=2) for u in uniforms} == {2, 3}
    assert operations.sample(logits, 0.0, 0.01) == 3
