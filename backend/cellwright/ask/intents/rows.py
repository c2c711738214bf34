"""Rows: sort, filter, remove duplicates, delete those that meet a condition, freeze the header."""

from __future__ import annotations

import re

from cellwright.ask.condition_reader import read_condition
from cellwright.ask.condition_telling import condition_words
from cellwright.ask.conditions import AllOf, AnyOf, Condition, Not, Operand, Test, tests_of
from cellwright.ask.frames import Frame, FrameColumn
from cellwright.ask.highlight import rows_meeting
from cellwright.ask.intents.reading import NothingToDo, Reading
from cellwright.ask.mentions import columns_in
from cellwright.ask.model import Draft
from cellwright.ask.scene import Scene
from cellwright.ask.settling import settled
from cellwright.ask.words import small_number
from cellwright.edits.display import general_text
from cellwright.edits.model import DeleteColumns, DeleteRows, Edit, Filter, FreezePanes, Sort, SortKey
from cellwright.reference import Cell
from cellwright.workbook.detect import ColumnKind

_SORT = re.compile(
    r"\b(?:sort\w*|arrang\w*|rearrang\w*|re-?order\w*|"
    r"order(?:ed)?(?=\s+(?:by|the|it|them|from|all|rows|data|in (?:ascending|descending|alphabetical))\b))\b|"
    r"\b(?:put|place|bring|move|show|list)\b.*\b(?:at the top|on top|first|to the top)\b|"
    r"\b(?:highest|largest|biggest|lowest|smallest|newest|oldest|latest)\b.*\b(?:first|at the top|on top)\b",
    re.I,
)
_DESCENDING = re.compile(
    r"\b(?:desc|descend\w*|decreas\w+|falling|z (?:to|-) a|z-a|reverse|"
    r"(?:larg|high|bigg?|great|new|lat|top)(?:est)?(?: \w+)? (?:to|first|at the top|on top|comes? first|"
    r"at the "
    r"beginning|down)|most \w+ first|(?:larg|high|bigg|great|new|lat)est\b.*\b(?:top|first))\b",
    re.I,
)
_FILTER = re.compile(
    r"\b(?:filter\w*|(?:only|just) (?:want to )?(?:show|display|keep|view|list|see|look at)|"
    r"(?:show|display|view|see|list|keep|leave) (?:me |us )?(?:only|just)|"
    r"hide (?:all |every |each )?(?:the |other )?(?:rows?|records?|others?|everything|orders?|entries|"
    r"lines?)|"
    r"show (?:me )?(?:the |all )?(?:rows|records|entries|orders|lines)|"
    r"(?:rows|records|entries)\b.*\bvisible)\b",
    re.I,
)
_DUPLICATES = re.compile(
    r"\b(?:remove|delete|drop|eliminate|get rid of|clear)\b[^.]*\b(?:duplicate[sd]?|repeated|repeating|"
    r"(?:occur|appear)\w* (?:twice|more than once))\b|\bde-?dup|\bonly once\b",
    re.I,
)
_DELETE = re.compile(r"\b(?:delete|remove|drop(?![- ]?downs?\b)|get rid of|eliminate)\b", re.I)
_FREEZE = re.compile(
    r"\b(?:freeze|lock|pin)\b|\b(?:keep|make|always show|remain)\b[^.]*\b(?:header|headings?|title|top|first|"
    r"panes?|columns?)\b[^.]*\b(?:visible|in view|on screen|fixed|on top|in place)\b|"
    r"\bstays? (?:visible|in place|in view|on (?:top|screen))\b|\b(?:when|while) (?:\w+ )?scroll",
    re.I,
)


def read_sort(text: str, scene: Scene) -> Reading | None:
    """Sorting rows."""
    if not _SORT.search(text) or re.search(
        r"\bcharts?\b|\bpivot\b|\bnew column\b|\brank\w* column\b", text, re.I
    ):
        return None
    frame = _focus(text, scene)
    if frame is None or frame.height < 2:
        return None
    keys = _keys(text, frame)
    if not keys:
        return None
    return Reading("sort", 0.92, lambda: [_sorted(frame, keys)])


