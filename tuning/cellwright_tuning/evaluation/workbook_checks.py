"""Two workbooks compared in what a check file turns on: cells, charts, pivots, filters, rules, panes.

The check file is SheetCopilot's (`check_board: {sheet number: {category: {property: bool}}}`;
BraveGroup/SheetCopilot, GPL-3.0, for the meaning of its properties). Sheets are compared by position, columns
by header, in any order. What is drawn is compared by what it shows: series by their numbers, rules by the
cells that they pick out (or by being the same rule) and the family of their colour, filters by the rows left
visible. Number formats count by family (money, percent, date, plain) where formatting is checked. Frozen
columns do not count where only rows are frozen.
"""

from __future__ import annotations

import colorsys
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openpyxl
import yaml
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.worksheet.worksheet import Worksheet

from cellwright.ask.highlight import highlighted
from cellwright.calc.calculator import Calculator
from cellwright.calc.values import NoValue
from cellwright.errors import CalcError, UsageError
from cellwright.reference import Cell, Range, SheetCell
from cellwright.workbook import read_workbook
from cellwright.workbook.model import ConditionalFormat, Content, ErrorValue, Sheet, Snapshot, Value
from cellwright.workbook.number_formats import is_date_format

Checks = Mapping[int, Mapping[str, frozenset[str]]]
"""Sheet number (from 1) -> category -> the properties that count."""


def read_checks(path: Path) -> Checks:
    """What a check file turns on; raises UsageError."""
    try:
        board = yaml.safe_load(path.read_text("utf-8"))["check_board"]
        return {
            int(number): {
                category: frozenset(name for name, counts in properties.items() if counts)
                for category, properties in categories.items()
                if any(properties.values())
            }
            for number, categories in board.items()
        }
    except (yaml.YAMLError, KeyError, TypeError, AttributeError, ValueError) as error:
        raise UsageError(f"expected a check board in {path.name}: {error}") from error


def differences(wanted: Path, got: Path, checks: Checks) -> list[str]:
    """What differs in what counts, one line each; empty where the workbooks are the same in it."""
    with _Book(wanted) as first, _Book(got) as second:
        if len(first.sheets) != len(second.sheets):
            return [f"expected {len(first.sheets)} sheets, got {len(second.sheets)}"]
        found: list[str] = []
        for number, categories in sorted(checks.items()):
            if number > len(first.sheets):
                continue
            for category, properties in categories.items():
                compare = _COMPARISONS.get(category)
                if compare is not None:
                    place = f"sheet {number}"
                    found += [
                        f"{place} {category}: {what}"
                        for what in compare(first, second, number - 1, properties)
                    ]
        return found


class _Book:
    """A workbook as our reader sees it and, for charts and pivots, as openpyxl does."""

    def __init__(self, path: Path) -> None:
        self.snapshot: Snapshot = read_workbook(path)
        self._path = path
        self._calculator: Calculator | None = None
        self._parts: Any = None

    def __enter__(self) -> _Book:
        return self

    def __exit__(self, *_: object) -> None:
        if self._calculator is not None:
            self._calculator.close()

    @property
    def sheets(self) -> tuple[Sheet, ...]:
        return self.snapshot.sheets

    @property
    def calculator(self) -> Calculator:
        if self._calculator is None:
            self._calculator = Calculator(self.snapshot)
        return self._calculator

    def worksheet(self, place: int) -> Worksheet:
        if self._parts is None:
            try:
                self._parts = openpyxl.load_workbook(self._path)
            except (InvalidFileException, KeyError, ValueError) as error:
                raise UsageError(f"expected a workbook, got {self._path.name}: {error}") from error
        return self._parts.worksheets[place]

    def value(self, sheet: Sheet, cell: Cell) -> Value:
        content = sheet.content(cell)
        if content.value is None and content.formula is not None:
            return self._calculated(content.formula, SheetCell(sheet.name, cell))
        return content.value

    def _calculated(self, formula: str, cell: SheetCell) -> Value:
        """The value of a formula that the file holds none of.

        Another engine where the first gives an error.
        """
        try:
            value = self.calculator.evaluate(formula, cell)
        except CalcError:
            value = None
        if value is None or isinstance(value, ErrorValue):
            other = self.calculator.second_opinion.value(formula, cell)
            if not isinstance(other, NoValue | ErrorValue):
                return other
        return value

    def reference_values(self, text: str, place: int) -> list[Value]:
        """The values of `Sheet1!$A$2:$A$9`."""
        name, _, area = text.rpartition("!")
        name = name.strip("'").replace("''", "'")
        sheet = self.snapshot.sheet(name) if self.snapshot.has_sheet(name) else self.sheets[place]
        return [self.value(sheet, cell) for cell in Range.parse(area.strip("()")).cells()]


