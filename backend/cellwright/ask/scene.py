"""The scene of a plan: the workbook as the steps so far leave it, and what `it` and `the new sheet` mean."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from cellwright.ask.facts import Facts, read_facts
from cellwright.ask.frames import Frame, FrameColumn, frames_on
from cellwright.ask.mentions import columns_in, sheets_in
from cellwright.ask.model import Step
from cellwright.ask.words import without_aggregates
from cellwright.calc.calculator import Calculator
from cellwright.edits.model import AddSheet, Fill, RenameSheet, SetFormulas
from cellwright.reference import Range, SheetRange
from cellwright.workbook.model import Sheet, Snapshot, Visibility

_NEW_SHEET = re.compile(
    r"\b(?:the|this|that) (?:new(?:ly created)? |same |created |above )?(?:work)?sheet\b|\bsame "
    r"(?:work)?sheet\b",
    re.I,
)
_SOURCE = re.compile(r"\bfrom\s+(?:the\s+)?(?:(?:work)?sheet\s+)?[\"“']?$", re.I)
_LEAD = re.compile(
    r"\s*(?:in|on|for|within|go to|open|switch to)\s+(?:the\s+)?(?:(?:work)?sheet|tab)\b[^,;:.]{0,60}|"
    r"\s*(?:in|on|for|within)\s+(?:the\s+)?[\"“'][^\"”']{1,40}[\"”']\s+(?:work)?(?:sheet|tab)\b",
    re.I,
)
"""A place that a task begins with."""
_SPOKEN_OF = 0.95
"""From this score on a text names columns of a table, and a sheet that it takes something from is another."""
_NEW_NAME = re.compile(
    r"\b(?:named|titled|called|headed|header|title|name)\s+[\"“][^\"”]+[\"”]|"
    r"\b(?:new|add|create|insert|make|into)\s+(?:a |an |the )?(?:new )?(?:column )?[\"“][^\"”]+[\"”]",
    re.I,
)
"""The name of what is made anew, which names nothing that is there."""


@dataclass
class Scene:
    """What a reading may look at. `snapshot` has the values of the steps before; `calculator` holds it."""

    snapshot: Snapshot
    calculator: Calculator
    request: str
    place: SheetRange | None = None
    facts: Facts = field(default_factory=Facts)
    sheet: str = ""
    new_sheet: str | None = None
    column: FrameColumn | None = None
    areas: list[SheetRange] = field(default_factory=list)
    """What the steps so far wrote."""
    written: str | None = None
    """The sheet that the last step changed."""
    area: SheetRange | None = None
    """What the last step wrote: `the results`."""
    _frames: dict[str, list[Frame]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        visible = [sheet for sheet in self.snapshot.sheets if sheet.visibility is Visibility.VISIBLE]
        candidates = visible or list(self.snapshot.sheets)
        if not self.sheet:
            self.sheet = self.place.sheet if self.place is not None else _busiest(candidates)
        self.facts = read_facts(self.request)

    def frames(self, sheet: str) -> list[Frame]:
        """The tables of a sheet as it is now."""
        if sheet not in self._frames:
            self._frames[sheet] = frames_on(self.snapshot, self.snapshot.sheet(sheet))
        return self._frames[sheet]

    @property
    def frame(self) -> Frame | None:
        """The table that is spoken of: on the sheet in focus, at the place where one is given."""
        found = self.frames(self.sheet)
        if self.place is not None and self.place.sheet == self.sheet:
            for frame in found:
                if frame.area.intersect(self.place.range):
                    return frame
        return found[0] if found else None

    def column_names(self) -> Iterator[str]:
        """The names of all columns of the workbook."""
        for sheet in self.snapshot.sheets:
            for frame in self.frames(sheet.name):
                yield from (column.name for column in frame.columns)

    def frame_for(self, text: str) -> Frame | None:
        """The table that a text speaks of: a sheet it names, else the one whose columns it names best."""
        current = self.frame
        mentioned = sheets_in(text, self.snapshot)
        if current is not None and _named_score(text, current) >= _SPOKEN_OF:
            mentioned = [one for one in mentioned if not _SOURCE.search(text[: one[1]])]
        for name, _, _ in mentioned:
            frames = self.frames(name)
            if frames:
                return frames[0]
        if self.new_sheet is not None and _NEW_SHEET.search(text) and self.frames(self.new_sheet):
            return self.frames(self.new_sheet)[0]
        for made in _NEW_NAME.finditer(text):
            new = re.search(r"[\"“]([^\"”]+)[\"”]", made[0])
            text = re.sub(re.escape(new[1]), " ", text, flags=re.I) if new else text
        plain = without_aggregates(text)
        best, score = current, _named_score(text, current) if current is not None else 0.0
        for sheet in self.snapshot.sheets:
            for frame in self.frames(sheet.name):
                found = 0.0 if frame is current else _named_score(plain, frame)
                if found > score + 0.5:
                    best, score = frame, found
        return best

    def turn_to(self, task: str) -> None:
        """Bring the sheet into focus that a task begins with (`In sheet "Orders", ...`); it stays there."""
        lead = _LEAD.match(task)
        named = sheets_in(lead[0], self.snapshot) if lead else []
        if len(named) == 1:
            self.sheet = named[0][0]

    def move_on(self, snapshot: Snapshot) -> None:
        """Take the workbook as a step left it."""
        changed = {
            new.name
            for new in snapshot.sheets
            if not self.snapshot.has_sheet(new.name) or self.snapshot.sheet(new.name) is not new
        }
        for name in list(self._frames):
            if name in changed or not snapshot.has_sheet(name):
                del self._frames[name]
        self.snapshot = snapshot
        if not snapshot.has_sheet(self.sheet):
            self.sheet = snapshot.sheets[0].name

    def remember(self, before: Snapshot, steps: Sequence[Step]) -> None:
        """What `the new sheet` and `the results` mean after these steps."""
        for step in steps:
            for edit in step.edits:
                if isinstance(edit, AddSheet):
                    self.new_sheet = edit.name
                elif isinstance(edit, RenameSheet) and self.sheet == edit.sheet:
                    self.sheet = edit.name
                self.written = getattr(edit, "sheet", self.written)
                if isinstance(edit, SetFormulas | Fill) and self.snapshot.has_sheet(edit.sheet):
                    area = edit.range if isinstance(edit, SetFormulas) else edit.target
                    self.area = SheetRange(edit.sheet, area)
                    self.areas.append(self.area)

    def filled(self, sheet: str, area: Range) -> int:
        """How many cells of an area hold something."""
        held = self.snapshot.sheet(sheet).cells.items(area)
        return sum(not content.is_blank for _, content in held)

    def free_sheet_name(self, wanted: str | None = None) -> str:
        """A sheet name that is not taken: the one wanted, else `Sheet2`, `Sheet3`, ..."""
        if wanted and not self.snapshot.has_sheet(wanted):
            return wanted
        number = 2
        while self.snapshot.has_sheet(f"Sheet{number}"):
            number += 1
        return f"Sheet{number}"

    def free_column(self, frame: Frame) -> int:
        """The first column right of a frame that is empty beside it."""
        place = frame.right + 1
        while self.filled(frame.sheet, Range(frame.area.top, place, frame.last, place)):
            place += 1
        return place


def _busiest(sheets: Sequence[Sheet]) -> str:
    """The first sheet that holds anything."""
    return next((sheet.name for sheet in sheets if sheet.cells.bounds is not None), sheets[0].name)


def _named_score(text: str, frame: Frame) -> float:
    return sum(mention.score for mention in columns_in(text, frame, 0.75))
