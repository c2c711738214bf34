"""Finish a formula of which a beginning is typed: a language model's beams and endings by rule, ranked.

All candidates are sound (`repair_sense`) and begin with what was typed. The model scores them in one batch;
weights fitted on generated formulas (`logit`) then say which are meant, by the model's log-probability, by
what an ending repeats and what it brings anew. Works without a model on rules alone. Not covered: what needs
the workbook.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from cellwright.prompt.model import LanguageModel
from cellwright.prompt.tasks import Prompt, completion_prompt

from .endings import endings
from .logit import Logit, probabilities, shipped
from .repair_rank import content_of, pieces_of
from .repair_sense import is_sound, oddness
from .scoring import score_in_parts

BEAMS = 12
WEIGHTS = "completion_weights.toml"


@dataclass(frozen=True)
class Completion:
    """A whole formula with its leading `=`, and the probability that it is what will be typed."""

    formula: str
    probability: float


@dataclass(frozen=True)
class FoundCompletion:
    """A whole formula (normalised, without `=`) with the features that rank it."""

    text: str
    features: dict[str, float]


def find_completions(
    typed: str, model: LanguageModel | None = None, beams: int = BEAMS
) -> list[FoundCompletion]:
    """The model's beams and the endings by rule, each text once."""
    prompt = completion_prompt(typed)
    by_rule = {text: place for place, text in enumerate(endings(typed))}
    scores: dict[str, float | None] = dict.fromkeys(by_rule)
    if model is not None:
        beamed: list[str] = []
        for answer in model.generate(prompt, beams):
            text = prompt.read(answer.text)
            if text.startswith(prompt.typed) and is_sound(text) and text not in beamed:
                beamed.append(text)
        texts = list(dict.fromkeys([*beamed, *by_rule]))
        scored = score_in_parts(model, prompt, [prompt.write(text) for text in texts])
        scores = dict(zip(texts, scored, strict=True))
    content = content_of(typed)
    return [
        FoundCompletion(text, _features(text, prompt, content, by_rule.get(text), score))
        for text, score in scores.items()
    ]


def propose_completions(
    typed: str, model: LanguageModel | None = None, count: int = 5, weights: Logit | None = None
) -> list[Completion]:
    """At most `count` whole formulas that begin with `typed`, most likely first."""
    weights = weights or shipped(WEIGHTS, "endings" if model is None else "model")
    found = find_completions(typed, model, max(count, BEAMS))
    chances = probabilities([weights.score(completion.features) for completion in found])
    ordered = sorted(zip(chances, found, strict=True), key=lambda pair: (-pair[0], len(pair[1].text)))
    return [Completion("=" + completion.text, chance) for chance, completion in ordered[:count]]


def _features(
    text: str, prompt: Prompt, typed: Counter[str], place: int | None, log_probability: float | None
) -> dict[str, float]:
    """`place` is among the endings by rule (None: only the model has it); `log_probability` in nats."""
    added = len(pieces_of(text)) - len(pieces_of(prompt.typed))
    brought = content_of(text) - typed
    new = Counter({word: count for word, count in brought.items() if word not in typed})
    found = {
        "added": float(max(0, added)),
        "new": float(new.total()),
        "repeated": float(brought.total() - new.total()),
        "odd": oddness(text),
        "only_closed": float(not brought),
    }
    if place is not None:
        found |= {"by_rule": 1.0, "by_rule_early": 1.0 / (1 + place)}
    if log_probability is not None:
        found |= {
            "log_probability": log_probability,
            "log_probability_a_piece": log_probability / (1 + max(0, added)),
        }
    return found
