"""What a condition compares with, from its text: cells, days, other columns, numbers with scales, texts."""

from __future__ import annotations

import re
from dataclasses import dataclass

from cellwright.ask.condition_phrases import (
    NUMBER,
    ONLY_A_PLACE,
    OPEN,
    QUOTE_MARK,
    SCALES,
    SHUT,
    STATISTIC,
    TAIL,
)
from cellwright.ask.conditions import Operand
from cellwright.ask.dates import date_serial
from cellwright.ask.frames import Frame, FrameColumn
from cellwright.ask.grounding.quantities import read_number
from cellwright.ask.mentions import columns_in
from cellwright.ask.words import FUNCTION, aggregate_in
from cellwright.workbook.detect import ColumnKind


@dataclass(frozen=True)
class OperandReader:
    """Reads operands of a frame's columns; `quoted` are the texts whose marks stand in the words."""

    frame: Frame
    quoted: list[str]

    def text(self, right: str) -> str | None:
        """The text behind a comparison, without what says where or how."""
        quoted = QUOTE_MARK.search(right)
        if quoted:
            return self.quoted[int(quoted[1])]
        text = re.sub(rf"{OPEN}\w+{SHUT}", " ", right)
        text = TAIL.sub("", text.strip(" .,;:!?"))
        text = re.sub(r"^to\s+(?:highlight|show|find|mark|colou?r)\s+", "", text, flags=re.I)
        text = re.sub(r"^(?:the\s+(?:text|word|value|letter)s?\s+|the\s+)", "", text, flags=re.I)
        text = re.sub(
            r"\s+(?:type )?(?:in (?:them|it|their value|the cell|it's value)|values?|cells?)$",
            "",
            text,
            flags=re.I,
        )
        text = text.strip(" .,;:!?")
        return None if ONLY_A_PLACE.match(text) else text or None

    def whole(self, right: str, column: FrameColumn | None) -> Operand | None:
        """`the median`: a figure of the column's own body, as a formula."""
        said = STATISTIC.fullmatch(re.sub(rf"{OPEN}\w+{SHUT}", " ", right).strip(" ."))
        if said is None or column is None:
            return None
        function = aggregate_in(said[1])
        if function is None or function[0] not in FUNCTION:
            return None
        body = self.frame.body(column)
        area = f"${column.letters}${body.top + 1}:${column.letters}${body.bottom + 1}"
        return Operand(cell=f"{FUNCTION[function[0]]}({area})")

    def read(self, right: str, column: FrameColumn | None) -> Operand | None:
        """What stands behind a comparison with a column: a cell, day, column, number or text."""
        quoted = QUOTE_MARK.search(right)
        plain = re.sub(rf"{OPEN}\w+{SHUT}", " ", right)
        if quoted and not columns_in(plain_text(quoted[0], self.quoted), self.frame):
            return literal(self.quoted[int(quoted[1])], column)
        cell = re.search(r"(?<![\w$])\$?([A-Z]{1,2})\$?(\d{1,6})(?!\w)", plain)
        if cell and not (quoted and cell.start() > quoted.start()):
            return Operand(cell=f"${cell[1]}${cell[2]}")
        serial = date_serial(plain)
        wants_date = column is not None and column.kind is ColumnKind.DATE
        if serial is not None and (wants_date or re.search(r"\d[/-]\d|\d{4}-\d|\d\.\d{1,2}\.\d{4}", plain)):
            return Operand(serial, is_date=True)
        named = plain_text(plain, self.quoted)
        earlier = self._earlier(plain, column)
        if earlier is not None:
            return Operand(column=earlier)
        others = [one for one in columns_in(named, self.frame) if column is None or one.column != column]
        number = NUMBER.search(plain)
        if others and (
            number is None or re.search(r"\btimes|\btwice|\bdouble|\bhalf|%|percent|by\b|plus", named, re.I)
        ):
            return self._relative(named, others[0].column)
        if others and number is not None and others[0].end <= number.start() and column is None:
            return self._relative(named, others[0].column)
        if number is not None:
            value = number_of(number[0])
            before = plain[: number.start()].strip().lower()
            if (
                not before
                or re.fullmatch(
                    r"(?:is|are|of|the|a|an|value|values|to|than|exactly|number|about|total|year)(?:\s+\w+)?",
                    before,
                )
                or wants_date
            ):
                return Operand(
                    value, is_percent="%" in number[0] or "percent" in plain[number.end() :].lower()[:9]
                )
        text = self.text(right)
        return None if text is None else literal(text, column)

    def _earlier(self, text: str, column: FrameColumn | None) -> FrameColumn | None:
        """`last year` beside a column of this one: the column to its left."""
        if column is None or column.kind is ColumnKind.DATE:
            return None
        if not re.search(
            r"\b(?:last|previous|prior) (?:year|month|quarter|week|period|column)\b", text, re.I
        ):
            return None
        return self.frame.at(column.column - 1)

    def _relative(self, text: str, column: FrameColumn) -> Operand:
        times = re.search(r"(\d+(?:\.\d+)?)\s*(?:times|x)\b", text, re.I)
        if times:
            return Operand(column=column, factor=float(times[1]))
        if re.search(r"\btwice|\bdouble", text, re.I):
            return Operand(column=column, factor=2.0)
        if re.search(r"\bhalf", text, re.I):
            return Operand(column=column, factor=0.5)
        percent = re.search(r"by\s+(?:more than\s+)?(\d+(?:\.\d+)?)\s*(?:%|percent)", text, re.I)
        if percent:
            return Operand(column=column, factor=1 + float(percent[1]) / 100)
        of = re.search(r"(\d+(?:\.\d+)?)\s*(?:%|percent) of", text, re.I)
        if of:
            return Operand(column=column, factor=float(of[1]) / 100)
        more = re.search(r"by\s+(?:more than\s+)?(\d[\d,]*(?:\.\d+)?)", text, re.I)
        return Operand(column=column, amount=number_of(more[1]) if more else 0.0)


def plain_text(text: str, quoted: list[str]) -> str:
    """The text with its quoted pieces put back."""
    return QUOTE_MARK.sub(lambda match: f'"{quoted[int(match[1])]}"', text)


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
