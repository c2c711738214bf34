"""Charts: type, series and categories from the columns that are named, titles, legend, labels, trend line."""

from __future__ import annotations

import re

from cellwright.ask.condition_wording import without_places
from cellwright.ask.frames import Frame, FrameColumn
from cellwright.ask.intents.reading import Reading
from cellwright.ask.intents.writing import new_sheet
from cellwright.ask.mentions import columns_in
from cellwright.ask.model import Draft
from cellwright.ask.scene import Scene
from cellwright.ask.targets import Target, read_target
from cellwright.edits.charts import reference
from cellwright.edits.model import AddChart
from cellwright.reference import Cell, Range
from cellwright.workbook.detect import ColumnKind
from cellwright.workbook.model import ChartSeries, ChartType, LegendPlace, Stacking

_TRIGGER = re.compile(
    r"\b(?:charts?|graphs?|histogram|plot|scatter ?plot|diagram|visuali[sz]e|illustrate)\b", re.I
)
_TYPES: tuple[tuple[str, ChartType], ...] = (
    (r"scatter|x-?y (?:chart|plot)|correlation between", "scatter"),
    (r"pie|doughnut|donut|proportions?", "pie"),
    (r"line|trends?|over time|time series", "line"),
    (r"area", "area"),
    (r"column|vertical bars?|histogram", "column"),
    (r"bar|horizontal bars?", "bar"),
)
_TITLE = (
    re.compile(
        r"\b(?:chart title|title(?:d)?(?: of the chart)?|named|called|named as)\s*(?:of|as|is|to|:|to "
        r"be)?\s*[\"“']([^\"”]+?)[\"”']",
        re.I,
    ),
    re.compile(r"\b(?:set|with|use|add)\b[^.]*?\btitle\b[^.\"“]*[\"“]([^\"”]+)[\"”]", re.I),
    re.compile(r"[\"“]([^\"”]+)[\"”]\s+as\s+(?:the\s+)?(?:chart\s+)?title", re.I),
)
_X = re.compile(
    r"(?P<a>[^,.;]*?)\s+(?:on|as|for|along|at|to be)\s+(?:the\s+)?x[- ]?axis|x[- ]?axis\s*(?:being|"
    r"is|as|show(?:s|ing)?|represent(?:s|ing)|for|to be|:|=)\s*(?P<b>[^,.;]*)|"
    r"(?P<d>[^,.;()]*?)\s*\(\s*(?:the\s+)?x[- ]?axis\s*\)|\b(?:against|versus|vs\.?|by|"
    r"over)\s+(?P<c>[^,.;]*)",
    re.I,
)
_Y = re.compile(
    r"(?P<a>[^,.;]*?)\s+(?:on|as|for|along|at|to be)\s+(?:the\s+)?y[- ]?axis|y[- ]?axis\s*(?:being|"
    r"is|as|show(?:s|ing)?|represent(?:s|ing)|for|to be|:|=)\s*(?P<b>[^,.;]*)|"
    r"(?:\b(?:against|versus|vs\.?|and|over)\s+)?(?P<d>[^,.;()]*?)\s*\(\s*(?:the\s+)?y[- ]?axis\s*\)",
    re.I,
)
_NO_LEGEND = re.compile(
    r"\b(?:no|without|hide|remove|turn off|delete|disable|and no)\s+(?:the\s+|any\s+|a\s+)?legends?\b|"
    r"\blegends? (?:off|hidden)\b",
    re.I,
)
_LEGEND = re.compile(
    r"\blegends?\b[^.;]*?\b(bottom|top|left|right)\b|\b(bottom|top|left|"
    r"right)\b[^.;]{0,12}\blegends?\b|\blegends?\b",
    re.I,
)
_LABELS = re.compile(
    r"\bdata labels?\b|\bvalue labels?\b|\blabels? on (?:top|each|the)\b|\bshow (?:the )?values on\b", re.I
)
_NO_LABELS = re.compile(r"\b(?:no|without|hide|remove)\s+(?:the\s+)?data labels?\b", re.I)
_TREND = re.compile(r"\b(linear|exponential|logarithmic|polynomial|moving average)?\s*trend ?lines?\b", re.I)
_TREND_TYPES = {
    "exponential": "exp",
    "logarithmic": "log",
    "polynomial": "poly",
    "moving average": "movingAvg",
}
_MARKER = re.compile(
    r"\b(triangle|square|diamond|circle|star|dash|plus|cross|"
    r"round)s?(?:-shaped)?\s+(?:data\s+)?markers?\b|\bmarkers?\b[^.]*?\b(triangle|square|diamond|"
    r"circle|star|dash|plus)s?\b",
    re.I,
)
_MARKERS = {"round": "circle", "cross": "x"}
_AXIS_TITLE = re.compile(
    r"\b(?:(?P<which>x|y|horizontal|vertical)[- ]?(?:axis)?(?:'s)?\s+(?:titles?|labels?)|titles? "
    r"of (?:the )?(?P<other>x|y)[- ]?axis)\s*(?:as|to|is|:|of)?\s*[\"“']([^\"”]+)[\"”']",
    re.I,
)
_AXES_FROM_HEADERS = re.compile(
    r"\b(?:axis|axes|x and y[- ]?axis)(?:'s)?\s*(?:titles?|labels?|names?)?\b[^.]*\b(?:headers?|"
    r"column names?|corresponding|respective)\b|\b(?:axis|axes) (?:titles?|"
    r"labels?)\b[^.]*\bcolumns?\b",
    re.I,
)

