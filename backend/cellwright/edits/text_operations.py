"""The operations of the text form that have words of their own: contents, formats, merges, copies."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Literal, cast

from cellwright.edits import model
from cellwright.edits.journal import Json, one_line_json
from cellwright.edits.model import BorderSide, Edit
from cellwright.edits.text_values import (
    border_from_line,
    border_to_line,
    color_from_line,
    flag_from_line,
    number_from_line,
    number_to_line,
    text_from_line,
    text_to_line,
    underline_from_line,
    value_from_json,
    value_from_line,
    value_to_json,
    value_to_line,
    word_from_line,
)
from cellwright.errors import EditSyntaxError
from cellwright.formula import shift_fill
from cellwright.reference import Range, SheetRange
from cellwright.workbook.model import Value

Written = tuple[str, str, str | None]
What = Literal["all", "formulas", "values", "formats"]

_FONT: Mapping[str, tuple[str, Callable[[str], object]]] = {
    "FONT_BOLD": ("bold", flag_from_line),
    "FONT_ITALIC": ("italic", flag_from_line),
    "FONT_UNDERLINE": ("underline", underline_from_line),
    "FONT_SIZE": ("size", number_from_line),
    "FONT_COLOR": ("color", color_from_line),
    "FONT_NAME": ("name", text_from_line),
}
_ALIGNMENT: Mapping[str, tuple[str, Callable[[str], object]]] = {
    "ALIGN_HORIZONTAL": ("horizontal", word_from_line),
    "ALIGN_VERTICAL": ("vertical", word_from_line),
    "WRAP_TEXT": ("wrap", flag_from_line),
    "TEXT_ORIENTATION": ("orientation", lambda line: int(number_from_line(line))),
}
_SIDES: tuple[BorderSide, ...] = (
    "left",
    "right",
    "top",
    "bottom",
    "outside",
    "all",
    "inside_horizontal",
    "inside_vertical",
)
_COPIES = ("all", "formulas", "values", "formats")


def write(edit: Edit) -> Written | None:
    """(operation, target, value) of an edit; None for the kinds that are written with JSON fields."""
    match edit:
        case model.SetValues():
            return _write_values(edit)
        case model.SetFormulas():
            return _write_formulas(edit)
        case model.Fill():
            source = SheetRange(edit.sheet, edit.source).a1
            return "AUTOFILL", SheetRange(edit.sheet, edit.target).a1, source
        case model.CopyRange():
            source = SheetRange(edit.source_sheet, edit.source).a1
            return "PASTE_FROM", SheetRange(edit.sheet, edit.target).a1, f"{source} | {edit.what}"
        case model.SetNumberFormat():
            return "NUMBER_FORMAT", _place(edit), text_to_line(edit.format)
        case model.SetFont():
            return _write_facets(edit, _FONT, "FONT")
        case model.SetAlignment():
            return _write_facets(edit, _ALIGNMENT, "ALIGN")
        case model.SetFill():
            return "FILL_COLOR", _place(edit), edit.color or "none"
        case model.SetBorders():
            return f"BORDER_{edit.side.upper()}", _place(edit), border_to_line(edit.style, edit.color)
        case model.Merge():
            return "MERGE", _place(edit), None
        case model.Unmerge():
            return "UNMERGE", _place(edit), None
        case _:
            return None


def read(operation: str, place: str, value: str | None, default_sheet: str | None) -> tuple[Edit, ...] | None:
    """The edits of a line (more than one only for INPUT); None where the operation is written with JSON."""
    reader = _READERS.get(operation)
    if reader is None:
        return None
    target = SheetRange.parse(place, default_sheet)
    return reader(target.sheet, target.range, value or "")


def _place(
    edit: model.SetNumberFormat | model.SetFill | model.SetBorders | model.Merge | model.Unmerge,
) -> str:
    return SheetRange(edit.sheet, edit.range).a1


def _write_values(edit: model.SetValues) -> Written:
    place = SheetRange(edit.sheet, edit.range).a1
    if edit.range.is_cell and len(edit.values) == 1 and len(edit.values[0]) == 1:
        value = edit.values[0][0]
        if isinstance(value, str) and value.startswith("="):
            return "VALUE", place, one_line_json(value)
        return "VALUE", place, value_to_line(value)
    return "INPUT", place, one_line_json([[value_to_json(value) for value in row] for row in edit.values])


def _write_formulas(edit: model.SetFormulas) -> Written:
    place, first = SheetRange(edit.sheet, edit.range).a1, edit.formulas[0][0] if edit.formulas else None
    for formula in (formula for row in edit.formulas for formula in row):
        if formula is not None and not formula.startswith("="):
            raise EditSyntaxError(f"expected a formula with a leading =, got {formula[:40]!r}")
    operation = "ARRAY_FORMULA" if edit.array else "FORMULA"
    if first is not None and edit.formulas == (((first,),) if edit.array else filled(first, edit.range)):
        return operation, place, text_to_line(first)
    return operation, place, one_line_json([list(row) for row in edit.formulas])


def filled(formula: str, area: Range) -> tuple[tuple[str, ...], ...]:
    """One formula for a whole range, written for its first cell: relative references move with the cell."""
    return tuple(
        tuple(
            shift_fill(formula, area.first, area.first._replace(row=row, column=column))
            for column in range(area.left, area.right + 1)
        )
        for row in range(area.top, area.bottom + 1)
    )


def _write_facets(
    edit: model.SetFont | model.SetAlignment,
    operations: Mapping[str, tuple[str, Callable[[str], object]]],
    together: str,
) -> Written:
    place = SheetRange(edit.sheet, edit.range).a1
    given = [
        (operation, facet, getattr(edit, facet))
        for operation, (facet, _) in operations.items()
        if getattr(edit, facet) is not None
    ]
    if len(given) != 1:
        return together, place, one_line_json({facet: value for _, facet, value in given})
    operation, _, value = given[0]
    if isinstance(value, bool):
        return operation, place, "true" if value else "false"
    return operation, place, number_to_line(value) if isinstance(value, int | float) else text_to_line(value)


_Reader = Callable[[str, Range, str], tuple[Edit, ...]]


def _read_value(sheet: str, area: Range, line: str) -> tuple[Edit, ...]:
    if line.startswith("="):
        return _read_formula(sheet, area, line)
    value = value_from_line(line)
    return (model.SetValues(sheet, area, ((value,) * area.width,) * area.height),)


def _read_formula(sheet: str, area: Range, line: str) -> tuple[Edit, ...]:
    if line.startswith("["):
        rows = _matrix(line, area)
        if any(not isinstance(item, str | None) for row in rows for item in row):
            raise EditSyntaxError(f"expected formulas or null, got {line[:60]!r}")
        formulas = tuple(tuple(None if item is None else _formula(str(item)) for item in row) for row in rows)
        return (model.SetFormulas(sheet, area, formulas),)
    return (model.SetFormulas(sheet, area, filled(_formula(text_from_line(line)), area)),)


def _read_array(sheet: str, area: Range, line: str) -> tuple[Edit, ...]:
    if line.startswith("["):
        rows = _matrix(line, area)
        formulas = tuple(tuple(None if item is None else _formula(str(item)) for item in row) for row in rows)
        return (model.SetFormulas(sheet, area, formulas, array=True),)
    return (model.SetFormulas(sheet, area, ((_formula(text_from_line(line)),),), array=True),)


def _formula(text: str) -> str:
    if not text or text == "=":
        raise EditSyntaxError("expected a formula, got nothing")
    return text if text.startswith("=") else f"={text}"


def _read_input(sheet: str, area: Range, line: str) -> tuple[Edit, ...]:
    if not line.startswith("["):
        return _read_value(sheet, area, line)
    rows = _matrix(line, area)
    formulas = tuple(
        tuple(item if isinstance(item, str) and item.startswith("=") else None for item in row)
        for row in rows
    )
    values: tuple[tuple[Value, ...], ...] = tuple(
        tuple(
            None if formula else value_from_json(item) for item, formula in zip(row, formula_row, strict=True)
        )
        for row, formula_row in zip(rows, formulas, strict=True)
    )
    edits: list[Edit] = []
    if not all(formula for row in formulas for formula in row):
        edits.append(model.SetValues(sheet, area, values))
    if any(formula for row in formulas for formula in row):
        edits.append(model.SetFormulas(sheet, area, formulas))
    return tuple(edits)


def _matrix(line: str, area: Range) -> list[list[Json]]:
    """Rows of a JSON matrix of the range's shape; a flat list does for one row or one column."""
    try:
        rows = json.loads(line)
    except ValueError as error:
        raise EditSyntaxError(f"expected rows as JSON, got {line[:60]!r} ({error})") from None
    if rows and not any(isinstance(row, list) for row in rows):
        rows = [rows] if area.height == 1 else [[item] for item in rows]
    if len(rows) != area.height or any(not isinstance(row, list) or len(row) != area.width for row in rows):
        raise EditSyntaxError(f"expected {area.height} x {area.width} values for {area}, got {line[:60]!r}")
    return cast("list[list[Json]]", rows)


