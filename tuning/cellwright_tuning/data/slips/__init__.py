"""The mistakes people make while typing formulas: each turns a right formula into a broken one.

A slip is a function of a formula's lexemes that returns the broken text, or None where it does not apply.
The kinds and their weights come from what people ask about: brackets first, then quotes, separators,
operators, ranges, names of functions and habits of other locales and languages.
"""

from __future__ import annotations

from itertools import accumulate
from random import Random

from cellwright.prompt.notation import scan

from . import brackets, functions, operators, quotes, references, separators  # noqa: F401  (they register)
from .kinds import REGISTRY

DRAWS = 8


def names() -> list[str]:
    """The kinds of slip."""
    return [name for _, name, _ in REGISTRY]


def make_slip(text: str, random: Random, kind: str | None = None) -> tuple[str, str] | None:
    """One mistake in `text`: (kind, broken text); None where `DRAWS` draws found none that applies."""
    lexemes = list(scan(text))
    chosen = [entry for entry in REGISTRY if kind in {None, entry[1]}]
    sums = list(accumulate(weight for weight, _, _ in chosen))
    for _ in range(DRAWS):
        _, name, function = random.choices(chosen, cum_weights=sums)[0]
        broken = function(lexemes, random)
        if broken is not None and broken != text:
            return name, broken
    return None
