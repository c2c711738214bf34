"""Scoring in parts: every answer once, in its order, in requests that a cache has room for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cellwright.engine import Engine
from cellwright.prompt.tasks import repair_prompt
from cellwright.proposers.scoring import PART_ANSWERS, PART_CHARACTERS, score_in_parts
from cellwright.registry import find_model

PROMPT = repair_prompt("=SUM(A1:A9")


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with Engine.open(find_model(), threads=1) as opened:
        yield opened


def test_answers_are_scored_as_one_by_one(engine: Engine) -> None:
    answers = [f"SUM(R[0]C[0]:R[{n}]C[0])" for n in range(PART_ANSWERS + 5)]
    scores = score_in_parts(engine, PROMPT, answers)
    alone = [engine.score(PROMPT, [answer])[0] for answer in answers]
    assert scores == pytest.approx(alone, abs=1e-4)
    assert max(scores) == scores[8]


def test_long_answers_go_in_parts_of_few(engine: Engine) -> None:
    answers = [PROMPT.write("+".join(f"SUM(A{n}:A{m})" for m in range(9, 40))) for n in range(1, 13)]
    assert sum(map(len, answers)) > PART_CHARACTERS
    scores = score_in_parts(engine, PROMPT, answers)
    assert len(scores) == len(answers)
    assert scores == pytest.approx([engine.score(PROMPT, [answer])[0] for answer in answers], abs=1e-3)


def test_nothing_to_score_asks_nothing(engine: Engine) -> None:
    assert score_in_parts(engine, PROMPT, []) == []
