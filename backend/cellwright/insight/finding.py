"""A finding of the audit: what, how bad, where, one sentence, and the edits that would mend it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from cellwright.edits.model import Edit
from cellwright.edits.text import edit_to_text
from cellwright.reference import SheetRange


class FindingKind(StrEnum):
    """What was found."""

    ERROR = "error"
    BROKEN_REFERENCE = "broken reference"
    CIRCULAR = "circular reference"
    INCONSISTENT = "inconsistent formula"
    OVERWRITTEN = "number over a formula"
    SHORT_RANGE = "range misses rows"
    HARD_CODED = "number inside a formula"
    TEXT_NUMBER = "number stored as text"
    BROKEN_NAME = "broken name"
    UNUSED_NAME = "unused name"
    REACHES_OUT = "reaches out"
    EXTERNAL_LINK = "other workbook"
    VOLATILE = "volatile"
    HIDDEN = "hidden"
    UNREADABLE = "unreadable formula"


class Severity(StrEnum):
    """How much it matters: wrong now, likely wrong or risky, good to know."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True)
class Finding:
    """One finding. `place` is None for the workbook as a whole; `count` is how many cells share it."""

    kind: FindingKind
    severity: Severity
    place: SheetRange | None
    sentence: str
    count: int = 1
    edits: tuple[Edit, ...] = ()
    related: tuple[SheetRange, ...] = field(default=())

    def to_json(self) -> dict[str, Any]:
        """The finding for machines."""
        return {
            "kind": self.kind.value,
            "severity": self.severity.value,
            "place": self.place.a1 if self.place else None,
            "sentence": self.sentence,
            "count": self.count,
            "edits": [edit_to_text(edit) for edit in self.edits],
            "related": [place.a1 for place in self.related],
        }


def plural(count: int, noun: str) -> str:
    """`1 cell`, `12 cells`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
