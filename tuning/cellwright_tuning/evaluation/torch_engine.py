"""The product's engine over a transformers model: for reference, other architectures and GPUs.

    engine = open_engine(folder, device="cuda")     # the same `complete`, `generate`, `score` as when serving

Any causal model that transformers loads will do, as long as its tokenizer.json has a token that ends answers.
Sequences keep their keys and values as they are, so forks share them; rows of sequences of one length run as
a batch. Nothing that serves imports this file.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import AutoModelForCausalLM, DynamicCache

from cellwright.engine import Engine
from cellwright.engine.runtime import Ids
from cellwright_kernels.continuations import build_trie
from cellwright_kernels.errors import AdapterMismatch, ContextOverflow, KernelError, UnsupportedModel

Layers = list[tuple[torch.Tensor, torch.Tensor]]
"""Keys and values (1, kv_heads, length, head_dim) of each layer."""
MAX_SEQUENCES = 256
MAX_CONTEXT = 8192


def open_engine(folder: Path, device: str = "auto", threads: int = 1) -> Engine:
    """An engine over a Hugging Face directory; device `auto` takes a GPU where there is one (float16 there).

    Raises KernelError where the directory is no model that transformers loads.
    """
    torch.set_num_threads(threads)
    return Engine(TorchRuntime(folder, device), folder.name)


@dataclass
class _Sequence:
    length: int = 0
    layers: Layers = field(default_factory=list)


class TorchRuntime:
    """Implements `Runtime` with transformers."""

    def __init__(self, folder: Path, device: str = "auto") -> None:
        if device == "auto":
            device = "cuda" if torch.cuda.is_available() else "cpu"
        dtype = torch.float32 if device == "cpu" else torch.float16
        try:
            model: Any = AutoModelForCausalLM.from_pretrained(folder, dtype=dtype)
        except (OSError, ValueError) as error:
            raise UnsupportedModel(f"expected a model directory, got {error} ({folder})") from error
        self.model: Any = model.to(device).train(False)
        tokenizer = folder / "tokenizer.json"
        self.tokenizer_json = tokenizer.read_bytes() if tokenizer.is_file() else b""
        self.vocab_size = int(self.model.config.vocab_size)
        self.context = min(int(self.model.config.max_position_embeddings), MAX_CONTEXT)
        self.backend = f"transformers on {device}"
        self._device = device
        self._sequences: dict[int, _Sequence] = {}
        self._adapters: set[int] = set()
        self._lock = threading.RLock()

    @property
    def free_tokens(self) -> int:
        """Eight contexts together, as the decoder that serves has by default."""
        return max(0, 8 * self.context - sum(s.length for s in self._sequences.values()))

    @property
    def free_sequences(self) -> int:
        """How many more sequences may be opened."""
        return MAX_SEQUENCES - len(self._sequences)

    def open(self) -> int:
        """A new empty sequence."""
        with self._lock:
            number = next((n for n in range(MAX_SEQUENCES) if n not in self._sequences), None)
            if number is None:
                raise ContextOverflow(f"expected a free sequence, got {MAX_SEQUENCES} open ones")
            self._sequences[number] = _Sequence()
            return number

    def fork(self, sequence: int, length: int | None = None) -> int:
        """A new sequence with the first `length` positions; tensors are shared."""
        with self._lock:
            source = self._at(sequence)
            copy = self.open()
            self._sequences[copy] = _Sequence(source.length, list(source.layers))
            if length is not None:
                self.truncate(copy, length)
            return copy

    def truncate(self, sequence: int, length: int) -> None:
        """Forget the positions from `length` on."""
        held = self._at(sequence)
        if not 0 <= length <= held.length:
            raise KernelError(f"expected a length of 0 to {held.length}, got {length} (sequence {sequence})")
        held.length = length
        held.layers = [(k[:, :, :length], v[:, :, :length]) for k, v in held.layers] if length else []

    def close(self, sequence: int) -> None:
        """Free a sequence."""
        self._at(sequence)
        del self._sequences[sequence]

    def length(self, sequence: int) -> int:
        """Positions that a sequence holds."""
        return self._at(sequence).length

    def forward(
        self,
        tokens: Ids,
        sequences: int | Ids,
        *,
        adapters: int | Ids = -1,
        logit_rows: Ids | None = None,
    ) -> NDArray[np.float32]:
        """Append tokens to their sequences; logits (wanted rows, vocabulary), by default of the last rows."""
        with self._lock:
            count = len(tokens)
            owners = [sequences] * count if isinstance(sequences, int) else [int(s) for s in sequences]
            slots = [adapters] * count if isinstance(adapters, int) else [int(a) for a in adapters]
            rows: dict[int, list[int]] = {}
            for row, owner in enumerate(owners):
                rows.setdefault(owner, []).append(row)
            groups: dict[tuple[int, int, int], list[int]] = {}
            for owner, mine in rows.items():
                held = self._at(owner)
                if held.length + len(mine) > self.context:
                    raise ContextOverflow(
                        f"expected at most {self.context} positions, got {held.length + len(mine)} "
                        f"(sequence {owner})"
                    )
                groups.setdefault((held.length, len(mine), slots[mine[0]]), []).append(owner)
            last = [mine[-1] for mine in rows.values()]
            wanted = last if logit_rows is None else [int(row) for row in logit_rows]
            out = np.empty((len(wanted), self.vocab_size), np.float32)
            for (_, _, slot), group in groups.items():
                batch = [[int(tokens[row]) for row in rows[owner]] for owner in group]
                logits = self._run(batch, [self._at(owner) for owner in group], slot, bool(wanted))
                place = {row: (i, j) for i, owner in enumerate(group) for j, row in enumerate(rows[owner])}
                for index, row in enumerate(wanted):
                    if row in place:
                        out[index] = logits[place[row]].cpu().numpy()
            return out

    def score_continuations(
        self, sequence: int, first: int, continuations: Sequence[Sequence[int]], *, adapter: int = -1
    ) -> list[NDArray[np.float32]]:
        """log p of every token of each continuation, after `sequence` and then `first`."""
        results: list[NDArray[np.float32]] = []
        for tokens in continuations:
            if not tokens:
                results.append(np.empty(0, np.float32))
                continue
            trie = build_trie(first, [tokens])
            branch = self.fork(sequence)
            try:
                logits = self.forward(trie.tokens, branch, adapters=adapter, logit_rows=range(len(tokens)))
            finally:
                self.close(branch)
            scores = torch.log_softmax(torch.from_numpy(logits), -1).numpy()
            results.append(scores[np.arange(len(tokens)), list(tokens)])
        return results

    def load_adapter_folder(self, folder: Path) -> int:
        """Load a LoRA directory and return its slot."""
        with self._lock:
            slot = next(n for n in range(len(self._adapters) + 1) if n not in self._adapters)
            try:
                self.model.load_adapter(str(folder), adapter_name=f"slot{slot}")
            except (OSError, ValueError, RuntimeError) as error:
                raise AdapterMismatch(f"expected an adapter of this model, got {error} ({folder})") from error
            self._adapters.add(slot)
            return slot

    def unload_adapter(self, slot: int) -> None:
        """Free an adapter's slot."""
        with self._lock:
            if slot not in self._adapters:
                raise KernelError(f"expected a loaded adapter slot, got {slot}")
            self.model.delete_adapter(f"slot{slot}")
            self._adapters.remove(slot)

    def shutdown(self) -> None:
        """Let go of the model."""
        self._sequences.clear()
        self.model = None

    def _at(self, sequence: int) -> _Sequence:
        if sequence not in self._sequences:
            raise KernelError(f"expected an open sequence, got {sequence}")
        return self._sequences[sequence]

    @torch.inference_mode()
    def _run(
        self, tokens: list[list[int]], held: list[_Sequence], slot: int, is_wanted: bool
    ) -> torch.Tensor:
        """Logits (B, T, vocabulary) of sequences of one length; their keys and values grow."""
        if self._adapters:
            if slot < 0:
                self.model.disable_adapters()
            else:
                self.model.set_adapter(f"slot{slot}")
                self.model.enable_adapters()
        cache: Any = DynamicCache(config=self.model.config)
        for index, layer in enumerate(zip(*(sequence.layers for sequence in held), strict=True)):
            keys, values = (torch.cat([pair[side] for pair in layer]) for side in range(2))
            cache.update(keys, values, index)
        output = self.model(
            torch.tensor(tokens, device=self._device),
            past_key_values=cache,
            use_cache=True,
            logits_to_keep=0 if is_wanted else 1,
        )
        for row, sequence in enumerate(held):
            sequence.length += len(tokens[row])
            sequence.layers = [
                (layer.keys[row : row + 1], layer.values[row : row + 1]) for layer in cache.layers
            ]
        logits: torch.Tensor = output.logits.float()
        return logits
