"""Trains the tokenizer on generated text and writes it as a Hugging Face `tokenizer.json`.

Byte-level BPE over the pre-tokens of `cellwright.prompt.vocabulary.SPLIT`. Function names, halves of
references, column letters and operators are put into the vocabulary as whole words; `ignore_merges`
makes the model take a pre-token that is a word as it is. Every byte is a token, so any text round-trips.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from random import Random

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

from cellwright.prompt import vocabulary
from cellwright.prompt.notation import column_letters
from cellwright.prompt.vocabulary import function_names

from . import words
from .examples import plain_formulas

VOCABULARY_SIZE = 4096


def whole_words() -> list[str]:
    """What is one token each by decree, not by frequency."""
    letters = [column_letters(index) for index in range(78)]
    operators = ["<>", "<=", ">=", '""', "]:"]
    return list(
        dict.fromkeys([*vocabulary.reference_pieces(), *sorted(function_names()), *letters, *operators])
    )


def train(seed: int = 0, formulas: int = 120_000) -> Tokenizer:
    """A tokenizer of `VOCABULARY_SIZE` tokens, the same for the same seed."""
    forced = whole_words()
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(vocabulary.SPLIT), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY_SIZE - len(forced),
        special_tokens=list(vocabulary.SPECIAL_TOKENS),
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
        max_token_length=16,
    )
    tokenizer.train_from_iterator(_texts(seed, formulas, forced), trainer)
    return _with_whole_words(tokenizer, forced)


def _with_whole_words(tokenizer: Tokenizer, forced: list[str]) -> Tokenizer:
    """Appends the words that training did not find; ids stay dense."""
    spec = json.loads(tokenizer.to_str())
    vocab: dict[str, int] = spec["model"]["vocab"]
    for word in forced:
        vocab.setdefault(word, len(vocab))
    filler = 0
    while len(vocab) < VOCABULARY_SIZE:
        vocab[f"<|spare{filler}|>"] = len(vocab)
        filler += 1
    spec["model"]["ignore_merges"] = True
    return Tokenizer.from_str(json.dumps(spec))


def _texts(seed: int, formulas: int, forced: list[str]) -> Iterator[str]:
    """What merges are learnt from: words of many trades, and formulas without what is whole anyway."""
    random, whole, split = Random(seed), frozenset(forced), re.compile(vocabulary.SPLIT)
    for text in islice(plain_formulas(random), formulas):
        yield "\t".join(piece for piece in split.findall(text) if piece not in whole)
    for _ in range(40):
        for field in words.FIELDS:
            yield from (
                name
                for group in (field.numbers, field.texts, field.dates)
                for h in group
                for name in h.split("|")
            )
            yield from field.categories
            yield from field.sheets
        for groups in words.FOREIGN.values():
            yield from (header for group in groups for header in group)


def save(tokenizer: Tokenizer, folder: Path) -> None:
    """Writes `tokenizer.json` and the configuration that `transformers` looks for."""
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    config = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "pad_token": vocabulary.PAD,
        "eos_token": vocabulary.END,
        "clean_up_tokenization_spaces": False,
        "model_max_length": 1024,
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")


def main() -> None:
    """`python -m cellwright_tuning.data.tokenizer`: trains and writes `tuning/tokenizer/`."""
    save(train(), Path(__file__).resolve().parents[2] / "tokenizer")


if __name__ == "__main__":
    main()
