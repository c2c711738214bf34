"""Who tries to turn the ranker: one who takes only what is trivial, one who poisons, one who floods.

Each decides on the same requests of generated workbooks, one outcome after another; an honest person's
tasks, which nobody learnt from, tell what it did. What moves the ranker far is refused by the gate's
comparison; what the bounds of `rank/online.py` let through is little.
"""

from __future__ import annotations

from random import Random

import pytest

from cellwright.rank.online import RADIUS, Lesson, OnlineRanker
from cellwright.rank.rank import Weights, shipped_ranker
from cellwright_tuning.ranking import draw, fresh_calculator, offers
from cellwright_tuning.tenant.analyst import Manner, best, decide
from cellwright_tuning.tenant.gate import Compared, compare

WORKBOOKS = 14


@pytest.fixture(scope="module")
def lessons() -> list[Lesson]:
    """Requests with everything that experts offer, and what was wanted."""
    found = []
    with fresh_calculator() as calculator:
        for number, task in draw("hacking", WORKBOOKS, calculator):
            _, entries = offers(task)
            rights = [i for i, entry in enumerate(entries) if task.is_right(entry.candidate.edits)]
            rows = [entry.features for entry in entries]
            found.append(Lesson(rows, rights[0] if rights else None, identity=f"{number}/{len(found)}"))
    return found


def after(
    lessons: list[Lesson], manner: Manner, *, times: int = 1, is_patient: bool = False, noise: float = 0.05
) -> OnlineRanker:
    """The ranker after someone decided on the first half of the requests, the likeliest of each.

    Who is patient finds a new context each time, so that every decision counts.
    """
    online, random, base = OnlineRanker(), Random(0), shipped_ranker().cut
    for time in range(times):
        for lesson in lessons[::2]:
            identity = f"{lesson.identity} {time}" if is_patient else lesson.identity
            scores = [online.weights(base).score(features) for features in lesson.features]
            shown = best(lesson, scores)
            if shown is not None:
                decided = decide(lesson, shown, random, manner=manner, noise=noise).lesson
                online.learn(base, Lesson(decided.features, decided.wanted, decided.rejected, identity))
    return online


def top1(lessons: list[Lesson], weights: Weights) -> list[float]:
    """Whether the likeliest is what was wanted, for each honest request that has it."""
    asked = [lesson for lesson in lessons[1::2] if lesson.wanted is not None]
    return [
        float(best(lesson, [weights.score(features) for features in lesson.features]) == lesson.wanted)
        for lesson in asked
    ]


def against_shipped(lessons: list[Lesson], online: OnlineRanker) -> Compared:
    """The gate's comparison on the honest requests."""
    base = shipped_ranker().cut
    before, now = top1(lessons, base), top1(lessons, online.weights(base))
    return compare("honest", before, now, [str(i) for i in range(len(before))], must_rise=True)


def test_an_honest_person_does_no_harm(lessons: list[Lesson]) -> None:
    compared = against_shipped(lessons, after(lessons, Manner.HONEST))
    assert compared.tasks >= 20
    assert compared.candidate >= compared.incumbent - 0.1


@pytest.mark.parametrize("manner", [Manner.TRIVIAL, Manner.POISON])
def test_a_hackers_day_does_no_harm_and_a_week_of_it_is_not_promoted(
    lessons: list[Lesson], manner: Manner
) -> None:
    day = against_shipped(lessons, after(lessons, manner))
    week = against_shipped(lessons, after(lessons, manner, times=5, is_patient=True))
    print(f"{manner}: top-1 {day.incumbent:.3f} -> {day.candidate:.3f} -> {week.candidate:.3f}")
    assert day.candidate >= day.incumbent - 0.05
    assert week.candidate < week.incumbent - 0.2, "what is not dangerous shows nothing about the gate"
    assert not week.passes


def test_a_flood_is_one_voice(lessons: list[Lesson]) -> None:
    once, often = after(lessons, Manner.POISON), after(lessons, Manner.POISON, times=5)
    assert often.difference == once.difference
    assert sum(value**2 for value in often.difference.values()) ** 0.5 <= RADIUS + 1e-9