def _focus(text: str, scene: Scene) -> Frame | None:
    """The table to sort: what was just written where `it` is meant."""
    if (
        scene.new_sheet is not None
        and scene.frames(scene.new_sheet)
        and re.search(r"\b(?:it|them|this|that|new sheet|results?)\b", text, re.I)
    ):
        return scene.frames(scene.new_sheet)[0]
    return scene.frame_for(text)


def _keys(text: str, frame: Frame) -> list[tuple[FrameColumn, bool]]:
    whole = text
    text = re.sub(
        r"\b(?:in )?(?:an? |the )?(?:\w+ )?order\b(?! (?:id|no|number|date))",
        lambda m: m[0].replace("order", ""),
        text,
    )
    by = re.search(r"\b(?:by|on|according to|based on|with the)\b", text, re.I)
    found = columns_in(text[by.end() :] if by else text, frame) or columns_in(text, frame)
    if by and found and found[0].start < by.end() and len(columns_in(text, frame)) == len(found):
        by = None
    elif by:
        text = text[by.end() :] if columns_in(text[by.end() :], frame) else text
    if not found:
        if len(frame.columns) == 1 or re.search(r"\b(?:it|them|data|table|rows|sheet)\b", text, re.I):
            return [(frame.columns[0], bool(_DESCENDING.search(text)))]
        return []
    keys: list[tuple[FrameColumn, bool]] = []
    for number, mention in enumerate(found):
        end = found[number + 1].start if number + 1 < len(found) else len(text)
        after = text[mention.end : end]
        own = _DESCENDING.search(after) or (len(found) == 1 and _DESCENDING.search(whole))
        if not any(mention.column == column for column, _ in keys):
            keys.append((mention.column, bool(own)))
    return keys


def _sorted(frame: Frame, keys: list[tuple[FrameColumn, bool]]) -> Draft:
    edit = Sort(
        frame.sheet,
        frame.area,
        tuple(SortKey(column.column, is_down) for column, is_down in keys),
        frame.has_header,
    )
    told = ", then ".join(f"{column.name}{' descending' if is_down else ''}" for column, is_down in keys)
    cited = tuple(frame.place(frame.whole(column)) for column, _ in keys)
    return Draft(f"Sort {frame.area} of {frame.sheet} by {told}", (edit,), "sort", cited)


def read_filter(text: str, scene: Scene) -> Reading | None:
    """An autofilter that keeps the rows that meet a condition."""
    match = _FILTER.search(text)
    frame = scene.frame_for(text)
    if (
        match is None
        or frame is None
        or not frame.has_header
        or re.search(r"\bchart\b|\bhighlight\b", text, re.I)
    ):
        return None
    condition = _condition(text[match.end() :], frame, scene)
    if condition is None and not re.search(
        r"\b(?:add|apply|put|turn on|enable|create)\b[^.]*\bfilters?\b", text, re.I
    ):
        return None
    if (
        condition is not None
        and re.search(r"\bhide\b", match[0], re.I)
        and not re.search(r"others?|everything", match[0], re.I)
    ):
        condition = Not(condition)
    return Reading("filter", 0.9, lambda: _filtered(frame, condition, scene))


def _condition(tail: str, frame: Frame, scene: Scene) -> Condition | None:
    tail = re.sub(
        r"^\s*(?:the |all |for |by |those |only |rows |records |data |out )+", " ", tail, flags=re.I
    )
    tail = re.sub(r"^\s*(?:where|with|whose|that|which|if|when|from|in which)\b", " ", tail, flags=re.I)
    condition = read_condition(tail, frame)
    if condition is None:
        condition = _by_month(tail, frame) or _by_value(tail, frame, scene)
    return None if condition is None else settled(condition, frame, scene.snapshot)


