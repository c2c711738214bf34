"""The float path against transformers' own models, and peft's adapters against peft."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cellwright_kernels import format as weight_format
from cellwright_kernels.checkpoint import quantize_checkpoint
from cellwright_kernels.decoder import Decoder
from cellwright_kernels.errors import AdapterMismatch
from cellwright_kernels.lora import read_adapter

torch = pytest.importorskip("torch", reason="torch is not installed")
transformers = pytest.importorskip("transformers", reason="transformers is not installed")

pytestmark = pytest.mark.filterwarnings("ignore")  # of the libraries that we compare with

SIZES: dict[str, Any] = {
    "vocab_size": 97, "hidden_size": 72, "intermediate_size": 100, "num_hidden_layers": 3,
    "num_attention_heads": 6, "num_key_value_heads": 2, "max_position_embeddings": 256,
}  # fmt: skip
LLAMA3 = {
    "rope_type": "llama3", "rope_theta": 5e4, "factor": 4.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
    "original_max_position_embeddings": 64,
}  # fmt: skip
MODELS: dict[str, tuple[str, dict[str, Any]]] = {
    "llama": ("Llama", {}),
    "llama_everything": ("Llama", {"attention_bias": True, "mlp_bias": True, "rope_parameters": LLAMA3}),
    "llama_linear": (
        "Llama",
        {
            "rope_parameters": {"rope_type": "linear", "rope_theta": 1e4, "factor": 2.0},
            "tie_word_embeddings": True,
        },
    ),
    "qwen2": ("Qwen2", {"tie_word_embeddings": True}),
    "qwen3": ("Qwen3", {"head_dim": 20}),
    "qwen3_bias": ("Qwen3", {"head_dim": 32, "attention_bias": True, "tie_word_embeddings": True}),
}


def save_model(folder: Path, name: str) -> Any:
    """A random model of transformers, saved as a directory."""
    family, options = MODELS[name]
    config = getattr(transformers, family + "Config")(**SIZES, **options)
    torch.manual_seed(0)
    model = getattr(transformers, family + "ForCausalLM")(config).eval()
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.2)
    model.save_pretrained(folder)
    return model


@pytest.fixture(scope="module", params=list(MODELS))
def saved(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    folder = tmp_path_factory.mktemp(request.param)
    return folder, save_model(folder, request.param)


@pytest.mark.parametrize("backend", ["numpy", "auto"])
def test_logits_equal_transformers(saved: tuple[Path, Any], backend: Any) -> None:
    folder, model = saved
    quantize_checkpoint(folder, folder / "w32", 32)
    tokens = np.random.default_rng(0).integers(0, 97, 150)
    with torch.no_grad():
        expected = model(torch.tensor(tokens)[None]).logits[0].numpy()
    decoder = Decoder(folder / "w32", backend=backend, kv="f32")
    sequence = decoder.open()
    parts = [decoder.forward(tokens[:70], sequence, logit_rows=range(70))]
    parts += [decoder.forward(tokens[70:], sequence, logit_rows=range(80))]
    assert np.abs(np.concatenate(parts) - expected).max() <= 1e-4


@pytest.mark.parametrize(("bits", "share"), [(8, 0.03), (4, 0.35)])
def test_quantized_logits_stay_near(saved: tuple[Path, Any], bits: Any, share: float) -> None:
    folder, model = saved
    quantize_checkpoint(folder, folder / f"w{bits}", bits)
    tokens = np.random.default_rng(1).integers(0, 97, 64)
    with torch.no_grad():
        expected = model(torch.tensor(tokens)[None]).logits[0].numpy()
    decoder = Decoder(folder / f"w{bits}")
    got = decoder.forward(tokens, decoder.open(), logit_rows=range(64))
    assert np.abs(got - expected).mean() <= share * np.abs(expected).mean()


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_half_precision_checkpoints(tmp_path: Path, dtype: str) -> None:
    model = save_model(tmp_path, "qwen2").to(getattr(torch, dtype))
    model.save_pretrained(tmp_path)
    quantize_checkpoint(tmp_path, tmp_path / "w", 32)
    embed = model.get_input_embeddings().weight.float().detach().numpy()
    table = weight_format.read(tmp_path / "w").matrices["embed"].data.view(np.float32)
    assert np.array_equal(table.reshape(-1, 96, 16)[0, :72, 5], embed[5])


def test_sharded_checkpoints(tmp_path: Path) -> None:
    model = save_model(tmp_path, "llama")
    whole = quantize_checkpoint(tmp_path, tmp_path / "whole", 8)
    (tmp_path / "model.safetensors").unlink()
    model.save_pretrained(tmp_path, max_shard_size="100KB")
    assert (tmp_path / "model.safetensors.index.json").is_file()
    assert quantize_checkpoint(tmp_path, tmp_path / "shards", 8) == whole


def save_adapter(model: Any, folder: Path, targets: list[str], seed: int) -> Any:
    """A random peft adapter over the model, saved; returns the adapted model."""
    peft = pytest.importorskip("peft", reason="peft is not installed")
    torch.manual_seed(seed)
    options = peft.LoraConfig(r=5, lora_alpha=7, target_modules=targets, use_rslora=seed % 2 == 1)
    adapted = peft.get_peft_model(model, options).eval()
    for name, parameter in adapted.named_parameters():
        if "lora_" in name:
            torch.nn.init.normal_(parameter, std=0.3)
    adapted.save_pretrained(folder)
    return adapted


ALL = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]


@pytest.mark.parametrize("backend", ["numpy", "auto"])
@pytest.mark.parametrize(("targets", "seed"), [(ALL, 0), (["q_proj", "v_proj"], 1), (["up_proj"], 2)])
def test_adapters_equal_peft(tmp_path: Path, backend: Any, targets: list[str], seed: int) -> None:
    model = save_model(tmp_path, "llama_everything")
    quantize_checkpoint(tmp_path, tmp_path / "w32", 32)
    adapted = save_adapter(model, tmp_path / "adapter", targets, seed)
    tokens = np.random.default_rng(2).integers(0, 97, 30)
    with torch.no_grad():
        expected = adapted(torch.tensor(tokens)[None]).logits[0].numpy()
    decoder = Decoder(tmp_path / "w32", backend=backend, kv="f32")
    slot = decoder.load_adapter(read_adapter(tmp_path / "adapter", decoder.config))
    got = decoder.forward(tokens, decoder.open(), adapters=slot, logit_rows=range(30))
    assert np.abs(got - expected).max() <= 1e-4 * max(1.0, np.abs(expected).max())


def test_an_adapter_of_another_model_is_refused(tmp_path: Path) -> None:
    save_adapter(save_model(tmp_path, "qwen2"), tmp_path / "adapter", ["o_proj"], 0)
    save_model(tmp_path / "other", "qwen3")
    quantize_checkpoint(tmp_path / "other", tmp_path / "w", 8)
    decoder = Decoder(tmp_path / "w")
    with pytest.raises(AdapterMismatch, match=r"A \(r, 120\) and B \(72, r\)"):
        read_adapter(tmp_path / "adapter", decoder.config)
