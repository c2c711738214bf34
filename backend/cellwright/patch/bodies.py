"""What a cell can be given, and the bytes of a `<c>` element that holds it.

Texts are written inline (`t="inlineStr"`): only the sheet's part changes, Excel and LibreOffice read both
forms alike and Excel moves them to the shared strings when it next saves. A text that an edit only moves is
handed over as the bytes it was read as (`Raw`), so rich runs and phonetics survive a sort or a copy.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from cellwright.errors import FormulaSyntaxError, UnsupportedWrite
from cellwright.formula.fileform import add_file_prefixes
from cellwright.patch.spans import escape, with_attribute
from cellwright.workbook.model import ErrorValue, Value

_ESCAPED = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]")
_FILE_ERRORS = frozenset(
    {
        ErrorValue.NULL,
        ErrorValue.DIV0,
        ErrorValue.VALUE,
        ErrorValue.REF,
        ErrorValue.NAME,
        ErrorValue.NUM,
        ErrorValue.NA,
        ErrorValue.GETTING_DATA,
    }
)
"""The errors that ST_CellErrorType knows; Excel keeps the newer ones in rich value parts."""


@dataclass(frozen=True, slots=True)
class Constant:
    """A constant; None clears the cell."""

    value: Value


@dataclass(frozen=True, slots=True)
class Raw:
    """The value of another cell as its file has it: the `t` attribute and the bytes inside `<c>`."""

    type: str | None
    inner: bytes


@dataclass(frozen=True, slots=True)
class FormulaText:
    """A formula as the file writes it (no `=`, `_xlfn.` prefixes), its result, and its array's range.

    `metadata` is the 1-based index of the cell metadata record that makes the array a dynamic one.
    """

    text: str
    value: Value = None
    array: str | None = None
    metadata: int | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """A new cached value for a formula that stays; None drops the value, so that readers calculate it."""

    value: Value


Body = Constant | Raw | FormulaText | Result


@dataclass(frozen=True, slots=True)
class CellPatch:
    """What becomes of one cell; None keeps the format index or the contents."""

    xf: int | None = None
    body: Body | None = None


def plain_text(text: str) -> str:
    """A text with what XML can't hold written as OOXML escapes (ECMA-376 part 1, 22.9.2.19)."""
    if "_x" in text:
        text = _ESCAPED.sub("_x005F_", text)
    return _CONTROL.sub(lambda match: f"_x{ord(match[0]):04X}_", text)


def file_formula(formula: str, table: str | None = None) -> str:
    """A formula as the file writes it: no `=`, prefixes put in; text that does not parse stays as it is."""
    try:
        return add_file_prefixes(formula, table).removeprefix("=")
    except FormulaSyntaxError:
        return formula.removeprefix("=")


def number_text(value: float) -> str:
    """The shortest decimal that reads back as the same double, written as Excel does."""
    text = repr(float(value))
    return text.removesuffix(".0").replace("e", "E")


def value_parts(value: Value, prefix: bytes, is_result: bool) -> tuple[str | None, bytes]:
    """(`t` attribute, inner bytes) of a value; raises UnsupportedWrite for a constant no file can hold."""
    if value is None:
        return None, b""
    if isinstance(value, bool):
        return "b", _element(prefix, b"v", b"1" if value else b"0")
    if isinstance(value, float | int):
        return None, _element(prefix, b"v", number_text(value).encode())
    if isinstance(value, ErrorValue):
        if value in _FILE_ERRORS:
            return "e", _element(prefix, b"v", escape(str(value)))
        if is_result:
            return None, b""
        raise UnsupportedWrite(f"expected one of Excel's classic errors as a constant, got {value}")
    text = plain_text(value)
    if is_result:
        return "str", _element(prefix, b"v", escape(text), _space(text))
    inner = _element(prefix, b"t", escape(text), _space(text))
    return "inlineStr", _element(prefix, b"is", inner)


def formula_parts(body: FormulaText, prefix: bytes) -> tuple[str | None, bytes]:
    """(`t` attribute, inner bytes) of a formula with its cached result."""
    kind, inner = value_parts(body.value, prefix, is_result=True)
    extra = b"" if body.array is None else b' t="array" ref="' + body.array.encode() + b'"'
    text = plain_text(body.text)
    return kind, _element(prefix, b"f", escape(text), extra + _space(text)) + inner


def new_cell(prefix: bytes, address: str, xf: int | None, body: Body) -> bytes:
    """A whole `<c>`; empty bytes where neither a value nor a format is left."""
    tag = b"<" + prefix + b'c r="' + address.encode() + b'"'
    if xf:
        tag += b' s="' + str(xf).encode() + b'"'
    metadata = None
    match body:
        case FormulaText():
            kind, inner = formula_parts(body, prefix)
            metadata = body.metadata
        case Raw():
            kind, inner = body.type, body.inner
        case Constant():
            kind, inner = value_parts(body.value, prefix, is_result=False)
        case Result():
            kind, inner = value_parts(body.value, prefix, is_result=True)
    if not inner and not xf:
        return b""
    if kind is not None:
        tag += b' t="' + kind.encode() + b'"'
    if metadata is not None:
        tag += b' cm="' + str(metadata).encode() + b'"'
    return tag + (b">" + inner + b"</" + prefix + b"c>" if inner else b"/>")


def with_result(tag: bytes, inner: bytes, prefix: bytes, value: Value) -> bytes:
    """A `<c>` whose formula stays and whose cached value is replaced or dropped."""
    kind, new = value_parts(value, prefix, is_result=True)
    name = re.escape(prefix)
    pattern = rb"<" + name + rb"(v|is)(?=[\s/>])(?:[^>]*/>|[^>]*>.*?</" + name + rb"\1>)"
    kept = re.sub(pattern, b"", inner, flags=re.DOTALL)
    formula_end = kept.find(b"</" + prefix + b"f>")
    if formula_end >= 0:
        at = formula_end + len(prefix) + 4
    else:
        match = re.search(rb"<" + name + rb"f(?=[\s/>])[^>]*/>", kept)
        at = match.end() if match else len(kept)
    tag = with_attribute(with_attribute(tag, "vm", None), "t", kind)
    if tag.endswith(b"/>"):
        tag = tag[:-2].rstrip() + b">"
    return tag + kept[:at] + new + kept[at:] + b"</" + prefix + b"c>"


def _element(prefix: bytes, name: bytes, inner: bytes, extra: bytes = b"") -> bytes:
    return b"<" + prefix + name + extra + b">" + inner + b"</" + prefix + name + b">"


def _space(text: str) -> bytes:
    is_padded = text != text.strip() or "\n" in text
    return b' xml:space="preserve"' if is_padded else b""
