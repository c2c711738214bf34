"""Values inside the one-line text form: constants, colours, borders, words.

Reading is tolerant of how other programs write the same thing (Office.js words, any case, colours without
`#`); writing is always one way, and reading it back gives the same value.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable

from cellwright.edits.journal import Json, one_line_json
from cellwright.errors import EditSyntaxError
from cellwright.workbook.model import ErrorValue, Value

_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_HEX = re.compile(r"#?(?:[0-9A-Fa-f]{2})?([0-9A-Fa-f]{6})")
_ERRORS = {error.value: error for error in ErrorValue}
_COLORS = {
    "black": "#000000",
    "white": "#FFFFFF",
    "red": "#FF0000",
    "green": "#008000",
    "blue": "#0000FF",
    "yellow": "#FFFF00",
    "orange": "#FFA500",
    "purple": "#800080",
    "gray": "#808080",
    "grey": "#808080",
}
_NO_COLOR = {"", "none", "null", "no fill", "transparent"}
# A line style of OOXML <-> Office.js's weight and style (Excel.BorderWeight, Excel.BorderLineStyle)
_LINES = {
    "thin": ("Thin", "Continuous"),
    "medium": ("Medium", "Continuous"),
    "thick": ("Thick", "Continuous"),
    "hair": ("Hairline", "Continuous"),
    "dashed": ("Thin", "Dash"),
    "mediumDashed": ("Medium", "Dash"),
    "dotted": ("Thin", "Dot"),
    "double": ("Thick", "Double"),
    "dashDot": ("Thin", "DashDot"),
    "mediumDashDot": ("Medium", "DashDot"),
    "dashDotDot": ("Thin", "DashDotDot"),
    "mediumDashDotDot": ("Medium", "DashDotDot"),
    "slantDashDot": ("Medium", "SlantDashDot"),
}
_WEIGHTS = {"hairline", "thin", "medium", "thick"}
_LINE_WORDS = {line.casefold() for _, line in _LINES.values()}
_WORDS = {
    "centeracrossselection": "centerContinuous",
    "centercontinuous": "centerContinuous",
    "singleaccountant": "singleAccounting",
    "doubleaccountant": "doubleAccounting",
    "singleaccounting": "singleAccounting",
    "doubleaccounting": "doubleAccounting",
}


def text_to_line(text: str, read: Callable[[str], object] | None = None) -> str:
    """A text as it is where reading that gives it back, else as a JSON string."""
    read = read or text_from_line
    is_plain = text == text.strip() and len(text.splitlines()) == 1 and "\x7f" not in text
    return text if is_plain and read(text) == text else one_line_json(text)


def text_from_line(line: str) -> str:
    """Inverse of `text_to_line`: a JSON string or the text itself."""
    line = line.strip()
    if line.startswith('"'):
        try:
            text = json.loads(line)
        except ValueError:
            return line
        return str(text)
    return line


def value_to_line(value: Value) -> str:
    """A constant: `5`, `true`, `#N/A`, `null`, text as it is where that is not one of these."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return text_to_line(value, value_from_line)
    return str(value) if isinstance(value, ErrorValue) else number_to_line(value)


def number_to_line(number: float) -> str:
    """`5.0` -> `5`; as many digits as it takes to read the same number back."""
    return str(int(number)) if number == int(number) and abs(number) < 1e15 else repr(number)


def value_from_line(line: str) -> Value:
    """Inverse of `value_to_line`; `TRUE` and `True` are read as `true`."""
    line = line.strip()
    folded = line.casefold()
    if folded in {"", "null"}:
        return None
    if folded in {"true", "false"}:
        return folded == "true"
    if _NUMBER.fullmatch(line) and abs(float(line)) < 1e308:
        return float(line)
    return _ERRORS.get(line) or text_from_line(line)