_AXES_TITLED = re.compile(
    r"\b(?:with|add|show|include|and|label|name|title|give)\b[^.;]{0,20}\b(?:axis|axes)\b"
    r"(?:(?:'s)? (?:titles?|labels?|names?))?(?![^.;]*[\"“'])",
    re.I,
)
_QUOTED = re.compile(r"\"[^\"]*\"|“[^”]*”")
_NAMED_SO = 0.4
"""Where the word for a chart only stands in the name of a sheet or in quotes."""


def read(text: str, scene: Scene) -> Reading | None:
    """A chart, or None."""
    if not _TRIGGER.search(text):
        return None
    frame = _frame(text, scene)
    if frame is None:
        return None
    score = 0.97 if re.search(r"\b(?:charts?|graphs?|plot|histogram|diagram)\b", text, re.I) else 0.8
    if not _TRIGGER.search(_QUOTED.sub(" ", without_places(text))):
        score = _NAMED_SO
    is_summary = re.search(r"\bsummari[sz]e\b|\bpivot table\b.*\b(?:create|make|generate)\b", text, re.I)
    if is_summary:
        return Reading("summary chart", score, lambda: _summary_first(text, scene))
    return Reading("chart", score, lambda: _drafts(text, frame, scene))


def _summary_first(text: str, scene: Scene) -> list[Draft]:
    """`summarise ... and show it in a bar chart`: the summary, then a chart over it."""
    from cellwright.ask.checking import check_draft
    from cellwright.ask.intents import summaries

    reading = summaries.read(text, scene)
    if reading is None:
        frame = _frame(text, scene)
        return _drafts(text, frame, scene) if frame is not None else []
    first = reading.make()
    before, sheet, new = scene.snapshot, scene.sheet, scene.new_sheet
    after = before
    for draft in first:
        checked = check_draft(draft, after, scene.calculator)
        if checked is None:
            return []
        after = checked.after
    scene.move_on(after)
    added = next((name for name in after.sheet_names if not before.has_sheet(name)), None)
    scene.new_sheet = added or new
    try:
        frames = scene.frames(scene.new_sheet or sheet)
        chart = _drafts(text, frames[0], scene, onto=frames[0].sheet) if frames else []
    finally:
        scene.move_on(before)
        scene.new_sheet, scene.sheet = new, sheet
    return [*first, *chart]


def _frame(text: str, scene: Scene) -> Frame | None:
    """The table to chart: the one just made where `it` or `the pivot table` is meant, else the one named."""
    is_of_new = re.search(
        r"\b(?:the |this |that )?(?:pivot table|pivot|results?|summary|it|this table|these|new "
        r"sheet|same sheet|the table)\b",
        text,
        re.I,
    )
    if scene.new_sheet is not None and scene.frames(scene.new_sheet):
        made = scene.frames(scene.new_sheet)[0]
        old = scene.frame
        named_old = (
            sum(m.score for m in columns_in(text, old))
            if old is not None and old.sheet != made.sheet
            else 0.0
        )
        named_new = sum(m.score for m in columns_in(text, made))
        if is_of_new or named_new >= named_old:
            return made
    return scene.frame_for(text)


