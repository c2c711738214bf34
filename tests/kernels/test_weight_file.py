"""The weight file: round trip, and every way in which it may be bad."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
from kernel_models import QWEN2, QWEN3, random_state

from cellwright_kernels import format as weight_format
from cellwright_kernels.checkpoint import quantize, read_checkpoint
from cellwright_kernels.config import DecoderConfig
from cellwright_kernels.errors import UnsupportedModel, WeightFormatError

TOKENIZER = json.dumps({"model": {"vocab": {"a": 0, "b": 159}}, "added_tokens": [{"id": 3}]}).encode()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "model.weights"
    quantize(random_state(QWEN2), QWEN2, TOKENIZER, 4, file)
    return file


def test_round_trip(path: Path) -> None:
    weights = weight_format.read(path)
    assert weights.config == QWEN2
    assert weights.tokenizer == TOKENIZER
    assert {m.kind for name, m in weights.matrices.items() if name != "embed"} == {"int4"}
    assert weights.matrices["embed"].kind == "int8"
    assert all(m.data.ctypes.data % 64 == 0 for m in weights.matrices.values())
    assert weights.file_bytes == path.stat().st_size
    assert weights.digest == quantize(random_state(QWEN2), QWEN2, TOKENIZER, 4, path)


def test_every_truncation_is_noticed(path: Path) -> None:
    whole = path.read_bytes()
    for size in [0, 1, 7, 8, 47, 48, 100, len(whole) // 2, len(whole) - 1]:
        path.write_bytes(whole[:size])
        with pytest.raises(WeightFormatError):
            weight_format.read(path)
    path.write_bytes(whole + b"x")
    with pytest.raises(WeightFormatError, match="bytes"):
        weight_format.read(path)


def test_every_changed_byte_of_the_content_is_noticed(path: Path) -> None:
    whole = bytearray(path.read_bytes())
    start = 48 + int.from_bytes(whole[8:16], "little")
    header = json.loads(whole[48:start])
    covered = [*range(0, start, 97), 3, 10, 20]
    for entry in [*header["tensors"].values(), header["tokenizer"]]:
        covered += [start + entry["offset"], start + entry["offset"] + entry["bytes"] - 1]
    for position in covered:
        changed = bytearray(whole)
        changed[position] ^= 0x40
        path.write_bytes(changed)
        with pytest.raises(WeightFormatError):
            weight_format.read(path)


def rewrite_header(path: Path, change: dict[str, object]) -> None:
    """Change the header and sign it again, as somebody would who means harm."""
    whole = path.read_bytes()
    start = 48 + int.from_bytes(whole[8:16], "little")
    header = json.loads(whole[48:start])
    for key, value in change.items():
        *parents, last = key.split("/")
        node = header
        for parent in parents:
            node = node[parent]
        node[last] = value
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-(48 + len(text)) % 64)
    path.write_bytes(
        whole[:8] + len(text).to_bytes(8, "little") + hashlib.sha256(text).digest() + text + whole[start:]
    )


@pytest.mark.parametrize(
    "change",
    [
        {"version": 2},
        {"config/heads": 8},
        {"config/head_dim": 1 << 30},
        {"config/layers": -1},
        {"config/unknown": 1},
        {"tensors/embed/rows": 176},
        {"tensors/embed/kind": "int3"},
        {"tensors/embed/offset": 1 << 40},
        {"tensors/embed/offset": -64},
        {"tensors/embed/scales_bytes": 2},
        {"tensors/embed": None},
        {"tensors/extra": None},
        {"tensors": []},
        {"tokenizer/bytes": 1 << 50},
    ],
)
def test_a_signed_header_that_contradicts_itself(path: Path, change: dict[str, object]) -> None:
    rewrite_header(path, change)
    with pytest.raises((WeightFormatError, UnsupportedModel)):
        weight_format.read(path, verify=False)


def test_nan_scales_are_refused_even_where_hashes_are_not_checked(path: Path) -> None:
    whole = bytearray(path.read_bytes())
    start = 48 + int.from_bytes(whole[8:16], "little")
    entry = json.loads(whole[48:start])["tensors"]["layers.1.down"]
    at = start + entry["scales_offset"]
    whole[at : at + 2] = np.float16(np.nan).tobytes()
    path.write_bytes(whole)
    with pytest.raises(WeightFormatError, match=r"finite.*layers\.1\.down"):
        weight_format.read(path, verify=False)


def test_a_missing_file_is_an_error_of_ours(tmp_path: Path) -> None:
    with pytest.raises(WeightFormatError, match="No such file"):
        weight_format.read(tmp_path / "none")


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_bad_states_are_refused(tmp_path: Path, value: float) -> None:
    state = random_state(QWEN3)
    state["model.layers.1.self_attn.k_norm.weight"][3] = value
    with pytest.raises(WeightFormatError, match=r"finite.*k_norm"):
        quantize(state, QWEN3, b"", 4, tmp_path / "w")
    del state["model.layers.1.self_attn.k_norm.weight"]
    with pytest.raises(WeightFormatError, match=r"expected the tensor .*k_norm"):
        quantize(state, QWEN3, b"", 4, tmp_path / "w")
    assert list(tmp_path.iterdir()) == []


def test_a_tokenizer_that_does_not_fit(tmp_path: Path) -> None:
    large = TOKENIZER.replace(b"159", b"160")
    with pytest.raises(WeightFormatError, match="below 160, got 160"):
        quantize(random_state(QWEN2), QWEN2, large, 4, tmp_path / "w")
    with pytest.raises(WeightFormatError, match="vocabulary"):
        quantize(random_state(QWEN2), QWEN2, b"{}", 4, tmp_path / "w")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"architectures": ["MixtralForCausalLM"]}, "MixtralForCausalLM"),
        ({"architectures": None}, "none"),
        ({"hidden_act": "gelu"}, "gelu"),
        ({"rope_scaling": {"rope_type": "yarn", "factor": 4}}, "yarn"),
        ({"sliding_window": 16, "use_sliding_window": True}, "sliding window"),
        ({"quantization_config": {"bits": 4}}, "quantized already"),
        ({"vocab_size": "many"}, "many"),
        ({"num_key_value_heads": 3}, "multiple of kv_heads"),
        ({"hidden_size": None}, "hidden_size|int"),
    ],
)
def test_other_architectures_are_refused(change: dict[str, object], message: str) -> None:
    config = {
        "architectures": ["LlamaForCausalLM"], "hidden_size": 64, "intermediate_size": 96, "vocab_size": 100,
        "num_hidden_layers": 2, "num_attention_heads": 4, "max_position_embeddings": 128,
    }  # fmt: skip
    assert DecoderConfig.from_hugging_face(config).head_dim == 16
    with pytest.raises(UnsupportedModel, match=message):
        DecoderConfig.from_hugging_face(config | change)


@pytest.mark.parametrize(
    "content",
    [b"", b"\x10", b"\xff" * 8, (3).to_bytes(8, "little") + b"{}", (2).to_bytes(8, "little") + b"[]"],
)
def test_bad_safetensors(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "config.json").write_text(
        json.dumps(
            {
                "architectures": ["Qwen2ForCausalLM"], "hidden_size": 64, "intermediate_size": 96,
                "vocab_size": 160, "num_hidden_layers": 3, "num_attention_heads": 4,
            }
        )
    )  # fmt: skip
    (tmp_path / "model.safetensors").write_bytes(content)
    with pytest.raises(WeightFormatError):
        read_checkpoint(tmp_path)
