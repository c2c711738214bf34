"""The formulas of the shared data sets, read where they lie."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import zstandard

from cellwright.reference import Cell

SETS = [
    "eps_dev",
    "euses_dev",
    pytest.param("eps_train", marks=pytest.mark.slow),
    pytest.param("euses_train", marks=pytest.mark.slow),
]
FAR = Cell(5_000, 300)


def rows(path: Path) -> Iterator[tuple[str, Cell]]:
    """(formula, its cell, or a far one where the set does not say) of a `*_formulas.jsonl.zst`."""
    with path.open("rb") as packed:
        for line in io.TextIOWrapper(zstandard.ZstdDecompressor().stream_reader(packed), "utf-8"):
            row = json.loads(line)
            yield row["formula"], Cell.parse(row["cell"]) if "cell" in row else FAR


def recorded(path: Path) -> Iterator[tuple[str, Cell, str]]:
    """(formula, cell, normalised R1C1 as another program recorded it)."""
    with path.open("rb") as packed:
        for line in io.TextIOWrapper(zstandard.ZstdDecompressor().stream_reader(packed), "utf-8"):
            row = json.loads(line)
            yield row["formula"], Cell.parse(row["cell"]), row["r1c1"]
