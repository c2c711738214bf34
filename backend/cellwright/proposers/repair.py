"""Repair a broken formula: parser error recovery finds formulas nearby, a language model adds its own.

Search: best first over single edits (`repair_edits`), cheapest total cost first, until enough texts are
sound (`repair_sense`). With a model, its answers join the candidates and all are scored by
log P(right | broken) in one batch. What is meant among them is said by weights fitted on generated slips
(`repair_rank`). Works without a model. Not covered: what needs the workbook (which sheet, which range).
"""

from __future__ import annotations

import heapq
import math
from dataclasses import dataclass

from cellwright.prompt.model import LanguageModel
from cellwright.prompt.notation import normalise
from cellwright.prompt.tasks import repair_prompt

from .logit import Logit, probabilities, shipped
from .repair_edits import edits
from .repair_rank import Differences
from .repair_sense import is_sound, trouble
from .scoring import score_in_parts

MAX_EXPANDED = 200
MAX_PARSED = 600
MAX_COST = 6.0
MAX_FOUND = 80
BEAMS = 4
WEIGHTS = "repair_weights.toml"


@dataclass(frozen=True)
class Repair:
    """A formula that may be meant; `cost` is of its edits (None where only the model found it)."""

    formula: str
    probability: float
    cost: float | None


def search(broken: str) -> dict[str, float]:
    """Sound texts near `broken` (normalised, without `=`) with the cost of their edits."""
    found: dict[str, float] = {}
    seen: set[str] = set()
    queued = {broken: 0.0}
    queue: list[tuple[float, str]] = [(0.0, broken)]
    expanded = 0
    while queue and expanded < MAX_EXPANDED and len(seen) < MAX_PARSED and len(found) < MAX_FOUND:
        cost, edited = heapq.heappop(queue)
        text = normalise(edited)
        if not text or text in seen:
            continue
        seen.add(text)
        stop = trouble(text)
        if stop is None:
            found[text] = cost
            if text != broken:
                continue
            stop = len(text)
        expanded += 1
        for candidate, price in edits(text, stop):
            total = cost + price
            if total <= MAX_COST and total < queued.get(candidate, math.inf):
                queued[candidate] = total
                heapq.heappush(queue, (total, candidate))
    return found


@dataclass(frozen=True)
class Found:
    """A sound text near a broken one with its features; `cost` None: only the model found it."""

    text: str
    cost: float | None
    features: dict[str, float]


def find_repairs(broken: str, model: LanguageModel | None = None) -> list[Found]:
    """All candidates of the search and, with a model, of its beams; every one is sound."""
    normal = normalise(broken)
    differences = Differences(broken)
    costs: dict[str, float | None] = dict(search(normal))
    if model is None:
        return [Found(text, cost, differences.features(text, cost)) for text, cost in costs.items()]
    prompt = repair_prompt(broken)
    for answer in model.generate(prompt, BEAMS):
        text = prompt.read(answer.text)
        if is_sound(text):
            costs.setdefault(text, None)
    scores = score_in_parts(model, prompt, [prompt.write(text) for text in costs])
    return [
        Found(text, cost, differences.features(text, cost, score))
        for (text, cost), score in zip(costs.items(), scores, strict=True)
    ]


def propose_repairs(
    broken: str, count: int = 5, model: LanguageModel | None = None, weights: Logit | None = None
) -> list[Repair]:
    """At most `count` repairs, most likely first, each with a leading `=`; all of them parse.

    A formula that is sound already is its own first repair where nothing better is found.
    """
    weights = weights or shipped(WEIGHTS, "search" if model is None else "model")
    found = find_repairs(broken, model)
    chances = probabilities([weights.score(repair.features) for repair in found])
    ordered = sorted(zip(chances, found, strict=True), key=lambda pair: (-pair[0], len(pair[1].text)))
    return [Repair("=" + repair.text, chance, repair.cost) for chance, repair in ordered[:count]]
