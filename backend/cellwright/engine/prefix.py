"""The prefix cache: a request reads again only what no earlier request has read.

Kept prefixes are sequences of the decoder's paged cache. A new prefix forks the kept one it shares most
tokens with (pages are shared until written) and runs only the rest; its own sequence is kept in turn. The
least recently used is dropped first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cellwright.engine.runtime import Runtime

PREFILL_CHUNK = 256


@dataclass(eq=False)
class _Kept:
    tokens: NDArray[np.int32]
    sequence: int
    adapter: int
    last_used: int


class PrefixCache:
    """At most `capacity` kept prefixes of one decoder; counts the tokens it read and those it reused."""

    def __init__(self, decoder: Runtime, capacity: int = 32) -> None:
        self._decoder = decoder
        self._capacity = capacity
        self._kept: list[_Kept] = []
        self._clock = 0
        self.read_tokens = 0
        self.reused_tokens = 0

    def open(
        self,
        tokens: Sequence[int],
        adapter: int,
        check: Callable[[], None] = lambda: None,
        *,
        answers: int = 0,
    ) -> int:
        """A sequence that holds all of `tokens` but the last, for the caller to go on with and to close.

        `answers` is how many tokens the caller's continuations will hold together: other kept prefixes make
        room for them. `check` is called between chunks and may raise to stop.
        """
        ids = np.asarray(tokens[:-1], dtype=np.int32)
        self._clock += 1
        best, shared = self._longest(ids, adapter)
        if not len(ids):
            return self._decoder.open()
        if best is not None and shared == len(ids):
            best.last_used = self._clock
            self.reused_tokens += shared
            self._make_room(max(PREFILL_CHUNK, answers), best, fresh=0)
            return self._decoder.fork(best.sequence, shared)
        fresh = len(ids) - shared
        self._make_room(fresh + max(PREFILL_CHUNK, fresh, answers), best, fresh=1)
        sequence = self._decoder.fork(best.sequence, shared) if best is not None else self._decoder.open()
        if best is not None:
            best.last_used = self._clock
        try:
            for start in range(shared, len(ids), PREFILL_CHUNK):
                check()
                chunk = ids[start : start + PREFILL_CHUNK]
                self._decoder.forward(chunk, sequence, adapters=adapter, logit_rows=[])
        except BaseException:
            self._decoder.close(sequence)
            raise
        self.read_tokens += len(ids) - shared
        self.reused_tokens += shared
        self._kept.append(_Kept(ids, sequence, adapter, self._clock))
        return self._decoder.fork(sequence)

    def forget_adapter(self, adapter: int) -> None:
        """Drop the prefixes that were read with an adapter, before its slot is given to another."""
        for kept in [k for k in self._kept if k.adapter == adapter]:
            self._drop(kept)

    def clear(self) -> None:
        """Drop every kept prefix."""
        for kept in list(self._kept):
            self._drop(kept)

    def _longest(self, ids: NDArray[np.int32], adapter: int) -> tuple[_Kept | None, int]:
        best, shared = None, 0
        for kept in self._kept:
            if kept.adapter != adapter:
                continue
            length = min(len(ids), len(kept.tokens))
            differs = np.flatnonzero(kept.tokens[:length] != ids[:length])
            common = int(differs[0]) if len(differs) else length
            if common > shared:
                best, shared = kept, common
        return best, shared

    def _make_room(self, tokens: int, spared: _Kept | None, *, fresh: int) -> None:
        """Drop old prefixes until the cache could hold `tokens` more, and keep `fresh` more of them."""
        by_age = sorted((k for k in self._kept if k is not spared), key=lambda k: k.last_used)
        for kept in by_age:
            if self._decoder.free_tokens >= tokens and len(self._kept) + fresh <= self._capacity:
                return
            self._drop(kept)

    def _drop(self, kept: _Kept) -> None:
        self._decoder.close(kept.sequence)
        self._kept.remove(kept)
