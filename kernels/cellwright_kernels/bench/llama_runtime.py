"""llama.cpp as a runtime of our engine, so that the whole path of a suggestion can be measured with it.

The sequences of the engine are llama.cpp's, in one cache that all share: a fork copies no values, and a token
of a trie that several continuations have in common is computed once for all of them, as our decoder does it.
Weights are written from a checkpoint as GGUF (`gguf`), 8-bit as the shipped model's. For measuring alone: no
adapters, and not more than `MAX_SEQUENCES` sequences.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cellwright_kernels.bench.gguf import GgufKind, write_gguf
from cellwright_kernels.checkpoint import read_checkpoint
from cellwright_kernels.continuations import build_trie
from cellwright_kernels.errors import ContextOverflow, KernelError

Ids = Sequence[int] | NDArray[np.integer]
MAX_SEQUENCES = 64
CACHE_TOKENS = 4096
"""Positions of all sequences together; a larger cache makes every pass of llama.cpp's slower."""
BATCH = 2048


class LlamaRuntime:
    """A checkpoint directory run by llama-cpp-python; raises KernelError where that is not installed."""

    def __init__(self, checkpoint: Path, folder: Path, kind: GgufKind = "q8_0", threads: int = 1) -> None:
        """The weights are written into `folder` first, where they are not there yet."""
        try:
            import llama_cpp
        except ImportError as error:
            raise KernelError(f"expected llama-cpp-python, got {error}") from error
        config, state, self.tokenizer_json = read_checkpoint(checkpoint)
        path = folder / f"{checkpoint.name}-{kind}.gguf"
        if not path.is_file():
            write_gguf(path, state, config, kind)
        self.vocab_size, self.context = config.vocab_size, min(config.max_positions, CACHE_TOKENS)
        self._api: Any = llama_cpp.llama_cpp
        self._quiet = self._api.llama_log_callback(lambda *_: None)
        self._api.llama_log_set(self._quiet, None)
        self._api.llama_backend_init()
        self._model = self._api.llama_model_load_from_file(
            str(path).encode(), self._api.llama_model_default_params()
        )
        parameters = self._api.llama_context_default_params()
        parameters.n_ctx, parameters.n_batch, parameters.n_ubatch = CACHE_TOKENS, BATCH, 512
        parameters.n_seq_max, parameters.kv_unified = MAX_SEQUENCES, True
        parameters.n_threads = parameters.n_threads_batch = threads
        self._context = self._api.llama_init_from_model(self._model, parameters) if self._model else None
        if not self._context:
            raise KernelError(f"expected llama.cpp to open {path}, got nothing")
        self._memory = self._api.llama_get_memory(self._context)
        self._batch = self._api.llama_batch_init(BATCH, 0, MAX_SEQUENCES)
        self._lengths: dict[int, int] = {}

    @property
    def backend(self) -> str:
        """What runs."""
        return "llama.cpp: " + " ".join(self._api.llama_print_system_info().decode().split())

    @property
    def free_tokens(self) -> int:
        """Positions that are surely free (shared ones are counted once for every sequence)."""
        return max(0, CACHE_TOKENS - sum(self._lengths.values()))

    @property
    def free_sequences(self) -> int:
        """How many more sequences may be opened."""
        return MAX_SEQUENCES - len(self._lengths)

    def open(self) -> int:
        """A new empty sequence."""
        number = next((n for n in range(MAX_SEQUENCES) if n not in self._lengths), None)
        if number is None:
            raise ContextOverflow(f"expected a free sequence, got {MAX_SEQUENCES} open ones")
        self._lengths[number] = 0
        return number

    def fork(self, sequence: int, length: int | None = None) -> int:
        """A new sequence with the first `length` positions."""
        copy = self.open()
        self._lengths[copy] = self._lengths[sequence] if length is None else length
        self._api.llama_memory_seq_cp(self._memory, sequence, copy, 0, self._lengths[copy])
        return copy

    def truncate(self, sequence: int, length: int) -> None:
        """Forget the positions from `length` on."""
        self._api.llama_memory_seq_rm(self._memory, sequence, length, -1)
        self._lengths[sequence] = length

    def close(self, sequence: int) -> None:
        """Free a sequence."""
        self._api.llama_memory_seq_rm(self._memory, sequence, -1, -1)
        del self._lengths[sequence]

    def length(self, sequence: int) -> int:
        """Positions that a sequence holds."""
        return self._lengths[sequence]

    def forward(
        self,
        tokens: Ids,
        sequences: int | Ids,
        *,
        adapters: int | Ids = -1,
        logit_rows: Ids | None = None,
    ) -> NDArray[np.float32]:
        """Append tokens to their sequences; logits (wanted rows, vocabulary), by default of the last rows."""
        del adapters
        count = len(tokens)
        owners = [sequences] * count if isinstance(sequences, int) else [int(s) for s in sequences]
        last = {owner: row for row, owner in enumerate(owners)}
        wanted = list(last.values()) if logit_rows is None else [int(row) for row in logit_rows]
        positions = []
        for owner in owners:
            positions.append(self._lengths[owner])
            self._lengths[owner] += 1
        return self._decode([int(t) for t in tokens], positions, [[owner] for owner in owners], wanted)

    def score_continuations(
        self, sequence: int, first: int, continuations: Sequence[Sequence[int]], *, adapter: int = -1
    ) -> list[NDArray[np.float32]]:
        """log p of every token of each continuation, after `sequence` and then `first`, in one pass."""
        del adapter
        trie = build_trie(first, continuations)
        start = self._lengths[sequence]
        branches = [self.fork(sequence) for _ in continuations]
        try:
            logits = self._decode(
                trie.tokens,
                [start + depth for depth in trie.depths],
                [
                    [branches[index] for index in (owner, *copies)]
                    for owner, copies in zip(trie.owner, trie.copies, strict=True)
                ],
                list(range(len(trie.tokens))),
            )
        finally:
            for branch in branches:
                self.close(branch)
        top = logits.max(axis=-1, keepdims=True)
        scores = logits - top - np.log(np.exp(logits - top).sum(axis=-1, keepdims=True))
        return [
            np.array([scores[row, trie.targets[row][index]] for row, index in places], np.float32)
            for places in trie.places
        ]

    def load_adapter_folder(self, folder: Path) -> int:
        """Not of use here."""
        raise KernelError(f"expected no adapter where llama.cpp is measured, got {folder}")

    def unload_adapter(self, slot: int) -> None:
        """Not of use here."""
        raise KernelError(f"expected no adapter where llama.cpp is measured, got slot {slot}")

    def shutdown(self) -> None:
        """Free the context and the model."""
        if self._context:
            self._api.llama_batch_free(self._batch)
            self._api.llama_free(self._context)
            self._api.llama_model_free(self._model)
            self._context = None

    def _decode(
        self, tokens: list[int], positions: list[int], owners: list[list[int]], wanted: list[int]
    ) -> NDArray[np.float32]:
        if len(tokens) > BATCH:
            raise ContextOverflow(f"expected at most {BATCH} tokens a pass, got {len(tokens)}")
        batch, shown = self._batch, set(wanted)
        batch.n_tokens = len(tokens)
        for row, (token, position, sequences) in enumerate(zip(tokens, positions, owners, strict=True)):
            batch.token[row], batch.pos[row] = token, position
            batch.n_seq_id[row] = len(sequences)
            for index, sequence in enumerate(sequences):
                batch.seq_id[row][index] = sequence
            batch.logits[row] = row in shown
        code = self._api.llama_decode(self._context, batch)
        if code != 0:
            raise KernelError(f"expected llama.cpp to decode {len(tokens)} tokens, got code {code}")
        out = np.empty((len(wanted), self.vocab_size), np.float32)
        for index, row in enumerate(wanted):
            source = self._api.llama_get_logits_ith(self._context, row)
            ctypes.memmove(out[index].ctypes.data, source, out[index].nbytes)
        return out
