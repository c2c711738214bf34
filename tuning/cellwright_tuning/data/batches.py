"""Tokenised batches by number: batch `n` is the same on every machine and for any count of workers.

A batch holds about `tokens` tokens of examples drawn from (seed, n) alone. Its examples are sorted by
length and cut into passes of similar length, so little is padding. Only answer tokens are learnt.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from cellwright.prompt import vocabulary

from .examples import Example, stream

PAD_MULTIPLE = 8
LEAST_FILLED = 0.85  # of a pass's width, so that short rows go to a pass of their own


@dataclass(frozen=True)
class Pass:
    """`ids` (B, T) padded on the right; `learnt` (B, T) marks the tokens whose prediction is scored."""

    ids: NDArray[np.int64]
    learnt: NDArray[np.bool_]


@dataclass(frozen=True)
class BatchRecipe:
    """Everything that a batch depends on besides its number."""

    tokenizer: Path
    mixture: tuple[tuple[str, float], ...]
    seed: int
    tokens: int
    tokens_per_pass: int
    max_tokens: int


@cache
def load_tokenizer(folder: Path) -> Tokenizer:
    """The tokenizer of a folder, read once a process."""
    return Tokenizer.from_file(str(folder / "tokenizer.json"))


def tokenise(tokenizer: Tokenizer, example: Example) -> tuple[list[int], int]:
    """(ids, how many of them are the prompt); the answer ends with the end token."""
    prompt = tokenizer.encode(example.prompt).ids
    answer = tokenizer.encode(example.answer + vocabulary.END).ids
    return prompt + answer, len(prompt)


def make_batch(recipe: BatchRecipe, number: int, held_back: bool = False) -> list[Pass]:
    """Batch `number`; `held_back` draws from the formulas that training never sees."""
    tokenizer = load_tokenizer(recipe.tokenizer)
    rows: list[tuple[list[int], int]] = []
    count = 0
    for example in stream(dict(recipe.mixture), recipe.seed, shard=number, held_back=held_back):
        ids, prompt = tokenise(tokenizer, example)
        if len(ids) <= recipe.max_tokens:
            rows.append((ids, prompt))
            count += len(ids)
        if count >= recipe.tokens:
            break
    pad = tokenizer.token_to_id(vocabulary.PAD)
    assert pad is not None
    rows.sort(key=lambda row: len(row[0]))
    return list(_passes(rows, recipe.tokens_per_pass, pad))


def _passes(rows: list[tuple[list[int], int]], tokens: int, pad: int) -> Iterator[Pass]:
    end = len(rows)
    while end:
        width = -(-len(rows[end - 1][0]) // PAD_MULTIPLE) * PAD_MULTIPLE
        start = max(0, end - max(1, tokens // width))
        while start < end - 1 and len(rows[start][0]) < LEAST_FILLED * width - PAD_MULTIPLE:
            start += 1
        ids = np.full((end - start, width), pad, dtype=np.int64)
        learnt = np.zeros((end - start, width), dtype=np.bool_)
        for i, (row, prompt) in enumerate(rows[start:end]):
            ids[i, : len(row)] = row
            learnt[i, prompt : len(row)] = True
        yield Pass(ids, learnt)
        end = start
