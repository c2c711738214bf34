"""The TypeScript of the protocol, from its models: `python -m cellwright.protocol.typescript` writes it.

Each model becomes an interface, each union of messages a type that narrows by `type`. In what a pane sends,
a field with a default may be left out; in all else every field is there. Lengths, patterns and bounds are not
carried over: the server checks them.
"""

from __future__ import annotations

import ast
import enum
import inspect
import json
import re
import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import AwareDatetime, BaseModel
from pydantic.fields import FieldInfo

from cellwright.protocol.base import ClientMessage, WireValue
from cellwright.protocol.edits import EDIT_MODELS, Restore
from cellwright.protocol.messages import PROTOCOL_VERSION, AnyClientMessage, AnyServerMessage
from cellwright.protocol.requests import OutcomeName

TARGET = Path("addin") / "src" / "protocol" / "messages.ts"
COMMAND = "python -m cellwright.protocol.typescript"
_NONE = re.compile(r"\bNone\b")
_PLAIN: dict[Any, str] = {
    str: "string",
    bool: "boolean",
    int: "number",
    float: "number",
    type(None): "null",
    Any: "unknown",
}
_HEAD = f"""// Written by `{COMMAND}` from backend/cellwright/protocol; change the models there.
/* eslint-disable */

export const PROTOCOL_VERSION = {PROTOCOL_VERSION};
"""


def typescript() -> str:
    """The whole module."""
    client, server = _members(AnyClientMessage), _members(AnyServerMessage)
    edits = list(EDIT_MODELS.values())
    parts = [
        _HEAD,
        "/** A cell's value: number, text, true or false, blank (null), or one of Excel's errors. */\n"
        f"export type WireValue = {_union(get_args(WireValue), named=False)};\n",
        f"export type OutcomeName = {_literal(get_args(OutcomeName))};\n",
    ]
    parts += [_interface(made) for made in _reachable([*client, *server, *edits, Restore])]
    parts += [
        _named_union("WireEdit", edits, "An edit as it travels."),
        _named_union("PlannedEdit", [*edits, Restore], "An edit of a plan that the server sends."),
        _named_union("ClientMessage", client, "All that a pane sends."),
        _named_union("ServerMessage", server, "All that the server sends."),
    ]
    return "\n".join(parts)


def main() -> None:
    """Write the file into the add-in's sources, from the root of a checkout."""
    if not TARGET.parent.is_dir():
        sys.exit(f"error: expected the root of a checkout with {TARGET.parent}, got {Path.cwd()}")
    TARGET.write_text(typescript(), encoding="utf-8")


def _members(union: Any) -> list[type[BaseModel]]:
    inner = get_args(union)[0] if get_origin(union) is Annotated else union
    return list(get_args(inner))


def _reachable(roots: list[type[BaseModel]]) -> list[type[BaseModel]]:
    """Every model that the roots use, each after those that it uses."""
    ordered: dict[type[BaseModel], None] = {}

    def visit(made: type[BaseModel]) -> None:
        if made in ordered:
            return
        for field in made.model_fields.values():
            for used in _models_in(field.annotation):
                visit(used)
        ordered[made] = None

    for root in roots:
        visit(root)
    return list(ordered)


def _models_in(hint: Any) -> Iterator[type[BaseModel]]:
    if inspect.isclass(hint) and issubclass(hint, BaseModel):
        yield hint
        return
    for argument in get_args(hint):
        if not isinstance(argument, str | int | FieldInfo):
            yield from _models_in(argument)


def _interface(made: type[BaseModel]) -> str:
    lines = [*_doc(made.__doc__, ""), f"export interface {made.__name__} {{"]
    notes = _field_notes(made)
    for name, field in made.model_fields.items():
        may_be_left_out = issubclass(made, ClientMessage) and name != "type" and not field.is_required()
        lines += _doc(notes.get(name), "  ")
        lines.append(f"  {name}{'?' if may_be_left_out else ''}: {_type(field.annotation)};")
    return "\n".join([*lines, "}", ""])


def _field_notes(made: type[BaseModel]) -> dict[str, str]:
    """The strings that stand under fields in the source of a model."""
    try:
        tree = ast.parse(inspect.getsource(made))
    except (OSError, TypeError):
        return {}  # derived from a dataclass: it has no source of its own
    if not isinstance(tree.body[0], ast.ClassDef):
        return {}
    notes: dict[str, str] = {}
    last: str | None = None
    for statement in tree.body[0].body:
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            last = statement.target.id
        elif isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant) and last:
            notes[last] = str(statement.value.value)
            last = None
    return notes


def _doc(text: str | None, indent: str) -> list[str]:
    if not text:
        return []
    text = _NONE.sub("null", inspect.cleandoc(text).replace("*/", "* /"))
    lines = [line.strip() for line in text.splitlines()]
    if len(lines) == 1:
        return [f"{indent}/** {lines[0]} */"]
    return [f"{indent}/**", *(f"{indent} * {line}".rstrip() for line in lines), f"{indent} */"]


def _type(hint: Any) -> str:
    origin, arguments = get_origin(hint), get_args(hint)
    if hint == WireValue:
        return "WireValue"
    if hint == OutcomeName:
        return "OutcomeName"
    if hint is AwareDatetime:
        return "string"
    if origin is Annotated:
        return _type(arguments[0])
    if origin is Literal:
        return _literal(arguments)
    if origin in (Union, types.UnionType):
        return _union(arguments)
    if origin is list:
        inner = _type(arguments[0])
        return f"({inner})[]" if " " in inner and not inner.startswith("{") else f"{inner}[]"
    if origin is tuple:
        return f"[{', '.join(_type(argument) for argument in arguments)}]"
    if origin is dict:
        return f"Record<string, {_type(arguments[1])}>"
    if inspect.isclass(hint):
        if issubclass(hint, BaseModel):
            return hint.__name__
        if issubclass(hint, enum.Enum):
            return _literal([member.value for member in hint])
    plain = {
        str: "string",
        bool: "boolean",
        int: "number",
        float: "number",
        type(None): "null",
        Any: "unknown",
    }
    if hint not in plain:
        raise TypeError(f"expected a type that TypeScript has, got {hint!r}")
    return plain[hint]


def _union(arguments: Any, *, named: bool = True) -> str:
    """The members, each once; the members of a value's union stand under its name."""
    value = get_args(WireValue)
    if named and set(value) <= set(arguments):
        rest = [argument for argument in arguments if argument not in value]
        return " | ".join(["WireValue", *map(_type, rest)])
    edits = list(EDIT_MODELS.values())
    if set(edits) <= set(arguments):
        return "PlannedEdit" if Restore in arguments else "WireEdit"
    return " | ".join(dict.fromkeys(_type(argument) for argument in arguments))


def _literal(values: Any) -> str:
    return " | ".join(json.dumps(value) for value in values)


def _named_union(name: str, members: list[type[BaseModel]], doc: str) -> str:
    rows = "".join(f"\n  | {member.__name__}" for member in members)
    return f"/** {doc} */\nexport type {name} ={rows};\n"


if __name__ == "__main__":
    main()
