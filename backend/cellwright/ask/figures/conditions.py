"""The condition of a question for a figure: comparisons, values of cells, months and years, struck out."""

from __future__ import annotations

import re

from cellwright.ask.condition_phrases import MARKS
from cellwright.ask.condition_reader import read_condition
from cellwright.ask.conditions import AllOf, Condition, Operand, Test, column_of, tests_of
from cellwright.ask.dates import month_of, period_edge
from cellwright.ask.figures.sentence import ALIKE, NAMED, SMALL, Sentence, Unclear, content
from cellwright.ask.frames import Frame, FrameColumn
from cellwright.ask.grounding.quantities import MONTHS
from cellwright.ask.grounding.text import fold, stem
from cellwright.ask.mentions import Mention, columns_in
from cellwright.ask.scene import Scene
from cellwright.ask.settling import settled
from cellwright.ask.words import aggregate_in
from cellwright.workbook.detect import ColumnKind

_WHERE = re.compile(
    r"\b(?:where|whose|who are|that are|that have|which have|which are|if|when|with|having|have|has|"
    r"for which)\b",
    re.I,
)
_DATED = re.compile(
    r"\b(?:in|during|for|of|on)\s+(?P<said>(?:[^\W\d_]{3,9}\.?,?\s+)?(?:19|20)\d\d|[^\W\d_]{3,9})\b"
)
_COMPARING = frozenset(["ge", "le", "gt", "lt", "between", "outside", "ne", "above", "below"])
_STATED = re.compile(rf"\d|[$€£%]|k$|million|thousand|billion|percent|(?:{'|'.join(MONTHS)})", re.I)


def condition_of(
    sentence: Sentence, frame: Frame, scene: Scene, label: FrameColumn | None
) -> Condition | None:
    """Comparisons, values of cells and periods that the question names, struck out."""
    parts = [*_compared(sentence, frame, scene), *_valued(sentence, frame, scene, label)]
    parts += _dated(sentence, frame)
    if not parts:
        return None
    return parts[0] if len(parts) == 1 else AllOf(tuple(parts))


def _compared(sentence: Sentence, frame: Frame, scene: Scene) -> list[Condition]:
    """`have a Net above 500`, `where Quantity is at most 3`: from the column before the comparison on."""
    marked = [
        (match.start(), match.end())
        for pattern, name in MARKS
        if name in _COMPARING and (match := pattern.search(sentence.text))
    ]
    if not marked:
        return []
    first, end = min(marked, key=lambda one: (one[0], -one[1]))
    before = _numeric_mentions(sentence.text[:first], frame, NAMED)
    behind = _numeric_mentions(sentence.text[end:], frame, ALIKE)
    named = {one.column for one in (*before[-1:], *behind)}
    if len(named) > 1:
        raise Unclear
    start = before[-1].start if before else first
    if before and content(sentence.text[before[-1].end : first]):
        raise Unclear
    tail = sentence.text[end:]
    for one in reversed(behind):
        tail = tail[: one.start] + tail[one.end :]
    if any(not _STATED.match(word) for word in content(tail)):
        raise Unclear
    dates = [column for column in frame.columns if column.kind is ColumnKind.DATE]
    default = next(iter(named), dates[0] if len(dates) == 1 else None)
    condition = read_condition(sentence.text[start:], frame, default)
    if condition is None or column_of(condition) is None or not _compares_alike(condition):
        raise Unclear
    cut = [match for match in _WHERE.finditer(sentence.text) if match.end() <= start + 1]
    is_joined = bool(cut) and not sentence.text[cut[-1].end() : start].strip(" a")
    sentence.strike(cut[-1].start() if is_joined else start, len(sentence.text))
    return [settled(condition, frame, scene.snapshot)]


def _numeric_mentions(text: str, frame: Frame, least: float) -> list[Mention]:
    return [
        one
        for one in columns_in(text, frame, least)
        if one.column.kind in (ColumnKind.NUMBER, ColumnKind.DATE)
    ]


def _compares_alike(condition: Condition) -> bool:
    """Whether days are compared with days and amounts with amounts that are no years."""
    for test in tests_of(condition):
        for operand in test.operands:
            is_date = test.column is not None and test.column.kind is ColumnKind.DATE
            is_year = operand.amount == int(operand.amount) and 1800 <= operand.amount <= 2100
            if operand.text is not None or is_date != operand.is_date:
                return False
            if is_year and not is_date and test.column is not None and "year" not in test.column.stems:
                return False
    return True


def _valued(sentence: Sentence, frame: Frame, scene: Scene, label: FrameColumn | None) -> list[Condition]:
    """Words that are whole values of a column of texts (`in the North`)."""
    found: list[Condition] = []
    names = {stem(fold(column.name)) for column in frame.columns}
    for column in frame.columns:
        if column.kind is not ColumnKind.TEXT or column == label:
            continue
        texts = {value for value in frame.values(scene.snapshot, column) if isinstance(value, str)}
        for value in sorted(texts, key=len, reverse=True):
            folded = fold(value).strip()
            if (
                len(folded) < 2
                or folded in SMALL
                or stem(folded) in names
                or aggregate_in(folded) is not None
            ):
                continue
            whole = rf"(?<!\w){re.escape(value.strip())}(?!\w)"
            match = re.search(whole, sentence.text, re.I)
            if match is not None:
                if sum(bool(re.search(whole, other, re.I)) for other in texts) > 1:
                    raise Unclear
                sentence.strike(*match.span())
                found.append(Test("eq", column, (Operand(text=value),)))
                break
    return found


def _dated(sentence: Sentence, frame: Frame) -> list[Condition]:
    """`in March 2025`, `in 2024`: days of the only column of dates."""
    dates = [column for column in frame.columns if column.kind is ColumnKind.DATE]
    if len(dates) != 1:
        return []
    for match in _DATED.finditer(sentence.text):
        year = re.search(r"(?:19|20)\d\d", match["said"])
        month = month_of(match["said"])
        if year is None or (month is None and not match["said"].strip().isdigit()):
            continue
        sentence.strike(*match.span())
        edges = (
            Operand(period_edge(int(year[0]), month, last=False), is_date=True),
            Operand(period_edge(int(year[0]), month, last=True) + 1, is_date=True),
        )
        return [Test("ge", dates[0], edges[:1]), Test("lt", dates[0], edges[1:])]
    return []
