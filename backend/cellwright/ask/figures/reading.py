"""A question read as a figure: `what is the highest Net?`, `how much did we sell in the North?`

Every word has to be accounted for: the function, the columns, the values and comparisons of a condition, and
small words. A question with a word left over is no figure, unless that word is where a column's name would
stand: then the person is asked which column it is. Nothing is fitted.
"""

from __future__ import annotations

import re

from cellwright.ask.conditions import Condition, tests_of
from cellwright.ask.figures.columns import figures_of, is_clean
from cellwright.ask.figures.conditions import condition_of
from cellwright.ask.figures.model import Figure, Function, Open
from cellwright.ask.figures.sentence import (
    ALIKE,
    MEANT,
    NAMED,
    SMALL,
    SUPERLATIVE,
    WORD,
    Sentence,
    Unclear,
    own_words,
)
from cellwright.ask.frames import Frame, FrameColumn
from cellwright.ask.grounding.text import fold, stem
from cellwright.ask.mentions import Mention, columns_in
from cellwright.ask.scene import Scene
from cellwright.ask.words import aggregate_in, are_synonyms
from cellwright.workbook.detect import ColumnKind
from cellwright.workbook.model import Value

_MOST_CHOICES = 6
_MOST_ROWS = 20_000
_PEOPLE_TEXT = """
who name employee person salesperson seller rep owner assignee staff customer client student player author
manager driver member
"""
_PEOPLE = frozenset(_PEOPLE_TEXT.split())
_NO_NAMES = frozenset(["left", "remaining", "done", "late", "missing", "open", "next", "last", "first"])
_ROWS = re.compile(r"\b(?:rows|records|entries|lines|items|times)\b", re.I)
_STANDING = frozenset(["position", "rank", "place", "standing", "peak", "#", "no"])
"""Columns of which the highest is the least number."""
_HAPPENINGS = frozenset(
    ["sale", "order", "purchase", "transaction", "payment", "booking", "entry", "delivery", "visit"]
)
"""What the rows of a table with one date may be called."""
_UNITS = ("quantity", "unit", "qty")


def read_figure(question: str, scene: Scene) -> Figure | Open | None:
    """The figure that a question asks for, the column it leaves open, or None."""
    try:
        found = _read(question, scene)
    except Unclear:
        return None
    if isinstance(found, Figure):
        tests = tests_of(found.condition) if found.condition is not None else []
        for column in (found.column, *(test.column for test in tests)):
            if (
                column is not None
                and column.kind is ColumnKind.NUMBER
                and not is_clean(column, found.frame, scene)
            ):
                return None
    return found


def _read(question: str, scene: Scene) -> Figure | Open | None:
    text = re.sub(r"[?!.\s]+$", "", question)
    frame = scene.frame_for(text)
    if frame is None or not frame.has_header or frame.height > _MOST_ROWS:
        return None
    sentence = Sentence(text)
    latest = _latest(sentence, frame, scene)
    if latest is not None:
        return latest
    label = label_of(text, frame, scene)
    condition = condition_of(sentence, frame, scene, label)
    if label is not None:
        return _beside(sentence, frame, label, condition, scene)
    found = None if re.match(r"\s*(?:which|who|where)\b", text, re.I) else _function(sentence)
    if found is None:
        return None
    return _figure(sentence, frame, found, condition, scene)


def _latest(sentence: Sentence, frame: Frame, scene: Scene) -> Figure | None:
    """`when was the last order?`: the latest or earliest day of the only column of dates."""
    match = re.match(
        r"\s*when\b.*?\b(?:(last|latest|most recent|newest)|(first|earliest|oldest))\b", sentence.text, re.I
    )
    dates = [column for column in frame.columns if column.kind is ColumnKind.DATE]
    if match is None or len(dates) != 1:
        return None
    held = Sentence(sentence.text)
    held.strike(*match.span())
    condition = condition_of(held, frame, scene, None)
    own = own_words(frame)
    named = {part for column in frame.columns if column.kind is ColumnKind.TEXT for part in column.stems}
    if any(stem(fold(word[0])) not in own | named | _HAPPENINGS for word in held.left()):
        return None
    return Figure(frame, "max" if match[1] else "min", dates[0], condition)


