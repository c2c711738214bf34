"""The engine over transformers gives what the engine over our kernels gives."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM, MistralConfig, MistralForCausalLM

from cellwright.engine import Engine
from cellwright.engine.formula_grammar import FormulaGrammar
from cellwright.errors import ModelError, UsageError
from cellwright_kernels.errors import KernelError
from cellwright_tuning.evaluation.torch_engine import TorchRuntime, open_engine

LETTERS = "ABCDEFSUM0123456789()+,:-*/"
SIZES = {
    "vocab_size": len(LETTERS) + 1, "hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 2,
    "num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 256,
}  # fmt: skip


def save_model(folder: Path, model: Any) -> Path:
    vocabulary = {letter: index for index, letter in enumerate(dict.fromkeys(LETTERS))}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="A"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    tokenizer.decoder = decoders.Fuse()
    tokenizer.add_special_tokens(["<|end|>"])
    model.save_pretrained(folder)
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(5)
    model = LlamaForCausalLM(LlamaConfig(**SIZES, tie_word_embeddings=True, initializer_range=0.15))
    return save_model(tmp_path_factory.mktemp("llama"), model)


@pytest.fixture(scope="module")
def engines(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Engine, Engine]]:
    cache = tmp_path_factory.mktemp("weights")
    with open_engine(folder, "cpu") as torch_engine, Engine.open(folder, bits=32, cache=cache) as ours:
        yield torch_engine, ours


@pytest.mark.parametrize("with_grammar", [False, True])
@pytest.mark.parametrize(("n", "temperature"), [(1, 0.0), (4, 0.0), (3, 0.8)])
def test_answers_are_those_of_our_kernels(
    engines: tuple[Engine, Engine], with_grammar: bool, n: int, temperature: float
) -> None:
    found = [
        engine.complete(
            "SUM(A1:A9)+",
            n=n,
            temperature=temperature,
            max_tokens=10,
            grammar=FormulaGrammar(engine.tokenizer) if with_grammar else None,
        )
        for engine in engines
    ]
    assert [c.tokens for c in found[0]] == [c.tokens for c in found[1]]
    scores = [[c.log_probability for c in part] for part in found]
    assert scores[0] == pytest.approx(scores[1], abs=2e-2)  # our keys and values are float16


def test_scores_are_those_of_our_kernels(engines: tuple[Engine, Engine]) -> None:
    answers = ["A1", "A1+B2", "", "SUM(A1:A2)"]
    mine, ours = (engine.log_probabilities("SUM(A1:A9)", answers) for engine in engines)
    assert mine == pytest.approx(ours, abs=2e-2)


def test_forks_and_truncation_change_nothing(folder: Path) -> None:
    runtime = TorchRuntime(folder, "cpu")
    whole = runtime.open()
    expected = runtime.forward([1, 2, 3, 4], whole)[0]
    prefix = runtime.open()
    runtime.forward([1, 2, 3, 9, 9], prefix, logit_rows=[])
    branch = runtime.fork(prefix, 3)
    runtime.truncate(prefix, 3)
    both = runtime.forward([4, 4], [prefix, branch])
    assert both == pytest.approx(expected[None].repeat(2, axis=0), abs=1e-5)
    assert (runtime.length(branch), runtime.length(whole)) == (4, 4)
    with pytest.raises(KernelError, match="open sequence"):
        runtime.forward([1], 99)
    runtime.close(branch)
    assert runtime.free_sequences == 254


def test_other_architectures_run_here_though_not_on_our_kernels(tmp_path: Path) -> None:
    config = MistralConfig(**SIZES, sliding_window=None)
    folder = save_model(tmp_path / "mistral", MistralForCausalLM(config))
    with open_engine(folder, "cpu") as engine:
        assert engine.complete("A1", temperature=1.0, max_tokens=5)
    with pytest.raises(ModelError, match="MistralForCausalLM"):
        Engine.open(folder, cache=tmp_path)


@pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing` is deprecated:FutureWarning")
def test_adapters_on_and_off(folder: Path, tmp_path: Path) -> None:
    peft = pytest.importorskip("peft")
    model = LlamaForCausalLM.from_pretrained(folder)
    torch.manual_seed(1)
    tuned = peft.get_peft_model(
        model, peft.LoraConfig(r=4, target_modules=["q_proj", "down_proj"], init_lora_weights=False)
    )
    tuned.save_pretrained(tmp_path / "adapter")
    with open_engine(folder, "cpu") as engine, Engine.open(folder, bits=32, cache=tmp_path) as ours:
        plain = engine.log_probabilities("SUM(", ["A1)"])
        for each in (engine, ours):
            each.load_adapter("tenant", tmp_path / "adapter")
        tuned_score = engine.log_probabilities("SUM(", ["A1)"], adapter="tenant")
        assert tuned_score != plain
        assert tuned_score == pytest.approx(
            ours.log_probabilities("SUM(", ["A1)"], adapter="tenant"), abs=2e-2
        )
        assert engine.log_probabilities("SUM(", ["A1)"]) == plain
        engine.unload_adapter("tenant")
        with pytest.raises(UsageError):
            engine.log_probabilities("SUM(", ["A1)"], adapter="tenant")
