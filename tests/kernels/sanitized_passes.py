"""Run by test_sanitizers in a process of its own: passes of every kind over sanitized libraries.

Arguments: variant, sanitizers, threads, folder.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from kernel_models import CONFIGS, random_weights
from test_adapters import random_adapter

from cellwright_kernels import native, operations, variants
from cellwright_kernels.cache import KvKind
from cellwright_kernels.checkpoint import Bits
from cellwright_kernels.config import DecoderConfig
from cellwright_kernels.decoder import Decoder


def passes(folder: Path, config: DecoderConfig, bits: Bits, kv: KvKind, variant: str, threads: int) -> None:
    """Prefill, decode, forks, ragged subsets, log probabilities, adapters, close."""
    random = np.random.default_rng(0)
    decoder = Decoder(random_weights(folder, config, bits), variant=variant, threads=threads, kv=kv)
    vocab = config.vocab_size
    prefix = decoder.open()
    decoder.forward(random.integers(0, vocab, 261), prefix)
    for count in (1, 1, 2, 3):
        decoder.forward(random.integers(0, vocab, count), prefix)
    branches = [decoder.fork(prefix, length) for length in (1, 16, 100, 268)]
    slot = decoder.load_adapter(random_adapter(config, 19, 1))
    decoder.forward(random.integers(0, vocab, 4), branches, adapters=[slot, -1, slot, -1])
    decoder.log_probs(random.integers(0, vocab, 8), branches * 2, random.integers(0, vocab, 8))
    decoder.forward_ragged([1, 2], branches[:2], [[0, vocab - 1], [5]], adapters=slot)
    decoder.score_continuations(
        branches[2], 3, [[1, 2, 3], [1, 2], [1, 4, 5, 6], [], [1, 2, 3]], adapter=slot
    )
    decoder.unload_adapter(slot)
    decoder.forward(random.integers(0, vocab, 9), branches[0], subset=range(vocab))
    decoder.shutdown()


def sanitized(variant: str, sanitizers: str) -> tuple[str, ...]:
    """The flags of a variant with sanitizers."""
    extra = ("-fno-sanitize-recover=undefined", "-g", "-O1", "-fno-omit-frame-pointer")
    return (*variants.FLAGS[variant], f"-fsanitize={sanitizers}", *extra)


def main(variant: str, sanitizers: str, threads: int, folder: Path) -> None:
    """Run every kind of weights and cache through the variant that was built with sanitizers."""
    flags = sanitized(variant, sanitizers)
    variants.FLAGS.clear()  # so that single operations, which take the best, take this one
    variants.FLAGS[variant] = flags
    native.set_cache_dir(folder / "cache")
    combinations: list[tuple[Bits, KvKind]] = [(4, "f16"), (8, "int8"), (32, "f32")]
    for config in CONFIGS.values():
        for bits, kv in combinations:
            passes(folder, config, bits, kv, variant, threads)
    logits = np.random.default_rng(1).standard_normal(37, dtype=np.float32)
    for k in (1, 5, 37):
        operations.top_k(logits, k)
        operations.sample(logits, 0.8, 0.999999, k)
    print("passes done")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), Path(sys.argv[4]))
