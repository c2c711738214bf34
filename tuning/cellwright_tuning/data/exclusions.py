"""Formulas that training must never see: the targets of evaluation, kept as hashes only.

    python -m cellwright_tuning.data.exclusions FILE.jsonl[.zst] ...   # adds their targets to exclusions.txt

Two formulas are the same here when they are equal after their references are taken relative to the first
one, so a target moved to other cells is excluded too. Only formulas of `LEAST_TOKENS` tokens or more count:
shorter ones (`SUM(A1:A9)`) are everybody's.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from cellwright.prompt.notation import Notation, normalise, scan
from cellwright_tuning.evaluation.data import read_rows

LEAST_TOKENS = 12
EXCLUSIONS = "exclusions.txt"
_TARGETS = ("GroundTruth", "Completion", "formula")


def identity(formula: str) -> str:
    """A hash that is the same for a formula wherever it stands; case and spaces don't matter."""
    notation, text = Notation(), normalise(formula)
    notation.encode(text)  # finds the origin
    return hashlib.sha256(notation.encode(text).upper().encode()).hexdigest()[:16]


def is_long(formula: str) -> bool:
    """Whether a formula is long enough for its equal to be a leak and not chance."""
    return sum(lexeme.kind != "space" for lexeme in scan(normalise(formula))) >= LEAST_TOKENS


@cache
def excluded() -> frozenset[str]:
    """The committed hashes."""
    return frozenset((files(__package__) / EXCLUSIONS).read_text(encoding="utf-8").split())


def is_excluded(formula: str) -> bool:
    """Whether a formula is an evaluation's target."""
    return is_long(formula) and identity(formula) in excluded()


def targets(rows: Iterable[dict[str, Any]]) -> Iterator[str]:
    """Every long target of evaluation rows, in whichever column its layout has it."""
    for row in rows:
        yield from (row[name] for name in _TARGETS if name in row and is_long(row[name]))


def main() -> None:
    """Adds the targets of the named files."""
    parser = argparse.ArgumentParser(description="Exclude evaluation targets from training, by hash.")
    parser.add_argument(
        "files", nargs="+", type=Path, help="jsonl of the repair, completion or formula layout"
    )
    options = parser.parse_args()
    found = set(excluded())
    for path in options.files:
        found.update(identity(text) for text in targets(read_rows(path)))
    Path(str(files(__package__) / EXCLUSIONS)).write_text("\n".join(sorted(found)) + "\n", encoding="utf-8")
    print(f"{len(found)} targets excluded", file=sys.stderr)


if __name__ == "__main__":
    main()
