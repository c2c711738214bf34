"""What is no model, or not this model's, is refused with one line, and the engine goes on as before."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from cellwright.engine import Engine
from cellwright.errors import ModelError, UsageError
from cellwright_kernels.checkpoint import quantize

from .test_engine import CONFIG, random_state, tokenizer_json

HUGGING_FACE = {
    "architectures": ["LlamaForCausalLM"], "hidden_size": CONFIG.hidden_size,
    "intermediate_size": CONFIG.intermediate_size, "vocab_size": CONFIG.vocab_size,
    "num_hidden_layers": CONFIG.layers, "num_attention_heads": CONFIG.heads,
    "num_key_value_heads": CONFIG.kv_heads, "max_position_embeddings": 256, "tie_word_embeddings": True,
}  # fmt: skip


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("models") / "tiny.weights"
    quantize(random_state(1), CONFIG, tokenizer_json(), 8, path)
    return path


def write_model(folder: Path, config: object = HUGGING_FACE, tokenizer: bytes | None = None) -> Path:
    """A Hugging Face directory that opens, unless the caller spoils it."""
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "tokenizer.json").write_bytes(tokenizer_json() if tokenizer is None else tokenizer)
    save_file(random_state(1), folder / "model.safetensors")
    return folder


def spoil_nan(folder: Path) -> None:
    state = random_state(1)
    state["model.layers.1.mlp.up_proj.weight"][5, 7] = np.nan
    save_file(state, folder / "model.safetensors")


def spoil_shape(folder: Path) -> None:
    state = random_state(1)
    state["model.layers.0.self_attn.q_proj.weight"] = np.ones((8, 64), np.float32)
    save_file(state, folder / "model.safetensors")


def cut_tensors(folder: Path) -> None:
    file = folder / "model.safetensors"
    file.write_bytes(file.read_bytes()[:-1000])


def change_config(**changes: object) -> Callable[[Path], None]:
    return write("config.json", json.dumps(HUGGING_FACE | changes).encode())


def write(name: str, content: bytes) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        (folder / name).write_bytes(content)

    return spoil


def remove(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).unlink()


def test_an_untouched_directory_opens(tmp_path: Path) -> None:
    with Engine.open(write_model(tmp_path), threads=1) as engine:
        assert engine.complete("abc", max_tokens=3)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (spoil_nan, "finite"),
        (spoil_shape, "q_proj"),
        (cut_tensors, "safetensors"),
        (change_config(architectures=["GPT2LMHeadModel"]), "GPT2LMHeadModel"),
        (change_config(num_hidden_layers=3), r"layers\.2"),
        (write("config.json", b"{"), "config.json"),
        (write("config.json", b"[]"), "expected an object, got list"),
        (write("config.json", b"[" * 100_000), "config.json"),
        (write("model.safetensors.index.json", b'{"weight_map": 3}'), "weight_map"),
        (change_config(num_attention_heads=0), "sizes"),
        (change_config(architectures=[["LlamaForCausalLM"]]), "architectures"),
        (change_config(architectures=5), "architectures"),
        (change_config(vocab_size=float("inf")), "sizes"),
        (change_config(hidden_size=-64), "hidden"),
        (change_config(num_hidden_layers=0), "layers"),
        (change_config(rope_theta="fast"), "fast"),
        (write("tokenizer.json", b"{}"), "vocabulary|tokenizer"),
        (write("tokenizer.json", b"\xff\xfe"), "tokenizer"),
        (write("tokenizer.json", tokenizer_json().replace(b'"id":29', b'"id":99')), "below|at most"),
        (remove("tokenizer.json"), "tokenizer"),
        (remove("model.safetensors"), "safetensors"),
        (remove("config.json"), "config.json"),
    ],
)
def test_a_spoiled_directory_is_refused(tmp_path: Path, spoil: Callable[[Path], None], message: str) -> None:
    spoil(write_model(tmp_path))
    with pytest.raises(ModelError, match=message) as refused:
        Engine.open(tmp_path, threads=1)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("where", [0.0, 0.003, 0.1, 0.5, 0.99])
def test_a_changed_byte_is_refused(weights: Path, tmp_path: Path, where: float) -> None:
    content = bytearray(weights.read_bytes())
    content[int(where * len(content))] ^= 0x10
    path = tmp_path / "changed.weights"
    path.write_bytes(content)
    with pytest.raises(ModelError) as refused:
        Engine.open(path, threads=1)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("content", [b"", b"x", b"\0" * 5000, b'{"a": 1}' * 100])
def test_what_is_no_weight_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "other.weights"
    path.write_bytes(content)
    with pytest.raises(ModelError):
        Engine.open(path, threads=1)
    with pytest.raises(ModelError):
        Engine.open(tmp_path / "nowhere.weights", threads=1)


def write_adapter(folder: Path, hidden: int, value: float = 0.1) -> Path:
    folder.mkdir()
    options = {"peft_type": "LORA", "r": 4, "lora_alpha": 8, "target_modules": ["up_proj"]}
    (folder / "adapter_config.json").write_text(json.dumps(options))
    name = "base_model.model.model.layers.0.mlp.up_proj"
    tensors = {
        f"{name}.lora_A.weight": np.full((4, hidden), value, np.float32),
        f"{name}.lora_B.weight": np.full((CONFIG.intermediate_size, 4), 0.1, np.float32),
    }
    save_file(tensors, folder / "adapter_model.safetensors")
    return folder


def test_another_models_adapter_is_refused_and_the_one_before_stays(weights: Path, tmp_path: Path) -> None:
    good = write_adapter(tmp_path / "good", CONFIG.hidden_size)
    bad = [
        write_adapter(tmp_path / "other", CONFIG.hidden_size + 32),
        write_adapter(tmp_path / "nan", CONFIG.hidden_size, np.nan),
        tmp_path / "nowhere",
    ]
    with Engine.open(weights, threads=1) as engine:
        plain = engine.log_probabilities("abc", ["de"])
        engine.load_adapter("ours", good)
        adapted = engine.log_probabilities("abc", ["de"], adapter="ours")
        assert adapted != plain
        for _ in range(20):  # more than there are slots: a refused one holds none
            for folder in bad:
                with pytest.raises(ModelError) as refused:
                    engine.load_adapter("ours", folder)
                assert "\n" not in str(refused.value)
        assert engine.log_probabilities("abc", ["de"], adapter="ours") == adapted
        assert engine.log_probabilities("abc", ["de"]) == plain


def test_what_is_longer_than_the_context_is_refused_and_leaks_nothing(weights: Path) -> None:
    with Engine.open(weights, threads=1) as engine:
        free = engine.decoder.free_sequences, engine.decoder.free_tokens
        for prefix, answers in (("a" * 100_000, ["b"]), ("a" * 200, ["b" * 200]), ("", ["b"])):
            with pytest.raises(UsageError, match="expected a prefix"):
                engine.log_probabilities(prefix, answers)
        with pytest.raises(UsageError, match="expected a prefix that leaves"):
            engine.complete("a" * 250, n=4, temperature=1.0)
        assert (engine.decoder.free_sequences, engine.decoder.free_tokens) == free
        assert engine.complete("abc", max_tokens=3)
