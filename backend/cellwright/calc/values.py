"""Values between an engine's world and ours: the JSON of the pipe, and what two values being equal means.

The form on the pipe is in `calc.wire`. Python objects never travel: the worker is not trusted.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from cellwright.calc.wire import Wire
from cellwright.workbook.model import ErrorValue, Value

RELATIVE_TOLERANCE = 1e-9
"""How far two numbers may lie apart, relative to the larger one, and still be the same result."""

_ERRORS = {error.value: error for error in ErrorValue}


@dataclass(frozen=True, slots=True)
class NoValue:
    """An engine gave no value here; `reason` is one of `circular`, `unsupported`, `unknown name`, ..."""

    reason: str


Computed = Value | NoValue
"""What an engine says a cell holds."""


def from_wire(value: object) -> Computed:
    """A value as it came over the pipe; anything unexpected is a NoValue, never an exception."""
    if value is None or isinstance(value, str | bool):
        return value
    if isinstance(value, int | float):
        number = float(value)
        return number + 0.0 if math.isfinite(number) else NoValue("not a number")
    if isinstance(value, dict):
        if "e" in value:
            return _ERRORS.get(str(value["e"]), NoValue(f"unknown error {value['e']}"))
        return NoValue(str(value.get("x", "unsupported")))
    return NoValue("unsupported")


def to_wire(value: Value) -> Wire:
    """A value for the pipe."""
    if isinstance(value, ErrorValue):
        return {"e": value.value}
    return value


def same_value(a: Computed, b: Computed) -> bool:
    """Whether two results are one: numbers within RELATIVE_TOLERANCE, all else exactly.

    Blank equals 0, FALSE excepted, and empty text: a formula that gives a blank shows 0, and a file does not
    tell an empty text from no text.
    """
    if isinstance(a, NoValue) or isinstance(b, NoValue):
        return False
    if a is None or b is None:
        other = b if a is None else a
        return other is None or other == "" or (isinstance(other, float) and other == 0.0)
    if isinstance(a, float) and isinstance(b, float):
        return a == b or abs(a - b) <= RELATIVE_TOLERANCE * max(abs(a), abs(b))
    return type(a) is type(b) and a == b
