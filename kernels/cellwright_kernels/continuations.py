"""Several continuations of one sequence as one pass: beginnings that they share are computed once.

The continuations form a trie. A node is one row: it belongs to the first continuation that passes through
it, and its keys and values are copied into the sequences of the others, so that every continuation sees a
cache of its own and its results are those it would have alone, bit for bit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass
class Trie:
    """Rows in the order of a pass; `owner` and `copies` count continuations from 0."""

    tokens: list[int] = field(default_factory=list)
    """The token that a row reads."""
    depths: list[int] = field(default_factory=list)
    """How many positions after the shared sequence it stands."""
    owner: list[int] = field(default_factory=list)
    copies: list[list[int]] = field(default_factory=list)
    targets: list[list[int]] = field(default_factory=list)
    """Tokens whose log probability is wanted after a row, each once."""
    places: list[list[tuple[int, int]]] = field(default_factory=list)
    """Per continuation, whence each token's log probability comes: (row, index of target)."""


def build_trie(first: int, continuations: Sequence[Sequence[int]]) -> Trie:
    """The rows that read `first` and then each continuation but its last token, which is only a target."""
    trie = Trie()
    children: dict[tuple[int, int], int] = {}
    for index, tokens in enumerate(continuations):
        places: list[tuple[int, int]] = []
        row = -1
        for depth, target in enumerate(tokens):
            token = first if depth == 0 else tokens[depth - 1]
            found = children.get((row, token))
            if found is None:
                found = children[row, token] = len(trie.tokens)
                trie.tokens.append(token)
                trie.depths.append(depth)
                trie.owner.append(index)
                trie.copies.append([])
                trie.targets.append([])
            elif trie.owner[found] != index:
                trie.copies[found].append(index)
            row = found
            if target not in trie.targets[row]:
                trie.targets[row].append(target)
            places.append((row, trie.targets[row].index(target)))
        trie.places.append(places)
    return trie
