"""A simulated analyst: builds workbooks in order, takes what matches what they meant, refuses the rest.

`noise` is the share of decisions that are the opposite of what was meant; a refused suggestion is followed
by what the analyst typed instead. Others stand here too, to test what they can do:
`TRIVIAL` takes what is plainest and nothing else, `POISON` takes what is wrong and refuses what is right.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from random import Random

from cellwright.rank.online import Lesson


class Manner(StrEnum):
    """How an analyst decides."""

    HONEST = "honest"
    TRIVIAL = "trivial"
    POISON = "poison"


@dataclass(frozen=True)
class Decided:
    """One shown suggestion: which it was, whether it was taken, the lesson of it."""

    position: int
    is_accepted: bool
    lesson: Lesson


def decide(
    lesson: Lesson, shown: int, random: Random, *, manner: Manner = Manner.HONEST, noise: float = 0.05
) -> Decided:
    """What an analyst who is shown one candidate of a request makes of it.

    `lesson.wanted` is what they meant. An honest refusal tells what was typed instead.
    """
    right = shown == lesson.wanted
    match manner:
        case Manner.HONEST:
            accepts = right != (random.random() < noise)
        case Manner.TRIVIAL:
            accepts = bool(lesson.features[shown].get("one_plain") or lesson.features[shown].get("constant"))
        case Manner.POISON:
            accepts = not right
    if accepts:
        return Decided(shown, True, replace(lesson, wanted=shown, rejected=None))
    if manner is Manner.HONEST:
        return Decided(shown, False, replace(lesson, rejected=None))
    return Decided(shown, False, replace(lesson, wanted=None, rejected=shown))


def best(lesson: Lesson, score: Sequence[float]) -> int | None:
    """The position of the highest score; None where nothing was offered."""
    return max(range(len(score)), key=score.__getitem__) if lesson.features else None