def _read_fill(sheet: str, area: Range, line: str) -> tuple[Edit, ...]:
    source = SheetRange.parse(line, sheet)
    if source.sheet.casefold() != sheet.casefold():
        raise EditSyntaxError(f"expected a fill from the sheet {sheet!r} itself, got {line[:60]!r}")
    return (model.Fill(sheet, source.range, area),)


def _read_copy(sheet: str, area: Range, line: str) -> tuple[Edit, ...]:
    place, mark, word = line.rpartition("|")
    what = word.strip().casefold()
    if not mark or what not in _COPIES:
        if mark and "'" not in word:
            raise EditSyntaxError(f"expected one of {', '.join(_COPIES)} to paste, got {word.strip()[:40]!r}")
        place, what = line, "all"
    source = SheetRange.parse(place, sheet)
    return (model.CopyRange(sheet, area, source.sheet, source.range, cast("What", what)),)


def _read_facets(
    kind: type[model.SetFont] | type[model.SetAlignment],
    operations: Mapping[str, tuple[str, Callable[[str], object]]],
) -> _Reader:
    readers = dict(operations.values())

    def read_facets(sheet: str, area: Range, line: str) -> tuple[Edit, ...]:
        try:
            record = json.loads(line)
        except ValueError as error:
            raise EditSyntaxError(f"expected JSON fields, got {line[:60]!r} ({error})") from None
        if not isinstance(record, dict) or not record.keys() <= readers.keys():
            raise EditSyntaxError(f"expected fields of {', '.join(readers)}; got {line[:60]!r}")
        facets = {
            name: readers[name](item if isinstance(item, str) else json.dumps(item))
            for name, item in record.items()
        }
        return (kind(sheet, area, **facets),)  # type: ignore[arg-type]

    return read_facets