def _by_month(tail: str, frame: Frame) -> Condition | None:

    from cellwright.ask.dates import month_of

    dates = [column for column in frame.columns if column.kind is ColumnKind.DATE]
    named = [m.column for m in columns_in(tail, frame) if m.column in dates]
    if not dates:
        return None
    column = (named or dates)[0]
    parts: list[Condition] = []
    month = month_of(tail)
    year = re.search(r"\b(19\d\d|20\d\d)\b", tail)
    if month is not None:
        parts.append(Test("month", column, (Operand(float(month)),)))
    if year:
        parts.append(Test("year", column, (Operand(float(year[1])),)))
    if not parts:
        return None
    return parts[0] if len(parts) == 1 else AllOf(tuple(parts))


def _by_value(tail: str, frame: Frame, scene: Scene) -> Condition | None:

    folded = f" {' '.join(re.findall(chr(92) + 'w+', tail.casefold()))} "
    found: list[Condition] = []
    for column in frame.columns:
        if column.kind is not ColumnKind.TEXT:
            continue
        for value in dict.fromkeys(frame.values(scene.snapshot, column)):
            if isinstance(value, str) and len(value) > 1:
                words = " ".join(re.findall(r"\w+", value.casefold()))
                if words and f" {words} " in folded:
                    found.append(Test("eq", column, (Operand(text=value),)))
        if found:
            break
    if not found:
        return None
    return found[0] if len(found) == 1 else AnyOf(tuple(found))


def _filtered(frame: Frame, condition: Condition | None, scene: Scene) -> list[Draft]:
    if condition is None:
        return [
            Draft(
                f"Filter buttons on {frame.area} of {frame.sheet}",
                (Filter(frame.sheet, frame.area),),
                "filter",
            )
        ]

    columns = {test.column.column: test.column for test in tests_of(condition) if test.column is not None}
    own = next(iter(columns.values()), frame.columns[0])
    rows = rows_meeting(condition, frame, own, scene.snapshot)
    if not rows:
        raise NothingToDo(f"No row of {frame.sheet} has {condition_words(condition)}.")
    if len(columns) > 1:
        return []
    sheet = scene.snapshot.sheet(frame.sheet)
    kept = dict.fromkeys(general_text(sheet.value(Cell(row, own.column))) for row in rows)
    edit = Filter(frame.sheet, frame.area, own.column, tuple(kept))
    told = f"Show only rows where {condition_words(condition)} ({len(rows)} of {frame.height})"
    return [Draft(told, (edit,), "filter", (frame.place(frame.whole(own)),))]


def read_duplicates(text: str, scene: Scene) -> Reading | None:
    """Removing rows that repeat an earlier one."""
    frame = scene.frame_for(text)
    if frame is None or not _DUPLICATES.search(text):
        return None
    columns = [m.column for m in columns_in(text, frame)] or list(frame.columns)
    return Reading("deduplicate", 0.93, lambda: _deduplicated(frame, columns, scene))


def _deduplicated(frame: Frame, columns: list[FrameColumn], scene: Scene) -> list[Draft]:
    sheet = scene.snapshot.sheet(frame.sheet)
    seen: set[tuple[object, ...]] = set()
    doomed: list[int] = []
    for row in range(frame.first, frame.last + 1):
        values = [sheet.value(Cell(row, column.column)) for column in columns]
        key = tuple(value.casefold() if isinstance(value, str) else value for value in values)
        if key in seen:
            doomed.append(row)
        seen.add(key)
    return _without_rows(frame, doomed, "duplicate rows", tuple(columns))


def _without_rows(
    frame: Frame, doomed: list[int], what: str, columns: tuple[FrameColumn, ...] = ()
) -> list[Draft]:
    if not doomed:
        raise NothingToDo(f"{frame.sheet} has no {what}.")
    edits: list[Edit] = []
    for first, last in reversed(_runs(doomed)):
        edits.append(DeleteRows(frame.sheet, first, last - first + 1))
    lost = f"{len(doomed)} rows of {frame.sheet}"
    cited = tuple(frame.place(frame.body(column)) for column in columns)
    return [Draft(f"Delete {len(doomed)} {what}", tuple(edits), "delete rows", cited, lost)]


def _runs(rows: list[int]) -> list[tuple[int, int]]:
    runs: list[tuple[int, int]] = []
    for row in sorted(rows):
        if runs and runs[-1][1] == row - 1:
            runs[-1] = (runs[-1][0], row)
        else:
            runs.append((row, row))
    return runs


