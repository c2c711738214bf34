"""Copies: columns, rows or a whole table to another sheet; a new sheet with headers."""

from __future__ import annotations

import re
from typing import Literal

from cellwright.ask.arithmetic import Names
from cellwright.ask.frames import Frame, FrameColumn
from cellwright.ask.intents.reading import Reading
from cellwright.ask.intents.writing import down, new_sheet, values
from cellwright.ask.mentions import columns_in, name_score, sheets_in
from cellwright.ask.model import Draft
from cellwright.ask.row_formulas import row_formula_of
from cellwright.ask.scene import Scene
from cellwright.ask.targets import Target, read_target
from cellwright.ask.words import aggregate_in, small_number
from cellwright.edits.model import AddSheet, CopyRange, SetNumberFormat
from cellwright.reference import Cell, Range, SheetRange
from cellwright.workbook.detect import ColumnKind

_COPY = re.compile(
    r"\b(?:copy|duplicate|list|fetch|get|bring|transfer|extract|put|paste|place|replicate|retrieve|move)\b",
    re.I,
)
_ADD_SHEET = re.compile(
    r"\b(?:add|create|insert|make(?: me| us)?|need|want|open|give me)\s+(?:a |an |another )?(?:new |"
    r"blank |empty )*(?:work)?(?:sheet|tab)\b",
    re.I,
)
_FIRST = re.compile(r"\bfirst\s+(\d+|\w+)\s+(?:rows?|records?|lines?|entries)\b", re.I)
_WHOLE_SHEET = re.compile(
    r"\s*(?:copy|duplicate|clone|make a copy of)\s+(?:the\s+|this\s+)?(?:(?:entire|whole)\s+)?"
    r"(?:(?:work)?(?:sheet|tab)\b|[\"“][^\"”]+[\"”]\s+(?:work)?sheet\b)(?!\s+(?:data|cells?|range|columns?|rows?)\b)",
    re.I,
)
_COPY_NAMED = re.compile(
    r"\b(?:named|called|titled|as|to|into|name it)\s+(?:a\s+new\s+)?(?:(?:work)?sheet\s+)?"
    r"(?:named\s+|called\s+)?(?:the\s+)?[\"“]([^\"”]+)[\"”]",
    re.I,
)
_HEADERS = re.compile(
    r"\b(?:headers?|columns?)\b[^.\"“]{0,24}((?:[\"“][^\"”]+[\"”](?:,? and |, ?)?){2,})", re.I
)


def read(text: str, scene: Scene) -> Reading | None:
    """A copy to another sheet, or None."""
    if _WHOLE_SHEET.match(text):
        return _sheet_copied(text, scene)
    if re.search(r"\b(?:chart|pivot|highlight|sort by|filter|duplicates)\b", text, re.I):
        return None
    frame = _source(text, scene)
    if frame is None:
        return None
    target = read_target(text, scene, frame)
    is_other = target.is_new_sheet or (target.sheet is not None and target.sheet != frame.sheet)
    headers = _headers(text)
    if is_other and len(headers) >= 2:
        made = _table(text, frame, headers, target, scene)
        if made:
            return Reading("new table", 0.9, lambda: made)
    if is_other and target.header and not _COPY.match(text):
        made = _column_elsewhere(text, frame, target, scene)
        if made:
            return Reading("new column elsewhere", 0.86, lambda: made)
    if not is_other or not (_COPY.search(text) or re.search(r"\bwith\b", text)):
        if _ADD_SHEET.search(text) and target.is_new_sheet:
            return Reading("new sheet", 0.5, lambda: _empty_sheet(target, scene))
        return None
    columns = [m.column for m in columns_in(_what(text), frame) if m.score >= 0.62]
    columns = list(dict.fromkeys(columns))
    score = 0.84 if _COPY.search(text) else 0.7
    if aggregate_in(text) is not None and re.search(r"\b(?:each|every|per|by)\b", text, re.I):
        return None
    return Reading("copy", score, lambda: _copied(text, frame, columns, target, scene))