def _function(sentence: Sentence) -> Function | None:
    """The function that is asked for, struck out."""
    expensive = next(((m, how) for p, how, _ in MEANT if how and (m := p.search(sentence.text))), None)
    if expensive is not None:
        return "max" if expensive[1] == "most" else "min"
    match = re.search(r"\bhow (much|many)\b", sentence.text, re.I)
    if match:
        sentence.strike(*match.span())
        inner = aggregate_in(sentence.text)
        if inner is not None and inner[0] in ("distinct", "sum"):
            sentence.strike(*inner[1:])
        if re.search(r"\b(?:different|distinct|unique)\b", sentence.text, re.I):
            sentence.strike_all(r"\b(?:different|distinct|unique)\b")
            return "distinct"
        return "sum" if match[1].lower() == "much" else "count"
    match = re.search(r"\b(?:total |overall )?(?:number|count) of\b", sentence.text, re.I)
    if match:
        behind = re.match(r"\s*(?:the\s+)?([^\W\d_]+)", sentence.text[match.end() :])
        if behind is not None and stem(behind[1].lower()) == behind[1].lower():
            raise Unclear  # `the number of the player`: one of its own
        sentence.strike(*match.span())
        is_distinct = re.search(r"\b(?:different|distinct|unique)\b", sentence.text, re.I)
        sentence.strike_all(r"\b(?:different|distinct|unique)\b")
        return "distinct" if is_distinct else "count"
    found = aggregate_in(sentence.text)
    if found is None or found[0] not in ("sum", "average", "median", "max", "min", "count", "distinct"):
        return None
    sentence.strike(*found[1:])
    function: Function = found[0]  # type: ignore[assignment]
    return function


def _figure(
    sentence: Sentence, frame: Frame, function: Function, condition: Condition | None, scene: Scene
) -> Figure | Open | None:
    mentions = [*_placed(sentence, frame), *columns_in(sentence.text, frame)]
    mentions = [one for one in mentions if _weighs(one, sentence) and not _is_verb(one, sentence)]
    numeric = [one for one in mentions if one.column.kind in (ColumnKind.NUMBER, ColumnKind.DATE)]
    if function in ("count", "distinct"):
        return _counted(sentence, frame, function, mentions, condition, scene)
    if len({one.column for one in numeric}) > 1 or len(mentions) > len(numeric):
        return None
    if numeric:
        one = numeric[0]
        sentence.strike(one.start, one.end)
        said = None if one.score >= NAMED else _said(sentence, one, scene)
        sentence.strike_meant()
        if _STANDING & set(one.column.stems) and function in ("max", "min"):
            return None
        if sentence.left() or (one.column.kind is ColumnKind.DATE and function not in ("max", "min")):
            return None
        if said is not None:
            rivals = _rivals(said, figures_of(frame, scene, function))
            if len(rivals) > 1:
                return Open(said, one.start, one.end, rivals)
        return Figure(frame, function, one.column, condition, taken_for=said)
    return _unnamed(sentence, frame, function, condition, scene)


def _placed(sentence: Sentence, frame: Frame) -> list[Mention]:
    """`the last column`."""
    match = re.search(r"\b(first|last) column\b", sentence.text, re.I)
    if match is None:
        return []
    column = frame.columns[0 if match[1].lower() == "first" else -1]
    return [Mention(column, *match.span(), 1.0)]


def _said(sentence: Sentence, one: Mention, scene: Scene) -> str:
    return scene.request.strip()[one.start : one.end] or sentence.text[one.start : one.end]