def _drafts(text: str, frame: Frame, scene: Scene, onto: str | None = None) -> list[Draft]:
    kind = _type(text)
    x, ys = _columns(text, frame, kind)
    if not ys:
        return []
    last = _last_row(frame, scene)
    series = tuple(
        ChartSeries(
            reference(frame.sheet, Range(frame.first, y.column, last, y.column)),
            None if x is None else reference(frame.sheet, Range(frame.first, x.column, last, x.column)),
            reference(frame.sheet, Range.of(Cell(frame.top, y.column))) if frame.has_header else None,
        )
        for y in ys
    )
    target = read_target(text, scene, frame)
    place, edits = _sheet(target, frame, scene, onto)
    anchor = target.cell or _free_place(scene, place, frame)
    x_title, y_title = _axis_titles(text, x, ys)
    marker = _MARKER.search(text)
    symbol = (marker[1] or marker[2]).lower() if marker else None
    if symbol is None and re.search(r"\b(?:without|no) (?:data )?markers?\b", text, re.I):
        symbol = "none"
    trend = _TREND.search(text)
    source = Range(
        frame.area.top,
        min(c.column for c in (*ys, *((x,) if x else ()))),
        last,
        max(c.column for c in (*ys, *((x,) if x else ()))),
    )
    chart = AddChart(
        place,
        anchor,
        source,
        kind,
        _title(text),
        frame.sheet if place != frame.sheet else None,
        series,
        _stacking(text),
        _legend(text),
        bool(_LABELS.search(text)) and not _NO_LABELS.search(text),
        x_title,
        y_title,
        _MARKERS.get(symbol, symbol)
        if symbol
        else ("auto" if kind == "line" and re.search(r"\bwith (?:data )?markers\b", text, re.I) else None),
        bool(re.search(r"\bsmooth", text, re.I)),
        _TREND_TYPES.get((trend[1] or "linear").lower(), "linear") if trend else None,
    )
    edits.append(chart)
    names = ", ".join(column.name for column in ys[:4])
    by = f" by {x.name}" if x is not None else ""
    return [
        Draft(
            f"{kind.capitalize()} chart of {names}{by} on {place}",
            tuple(edits),
            "chart",
            (frame.place(source),),
        )
    ]


def _sheet(target: Target, frame: Frame, scene: Scene, onto: str | None) -> tuple[str, list]:  # type: ignore[type-arg]
    if onto is not None:
        return onto, []
    if target.is_new_sheet and scene.new_sheet is not None and frame.sheet == scene.new_sheet:
        return frame.sheet, []
    if target.sheet is not None or target.is_new_sheet:
        return new_sheet(scene, target)
    return frame.sheet, []


def _free_place(scene: Scene, sheet: str, frame: Frame) -> Cell:
    """Right of what the sheet holds, below charts that are there already."""
    if not scene.snapshot.has_sheet(sheet):
        return Cell(1, 1)
    held = scene.snapshot.sheet(sheet)
    used = held.cells.bounds
    column = 1 if used is None else used.right + 2
    row = max((chart.anchor.row + 16 for chart in held.charts if chart.anchor.column == column), default=1)
    return Cell(row, column)


def _last_row(frame: Frame, scene: Scene) -> int:
    """The last row without a grand total that was read as body."""
    last = frame.last
    first = scene.snapshot.sheet(frame.sheet).value(Cell(last, frame.left))
    if (
        isinstance(first, str)
        and re.fullmatch(r"(?:grand )?total", first.strip(), re.I)
        and last > frame.first
    ):
        return last - 1
    return last


def _type(text: str) -> ChartType:
    for pattern, kind in _TYPES:
        if re.search(rf"\b(?:{pattern})s?\b[\w ]{{0,24}}\b(?:charts?|graphs?|plots?|diagram)\b", text, re.I):
            return kind
    if re.search(r"\bscatter|\bcorrelation\b", text, re.I):
        return "scatter"
    if re.search(r"\btrends?\b|\bover time\b|\bchanges? over\b", text, re.I):
        return "line"
    if re.search(r"\bpie\b|\bproportions?\b", text, re.I):
        return "pie"
    return "column"


