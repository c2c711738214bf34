"""The conversation about a workbook, kept in one file: requests, and where their outcome stands."""

from __future__ import annotations

import json
from pathlib import Path

from cellwright.ask.model import Answer, Plan, Turn
from cellwright.edits.model import SetFormulas
from cellwright.errors import CellwrightError, StoreError
from cellwright.reference import SheetRange

MAX_TURNS = 20


class SessionFile:
    """The turns about one workbook; the last MAX_TURNS are kept. A file that is none is begun anew."""

    def __init__(self, path: Path, book: Path) -> None:
        self._path = path
        self._book = str(book.resolve())

    def turns(self) -> tuple[Turn, ...]:
        """The turns about this workbook, oldest first."""
        found: list[Turn] = []
        for record in self._records():
            try:
                place = SheetRange.parse(record["place"]) if record.get("place") else None
                found.append(Turn(str(record["request"]), place, str(record.get("summary", ""))))
            except (KeyError, TypeError, CellwrightError):
                continue
        return tuple(found)

    def add(self, request: str, outcome: object) -> None:
        """Keep one request and where its outcome stands."""
        place, summary = None, ""
        if isinstance(outcome, Plan):
            summary = "; ".join(step.title for step in outcome.steps)
            written = [edit for edit in outcome.edits if isinstance(edit, SetFormulas)]
            place = SheetRange(written[-1].sheet, written[-1].range).a1 if written else None
        elif isinstance(outcome, Answer):
            summary = outcome.text
            place = outcome.citations[0].a1 if outcome.citations else None
        records = [*self._records(), {"request": request, "place": place, "summary": summary}][-MAX_TURNS:]
        known = self._load()
        known[self._book] = records
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._path.write_text(json.dumps(known, ensure_ascii=False, indent=1), encoding="utf-8")
        except OSError as error:
            raise StoreError(f"expected a file for the conversation, got {error}") from error

    def _records(self) -> list[dict[str, str]]:
        records = self._load().get(self._book, [])
        return [record for record in records if isinstance(record, dict)] if isinstance(records, list) else []

    def _load(self) -> dict[str, object]:
        try:
            known = json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return known if isinstance(known, dict) else {}