def read_delete(text: str, scene: Scene) -> Reading | None:
    """Deleting rows by number or condition, or columns by name."""
    match = _DELETE.search(text)
    if match is None or re.search(
        r"\b(?:duplicate|space|chart|legend|format|filter|border|highlight|sheet)", text, re.I
    ):
        return None
    frame = scene.frame_for(text)
    if frame is None:
        return None
    tail = text[match.end() :]
    numbers = re.search(r"\brows?\s+(\d+)(?:\s*(?:-|to|through|:)\s*(\d+))?", tail, re.I)
    if numbers:
        first, last = int(numbers[1]) - 1, int(numbers[2] or numbers[1]) - 1
        edits: tuple[Edit, ...] = (DeleteRows(frame.sheet, first, last - first + 1),)
        lost = f"rows {first + 1} to {last + 1} of {frame.sheet}"
        return Reading("delete rows", 0.93, lambda: [Draft(f"Delete {lost}", edits, "delete rows", (), lost)])
    if re.search(r"\brows?\b|\brecords?\b|\bentries\b|\blines?\b", tail, re.I):
        cut = re.search(r"\b(?:where|whose|with|if|that|which|when|containing|in which|having)\b", tail, re.I)
        condition = read_condition(tail[cut.start() :] if cut else tail, frame)
        if re.search(r"\b(?:blank|empty) rows?\b", tail, re.I):
            condition = AllOf(tuple(Test("blank", column) for column in frame.columns))
        if condition is not None:
            chosen = settled(condition, frame, scene.snapshot)
            rows = rows_meeting(chosen, frame, frame.columns[0], scene.snapshot)
            return Reading(
                "delete rows",
                0.92,
                lambda: _without_rows(frame, rows, f"rows where {condition_words(chosen)}"),
            )
        return None
    columns = [m.column for m in columns_in(tail, frame)]
    if columns and re.search(r"\bcolumns?\b", tail, re.I):
        return Reading("delete columns", 0.92, lambda: _without_columns(frame, columns))
    return None


def _without_columns(frame: Frame, columns: list[FrameColumn]) -> list[Draft]:
    places = sorted({column.column for column in columns}, reverse=True)
    edits = tuple(DeleteColumns(frame.sheet, place) for place in places)
    names = ", ".join(column.name for column in columns)
    return [Draft(f"Delete the columns {names}", edits, "delete columns", (), f"the columns {names}")]


def read_freeze(text: str, scene: Scene) -> Reading | None:
    """Freezing panes."""
    if not _FREEZE.search(text) or re.search(r"\bchart\b", text, re.I):
        return None
    frame = scene.frame_for(text)
    if frame is None:
        return None
    if re.search(r"\bunfreeze\b", text, re.I):
        return Reading(
            "freeze", 0.95, lambda: [Draft("Unfreeze", (FreezePanes(frame.sheet, None),), "freeze")]
        )
    rows, columns = 0, 0
    counted = re.search(r"\b(?:first|top)\s+(\w+)\s+rows?\b", text, re.I)
    if counted and small_number(counted[1]):
        rows = small_number(counted[1]) or 1
    elif re.search(r"\brows?\b|\bheaders?\b|\btop\b", text, re.I):
        rows = frame.top + 1
    counted = re.search(r"\b(?:first|left)\s+(\w+)\s+columns?\b", text, re.I)
    if counted and small_number(counted[1]):
        columns = small_number(counted[1]) or 1
    elif re.search(r"\bfirst column\b|\bleft(?:most)? column\b|\bcolumns? A\b", text, re.I):
        columns = 1
    found = [m.column for m in columns_in(text, frame)]
    if found and not columns and re.search(r"\bcolumns?\b", text, re.I):
        columns = max(column.column for column in found) + 1
    if not rows and not columns:
        rows = frame.top + 1
    cell = Cell(rows, columns)
    title = f"Freeze the rows above {cell.a1}" if rows else f"Freeze the columns left of {cell.a1}"
    return Reading("freeze", 0.95, lambda: [Draft(title, (FreezePanes(frame.sheet, cell),), "freeze")])