def _extent(book: _Book, sheet: Sheet) -> tuple[int, int]:
    """(rows, columns) of the block at A1.

    Down its first column and along its first row to the first blank.
    """
    used = sheet.cells.bounds
    if used is None:
        return 0, 0
    rows = 0
    while rows <= used.bottom and not sheet.content(Cell(rows, 0)).is_blank:
        rows += 1
    columns = 0
    while columns <= used.right and not sheet.content(Cell(0, columns)).is_blank:
        columns += 1
    return (used.bottom + 1 if rows <= 1 else rows), (used.right + 1 if columns <= 1 else columns)


def _cells(first: _Book, second: _Book, place: int, properties: frozenset[str]) -> Iterator[str]:
    mine, theirs = first.sheets[place], second.sheets[place]
    rows, columns = _extent(first, mine)
    if (rows, columns) != _extent(second, theirs):
        yield f"expected {rows} x {columns} cells, got {' x '.join(map(str, _extent(second, theirs)))}"
        return
    taken: set[int] = set()
    for column in range(columns):
        header = first.value(mine, Cell(0, column))
        match = next(
            (
                other
                for other in range(columns)
                if other not in taken and same(header, second.value(theirs, Cell(0, other)))
            ),
            None,
        )
        if match is None:
            yield f"expected a column {header!r}"
            return
        taken.add(match)
        for row in range(rows):
            here, there = Cell(row, column), Cell(row, match)
            if "values" in properties and not same(first.value(mine, here), second.value(theirs, there)):
                yield (
                    f"expected {first.value(mine, here)!r} in {here.a1}, got {second.value(theirs, there)!r}"
                )
                return
            if "formatting" in properties and _format(mine.content(here)) != _format(theirs.content(there)):
                yield f"expected the format of {here.a1}, got another"
                return


def same(first: Value, second: Value) -> bool:
    """Equal values: numbers to nine digits, texts exactly, a blank and an empty text alike."""
    if isinstance(first, float) and isinstance(second, float):
        return math.isclose(first, second, rel_tol=1e-9, abs_tol=1e-9)
    return (first if first != "" else None) == (second if second != "" else None)


def _format(content: Content) -> tuple[object, ...]:
    style = content.style
    font = style.font
    return (
        font.name, font.size, font.bold, font.italic, font.underline or None, family(font.color) or "black",
        family(style.fill), _number_family(style.number_format),
    )  # fmt: skip


def _number_family(code: str) -> str:
    if is_date_format(code):
        return "date"
    if "%" in code:
        return "percent"
    return "money" if re.search(r"[$€£¥]|\[\$|_\(", code) else "plain"


def family(color: str | None) -> str | None:
    """The family of a colour: red, orange, yellow, green, blue, purple, white, gray or black."""
    if color is None:
        return None
    red, green, blue = (int(color.lstrip("#")[place : place + 2], 16) / 255 for place in (0, 2, 4))
    hue, light, depth = colorsys.rgb_to_hls(red, green, blue)
    if light < 0.1:
        return "black"
    if light > 0.97:
        return "white"
    if depth < 0.12:
        return "gray"
    degrees = hue * 360
    for name, end in (
        ("red", 18),
        ("orange", 45),
        ("yellow", 70),
        ("green", 165),
        ("blue", 255),
        ("purple", 335),
    ):
        if degrees < end:
            return name
    return "red"


def _charts(first: _Book, second: _Book, place: int, properties: frozenset[str]) -> Iterator[str]:
    wanted = [_chart(chart, first, place) for chart in first.worksheet(place)._charts]
    got = [_chart(chart, second, place) for chart in second.worksheet(place)._charts]
    if len(wanted) != len(got):
        yield f"expected {len(wanted)} charts, got {len(got)}"
        return
    left = list(got)
    for chart in wanted:
        scored = [
            (sum(1 for _ in _chart_differences(chart, other, properties)), n) for n, other in enumerate(left)
        ]
        count, number = min(scored)
        if count:
            yield from _chart_differences(chart, left[number], properties)
            return
        del left[number]


@dataclass(frozen=True)
class _Chart:
    kind: str
    title: str | None
    legend: str | None
    axes: tuple[bool, ...]
    series: tuple[tuple[tuple[Value, ...], tuple[Value, ...]], ...]
    trendlines: int


