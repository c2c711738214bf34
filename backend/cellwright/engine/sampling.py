"""Sampling answers, and greedy decoding with prompt-lookup speculation.

Speculation (Saxena 2023, prompt lookup decoding): where the last tokens occur earlier in the text, what
followed there is proposed as a draft and checked in one pass; the answer is the one that greedy decoding
gives without it, token for token.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass

import numpy as np

from cellwright.engine.grammar import Grammar
from cellwright.engine.runtime import Runtime
from cellwright.errors import CellwrightError
from cellwright_kernels.operations import sample

DRAFT_TOKENS = 8
MATCH_TOKENS = 3


class Cancelled(CellwrightError):
    """The caller took a request back while it ran."""

    code = "cancelled"


@dataclass(frozen=True)
class Completion:
    """One answer; `log_probability` (nats) counts its tokens and its end; `is_whole`: it came to its end."""

    text: str
    tokens: tuple[int, ...]
    log_probability: float
    is_whole: bool


def greedy(
    decoder: Runtime,
    sequence: int,
    prefix: Sequence[int],
    *,
    end: int,
    max_tokens: int,
    adapter: int = -1,
    check: Callable[[], None] = lambda: None,
) -> tuple[list[int], float, bool]:
    """(tokens, log-probability, whether it ended). `sequence` holds `prefix` but its last token."""
    text = list(prefix)
    log_probability = 0.0
    while len(text) - len(prefix) < max_tokens:
        check()
        draft = lookup_draft(text, min(DRAFT_TOKENS, max_tokens - (len(text) - len(prefix)) - 1))
        run = [text[-1], *draft]
        held = decoder.length(sequence)
        logits = decoder.forward(run, sequence, adapters=adapter, logit_rows=list(range(len(run))))
        for position in range(len(run)):
            row = logits[position].astype(np.float64)
            token = int(row.argmax())
            log_probability += float(row[token] - row.max() - np.log(np.exp(row - row.max()).sum()))
            if token == end:
                return text[len(prefix) :], log_probability, True
            text.append(token)
            if position < len(draft) and draft[position] != token:
                break
        decoder.truncate(sequence, min(held + len(run), len(text) - 1))
    return text[len(prefix) :], log_probability, False


def lookup_draft(text: Sequence[int], most: int) -> list[int]:
    """What followed the latest earlier occurrence of the last tokens of `text`, at most `most` tokens."""
    if most <= 0:
        return []
    for length in range(min(MATCH_TOKENS, len(text) - 1), 1, -1):
        tail = list(text[-length:])
        for start in range(len(text) - length - 1, -1, -1):
            if list(text[start : start + length]) == tail:
                return list(text[start + length : start + length + most])
    return []


def _forced(
    grammar: Grammar | None, state: Hashable, encode: Callable[[str], list[int]], most: int
) -> tuple[list[int], Hashable]:
    """The tokens of the text that the grammar forces here, at most so many, and the state behind them."""
    text = grammar.forced(state) if grammar else ""
    taken: list[int] = []
    for token in encode(text) if text else ():
        following = grammar.advance(state, token) if grammar else None
        if following is None or len(taken) == most:
            break
        taken.append(token)
        state = following
    return taken, state


def sampled(
    decoder: Runtime,
    sequence: int,
    first: int,
    *,
    temperature: float,
    uniform: Callable[[], float],
    end: int,
    max_tokens: int,
    adapter: int = -1,
    grammar: Grammar | None = None,
    encode: Callable[[str], list[int]] = lambda text: [],
    check: Callable[[], None] = lambda: None,
) -> tuple[list[int], float, bool]:
    """One answer drawn at `temperature`; under a grammar from what it admits, by rejection.

    Each draw takes one number of `uniform` ([0, 1)), so a seed fixes the answer. Tokens of text that the
    grammar forces are read in one pass with the token before them and cost no logits. The log-probability
    is that of the untempered model over the whole vocabulary, for the tokens that were drawn.
    """
    tokens: list[int] = []
    log_probability = 0.0
    state: Hashable = grammar.start() if grammar else None
    last = first
    while len(tokens) < max_tokens:
        check()
        forced, state = _forced(grammar, state, encode, max_tokens - len(tokens) - 1)
        tokens += forced
        logits = decoder.forward([last, *forced], sequence, adapters=adapter)[0]
        peak = float(logits.max())
        total = peak + float(np.log(np.exp(logits.astype(np.float64) - peak).sum()))
        drawn = logits.copy()
        while True:
            token = sample(drawn, temperature, uniform())
            if not np.isfinite(drawn[token]):
                return tokens, log_probability, False
            if grammar is None:
                break
            if token == end:
                if grammar.may_end(state):
                    break
            else:
                following = grammar.advance(state, token)
                if following is not None:
                    state = following
                    break
            drawn[token] = -np.inf
        log_probability += float(logits[token]) - total
        if token == end:
            return tokens, log_probability, True
        tokens.append(token)
        last = token
    return tokens, log_probability, False
