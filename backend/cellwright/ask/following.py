"""Questions that go on from the one before: `what about the South?`, `and in March?`, `and the average?`

The question before is asked again with one thing exchanged: a value for another of its column, a column of
numbers for another, a month or year, or the function. Where the question before holds nothing of the kind a
value is added to it (`for South`). What fits nothing is read as it stands.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from cellwright.ask.asking_back import is_phrase, is_question
from cellwright.ask.dates import month_of
from cellwright.ask.frames import Frame
from cellwright.ask.mentions import columns_in
from cellwright.ask.model import Turn
from cellwright.ask.scene import Scene
from cellwright.ask.words import aggregate_in
from cellwright.workbook.detect import ColumnKind

_GOES_ON = re.compile(
    r"\s*(?:and\s+)?(?:what about|how about|and|what of|same for|now)\b,?\s*"
    r"(?:(?:for|in|of|with|from|during)\s+)?(?:the\s+)?(?P<new>[^?.!]{1,40}?)\s*[?.!]*\s*$",
    re.I,
)
_PERIOD = re.compile(r"\b(?:[^\W\d_]{3,9}\.?\s+)?(?:19|20)\d\d\b|\b[^\W\d_]{3,9}\b", re.I)
_MOST_BACK = 4
_NAMED = 0.9


def followed(text: str, history: Sequence[Turn], scene: Scene) -> str:
    """The whole question that a text goes on to; the text itself where it does not."""
    match = _GOES_ON.match(text)
    if match is None or not history:
        return text
    before = history[-1].request
    if len(history) > 1 and _GOES_ON.match(before):
        before = followed(before, history[-_MOST_BACK:-1], scene)
    if not (is_question(before) or is_phrase(before)):
        return text
    frame = scene.frame_for(before)
    new = match["new"].strip()
    return text if frame is None else _exchanged(before.rstrip(" ?.!"), new, frame, scene) or text


def _exchanged(before: str, new: str, frame: Frame, scene: Scene) -> str | None:
    held = _value(before, new, frame, scene)
    if held is not None:
        return held
    function, other = aggregate_in(new), aggregate_in(before)
    if function is not None and other is not None and function[2] - function[1] == len(new):
        return f"{before[: other[1]]}{new}{before[other[2] :]}"
    columns = [one for one in columns_in(new, frame, _NAMED) if one.column.kind is ColumnKind.NUMBER]
    if len(columns) == 1 and columns[0].end - columns[0].start == len(new):
        said = [one for one in columns_in(before, frame) if one.column.kind is ColumnKind.NUMBER]
        return f"{before[: said[-1].start]}{new}{before[said[-1].end :]}" if said else None
    if _is_period(new):
        for match in reversed(list(_PERIOD.finditer(before))):
            if _is_period(match[0]):
                return f"{before[: match.start()]}{new}{before[match.end() :]}"
        return f"{before} in {new}"
    return None


def _value(before: str, new: str, frame: Frame, scene: Scene) -> str | None:
    """A value of a column of texts in place of another of it, or added."""
    for column in frame.columns:
        if column.kind is not ColumnKind.TEXT:
            continue
        values = {value for value in frame.values(scene.snapshot, column) if isinstance(value, str)}
        if new.casefold() not in {value.strip().casefold() for value in values}:
            continue
        for value in sorted(values, key=len, reverse=True):
            match = (
                re.search(rf"(?<!\w){re.escape(value.strip())}(?!\w)", before, re.I)
                if value.strip()
                else None
            )
            if match is not None:
                return f"{before[: match.start()]}{new}{before[match.end() :]}"
        return f"{before} for {new}"
    return None


def _is_period(text: str) -> bool:
    word = text.strip().split(" ")[0]
    return bool(re.fullmatch(r"(?:19|20)\d\d", text.strip())) or month_of(word.capitalize()) is not None
