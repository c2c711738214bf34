"""Edits on the wire: one model for each member of the Edit union, discriminated on `type`.

The models are derived from the dataclasses of `cellwright.edits.model`, so they can't drift: `SetFormulas`
travels as `{"type": "set_formulas", "sheet": "Plan", "range": "C2:C3", "formulas": [["=A2*2"], ["=A3*2"]],
"array": false}`. Cells and ranges are A1 text. Every field is present. `restore` is the exception: only the
server sends it, as a part of an undo plan, and it has a model of its own.
"""

from __future__ import annotations

import re
import types
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union, cast, get_args, get_origin, get_type_hints

from pydantic import BaseModel, Field, create_model

from cellwright.edits import model
from cellwright.edits.journal import KINDS, edit_from_record, edit_to_record
from cellwright.edits.model import Edit
from cellwright.errors import EditSyntaxError
from cellwright.protocol.base import A1, CellText, SheetName, Wire, WireValue
from cellwright.reference import Cell, Range
from cellwright.workbook.model import Value

_CAPITAL = re.compile(r"(?<!^)(?=[A-Z])")
MAX_EDIT_CELLS = 200_000


def wire_type(kind: str) -> str:
    """`SetFormulas` -> `set_formulas`."""
    return _CAPITAL.sub("_", kind).lower()


class RestoredCell(Wire):
    """A cell as it was before: null formula and null value is a blank cell. `style` counts into `styles`."""

    cell: A1
    formula: str | None
    value: WireValue
    style: int | None
    array: A1 | None
    """The area of the array formula whose master this cell was."""


class Restore(Wire):
    """Put cells back as they were, formats included. Only in plans that the server sends.

    `facts` are the sheet's other facts that have to be put back, by name (`merges`, `column_widths`, ...)
    with values as in the undo journal; `removes_sheet`: delete the sheet.
    """

    type: Literal["restore"] = "restore"
    sheet: SheetName | None
    cells: list[RestoredCell]
    styles: list[dict[str, Any]]
    """As in the undo journal: facets that differ from the default style."""
    facts: dict[str, Any]
    removes_sheet: bool


_MODELS: dict[type, type[BaseModel]] = {}


def _wire_model(kind: type) -> type[BaseModel]:
    """The wire model of a dataclass of edits or of what they hold; an edit gets its `type` first."""
    if kind in _MODELS:
        return _MODELS[kind]
    hints = get_type_hints(kind)
    wired: dict[str, Any] = {}
    if kind.__name__ in KINDS:
        name = wire_type(kind.__name__)
        wired["type"] = (Literal[name], name)
    for field in fields(kind):
        annotation = _wire_hint(hints[field.name], field.name)
        name = _wire_name(kind, field.name)
        if field.default is MISSING:
            wired[name] = (annotation, ...)
        else:
            default = list(field.default) if isinstance(field.default, tuple) else field.default
            wired[name] = (annotation, default)
    made = create_model(kind.__name__, __base__=Wire, __doc__=kind.__doc__, **wired)
    _MODELS[kind] = made
    return made


def _wire_name(kind: type, field: str) -> str:
    """A chart has a type of its own, which would hide the edit's."""
    return "chart_type" if kind is model.AddChart and field == "type" else field


def _wire_hint(hint: Any, name: str) -> Any:
    if hint in (Cell, Range):
        return A1
    if hint == Value:
        return WireValue
    if hint is str:
        return SheetName if name in {"sheet", "source_sheet"} else CellText
    if is_dataclass(hint):
        return _wire_model(cast(type, hint))
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is tuple:
        if arguments[-1] is ...:
            return list[_wire_hint(arguments[0], name)]  # type: ignore[misc]
        return tuple[tuple(_wire_hint(argument, name) for argument in arguments)]  # type: ignore[misc]
    if origin in (Union, types.UnionType):
        if Value in (hint, Union[arguments]):  # noqa: UP007  a union made at run time
            return WireValue
        return Union[tuple(_wire_hint(argument, name) for argument in arguments)]  # noqa: UP007
    return hint


_PROPOSED: tuple[type, ...] = tuple(kind for kind in get_args(Edit) if kind is not model.Restore)
EDIT_MODELS: Mapping[str, type[BaseModel]] = {
    wire_type(kind.__name__): _wire_model(kind) for kind in _PROPOSED
}
_KIND_OF = {wire_type(kind): kind for kind in KINDS}

if TYPE_CHECKING:
    WireEdit = BaseModel
    PlannedEdit = BaseModel
else:
    _ANY_EDIT = reduce(or_, EDIT_MODELS.values())
    WireEdit = Annotated[_ANY_EDIT, Field(discriminator="type")]
    PlannedEdit = Annotated[_ANY_EDIT | Restore, Field(discriminator="type")]


def edit_to_wire(edit: Edit) -> Any:
    """The wire model of an edit."""
    record: dict[str, Any] = dict(edit_to_record(edit))
    kind = record.pop("edit")
    if isinstance(edit, model.Restore):
        return _restore(edit, record)
    named = {_wire_name(type(edit), field): value for field, value in record.items()}
    return EDIT_MODELS[wire_type(kind)].model_validate({**named, "type": wire_type(kind)})


def edit_from_wire(wired: BaseModel) -> Edit:
    """Inverse of `edit_to_wire` for every kind but Restore; raises EditSyntaxError."""
    record = wired.model_dump(mode="json")
    kind = _KIND_OF.get(str(record.pop("type", "")))
    if kind is None or kind == "Restore":
        raise EditSyntaxError("expected an edit that a pane may send, got restore")
    if kind == "AddChart":
        record["type"] = record.pop("chart_type")
    return edit_from_record({"edit": kind, **record})


def _restore(edit: model.Restore, record: dict[str, Any]) -> Restore:
    styles = record.get("styles", [])
    image = record.get("sheet_image") or {}
    facts = {name: image.get(name) for name in edit.facts}
    for name in ("tables", "names"):
        if name in record:
            facts[name] = record[name]
    if edit.snapshot is not None:
        facts["snapshot"] = True
    cells = []
    for address, content in record.get("cells", []):
        content = content or {}
        array = content.get("array")
        cells.append(
            RestoredCell(
                cell=address,
                formula=content.get("formula"),
                value=content.get("value"),
                style=content.get("style"),
                array=array["range"] if array else None,
            )
        )
    return Restore(
        sheet=edit.sheet, cells=cells, styles=styles, facts=facts, removes_sheet=edit.removes_sheet
    )