def _weighs(one: Mention, sentence: Sentence) -> bool:
    """Whether a mention is more than a small word that happens to resemble a header."""
    return any(fold(word) not in SMALL for word in WORD.findall(sentence.text[one.start : one.end])) or (
        one.score >= NAMED
    )


def _is_verb(one: Mention, sentence: Sentence) -> bool:
    """Whether a mention only resembles a header, and speaks of a column as `sold` does."""
    word = sentence.text[one.start : one.end]
    return one.score < NAMED and any(pattern.fullmatch(word) for pattern, _, _ in MEANT)


def _rivals(said: str, columns: tuple[FrameColumn, ...]) -> tuple[FrameColumn, ...]:
    """The columns with numbers that a word may stand for alike."""
    word = stem(fold(said))
    return tuple(column for column in columns if any(are_synonyms(word, part) for part in column.stems))


def _unnamed(
    sentence: Sentence, frame: Frame, function: Function, condition: Condition | None, scene: Scene
) -> Figure | Open | None:
    """A figure whose column is spoken of by a verb, by another word, or not at all."""
    meant = next(((p, names) for p, _, names in MEANT if p.search(sentence.text)), None)
    columns = figures_of(frame, scene, function)
    if meant is not None:
        match = meant[0].search(sentence.text)
        assert match is not None
        said = match[0]
        sentence.strike(*match.span())
        if sentence.left():
            return None
        named = next((found for name in meant[1] if (found := _called(name, columns))), columns)
        return _one_of(named, said, match.span(), frame, function, condition)
    left = sentence.left()
    if not columns or len(left) > 2 or (len(left) == 2 and left[1].start() > left[0].end() + 1):
        return None
    if any(fold(match[0]) in _NO_NAMES for match in left):
        return None
    if not left:
        end = len(sentence.text)
        return _one_of(columns, "", (end, end), frame, function, condition)
    said = sentence.text[left[0].start() : left[-1].end()]
    rivals = _rivals(said, columns) or columns
    return _one_of(rivals, said, (left[0].start(), left[-1].end()), frame, function, condition)


def _called(name: str, columns: tuple[FrameColumn, ...]) -> tuple[FrameColumn, ...]:
    return tuple(
        one for one in columns if any(name == part or are_synonyms(name, part) for part in one.stems)
    )


def _one_of(
    columns: tuple[FrameColumn, ...],
    said: str,
    span: tuple[int, int],
    frame: Frame,
    function: Function,
    condition: Condition | None,
) -> Figure | Open | None:
    """The figure of the only column there is, else which of them is meant."""
    if len(columns) == 1:
        return Figure(frame, function, columns[0], condition, taken_for=said)
    return Open(said, *span, columns[:_MOST_CHOICES]) if columns else None


def _counted(
    sentence: Sentence,
    frame: Frame,
    function: Function,
    mentions: list[Mention],
    condition: Condition | None,
    scene: Scene,
) -> Figure | None:
    """How many rows, how many of what stands in a column, or how many units in all."""
    own = own_words(frame)
    for match in sentence.left():
        if stem(fold(match[0])) in own:
            sentence.strike(*match.span())
            mentions = [one for one in mentions if one.start != match.start()]
            if sentence.left():
                return None
            return Figure(frame, "rows", None, condition)
    if not mentions:
        return None if sentence.left() else Figure(frame, "rows", None, condition)
    if len(mentions) != 1 or mentions[0].score < ALIKE:
        return None
    [one] = mentions
    sentence.strike(one.start, one.end)
    sentence.strike_meant()
    if sentence.left():
        return None
    column = one.column
    if column.kind is not ColumnKind.NUMBER and one.score < NAMED:
        return None
    if column.kind is ColumnKind.NUMBER:
        is_units = any(part in _UNITS or are_synonyms("quantity", part) for part in column.stems)
        return Figure(frame, "sum", column, condition) if function == "count" and is_units else None
    values = _filled(frame.values(scene.snapshot, column))
    if function == "distinct" or len(set(values)) < len(values):
        return Figure(frame, "distinct", column, condition)
    return Figure(frame, "rows", None, condition) if len(values) == frame.height else None


