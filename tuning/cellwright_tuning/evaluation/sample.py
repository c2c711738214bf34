"""A seeded sample of rows that is the same whatever order or file they came in."""

from __future__ import annotations

import json
from random import Random
from typing import Any

from cellwright_tuning.evaluation.harness import Options


def sampled(rows: list[dict[str, Any]], options: Options) -> list[dict[str, Any]]:
    """All rows, or `options.limit` of them drawn by `options.seed`."""
    if options.limit is None or options.limit >= len(rows):
        return rows
    ordered = sorted(rows, key=lambda row: json.dumps(row, sort_keys=True))
    return Random(options.seed).sample(ordered, options.limit)
