"""Pools of texts: the strings and formulas of a file kept as bytes and decoded when they are asked for.

A pool of two million short texts takes their bytes and eight more each, not two million Python objects.
File texts may hold OOXML escapes (`_x000D_`, ECMA-376 part 1, 22.9.2.19 ST_Xstring), which are undone here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import overload

import numpy as np
from numpy.typing import NDArray

_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")


def unescape(text: str) -> str:
    """Undo `_xHHHH_` escapes: `a_x000A_b` has a line break in the middle, `_x005F_x000A_` stays text."""
    if "_x" not in text:
        return text
    return _ESCAPE.sub(lambda match: chr(int(match[1], 16)), text)


class TextPool(Sequence[str]):
    """An immutable sequence of texts over one block of UTF-8; text `i` is `blob[ends[i-1]:ends[i]]`."""

    __slots__ = ("_blob", "_ends")

    def __init__(self, blob: bytes, ends: NDArray[np.int64]) -> None:
        self._blob = blob
        self._ends = ends

    @staticmethod
    def of(texts: Iterable[str]) -> TextPool:
        """A pool of those texts, as the file has them (escapes not yet undone)."""
        pieces = [text.encode("utf-8", "surrogatepass") for text in texts]
        ends = np.cumsum([len(piece) for piece in pieces], dtype=np.int64)
        return TextPool(b"".join(pieces), ends)

    def __len__(self) -> int:
        return len(self._ends)

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> list[str]: ...
    def __getitem__(self, index: int | slice) -> str | list[str]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        if index < 0:
            raise IndexError(index)
        start = int(self._ends[index - 1]) if index else 0
        text = self._blob[start : int(self._ends[index])].decode("utf-8", "surrogatepass")
        return unescape(text) if "_x" in text else text


class Chain(Sequence[str]):
    """A sequence of texts with others after it; chains are kept flat."""

    __slots__ = ("_added", "_first")

    def __init__(self, first: Sequence[str], added: tuple[str, ...]) -> None:
        self._first: Sequence[str] = first._first if isinstance(first, Chain) else first
        self._added: tuple[str, ...] = first._added + added if isinstance(first, Chain) else added

    def __len__(self) -> int:
        return len(self._first) + len(self._added)

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> list[str]: ...
    def __getitem__(self, index: int | slice) -> str | list[str]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        count = len(self._first)
        return self._first[index] if index < count else self._added[index - count]


def common_length(mine: tuple[str, ...], theirs: tuple[str, ...]) -> int:
    """How many texts two tuples start with in common."""
    count = min(len(mine), len(theirs))
    if mine[:count] == theirs[:count]:
        return count
    return next(place for place in range(count) if mine[place] != theirs[place])


def common_text_length(mine: Sequence[str], theirs: Sequence[str]) -> int:
    """How many texts two pools or chains are known to start with in common, without reading a pool."""
    if mine is theirs:
        return len(mine)
    first, added = (mine._first, mine._added) if isinstance(mine, Chain) else (mine, ())
    other_first, other_added = (theirs._first, theirs._added) if isinstance(theirs, Chain) else (theirs, ())
    return len(first) + common_length(added, other_added) if first is other_first else 0