def _chart(chart: Any, book: _Book, place: int) -> _Chart:
    parts = [chart, *[other for other in getattr(chart, "_charts", []) if other is not chart]]
    kind = ",".join(sorted({_chart_kind(part) for part in parts}))
    series: list[tuple[tuple[Value, ...], tuple[Value, ...]]] = []
    trendlines = 0
    for part in parts:
        for one in part.series:
            trendlines += (
                len(one.trendline or [])
                if isinstance(one.trendline, list)
                else int(one.trendline is not None)
            )
            values = one.yVal if getattr(one, "yVal", None) is not None else one.val
            labels = one.xVal if getattr(one, "xVal", None) is not None else one.cat
            cached = getattr(chart, "pivotSource", None) is not None
            series.append((_points(labels, book, place, cached), _points(values, book, place, cached)))
    axes = tuple(
        bool(getattr(getattr(chart, name, None), "title", None) is not None)
        for name in ("x_axis", "y_axis")
        if getattr(chart, name, None) is not None
    )
    legend = None if chart.legend is None else (chart.legend.position or "r")
    return _Chart(kind, _title(chart), legend, axes, tuple(series), trendlines)


def _chart_kind(chart: Any) -> str:
    name = type(chart).__name__.removesuffix("3D")
    grouping = str(getattr(chart, "grouping", None) or "standard")
    stacked = grouping if "tacked" in grouping else ""
    if name == "BarChart":
        return f"{'bar' if chart.barDir == 'bar' else 'column'} {stacked}".strip()
    if name == "ScatterChart":
        smooth = str(chart.scatterStyle or "").startswith("smooth") and any(
            one.smooth for one in chart.series
        )
        return f"scatter {'smooth' if smooth else ''}".strip()
    return f"{name.removesuffix('Chart').lower()} {stacked}".strip()


def _title(chart: Any) -> str | None:
    title = chart.title
    if title is None:
        return None
    rich = title.tx.rich if title.tx is not None else None
    if rich is None:
        return ""
    return "".join(run.t for paragraph in rich.p for run in (paragraph.r or []))


def _points(source: Any, book: _Book, place: int, prefers_cache: bool) -> tuple[Value, ...]:
    """The points of a series. The area of a pivot chart takes in its grand total, which it does not draw.

    There the cache says what it draws.
    """
    if source is None:
        return ()
    for name in ("numRef", "strRef", "multiLvlStrRef"):
        reference = getattr(source, name, None)
        if reference is not None:
            cache = getattr(reference, name.replace("Ref", "Cache"), None)
            if prefers_cache and cache is not None and getattr(cache, "pt", None):
                return tuple(_number(point.v) for point in cache.pt)
            try:
                found = tuple(book.reference_values(reference.f, place))
            except Exception:
                found = ()
            if found and any(value is not None for value in found):
                return found
            if cache is not None and getattr(cache, "pt", None):
                return tuple(_number(point.v) for point in cache.pt)
            return found
    literal = getattr(source, "numLit", None) or getattr(source, "strLit", None)
    return tuple(_number(point.v) for point in literal.pt) if literal is not None else ()


def _number(text: object) -> Value:
    try:
        return float(str(text))
    except ValueError:
        return str(text)


def _chart_differences(wanted: _Chart, got: _Chart, properties: frozenset[str]) -> Iterator[str]:
    if "chart_type" in properties and wanted.kind != got.kind:
        yield f"expected a {wanted.kind} chart, got {got.kind}"
    if "title" in properties and (wanted.title or "").strip() != (got.title or "").strip():
        yield f"expected the title {wanted.title!r}, got {got.title!r}"
    if "legend" in properties and wanted.legend != got.legend:
        yield f"expected the legend at {wanted.legend}, got {got.legend}"
    if "axes" in properties and wanted.axes != got.axes:
        yield f"expected axis titles {wanted.axes}, got {got.axes}"
    if "trendlines" in properties and wanted.trendlines != got.trendlines:
        yield f"expected {wanted.trendlines} trend lines, got {got.trendlines}"
    if "series" in properties:
        left = list(got.series)
        for one in wanted.series:
            match = next((n for n, other in enumerate(left) if _same_series(one, other)), None)
            if match is None:
                yield f"expected a series of {len(one[1])} points, got none like it"
                return
            del left[match]
        if left:
            yield f"expected {len(wanted.series)} series, got {len(got.series)}"


def _same_series(first: tuple[tuple[Value, ...], ...], second: tuple[tuple[Value, ...], ...]) -> bool:
    labels = len(first[0]) == len(second[0]) and all(map(same, first[0], second[0]))
    counted = not first[0] or not second[0] or (_counts(first[0]) and not second[0])
    return (labels or counted) and len(first[1]) == len(second[1]) and all(map(same, first[1], second[1]))


def _counts(labels: tuple[Value, ...]) -> bool:
    return all(same(value, float(place)) for place, value in enumerate(labels, 1))


