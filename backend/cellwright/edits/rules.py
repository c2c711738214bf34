"""Tables, conditional formats and validations."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from cellwright.edits.arrays import require_no_array
from cellwright.edits.headers import header_text, unique_headers
from cellwright.edits.model import AddConditionalFormat, AddDataValidation, AddTable
from cellwright.edits.names import require_name
from cellwright.errors import EditError
from cellwright.reference import Cell, Range
from cellwright.workbook.model import Content, Snapshot, Table

CONDITIONAL_FORMATS = frozenset(
    [
        "cellIs",
        "expression",
        "colorScale",
        "dataBar",
        "iconSet",
        "top10",
        "aboveAverage",
        "uniqueValues",
        "duplicateValues",
        "containsText",
        "notContainsText",
        "beginsWith",
        "endsWith",
        "containsBlanks",
        "notContainsBlanks",
        "containsErrors",
        "notContainsErrors",
        "timePeriod",
    ]
)
VALIDATIONS = frozenset(["none", "whole", "decimal", "list", "date", "time", "textLength", "custom"])
MAX_VALIDATION_LIST = 255


def add_table(snapshot: Snapshot, edit: AddTable) -> Snapshot:
    """Make a range a table: header cells become unique texts, an autofilter that it covers is taken up."""
    sheet, area = snapshot.sheet(edit.sheet), edit.range
    require_name(edit.name, "a table name")
    folded = edit.name.casefold()
    if snapshot.table(edit.name) or any(name.name.casefold() == folded for name in snapshot.names):
        raise EditError(f"expected a table name that is not taken, got {edit.name!r}")
    if area.height < 2:
        raise EditError(f"expected a table of a header row and at least one row of data, got {area}")
    for table in snapshot.tables_on(sheet.name):
        if table.range.intersect(area):
            raise EditError(
                f"expected a range without a table, got {area} across {table.name} ({table.range})"
            )
    for merge in sheet.merges:
        if merge.intersect(area):
            raise EditError(f"expected no merged cells in a table, got {merge} in {area}")
    require_no_array(sheet, area)
    filtered = sheet.autofilter
    if filtered is not None and filtered.intersect(area):
        if not area.contains(filtered):
            raise EditError(f"expected a range that holds the autofilter whole, got {area} across {filtered}")
        sheet = replace(sheet, autofilter=None)
    cells = [Cell(area.top, column) for column in range(area.left, area.right + 1)]
    columns = unique_headers([header_text(sheet, cell, sheet.content(cell)) for cell in cells])
    updates: dict[Cell, Content | None] = {
        cell: replace(sheet.content(cell), value=name, formula=None)
        for cell, name in zip(cells, columns, strict=True)
    }
    table = Table(edit.name, sheet.name, area, columns, style=edit.style)
    changed = snapshot.with_sheet(sheet.with_cells(updates))
    return replace(changed, tables=(*snapshot.tables, table))


def add_conditional_format(snapshot: Snapshot, edit: AddConditionalFormat) -> Snapshot:
    """Add a rule; where its priority is taken, the rules from there on step back by one."""
    sheet, rule = snapshot.sheet(edit.sheet), edit.rule
    _require_ranges(rule.ranges, "a conditional format")
    if rule.type not in CONDITIONAL_FORMATS:
        raise EditError(
            f"expected a conditional format of {', '.join(sorted(CONDITIONAL_FORMATS))}; got {rule.type!r}"
        )
    if rule.priority < 1:
        raise EditError(f"expected a priority of 1 or more, got {rule.priority}")
    if rule.type in {"cellIs", "expression"} and not rule.formulas:
        raise EditError(f"expected a formula in a conditional format of type {rule.type}, got none")
    rules = sheet.conditional_formats
    if any(other.priority == rule.priority for other in rules):
        rules = tuple(
            replace(other, priority=other.priority + 1) if other.priority >= rule.priority else other
            for other in rules
        )
    return snapshot.with_sheet(replace(sheet, conditional_formats=(*rules, rule)))


def add_validation(snapshot: Snapshot, edit: AddDataValidation) -> Snapshot:
    """Add a validation; a cell has one at most, so the ranges are cut out of the others."""
    sheet, validation = snapshot.sheet(edit.sheet), edit.validation
    _require_ranges(validation.ranges, "a validation")
    if validation.type not in VALIDATIONS:
        raise EditError(f"expected a validation of {', '.join(sorted(VALIDATIONS))}; got {validation.type!r}")
    if validation.type != "none" and not validation.formulas:
        raise EditError(f"expected a formula in a validation of type {validation.type}, got none")
    first = validation.formulas[0].removeprefix("=") if validation.formulas else ""
    if validation.type == "list" and first.startswith('"') and len(first) > MAX_VALIDATION_LIST + 2:
        raise EditError(f"expected at most {MAX_VALIDATION_LIST} characters in a list, got {len(first) - 2}")
    others = []
    for other in sheet.validations:
        ranges = without(other.ranges, validation.ranges)
        if ranges:
            others.append(other if ranges == other.ranges else replace(other, ranges=ranges))
    return snapshot.with_sheet(replace(sheet, validations=(*others, validation)))


def without(ranges: Iterable[Range], cut: Iterable[Range]) -> tuple[Range, ...]:
    """The ranges with the cells of `cut` taken out, as rectangles; whole ones stay whole."""
    left = list(ranges)
    for hole in cut:
        left = [piece for area in left for piece in _minus(area, hole)]
    return tuple(left)


def _minus(area: Range, hole: Range) -> list[Range]:
    common = area.intersect(hole)
    if common is None:
        return [area]
    pieces = []
    if area.top < common.top:
        pieces.append(Range(area.top, area.left, common.top - 1, area.right))
    if area.left < common.left:
        pieces.append(Range(common.top, area.left, common.bottom, common.left - 1))
    if common.right < area.right:
        pieces.append(Range(common.top, common.right + 1, common.bottom, area.right))
    if common.bottom < area.bottom:
        pieces.append(Range(common.bottom + 1, area.left, area.bottom, area.right))
    return pieces


def _require_ranges(ranges: tuple[Range, ...], what: str) -> None:
    if not ranges:
        raise EditError(f"expected {what} with at least one range, got none")