def _read_facet(
    kind: type[model.SetFont] | type[model.SetAlignment], facet: str, reader: Callable[[str], object]
) -> _Reader:
    def read_facet(sheet: str, area: Range, line: str) -> tuple[Edit, ...]:
        value = reader(line)
        if value is None:
            raise EditSyntaxError(f"expected a value for {facet}, got {line[:40]!r}")
        return (kind(sheet, area, **{facet: value}),)  # type: ignore[arg-type]

    return read_facet


def _read_border(side: BorderSide) -> _Reader:
    def read_border(sheet: str, area: Range, line: str) -> tuple[Edit, ...]:
        return (model.SetBorders(sheet, area, side, *border_from_line(line)),)

    return read_border


def _read_merge(kind: type[model.Merge] | type[model.Unmerge]) -> _Reader:
    def read_merge(sheet: str, area: Range, line: str) -> tuple[Edit, ...]:
        if line and not flag_from_line(line):
            raise EditSyntaxError(f"expected no value or true for a merge, got {line[:40]!r}")
        return (kind(sheet, area),)

    return read_merge


_READERS: Mapping[str, _Reader] = {
    "VALUE": _read_value,
    "FORMULA": _read_formula,
    "ARRAY_FORMULA": _read_array,
    "INPUT": _read_input,
    "AUTOFILL": _read_fill,
    "PASTE_FROM": _read_copy,
    "NUMBER_FORMAT": lambda sheet, area, line: (model.SetNumberFormat(sheet, area, text_from_line(line)),),
    "FILL_COLOR": lambda sheet, area, line: (model.SetFill(sheet, area, color_from_line(line)),),
    "FONT": _read_facets(model.SetFont, _FONT),
    "ALIGN": _read_facets(model.SetAlignment, _ALIGNMENT),
    **{name: _read_facet(model.SetFont, *facet) for name, facet in _FONT.items()},
    **{name: _read_facet(model.SetAlignment, *facet) for name, facet in _ALIGNMENT.items()},
    **{f"BORDER_{side.upper()}": _read_border(side) for side in _SIDES},
    "MERGE": _read_merge(model.Merge),
    "UNMERGE": _read_merge(model.Unmerge),
}
