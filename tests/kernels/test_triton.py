"""The Triton kernels in Triton's interpreter against plain torch, and quantized transformers models.

Triton decides when it is first imported whether its functions are interpreted, so the tests of kernels run in
a process of their own, which `test_kernels_in_the_interpreter` starts.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="needs torch (extra `tuning`)")
transformers = pytest.importorskip("transformers", reason="needs transformers (extra `tuning`)")

from cellwright_kernels.errors import ContextOverflow, KernelError, WeightFormatError  # noqa: E402
from cellwright_kernels.triton import operations  # noqa: E402
from cellwright_kernels.triton.graph import TokenGraph  # noqa: E402
from cellwright_kernels.triton.layout import dequantize, quantize  # noqa: E402
from cellwright_kernels.triton.quant_linear import QuantLinear, quantize_model  # noqa: E402


@pytest.fixture
def interpreted() -> None:
    if not operations.is_interpreted():
        pytest.skip("runs inside test_kernels_in_the_interpreter")


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_kernels_in_the_interpreter() -> None:
    if operations.is_interpreted():
        pytest.skip("this is that process")
    if importlib.util.find_spec("triton") is None:
        pytest.skip("needs triton (extra `cuda`)")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", __file__]
    done = subprocess.run(
        command, env=os.environ | {"TRITON_INTERPRET": "1"}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-4000:]


def random(*shape: int, seed: int = 0, dtype: Any = torch.float32) -> Any:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed)).to(dtype)


def tiny_model(architecture: str) -> Any:
    torch.manual_seed(3)
    options = {
        "vocab_size": 120, "hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 2,
        "num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 128,
    }  # fmt: skip
    config = getattr(transformers, f"{architecture}Config")(**options)
    model = getattr(transformers, f"{architecture}ForCausalLM")(config)
    return model.train(False)


@pytest.mark.parametrize("bits", [4, 8])
def test_layout_stands_for_the_weights(bits: Any) -> None:
    weight = random(7, 96)
    data, scales = quantize(weight, bits)
    assert data.shape == (7, 48 if bits == 4 else 96)
    assert scales.shape == (7, 3)
    step = weight.view(7, 3, 32).abs().amax(2, keepdim=True) / (7 if bits == 4 else 127)
    assert ((dequantize(data, scales) - weight).view(7, 3, 32).abs() <= 1.2 * step).all()
    with pytest.raises(WeightFormatError, match="multiple of 32"):
        quantize(random(4, 40), bits)
    with pytest.raises(WeightFormatError, match="finite"):
        quantize(torch.full((1, 32), float("nan")), bits)


@pytest.mark.parametrize("bits", [4, 8])
@pytest.mark.parametrize(
    ("rows", "outputs", "inputs"), [(1, 70, 96), (1, 5, 640), (3, 70, 96), (40, 33, 160)]
)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float16])
def test_linear_kernels_match_torch(
    interpreted: None, bits: Any, rows: int, outputs: int, inputs: int, dtype: Any
) -> None:
    data, scales = quantize(random(outputs, inputs, seed=1), bits)
    x, bias = random(rows, inputs, seed=2, dtype=dtype), random(outputs, seed=3, dtype=dtype)
    for given in (None, bias):
        got = operations.linear(x, data, scales, given).float()
        expected = x.float() @ dequantize(data, scales).T + (0 if given is None else given.float())
        tolerance = 2e-5 if dtype == torch.float32 else 4e-3
        assert (got - expected).abs().max() <= tolerance * expected.abs().max()


@pytest.mark.parametrize("size", [32, 72, 200])
def test_norm_kernels_match_torch(interpreted: None, size: int) -> None:
    x, residual, weight = random(3, size), random(3, size, seed=1), random(size, seed=2)

    def plain(h: Any) -> Any:
        return h * torch.rsqrt(h.square().mean(-1, keepdim=True) + 1e-6) * weight

    assert torch.allclose(operations.norm(x, weight, 1e-6), plain(x), atol=1e-5)
    stream = residual.clone()
    assert torch.allclose(operations.add_norm(x, stream, weight, 1e-6), plain(x + residual), atol=1e-5)
    assert torch.equal(stream, x + residual)


@pytest.mark.parametrize(
    ("heads", "kv_heads", "dim", "length"), [(4, 2, 16, 5), (6, 2, 24, 300), (3, 3, 32, 513)]
)
@pytest.mark.parametrize("masked", [False, True])
def test_attention_kernels_match_torch(
    interpreted: None, heads: int, kv_heads: int, dim: int, length: int, masked: bool
) -> None:
    q = random(2, heads, dim)
    keys, values = random(2, kv_heads, length, dim, seed=1), random(2, length, kv_heads, dim, seed=2)
    values = values.transpose(1, 2)  # strides of another order
    mask = torch.arange(length)[None] < torch.tensor([[length // 2 + 1], [1]]) if masked else None
    got = operations.attend_one(q, keys, values, mask, dim**-0.5)
    expected = torch.nn.functional.scaled_dot_product_attention(
        q[:, :, None], keys, values, None if mask is None else mask[:, None, None], enable_gqa=True
    )[:, :, 0]
    assert torch.allclose(got, expected, atol=1e-5)


@pytest.mark.parametrize("architecture", ["Llama", "Qwen2", "Qwen3"])
@pytest.mark.parametrize("bits", [4, 8])
def test_a_quantized_model_is_the_model_of_its_weights(architecture: str, bits: Any) -> None:
    if operations.is_interpreted() and (architecture, bits) != ("Llama", 4):
        pytest.skip("one model is enough for the interpreter; on plain torch all run")
    model, plain = tiny_model(architecture), tiny_model(architecture)
    quantize_model(model, bits)
    replaced = {n: m for n, m in model.named_modules() if isinstance(m, QuantLinear)}
    assert len(replaced) == 2 * 7
    assert isinstance(model.lm_head, torch.nn.Linear)
    for name, module in replaced.items():
        plain.get_submodule(name).weight.data = module.dequantized()
    ids = torch.arange(9)[None] * 7 % 120
    with torch.inference_mode():
        assert torch.allclose(model(ids).logits, plain(ids).logits, atol=2e-4)
    expected = plain.generate(ids, max_new_tokens=8, do_sample=False)[0, 9:].tolist()
    graph = TokenGraph(model, 32)
    assert graph.generate(ids, 8) == expected
    assert graph.generate(ids[:, :4], 3) == plain.generate(ids[:, :4], max_new_tokens=3)[0, 4:].tolist()
    with pytest.raises(ContextOverflow):
        graph.generate(ids, 24)


def test_without_a_gpu_the_operations_are_plain_torch() -> None:
    layer = torch.nn.Linear(64, 10)
    quantized = QuantLinear(layer, 8)
    x = random(2, 3, 64)
    assert torch.allclose(quantized(x), x @ quantized.dequantized().T + layer.bias, atol=1e-5)
    assert "bits=8" in repr(quantized)
    with pytest.raises(KernelError, match=r"expected x of \(\.\.\., 64\)"):
        quantized(random(2, 32))


@pytest.mark.parametrize("bits", [4, 8])
def test_operations_pass_torchs_own_checks(bits: Any) -> None:
    data, scales = quantize(random(6, 64), bits)
    tests = ("test_schema", "test_faketensor")
    torch.library.opcheck(operations.linear, (random(2, 64), data, scales, None), test_utils=tests)
    torch.library.opcheck(operations.norm, (random(2, 64), random(64), 1e-6), test_utils=tests)
    torch.library.opcheck(
        operations.add_norm, (random(2, 64), random(2, 64), random(64), 1e-6), test_utils=tests
    )
    cache = random(1, 2, 9, 16)
    torch.library.opcheck(
        operations.attend_one, (random(1, 4, 16), cache, cache, None, 0.25), test_utils=tests
    )


@pytest.mark.gpu
def test_the_measurement_runs_on_a_gpu() -> None:
    from cellwright_kernels.triton import bench

    measured = bench.measure("tiny", "tiny")
    assert all(value > 0 for value in measured.values())


def test_the_measurement_says_that_there_is_no_gpu() -> None:
    from cellwright_kernels.triton import bench

    if torch.cuda.is_available():
        pytest.skip("there is a GPU here")
    with pytest.raises(KernelError, match="expected a CUDA GPU, got none"):
        bench.measure()
    model = quantize_model(bench.make_model("tiny", "cpu"), 4)
    assert bench.bytes_per_token(model) == 2 * (64 * (64 * 2 + 32 * 2 + 3 * 96) * 18 // 32) + 256 * 64 * 2
