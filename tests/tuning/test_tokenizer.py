"""The shipped tokenizer: exact on any text, whole where the prompt says so, the same when trained again."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer

from cellwright.prompt import vocabulary
from cellwright.prompt.notation import Origin, encode, normalise
from cellwright_tuning.data import tokenizer as training
from cellwright_tuning.evaluation.data import read_rows

FOLDER = Path(training.__file__).resolve().parents[2] / "tokenizer"


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return Tokenizer.from_file(str(FOLDER / "tokenizer.json"))


def _round_trips(tokenizer: Tokenizer, texts: list[str]) -> list[str]:
    encoded = tokenizer.encode_batch(texts)
    return [
        t
        for t, e in zip(texts, encoded, strict=True)
        if tokenizer.decode(e.ids, skip_special_tokens=False) != t
    ]


def test_sizes_are_dense(tokenizer: Tokenizer) -> None:
    assert tokenizer.get_vocab_size() == training.VOCABULARY_SIZE == 4096
    assert sorted(tokenizer.get_vocab().values()) == list(range(4096))


def test_what_must_be_whole_is_whole(tokenizer: Tokenizer) -> None:
    assert tokenizer.encode("SUM(R[-3]C[0]:R[-1]C[0])<>R5C64").tokens == [
        "SUM", "(", "R[-3]", "C[0]", ":", "R[-1]", "C[0]", ")", "<>", "R5", "C64",
    ]  # fmt: skip
    for name in vocabulary.function_names():
        assert tokenizer.encode(f"{name}(").tokens == [name, "("], name
    for token in vocabulary.SPECIAL_TOKENS:
        assert len(tokenizer.encode(token).ids) == 1


def test_numbers_are_single_digits(tokenizer: Tokenizer) -> None:
    assert tokenizer.encode("1024.5").tokens == list("1024.5")
    assert tokenizer.encode("R[1200]C[0]").tokens == ["R[", "1", "2", "0", "0", "]", "C[0]"]
    assert tokenizer.encode("C2").tokens == ["C", "2"]


@given(st.text(max_size=80))
def test_any_text_survives(text: str) -> None:
    loaded = Tokenizer.from_file(str(FOLDER / "tokenizer.json"))
    assert loaded.decode(loaded.encode(text).ids, skip_special_tokens=False) == text


def test_every_formula_of_the_shared_data_survives(shared_data: Path, tokenizer: Tokenizer) -> None:
    files = sorted(shared_data.glob("*_formulas.jsonl.zst"))
    assert files
    for file in files:
        formulas = [row["formula"] for row in read_rows(file)][::4]
        normal = [normalise(formula) for formula in formulas]
        assert _round_trips(tokenizer, formulas) == []
        assert _round_trips(tokenizer, [encode(formula) for formula in normal]) == []
        assert _round_trips(tokenizer, [encode(formula, Origin(9, 9)) for formula in normal]) == []


def test_training_is_deterministic_and_keeps_its_promises() -> None:
    first, again = training.train(seed=3, formulas=300), training.train(seed=3, formulas=300)
    assert first.to_str() == again.to_str()
    assert first.get_vocab_size() == training.VOCABULARY_SIZE
    assert set(training.whole_words()) <= first.get_vocab().keys()
