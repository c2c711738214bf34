"""Finish a formula of which a beginning is typed: a language model's beams and endings by rule, ranked.

All candidates are sound (`repair_sense`) and begin with what was typed. The model scores them in one batch;
weights fitted on formulas that nobody learnt from (`logit`) then say which are meant, by the model's
log-probability, the rules that made an ending, what it repeats and what it brings anew. Works without a model
on rules alone. Not covered: what needs the workbook.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from cellwright.prompt.model import LanguageModel
from cellwright.prompt.tasks import completion_prompt

from .call_habits import call_habits
from .endings import endings
from .logit import Logit, probabilities, shipped
from .repair_rank import content_of, pieces_of
from .repair_sense import ODDITIES, is_sound, oddities
from .scoring import score_in_parts

BEAMS = 5
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
    typed_pieces, typed_content = len(pieces_of(prompt.typed)), content_of(typed)
    by_rule = {ending.text: (place, ending) for place, ending in enumerate(endings(typed))}
    beamed: dict[str, int] = {}
    if model is not None:
        for answer in model.generate(prompt, beams):
            text = prompt.read(answer.text)
            if text.startswith(prompt.typed) and is_sound(text):
                beamed.setdefault(text, len(beamed))
    found = []
    for text in dict.fromkeys([*beamed, *by_rule]):
        features = _features(text, typed_pieces, typed_content)
        if text in by_rule:
            place, ending = by_rule[text]
            features |= {"by_rule": 1.0, "by_rule_early": 1.0 / (1 + place)}
            features |= {f"rule_{rule}": 1.0 for rule in ending.rules}
        if text in beamed:
            features |= {"beamed": 1.0, "beamed_early": 1.0 / (1 + beamed[text])}
        found.append(FoundCompletion(text, features))
    if model is not None:
        scores = score_in_parts(model, prompt, [prompt.write(one.text) for one in found])
        for one, score in zip(found, scores, strict=True):
            one.features["log_probability"] = score
            one.features["log_probability_a_piece"] = score / (1 + one.features["added"])
    return found


def propose_completions(
    typed: str, model: LanguageModel | None = None, count: int = 5, weights: Logit | None = None
) -> list[Completion]:
    """At most `count` whole formulas that begin with `typed`, most likely first."""
    weights = weights or shipped(WEIGHTS, "endings" if model is None else "model")
    found = find_completions(typed, model, max(count, BEAMS))
    chances = probabilities([weights.score(completion.features) for completion in found])
    ordered = sorted(zip(chances, found, strict=True), key=lambda pair: (-pair[0], len(pair[1].text)))
    return [Completion("=" + completion.text, chance) for chance, completion in ordered[:count]]


def _features(text: str, typed_pieces: int, typed: Counter[str]) -> dict[str, float]:
    """What the text itself tells, against the content and the number of pieces of what was typed."""
    brought = content_of(text) - typed
    new = Counter({word: count for word, count in brought.items() if word not in typed})
    found = {name: float(count) for name, count in (oddities(text) + call_habits(text)).items()}
    return found | {
        "added": float(max(0, len(pieces_of(text)) - typed_pieces)),
        "new": float(new.total()),
        "repeated": float(brought.total() - new.total()),
        "odd": sum(ODDITIES.get(name, 0.0) * count for name, count in found.items()),
        "only_closed": float(not brought),
    }
