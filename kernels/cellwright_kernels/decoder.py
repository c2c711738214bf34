"""The decoder: sequences over a paged cache, batched forward passes, adapters in slots.

    weights = format.read(path)
    decoder = Decoder(weights)
    prefix = decoder.open()
    decoder.forward([1, 2, 3], prefix, logit_rows=[])            # prefill, no logits
    branch = decoder.fork(prefix)                                # shares the prefix
    logits = decoder.forward([7], branch)                        # (1, vocab_size)
    decoder.forward([8, 9], [prefix, branch], subset=[4, 5, 6])  # (2, 3)

A row's result depends on its sequence's tokens and its adapter alone: never on what else is in the batch,
on how the prefix was cut into passes, on forks, or on the number of threads. Methods may be called from
several Python threads; passes run one after another. Tokenizing, grammar and stopping belong to the engine.
"""

from __future__ import annotations

import dataclasses
import os
import threading
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from cellwright_kernels import variants
from cellwright_kernels.batch import Backend, Batch, Ints, one_row
from cellwright_kernels.cache import KvKind, PagedCache
from cellwright_kernels.continuations import Trie, build_trie
from cellwright_kernels.errors import KernelError
from cellwright_kernels.format import WeightFile, read
from cellwright_kernels.lora import Adapter, read_adapter
from cellwright_kernels.native_backend import NativeBackend
from cellwright_kernels.numpy_backend import NumpyBackend

IntArray = Sequence[int] | NDArray[np.integer]
_EMPTY = np.empty(0, np.int32)


