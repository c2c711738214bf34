"""An edit in plain words, as a person would say it: `Bold Sheet1!A1:D1`, `Delete rows 4 to 6 of Sheet1`."""

from __future__ import annotations

from collections.abc import Sequence

from cellwright.edits import model as m
from cellwright.edits.display import general_text
from cellwright.edits.model import Edit
from cellwright.reference import Cell, Range, SheetRange, column_letters

_MOST_CHARACTERS = 80
_MOST_TOLD = 3
_PASTED = {
    "all": "",
    "formulas": " (formulas only)",
    "values": " (values only)",
    "formats": " (formats only)",
}
_UNDERLINES = {"double": "Double underline", "singleAccounting": "Accounting underline"}
_SIDES = {
    "outside": "around",
    "all": "on every side of the cells of",
    "inside_horizontal": "between the rows of",
    "inside_vertical": "between the columns of",
}


def words_of(edit: Edit) -> str:
    """One short sentence without a full stop. Sheets are always named."""
    match edit:
        case m.SetFormulas():
            return _formulas(edit)
        case m.SetValues():
            return _values(edit)
        case m.Fill():
            return f"Fill {_at(edit.sheet, edit.target)} from {edit.source.a1}"
        case m.CopyRange():
            source = _at(edit.source_sheet, edit.source)
            return f"Copy {source} to {_at(edit.sheet, edit.target)}{_PASTED[edit.what]}"
        case m.SetNumberFormat():
            return f"Show {_at(edit.sheet, edit.range)} as {_cut(edit.format)}"
        case m.SetFont():
            return f"{_joined(_font(edit))} {_at(edit.sheet, edit.range)}"
        case m.SetFill():
            place = _at(edit.sheet, edit.range)
            return f"Take the fill off {place}" if edit.color is None else f"Fill {place} with {edit.color}"
        case m.SetAlignment():
            return f"{_joined(_alignment(edit))} {_at(edit.sheet, edit.range)}"
        case m.SetBorders():
            side = _SIDES.get(edit.side, f"on the {edit.side} of")
            line = "No border" if edit.style in (None, "none") else f"{_spaced(str(edit.style))} border"
            return f"{line.capitalize()} {side} {_at(edit.sheet, edit.range)}"
        case m.Merge():
            return f"Merge {_at(edit.sheet, edit.range)}"
        case m.Unmerge():
            return f"Unmerge {_at(edit.sheet, edit.range)}"
        case m.InsertRows() | m.InsertColumns() | m.DeleteRows() | m.DeleteColumns():
            return _structure(edit)
        case m.SetColumnWidth():
            width = "the standard width" if edit.width is None else f"{edit.width:g} characters wide"
            return f"Make {_columns(edit.left, edit.right)} of {edit.sheet} {width}"
        case m.Sort() | m.Filter() | m.AddTable():
            return _rows(edit)
        case m.AddConditionalFormat():
            return f"Format {_areas(edit.sheet, edit.rule.ranges)} where a rule holds"
        case m.AddDataValidation():
            return f"Check what is typed into {_areas(edit.sheet, edit.validation.ranges)}"
        case m.AddChart():
            source = _at(edit.source_sheet or edit.sheet, edit.source)
            return f"{edit.type.capitalize()} chart of {source} at {_at(edit.sheet, Range.of(edit.anchor))}"
        case m.AddPivot():
            source = _at(edit.source_sheet, edit.source)
            by = ", ".join((*edit.rows, *edit.columns))
            return f"Pivot table of {source} by {_cut(by)} at {_at(edit.sheet, Range.of(edit.anchor))}"
        case m.DefineName():
            return f"Name {edit.formula.removeprefix('=')} {edit.name}"
        case m.AddSheet():
            return f"Add the sheet {edit.name}"
        case m.RenameSheet():
            return f"Rename the sheet {edit.sheet} to {edit.name}"
        case m.FreezePanes():
            return _frozen(edit.sheet, edit.cell)
        case m.Restore():
            return f"Put back what was on {edit.sheet or 'all sheets'}"


def words_of_all(edits: Sequence[Edit]) -> str:
    """The first of them in words, and how many more there are."""
    told = list(dict.fromkeys(words_of(edit) for edit in edits))
    more = f" (+{len(told) - _MOST_TOLD})" if len(told) > _MOST_TOLD else ""
    return "; ".join(told[:_MOST_TOLD]) + more


