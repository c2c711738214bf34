"""Which rows (or columns) of one version of a sheet are which of another, after insertions and deletions.

Lines are compared as wholes: equal beginnings and ends are taken off, lines that occur once on both sides are
matched in order (the anchors of patience diff, Bram Cohen), and between anchors Python's SequenceMatcher
finds the longest runs. Changed lines in between pair up by how many cells they share (the best alignment,
Needleman and Wunsch 1970), or in order where there are too many of them.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

_MAX_MATCHED = 4_000
_MAX_PAIRED = 80
_MIN_SHARED = 0.3

Line = tuple[Hashable, ...]
"""What a line holds: (place, content) of each filled cell, in order."""


@dataclass(frozen=True, slots=True)
class Block:
    """Lines `at` .. `at + count - 1`: of the new version where inserted, of the old one where deleted."""

    at: int
    count: int


@dataclass(frozen=True)
class Alignment:
    """Old line -> new line; `inserted` and `deleted` are blocks of lines, in order, that moved what follows.

    Lines that the new version has at its very end are in none of the three; old ones there are paired with
    the (perhaps blank) lines where they would stand.
    """

    pairs: tuple[tuple[int, int], ...]
    inserted: tuple[Block, ...]
    deleted: tuple[Block, ...]

    @property
    def is_identity(self) -> bool:
        """Nothing was put in or taken out."""
        return not self.inserted and not self.deleted


def align(old: Sequence[Line], new: Sequence[Line]) -> Alignment:
    """Align two versions of the lines of a sheet."""
    numbers: dict[Line, int] = {}
    old_ids = [numbers.setdefault(line, len(numbers)) for line in old]
    new_ids = [numbers.setdefault(line, len(numbers)) for line in new]
    pairs: list[tuple[int, int]] = []
    last_old = last_new = 0
    for old_at, new_at in [*_matches(old_ids, new_ids), (len(old), len(new))]:
        pairs += _changed(old[last_old:old_at], new[last_new:new_at], last_old, last_new)
        if old_at < len(old):
            pairs.append((old_at, new_at))
        last_old, last_new = old_at + 1, new_at + 1
    deleted = sorted(set(range(len(old))).difference(pair[0] for pair in pairs))
    inserted = sorted(set(range(len(new))).difference(pair[1] for pair in pairs))
    # Lines at the end push nothing aside: new ones were written there, old ones cleared where they stood.
    end = len(new)
    while inserted and inserted[-1] == end - 1:
        end = inserted.pop()
    cleared = len(old)
    while deleted and deleted[-1] == cleared - 1:
        cleared = deleted.pop()
    pairs += [(line, end + line - cleared) for line in range(cleared, len(old))]
    return Alignment(tuple(pairs), tuple(_blocks(inserted)), tuple(_blocks(deleted)))


def _blocks(lines: list[int]) -> Iterator[Block]:
    start = 0
    for index in range(1, len(lines) + 1):
        if index == len(lines) or lines[index] != lines[index - 1] + 1:
            yield Block(lines[start], index - start)
            start = index


def _changed(old: Sequence[Line], new: Sequence[Line], old_from: int, new_from: int) -> list[tuple[int, int]]:
    """Pair the lines of a gap in which no line equals another."""
    if len(old) == len(new) or not old or not new or max(len(old), len(new)) > _MAX_PAIRED:
        return [(old_from + index, new_from + index) for index in range(min(len(old), len(new)))]
    score = [[0.0] * (len(new) + 1) for _ in range(len(old) + 1)]
    shared = [[_share(a, b) for b in new] for a in old]
    for row in range(len(old) - 1, -1, -1):
        for column in range(len(new) - 1, -1, -1):
            paired = shared[row][column] + score[row + 1][column + 1] if shared[row][column] else 0.0
            score[row][column] = max(paired, score[row + 1][column], score[row][column + 1])
    pairs: list[tuple[int, int]] = []
    row = column = 0
    while row < len(old) and column < len(new):
        if shared[row][column] and score[row][column] == shared[row][column] + score[row + 1][column + 1]:
            pairs.append((old_from + row, new_from + column))
            row, column = row + 1, column + 1
        elif score[row][column] == score[row + 1][column]:
            row += 1
        else:
            column += 1
    return pairs


def _share(a: Line, b: Line) -> float:
    """The share of cells that two lines have in common, 0 where it is too little to call them one line."""
    if not a or not b:
        return 0.0
    share = len(set(a) & set(b)) / max(len(a), len(b))
    return share if share >= _MIN_SHARED else 0.0


def _matches(old: Sequence[int], new: Sequence[int]) -> list[tuple[int, int]]:
    start = 0
    while start < min(len(old), len(new)) and old[start] == new[start]:
        start += 1
    end = 0
    while end < min(len(old), len(new)) - start and old[-1 - end] == new[-1 - end]:
        end += 1
    found = [(index, index) for index in range(start)]
    found += _between(old, new, start, len(old) - end, start, len(new) - end)
    return found + [(len(old) - index, len(new) - index) for index in range(end, 0, -1)]


def _between(
    old: Sequence[int], new: Sequence[int], old_from: int, old_to: int, new_from: int, new_to: int
) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    last_old, last_new = old_from, new_from
    for anchor_old, anchor_new in [
        *_anchors(old[old_from:old_to], new[new_from:new_to], old_from, new_from),
        (old_to, new_to),
    ]:
        if max(anchor_old - last_old, anchor_new - last_new) <= _MAX_MATCHED:
            matcher = SequenceMatcher(
                None, old[last_old:anchor_old], new[last_new:anchor_new], autojunk=False
            )
            for block in matcher.get_matching_blocks():
                found += [(last_old + block.a + i, last_new + block.b + i) for i in range(block.size)]
        if anchor_old < old_to:
            found.append((anchor_old, anchor_new))
        last_old, last_new = anchor_old + 1, anchor_new + 1
    return found


def _anchors(old: Sequence[int], new: Sequence[int], old_from: int, new_from: int) -> list[tuple[int, int]]:
    """Lines that occur once in both, in the longest order that both share."""
    in_old, in_new = Counter(old), Counter(new)
    at_new = {line: index for index, line in enumerate(new) if in_new[line] == 1}
    unique = [(index, at_new[line]) for index, line in enumerate(old) if in_old[line] == 1 and line in at_new]
    tails: list[int] = []  # tails[k]: the last new index of the best rising run of length k + 1
    tail_at: list[int] = []
    before: list[int] = []
    for position, (_, index) in enumerate(unique):
        length = bisect_left(tails, index)
        before.append(tail_at[length - 1] if length else -1)
        if length == len(tails):
            tails.append(index)
            tail_at.append(position)
        else:
            tails[length], tail_at[length] = index, position
    chosen: list[tuple[int, int]] = []
    position = tail_at[-1] if tail_at else -1
    while position >= 0:
        chosen.append((unique[position][0] + old_from, unique[position][1] + new_from))
        position = before[position]
    return chosen[::-1]
