"""Summaries by group: a pivot table, or a list of the groups with SUMIFS and its like beside them."""

from __future__ import annotations

import re

from cellwright.ask.frames import Frame, FrameColumn
from cellwright.ask.intents.periods import by_period, periods_in
from cellwright.ask.intents.reading import Reading
from cellwright.ask.intents.writing import down, new_sheet, values
from cellwright.ask.mentions import Mention, columns_in
from cellwright.ask.model import Draft
from cellwright.ask.scene import Scene
from cellwright.ask.targets import Target, read_target
from cellwright.ask.words import aggregate_in
from cellwright.edits.model import AddPivot, Edit
from cellwright.edits.pivots import item_order
from cellwright.reference import Cell, Range, column_letters, quote_sheet
from cellwright.workbook.detect import ColumnKind
from cellwright.workbook.model import Value

_PIVOT = re.compile(r"\bpivot(?: ?tables?)?\b", re.I)
_SUMMARY = re.compile(
    r"\b(?:summari[sz]e|summary|break ?down|aggregate|group(?:ed)? by|count|total|sum|average|"
    r"number of|tally|how many|calculate|compute|find|show|list|maximum|minimum|figure|"
    r"daily|weekly|monthly|quarterly|yearly|annual(?:ly)?|month by month|how much|add up|made)\b",
    re.I,
)
_GROUP = re.compile(
    r"\b(?:for|of|by|per|in|on|from|to|at)\s+(?:each|every|all(?: of)?(?: the)?|different|the "
    r"different|respective|individual|unique)\s+(?P<a>[^.,;]+)|"
    r"\b(?:by|per|based on|according to|grouped by|group by|across)\s+(?:the\s+|each\s+|"
    r"different\s+)?(?P<b>[^.,;]+)|"
    r"\b(?:how many times|how often|number of times)\s+(?:each\s+|every\s+)?(?P<c>[^.,;]+)|"
    r"\b(?:counts?|number|numbers|frequency|frequencies|occurrences|"
    r"percentages?)\s+of\s+(?:each\s+|the\s+|all\s+|different\s+)*(?P<d>[^.,;]+)|"
    r"(?P<g>\w[^.,;:]*?)\s+(?:in|as|on|for)\s+(?:the\s+)?rows\b|\brows?\s*(?::|=|from|of)\s*(?P<h>[^.,;]+)|"
    r"\beach\s+(?P<e>[^.,;]+)|\b(?P<f>daily|weekly|monthly|yearly|annual)\b",
    re.I,
)
_ACROSS = re.compile(
    r"\b(?:columns?|horizontally|across)\b[^.]*\b(?:as|are|be|show|for|is)\b|\bas (?:the )?columns?\b", re.I
)
MAX_GROUPS = 500


def read(text: str, scene: Scene) -> Reading | None:
    """A summary by group, or None."""
    is_pivot = bool(_PIVOT.search(text))
    is_chart = re.search(r"\b(?:chart|graph|plot)\b", text, re.I)
    if not is_pivot and (
        not _SUMMARY.search(text) or re.search(r"\b(?:highlight|sort|colou?r|filter)\b", text, re.I)
    ):
        return None
    frame = scene.frame_for(text)
    if frame is None or not frame.has_header:
        return None
    if scene.new_sheet is not None and frame.sheet == scene.new_sheet and is_pivot:
        others = scene.frames(scene.sheet)
        frame = others[0] if others else frame
    groups = _groups(text, frame)
    part = periods_in(text, frame) if not groups or groups[0].kind is ColumnKind.DATE else None
    if part is not None:
        groups = [part[1]]
    if not groups:
        return None
    measures = _measures(text, frame, groups)
    if not measures or _asks_for_empty(text, frame, measures):
        return None
    target = read_target(text, scene, frame)
    if target.is_row or (target.is_new_column and not target.is_new_sheet and not is_pivot):
        return None
    score_of_dates = 0.96 if is_pivot else 0.8
    is_new = target.is_new_sheet or (target.sheet is not None and target.sheet != frame.sheet)
    if part is not None:
        return Reading(
            "summary", score_of_dates, lambda: by_period(frame, *part, measures, target, scene, _caption)
        )
    wants_pivot = (
        is_pivot
        or bool(re.search(r"\bsummari[sz]e|\bbreak ?down\b", text, re.I))
        or (bool(is_chart) and is_new)
    )
    score = 0.95 if is_pivot else (0.78 if is_new else 0.68)
    if wants_pivot and len(frame.columns) > 1 and _is_unique_headed(frame):
        return Reading("pivot", score, lambda: _pivot(text, frame, groups, measures, target, scene))
    return Reading("summary", score, lambda: _formulas(text, frame, groups[0], measures, target, scene))


