"""One forward pass as data: what the decoder hands to a backend, and what a backend is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from cellwright_kernels.lora import Adapter

Ints = NDArray[np.int32]


@dataclass(frozen=True)
class Batch:
    """Rows of one forward pass; arrays are contiguous int32. The cache has room for every position.

    A row attends to all positions of its sequence up to its own, which rows before it may have written.
    """

    tokens: Ints
    sequences: Ints
    positions: Ints
    adapters: Ints
    """Adapter slot of each row; -1 for none."""
    logit_rows: Ints
    """Rows whose output is wanted, in the order of the output."""
    subset: Ints
    """Vocabulary ids whose logits are wanted."""
    offsets: Ints
    """Ids of `subset`, or else of `targets`, that belong to wanted row i: `offsets[i] : offsets[i + 1]`.
    Empty: the output is the whole vocabulary."""
    targets: Ints
    """Not empty: the output is the log probability of every target at its wanted row."""
    copies: Ints = field(default_factory=lambda: np.empty(0, np.int32))
    """Further sequences that get a row's keys and values at the row's position."""
    copy_offsets: Ints = field(default_factory=lambda: np.empty(0, np.int32))
    """Those of row t are `copies[copy_offsets[t] : copy_offsets[t + 1]]`; empty where no row has any."""


class Backend(Protocol):
    """Runs batches over one model and one cache."""

    name: str

    def run(self, batch: Batch) -> NDArray[np.float32]:
        """Write keys and values of all rows and return the flat output."""

    def step(
        self, token: int, sequence: int, position: int, adapter: int, subset: Ints | None
    ) -> NDArray[np.float32]:
        """`run` for one row with logits: the path of decoding, kept short."""

    def set_adapter(self, slot: int, adapter: Adapter | None) -> None:
        """Put an adapter into a slot, or clear it."""

    def close(self) -> None:
        """Release what the backend holds."""


def one_row(token: int, sequence: int, position: int, adapter: int, subset: Ints | None) -> Batch:
    """The batch of one row that wants logits."""
    ids, owners, positions, slots, wanted = (
        np.array([value], np.int32) for value in (token, sequence, position, adapter, 0)
    )
    empty = np.empty(0, np.int32)
    chosen, offsets = (empty, empty) if subset is None else (subset, np.array([0, len(subset)], np.int32))
    return Batch(ids, owners, positions, slots, wanted, chosen, offsets, empty)