def _formulas(edit: m.SetFormulas) -> str:
    first = next((text for row in edit.formulas for text in row if text is not None), "")
    more = ", filled on" if edit.range.size > 1 and not edit.array else ""
    return f"Write {_cut(first)} into {_at(edit.sheet, edit.range)}{more}"


def _values(edit: m.SetValues) -> str:
    place = _at(edit.sheet, edit.range)
    told = {value for row in edit.values for value in row}
    if told == {None}:
        return f"Clear {place}"
    if len(told) == 1:
        return f"Write {_cut(general_text(next(iter(told))))} into {place}"
    return f"Write {edit.range.height} × {edit.range.width} values into {place}"


def _font(edit: m.SetFont) -> list[str]:
    told: list[str] = []
    if edit.bold is not None:
        told.append("bold" if edit.bold else "not bold")
    if edit.italic is not None:
        told.append("italic" if edit.italic else "not italic")
    if edit.underline is not None:
        told.append(
            "no underline" if edit.underline == "none" else _UNDERLINES.get(edit.underline, "underline")
        )
    if edit.size is not None:
        told.append(f"{edit.size:g} points")
    if edit.color is not None:
        told.append(f"colour {edit.color}")
    if edit.name is not None:
        told.append(f"font {edit.name}")
    return told


def _alignment(edit: m.SetAlignment) -> list[str]:
    told: list[str] = []
    if edit.horizontal is not None:
        told.append(f"align {_spaced(edit.horizontal)}")
    if edit.vertical is not None:
        told.append(f"align {_spaced(edit.vertical)} (up and down)")
    if edit.wrap is not None:
        told.append("wrap the text in" if edit.wrap else "do not wrap the text in")
    if edit.orientation is not None:
        told.append(f"turn the text by {edit.orientation}° in")
    return told


def _structure(edit: m.InsertRows | m.InsertColumns | m.DeleteRows | m.DeleteColumns) -> str:
    is_rows = isinstance(edit, m.InsertRows | m.DeleteRows)
    last = edit.at + edit.count - 1
    if isinstance(edit, m.DeleteRows | m.DeleteColumns):
        place = _numbered(edit.at, last) if is_rows else _columns(edit.at, last)
        return f"Delete {place} of {edit.sheet}"
    kind = "row" if is_rows else "column"
    before = str(edit.at + 1) if is_rows else column_letters(edit.at)
    count = f"a {kind}" if edit.count == 1 else f"{edit.count} {kind}s"
    return f"Insert {count} before {kind} {before} of {edit.sheet}"


def _rows(edit: m.Sort | m.Filter | m.AddTable) -> str:
    place = _at(edit.sheet, edit.range)
    if isinstance(edit, m.AddTable):
        return f"Make {place} the table {edit.name}"
    if isinstance(edit, m.Sort):
        keys = [f"{column_letters(key.column)}{' descending' if key.descending else ''}" for key in edit.keys]
        return f"Sort {place} by {', then '.join(keys)}"
    if edit.column is None:
        return f"Put filter buttons on {place}"
    wanted = _cut(" or ".join(edit.values))
    return f"Show only the rows of {place} whose {column_letters(edit.column)} is {wanted}"


def _frozen(sheet: str, cell: Cell | None) -> str:
    if cell is None:
        return f"Unfreeze the panes of {sheet}"
    told = []
    if cell.row:
        told.append(_numbered(0, cell.row - 1))
    if cell.column:
        told.append(_columns(0, cell.column - 1))
    return f"Keep {' and '.join(told) or 'nothing'} of {sheet} in view"


def _numbered(first: int, last: int) -> str:
    return f"row {first + 1}" if first == last else f"rows {first + 1} to {last + 1}"


def _columns(first: int, last: int) -> str:
    if first == last:
        return f"column {column_letters(first)}"
    return f"columns {column_letters(first)} to {column_letters(last)}"


def _at(sheet: str, area: Range) -> str:
    return SheetRange(sheet, area).a1


def _areas(sheet: str, ranges: tuple[Range, ...]) -> str:
    return ", ".join(_at(sheet, area) for area in ranges)


def _joined(told: list[str]) -> str:
    text = ", ".join(told) or "change"
    return text[0].upper() + text[1:]


def _spaced(word: str) -> str:
    return "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in word)


def _cut(text: str) -> str:
    return text if len(text) <= _MOST_CHARACTERS else f"{text[: _MOST_CHARACTERS - 1]}…"
