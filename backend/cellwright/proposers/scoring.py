"""Log-probabilities of many answers, in parts that an engine's cache has room for."""

from __future__ import annotations

from collections.abc import Sequence

from cellwright.prompt.model import LanguageModel
from cellwright.prompt.tasks import Prompt

PART_ANSWERS = 32
PART_CHARACTERS = 3000


def score_in_parts(model: LanguageModel, prompt: Prompt, answers: Sequence[str]) -> list[float]:
    """Log-probability (nats) of each answer and its end."""
    scores: list[float] = []
    part: list[str] = []
    for answer in answers:
        if part and (len(part) == PART_ANSWERS or sum(map(len, part)) + len(answer) > PART_CHARACTERS):
            scores += model.score(prompt, part)
            part = []
        part.append(answer)
    return scores + (model.score(prompt, part) if part else [])