def _filled(values: list[Value]) -> list[Value]:
    return [value for value in values if value is not None and value != ""]


def label_of(text: str, frame: Frame, scene: Scene) -> FrameColumn | None:
    """`which region ...`, `who ...`, `when ...` with a superlative: the column that the answer stands in."""
    match = re.match(r"\s*(which|what|who|when|on which|on what|in which)\b\s*", text, re.I)
    if match is None or not (SUPERLATIVE.search(text) or any(h and p.search(text) for p, h, _ in MEANT)):
        return None
    word = match[1].lower()
    if word == "when":
        dates = [column for column in frame.columns if column.kind is ColumnKind.DATE]
        return dates[0] if len(dates) == 1 else None
    if word == "who":
        people = [c for c in frame.columns if c.kind is ColumnKind.TEXT and _PEOPLE & set(c.stems)]
        return people[0] if people else None
    named = [one for one in columns_in(text, frame, NAMED) if one.start <= match.end()]
    kinds = (ColumnKind.TEXT, ColumnKind.DATE)
    return named[0].column if named and named[0].column.kind in kinds else None


def _beside(
    sentence: Sentence, frame: Frame, label: FrameColumn, condition: Condition | None, scene: Scene
) -> Figure | Open | None:
    """What stands where a column is greatest or least, or whose rows add up to most or least."""
    named = [one for one in columns_in(sentence.text, frame, NAMED) if one.column == label]
    for one in named[:1]:
        sentence.strike(one.start, one.end)
    for left in sentence.left():
        if stem(fold(left[0])) in label.stems:
            sentence.strike(*left.span())
    expensive = next(((p, h) for p, h, _ in MEANT if h and p.search(sentence.text)), None)
    match = SUPERLATIVE.search(sentence.text)
    if expensive is not None:
        function: Function = "max" if expensive[1] == "most" else "min"
    elif match is not None:
        function = "max" if match["max"] else "min"
        sentence.strike(*match.span())
    else:
        return None
    sentence.strike_all(r"\btotal\b")
    mentions = [one for one in columns_in(sentence.text, frame) if one.column != label]
    own = own_words(frame)
    for left in sentence.left() if label.kind is ColumnKind.TEXT else ():
        if stem(fold(left[0])) in own:
            sentence.strike(*left.span())
            mentions = [one for one in mentions if one.start != left.start()]
            return None if sentence.left() or mentions else _of_rows(frame, function, label, condition)
    is_count = match is not None and match[0].lower() in ("most", "least", "fewest")
    texts = [one for one in mentions if one.column.kind is ColumnKind.TEXT and one.score >= NAMED]
    if is_count and texts and len(mentions) == 1:
        sentence.strike(texts[0].start, texts[0].end)
        return None if sentence.left() else _of_rows(frame, function, label, condition)
    if is_count and _ROWS.search(sentence.text):
        return None if sentence.left() or mentions else _of_rows(frame, function, label, condition)
    is_added = label.kind is ColumnKind.TEXT and _repeats(label, frame, scene) and expensive is None
    found = _figure(sentence, frame, "sum" if is_added else function, condition, scene)
    if isinstance(found, Figure):
        return Figure(frame, function, found.column, condition, label, found.taken_for)
    return found


def _repeats(label: FrameColumn, frame: Frame, scene: Scene) -> bool:
    values = _filled(frame.values(scene.snapshot, label))
    return len(set(values)) < len(values)


def _of_rows(
    frame: Frame, function: Function, label: FrameColumn, condition: Condition | None
) -> Figure | None:
    return Figure(frame, function, None, condition, label) if label.kind is ColumnKind.TEXT else None