class Decoder:
    """A model and its cache, run by the native backend or, failing that, by numpy."""

    def __init__(
        self,
        weights: WeightFile | Path,
        *,
        backend: Literal["auto", "native", "numpy"] = "auto",
        variant: str | None = None,
        threads: int = 0,
        kv: KvKind = "f16",
        context: int = 0,
        cache_tokens: int = 0,
        max_sequences: int = 256,
        adapter_slots: int = 16,
    ) -> None:
        """Open a model for running.

        variant: "avx2", "avxvnni", "avx512" or "neon" instead of what this processor does best. threads: 0
        for as many as this process may use, at most 4. context: longest sequence (0: the model's, at most
        8,192). cache_tokens: positions that all sequences together may hold (0: eight contexts).
        Raises KernelError where `backend="native"` or the variant cannot be had here.
        """
        self.weights = read(weights) if isinstance(weights, Path) else weights
        self.config = self.weights.config
        self.context = min(context or 8192, self.config.max_positions)
        self._cache = PagedCache(
            self.config, kv, cache_tokens or 8 * self.context, max_sequences, self.context
        )
        self._adapters: list[Adapter | None] = [None] * adapter_slots
        self._lock = threading.RLock()
        self._backend = self._make_backend(backend, variant, threads or _usable_threads())

    @property
    def backend(self) -> str:
        """What runs: "numpy", or the native variant, such as "avx2"."""
        return self._backend.name

    @property
    def vocab_size(self) -> int:
        """Number of logits of a row."""
        return self.config.vocab_size

    @property
    def tokenizer_json(self) -> bytes:
        """The tokenizer that travels in the weight file; empty where it has none."""
        return self.weights.tokenizer

    @property
    def free_tokens(self) -> int:
        """Positions that the cache could still hold."""
        return self._cache.free_tokens

    @property
    def free_sequences(self) -> int:
        """How many more sequences may be opened."""
        return self._cache.free_sequences

    @property
    def cache_bytes(self) -> int:
        """Address space of the cache; pages come from the system when they are first written."""
        return int(self._cache.storage.nbytes)

    def open(self) -> int:
        """A new empty sequence."""
        with self._lock:
            return self._cache.open()

    def fork(self, sequence: int, length: int | None = None) -> int:
        """A new sequence that shares the first `length` positions (default all) until either writes."""
        with self._lock:
            return self._cache.fork(sequence, length)

    def truncate(self, sequence: int, length: int) -> None:
        """Forget the positions of a sequence from `length` on."""
        with self._lock:
            self._cache.truncate(sequence, length)

    def close(self, sequence: int) -> None:
        """Free a sequence."""
        with self._lock:
            self._cache.close(sequence)

    def length(self, sequence: int) -> int:
        """Positions that a sequence holds."""
        self._cache.check(sequence)
        return int(self._cache.lengths[sequence])

    def load_adapter(self, adapter: Adapter) -> int:
        """Put an adapter (see `lora.read_adapter`) into a free slot and return the slot."""
        with self._lock:
            if None not in self._adapters:
                raise KernelError(f"expected a free adapter slot, got {len(self._adapters)} taken")
            slot = self._adapters.index(None)
            self._backend.set_adapter(slot, adapter)
            self._adapters[slot] = adapter
            return slot

    def load_adapter_folder(self, folder: Path) -> int:
        """Read a peft directory, put it into a free slot and return the slot."""
        return self.load_adapter(read_adapter(folder, self.config))

    def unload_adapter(self, slot: int) -> None:
        """Free an adapter's slot; rows that still name it are then refused."""
        with self._lock:
            if not (0 <= slot < len(self._adapters) and self._adapters[slot] is not None):
                raise KernelError(f"expected a loaded adapter slot, got {slot}")
            self._backend.set_adapter(slot, None)
            self._adapters[slot] = None

    def forward(
        self,
        tokens: IntArray,
        sequences: int | IntArray,
        *,
        adapters: int | IntArray = -1,
        logit_rows: IntArray | None = None,
        subset: IntArray | None = None,
    ) -> NDArray[np.float32]:
        """Append `tokens` (n) to their sequences and return logits (wanted rows, vocabulary or subset).

        sequences and adapters: one number for all rows or one a row; -1 is no adapter. Rows of one
        sequence come in their order. logit_rows: rows that need logits; by default the last one of each
        sequence, in order of first appearance. subset: vocabulary ids for which logits are computed.
        All or nothing: on an error no sequence has changed.
        """
        with self._lock:
            if (
                logit_rows is None
                and len(tokens) == 1
                and isinstance(sequences, int)
                and isinstance(adapters, int)
            ):
                return self._step(int(tokens[0]), sequences, adapters, subset)
            rows = self._rows(tokens, sequences, adapters, logit_rows)
            wanted = len(rows.logit_rows)
            if subset is None:
                return self._run(rows).reshape(wanted, self.config.vocab_size)
            ids = self._ids(subset, "subset")
            if not len(ids):
                self._run(dataclasses.replace(rows, logit_rows=_EMPTY))
                return np.empty((wanted, 0), np.float32)
            offsets = np.arange(wanted + 1, dtype=np.int32) * np.int32(len(ids))
            flat = np.tile(ids, wanted) if wanted > 1 else ids
            return self._run(rows, flat, offsets).reshape(wanted, len(ids))

    def forward_ragged(
        self,
        tokens: IntArray,
        sequences: int | IntArray,
        subsets: Sequence[IntArray],
        *,
        adapters: int | IntArray = -1,
        logit_rows: IntArray | None = None,
    ) -> list[NDArray[np.float32]]:
        """Like `forward`, with its own subset for each wanted row."""
        with self._lock:
            rows = self._rows(tokens, sequences, adapters, logit_rows)
            parts = [self._ids(part, "subset") for part in subsets]
            if len(parts) != len(rows.logit_rows):
                raise KernelError(
                    f"expected a subset for each of {len(rows.logit_rows)} rows, got {len(parts)}"
                )
            # rows whose subset is empty need no logits; the others keep their order
            kept = np.array([index for index, part in enumerate(parts) if len(part)], np.int32)
            offsets = np.zeros(len(kept) + 1, np.int32)
            offsets[1:] = np.cumsum([len(parts[index]) for index in kept])
            flat = np.concatenate([*parts, _EMPTY])
            out = self._run(dataclasses.replace(rows, logit_rows=rows.logit_rows[kept]), flat, offsets)
            ends = np.cumsum([len(part) for part in parts])
            return [out[end - len(part) : end] for part, end in zip(parts, ends, strict=True)]

    def log_probs(
        self,
        tokens: IntArray,
        sequences: int | IntArray,
        targets: IntArray,
        *,
        adapters: int | IntArray = -1,
        logit_rows: IntArray | None = None,
    ) -> NDArray[np.float32]:
        """Append `tokens` and return log p(targets[i]) over the whole vocabulary at wanted row i.

        logit_rows: by default every row, so that targets are usually the tokens shifted by one.
        """
        with self._lock:
            every = np.arange(len(tokens), dtype=np.int32) if logit_rows is None else logit_rows
            rows = self._rows(tokens, sequences, adapters, every)
            ids = self._ids(targets, "targets")
            if len(ids) != len(rows.logit_rows):
                raise KernelError(f"expected {len(rows.logit_rows)} targets, got {len(ids)}")
            return self._run(rows, targets=ids, offsets=np.arange(len(ids) + 1, dtype=np.int32))

    def score_continuations(
        self, sequence: int, first: int, continuations: Sequence[Sequence[int]], *, adapter: int = -1
    ) -> list[NDArray[np.float32]]:
        """log p of every token of each continuation, after `sequence` and then `first`, in one pass.

        What continuations have in common is computed once; `sequence` itself does not change.
        """
        with self._lock:
            flat = [token for tokens in continuations for token in tokens]
            self._ids([first, *flat], "continuations")
            self._check_slot(adapter)
            self._cache.check(sequence)
            if not flat:
                return [np.empty(0, np.float32) for _ in continuations]
            trie = build_trie(first, continuations)
            start = int(self._cache.lengths[sequence])
            branches: list[int] = []
            try:
                branches += (self._cache.fork(sequence) for _ in continuations)
                counts = {branch: len(t) for branch, t in zip(branches, continuations, strict=True) if t}
                self._cache.extend(counts)
                out = self._backend.run(_trie_batch(trie, np.array(branches, np.int32), start, adapter))
            finally:
                for branch in branches:
                    self._cache.close(branch)
            first_target = np.cumsum([0, *(len(targets) for targets in trie.targets)])
            return [
                out[[first_target[row] + index for row, index in places]] if places else out[:0]
                for places in trie.places
            ]

    def shutdown(self) -> None:
        """Release the backend's threads and memory; the decoder can't be used afterwards."""
        with self._lock:
            self._backend.close()

    def _step(self, token: int, sequence: int, adapter: int, subset: IntArray | None) -> NDArray[np.float32]:
        """`forward` of one token of one sequence, which is most passes there are."""
        if not 0 <= token < self.config.vocab_size:
            raise KernelError(f"expected ids below {self.config.vocab_size}, got {token} (tokens)")
        self._check_slot(adapter)
        ids = None if subset is None else self._ids(subset, "subset")
        position = self._cache.extend_one(sequence)
        try:
            if ids is not None and not len(ids):
                row = dataclasses.replace(one_row(token, sequence, position, adapter, ids), logit_rows=_EMPTY)
                return self._backend.run(row).reshape(1, 0)
            return self._backend.step(token, sequence, position, adapter, ids).reshape(1, -1)
        except BaseException:
            self._cache.truncate(sequence, position)
            raise

    def _check_slot(self, slot: int) -> None:
        if slot != -1 and not (0 <= slot < len(self._adapters) and self._adapters[slot] is not None):
            raise KernelError(f"expected -1 or a loaded adapter slot, got {slot}")

    def _rows(
        self,
        tokens: IntArray,
        sequences: int | IntArray,
        adapters: int | IntArray,
        logit_rows: IntArray | None,
    ) -> Batch:
        """The rows of a pass, checked; nothing has changed yet."""
        ids = self._ids(tokens, "tokens")
        count = len(ids)
        if not count:
            raise KernelError("expected at least one token, got none")
        owners = _per_row(sequences, count, "sequences")
        slots = _per_row(adapters, count, "adapters")
        if isinstance(sequences, int):
            self._cache.check(sequences)
            positions = np.arange(count, dtype=np.int32) + self._cache.lengths[sequences]
            last = np.array([count - 1], np.int32)
        else:
            seen: dict[int, int] = {}
            final: dict[int, int] = {}
            positions = np.empty(count, np.int32)
            for row, owner in enumerate(owners.tolist()):
                self._cache.check(owner)
                offset = seen.get(owner, 0)
                positions[row] = self._cache.lengths[owner] + offset
                seen[owner] = offset + 1
                final[owner] = row
            last = np.fromiter((final[owner] for owner in seen), np.int32, len(seen))
        for slot in {adapters} if isinstance(adapters, int) else set(slots.tolist()):
            self._check_slot(slot)
        if logit_rows is None:
            wanted = last
        else:
            wanted = np.ascontiguousarray(logit_rows, np.int32)
            if wanted.size and not (wanted.min() >= 0 and wanted.max() < count):
                raise KernelError(
                    f"expected logit rows of 0 to {count - 1}, got {wanted.min()} to {wanted.max()}"
                )
        return Batch(ids, owners, positions, slots, wanted, _EMPTY, _EMPTY, _EMPTY)

    def _run(
        self, rows: Batch, subset: Ints = _EMPTY, offsets: Ints = _EMPTY, targets: Ints = _EMPTY
    ) -> NDArray[np.float32]:
        """Make room, run, and take the room back if the backend fails."""
        batch = dataclasses.replace(rows, subset=subset, offsets=offsets, targets=targets)
        counts = Counter(batch.sequences.tolist())
        self._cache.extend(counts)
        try:
            return self._backend.run(batch)
        except BaseException:
            for sequence, count in counts.items():
                self._cache.truncate(sequence, int(self._cache.lengths[sequence]) - count)
            raise

    def _ids(self, values: IntArray, what: str) -> Ints:
        ids = np.ascontiguousarray(values, np.int32)
        if ids.ndim != 1:
            raise KernelError(f"expected one dimension, got {ids.ndim} ({what})")
        if ids.size and not (ids.min() >= 0 and ids.max() < self.config.vocab_size):
            raise KernelError(
                f"expected ids below {self.config.vocab_size}, got {ids.min()} to {ids.max()} ({what})"
            )
        return ids

    def _make_backend(self, wanted: str, variant: str | None, threads: int) -> Backend:
        if wanted != "numpy":
            loaded = variants.load(variant)
            if loaded is not None:
                name, library = loaded
                slots = len(self._adapters)
                return NativeBackend(library, name, self.weights, self._cache, threads, slots)
            if wanted == "native" or variant is not None:
                raise KernelError(
                    "expected a compiler or a prebuilt library for the native backend, got neither"
                )
        return NumpyBackend(self.weights, self._cache)


