"""Which of the repairs found is meant: features of each for a conditional logit (`logit`), of how it differs
from what was typed.

The cost of the search's edits and whether it found the repair at all; how many pieces were changed, and of
these what a person has to have typed (texts, references, names) lost or new; which groups in brackets that
the person closed are still there; what is odd about the result and how its calls are written (`call_habits`);
the model's log-probability. Pure; not covered: the workbook.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from cellwright.formula.functions import known_function
from cellwright.prompt.notation import normalise, scan

from .call_habits import call_habits
from .repair_sense import ODDITIES, is_sound, oddities, singles

FULL_DISTANCE = 30
"""Longest stretch of changed pieces that is aligned exactly; the distance of a longer one is its length."""
_GROUP = re.compile(r"\([^()]+\)")
_CONTENT = frozenset(["cell", "column", "number", "string", "word", "sheet"])


class Differences:
    """Features of repairs of one broken text."""

    def __init__(self, typed: str) -> None:
        """`typed` as a person typed it; what is right but for its spaces was wrong all the same."""
        self._broken = normalise(typed)
        self._pieces = pieces_of(self._broken)
        self._content = content_of(self._broken)
        self._groups = _groups(self._broken)
        self._words = _words(self._broken)
        self._squeezed = self._broken.replace(" ", "")
        self._is_sound = is_sound(typed.strip().removeprefix("=").strip())

    def features(
        self, text: str, cost: float | None, log_probability: float | None = None
    ) -> dict[str, float]:
        """`cost` is of the search's edits (None: the model alone found it); `log_probability` in nats."""
        pieces, content = pieces_of(text), content_of(text)
        found = {name: float(count) for name, count in oddities(text).items() if count}
        is_odd, is_same = bool(found), text == self._broken
        found["odd"] = sum(ODDITIES[name] * count for name, count in found.items())
        found |= {name: float(count) for name, count in call_habits(text).items()}
        words = _words(text)
        quoted = sum((self._words - words).values())
        kept = _groups(text)
        found |= {
            "unchanged": float(is_same and self._is_sound),
            "was_whole": float(is_same and self._is_sound and not is_odd),
            "respaced": float(is_same and not self._is_sound),
            "only_spaces": float(text.replace(" ", "") == self._squeezed),
            "changed": float(distance(self._pieces, pieces)),
            "lost": float((self._content - content).total()),
            "new": float((content - self._content).total()),
            "longer": float(max(0, len(pieces) - len(self._pieces))),
            "shorter": float(max(0, len(self._pieces) - len(pieces))),
            "lost_groups": float((self._groups - kept).total()),
            "singles_as_typed": float(sum(single in self._broken for single in singles(text))),
            "dollars_lost": float(max(0, self._broken.count("$") - text.count("$"))),
            "names_gone": float(quoted),
            "names_gone_beside_names": float(quoted and words.total() > 0),
            "unsearched": float(cost is None),
            "cost": cost or 0.0,
            "dear": max(0.0, (cost or 0.0) - 2.0),
        }
        if log_probability is not None:
            found["log_probability"] = log_probability
            found["log_probability_a_piece"] = log_probability / (1 + len(pieces))
        return found


def _groups(text: str) -> Counter[str]:
    """What its innermost brackets hold, operators and quotes left out."""
    return Counter(
        " ".join(
            lexeme.text.upper()
            for lexeme in scan(group.replace('"', " "))
            if lexeme.kind in _CONTENT or lexeme.text in ",:"
        )
        for group in _GROUP.findall(text)
    )


def _words(text: str) -> Counter[str]:
    """Its bare words that are no functions: names, or texts without their quotes."""
    lexemes = [lexeme for lexeme in scan(text) if lexeme.kind != "space"]
    return Counter(
        lexeme.text.upper()
        for i, lexeme in enumerate(lexemes)
        if lexeme.kind == "word"
        and known_function(lexeme.text) is None
        and (i + 1 == len(lexemes) or lexemes[i + 1].text != "(")
    )


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
