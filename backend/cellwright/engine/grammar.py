"""What a grammar is to the engine: it says of a written answer which tokens may follow.

States are immutable and hashable, so that beams share them. `FormulaGrammar` in `formula_grammar.py` is the
one for formulas; `AnswerFilter` adapts any test on the text written so far.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Protocol

from cellwright.engine.tokenizer import TextTokenizer


class Grammar(Protocol):
    """A recogniser of answers, token by token."""

    def start(self) -> Hashable:
        """The state before the first token."""
        ...

    def advance(self, state: Hashable, token: int) -> Hashable | None:
        """The state after `token`, None where the token may not follow."""
        ...

    def may_end(self, state: Hashable) -> bool:
        """Whether the answer is whole here."""
        ...

    def forced(self, state: Hashable) -> str:
        """Text that every answer goes on with from here, as far as that is known; else empty."""
        ...


class AnswerFilter:
    """A grammar from two tests on text: whether an answer may begin so, and whether it may end so."""

    def __init__(
        self, tokenizer: TextTokenizer, admits: Callable[[str], bool], is_whole: Callable[[str], bool]
    ) -> None:
        self._tokenizer = tokenizer
        self._admits = admits
        self._is_whole = is_whole

    def start(self) -> Hashable:
        """Nothing written."""
        return ()

    def advance(self, state: Hashable, token: int) -> Hashable | None:
        """The ids written so far, and this one, where the test admits their text."""
        assert isinstance(state, tuple)
        written = (*state, token)
        return written if self._admits(self._tokenizer.decode(written)) else None

    def may_end(self, state: Hashable) -> bool:
        """Whether the text as it stands is whole."""
        assert isinstance(state, tuple)
        return self._is_whole(self._tokenizer.decode(state))

    def forced(self, state: Hashable) -> str:
        """A test on text cannot tell."""
        return ""


class Both:
    """What two grammars both admit."""

    def __init__(self, first: Grammar, second: Grammar) -> None:
        self._first = first
        self._second = second

    def start(self) -> Hashable:
        """Both starts."""
        return self._first.start(), self._second.start()

    def advance(self, state: Hashable, token: int) -> Hashable | None:
        """Both states after a token, None where either refuses it."""
        assert isinstance(state, tuple)
        first = self._first.advance(state[0], token)
        second = None if first is None else self._second.advance(state[1], token)
        return None if first is None or second is None else (first, second)

    def may_end(self, state: Hashable) -> bool:
        """Whether the answer is whole for both."""
        assert isinstance(state, tuple)
        return self._first.may_end(state[0]) and self._second.may_end(state[1])

    def forced(self, state: Hashable) -> str:
        """What either forces."""
        assert isinstance(state, tuple)
        return self._first.forced(state[0]) or self._second.forced(state[1])
