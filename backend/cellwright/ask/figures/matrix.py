"""One cell by its row's label and its column's header: `how much did musicians cost in March?`

Tables whose first column of texts names the rows: years or months across, lists of assumptions or products.
The label has to stand once in that column; headers are said as they are, months also in full. Without a
header the only column of numbers is meant, or the total of the row where periods stand across.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from cellwright.ask.dates import month_of
from cellwright.ask.figures.columns import TOTALS
from cellwright.ask.figures.sentence import Sentence, own_words
from cellwright.ask.frames import Frame, FrameColumn
from cellwright.ask.grounding.text import fold, stem, stems
from cellwright.ask.mentions import sheets_in
from cellwright.ask.rules import quoted
from cellwright.ask.scene import Scene
from cellwright.ask.words import aggregate_in
from cellwright.reference import Range, quote_sheet
from cellwright.workbook.detect import ColumnKind

_ASKS = re.compile(
    r"\s*(?:what(?:'s| is| was| are| were)?|how (?:much|many|high)|tell me|show me|give me)\b", re.I
)
_SPOKEN = re.compile(
    r"\b(?:costs?|value|amount|figure|number|spend|spent|pay|paid|earn(?:ed)?|sold|sell|get|got|come|came|"
    r"total|sheet)\b",
    re.I,
)
_PERIOD = re.compile(r"(?:19|20)\d\d(?:\D.*)?|q[1-4]\b.*|[^\W\d_]{3,9}\.?(?:\s*(?:19|20)?\d\d)?", re.I)
_LEAST = 3


@dataclass(frozen=True)
class Asked:
    """A cell of a frame: `label` in the column `labels`, under `column`; None is all `periods` of the row."""

    frame: Frame
    labels: FrameColumn
    label: str
    column: FrameColumn | None
    periods: tuple[FrameColumn, ...] = ()

    @property
    def formula(self) -> str:
        """INDEX and MATCH, or the row's sum."""
        sheet = quote_sheet(self.frame.sheet)
        keys = f"{sheet}!{self.frame.body(self.labels).a1}"
        place = f"MATCH({quoted(self.label)},{keys},0)"
        if self.column is not None:
            return f"=INDEX({sheet}!{self.frame.body(self.column).a1},{place})"
        first, last = self.periods[0].column, self.periods[-1].column
        block = Range(self.frame.first, first, self.frame.last, last)
        return f"=SUM(INDEX({sheet}!{block.a1},{place},0))"

    @property
    def told(self) -> str:
        """`Musicians, Mar`."""
        if self.column is None:
            return f"{self.label}, {self.periods[0].name} to {self.periods[-1].name} in all"
        return f"{self.label}, {self.column.name}" if self.frame.has_header else self.label


def read_cells(question: str, scene: Scene) -> list[Asked]:
    """The cells that a question may ask for, one a table; none where a word is left over."""
    text = re.sub(r"[?!.\s]+$", "", question)
    if not _ASKS.match(text):
        return []
    said = aggregate_in(re.sub(r"\bhow (?:much|many)\b", " ", text, flags=re.I))
    if said is not None and said[0] != "sum":
        return []
    named = [name for name, _, _ in sheets_in(text, scene.snapshot)]
    found: list[Asked] = []
    for sheet in scene.snapshot.sheets:
        if named and sheet.name not in named:
            continue
        for frame in scene.frames(sheet.name):
            one = _in_frame(text, frame, scene)
            if one is not None:
                found.append(one)
    focus = [one for one in found if scene.place is not None and one.frame.sheet == scene.place.sheet]
    return focus or found


def _in_frame(text: str, frame: Frame, scene: Scene) -> Asked | None:
    labels = next((one for one in frame.columns if one.kind is ColumnKind.TEXT), None)
    numbers = [one for one in frame.columns if one.kind is ColumnKind.NUMBER]
    if labels is None or not numbers or labels.column > numbers[0].column:
        return None
    sentence = Sentence(text)
    label = _label(sentence, frame, labels, scene)
    if label is None:
        return None
    column = _column(sentence, numbers)
    sentence.strike_all(_SPOKEN.pattern)
    own = own_words(frame) | set(stems(labels.name))
    if any(stem(fold(match[0])) not in own for match in sentence.left()):
        return None
    if column is not None or not frame.has_header or len(numbers) == 1:
        return Asked(frame, labels, label, column or numbers[0])
    periods = tuple(one for one in numbers if _PERIOD.fullmatch(one.name) and not TOTALS.match(one.name))
    periods = tuple(one for one in periods if re.search(r"\d", one.name) or month_of(one.name.capitalize()))
    if len(periods) < _LEAST or periods[-1].column - periods[0].column != len(periods) - 1:
        return None
    return Asked(frame, labels, label, None, periods)


def _label(sentence: Sentence, frame: Frame, labels: FrameColumn, scene: Scene) -> str | None:
    """The longest label that the sentence holds whole and that stands in one row, struck out."""
    values = [value for value in frame.values(scene.snapshot, labels) if isinstance(value, str)]
    for value in sorted(set(values), key=len, reverse=True):
        plain = value.strip()
        if len(plain) < _LEAST or not re.search(r"\w", plain) or TOTALS.match(plain):
            continue
        match = re.search(rf"(?<!\w){re.escape(plain)}(?!\w)", sentence.text, re.I)
        if match is not None:
            sentence.strike(*match.span())
            return value if values.count(value) == 1 else None
    return None


def _column(sentence: Sentence, numbers: list[FrameColumn]) -> FrameColumn | None:
    """The column whose header is said, struck out: the longest, months also in full."""
    for column in sorted(numbers, key=lambda one: -len(one.name)):
        if not column.name.strip():
            continue
        match = re.search(rf"(?<!\w){re.escape(column.name.strip())}(?!\w)", sentence.text, re.I)
        if match is not None:
            sentence.strike(*match.span())
            return column
    for match in sentence.left():
        month = month_of(match[0].capitalize())
        for column in numbers if month is not None else ():
            if month_of(column.name.capitalize()) == month and len(column.name.split()) == 1:
                sentence.strike(*match.span())
                return column
    return None
