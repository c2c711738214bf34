"""What a condition compares with, from its text: numbers with their scales, texts."""

from __future__ import annotations

import re

from cellwright.ask.condition_phrases import NUMBER, SCALES
from cellwright.ask.conditions import Operand
from cellwright.ask.frames import FrameColumn
from cellwright.ask.grounding.quantities import read_number
from cellwright.workbook.detect import ColumnKind


def number_of(text: str) -> float:
    """`2.5k`, `12 %`, `-$1,200` as a number; raises ValueError of what is none."""
    plain = re.sub(r"[$€£\s\u2019]", "", text.lower())
    factor = 1.0
    for word, scale in SCALES.items():
        if plain.endswith(word):
            plain, factor = plain.removesuffix(word), scale
    if plain.endswith(("%", "percent")):
        plain, factor = plain.removesuffix("%").removesuffix("percent"), 0.01
    sign = -1.0 if plain.startswith("-") else 1.0
    value = read_number(plain.lstrip("+-"))
    if value is None:
        raise ValueError(f"expected a number, got {text!r}")
    return sign * value * factor


def literal(text: str, column: FrameColumn | None) -> Operand:
    """A quoted or left-over value: a number where it is one and the column holds numbers."""
    stripped = text.strip()
    if NUMBER.fullmatch(stripped) and (column is None or column.kind is not ColumnKind.TEXT):
        return Operand(number_of(stripped))
    return Operand(text=stripped)


def with_scale_of(first: str, second: str) -> str:
    """`5` with the scale or percent sign of `7 lakhs`, where it says none of its own."""
    scale = re.match(rf"\s*[$€£]?[\d.,]+\s*({'|'.join(SCALES)}|%|percent)(?!\w)", second, re.I)
    if scale is None or not re.fullmatch(r"\s*[$€£]?[\d.,]*\d\s*", first):
        return first
    return f"{first.strip()} {scale[1]}"
