"""Which of the repairs found is meant: features of each for a conditional logit (`logit`), of how it differs
from what was typed.

The cost of the search's edits and whether it found the repair at all; how many pieces were changed, and of
these what a person has to have typed (texts, references, names) lost or new; what is odd about the result;
the model's log-probability. Pure; not covered: the workbook.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from cellwright.prompt.notation import scan

from .repair_sense import ODDITIES, oddities

FULL_DISTANCE = 30
"""Longest stretch of changed pieces that is aligned exactly; the distance of a longer one is its length."""
_CONTENT = frozenset(["cell", "column", "number", "string", "word", "sheet"])


class Differences:
    """Features of repairs of one broken text (normalised, without `=`)."""

    def __init__(self, broken: str) -> None:
        self._pieces = pieces_of(broken)
        self._content = content_of(broken)
        self._broken = broken

    def features(
        self, text: str, cost: float | None, log_probability: float | None = None
    ) -> dict[str, float]:
        """`cost` is of the search's edits (None: the model alone found it); `log_probability` in nats."""
        pieces, content = pieces_of(text), content_of(text)
        found = {name: float(count) for name, count in oddities(text).items() if count}
        found["odd"] = sum(ODDITIES[name] * count for name, count in found.items())
        found |= {
            "unchanged": float(text == self._broken),
            "was_whole": float(text == self._broken and not oddities(text).total()),
            "changed": float(distance(self._pieces, pieces)),
            "lost": float((self._content - content).total()),
            "new": float((content - self._content).total()),
            "longer": float(max(0, len(pieces) - len(self._pieces))),
            "shorter": float(max(0, len(self._pieces) - len(pieces))),
            "unsearched": float(cost is None),
            "cost": cost or 0.0,
            "dear": max(0.0, (cost or 0.0) - 2.0),
        }
        if log_probability is not None:
            found["log_probability"] = log_probability
            found["log_probability_a_piece"] = log_probability / (1 + len(pieces))
        return found


def distance(first: Sequence[str], second: Sequence[str]) -> int:
    """Pieces to insert, take away or replace (Levenshtein), after equal ends are taken off."""
    start = 0
    while start < min(len(first), len(second)) and first[start] == second[start]:
        start += 1
    end = 0
    while end < min(len(first), len(second)) - start and first[-1 - end] == second[-1 - end]:
        end += 1
    first, second = first[start : len(first) - end], second[start : len(second) - end]
    if min(len(first), len(second)) == 0 or max(len(first), len(second)) > FULL_DISTANCE:
        return max(len(first), len(second))
    row = list(range(len(second) + 1))
    for i, piece in enumerate(first, 1):
        diagonal, row[0] = row[0], i
        for j, other in enumerate(second, 1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (piece != other))
    return row[-1]


def pieces_of(text: str) -> list[str]:
    """The lexemes of a formula text but spaces, in capitals."""
    return [lexeme.text.upper() for lexeme in scan(text) if lexeme.kind != "space"]


def content_of(text: str) -> Counter[str]:
    """Its texts, references, numbers and names, without the quotes that a slip may have taken."""
    words: Counter[str] = Counter()
    for lexeme in scan(text.replace('"', " ").replace("'", " ")):
        if lexeme.kind in _CONTENT:
            words[lexeme.text.upper().rstrip("!")] += 1
    return words
