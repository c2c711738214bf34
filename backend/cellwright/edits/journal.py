"""Edits as JSON, both ways, for the undo journal: any edit, Restore with its contents and styles included.

A record is `{"edit": kind, field: value, ..., "styles": [...]}`. Fields that hold their default are left out;
cells and ranges are A1 text, errors `{"error": "#N/A"}`; styles stand once in `styles` and are referred to by
index. Reading is strict: unknown fields, missing fields and wrong types raise EditSyntaxError with the place.
The file that a whole Snapshot came from is not part of a record.
"""

from __future__ import annotations

import json
import math
import re
import types
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from functools import cache
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from cellwright.edits.model import Edit
from cellwright.errors import CellwrightError, EditError, EditSyntaxError
from cellwright.reference import Cell, Range
from cellwright.workbook.cells import CellStore
from cellwright.workbook.model import Content, ErrorValue, Snapshot, SourceFile, Style

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]

KINDS: Mapping[str, type] = {kind.__name__: kind for kind in get_args(Edit)}
_LINE_BREAKS = re.compile("[\x7f-\x9f\u2028\u2029]")


def one_line_json(value: Json) -> str:
    """Compact JSON without any character that some reader takes for a line break."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return _LINE_BREAKS.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def edit_to_json(edit: Edit) -> str:
    """The record of an edit as one line of JSON."""
    return one_line_json(edit_to_record(edit))


def edit_from_json(text: str) -> Edit:
    """Inverse of `edit_to_json`; raises EditSyntaxError."""
    try:
        record = json.loads(text)
    except ValueError as error:
        raise EditSyntaxError(f"expected a JSON record of an edit, got {text[:60]!r} ({error})") from None
    return edit_from_record(record)


def edit_to_record(edit: Edit) -> dict[str, Json]:
    """The record of an edit as JSON values."""
    writer = _Writer()
    record = {"edit": type(edit).__name__, **writer.fields(edit)}
    if writer.styles:
        record["styles"] = writer.styles
    return record


def edit_from_record(record: Json) -> Edit:
    """Inverse of `edit_to_record`; raises EditSyntaxError."""
    if not isinstance(record, dict):
        raise EditSyntaxError(f"expected a JSON object for an edit, got {_shown(record)}")
    kind = KINDS.get(str(record.get("edit")))
    if kind is None:
        raise EditSyntaxError(f"expected a kind of edit, got {_shown(record.get('edit'))}")
    reader = _Reader(record.get("styles", []))
    rest = {name: value for name, value in record.items() if name not in {"edit", "styles"}}
    edit: Edit = reader.dataclass(kind, rest, kind.__name__)
    return edit


class _Writer:
    """Turns values into JSON and collects the styles that they use."""

    def __init__(self) -> None:
        self.styles: list[Json] = []
        self._places: dict[tuple[Style, int | None], int] = {}

    def fields(self, value: Any) -> dict[str, Json]:
        record: dict[str, Json] = {}
        for field in fields(value):
            item = getattr(value, field.name)
            if isinstance(item, SourceFile) or _is_default(field, item):
                continue
            record[field.name] = self._style(item) if isinstance(item, Style) else self.json(item)
        return record

    def json(self, value: Any) -> Json:
        match value:
            case None | bool() | int() | str() if not isinstance(value, Enum):
                return value
            case float():
                if not math.isfinite(value):
                    raise EditError(f"expected a finite number, got {value}")
                return value
            case ErrorValue():
                return {"error": value.value}
            case Enum():
                return str(value.value)
            case Cell() | Range():
                return value.a1
            case CellStore():
                return [[cell.a1, self.json(content)] for cell, content in value.items()]
            case frozenset():
                return [self.json(item) for item in sorted(value)]
            case tuple():
                return [self.json(item) for item in value]
            case Mapping():
                return {str(key): self.json(item) for key, item in value.items()}
        return self.fields(value)

    def _style(self, style: Style) -> int:
        identity = (style, style.xf)
        place = self._places.get(identity)
        if place is None:
            place = self._places[identity] = len(self.styles)
            self.styles.append(self.fields(style))
        return place


def _is_default(field: Any, item: Any) -> bool:
    if field.default is not MISSING:
        default = field.default
    elif field.default_factory is not MISSING:
        default = field.default_factory()
    else:
        return False
    if isinstance(item, Style):  # equality leaves `xf` out
        return bool(item == default and item.xf == default.xf)
    return type(item) is type(default) and bool(item == default)


class _Reader:
    """Turns JSON into values of annotated types."""

    def __init__(self, styles: Json) -> None:
        if not isinstance(styles, list):
            raise EditSyntaxError(f"expected a list of styles, got {_shown(styles)}")
        self._styles: list[Style] = []
        for place, style in enumerate(styles):
            self._styles.append(self.dataclass(Style, style, f"styles[{place}]"))

    def dataclass(self, kind: type, record: Json, where: str) -> Any:
        if not isinstance(record, dict):
            raise _wrong(f"a JSON object for {kind.__name__}", record, where)
        hints = _hints(kind)
        if unknown := sorted(record.keys() - hints.keys()):
            raise EditSyntaxError(f"expected fields of {kind.__name__}, got {unknown[0]!r} ({where})")
        if missing := [name for name in _required(kind) if name not in record]:
            raise EditSyntaxError(f"expected the field {missing[0]!r} of {kind.__name__}, got none ({where})")
        values = {name: self.value(hints[name], item, f"{where}.{name}") for name, item in record.items()}
        try:
            return kind(**values)
        except CellwrightError as error:
            raise EditSyntaxError(f"{error} ({where})") from None

    def value(self, hint: Any, item: Json, where: str) -> Any:
        origin = get_origin(hint)
        if origin in (Union, types.UnionType):
            return self._union(get_args(hint), item, where)
        if origin is Literal:
            if item not in get_args(hint):
                raise _wrong(f"one of {', '.join(map(str, get_args(hint)))}", item, where)
            return item
        if origin in (tuple, frozenset):
            return self._sequence(origin, get_args(hint), item, where)
        if origin is not None and issubclass(origin, Mapping):
            return self._mapping(get_args(hint), item, where)
        return self._plain(hint, item, where)

    def _plain(self, hint: type, item: Json, where: str) -> Any:
        if hint is float and isinstance(item, int | float) and not isinstance(item, bool):
            return float(item)
        if hint is bool or hint is int or hint is str:
            if type(item) is hint:
                return item
        elif hint is Style:
            if type(item) is int and 0 <= item < len(self._styles):
                return self._styles[item]
        elif hint in (Cell, Range):
            if isinstance(item, str):
                try:
                    return Cell.parse(item) if hint is Cell else Range.parse(item)
                except CellwrightError as error:
                    raise EditSyntaxError(f"{error} ({where})") from None
        elif hint is ErrorValue:
            if isinstance(item, dict) and item.keys() == {"error"} and item["error"] in _ERRORS:
                return _ERRORS[str(item["error"])]
        elif hint is CellStore:
            return CellStore(dict(self.value(tuple[tuple[Cell, Content], ...], item, where)))
        elif isinstance(hint, type) and issubclass(hint, Enum):
            if item in {member.value for member in hint}:
                return hint(item)
        elif is_dataclass(hint):
            return self.dataclass(hint, item, where)
        raise _wrong(f"a value of type {hint.__name__}", item, where)

    def _union(self, choices: tuple[Any, ...], item: Json, where: str) -> Any:
        if item is None and type(None) in choices:
            return None
        left = [choice for choice in choices if choice is not type(None)]
        if len(left) == 1:
            return self.value(left[0], item, where)
        if isinstance(item, bool):
            left = [choice for choice in left if choice is bool]
        elif isinstance(item, int | float):
            left = [choice for choice in left if choice in (float, int)]
        elif isinstance(item, str):
            left = [choice for choice in left if choice is str]
        else:
            left = [choice for choice in left if choice is ErrorValue]
        if len(left) != 1:
            raise _wrong("a number, text, true, false, null or an error", item, where)
        return self.value(left[0], item, where)

    def _sequence(self, origin: type, choices: tuple[Any, ...], item: Json, where: str) -> Any:
        if not isinstance(item, list):
            raise _wrong("a list", item, where)
        is_uniform = origin is frozenset or choices[-1] is ...
        hints = [choices[0]] * len(item) if is_uniform else list(choices)
        if len(hints) != len(item):
            raise _wrong(f"a list of {len(hints)}", item, where)
        return origin(
            self.value(hint, value, f"{where}[{place}]")
            for place, (hint, value) in enumerate(zip(hints, item, strict=True))
        )

    def _mapping(self, choices: tuple[Any, ...], item: Json, where: str) -> Any:
        if not isinstance(item, dict):
            raise _wrong("a JSON object", item, where)
        if choices[0] is int and not all(key.isascii() and key.isdigit() for key in item):
            raise _wrong("numbers as keys", item, where)
        return {
            choices[0](key): self.value(choices[1], value, f"{where}.{key}") for key, value in item.items()
        }


_ERRORS = {error.value: error for error in ErrorValue}


@cache
def _hints(kind: type) -> Mapping[str, Any]:
    hints = get_type_hints(kind, localns={"CellStore": CellStore})
    if kind is Snapshot:
        del hints["source"]
    return hints


@cache
def _required(kind: Any) -> tuple[str, ...]:
    return tuple(
        field.name for field in fields(kind) if field.default is MISSING and field.default_factory is MISSING
    )


def _wrong(expected: str, got: Json, where: str) -> EditSyntaxError:
    return EditSyntaxError(f"expected {expected}, got {_shown(got)} ({where})")


def _shown(value: Json) -> str:
    return json.dumps(value, default=str)[:60]
