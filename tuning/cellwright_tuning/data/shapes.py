"""Draws formulas from the counts of `statistics.json`, a probabilistic context-free grammar of real use.

It knows what stands where in real formulas (which function inside which argument), not their text: places
and constants come from the scene. A reference of the same shape is often written again, as people do.
"""

from __future__ import annotations

from bisect import bisect
from collections import defaultdict
from collections.abc import Mapping
from functools import cache
from itertools import accumulate
from random import Random
from typing import Any

from cellwright.prompt.vocabulary import function_names

from .scene import Scene
from .statistics import LAST_ARGUMENT, shipped_statistics

ROOT = "root#0"
REPEAT = 0.3
_STYLES = {"rr": "plain", "ar": "fixed_column", "ra": "fixed_row", "aa": "fixed"}
_LEAVES_DROPPED = frozenset({"arrayconstant", "call", "spill", "implicitintersection", "error"})


class Table:
    """Weighted choice among shapes, all of them or only those without children."""

    def __init__(self, weights: Mapping[str, float]) -> None:
        self._all = _cumulative(weights)
        leaves = {shape: weight for shape, weight in weights.items() if is_leaf(shape)}
        self._leaves = _cumulative(leaves or {"number": 1.0, "cell:rr": 2.0})

    def draw(self, random: Random, leaf: bool) -> str:
        shapes, sums = self._leaves if leaf else self._all
        return shapes[bisect(sums, random.random() * sums[-1])]


def _cumulative(weights: Mapping[str, float]) -> tuple[list[str], list[float]]:
    return list(weights), list(accumulate(weights.values()))


def is_leaf(shape: str) -> bool:
    """Whether nothing stands under a node of this shape."""
    return shape[:2] not in {"f:", "b:", "u:"} and shape not in {"paren", "percent"}


class Shapes:
    """The grammar of counts; `functions` limits calls to names that the tokenizer knows."""

    def __init__(self, tables: Mapping[str, Any], functions: frozenset[str]) -> None:
        places: dict[str, dict[str, float]] = {}
        constants: dict[str, float] = defaultdict(float)
        for table in tables.values():
            share = 1.0 / table["formulas"]
            for place, shapes in table["places"].items():
                counter = places.setdefault(place, defaultdict(float))
                for shape, n in shapes.items():
                    if shape not in _LEAVES_DROPPED and _is_known(shape, functions):
                        counter[shape] += n * share
            for text, n in table["constants"].items():
                constants[text] += n * share
        # Roots are flattened (square root), so that rarer functions are learnt too.
        places[ROOT] = {shape: weight**0.5 for shape, weight in places[ROOT].items()}
        self._tables = {place: Table(counter) for place, counter in places.items() if counter}
        self._constants = Table(constants)

    def draw(self, scene: Scene, random: Random, budget: int) -> str:
        """One formula text without `=`; at most `budget` nodes above a leaf."""
        return self._expand(ROOT, scene, random, budget, {})

    def _expand(self, place: str, scene: Scene, random: Random, budget: int, seen: dict[str, str]) -> str:
        table = self._tables.get(place)
        shape = table.draw(random, leaf=budget <= 0) if table else "cell:rr"
        if is_leaf(shape):
            return self._leaf(shape, scene, random, seen)
        if shape == "paren":
            return f"({self._expand('Paren#0', scene, random, budget - 1, seen)})"
        if shape == "percent":
            return f"{self._expand('Percent#0', scene, random, 0, seen)}%"
        kind, name = shape.split(":", 1)
        if kind == "f":
            function, count = name.rsplit("/", 1)
            arguments = [
                self._expand(f"{function}#{min(i, LAST_ARGUMENT)}", scene, random, budget - 1, seen)
                for i in range(int(count))
            ]
            return f"{function}({','.join(arguments)})"
        if kind == "u":
            return name + self._expand(f"u{name}#0", scene, random, budget - 1, seen)
        left, right = (self._expand(f"{name}#{i}", scene, random, budget - 1, seen) for i in range(2))
        return f"{left}{name}{right}"

    def _leaf(self, shape: str, scene: Scene, random: Random, seen: dict[str, str]) -> str:
        if shape in seen and random.random() < REPEAT:
            return seen[shape]
        text = self._write(shape, scene, random)
        seen[shape] = text
        return text

    def _write(self, shape: str, scene: Scene, random: Random) -> str:
        kind, *details = shape.split(":")
        sheet = scene.other if "other" in details else ""
        if kind == "cell":
            return sheet + scene.any_cell(_STYLES[details[0]])
        if kind == "range":
            return scene.any_range(details[1], _STYLES[details[0]], sheet)
        if kind == "columns":
            return scene.any_columns("fixed_column" if details[0] == "a" else "column", sheet)
        if kind == "rows":
            row = scene.row
            return f"{sheet}${row}:${row}" if details[0] == "a" else f"{sheet}{row}:{row}"
        if kind == "number":
            return self._constants.draw(random, leaf=True) if random.random() < 0.7 else scene.slot_number()
        if kind == "string":
            return scene.slot_str()
        if kind == "structuredreference":
            return scene.structured()
        if kind == "name":
            return scene.slot_name()
        return (
            random.choice(("TRUE", "FALSE"))
            if kind == "boolean"
            else {"empty_string": '""', "empty": ""}[kind]
        )


def _is_known(shape: str, functions: frozenset[str]) -> bool:
    return not shape.startswith("f:") or shape[2:].rsplit("/", 1)[0] in functions


@cache
def shipped_shapes() -> Shapes:
    """The grammar of the committed counts."""
    return Shapes(shipped_statistics(), function_names())
