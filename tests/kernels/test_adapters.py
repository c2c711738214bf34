"""LoRA in slots: several in one batch, on and off without a trace, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from kernel_models import LLAMA, QWEN2, random_weights
from numpy.typing import NDArray

from cellwright_kernels.checkpoint import Bits
from cellwright_kernels.config import DecoderConfig
from cellwright_kernels.decoder import Decoder
from cellwright_kernels.errors import AdapterMismatch, KernelError
from cellwright_kernels.lora import Adapter, fuse, read_adapter


def random_tensors(config: DecoderConfig, rank: int, seed: int) -> dict[str, NDArray[np.float32]]:
    random = np.random.default_rng(seed)
    heads, keys = config.heads * config.head_dim, config.kv_heads * config.head_dim
    shapes = {
        "self_attn.q": (heads, config.hidden_size), "self_attn.v": (keys, config.hidden_size),
        "self_attn.o": (config.hidden_size, heads),
        "mlp.gate": (config.intermediate_size, config.hidden_size),
        "mlp.down": (config.hidden_size, config.intermediate_size),
    }  # fmt: skip
    tensors = {}
    for layer in range(config.layers):
        for part, (rows, columns) in shapes.items():
            name = f"base_model.model.model.layers.{layer}.{part}_proj."
            tensors[name + "lora_A.weight"] = random.standard_normal((rank, columns), dtype=np.float32) * 0.1
            tensors[name + "lora_B.weight"] = random.standard_normal((rows, rank), dtype=np.float32) * 0.1
    return tensors


def random_adapter(config: DecoderConfig, rank: int, seed: int) -> Adapter:
    return fuse(random_tensors(config, rank, seed), config, 2.0, f"adapter-{seed}")


@pytest.mark.parametrize("bits", [4, 32])
@pytest.mark.parametrize("count", [3, 40])
def test_on_off_on_and_mixed_batches(tmp_path: Path, variant: str, bits: Bits, count: int) -> None:
    """Short batches prepare inputs a thread for itself, long ones share them out: both paths."""
    decoder = Decoder(random_weights(tmp_path, LLAMA, bits), variant=variant, threads=2)
    tokens = np.random.default_rng(3).integers(0, 97, count)

    def logits(slot: int) -> NDArray[np.float32]:
        sequence = decoder.open()
        out = decoder.forward(tokens, sequence, adapters=slot, logit_rows=range(count))
        decoder.close(sequence)
        return out

    plain = logits(-1)
    first = decoder.load_adapter(random_adapter(LLAMA, 4, 1))
    with_first = logits(first)
    second = decoder.load_adapter(random_adapter(LLAMA, 19, 2))
    with_second = logits(second)
    assert np.abs(with_first - plain).max() > 0.01
    assert np.abs(with_second - with_first).max() > 0.01
    assert np.array_equal(logits(-1), plain)
    sequences = [decoder.open() for _ in range(3)]
    mixed = decoder.forward(
        np.repeat(tokens, 3), np.tile(sequences, count), adapters=np.tile([second, -1, first], count),
        logit_rows=range(3 * count),
    )  # fmt: skip
    for index, alone in enumerate((with_second, plain, with_first)):
        assert np.array_equal(mixed[index::3], alone)
    decoder.unload_adapter(first)
    with pytest.raises(KernelError, match="loaded adapter slot"):
        logits(first)
    assert np.array_equal(logits(-1), plain)
    assert decoder.load_adapter(random_adapter(LLAMA, 4, 1)) == first
    assert np.array_equal(logits(first), with_first)
    assert np.array_equal(logits(second), with_second)


def test_native_matches_numpy(tmp_path: Path, variant: str) -> None:
    weights = random_weights(tmp_path, LLAMA, 32)
    tokens = np.random.default_rng(4).integers(0, 97, 20)
    results = []
    for decoder in (Decoder(weights, backend="numpy"), Decoder(weights, variant=variant)):
        slot = decoder.load_adapter(random_adapter(LLAMA, 4, 5))
        results.append(decoder.forward(tokens, decoder.open(), adapters=slot, logit_rows=range(20)))
    assert np.abs(results[0] - results[1]).max() <= 1e-3 * np.abs(results[0]).max()


def test_slots_run_out_with_an_error(tmp_path: Path) -> None:
    decoder = Decoder(random_weights(tmp_path, QWEN2, 4), adapter_slots=2, backend="numpy")
    for _ in range(2):
        decoder.load_adapter(random_adapter(QWEN2, 2, 1))
    with pytest.raises(KernelError, match="free adapter slot"):
        decoder.load_adapter(random_adapter(QWEN2, 2, 1))


def test_what_does_not_fit_is_refused() -> None:
    good = random_tensors(QWEN2, 4, 1)
    bad_layer = {key.replace("layers.2", "layers.3"): value for key, value in good.items()}
    unpaired = {key: value for key, value in good.items() if "layers.0.mlp.down_proj.lora_B" not in key}
    other_part = good | {"base_model.model.model.embed_tokens.lora_A.weight": np.ones((4, 64), np.float32)}
    key = next(iter(good))
    not_finite = good | {key: good[key] * np.float32(np.nan)}
    for tensors, message in [
        (random_tensors(LLAMA, 4, 1), r"got A \(4, 72\)"),
        (bad_layer, "layer < 3"),
        (unpaired, "down_proj"),
        (other_part, "embed_tokens"),
        (not_finite, "finite"),
    ]:
        with pytest.raises(AdapterMismatch, match=message):
            fuse(tensors, QWEN2, 1.0, "bad")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"peft_type": "LOHA"}, "LOHA"),
        ({"peft_type": "LORA", "use_dora": True}, "use_dora"),
        ({"peft_type": "LORA", "bias": "all"}, "bias"),
        ({"peft_type": "LORA", "lora_alpha": 8}, "'r'"),
    ],
)
def test_other_adapters_are_refused(tmp_path: Path, options: dict[str, object], message: str) -> None:
    (tmp_path / "adapter_config.json").write_text(json.dumps(options))
    (tmp_path / "adapter_model.safetensors").write_bytes((2).to_bytes(8, "little") + b"{}")
    with pytest.raises(AdapterMismatch, match=message):
        read_adapter(tmp_path, QWEN2)
