"""The middle part of the one-line text form for the kinds written with JSON fields: the place they act on."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from cellwright.edits import model
from cellwright.edits.journal import Json
from cellwright.edits.model import Edit
from cellwright.errors import EditSyntaxError
from cellwright.reference import (
    MAX_COLUMNS,
    MAX_ROWS,
    Range,
    SheetRange,
    column_index,
    column_letters,
    quote_sheet,
    split_sheet,
)

Record = dict[str, Json]
ColumnForm = Callable[[Json], Json]
_EVERYTHING = "*"
_ROWS = (model.InsertRows, model.DeleteRows)
_COLUMNS = (model.InsertColumns, model.DeleteColumns)
_RULES: Mapping[type, str] = {model.AddConditionalFormat: "rule", model.AddDataValidation: "validation"}
_AREAS = (model.Sort, model.Filter, model.AddTable)
_ANCHORS = (model.AddChart, model.AddPivot)


def write_target(edit: Edit, record: Record) -> tuple[str, Record]:
    """(the target's text, the fields that it does not tell) of an edit and its journal record."""
    rest = {name: item for name, item in record.items() if name not in {"edit", "sheet"}}
    if isinstance(edit, model.DefineName):
        scope = rest.pop("scope", None)
        del rest["name"]
        return edit.name if scope is None else f"{quote_sheet(str(scope))}!{edit.name}", rest
    if isinstance(edit, model.AddSheet):
        del rest["name"]
        return quote_sheet(edit.name), rest
    sheet = edit.sheet
    if sheet is None:
        return _EVERYTHING, rest
    if isinstance(edit, model.RenameSheet | model.Restore):
        return quote_sheet(sheet), rest
    if isinstance(edit, model.FreezePanes):
        del rest["cell"]
        place = "" if edit.cell is None else f"!{edit.cell.a1}"
        return f"{quote_sheet(sheet)}{place}", rest
    if isinstance(edit, model.AddConditionalFormat | model.AddDataValidation):
        rest = _object(rest[_RULES[type(edit)]])
        ranges = rest.pop("ranges")
        assert isinstance(ranges, list)  # the journal writes a tuple so
        return f"{quote_sheet(sheet)}!{','.join(map(str, ranges))}", rest
    area, used = _area(edit)
    rest = {name: item for name, item in rest.items() if name not in used}
    return SheetRange(sheet, area).a1, _columns_as(rest, lambda column: column_letters(int(str(column))))


def read_target(kind: type, place: str, default_sheet: str | None, rest: Record) -> Record:
    """The fields of a journal record from a target's text and the other fields; inverse of `write_target`."""
    if kind is model.DefineName:
        scope, name = split_sheet(place)
        return {**rest, "name": name} if scope is None else {**rest, "name": name, "scope": scope}
    if kind is model.AddSheet:
        return {**rest, "name": _sheet_name(place)}
    if place == _EVERYTHING:
        return {**rest, "sheet": None}
    if kind in (model.RenameSheet, model.Restore):
        return {**rest, "sheet": _sheet_name(place)}
    if kind is model.FreezePanes:
        sheet, cell = split_sheet(place)
        return {
            **rest,
            "sheet": _sheet_name(place) if sheet is None else sheet,
            "cell": cell if sheet else None,
        }
    if kind in _RULES:
        sheet, areas = split_sheet(place)
        ranges: list[Json] = [area.strip() for area in areas.split(",")]
        return {"sheet": _known(sheet, default_sheet, place), _RULES[kind]: {**rest, "ranges": ranges}}
    target = SheetRange.parse(place, default_sheet)
    fields = _fields_of_area(kind, target.range)
    return {"sheet": target.sheet, **fields, **_columns_as(rest, lambda letters: column_index(str(letters)))}


def _area(edit: Edit) -> tuple[Range, frozenset[str]]:
    """The range that stands for an edit's place, and the fields that it tells."""
    match edit:
        case model.InsertRows() | model.DeleteRows():
            last = edit.at + edit.count - 1
            return Range(edit.at, 0, last, MAX_COLUMNS - 1), frozenset({"at", "count"})
        case model.InsertColumns() | model.DeleteColumns():
            last = edit.at + edit.count - 1
            return Range(0, edit.at, MAX_ROWS - 1, last), frozenset({"at", "count"})
        case model.SetColumnWidth():
            return Range(0, edit.left, MAX_ROWS - 1, edit.right), frozenset({"left", "right"})
        case model.Sort() | model.Filter() | model.AddTable():
            return edit.range, frozenset({"range"})
        case model.AddChart() | model.AddPivot():
            return Range.of(edit.anchor), frozenset({"anchor"})
    raise EditSyntaxError(f"expected an edit with a place, got {type(edit).__name__}")


def _fields_of_area(kind: type, area: Range) -> Record:
    if kind in _ROWS:
        return {"at": area.top, "count": area.height}
    if kind in _COLUMNS:
        return {"at": area.left, "count": area.width}
    if kind is model.SetColumnWidth:
        return {"left": area.left, "right": area.right}
    if kind in _AREAS:
        return {"range": area.a1}
    if kind in _ANCHORS:
        return {"anchor": area.first.a1}
    raise EditSyntaxError(f"expected an operation with JSON fields, got {kind.__name__}")


def _columns_as(record: Record, change: ColumnForm) -> Record:
    """Columns of sort keys and filters are letters in the text form, indices in the record."""
    record = dict(record)
    if record.get("column") is not None:
        record["column"] = change(record["column"])
    keys = record.get("keys")
    if isinstance(keys, list):
        record["keys"] = [{**_object(key), "column": change(_object(key).get("column"))} for key in keys]
    return record


def _object(item: Json) -> Record:
    if not isinstance(item, dict):
        raise EditSyntaxError(f"expected a JSON object, got {item!r:.40}")
    return dict(item)


def _sheet_name(text: str) -> str:
    return text[1:-1].replace("''", "'") if len(text) > 1 and text[0] == text[-1] == "'" else text


def _known(sheet: str | None, default_sheet: str | None, place: str) -> str:
    name = sheet if sheet is not None else default_sheet
    if name is None:
        raise EditSyntaxError(f"expected a range with its sheet such as Sheet1!B7:B9, got {place[:60]!r}")
    return name
