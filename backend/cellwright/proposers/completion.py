"""Finish a formula of which a beginning is typed, by the language model's beam search.

Only formulas that parse, call known functions and begin with what was typed are proposed. Not covered: what
needs the workbook.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from cellwright.prompt.model import LanguageModel
from cellwright.prompt.tasks import completion_prompt

from .repair_sense import is_sound

BEAMS = 12


@dataclass(frozen=True)
class Completion:
    """A whole formula with its leading `=`, and the model's probability of it given what is typed."""

    formula: str
    probability: float


def propose_completions(typed: str, model: LanguageModel, count: int = 5) -> list[Completion]:
    """At most `count` whole formulas that begin with `typed`, most likely first."""
    prompt = completion_prompt(typed)
    completions: dict[str, float] = {}
    for answer in model.generate(prompt, max(count, BEAMS)):
        text = prompt.read(answer.text)
        if text.startswith(prompt.typed) and is_sound(text):
            completions[text] = completions.get(text, 0.0) + math.exp(answer.log_probability)
    ordered = sorted(completions, key=lambda text: completions[text], reverse=True)
    return [Completion("=" + text, completions[text]) for text in ordered[:count]]