def _sheet_copied(text: str, scene: Scene) -> Reading | None:
    """A sheet's cells and formats on a new sheet behind it, named as Excel does where no name is said."""
    said = _COPY_NAMED.search(text)
    before = text[: said.start()] if said else text
    source = next((name for name, _, _ in sheets_in(before, scene.snapshot)), scene.sheet)
    used = scene.snapshot.sheet(source).cells.bounds
    if used is None:
        return None
    wanted = said[1] if said and not scene.snapshot.has_sheet(said[1]) else None
    number = 2
    while wanted is None and scene.snapshot.has_sheet(f"{source} ({number})"):
        number += 1
    name = wanted or f"{source} ({number})"
    edits = (
        AddSheet(name, scene.snapshot.sheet_names.index(source) + 1),
        CopyRange(name, used, source, used, "all"),
    )
    drafts = [Draft(f"Copy the sheet {source} to {name}", edits, "copy", (SheetRange(source, used),))]
    return Reading("copy of a sheet", 0.92, lambda: drafts)


def _source(text: str, scene: Scene) -> Frame | None:
    """The table that is copied from: never the sheet that was just made."""
    frame = scene.frame_for(text)
    if frame is not None and frame.sheet == scene.new_sheet:
        frames = scene.frames(scene.sheet)
        return frames[0] if frames else frame
    if frame is not None and frame.sheet in text:
        return frame
    return scene.frame or frame


def _what(text: str) -> str:
    """What is copied: the words before where it goes."""
    return re.split(
        r"\b(?:to|into|in|onto|on)\s+(?:a |another |the |this )?(?:new |separate )*(?:work)?sheet\b", text
    )[0]


def _headers(text: str) -> list[str]:
    match = _HEADERS.search(text)
    if match is None:
        return []
    return [part.strip(" ,") for part in re.findall(r"[\"“]([^\"”]+)[\"”]", match[1])]


def _copied(text: str, frame: Frame, columns: list[FrameColumn], target: Target, scene: Scene) -> list[Draft]:
    place, edits = new_sheet(scene, target)
    first = target.cell or _free_start(scene, place, target)
    counted = _FIRST.search(text)
    count = small_number(counted[1]) if counted else None
    has_headers = not re.search(r"\bwithout (?:the )?headers?\b", text, re.I)
    top = frame.area.top if has_headers else frame.first
    bottom = frame.last if count is None else min(top + count - 1, frame.last)
    if not columns:
        area = Range(top, frame.left, bottom, frame.right)
        edits.append(
            CopyRange(
                place, Range.of(first, area.height, area.width), frame.sheet, area, _how(scene, frame, area)
            )
        )
        return [Draft(f"Copy {area} of {frame.sheet} to {place}", tuple(edits), "copy", (frame.place(area),))]
    for number, column in enumerate(columns):
        area = Range(top, column.column, bottom, column.column)
        cell = Cell(first.row, first.column + number)
        edits.append(
            CopyRange(place, Range.of(cell, area.height, 1), frame.sheet, area, _how(scene, frame, area))
        )
        if target.header and len(columns) == 1 and has_headers:
            edits.append(values(place, cell, [[target.header]]))
    names = ", ".join(column.name for column in columns)
    cited = tuple(frame.place(frame.whole(column)) for column in columns)
    return [Draft(f"Copy {names} to {place}", tuple(edits), "copy", cited)]


def _how(scene: Scene, frame: Frame, area: Range) -> Literal["all", "values"]:
    """Values where formulas would lose the cells beside them."""
    has_formulas = next(scene.snapshot.sheet(frame.sheet).cells.formulas(area), None) is not None
    return "values" if has_formulas else "all"


def _free_start(scene: Scene, place: str, target: Target) -> Cell:
    if target.column is not None:
        return Cell(0, target.column)
    if scene.snapshot.has_sheet(place):
        used = scene.snapshot.sheet(place).cells.bounds
        return Cell(0, 0) if used is None else Cell(used.top, used.right + 1)
    return Cell(0, 0)


