"""Small regular languages over characters, recognised step by step: what values of an edit look like.

Patterns are built from functions (`text`, `one_of`, `sequence`, `either`, `repeat`) and compiled into a
non-deterministic automaton (Thompson 1968) whose sets of states become numbered states when first met, so a
step is one look-up. Python's `re` can't say whether a beginning may still become a match.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

_Edge = tuple[frozenset[str] | None, int]
_Build = Callable[[list[list[_Edge]], int], int]
"""Adds states and edges that lead from a state on, and returns the state where the pattern ends."""


@dataclass(frozen=True)
class Pattern:
    """A language of texts; build an `Automaton` to recognise it."""

    build: _Build


def one_of(characters: Iterable[str]) -> Pattern:
    """Any one of the characters."""
    chosen = frozenset(characters)

    def build(edges: list[list[_Edge]], start: int) -> int:
        edges.append([])
        edges[start].append((chosen, len(edges) - 1))
        return len(edges) - 1

    return Pattern(build)


def text(literal: str) -> Pattern:
    """Exactly this text."""
    return sequence(*(one_of(character) for character in literal))


def sequence(*parts: Pattern) -> Pattern:
    """One part after another."""

    def build(edges: list[list[_Edge]], start: int) -> int:
        for part in parts:
            start = part.build(edges, start)
        return start

    return Pattern(build)


def either(*parts: Pattern) -> Pattern:
    """Any one of the parts."""

    def build(edges: list[list[_Edge]], start: int) -> int:
        edges.append([])
        end = len(edges) - 1
        for part in parts:
            edges[part.build(edges, start)].append((None, end))
        return end

    return Pattern(build)


def words(*literals: str) -> Pattern:
    """Any one of the texts."""
    return either(*(text(literal) for literal in literals))


def repeat(part: Pattern, least: int, most: int) -> Pattern:
    """The part, `least` to `most` times."""

    def build(edges: list[list[_Edge]], start: int) -> int:
        for _ in range(least):
            start = part.build(edges, start)
        skips = [start]
        for _ in range(most - least):
            start = part.build(edges, start)
            skips.append(start)
        for skipped in skips[:-1]:
            edges[skipped].append((None, start))
        return start

    return Pattern(build)


class Automaton:
    """Recognises a pattern; states are numbers, 0 is the start."""

    def __init__(self, pattern: Pattern) -> None:
        self._edges: list[list[_Edge]] = [[]]
        self._end = pattern.build(self._edges, 0)
        start = self._closure({0})
        self._numbers = {start: 0}
        self._sets = [start]
        self._steps: list[dict[str, int | None]] = [{}]

    def step(self, state: int, character: str) -> int | None:
        """The state after a character, None where no text of the language goes on so."""
        known = self._steps[state]
        if character not in known:
            known[character] = self._next(state, character)
        return known[character]

    def accepts(self, state: int) -> bool:
        """Whether what led here is a whole text of the language."""
        return self._end in self._sets[state]

    def _next(self, state: int, character: str) -> int | None:
        reached = {
            target
            for place in self._sets[state]
            for characters, target in self._edges[place]
            if characters is not None and character in characters
        }
        if not reached:
            return None
        closed = self._closure(reached)
        if closed not in self._numbers:
            self._numbers[closed] = len(self._sets)
            self._sets.append(closed)
            self._steps.append({})
        return self._numbers[closed]

    def _closure(self, places: set[int]) -> frozenset[int]:
        open_places, found = list(places), set(places)
        while open_places:
            for characters, target in self._edges[open_places.pop()]:
                if characters is None and target not in found:
                    found.add(target)
                    open_places.append(target)
        return frozenset(found)
