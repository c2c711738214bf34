"""Read the bracketed part of a table reference: `[Amount]`, `[@Amount]`, `[[#This Row],[A]:[B]]`."""

from __future__ import annotations

import re
from typing import NamedTuple

from cellwright.errors import FormulaSyntaxError

ITEMS = {
    "#all": "#All",
    "#data": "#Data",
    "#headers": "#Headers",
    "#totals": "#Totals",
    "#this row": "#This Row",
}
_PART = re.compile(r"\s*(?:\[((?:[^\[\]']|'.)*)\]|(@)|([:,]))\s*", re.DOTALL)
_ESCAPED = re.compile(r"'(.)", re.DOTALL)
_NEEDS_ESCAPE = re.compile(r"(['\[\]#@])")
_PLAIN_COLUMN = re.compile(r"[^\W\d]\w*")


class Brackets(NamedTuple):
    """Items (`#Totals`, ...) and columns of a structured reference; see `nodes.StructuredReference`."""

    items: tuple[str, ...]
    first_column: str | None
    last_column: str | None


def read_brackets(text: str, position: int = -1) -> Brackets:
    """Read `[...]` whole; raises FormulaSyntaxError (with `position`) where it makes no sense."""
    body = text[1:-1].strip()
    if not body:
        return Brackets((), None, None)
    if not body.startswith(("[", "@")):
        item = ITEMS.get(body.lower())
        if item:
            return Brackets((item,), None, None)
        return Brackets((), unescape_column(body), None)
    if body.startswith("@") and not body[1:].lstrip().startswith("["):
        column = body[1:].strip()
        return Brackets(("#This Row",), unescape_column(column) if column else None, None)
    return _read_parts(body, text, position)


def _read_parts(body: str, text: str, position: int) -> Brackets:
    items: list[str] = []
    columns: list[str] = []
    colons = 0
    offset = 0
    while offset < len(body):
        match = _PART.match(body, offset)
        if match is None or match.end() == offset:
            raise FormulaSyntaxError(f"expected columns or items of a table, got {text}", position)
        offset = match.end()
        part, at, mark = match.groups()
        if at:
            items.append("#This Row")
        elif mark == ":":
            colons += 1
        elif part is not None:
            item = ITEMS.get(part.strip().lower())
            if item:
                items.append(item)
            else:
                columns.append(unescape_column(part))
    if len(columns) > 2 or (len(columns) == 2) != (colons == 1):
        raise FormulaSyntaxError(f"expected one column or one range of columns, got {text}", position)
    return Brackets(tuple(items), columns[0] if columns else None, columns[1] if len(columns) > 1 else None)


def unescape_column(text: str) -> str:
    """`'#Sold` -> `#Sold`."""
    return _ESCAPED.sub(r"\1", text) if "'" in text else text


def escape_column(name: str) -> str:
    """`#Sold` -> `'#Sold`: a column's name as it stands between brackets."""
    return _NEEDS_ESCAPE.sub(r"'\1", name)


def write_brackets(brackets: Brackets, *, in_file: bool = False) -> str:
    """The shortest text of a structured reference's brackets; in files `@` is written `[#This Row],`."""
    items, first, last = brackets
    columns = ""
    if first is not None:
        columns = f"[{escape_column(first)}]" + (f":[{escape_column(last)}]" if last is not None else "")
    if not items:
        return f"[{columns}]" if last is not None else columns or "[]"
    if items == ("#This Row",) and not in_file:
        if first is None:
            return "[@]"
        return f"[@{first}]" if last is None and _PLAIN_COLUMN.fullmatch(first) else f"[@{columns}]"
    if first is None and len(items) == 1:
        return f"[{items[0]}]"
    return "[" + ",".join([*(f"[{item}]" for item in items), *([columns] if columns else [])]) + "]"
