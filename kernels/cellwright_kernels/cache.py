"""A paged key/value cache: sequences are tables of 16-position blocks that forks share until they write.

The storage is (layers, kv_heads, blocks), so that a sequence's successive blocks of one head usually lie
one after another and are read as a stream. A block holds, for every layer and key/value head,

    key    (head_dim, 16)   transposed, so that scores of sixteen positions are one vector
    value  (16, head_rows)   head_dim padded to sixteen
    key_scale, value_scale (16,) float32, for int8 only: x = scale * q a position

Blocks are counted by their users. Forking costs a copy of the table; the first write to a shared block
copies that block (copy on write). This module decides which block a position lives in and moves blocks;
the values in them are written by the forward pass.
"""

from __future__ import annotations

import mmap
from collections.abc import Mapping
from typing import Literal

import numpy as np

from cellwright_kernels.config import LANES, DecoderConfig
from cellwright_kernels.errors import ContextOverflow, KernelError

BLOCK = LANES
"""Positions in a block."""
KvKind = Literal["f16", "f32", "int8"]


class PagedCache:
    """Blocks, tables and lengths of up to `max_sequences` sequences."""

    def __init__(
        self, config: DecoderConfig, kind: KvKind, tokens: int, max_sequences: int, positions: int
    ) -> None:
        """`tokens` is how many positions all sequences together may hold (shared ones count once)."""
        element = {"f16": np.float16, "f32": np.float32, "int8": np.int8}[kind]
        fields = [("key", element, (config.head_dim, BLOCK)), ("value", element, (BLOCK, config.head_rows))]
        if kind == "int8":
            fields += [("key_scale", np.float32, (BLOCK,)), ("value_scale", np.float32, (BLOCK,))]  # type: ignore[list-item]
        self.kind = kind
        self.positions = positions
        blocks = -(-tokens // BLOCK)
        dtype = np.dtype(fields)
        shape = (config.layers, config.kv_heads, blocks)
        # Anonymous pages come lazily and as zeros, so a large cache costs memory only where it is used. numpy
        # would ask for huge pages, and then every head's first block would cost two megabytes.
        self._pages = mmap.mmap(-1, int(np.prod(shape)) * dtype.itemsize)
        self.storage = np.frombuffer(self._pages, dtype).reshape(shape)
        self.tables = np.zeros((max_sequences, -(-positions // BLOCK)), np.int32)
        self.lengths = np.zeros(max_sequences, np.int32)
        self._users = np.zeros(blocks, np.int32)
        self._free = list(range(blocks - 1, -1, -1))
        self._unused = list(range(max_sequences - 1, -1, -1))
        self._live = np.zeros(max_sequences, np.bool_)

    @property
    def free_tokens(self) -> int:
        """Positions in blocks that nobody uses."""
        return len(self._free) * BLOCK

    @property
    def free_sequences(self) -> int:
        """How many more sequences may be opened."""
        return len(self._unused)

    def open(self) -> int:
        """A new empty sequence; raises ContextOverflow when all are taken."""
        if not self._unused:
            raise ContextOverflow(f"expected a free sequence, got {len(self._live)} open ones")
        sequence = self._unused.pop()
        self._live[sequence] = True
        self.lengths[sequence] = 0
        return sequence

    def fork(self, sequence: int, length: int | None = None) -> int:
        """A new sequence that shares the first `length` positions (default: all)."""
        self.check(sequence)
        have = int(self.lengths[sequence])
        length = have if length is None else length
        if not 0 <= length <= have:
            raise KernelError(f"expected a length of 0 to {have}, got {length} (sequence {sequence})")
        copy = self.open()
        count = -(-length // BLOCK)
        self.tables[copy, :count] = self.tables[sequence, :count]
        self._users[self.tables[copy, :count]] += 1
        self.lengths[copy] = length
        return copy

    def truncate(self, sequence: int, length: int) -> None:
        """Forget the positions from `length` on."""
        self.check(sequence)
        have = int(self.lengths[sequence])
        if not 0 <= length <= have:
            raise KernelError(f"expected a length of 0 to {have}, got {length} (sequence {sequence})")
        for block in self.tables[sequence, -(-length // BLOCK) : -(-have // BLOCK)].tolist():
            self._release(block)
        self.lengths[sequence] = length

    def close(self, sequence: int) -> None:
        """Forget the sequence; its number may be given out again."""
        self.truncate(sequence, 0)
        self._live[sequence] = False
        self._unused.append(sequence)

    def check(self, sequence: int) -> None:
        """Raise KernelError unless `sequence` is open."""
        if not (0 <= sequence < self._live.size and self._live[sequence]):
            raise KernelError(f"expected an open sequence, got {sequence}")

    def extend(self, counts: Mapping[int, int]) -> None:
        """Make room for `counts[sequence]` more positions each, all or nothing; lengths grow.

        Raises ContextOverflow when a sequence would pass the context length or blocks run out.
        """
        needed = 0
        for sequence, count in counts.items():
            self.check(sequence)
            have = int(self.lengths[sequence])
            if have + count > self.positions:
                raise ContextOverflow(
                    f"expected at most {self.positions} positions, got {have + count} (sequence {sequence})"
                )
            needed += -(-(have + count) // BLOCK) - -(-have // BLOCK)
            needed += have % BLOCK != 0 and self._users[self.tables[sequence, have // BLOCK]] > 1
        if needed > len(self._free):
            raise ContextOverflow(f"expected {needed} free cache blocks, got {len(self._free)}")
        for sequence, count in counts.items():
            have = int(self.lengths[sequence])
            table = self.tables[sequence]
            last = have // BLOCK
            if have % BLOCK and self._users[table[last]] > 1:
                copy = self._take()
                self.storage[:, :, copy] = self.storage[:, :, table[last]]
                self._release(int(table[last]))
                table[last] = copy
            for index in range(-(-have // BLOCK), -(-(have + count) // BLOCK)):
                table[index] = self._take()
            self.lengths[sequence] = have + count

    def extend_one(self, sequence: int) -> int:
        """Make room for one more position and return it; `extend` without its bookkeeping where it can."""
        if not (0 <= sequence < len(self._live) and self._live[sequence]):
            raise KernelError(f"expected an open sequence, got {sequence}")
        position = int(self.lengths[sequence])
        inside = position % BLOCK and position < self.positions
        if inside and self._users[self.tables[sequence, position // BLOCK]] == 1:
            self.lengths[sequence] = position + 1
            return position
        self.extend({sequence: 1})
        return position

    def _take(self) -> int:
        block = self._free.pop()
        self._users[block] = 1
        return block

    def _release(self, block: int) -> None:
        self._users[block] -= 1
        if self._users[block] == 0:
            self._free.append(block)