def _asks_for_empty(text: str, frame: Frame, measures: list[tuple[FrameColumn, str]]) -> bool:
    """`calculate the gross profits for all years`, where that column is there and stands empty."""
    return (
        aggregate_in(text) is None
        and all(function == "count" for _, function in measures)
        and any(not mention.column.is_filled for mention in columns_in(text, frame))
    )


def _is_unique_headed(frame: Frame) -> bool:
    names = [column.name.casefold() for column in frame.columns]
    return len(set(names)) == len(names)


def _starts(text: str) -> list[int]:
    """Where words begin: a phrase for a group may begin inside another."""
    return [match.start() for match in re.finditer(r"\b\w", text)]


def _groups(text: str, frame: Frame) -> list[FrameColumn]:
    found: list[FrameColumn] = []
    matches = [match for start in _starts(text) if (match := _GROUP.match(text, start))]
    counted = [match for match in matches if match["d"]]
    for match in [match for match in matches if not match["d"]] + counted:
        if match["d"] and found:
            break
        if match["f"]:
            dates = [column for column in frame.columns if column.kind is ColumnKind.DATE]
            named = [
                c for c in frame.columns if c.stems and c.stems[0] in ("week", "month", "year", "day", "date")
            ]
            found += (dates or named)[:1]
            continue
        phrase = next(group for name, group in match.groupdict().items() if group and name != "f")
        phrase = re.split(
            r"\b(?:in a|in the|in new|on a|and (?:put|display|show|write|illustrate|create|plot|"
            r"then)|to a|into|using|with|was|were|sold|appears?|occurs?|on which)\b",
            phrase,
        )[0]
        mentions = columns_in(phrase, frame)
        first = [
            m
            for m in mentions
            if not phrase[: m.start].strip()
            or len(mentions) == 1
            or re.fullmatch(r".*\band\s*", phrase[: m.start])
        ]
        for mention in first or mentions[:1]:
            if mention.column not in found:
                found.append(mention.column)
        if found and (match["a"] or match["b"] or match["c"] or match["e"] or match["g"]):
            break
    return found[:3]


def _measures(text: str, frame: Frame, groups: list[FrameColumn]) -> list[tuple[FrameColumn, str]]:
    """The (column, function) pairs; a count without a column counts the groups themselves."""
    group_names = {column.column for column in groups}
    named = [m for m in columns_in(text, frame) if m.column.column not in group_names and m.column.is_filled]
    numeric = [m for m in named if m.column.kind is ColumnKind.NUMBER]
    first = aggregate_in(text)
    function = first[0] if first is not None else ("sum" if numeric else "count")
    counts = re.search(
        r"\b(?:count|counts|number of|how many|how often|frequenc\w+|occurrences?)\b", text, re.I
    )
    if function == "sum" and counts and not numeric:
        function = "count"
    if function in ("count", "distinct"):
        counted = [m.column for m in named if m.column.kind is not ColumnKind.DATE]
        if function == "count" and counted and counted[0] == frame.columns[0]:
            return [(counted[0], "count")]
        return [(groups[0], "count")]
    if re.search(r"\bsummari[sz]e\b", text, re.I):
        inner = aggregate_in(re.sub(r"\bsummari[sz]es?\b", " ", text, flags=re.I))
        function = inner[0] if inner is not None else function
        if function == "count":
            return [(groups[0], "count")]
    return list(dict.fromkeys((m.column, _function_before(text, m, function)) for m in numeric))


def _function_before(text: str, mention: Mention, default: str) -> str:
    """The aggregate said right before a column."""
    before = text[max(0, mention.start - 28) : mention.start]
    found = None
    place = 0
    while (one := aggregate_in(before[place:])) is not None:
        found, place = one[0], place + one[2]
    return found if found is not None and found not in ("distinct", "count") else default


