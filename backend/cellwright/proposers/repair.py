"""Repair a broken formula: parser error recovery finds formulas nearby, a language model ranks and adds.

Search: best first over single edits (`repair_edits`), cheapest total cost first, until enough texts parse.
A candidate must parse and call known functions only. With a model, its own answers join the candidates and
every candidate is scored by log P(right | broken) in one batch; the cost of the edits breaks near ties.
Works without a model, on costs alone. Not covered: what needs the workbook (which sheet, which range).
"""

from __future__ import annotations

import heapq
import math
from dataclasses import dataclass

from cellwright.errors import FormulaSyntaxError
from cellwright.formula import nodes, parse, walk
from cellwright.prompt.model import LanguageModel
from cellwright.prompt.notation import normalise
from cellwright.prompt.tasks import repair_prompt
from cellwright.prompt.vocabulary import function_names

from .repair_edits import edits

MAX_EXPANDED = 60
MAX_PARSED = 4000
MAX_COST = 6.0
MAX_FOUND = 48
BEAMS = 10
COST_WEIGHT = 0.15


@dataclass(frozen=True)
class Repair:
    """A formula that may be meant; `cost` is of its edits (None where only the model found it)."""

    formula: str
    probability: float
    cost: float | None


def is_sound(text: str) -> bool:
    """Whether a formula text parses and calls only functions that we know."""
    return _trouble(text) is None


def _trouble(text: str) -> int | None:
    """Where the parser stopped, or an unknown function begins (offset without `=`); None where it is sound."""
    if not text.strip():
        return 0
    try:
        formula = parse("=" + text)
    except FormulaSyntaxError as error:
        return max(0, error.position - 1)
    known = function_names()
    for node in walk(formula.root):
        if isinstance(node, nodes.FunctionCall) and node.name not in known:
            return max(0, node.start - 1)
    return None


def search(broken: str) -> dict[str, float]:
    """Sound texts near `broken` (normalised, without `=`) with the cost of their edits, cheapest first."""
    found: dict[str, float] = {}
    best = {broken: 0.0}
    queue: list[tuple[float, str]] = [(0.0, broken)]
    expanded = 0
    while queue and expanded < MAX_EXPANDED and len(best) < MAX_PARSED and len(found) < MAX_FOUND:
        cost, text = heapq.heappop(queue)
        if cost > best.get(text, math.inf):
            continue
        stop = _trouble(text)
        if stop is None:
            found.setdefault(text, cost)
            if text != broken:
                continue
            stop = len(text)
        expanded += 1
        for edited, price in edits(text, stop):
            candidate = normalise(edited)
            total = cost + price
            if total <= MAX_COST and candidate and total < best.get(candidate, math.inf):
                best[candidate] = total
                heapq.heappush(queue, (total, candidate))
    return found


def propose_repairs(broken: str, count: int = 5, model: LanguageModel | None = None) -> list[Repair]:
    """At most `count` repairs, most likely first, each with a leading `=`; all of them parse.

    A formula that is sound already is its own first repair where nothing better is found.
    """
    normal = normalise(broken)
    costs = search(normal)
    if model is None:
        weights = {text: math.exp(-cost) for text, cost in costs.items()}
        total = sum(weights.values()) + math.exp(-MAX_COST)
        ranked = sorted(weights, key=lambda text: (-weights[text], len(text)))
        return [Repair("=" + text, weights[text] / total, costs[text]) for text in ranked[:count]]
    prompt = repair_prompt(broken)
    texts = dict.fromkeys(costs)
    for answer in model.generate(prompt, BEAMS):
        text = prompt.read(answer.text)
        if is_sound(text):
            texts.setdefault(text)
    candidates = list(texts)
    scores = model.score(prompt, [prompt.write(text) for text in candidates])
    ranks = {
        text: score - COST_WEIGHT * costs.get(text, MAX_COST)
        for text, score in zip(candidates, scores, strict=True)
    }
    likely = dict(zip(candidates, scores, strict=True))
    ordered = sorted(candidates, key=lambda text: ranks[text], reverse=True)
    return [Repair("=" + text, math.exp(likely[text]), costs.get(text)) for text in ordered[:count]]
