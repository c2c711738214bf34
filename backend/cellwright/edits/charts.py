"""Charts: what an AddChart puts on a sheet. Existing charts of a file are not modelled."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from cellwright.edits.model import AddChart
from cellwright.errors import EditError
from cellwright.formula import parse
from cellwright.reference import Cell, Range, quote_sheet
from cellwright.workbook.model import Chart, ChartSeries, Sheet, Snapshot

MAX_SERIES = 255


def add_chart(snapshot: Snapshot, edit: AddChart) -> Snapshot:
    """Put a chart on a sheet; cells stay as they are."""
    sheet = snapshot.sheet(edit.sheet)
    source = snapshot.sheet(edit.source_sheet or edit.sheet)
    series = edit.series or series_of(source, edit.source, edit.type)
    if not series:
        raise EditError(f"expected numbers to chart in {edit.source} of {source.name!r}, found none")
    if len(series) > MAX_SERIES:
        raise EditError(f"expected at most {MAX_SERIES} series in a chart, got {len(series)}")
    for one in series:
        for text in (one.values, one.categories):
            if text is not None:
                parse(text)
    chart = Chart(
        edit.anchor,
        edit.type,
        series,
        edit.title,
        edit.stacking,
        edit.legend,
        edit.data_labels,
        edit.x_title,
        edit.y_title,
        edit.markers,
        edit.is_smooth,
        edit.trendline,
    )
    return snapshot.with_sheet(replace(sheet, charts=(*sheet.charts, chart)))


def series_of(sheet: Sheet, source: Range, kind: str) -> tuple[ChartSeries, ...]:
    """The series of a range as Excel reads it: a header row, a first column of labels, numbers beside them.

    A scatter chart takes its first column for x whatever it holds.
    """
    header = [sheet.value(Cell(source.top, column)) for column in range(source.left, source.right + 1)]
    has_header = source.height > 1 and any(isinstance(value, str) for value in header)
    top = source.top + has_header
    columns = list(range(source.left, source.right + 1))
    labels = None
    if len(columns) > 1 and (kind == "scatter" or not _is_numeric(sheet, top, source.bottom, columns[0])):
        labels = reference(sheet.name, Range(top, columns[0], source.bottom, columns[0]))
        columns = columns[1:]
    return tuple(
        ChartSeries(
            reference(sheet.name, Range(top, column, source.bottom, column)),
            labels,
            reference(sheet.name, Range.of(Cell(source.top, column))) if has_header else None,
        )
        for column in columns
        if _is_numeric(sheet, top, source.bottom, column)
    )


def reference(sheet: str, area: Range) -> str:
    """`=Sheet1!$B$2:$B$9`."""
    first, last = area.first, area.last
    ends = [f"${cell.a1.rstrip('0123456789')}${cell.row + 1}" for cell in (first, last)]
    return f"={quote_sheet(sheet)}!" + (ends[0] if area.is_cell else ":".join(ends))


def moved_series(series: ChartSeries, text: Callable[[str], str]) -> ChartSeries:
    """A series whose references went through `text` (a rename or a shift)."""
    name = series.name
    return ChartSeries(
        text(series.values),
        None if series.categories is None else text(series.categories),
        text(name) if name is not None and name.startswith("=") else name,
    )


def _is_numeric(sheet: Sheet, top: int, bottom: int, column: int) -> bool:
    held = [sheet.content(Cell(row, column)) for row in range(top, min(bottom, top + 200) + 1)]
    filled = [content for content in held if not content.is_blank]
    numbers = [
        content
        for content in filled
        if (isinstance(content.value, float) and not isinstance(content.value, bool))
        or (content.value is None and content.formula is not None)
    ]
    return bool(filled) and len(numbers) * 2 > len(filled)
