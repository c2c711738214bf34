"""Rewrite formulas wherever a workbook keeps them: cells, conditional formats, validations, names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from cellwright.reference import Cell
from cellwright.workbook.model import Content, Sheet, Snapshot

Rewrite = Callable[[str, str, Cell | None], str]
"""(formula text, the sheet it stands on, its cell) -> its new text.

The sheet is the empty text for a name of the workbook; the cell is None for all that is no cell's formula.
"""


def rewrite_formulas(snapshot: Snapshot, rewrite: Rewrite) -> Snapshot:
    """Every formula rewritten. Cached values stay, except where references were lost to `#REF!`.

    The revision stays; sheets in which nothing changes stay the same objects.
    """
    sheets = tuple(_rewritten_sheet(sheet, rewrite) for sheet in snapshot.sheets)
    names = tuple(
        replace(name, formula=text)
        if (text := rewrite(name.formula, name.scope or "", None)) != name.formula
        else name
        for name in snapshot.names
    )
    return replace(snapshot, sheets=sheets, names=names)


def _rewritten_sheet(sheet: Sheet, rewrite: Rewrite) -> Sheet:
    updates: dict[Cell, Content | None] = {}
    for cell, text in sheet.cells.formulas():
        new = rewrite(text, sheet.name, cell)
        if new == text:
            continue
        content = replace(sheet.content(cell), formula=new)
        has_lost = new.count("#REF!") > text.count("#REF!")
        updates[cell] = replace(content, value=None) if has_lost else content
    rules = tuple(
        replace(rule, formulas=tuple(rewrite(text, sheet.name, None) for text in rule.formulas))
        for rule in sheet.conditional_formats
    )
    validations = tuple(
        replace(rule, formulas=tuple(rewrite(text, sheet.name, None) for text in rule.formulas))
        for rule in sheet.validations
    )
    if rules != sheet.conditional_formats or validations != sheet.validations:
        sheet = replace(sheet, conditional_formats=rules, validations=validations)
    return sheet.with_cells(updates) if updates else sheet