def _pivots(first: _Book, second: _Book, place: int, properties: frozenset[str]) -> Iterator[str]:
    wanted = [_pivot(pivot) for pivot in first.worksheet(place)._pivots]
    got = [_pivot(pivot) for pivot in second.worksheet(place)._pivots]
    if len(wanted) != len(got):
        yield f"expected {len(wanted)} pivot tables, got {len(got)}"
        return
    for mine, theirs in zip(wanted, got, strict=True):
        for name in ("source", "rows", "columns", "values", "summary_type"):
            if name in properties and mine[name] != theirs[name]:
                turned = name in ("rows", "columns") and (mine["rows"], mine["columns"]) == (
                    theirs["columns"],
                    theirs["rows"],
                )
                if not turned:
                    yield f"expected {name} {mine[name]}, got {theirs[name]}"


def _pivot(pivot: Any) -> dict[str, Any]:
    names = [field.name for field in pivot.cache.cacheFields]
    source = pivot.cache.cacheSource.worksheetSource
    area = source.ref or source.name

    def fields(items: Any) -> tuple[str, ...]:
        return tuple(names[item.x] for item in items if 0 <= item.x < len(names))

    data = sorted((names[item.fld], item.subtotal or "sum") for item in pivot.dataFields)
    return {
        "source": (source.sheet, _whole(area)),
        "rows": fields(pivot.rowFields),
        "columns": fields(pivot.colFields),
        "values": tuple(name for name, _ in data),
        "summary_type": tuple(function for _, function in data),
    }


def _whole(area: str | None) -> str:
    return (area or "").replace("$", "")


def _filters(first: _Book, second: _Book, place: int, properties: frozenset[str]) -> Iterator[str]:
    mine, theirs = first.sheets[place], second.sheets[place]
    if theirs.autofilter is None:
        if mine.autofilter is not None:
            yield "expected a filter, got none"
        return
    if mine.autofilter is None:
        yield "expected no filter, got one"
        return
    if _visible(first, mine) != _visible(second, theirs):
        yield "expected other rows to be visible"


def _visible(book: _Book, sheet: Sheet) -> list[tuple[Value, ...]]:
    used = sheet.cells.bounds
    if used is None:
        return []
    return [
        tuple(book.value(sheet, Cell(row, column)) for column in range(used.left, used.right + 1))
        for row in range(used.top, used.bottom + 1)
        if row not in sheet.hidden_rows
    ]


def _rules(first: _Book, second: _Book, place: int, properties: frozenset[str]) -> Iterator[str]:
    mine, theirs = first.sheets[place], second.sheets[place]
    wanted, got = mine.conditional_formats, theirs.conditional_formats
    if len(wanted) != len(got):
        yield f"expected {len(wanted)} rules, got {len(got)}"
        return
    left = list(got)
    for rule in wanted:
        match = next((other for other in left if _same_rule(rule, other, first, second, mine, theirs)), None)
        if match is None:
            told = f"{rule.type} {rule.operator or ''} {' '.join(rule.formulas)}"
            yield f"expected the rule {told}, got none like it"
            return
        left.remove(match)


def _same_rule(
    wanted: ConditionalFormat, got: ConditionalFormat, first: _Book, second: _Book, mine: Sheet, theirs: Sheet
) -> bool:
    if family(wanted.fill) != family(got.fill) or family(wanted.font_color) != family(got.font_color):
        return False
    if bool(wanted.bold) != bool(got.bold):
        return False
    texts = [[text.replace("$", "").replace(" ", "") for text in rule.formulas] for rule in (wanted, got)]
    if wanted.ranges == got.ranges and (wanted.type, wanted.operator) == (got.type, got.operator):
        if texts[0] == texts[1]:
            return True
    elif (wanted.type, wanted.operator, wanted.formulas) == (got.type, got.operator, got.formulas):
        return True
    try:
        cells = highlighted(wanted, mine.name, first.snapshot, first.calculator)
        others = highlighted(got, theirs.name, second.snapshot, second.calculator)
    except CalcError:
        return False
    return bool(cells) and cells == others


def _view(first: _Book, second: _Book, place: int, properties: frozenset[str]) -> Iterator[str]:
    wanted, got = first.sheets[place].freeze, second.sheets[place].freeze
    rows = [0 if cell is None else cell.row for cell in (wanted, got)]
    columns = [0 if cell is None else cell.column for cell in (wanted, got)]
    if rows[0] != rows[1] or (columns[0] != columns[1] and columns[1] != 0):
        yield f"expected panes frozen at {wanted}, got {got}"


_COMPARISONS = {
    "cells": _cells,
    "charts": _charts,
    "pivot_tables": _pivots,
    "filters": _filters,
    "format_conditions": _rules,
    "view": _view,
}