def _table(text: str, frame: Frame, headers: list[str], target: Target, scene: Scene) -> list[Draft]:
    """A new table: headers that name columns are copied, the others calculated from what the text says."""
    place, edits = new_sheet(scene, target)
    count = frame.height
    named = [m.column for m in columns_in(text, frame) if m.column.kind is ColumnKind.NUMBER]
    cited: list[FrameColumn] = []
    plain: list[tuple[int, FrameColumn]] = []
    computed: list[tuple[int, str]] = []
    for number, header in enumerate(headers):
        same = max(frame.columns, key=lambda column: name_score(header, column))
        if name_score(header, same) >= 0.9:
            plain.append((number, same))
        else:
            computed.append((number, header))
    is_totals = not plain and re.search(r"\b(?:sum|total|average|mean|max\w*|min\w*)\b", text, re.I)
    is_per_row = re.search(r"\b(?:each|every|per|annual|consecutive|corresponding)\b", text, re.I)
    if is_totals or not computed or (aggregate_in(text) is not None and not is_per_row):
        return []
    measures = [column for column in dict.fromkeys(named) if all(column != one for _, one in plain)]
    formulas = []
    for number, header in computed:
        own = _column_for(header, measures, computed)
        told = text if own is None else f"{_doing(text, frame)} of {own.name}"
        found = row_formula_of(told, Names(scene, frame, None, frame.first, place), header)
        if found is None:
            return []
        formulas.append((number, header, found))
        cited += found.reads
    starts = min((found.starts for _, _, found in formulas), default=0)
    rows = count - starts
    edits.append(values(place, Cell(0, 0), [headers]))
    for number, column in plain:
        area = Range(frame.first + starts, column.column, frame.last, column.column)
        edits.append(
            CopyRange(place, Range.of(Cell(1, number), rows, 1), frame.sheet, area, _how(scene, frame, area))
        )
    for number, _, found in formulas:
        first = Cell(1, number)
        edits.append(down(place, first, found.text, rows))
        if found.number_format:
            edits.append(SetNumberFormat(place, Range.of(first, rows, 1), found.number_format))
    places = tuple(frame.place(frame.body(column)) for column in dict.fromkeys(cited))
    return [Draft(f"Table of {', '.join(headers)} on {place}", tuple(edits), "new table", places)]


def _doing(text: str, frame: Frame) -> str:
    """What is to be calculated, without the columns that it is about."""
    match = re.search(r"\b(?:calculate|compute|find|determine|work out)\b.*", text, re.I)
    doing = match[0] if match else text
    for mention in reversed(columns_in(doing, frame)):
        doing = doing[: mention.start] + doing[mention.end :]
    return doing


def _column_for(
    header: str, measures: list[FrameColumn], computed: list[tuple[int, str]]
) -> FrameColumn | None:
    """The column that a header is about: by its initials or words, else by its place among the others."""
    if len(computed) == 1 and len(measures) != 1:
        return None
    for column in measures:
        initials = "".join(word[0] for word in re.findall(r"[A-Za-z]+", column.name)).casefold()
        if initials and initials in [word.casefold() for word in re.findall(r"[A-Za-z]+", header)]:
            return column
    scored = sorted(measures, key=lambda column: -name_score(header, column))
    if scored and name_score(header, scored[0]) >= 0.5:
        return scored[0]
    place = [name for _, name in computed].index(header)
    return measures[place] if place < len(measures) else None


def _column_elsewhere(text: str, frame: Frame, target: Target, scene: Scene) -> list[Draft]:
    """A column calculated on another sheet, row by row from this one."""
    is_per_row = re.search(r"\b(?:each|every|per|for all|corresponding)\b", text, re.I)
    if aggregate_in(text) is not None and not is_per_row:
        return []
    place, edits = new_sheet(scene, target)
    source = frame
    row_sheet: str | None = place
    offset = Cell(1, target.column if target.column is not None else _free_start(scene, place, target).column)
    beside = scene.frames(place)[0] if scene.snapshot.has_sheet(place) and scene.frames(place) else None
    found = None
    if beside is not None and beside.height == frame.height:
        found = row_formula_of(text, Names(scene, beside), target.header)
    if found is None:
        found = row_formula_of(text, Names(scene, source, None, None, row_sheet), target.header)
    if found is None:
        return []
    edits.append(values(place, Cell(0, offset.column), [[target.header]]))
    edits.append(down(place, offset, found.text, frame.height - found.starts))
    cited = tuple(source.place(source.body(column)) for column in found.reads)
    return [Draft(f"Calculate {target.header} on {place}: {found.text}", tuple(edits), "column", cited)]


def _empty_sheet(target: Target, scene: Scene) -> list[Draft]:
    name = scene.free_sheet_name(target.sheet_name)
    return [
        Draft(
            f"Add the sheet {name}",
            (AddSheet(name, scene.snapshot.sheet_names.index(scene.sheet)),),
            "new sheet",
        )
    ]
