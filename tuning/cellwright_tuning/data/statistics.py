"""Counts of formula shapes, which calibrate the generator; no formula, name, text or sheet is kept.

    python -m cellwright_tuning.data.statistics FILE.jsonl[.zst] ...     # rewrites statistics.json

For every place in a syntax tree (the root, an argument of a function, an operand of an operator) it counts
what stands there: which function, which operator, which kind of reference or constant. That is the table
of a probabilistic context-free grammar. Shapes seen in fewer than `LEAST` formulas are dropped, constants
are kept only where `LEAST_CONSTANT` formulas share them, so no single formula can be read back.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

from cellwright.errors import FormulaSyntaxError
from cellwright.formula import Formula, nodes, parse
from cellwright_tuning.evaluation.data import read_rows

LEAST = 5
LEAST_CONSTANT = 40
LAST_ARGUMENT = 8
STATISTICS = "statistics.json"


def place_of(parent: nodes.Node, index: int) -> str:
    """The name of an operand's place: `SUM#0`, `+#1`, `(#0`; arguments after the ninth share a place."""
    if isinstance(parent, nodes.FunctionCall):
        return f"{parent.name}#{min(index, LAST_ARGUMENT)}"
    if isinstance(parent, nodes.Binary):
        return f"{parent.operator}#{index}"
    if isinstance(parent, nodes.Unary):
        return f"u{parent.operator}#0"
    return f"{type(parent).__name__}#0"


def shape_of(node: nodes.Node) -> str:
    """What stands at a place: `f:SUM/2` (two arguments), `b:+`, `cell:rr`, `range:aa:other`, `number`, ..."""
    if isinstance(node, nodes.FunctionCall):
        return f"f:{node.name}/{len(node.arguments)}"
    if isinstance(node, nodes.Binary):
        return f"b:{node.operator}"
    if isinstance(node, nodes.Unary):
        return f"u:{node.operator}"
    if isinstance(node, nodes.ReferenceNode):
        return _reference_shape(node)
    if isinstance(node, nodes.String):
        return "empty_string" if not node.value else "string"
    return type(node).__name__.lower()


def _reference_shape(node: nodes.ReferenceNode) -> str:
    first = node.first
    fixed = ("a" if first.is_column_absolute else "r") + ("a" if first.is_row_absolute else "r")
    other = ":other" if node.sheet else ""
    if node.last is None:
        return f"cell:{fixed}{other}"
    if first.row is None:
        return f"columns:{fixed[0]}{other}"
    if first.column is None:
        return f"rows:{fixed[1]}{other}"
    height = (node.last.row or 0) - (first.row or 0)
    width = (node.last.column or 0) - (first.column or 0)
    form = "column" if width == 0 else "row" if height == 0 else "block"
    return f"range:{fixed}:{form}{other}"


def count(formulas: Iterable[Formula]) -> dict[str, Any]:
    """The tables of `statistics.json`."""
    places: dict[str, Counter[str]] = defaultdict(Counter)
    constants: Counter[str] = Counter()
    heights: Counter[int] = Counter()
    rows: Counter[int] = Counter()
    depths: Counter[int] = Counter()
    total = 0
    for formula in formulas:
        total += 1
        seen_constants: set[str] = set()
        stack: list[tuple[nodes.Node, str, int]] = [(formula.root, "root#0", 0)]
        deepest = 0
        while stack:
            node, place, depth = stack.pop()
            shape = shape_of(node)
            places[place][shape] += 1
            deepest = max(deepest, depth)
            if isinstance(node, nodes.Number) and len(node.text) <= 6:
                seen_constants.add(node.text)
            if isinstance(node, nodes.ReferenceNode) and node.first.row is not None:
                rows[_bucket(node.first.row + 1)] += 1
                if node.last is not None and node.last.row is not None:
                    heights[_bucket(abs(node.last.row - node.first.row) + 1)] += 1
            inner = depth + isinstance(node, nodes.FunctionCall)
            stack += [(child, place_of(node, i), inner) for i, child in enumerate(node.children)]
        depths[deepest] += 1
        constants.update(seen_constants)
    return {
        "formulas": total,
        "places": {
            place: {shape: n for shape, n in sorted(shapes.items()) if n >= LEAST}
            for place, shapes in sorted(places.items())
            if sum(shapes.values()) >= LEAST
        },
        "constants": {text: n for text, n in sorted(constants.items()) if n >= LEAST_CONSTANT},
        "depths": {str(depth): n for depth, n in sorted(depths.items()) if n >= LEAST},
        "row_buckets": {str(row): n for row, n in sorted(rows.items()) if n >= LEAST},
        "height_buckets": {str(height): n for height, n in sorted(heights.items()) if n >= LEAST},
    }


def _bucket(value: int) -> int:
    """Exact up to 10, then the next of a coarse scale."""
    return (
        value
        if value <= 10
        else next((step for step in (15, 20, 30, 50, 100, 200, 500, 1000, 5000) if value <= step), 65536)
    )


def read_formulas(paths: Iterable[Path]) -> Iterator[Formula]:
    """Parsed formulas of `{formula}` rows; what does not parse is left out."""
    for path in paths:
        for row in read_rows(path):
            try:
                yield parse(row["formula"])
            except FormulaSyntaxError:
                continue


def shipped_statistics() -> dict[str, Any]:
    """The committed counts, a table a corpus."""
    statistics: dict[str, Any] = json.loads((files(__package__) / STATISTICS).read_text(encoding="utf-8"))
    return statistics


def main() -> None:
    """Counts each file apart and writes the table."""
    parser = argparse.ArgumentParser(description="Count formula shapes; keeps counts only.")
    parser.add_argument(
        "files", nargs="+", type=Path, help="jsonl of {formula}; its name up to _formulas names the table"
    )
    options = parser.parse_args()
    tables = {path.name.partition("_formulas")[0]: count(read_formulas([path])) for path in options.files}
    target = Path(str(files(__package__) / STATISTICS))
    target.write_text(json.dumps(tables, indent=0, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
