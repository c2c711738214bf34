"""A JSON object on one line, recognised character by character: values of edits that have fields.

A pushdown automaton with a bounded depth. Strings take no control characters and the escapes of quotes and
backslashes only. It knows JSON, not which fields an edit has; `cellwright.edits.text` says that afterwards.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

MAX_DEPTH = 6
MAX_STRING = 300
MAX_LENGTH = 1_500
_WORDS = ("true", "false", "null")
_DIGITS = "0123456789"


class JsonState(NamedTuple):
    """`stack` of open brackets; `expect` is what comes next; `written` of a string, number or word."""

    stack: str = ""
    expect: str = "object"
    written: str = ""
    length: int = 0


def is_whole(state: JsonState) -> bool:
    """The object is closed."""
    return state.expect == "end"


def step(state: JsonState, c: str) -> JsonState | None:
    """The state after a character, None where no object goes on so."""
    if state.length >= MAX_LENGTH or not (" " <= c != "\x7f"):
        return None
    after = _STEPS[state.expect](state, c)
    return None if after is None else after._replace(length=state.length + 1)


def _object(state: JsonState, c: str) -> JsonState | None:
    return JsonState("{", "first key") if c == "{" else None


def _first_key(state: JsonState, c: str) -> JsonState | None:
    return _close(state) if c == "}" else _key(state, c)


def _key(state: JsonState, c: str) -> JsonState | None:
    return state._replace(expect="in key", written="") if c == '"' else None


def _in_key(state: JsonState, c: str) -> JsonState | None:
    if c == '"':
        return state._replace(expect="colon") if state.written else None
    written = state.written + c
    return state._replace(written=written) if (c.isascii() and c.isalpha()) or c in "_0123456789" else None


def _colon(state: JsonState, c: str) -> JsonState | None:
    return state._replace(expect="value", written="") if c == ":" else None


def _first_value(state: JsonState, c: str) -> JsonState | None:
    return _close(state) if c == "]" else _value(state, c)


def _value(state: JsonState, c: str) -> JsonState | None:
    if c == '"':
        return state._replace(expect="in string", written="")
    if c in "{[":
        if len(state.stack) == MAX_DEPTH:
            return None
        return state._replace(
            stack=state.stack + c, expect="first key" if c == "{" else "first value", written=""
        )
    if c in _DIGITS or c == "-":
        return state._replace(expect="in number", written=c)
    if any(word.startswith(c) for word in _WORDS):
        return state._replace(expect="in word", written=c)
    return None


def _in_string(state: JsonState, c: str) -> JsonState | None:
    if state.written.endswith("\\"):
        return state._replace(written=state.written[:-1] + "x") if c in '"\\' else None
    if c == '"':
        return state._replace(expect="after", written="")
    if len(state.written) >= MAX_STRING:
        return None
    return state._replace(written=state.written + c)


def _in_number(state: JsonState, c: str) -> JsonState | None:
    number = state.written
    if c in _DIGITS:
        is_padded = number in ("0", "-0")
        return None if is_padded or len(number) > 16 else state._replace(written=number + c)
    if c == "." and number[-1] in _DIGITS and "." not in number:
        return state._replace(written=number + c)
    return _after(state, c) if number[-1] in _DIGITS else None


def _in_word(state: JsonState, c: str) -> JsonState | None:
    if state.written in _WORDS:
        return _after(state, c)
    written = state.written + c
    return state._replace(written=written) if any(word.startswith(written) for word in _WORDS) else None


def _after(state: JsonState, c: str) -> JsonState | None:
    inner = state.stack[-1]
    if c == ",":
        return state._replace(expect="key" if inner == "{" else "value", written="")
    return _close(state) if c == ("}" if inner == "{" else "]") else None


def _close(state: JsonState) -> JsonState:
    stack = state.stack[:-1]
    return state._replace(stack=stack, expect="after" if stack else "end", written="")


def _end(state: JsonState, c: str) -> JsonState | None:
    return None


_STEPS: dict[str, Callable[[JsonState, str], JsonState | None]] = {
    "object": _object,
    "first key": _first_key,
    "key": _key,
    "in key": _in_key,
    "colon": _colon,
    "first value": _first_value,
    "value": _value,
    "in string": _in_string,
    "in number": _in_number,
    "in word": _in_word,
    "after": _after,
    "end": _end,
}
