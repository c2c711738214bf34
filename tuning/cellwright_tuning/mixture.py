"""What generated tasks count, so that kinds of formula are as frequent among them as in real workbooks.

The generator writes totals far more often than people do. A class is what a formula does last: a plain
reference to its own or another sheet, a quotient, a product, a sum, a difference, a total, or the rest; how
frequent each is comes from the counts of `data/statistics.json` (the mean over its corpora).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from cellwright.edits.model import SetFormulas
from cellwright.errors import FormulaSyntaxError
from cellwright.formula import parse

from .data.statistics import shape_of, shipped_statistics
from .tasks import Task

LEAST, MOST = 0.1, 4.0
"""Within which one task may count: a rare class is not seen through a handful."""
_OPERATORS = {"b:/": "quotient", "b:*": "product", "b:+": "sum", "b:-": "difference"}


def class_of(task: Task) -> str:
    """The class of the formula that is wanted; empty where none is or it can't be read."""
    if not isinstance(task.wanted, SetFormulas) or task.wanted.formulas[0][0] is None:
        return ""
    try:
        return class_of_shape(shape_of(parse(task.wanted.formulas[0][0]).root))
    except FormulaSyntaxError:
        return ""


def class_of_shape(shape: str) -> str:
    """The class of a root's shape as `statistics.shape_of` names it."""
    if shape.startswith("cell"):
        return "plain_other" if shape.endswith(":other") else "plain"
    if shape.startswith("f:SUM/"):
        return "total"
    return _OPERATORS.get(shape, "rest")


@cache
def real_shares() -> dict[str, float]:
    """The share of each class in real formulas, the mean over corpora."""
    found: Counter[str] = Counter()
    tables = shipped_statistics().values()
    for table in tables:
        counts: Counter[str] = Counter()
        for shape, count in table["places"]["root#0"].items():
            counts[class_of_shape(shape)] += count
        for name, count in counts.items():
            found[name] += count / counts.total() / len(tables)  # type: ignore[assignment]
    return dict(found)


def counts_of(what: Sequence[str]) -> NDArray[np.float64]:
    """(tasks,): the real share of a task's class over its share here; 1 where it has no class."""
    here = Counter(name for name in what if name)
    total = max(1, here.total())
    real = real_shares()
    return np.array(
        [min(MOST, max(LEAST, real.get(name, 0.0) * total / here[name])) if name else 1.0 for name in what]
    )