def _pivot(
    text: str,
    frame: Frame,
    groups: list[FrameColumn],
    measures: list[tuple[FrameColumn, str]],
    target: Target,
    scene: Scene,
) -> list[Draft]:
    place, edits = new_sheet(scene, _onto_new(target, frame, scene))
    anchor = target.cell or Cell(0, 0)
    if scene.snapshot.has_sheet(place) and target.cell is None:
        used = scene.snapshot.sheet(place).cells.bounds
        anchor = Cell(0, 0) if used is None else Cell(used.top, used.right + 2)
    rows, across = groups, []
    if len(groups) > 1 and _ACROSS.search(text):
        rows, across = groups[:1], groups[1:2]
    pivot = AddPivot(
        place,
        anchor,
        frame.sheet,
        frame.area,
        tuple(column.name for column in rows),
        tuple(column.name for column in across),
        tuple((column.name, _pivot_function(function)) for column, function in measures),
    )
    edits.append(pivot)
    told = ", ".join(f"{function} of {column.name}" for column, function in measures)
    by = ", ".join(column.name for column in groups)
    return [
        Draft(f"Pivot table on {place}: {told} by {by}", tuple(edits), "pivot", (frame.place(frame.area),))
    ]


def _pivot_function(function: str) -> str:
    return function if function in ("sum", "count", "average", "min", "max", "stdDev", "var") else "sum"


def _onto_new(target: Target, frame: Frame, scene: Scene) -> Target:
    """A pivot goes to a sheet of its own where nothing else is said."""
    if target.sheet is not None or target.is_new_sheet or target.cell is not None:
        return target
    return Target(is_new_sheet=True, sheet_name=target.sheet_name)


def _formulas(
    text: str,
    frame: Frame,
    group: FrameColumn,
    measures: list[tuple[FrameColumn, str]],
    target: Target,
    scene: Scene,
) -> list[Draft]:
    """The groups as a list and a formula for each beside them."""
    keys = sorted(
        {value for value in frame.values(scene.snapshot, group) if value is not None}, key=item_order
    )
    if not keys or len(keys) > MAX_GROUPS:
        return []
    place, edits = new_sheet(scene, target)
    is_other = place != frame.sheet
    first = target.cell or (Cell(0, 0) if is_other else Cell(frame.area.top, scene.free_column(frame) + 1))
    if is_other and scene.snapshot.has_sheet(place):
        used = scene.snapshot.sheet(place).cells.bounds
        first = Cell(0, 0) if used is None else Cell(used.top, used.right + 2)
    heads: list[Value] = [group.name, *(_caption(column, function, text) for column, function in measures)]
    edits.append(values(place, first, [heads]))
    edits.append(values(place, Cell(first.row + 1, first.column), [[key] for key in keys]))
    edits += _dates(scene, frame, group, place, Range.of(Cell(first.row + 1, first.column), len(keys), 1))
    prefix = f"{quote_sheet(frame.sheet)}!" if is_other else ""

    def area(column: FrameColumn) -> str:
        letters = column_letters(column.column)
        return f"{prefix}${letters}${frame.first + 1}:${letters}${frame.last + 1}"

    key = f"{column_letters(first.column)}{first.row + 2}"
    for number, (column, function) in enumerate(measures, 1):
        if function == "count":
            formula = f"=COUNTIF({area(group)},{key})"
        else:
            name = {"average": "AVERAGEIFS", "max": "MAXIFS", "min": "MINIFS"}.get(function, "SUMIFS")
            formula = f"={name}({area(column)},{area(group)},{key})"
        edits.append(down(place, Cell(first.row + 1, first.column + number), formula, len(keys)))
    told = ", ".join(f"{function} of {column.name}" for column, function in measures)
    return [Draft(f"{told} by {group.name} on {place}", tuple(edits), "summary", (frame.place(frame.area),))]


def _caption(column: FrameColumn, function: str, text: str) -> str:
    if function == "count":
        return "Count"
    return f"{'Total' if function == 'sum' else function.capitalize()} {column.name}"


def _dates(scene: Scene, frame: Frame, group: FrameColumn, place: str, area: Range) -> list[Edit]:
    from cellwright.edits.model import SetNumberFormat

    if group.kind is not ColumnKind.DATE:
        return []
    style = scene.snapshot.sheet(frame.sheet).content(Cell(frame.first, group.column)).style
    return [SetNumberFormat(place, area, style.number_format)]
