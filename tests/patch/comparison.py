"""Two snapshots compared up to what no file says: formats that a cell leaves to its workbook, row or column.

The model's default format is Calibri 11; a workbook's own default (format 0) may be another. A blank cell
that gets one facet of a format by an edit has the model's other facets in the snapshot, the workbook's in
the file.
"""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TypeVar

from cellwright.errors import FormulaSyntaxError
from cellwright.formula.fileform import add_file_prefixes
from cellwright.patch.archive import Archive
from cellwright.patch.book_file import BookFile
from cellwright.patch.parts import Parts
from cellwright.reference import Cell
from cellwright.workbook.model import DEFAULT_STYLE, Content, Snapshot, Style

_T = TypeVar("_T")


def default_style(data: bytes) -> Style:
    """The format of cells without one in a workbook file."""
    parts = Parts(Archive.parse(data, "book"), "book")
    return BookFile(parts).styles.cells[0]


def differences(wanted: Snapshot, got: Snapshot, own: Style, limit: int = 5) -> list[str]:
    """What differs, in words; empty where the two are the same."""
    found: list[str] = []
    for field in fields(wanted):
        if not field.compare or field.name == "sheets":
            continue
        mine, theirs = getattr(wanted, field.name), getattr(got, field.name)
        if field.name == "names":
            mine, theirs = (
                tuple(n for n in names if n.name != "_xlnm._FilterDatabase") for names in (mine, theirs)
            )
        if mine != theirs:
            found.append(f"{field.name}: {mine} != {theirs}")
    if wanted.sheet_names != got.sheet_names:
        return [*found, f"sheets: {wanted.sheet_names} != {got.sheet_names}"]
    for mine_sheet, their_sheet in zip(wanted.sheets, got.sheets, strict=True):
        for field in fields(mine_sheet):
            if not field.compare:
                continue
            mine, theirs = getattr(mine_sheet, field.name), getattr(their_sheet, field.name)
            if field.name == "cells":
                cells = _canonical(dict(mine.items()), own), _canonical(dict(theirs.items()), own)
                for cell in sorted(cells[0].keys() | cells[1].keys()):
                    if not _is_same(cells[0].get(cell), cells[1].get(cell)):
                        place = f"{mine_sheet.name}!{cell.a1}"
                        found.append(f"{place}: {cells[0].get(cell)} != {cells[1].get(cell)}")
            elif field.name in ("conditional_formats", "validations") and sorted(mine, key=str) == sorted(
                theirs, key=str
            ):
                continue  # a file keeps two lists, those of Excel 2010 apart, and priorities
            elif mine != theirs:
                found.append(f"{mine_sheet.name} {field.name}: {mine} != {theirs}")
    return found[:limit]


def _is_same(mine: Content | None, theirs: Content | None) -> bool:
    """Equal, but for the format that a new cell takes from its row or column, and the mark of spilling."""
    mine, theirs = mine or Content(), theirs or Content()
    if not mine.style.xf:
        theirs = replace(theirs, style=_where_set(mine.style, theirs.style))
    if theirs.array is not None and theirs.array.is_dynamic and mine.array is None:
        theirs = replace(theirs, array=None)
    if mine.formula != theirs.formula and mine.formula is not None and theirs.formula is not None:
        mine = replace(mine, formula=_in_file(mine.formula))
        theirs = replace(theirs, formula=_in_file(theirs.formula))
    return mine == theirs


def _in_file(formula: str) -> str:
    """A formula as files write it, `[@x]` and `[[#This Row],[x]]` alike."""
    try:
        return add_file_prefixes(formula)
    except FormulaSyntaxError:
        return formula


def _where_set(mine: Style, theirs: Style) -> Style:
    """`theirs` in the facets that `mine` sets; in the others, which a row or column may give, `mine`."""
    return replace(
        mine,
        number_format=theirs.number_format if mine.number_format != "General" else mine.number_format,
        fill=theirs.fill if mine.fill != DEFAULT_STYLE.fill else mine.fill,
        font=_set_facets(mine.font, theirs.font, DEFAULT_STYLE.font),
        borders=_set_facets(mine.borders, theirs.borders, DEFAULT_STYLE.borders),
        alignment=_set_facets(mine.alignment, theirs.alignment, DEFAULT_STYLE.alignment),
    )


def _set_facets(mine: _T, theirs: _T, default: _T) -> _T:
    changes = {
        field.name: getattr(theirs, field.name)
        for field in fields(mine)  # type: ignore[arg-type]
        if getattr(mine, field.name) != getattr(default, field.name)
    }
    return replace(mine, **changes)  # type: ignore[type-var]


def _canonical(cells: dict[Cell, Content], own: Style) -> dict[Cell, Content]:
    known: dict[Style, Style] = {}
    result = {}
    for cell, content in cells.items():
        style = known.get(content.style)
        if style is None:
            style = known[content.style] = _plain(content.style, own)
        content = replace(content, style=style)
        if content != Content():
            result[cell] = content
    return result


def _plain(style: Style, own: Style) -> Style:
    """A format with every facet that is the workbook's default replaced by the model's default."""
    return replace(
        style,
        number_format=_facet(style.number_format, own.number_format, DEFAULT_STYLE.number_format),
        fill=_facet(style.fill, own.fill, DEFAULT_STYLE.fill),
        font=_facets(style.font, own.font, DEFAULT_STYLE.font),
        borders=_facets(style.borders, own.borders, DEFAULT_STYLE.borders),
        alignment=_facets(style.alignment, own.alignment, DEFAULT_STYLE.alignment),
    )


def _facet(value: _T, own: _T, default: _T) -> _T:
    return default if value == own else value


def _facets(value: _T, own: _T, default: _T) -> _T:
    changes = {
        field.name: getattr(default, field.name)
        for field in fields(value)  # type: ignore[arg-type]
        if getattr(value, field.name) == getattr(own, field.name)
    }
    return replace(value, **changes)  # type: ignore[type-var]
