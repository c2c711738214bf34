"""Beam search over the decoder: the most likely answers a grammar admits.

Scores are sums of log-probabilities over the whole vocabulary (nats), so that they compare with `score`.
The search ends when no open beam can still beat the worst kept answer (log-probabilities only fall).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cellwright.engine.grammar import Grammar
from cellwright.engine.runtime import Runtime

CANDIDATES_PER_BEAM = 64


@dataclass(frozen=True)
class _Beam:
    tokens: tuple[int, ...]
    log_probability: float
    sequence: int
    state: Hashable


_Choice = tuple[_Beam, int, float, Hashable]
"""The beam that goes on, its next token, the total log-probability, the grammar's state."""


def beam_search(
    decoder: Runtime,
    sequence: int,
    first: int,
    *,
    width: int,
    end: int,
    max_tokens: int,
    adapter: int = -1,
    grammar: Grammar | None = None,
    check: Callable[[], None] = lambda: None,
) -> list[tuple[tuple[int, ...], float]]:
    """Up to `width` answers (tokens without the end, log-probability), most likely first.

    `sequence` holds the prefix but its last token `first`; it is closed here. `check` may raise to stop.
    """
    beams = [_Beam((), 0.0, sequence, grammar.start() if grammar else None)]
    done: list[tuple[tuple[int, ...], float]] = []
    try:
        for _ in range(max_tokens + 1):
            check()
            last = [beam.tokens[-1] if beam.tokens else first for beam in beams]
            logits = decoder.forward(last, [beam.sequence for beam in beams], adapters=adapter)
            scores = _log_softmax(logits)
            chosen: list[_Choice] = []
            for count in (max(CANDIDATES_PER_BEAM, 2 * width), scores.shape[1]):
                chosen = _choose(_options(scores, beams, count), beams, done, width, end, grammar)
                # The grammar may refuse all that is likely, as where a person has typed half a word.
                if chosen or done:
                    break
            if not chosen:
                break
            beams = _grow(decoder, beams, chosen)
    finally:
        for beam in beams:
            decoder.close(beam.sequence)
    return done


def _choose(
    options: list[tuple[float, int, int]],
    beams: list[_Beam],
    done: list[tuple[tuple[int, ...], float]],
    width: int,
    end: int,
    grammar: Grammar | None,
) -> list[_Choice]:
    """The likeliest `width` continuations that the grammar admits; answers that end go to `done`."""
    chosen: list[_Choice] = []
    for total, row, token in options:
        if len(done) == width and total <= done[-1][1]:
            break
        beam = beams[row]
        if token == end:
            if grammar is None or grammar.may_end(beam.state):
                done.append((beam.tokens, total))
                done.sort(key=lambda item: -item[1])
                del done[width:]
            continue
        state = grammar.advance(beam.state, token) if grammar else None
        if grammar is None or state is not None:
            chosen.append((beam, token, total, state))
            if len(chosen) == width:
                break
    return chosen


def _options(scores: NDArray[np.float32], beams: list[_Beam], count: int) -> list[tuple[float, int, int]]:
    """(total, beam row, token) of the `count` likeliest tokens of each beam, best first."""
    size = scores.shape[1]
    kept = min(count, size)
    best = np.argpartition(scores, size - kept, axis=1)[:, size - kept :]
    options = [
        (beam.log_probability + float(scores[row, token]), row, int(token))
        for row, beam in enumerate(beams)
        for token in best[row]
    ]
    options.sort(key=lambda option: (-option[0], option[1], option[2]))
    return options


def _grow(decoder: Runtime, beams: list[_Beam], chosen: list[_Choice]) -> list[_Beam]:
    """The next beams: a parent's first child goes on in its sequence, later ones fork it."""
    taken: set[int] = set()
    grown: list[_Beam] = []
    for parent, token, total, state in chosen:
        fresh = parent.sequence in taken
        sequence = decoder.fork(parent.sequence) if fresh else parent.sequence
        taken.add(parent.sequence)
        grown.append(_Beam((*parent.tokens, token), total, sequence, state))
    for beam in beams:
        if beam.sequence not in taken:
            decoder.close(beam.sequence)
    return grown


def _log_softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """Over the last axis of (rows, vocabulary)."""
    shifted = logits - logits.max(axis=-1, keepdims=True)
    result: NDArray[np.float32] = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return result