def value_to_json(value: Value) -> Json:
    """A constant in a matrix; texts that start with `=` are marked, because plain ones are formulas."""
    if isinstance(value, ErrorValue):
        return {"error": value.value}
    if isinstance(value, str) and value.startswith("="):
        return {"text": value}
    if isinstance(value, float) and value == int(value) and abs(value) < 1e15:
        return int(value)
    return value


def value_from_json(item: Json) -> Value:
    """Inverse of `value_to_json`; raises EditSyntaxError."""
    if isinstance(item, dict):
        if item.keys() == {"text"} and isinstance(item["text"], str):
            return item["text"]
        if item.keys() == {"error"} and item["error"] in _ERRORS:
            return _ERRORS[str(item["error"])]
    elif not isinstance(item, list):
        return float(item) if isinstance(item, int) and not isinstance(item, bool) else item
    raise EditSyntaxError(f"expected a number, text, true, false or null, got {one_line_json(item)[:60]}")


def color_from_line(line: str) -> str | None:
    """`#0D2B4E`, `0D2B4E`, `FF0D2B4E`, a common name, or `none`."""
    text = text_from_line(line)
    folded = text.casefold()
    if folded in _NO_COLOR:
        return None
    if folded in _COLORS:
        return _COLORS[folded]
    match = _HEX.fullmatch(text)
    if match is None:
        raise EditSyntaxError(f"expected a colour such as #0D2B4E, got {line[:40]!r}")
    return text if len(text) == 7 and text.startswith("#") else f"#{match[1].upper()}"


def border_to_line(style: str | None, color: str | None) -> str:
    """`Thin, Continuous, #000000`; `None` where lines are removed."""
    if style is not None and style not in _LINES:
        raise EditSyntaxError(f"expected a line style of {', '.join(_LINES)}; got {style!r}")
    words = ("None",) if style is None else _LINES[style]
    return ", ".join((*words, *(() if color is None else (color,))))


def border_from_line(line: str) -> tuple[str | None, str | None]:
    """(line style of OOXML or None, colour or None); weight, style and colour in any order."""
    weight = kind = color = None
    exact = {name.casefold(): name for name in _LINES}
    named = None
    for part in (part.strip() for part in text_from_line(line).split(",")):
        folded = part.casefold()
        if folded in _WEIGHTS:
            weight = folded
        elif folded in _LINE_WORDS or folded in {"none", ""}:
            kind = folded or kind
        elif folded in exact:
            named = exact[folded]
        else:
            color = color_from_line(part)
    if named is not None:
        return named, color
    if kind == "none" or (weight is None and kind is None):
        return None, color
    kind = kind or "continuous"
    known = {(w.casefold(), k.casefold()): name for name, (w, k) in _LINES.items()}
    is_heavy = weight in {"medium", "thick"} or kind in {"slantdashdot", "double"}
    for guess in (weight or "thin", "medium" if is_heavy else "thin", "thick"):
        if (guess, kind) in known:
            return known[guess, kind], color
    raise EditSyntaxError(f"expected a border such as Thin, Continuous, #000000; got {line[:60]!r}")


def flag_from_line(line: str) -> bool:
    """`true` or `false`, `1` or `0`."""
    folded = text_from_line(line).casefold()
    if folded in {"true", "1", "1.0"}:
        return True
    if folded in {"false", "0", "0.0"}:
        return False
    raise EditSyntaxError(f"expected true or false, got {line[:40]!r}")


def number_from_line(line: str) -> float:
    """A plain number."""
    text = text_from_line(line)
    if not _NUMBER.fullmatch(text):
        raise EditSyntaxError(f"expected a number, got {line[:40]!r}")
    return float(text)


def word_from_line(line: str) -> str:
    """A word of OOXML or of Office.js, in OOXML's spelling: `Center` -> `center`."""
    word = text_from_line(line)
    folded = word.casefold()
    return _WORDS.get(folded, word if not word or word[0].islower() else folded)


def underline_from_line(line: str) -> str:
    """`single`, `double` or `none`; `true` and `false` are single and none."""
    word = word_from_line(line)
    return {"true": "single", "false": "none"}.get(word.casefold(), word)
