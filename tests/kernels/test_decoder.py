"""The forward pass: native against numpy, and what must not change a result."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from kernel_models import CONFIGS, QWEN2, QWEN3, random_weights
from numpy.typing import NDArray

from cellwright_kernels.cache import KvKind
from cellwright_kernels.checkpoint import Bits
from cellwright_kernels.continuations import build_trie
from cellwright_kernels.decoder import Decoder
from cellwright_kernels.errors import ContextOverflow, KernelError

Floats = NDArray[np.float32]


def tokens_for(vocab: int, count: int, seed: int = 0) -> NDArray[np.int32]:
    return np.random.default_rng(seed).integers(0, vocab, count).astype(np.int32)


def all_logits(decoder: Decoder, tokens: NDArray[np.int32]) -> Floats:
    sequence = decoder.open()
    logits = decoder.forward(tokens, sequence, logit_rows=range(len(tokens)))
    decoder.close(sequence)
    return logits


@pytest.mark.parametrize("name", list(CONFIGS))
@pytest.mark.parametrize("kv", ["f32", "f16", "int8"])
def test_native_float_weights_match_numpy(tmp_path: Path, variant: str, name: str, kv: KvKind) -> None:
    config = CONFIGS[name]
    weights = random_weights(tmp_path, config, 32)
    tokens = tokens_for(config.vocab_size, 270)
    expected = all_logits(Decoder(weights, backend="numpy", kv=kv), tokens)
    got = all_logits(Decoder(weights, variant=variant, kv=kv, threads=2), tokens)
    # a value on the edge of two float16 or int8 cache steps may fall to either side
    tolerance = {"f32": 1e-5, "f16": 2e-4, "int8": 5e-3}[kv]
    assert np.abs(got - expected).max() <= tolerance * np.abs(expected).max()


@pytest.mark.parametrize("name", list(CONFIGS))
@pytest.mark.parametrize("bits", [4, 8])
def test_native_quantized_weights_match_numpy(tmp_path: Path, variant: str, name: str, bits: Bits) -> None:
    config = CONFIGS[name]
    weights = random_weights(tmp_path, config, bits)
    tokens = tokens_for(config.vocab_size, 60)
    expected = all_logits(Decoder(weights, backend="numpy", kv="f32"), tokens)
    got = all_logits(Decoder(weights, variant=variant, kv="f32"), tokens)
    # operations agree to 1e-5 (test_operations); here an activation on the edge of two int8 steps may fall
    # to either side, which moves a row by up to a percent, so most rows are held tight and all loosely
    row_error = np.abs(got - expected).max(axis=1) / np.abs(expected).max()
    assert np.median(row_error) <= 1e-3
    assert row_error.max() <= 3e-2


@pytest.mark.parametrize("bits", [4, 8, 32])
def test_result_depends_on_the_sequence_alone(tmp_path: Path, variant: str, bits: Bits) -> None:
    """Cuts of the prefix, batch mates, forks, truncation and threads change no bit."""
    weights = random_weights(tmp_path, QWEN2, bits)
    tokens = tokens_for(QWEN2.vocab_size, 300)
    decoder = Decoder(weights, variant=variant, threads=1)
    expected = all_logits(decoder, tokens)
    assert np.array_equal(all_logits(Decoder(weights, variant=variant, threads=2), tokens), expected)
    sequence, pieces, start = decoder.open(), [], 0
    for size in (1, 2, 3, 17, 100, 5, 1, 130, 41):
        pieces.append(decoder.forward(tokens[start : start + size], sequence, logit_rows=range(size)))
        start += size
    assert np.array_equal(np.concatenate(pieces), expected)
    single = decoder.open()
    for position, token in enumerate(tokens[:40]):  # the short path of decoding
        assert np.array_equal(decoder.forward([token], single)[0], expected[position])
    branch, other = decoder.fork(sequence, 150), decoder.open()
    decoder.truncate(sequence, 150)
    decoder.forward(tokens_for(QWEN2.vocab_size, 150, seed=9), sequence)  # the branch keeps its own copy
    decoder.forward(tokens[:10], other)
    rows = np.concatenate([np.column_stack([tokens[150:170], tokens[10:30]])]).reshape(-1)
    owners = np.tile([branch, other], 20)
    both = decoder.forward(rows, owners, logit_rows=range(40)).reshape(20, 2, -1)
    assert np.array_equal(both[:, 0], expected[150:170])
    assert np.array_equal(both[:, 1], expected[10:30])


@pytest.mark.parametrize("backend", ["numpy", "native"])
def test_subsets_and_log_probabilities(tmp_path: Path, backend: str) -> None:
    weights = random_weights(tmp_path, QWEN2, 8)
    decoder = Decoder(weights, backend="numpy" if backend == "numpy" else "auto")
    tokens = tokens_for(QWEN2.vocab_size, 9)
    logits = all_logits(decoder, tokens)
    ids = np.array([3, 159, 0, 77, 3], np.int32)
    first, second = decoder.open(), decoder.open()
    assert np.array_equal(decoder.forward(tokens, first, subset=ids)[0], logits[-1, ids])
    decoder.truncate(first, 0)
    rows = decoder.forward_ragged(tokens, first, [ids, [], [5]], logit_rows=[2, 3, 8])
    assert [row.tolist() for row in rows] == [logits[2, ids].tolist(), [], [float(logits[8, 5])]]
    assert decoder.forward(tokens, second, subset=[]).shape == (1, 0)
    assert decoder.forward([1], second, logit_rows=[]).shape == (0, QWEN2.vocab_size)
    wide = logits.astype(np.float64)
    expected = wide - np.log(np.exp(wide).sum(axis=1, keepdims=True))
    decoder.truncate(first, 0)
    got = decoder.log_probs(tokens[:-1], first, tokens[1:])
    assert np.allclose(got, expected[np.arange(8), tokens[1:]], atol=2e-6)


@pytest.mark.parametrize("backend", ["numpy", "native"])
def test_errors_change_nothing(tmp_path: Path, backend: str) -> None:
    weights = random_weights(tmp_path, QWEN2, 4)
    decoder = Decoder(weights, backend="numpy" if backend == "numpy" else "auto", context=64, cache_tokens=96)
    first, second = decoder.open(), decoder.open()
    decoder.forward(range(60), first)
    free = decoder.free_tokens
    with pytest.raises(ContextOverflow, match="at most 64 positions"):
        decoder.forward(range(5), first)
    with pytest.raises(ContextOverflow, match="free cache blocks"):
        decoder.forward(range(64), second)
    with pytest.raises(KernelError, match="ids below 160"):
        decoder.forward([160], first)
    with pytest.raises(KernelError, match="open sequence"):
        decoder.forward([1], 77)
    with pytest.raises(KernelError, match="one a row"):
        decoder.forward([1, 2], [first])
    with pytest.raises(KernelError, match="adapter slot"):
        decoder.forward([1], first, adapters=0)
    with pytest.raises(KernelError, match="logit rows"):
        decoder.forward([1], first, logit_rows=[1])
    assert (decoder.length(first), decoder.length(second), decoder.free_tokens) == (60, 0, free)
    decoder.close(first)
    decoder.close(second)
    assert decoder.free_tokens == 96


def test_forks_share_blocks_until_they_write(tmp_path: Path) -> None:
    decoder = Decoder(random_weights(tmp_path, QWEN2, 4), backend="numpy", context=128, cache_tokens=128)
    prefix = decoder.open()
    decoder.forward(range(40), prefix)
    free = decoder.free_tokens
    branches = [decoder.fork(prefix) for _ in range(3)]
    assert decoder.free_tokens == free
    decoder.forward([1, 2, 3], branches)  # each copies the half-full last block
    assert decoder.free_tokens == free - 3 * 16
    for branch in branches:
        decoder.close(branch)
    assert decoder.free_tokens == free


@pytest.mark.parametrize("backend", ["numpy", "native"])
@pytest.mark.parametrize("length", [1, 16, 37])
def test_continuations_score_as_each_would_alone(tmp_path: Path, backend: str, length: int) -> None:
    # numpy's sums depend on the batch, so there nothing may be rounded on the way
    is_numpy = backend == "numpy"
    weights = random_weights(tmp_path, QWEN3, 32 if is_numpy else 4)
    decoder = Decoder(
        weights, backend="numpy" if is_numpy else "auto", threads=2, kv="f32" if is_numpy else "f16"
    )
    prefix = decoder.open()
    decoder.forward(tokens_for(QWEN3.vocab_size, length), prefix, logit_rows=[])
    long = [5, 6, 7, *range(40)]
    continuations = [long, [5, 6, 8, 9], [5], [], long, [5, 6, 7, 90], [11, *long], [5, 6, 7, 0, 1, 2, 90]]
    free = decoder.free_tokens, decoder.free_sequences
    together = decoder.score_continuations(prefix, 3, continuations)
    assert (decoder.free_tokens, decoder.free_sequences, decoder.length(prefix)) == (*free, length)
    for scores, tokens in zip(together, continuations, strict=True):
        (alone,) = decoder.score_continuations(prefix, 3, [tokens])
        assert np.array_equal(scores, alone) if not is_numpy else np.allclose(scores, alone, atol=1e-4)
        branch = decoder.fork(prefix)
        plain = decoder.log_probs([3, *tokens[:-1]], branch, tokens) if tokens else scores
        decoder.close(branch)
        assert np.array_equal(scores, plain) if not is_numpy else np.allclose(scores, plain, atol=1e-4)
    with pytest.raises(KernelError, match="ids below 131"):
        decoder.score_continuations(prefix, 3, [[131]])
    assert (decoder.free_tokens, decoder.free_sequences) == free


def test_shared_beginnings_are_rows_once() -> None:
    trie = build_trie(9, [[1, 2, 3], [1, 2, 4], [1], [5, 6]])
    assert trie.tokens == [9, 1, 2, 5]
    assert trie.depths == [0, 1, 2, 1]
    assert trie.owner == [0, 0, 0, 3]
    assert trie.copies == [[1, 2, 3], [1], [1], []]
    assert trie.targets == [[1, 5], [2], [3, 4], [6]]
    assert trie.places == [[(0, 0), (1, 0), (2, 0)], [(0, 0), (1, 0), (2, 1)], [(0, 0)], [(0, 1), (3, 0)]]
