"""Pivot tables: the cells that an AddPivot shows, in Excel's compact form with grand totals.

Row fields nest in one column; at most one column field; several values stand side by side. Values are read
from the snapshot: a formula that has no value yet cannot be summarised.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from math import prod

from cellwright.edits.model import AddPivot
from cellwright.edits.writing import require_size, write_contents
from cellwright.errors import EditError
from cellwright.reference import Cell, Range
from cellwright.workbook.model import BLANK, Content, Pivot, Snapshot, Style, Value

Record = tuple[Value, ...]

FUNCTIONS: dict[str, tuple[str, Callable[[list[float]], float]]] = {
    "sum": ("Sum", sum),
    "average": ("Average", statistics.fmean),
    "max": ("Max", max),
    "min": ("Min", min),
    "product": ("Product", prod),
    "stdDev": ("StdDev", statistics.stdev),
    "var": ("Var", statistics.variance),
    "count": ("Count", lambda numbers: float(len(numbers))),
}
"""Function -> (the word of its caption, its value over numbers); `count` counts all that is not blank."""


@dataclass(frozen=True)
class PivotLine:
    """One row of a pivot: the path of items it stands for (empty: the grand total), and its numbers."""

    path: tuple[Value, ...]
    numbers: tuple[float | None, ...]


@dataclass(frozen=True)
class PivotLayout:
    """What a pivot shows: `fields` are all columns of its source, `records` its rows, `items` by field."""

    fields: tuple[str, ...]
    records: tuple[Record, ...]
    formats: tuple[str, ...]
    items: dict[str, tuple[Value, ...]]
    lines: tuple[PivotLine, ...]
    columns: tuple[Value, ...]
    captions: tuple[str, ...]
    range: Range


def add_pivot(snapshot: Snapshot, edit: AddPivot) -> Snapshot:
    """Show a pivot table; its cells must be empty."""
    layout = pivot_layout(snapshot, edit)
    sheet = snapshot.sheet(edit.sheet)
    for cell, content in sheet.cells.items(layout.range):
        if not content.is_blank:
            raise EditError(f"expected empty cells for a pivot table on {layout.range}, got {cell.a1} filled")
    changed = write_contents(snapshot, sheet, dict(_contents(edit, layout)))
    number = 1 + sum(len(other.pivots) for other in snapshot.sheets)
    pivot = Pivot(
        f"PivotTable{number}",
        layout.range,
        snapshot.sheet(edit.source_sheet).name,
        edit.source,
        edit.rows,
        edit.columns,
        edit.values,
    )
    sheet = changed.sheet(edit.sheet)
    return changed.with_sheet(replace(sheet, pivots=(*sheet.pivots, pivot)))


def pivot_layout(snapshot: Snapshot, edit: AddPivot) -> PivotLayout:
    """What the pivot of an edit shows; raises EditError where it cannot be made."""
    source, area = snapshot.sheet(edit.source_sheet), edit.source
    if area.height < 2:
        raise EditError(f"expected a header row and at least one row of data, got {area}")
    require_size(area, edit.source_sheet)
    if not edit.values or not (edit.rows or edit.columns):
        raise EditError("expected a pivot table with a field in rows or columns and a value, got none")
    if len(edit.columns) > 1 or (edit.columns and len(edit.values) > 1):
        raise EditError("expected one field in columns, and then one value")
    fields = []
    for column in range(area.left, area.right + 1):
        name = source.value(Cell(area.top, column))
        if not isinstance(name, str) or not name.strip():
            raise EditError(f"expected a header in every column, got none in {Cell(area.top, column).a1}")
        fields.append(name)
    folded = [name.casefold() for name in fields]
    if len(set(folded)) < len(folded):
        raise EditError(f"expected headers that differ, got {', '.join(fields)[:80]}")
    for name in (*edit.rows, *edit.columns, *(field for field, _ in edit.values)):
        if name.casefold() not in folded:
            raise EditError(f"expected one of the headers {', '.join(fields)[:80]}; got {name!r}")
    for _, function in edit.values:
        if function not in FUNCTIONS:
            raise EditError(f"expected one of {', '.join(FUNCTIONS)}; got {function!r}")
    records: list[Record] = []
    for row in range(area.top + 1, area.bottom + 1):
        held = [source.content(Cell(row, column)) for column in range(area.left, area.right + 1)]
        if missing := next((c for c in held if c.formula is not None and c.value is None), None):
            raise EditError(
                f"expected calculated values to summarise, got {missing.formula} in row {row + 1}"
            )
        records.append(tuple(content.value for content in held))
    formats = tuple(
        source.content(Cell(area.top + 1, column)).style.number_format
        for column in range(area.left, area.right + 1)
    )
    grouped = (*edit.rows, *edit.columns)
    items = {
        name: tuple(sorted({record[folded.index(name.casefold())] for record in records}, key=item_order))
        for name in grouped
    }
    places = [folded.index(name.casefold()) for name in edit.rows]
    across = folded.index(edit.columns[0].casefold()) if edit.columns else None
    columns = items[edit.columns[0]] if edit.columns else ()
    measures = [(folded.index(name.casefold()), function) for name, function in edit.values]

    def numbers(rows: Sequence[Record]) -> tuple[float | None, ...]:
        if across is None:
            return tuple(_aggregate(rows, place, function) for place, function in measures)
        place, function = measures[0]
        split = [[record for record in rows if record[across] == item] for item in columns]
        return tuple(_aggregate(part, place, function) for part in (*split, rows))

    lines = (
        *_lines(records, places, [items[name] for name in edit.rows], (), numbers),
        PivotLine((), numbers(records)),
    )
    captions = tuple(
        f"{FUNCTIONS[function][0]} of {fields[folded.index(name.casefold())]}"
        for name, function in edit.values
    )
    height = len(lines) + (2 if edit.columns else 1)
    width = 1 + (len(columns) + 1 if edit.columns else len(captions))
    covered = Range.of(edit.anchor, height, width)
    return PivotLayout(tuple(fields), tuple(records), formats, items, lines, columns, captions, covered)


def item_order(item: Value) -> tuple[int, float, str]:
    """Numbers, then texts (case ignored), then the rest, blanks last."""
    if item is None:
        return 3, 0.0, ""
    if isinstance(item, bool):
        return 2, float(item), ""
    if isinstance(item, float):
        return 0, item, ""
    return 1, 0.0, str(item).casefold()


def _lines(
    records: Sequence[Record],
    places: Sequence[int],
    items: Sequence[tuple[Value, ...]],
    path: tuple[Value, ...],
    numbers: Callable[[Sequence[Record]], tuple[float | None, ...]],
) -> Iterator[PivotLine]:
    if not places:
        return
    for item in items[0]:
        held = [record for record in records if record[places[0]] == item]
        if held:
            yield PivotLine((*path, item), numbers(held))
            yield from _lines(held, places[1:], items[1:], (*path, item), numbers)


def _aggregate(records: Sequence[Record], place: int, function: str) -> float | None:
    values = [record[place] for record in records if record[place] is not None]
    if function == "count":
        return float(len(values)) if values else None
    numbers = [float(value) for value in values if isinstance(value, float) and not isinstance(value, bool)]
    if not numbers:
        return 0.0 if function == "sum" and records else None
    if function in ("stdDev", "var") and len(numbers) < 2:
        return None
    return FUNCTIONS[function][1](numbers)


def _contents(edit: AddPivot, layout: PivotLayout) -> Iterator[tuple[Cell, Content]]:
    row, left = edit.anchor
    if edit.columns:
        yield Cell(row, left), Content(layout.captions[0])
        yield Cell(row, left + 1), Content("Column Labels")
        row += 1
        for place, item in enumerate(layout.columns, 1):
            yield Cell(row, left + place), _label(item, layout, edit.columns[0])
        yield Cell(row, left + len(layout.columns) + 1), Content("Grand Total")
    else:
        for place, caption in enumerate(layout.captions, 1):
            yield Cell(row, left + place), Content(caption)
    yield Cell(row, left), Content("Row Labels")
    for line in layout.lines:
        row += 1
        field = edit.rows[len(line.path) - 1] if line.path else ""
        label = _label(line.path[-1], layout, field) if line.path else Content("Grand Total")
        yield Cell(row, left), label
        for place, number in enumerate(line.numbers, 1):
            if number is not None:
                yield Cell(row, left + place), Content(number)


def _label(item: Value, layout: PivotLayout, field: str) -> Content:
    if item is None:
        return Content("(blank)")
    if not isinstance(item, float):
        return Content(item)
    place = [name.casefold() for name in layout.fields].index(field.casefold())
    style = Style(layout.formats[place]) if layout.formats[place] != "General" else BLANK.style
    return Content(item, style=style)
