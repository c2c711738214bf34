"""Computed values and formatting habits for generated workbooks, so that they look as Excel would save them.

Training prompts show no values, so the training stream does without; tasks of ranking and reward need them.
"""

from __future__ import annotations

from dataclasses import replace
from random import Random

from cellwright.calc.calculator import Calculator
from cellwright.calc.values import NoValue
from cellwright.reference import Cell, SheetCell
from cellwright.workbook.model import Content, Font, Sheet, Snapshot, Style

from .workbooks import TOTAL_LABELS, Workbook, generate_workbook

_FORMATS = ("0.00", "#,##0", "#,##0.00", "0.0", "0.000", "0.00E+00", "$#,##0.00", "0")
_UNFORMATTED = 0.4


def computed_workbook(random: Random, calculator: Calculator) -> Workbook:
    """A generated workbook with formats and with the values that the calculator gives its formulas.

    `calculator` is loaded with it. Raises CalcError where the worker fails.
    """
    workbook = generate_workbook(random)
    sheets = tuple(_formatted(sheet, workbook, random) for sheet in workbook.snapshot.sheets)
    return replace(workbook, snapshot=computed(replace(workbook.snapshot, sheets=sheets), calculator))


def computed(snapshot: Snapshot, calculator: Calculator) -> Snapshot:
    """The snapshot with every formula's value as calculated; no value where there is none."""
    calculator.load(snapshot)
    values = calculator.values()
    sheets = []
    for sheet in snapshot.sheets:
        updates: dict[Cell, Content | None] = {}
        for cell, _ in sheet.cells.formulas():
            value = values[SheetCell(sheet.name, cell)]
            known = None if isinstance(value, NoValue) else value
            updates[cell] = replace(sheet.content(cell), value=known)
        sheets.append(sheet.with_cells(updates))
    return replace(snapshot, sheets=tuple(sheets))


def _formatted(sheet: Sheet, workbook: Workbook, random: Random) -> Sheet:
    """Number formats by column or by region, per cent for shares, bold totals; many sheets have none."""
    if random.random() < _UNFORMATTED:
        return sheet
    by_column: dict[int, str] = {}
    styles: dict[Cell, Style] = {}
    shares = {
        cell
        for region in workbook.regions
        if region.sheet == sheet.name and "/" in region.formula and "*" not in region.formula
        if random.random() < 0.6
        for cell in region.cells
    }
    is_bold = random.random() < 0.6
    totals = {cell.row for cell, content in sheet.cells.items() if content.value in TOTAL_LABELS}
    for cell, content in sheet.cells.items():
        is_number = isinstance(content.value, float) and not 1900 <= content.value <= 2100
        if not is_number and content.formula is None:
            continue
        chosen = by_column.setdefault(cell.column, random.choice(("General", *_FORMATS)))
        number_format = "0%" if cell in shares else chosen
        font = Font(bold=is_bold and cell.row in totals)
        styles[cell] = Style(number_format=number_format, font=font)
    return sheet.with_cells({cell: replace(sheet.content(cell), style=s) for cell, s in styles.items()})
