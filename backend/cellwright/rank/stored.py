"""A ranker that was fitted to one workspace, as a file of its version."""

from __future__ import annotations

import json
from dataclasses import asdict
from math import isfinite
from pathlib import Path
from typing import Any

from cellwright.errors import UsageError
from cellwright.rank.rank import Ranker, Weights


def write_ranker(ranker: Ranker, path: Path) -> None:
    """Write a ranker as JSON."""
    tables = {name: asdict(getattr(ranker, name)) for name in ("cut", "experts", "model")}
    text = json.dumps(tables | {"provenance": dict(ranker.provenance)}, indent=1)
    path.write_text(text, encoding="utf-8")


def read_stored_ranker(path: Path) -> Ranker:
    """A ranker from JSON; raises UsageError for a file that is none."""
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        cut, experts, model = (_weights(told[name]) for name in ("cut", "experts", "model"))
        return Ranker(cut, experts, model, told["provenance"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(f"expected a ranker in {path.name}: {error}") from error


def _weights(table: dict[str, Any]) -> Weights:
    features = {str(name): float(value) for name, value in table["features"].items()}
    weights = Weights(float(table["bias"]), features, float(table["threshold"]))
    if not all(isfinite(value) for value in (weights.bias, weights.threshold, *features.values())):
        raise ValueError("expected finite weights")
    return weights
