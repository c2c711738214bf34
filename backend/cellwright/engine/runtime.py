"""What the engine needs of a decoder: sequences that fork, forward passes, adapters in slots.

`cellwright_kernels.decoder.Decoder` is the one that serves; tuning has one on transformers, for reference,
other architectures and GPUs.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Ids = Sequence[int] | NDArray[np.integer]


class Runtime(Protocol):
    """A model and the sequences it has read; see `Decoder` for what each method promises."""

    context: int
    """Longest sequence, in tokens."""

    @property
    def backend(self) -> str:
        """What runs, for people."""

    @property
    def vocab_size(self) -> int:
        """Number of logits of a row."""

    @property
    def tokenizer_json(self) -> bytes:
        """The tokenizer that belongs to the weights; empty where there is none."""

    @property
    def free_tokens(self) -> int:
        """Positions that could still be held."""

    @property
    def free_sequences(self) -> int:
        """How many more sequences may be opened."""

    def open(self) -> int:
        """A new empty sequence."""

    def fork(self, sequence: int, length: int | None = None) -> int:
        """A new sequence that shares the first `length` positions (default all)."""

    def truncate(self, sequence: int, length: int) -> None:
        """Forget the positions from `length` on."""

    def close(self, sequence: int) -> None:
        """Free a sequence."""

    def length(self, sequence: int) -> int:
        """Positions that a sequence holds."""

    def forward(
        self,
        tokens: Ids,
        sequences: int | Ids,
        *,
        adapters: int | Ids = -1,
        logit_rows: Ids | None = None,
    ) -> NDArray[np.float32]:
        """Append tokens to their sequences; logits (wanted rows, vocabulary), by default of the last rows."""

    def score_continuations(
        self, sequence: int, first: int, continuations: Sequence[Sequence[int]], *, adapter: int = -1
    ) -> list[NDArray[np.float32]]:
        """log p of every token of each continuation, after `sequence` and then `first`."""

    def load_adapter_folder(self, folder: Path) -> int:
        """Load a LoRA directory and return its slot."""

    def unload_adapter(self, slot: int) -> None:
        """Free an adapter's slot."""

    def shutdown(self) -> None:
        """Release threads and memory."""