def _columns(text: str, frame: Frame, kind: ChartType) -> tuple[FrameColumn | None, list[FrameColumn]]:
    """(the column of categories or x values, those of the series)."""
    body = _without_details(text)
    x = _axis(_X, body, frame)
    ys = _axis(_Y, body, frame)
    named = list(dict.fromkeys(m.column for m in columns_in(body, frame)))
    numeric = [column for column in frame.columns if column.kind is ColumnKind.NUMBER]
    if kind == "scatter" and not x and not ys and len(named) >= 2:
        between = re.search(r"\bbetween\b", body, re.I)
        y_first = re.search(r"\b(?:against|versus|vs)\b", body, re.I)
        pair = named[:2]
        if y_first and not between:
            pair = pair[::-1]
        return pair[0], pair[1:]
    first = x[0] if x else None
    chosen = [column for column in (ys or named) if column != first and column.kind is not ColumnKind.TEXT]
    if first is None:
        labels = [
            column
            for column in named
            if column.kind in (ColumnKind.TEXT, ColumnKind.DATE) or _is_axis(column)
        ]
        first = labels[0] if labels else _first_labels(frame, chosen)
        chosen = [column for column in chosen if column != first]
    if not chosen:
        chosen = [column for column in numeric if column != first and not _is_axis(column)]
        if kind == "pie":
            chosen = chosen[-1:]
    if not ys and len(chosen) > 1 and kind == "pie":
        chosen = chosen[:1]
    if kind == "scatter" and first is not None and first in chosen:
        chosen.remove(first)
    return first, chosen


def _is_axis(column: FrameColumn) -> bool:
    return any(
        word in ("year", "week", "month", "quarter", "day", "no", "number", "id") for word in column.stems[:1]
    )


def _first_labels(frame: Frame, chosen: list[FrameColumn]) -> FrameColumn | None:
    first = frame.columns[0]
    if first in chosen and len(chosen) > 1:
        return None if first.kind is ColumnKind.NUMBER and not _is_axis(first) else first
    if first not in chosen and (
        first.kind is not ColumnKind.NUMBER or _is_axis(first) or len(frame.columns) == 2
    ):
        return first
    return None


def _axis(pattern: re.Pattern[str], text: str, frame: Frame) -> list[FrameColumn]:
    for match in pattern.finditer(text):
        phrase = next((group for group in match.groups() if group), "")
        phrase = re.split(r"\b(?:and|,)\s*(?:the )?[xy][- ]?axis\b", phrase, flags=re.I)[0]
        phrase = (
            re.split(r"\band\b(?=[^,.;]*$)", phrase)[-1]
            if match.groupdict().get("a") and pattern is _X
            else phrase
        )
        found = [m.column for m in columns_in(phrase, frame)]
        if found:
            return list(dict.fromkeys(found if pattern is _Y else found[-1:]))
    return []


def _without_details(text: str) -> str:
    """The text without what it says of titles, legends and labels."""
    return re.sub(
        r"\b(?:with (?:the |a )?)?(?:chart |axis )?titles?\b[^.;]*?[\"“'][^\"”']*[\"”']|"
        r"\b(?:set|add|show|display|turn on|use|with|without|and|no|hide|remove)\s+"
        r"(?:(?:the|a|an|no|any|both|data|axis|axes|chart|value|linear|x|y)\s+)*"
        r"(?:legends?|labels?|titles?|trend ?lines?)\b[^.;]*",
        " ",
        text,
        flags=re.I,
    )


def _title(text: str) -> str | None:
    cleaned = _AXIS_TITLE.sub(" ", text)
    for pattern in _TITLE:
        match = pattern.search(cleaned)
        if match and not re.search(
            r"\b(?:sheet|column|axis|axes)\s+(?:named|called|titled|titles?|labels?)\s*\S*$",
            cleaned[: match.start(1)],
            re.I,
        ):
            return match[1].strip()
    return None


def _legend(text: str) -> LegendPlace | None:
    if _NO_LEGEND.search(text):
        return "none"
    found: LegendPlace | None = None
    for match in _LEGEND.finditer(text):
        side = (match[1] or match[2] or "").lower()
        if side in ("bottom", "top", "left", "right"):
            return side  # type: ignore[return-value]
        found = "right"
    return found


def _stacking(text: str) -> Stacking:
    if re.search(r"\b100 ?%[- ]stacked|\bpercent[- ]stacked", text, re.I):
        return "percent"
    return "stacked" if re.search(r"\bstacked\b", text, re.I) else "none"


def _axis_titles(text: str, x: FrameColumn | None, ys: list[FrameColumn]) -> tuple[str | None, str | None]:
    titles: dict[str, str] = {}
    for match in _AXIS_TITLE.finditer(text):
        which = (match["which"] or match["other"]).lower()
        titles["x" if which in ("x", "horizontal") else "y"] = match[3]
    if not titles and (_AXES_FROM_HEADERS.search(text) or _AXES_TITLED.search(text)):
        return (x.name if x is not None else None), ys[0].name
    return titles.get("x"), titles.get("y")
