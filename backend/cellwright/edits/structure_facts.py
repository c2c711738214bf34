"""How the facts of a sheet beside its cells move when rows or columns are inserted or deleted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from cellwright.formula import Axis, StructureChange
from cellwright.reference import Cell, Range
from cellwright.workbook.model import Sheet


def moved_cell(cell: Cell, change: StructureChange) -> Cell | None:
    """Where a cell goes; None where it is deleted or pushed off."""
    if change.axis is Axis.ROWS:
        row = change.moved(cell.row)
        return None if row is None else Cell(row, cell.column)
    column = change.moved(cell.column)
    return None if column is None else Cell(cell.row, column)


def moved_range(area: Range, change: StructureChange) -> Range | None:
    """Where an area goes: it grows and shrinks; None where nothing is left of it."""
    if change.axis is Axis.ROWS:
        if area.is_whole_columns:
            return area
        span = change.moved_span(area.top, area.bottom)
        return None if span is None else Range(span[0], area.left, span[1], area.right)
    if area.is_whole_rows:
        return area
    span = change.moved_span(area.left, area.right)
    return None if span is None else Range(area.top, span[0], area.bottom, span[1])


def moved_ranges(areas: Iterable[Range], change: StructureChange) -> tuple[Range, ...]:
    """Those areas of which something is left."""
    return tuple(moved for area in areas if (moved := moved_range(area, change)) is not None)


def moved_facts(sheet: Sheet, change: StructureChange) -> Sheet:
    """Merges, rules, comments, hidden rows and columns, widths, panes and the autofilter of a sheet."""
    is_rows = change.axis is Axis.ROWS
    rules = tuple(
        replace(rule, ranges=ranges)
        for rule in sheet.conditional_formats
        if (ranges := moved_ranges(rule.ranges, change))
    )
    validations = tuple(
        replace(rule, ranges=ranges)
        for rule in sheet.validations
        if (ranges := moved_ranges(rule.ranges, change))
    )
    comments = tuple(
        replace(comment, cell=cell)
        for comment in sheet.comments
        if (cell := moved_cell(comment.cell, change)) is not None
    )
    return replace(
        sheet,
        merges=tuple(area for area in moved_ranges(sheet.merges, change) if not area.is_cell),
        conditional_formats=rules,
        validations=validations,
        comments=comments,
        column_widths=sheet.column_widths if is_rows else _moved_widths(sheet, change),
        hidden_rows=_moved_set(sheet.hidden_rows, change) if is_rows else sheet.hidden_rows,
        hidden_columns=sheet.hidden_columns if is_rows else _moved_set(sheet.hidden_columns, change),
        freeze=moved_freeze(sheet.freeze, change),
        autofilter=_moved_autofilter(sheet, change),
    )


def _moved_set(places: frozenset[int], change: StructureChange) -> frozenset[int]:
    return frozenset(moved for place in places if (moved := change.moved(place)) is not None)


def _moved_widths(sheet: Sheet, change: StructureChange) -> dict[int, float]:
    widths = {
        moved: width
        for column, width in sheet.column_widths.items()
        if (moved := change.moved(column)) is not None
    }
    before = sheet.column_widths.get(change.at - 1)
    if change.count > 0 and before is not None:
        widths.update(dict.fromkeys(range(change.at, change.at + change.count), before))
    return dict(sorted(widths.items()))


def moved_freeze(freeze: Cell | None, change: StructureChange) -> Cell | None:
    """Rows inserted among the frozen ones are frozen too; None where no frozen row or column is left."""
    if freeze is None:
        return None
    is_rows = change.axis is Axis.ROWS
    frozen = freeze.row if is_rows else freeze.column
    if frozen <= change.at and not (change.count < 0 and change.at < frozen):
        return freeze
    frozen = frozen + change.count if change.count > 0 else max(change.at, frozen + change.count)
    moved = Cell(frozen, freeze.column) if is_rows else Cell(freeze.row, frozen)
    return None if moved == (0, 0) else moved


def _moved_autofilter(sheet: Sheet, change: StructureChange) -> Range | None:
    area = sheet.autofilter
    if area is None:
        return None
    loses_header = change.axis is Axis.ROWS and change.count < 0 and change.moved(area.top) is None
    return None if loses_header else moved_range(area, change)
