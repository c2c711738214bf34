"""Small instruct checkpoints on disk: random ones of each architecture, one that writes a known answer."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save_file
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

from cellwright_kernels.config import DecoderConfig
from tests.kernels.kernel_models import random_state

ARCHITECTURES = {"llama": "LlamaForCausalLM", "qwen2": "Qwen2ForCausalLM", "qwen3": "Qwen3ForCausalLM"}
CHATML = (
    "{%- for message in messages %}"
    "{{ '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>\\n' }}"
    "{%- endfor %}{%- if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{%- endif %}"
)
END = "<|im_end|>"
SPECIAL = ("<|endoftext|>", "<|im_start|>", END)
CONTEXT = 8192


def byte_tokens() -> list[str]:
    """The 256 stand-ins for bytes, in the order of the bytes (a space is `Ġ`, a line break `Ċ`)."""
    encode = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    assert len(alphabet) == 256
    assert encode.pre_tokenize_str("a b")[0][0] == "aĠb"
    return alphabet


def chat_tokenizer(pieces: Sequence[str] = ()) -> bytes:
    """A byte-level tokenizer of bytes and `pieces` (into which no text is cut), with special tokens."""
    encode = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    whole = ["".join(part for part, _ in encode.pre_tokenize_str(piece)) for piece in pieces]
    vocabulary = {token: index for index, token in enumerate([*byte_tokens(), *whole])}
    tokenizer = Tokenizer(models.BPE(vocabulary, []))
    tokenizer.pre_tokenizer = encode
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(token, special=True) for token in SPECIAL])
    return tokenizer.to_str().encode()


def config_of(architecture: str, vocabulary: int) -> DecoderConfig:
    shape = DecoderConfig(architecture, vocabulary, 64, 96, 2, 4, 2, 16, CONTEXT, tied_embeddings=False)
    return replace(shape, qkv_bias=architecture == "qwen2", qk_norm=architecture == "qwen3")


def write_checkpoint(
    folder: Path,
    config: DecoderConfig,
    state: dict[str, Any],
    tokenizer: bytes,
    template: str | None = CHATML,
) -> Path:
    """A directory as Hugging Face lays it out."""
    folder.mkdir(parents=True, exist_ok=True)
    record = {
        "architectures": [ARCHITECTURES[config.architecture]],
        "hidden_size": config.hidden_size,
        "intermediate_size": config.intermediate_size,
        "vocab_size": config.vocab_size,
        "num_hidden_layers": config.layers,
        "num_attention_heads": config.heads,
        "num_key_value_heads": config.kv_heads,
        "head_dim": config.head_dim,
        "max_position_embeddings": config.max_positions,
        "tie_word_embeddings": config.tied_embeddings,
    }
    (folder / "config.json").write_text(json.dumps(record))
    (folder / "tokenizer.json").write_bytes(tokenizer)
    told: dict[str, Any] = {"bos_token": None, "eos_token": {"content": "<|im_end|>"}}
    if template is not None:
        told["chat_template"] = template
    (folder / "tokenizer_config.json").write_text(json.dumps(told))
    save_file(state, folder / "model.safetensors")
    return folder


def random_checkpoint(folder: Path, architecture: str, seed: int = 0) -> Path:
    tokenizer = chat_tokenizer()
    config = config_of(architecture, 256 + len(SPECIAL))
    return write_checkpoint(folder, config, random_state(config, seed), tokenizer)


def speaking_checkpoint(
    folder: Path, pieces: Sequence[str], follows: Sequence[tuple[str, str, float]] = ()
) -> Path:
    """A model whose next token depends on the last one alone: after a line break it writes `pieces`.

    `follows` says otherwise: (a piece, one that may follow it, how strongly it is wanted). Every token is a
    direction of its own in the embedding, the layers add nothing, and the head's row of each token points to
    those before it.
    """
    vocabulary = 256 + len(pieces) + len(SPECIAL)
    size = -(-vocabulary // 32) * 32
    shape = DecoderConfig("llama", vocabulary, size, 32, 1, 2, 2, 32, CONTEXT, tied_embeddings=False)
    state = random_state(shape)
    for name, tensor in state.items():
        if name.endswith(("o_proj.weight", "down_proj.weight")):
            tensor[:] = 0
    state["model.norm.weight"][:] = 1
    state["model.embed_tokens.weight"] = np.eye(vocabulary, size, dtype=np.float32)
    ids = {"\n": byte_tokens().index("Ċ"), END: 256 + len(pieces) + SPECIAL.index(END)}
    ids |= {piece: 256 + index for index, piece in enumerate(pieces)}
    head = np.zeros((vocabulary, size), np.float32)
    chain = [(before, after, 1.0) for before, after in pairwise(["\n", *pieces, END])]
    for before, after, weight in follows or chain:
        head[ids[after], ids[before]] = weight
    state["lm_head.weight"] = head
    return write_checkpoint(folder, shape, state, chat_tokenizer(pieces))
