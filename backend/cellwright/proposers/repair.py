"""Repair a broken formula: parser error recovery finds formulas nearby, a language model ranks and adds.

Search: best first over single edits (`repair_edits`), cheapest total cost first, until enough texts parse.
A candidate must parse and call known functions with enough arguments. With a model, its own answers join the
candidates and all are scored by log P(right | broken) in one batch; the rank is a weighted sum of both.
Works without a model, on costs alone. Not covered: what needs the workbook (which sheet, which range).
"""

from __future__ import annotations

import heapq
import math
from dataclasses import dataclass

from cellwright.errors import FormulaSyntaxError
from cellwright.formula import nodes, parse, walk
from cellwright.formula.functions import ArgumentKind, known_function
from cellwright.prompt.model import LanguageModel
from cellwright.prompt.notation import normalise
from cellwright.prompt.tasks import repair_prompt

from .repair_edits import edits

MAX_EXPANDED = 200
MAX_PARSED = 600
MAX_COST = 6.0
MAX_FOUND = 80
BEAMS = 10
# How much a nat of the model's log-probability counts against a unit of cost; the cost of the unsearched.
MODEL_WEIGHT = 0.3
UNSEARCHED_COST = 8.0
_REFERENCES = (
    nodes.ReferenceNode,
    nodes.StructuredReference,
    nodes.Name,
    nodes.FunctionCall,
    nodes.Spill,
    nodes.Paren,
    nodes.Empty,
)
_SINGLE = (nodes.ReferenceNode, nodes.Number, nodes.String, nodes.FunctionCall)


@dataclass(frozen=True)
class Repair:
    """A formula that may be meant; `cost` is of its edits (None where only the model found it)."""

    formula: str
    probability: float
    cost: float | None


def is_sound(text: str) -> bool:
    """Whether a formula text parses and calls only known functions, with arguments of a right count."""
    return _trouble(text) is None


def _trouble(text: str) -> int | None:
    """Where the parser stopped or a call is wrong (offset without `=`); None: sound."""
    if not text.strip():
        return 0
    try:
        formula = parse("=" + text)
    except FormulaSyntaxError as error:
        return max(0, error.position - 1)
    for node in walk(formula.root):
        if isinstance(node, nodes.Name) and known_function(node.name):
            return max(0, node.end - 1)
        if isinstance(node, nodes.FunctionCall):
            function = known_function(node.name)
            if function is None:
                return max(0, node.start - 1)
            if not function.min_arguments <= len(node.arguments) <= function.max_arguments:
                return max(0, node.end - 2)
    return None


def oddness(text: str) -> float:
    """How unlikely a sound text is as a formula, as a cost: a value where a function needs a range, empty
    arguments, names nobody has defined, brackets round single things."""
    cost = 0.0
    for node in walk(parse("=" + text).root):
        if isinstance(node, nodes.FunctionCall):
            function = known_function(node.name)
            for i, argument in enumerate(node.arguments):
                kind = function.kind(i) if function else None
                if kind is ArgumentKind.RANGE and not isinstance(argument, _REFERENCES):
                    cost += 1.5
                cost += 0.8 * isinstance(argument, nodes.Empty)
        elif isinstance(node, nodes.Paren):
            cost += 1.0 if isinstance(node.operand, _SINGLE) else 0.0
            cost += 1.5 if isinstance(node.operand, nodes.Binary) and node.operand.operator == "," else 0.0
        elif isinstance(node, nodes.StructuredReference):
            cost += 3.0 if known_function(node.table or "") else 0.5
        elif isinstance(node, nodes.Name):
            cost += 1.0
        elif isinstance(node, nodes.Binary) and node.operator == " ":
            cost += 2.0
    return cost


def search(broken: str) -> dict[str, float]:
    """Sound texts near `broken` (normalised, without `=`) with the cost of their edits and their oddness."""
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
        stop = _trouble(text)
        if stop is None:
            found[text] = cost + oddness(text)
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


def propose_repairs(broken: str, count: int = 5, model: LanguageModel | None = None) -> list[Repair]:
    """At most `count` repairs, most likely first, each with a leading `=`; all of them parse.

    A formula that is sound already is its own first repair where nothing better is found.
    """
    costs = search(normalise(broken))
    ranks = {text: -cost for text, cost in costs.items()}
    if model is not None:
        prompt = repair_prompt(broken)
        for answer in model.generate(prompt, BEAMS):
            text = prompt.read(answer.text)
            if is_sound(text):
                ranks.setdefault(text, -UNSEARCHED_COST)
        scores = model.score(prompt, [prompt.write(text) for text in ranks])
        for text, score in zip(ranks, scores, strict=True):
            ranks[text] += MODEL_WEIGHT * score
    if not ranks:
        return []
    best = max(ranks.values())
    # Doubt that none is right weighs as much as an edit of the greatest cost.
    total = sum(math.exp(rank - best) for rank in ranks.values()) + math.exp(-MAX_COST)
    ordered = sorted(ranks, key=lambda text: (-ranks[text], len(text)))
    return [
        Repair("=" + text, math.exp(ranks[text] - best) / total, costs.get(text)) for text in ordered[:count]
    ]
