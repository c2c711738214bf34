"""A workbook as a planner sees it: JSON with the shape of every sheet, first rows and each kind of formula.

All of it is data that strangers may have written. It is JSON, with `<` and `>` escaped, so that no cell can
end the block it stands in or look like a marker of a chat template. Parts are left out until it fits.
"""

from __future__ import annotations

import datetime
import json
from itertools import islice
from typing import Any

from cellwright.proposers.template import RelativeKey, read_template
from cellwright.reference import Cell, Range, SheetRange
from cellwright.workbook.model import Content, Sheet, Snapshot
from cellwright.workbook.number_formats import is_date_format

_MOST_TEXT = 60
_MOST_COLUMNS = 26
_MOST_FORMULAS = 24
_MOST_READ = 5_000
_MOST_NAMES = 40
_MOST_SHEETS = 40
_FEWEST_ROWS = 2
_ROWS = 16


def workbook_json(snapshot: Snapshot, place: SheetRange | None, most_characters: int) -> str:
    """The workbook in at most that many characters, the selected sheet in more detail than the others."""
    rows, others = _ROWS, _ROWS
    while True:
        text = _escaped(_record(snapshot, place, rows, others))
        if len(text) <= most_characters or rows <= _FEWEST_ROWS:
            break
        rows, others = (rows, others // 2) if others >= rows // 2 > 0 else (rows // 2, others)
    if len(text) <= most_characters:
        return text
    return _escaped(_bare(snapshot, place, most_characters))


def _escaped(record: dict[str, Any]) -> str:
    plain = json.dumps(record, ensure_ascii=False, separators=(",", ":"))
    return plain.replace("<", "\\u003c").replace(">", "\\u003e").replace("\u2028", " ").replace("\u2029", " ")


def _record(snapshot: Snapshot, place: SheetRange | None, rows: int, others: int) -> dict[str, Any]:
    own = snapshot.sheet_names[0] if place is None else place.sheet
    sheets = sorted(snapshot.sheets[:_MOST_SHEETS], key=lambda sheet: sheet.name != own)
    record: dict[str, Any] = {"selected": None if place is None else place.a1}
    record["sheets"] = [
        _sheet(snapshot, sheet, place, rows if sheet.name == own else others) for sheet in sheets
    ]
    if snapshot.names:
        record["names"] = {name.name: name.formula[:200] for name in snapshot.names[:_MOST_NAMES]}
    return record


def _bare(snapshot: Snapshot, place: SheetRange | None, most_characters: int) -> dict[str, Any]:
    """Names and used ranges of as many sheets as fit."""
    record: dict[str, Any] = {"selected": None if place is None else place.a1, "sheets": []}
    for sheet in snapshot.sheets:
        record["sheets"].append({"name": sheet.name, "used": _used(sheet)})
        if len(_escaped(record)) > most_characters:
            record["sheets"].pop()
            break
    return record


def _sheet(snapshot: Snapshot, sheet: Sheet, place: SheetRange | None, rows: int) -> dict[str, Any]:
    record: dict[str, Any] = {"name": sheet.name, "used": _used(sheet)}
    tables = [{"name": t.name, "range": t.range.a1} for t in snapshot.tables if t.sheet == sheet.name]
    if tables:
        record["tables"] = tables
    bounds = sheet.cells.bounds
    if bounds is None or rows < 1:
        return record
    right = min(bounds.right, bounds.left + _MOST_COLUMNS - 1)
    shown = list(range(bounds.top, min(bounds.bottom, bounds.top + rows - 1) + 1))
    if place is not None and place.sheet == sheet.name:
        near = range(max(bounds.top, place.range.top - 2), min(bounds.bottom, place.range.top + 2) + 1)
        shown = sorted({*shown, *near})
    if bounds.bottom not in shown:
        shown.append(bounds.bottom)
    record["columns"] = Range(0, bounds.left, 0, right).a1.replace("1", "")
    record["rows"] = {
        str(row + 1): [
            _value(sheet.content(Cell(row, column)), is_1904=snapshot.is_1904)
            for column in range(bounds.left, right + 1)
        ]
        for row in shown
    }
    formulas = _formulas(sheet)
    if formulas:
        record["formulas"] = formulas
    return record


def _formulas(sheet: Sheet) -> dict[str, str]:
    """One example of each kind of formula, by where it stands first."""
    seen: set[RelativeKey] = set()
    found: dict[str, str] = {}
    for cell, text in islice(sheet.cells.formulas(), _MOST_READ):
        key = read_template(text, cell).key
        if key not in seen:
            seen.add(key)
            found[cell.a1] = text[:200]
        if len(found) == _MOST_FORMULAS:
            break
    return found


def _used(sheet: Sheet) -> str | None:
    return None if sheet.cells.bounds is None else sheet.cells.bounds.a1


def _value(content: Content, *, is_1904: bool) -> float | str | bool | None:
    value = content.value
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, float):
        if is_date_format(content.style.number_format):
            return _date(value, is_1904) or value
        return int(value) if value.is_integer() and abs(value) < 1e15 else value
    text = str(value)
    return text if len(text) <= _MOST_TEXT else f"{text[: _MOST_TEXT - 1]}…"


def _date(serial: float, is_1904: bool) -> str | None:
    """`2026-11-28` of a serial number; None outside the calendar."""
    epoch = datetime.datetime(1904, 1, 1) if is_1904 else datetime.datetime(1899, 12, 30)
    try:
        moment = epoch + datetime.timedelta(days=serial)
    except OverflowError:
        return None
    return moment.date().isoformat() if serial == int(serial) else moment.isoformat(" ", "minutes")