def _per_row(values: int | IntArray, count: int, what: str) -> Ints:
    if isinstance(values, int):
        return np.full(count, values, np.int32)
    array = np.ascontiguousarray(values, np.int32)
    if array.shape != (count,):
        raise KernelError(f"expected {count} {what}, one a row, got shape {array.shape}")
    return array


def _trie_batch(trie: Trie, branches: Ints, start: int, adapter: int) -> Batch:
    rows = len(trie.tokens)
    copies = np.array([other for others in trie.copies for other in others], np.int32)
    return Batch(
        np.array(trie.tokens, np.int32),
        branches[trie.owner],
        np.array(trie.depths, np.int32) + np.int32(start),
        np.full(rows, adapter, np.int32),
        np.arange(rows, dtype=np.int32),
        _EMPTY,
        _offsets(trie.targets),
        np.array([target for targets in trie.targets for target in targets], np.int32),
        branches[copies],
        _offsets(trie.copies) if copies.size else _EMPTY,
    )


def _offsets(parts: Sequence[Sequence[int]]) -> Ints:
    return np.cumsum([0, *(len(part) for part in parts)], dtype=np.int32)


def _usable_threads() -> int:
    try:
        usable = len(os.sched_getaffinity(0))
    except AttributeError:  # not on macOS
        usable = os.cpu_count() or 1
    return min(usable, 4)
