"""Edits that several intents write: a column of formulas with its header, a new sheet, labels."""

from __future__ import annotations

import re
from collections.abc import Sequence

from cellwright.ask.arithmetic import RowFormula
from cellwright.ask.frames import Frame
from cellwright.ask.model import Draft
from cellwright.ask.row_formulas import filled
from cellwright.ask.scene import Scene
from cellwright.ask.targets import Target
from cellwright.edits.model import (
    AddSheet,
    CopyRange,
    Edit,
    InsertColumns,
    SetFormulas,
    SetNumberFormat,
    SetValues,
)
from cellwright.formula import shift_fill
from cellwright.reference import Cell, Range, column_letters
from cellwright.workbook.model import Style, Value
from cellwright.workbook.number_formats import is_date_format


def new_sheet(scene: Scene, target: Target) -> tuple[str, list[Edit]]:
    """(the sheet of a target, the edit that adds it where it is new): before the sheet in focus.

    As Excel does.
    """
    if target.sheet is not None:
        return target.sheet, []
    if target.is_new_sheet:
        name = scene.free_sheet_name(target.sheet_name)
        return name, [AddSheet(name, scene.snapshot.sheet_names.index(scene.sheet))]
    return scene.sheet, []


def values(sheet: str, first: Cell, rows: Sequence[Sequence[Value]]) -> SetValues:
    """Constants from a cell on."""
    area = Range.of(first, len(rows), len(rows[0]))
    return SetValues(sheet, area, tuple(tuple(row) for row in rows))


def destroys(scene: Scene, sheet: str, area: Range) -> str:
    """What writing over an area would lose, in words; empty where it is blank."""
    if not scene.snapshot.has_sheet(sheet):
        return ""
    count = scene.filled(sheet, area)
    return f"{count} filled cell{'s' if count > 1 else ''} in {area.a1} of {sheet}" if count else ""


def column_draft(
    scene: Scene, frame: Frame, formula: RowFormula, target: Target, header: str, title: str
) -> Draft:
    """A column of formulas beside a frame, or in the column that the target names."""
    edits: list[Edit] = []
    place, text = target.column, formula
    known = frame.named(header) if header else None
    if place is None and known is not None and not target.is_new_column:
        place = known.column
    if place is None and target.beside is not None:
        place = target.beside[0] + target.beside[1]
        if scene.filled(frame.sheet, Range(frame.area.top, place, frame.last, place)):
            edits.append(InsertColumns(frame.sheet, place))
            text = RowFormula(
                _after_insertion(formula.text, frame.sheet, place), formula.starts, formula.number_format
            )
    elif place is None:
        place = scene.free_column(frame)
    lost = "" if edits else destroys(scene, frame.sheet, Range(frame.first, place, frame.last, place))
    area, formulas = filled(text, frame, place)
    if header and frame.has_header:
        head = Cell(frame.top, place)
        held = scene.snapshot.sheet(frame.sheet)
        if edits or held.value(head) != header:
            edits.append(values(frame.sheet, head, [[header]]))
            beside = Cell(frame.top, place - 1 if place else place + 1)
            style = held.content(beside).style
            if style != Style() and held.content(head).style == Style():
                edits.append(CopyRange(frame.sheet, Range.of(head), frame.sheet, Range.of(beside), "formats"))
    edits.append(SetFormulas(frame.sheet, area, formulas))
    code = formula.number_format or _format_of_terms(text, frame, place, scene)
    if code:
        edits.append(SetNumberFormat(frame.sheet, Range(frame.first, place, frame.last, place), code))
    cited = tuple(frame.place(frame.body(column)) for column in formula.reads)
    return Draft(
        f"{title} in column {column_letters(place)}: {text.text}", tuple(edits), "column", cited, lost
    )


_TERMS = re.compile(r"=[\s$A-Z0-9:+\-()]+|=SUM\([$A-Z0-9:,]+\)")


def _format_of_terms(formula: RowFormula, frame: Frame, place: int, scene: Scene) -> str | None:
    """The number format that all terms of a sum have, which Excel too gives a cell without one."""
    held = scene.snapshot.sheet(frame.sheet)
    if not formula.reads or not _TERMS.fullmatch(formula.text):
        return None
    if held.content(Cell(frame.first, place)).style.number_format not in ("", "General"):
        return None
    codes = {held.content(Cell(frame.first, one.column)).style.number_format for one in formula.reads}
    code = codes.pop() if len(codes) == 1 else ""
    return None if code in ("", "General", "@") or "%" in code or is_date_format(code) else code


def _after_insertion(text: str, sheet: str, place: int) -> str:
    from cellwright.formula import Axis, StructureChange, shift_structure

    return shift_structure(text, sheet, StructureChange(sheet, Axis.COLUMNS, place, 1))


def down(sheet: str, first: Cell, formula: str, count: int) -> SetFormulas:
    """A formula filled down `count` cells."""
    area = Range.of(first, count, 1)
    return SetFormulas(sheet, area, tuple((shift_fill(formula, first, cell),) for cell in area.cells()))
