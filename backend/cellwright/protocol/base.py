"""What all messages share: frozen models, ids, A1 text, and values as they travel.

A value is a number, text, true, false, null (blank) or `{"error": "#N/A"}`; dates are serial numbers.
Places are A1 text (`B2:D9`) beside their sheet's name, or with it (`'Q1 plan'!B2`) where one field holds
both. Formulas are en-US A1 text with a leading `=`.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from cellwright.workbook.model import ErrorValue, Value

Id = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_.:-]+$")]
"""An id that its sender made: a UUID's 32 hexadecimal digits or the like."""
SheetName = Annotated[str, Field(min_length=1, max_length=64)]
A1 = Annotated[str, Field(min_length=1, max_length=40)]
"""A cell or range without its sheet: `B2`, `B2:D9`, `B:D`, `3:5`."""
Place = Annotated[str, Field(min_length=1, max_length=180)]
"""A cell or range with its sheet: `'Q1 plan'!B2`."""
FormulaText = Annotated[str, Field(max_length=8192)]
CellText = Annotated[str, Field(max_length=32767)]


class Wire(BaseModel):
    """A part of a message."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class ClientMessage(Wire):
    """What a pane sends."""


class ServerMessage(Wire):
    """What the server sends."""


ErrorText = Literal[
    "#NULL!",
    "#DIV/0!",
    "#VALUE!",
    "#REF!",
    "#NAME?",
    "#NUM!",
    "#N/A",
    "#GETTING_DATA",
    "#SPILL!",
    "#CALC!",
    "#FIELD!",
    "#BLOCKED!",
    "#CONNECT!",
    "#UNKNOWN!",
    "#BUSY!",
]


class WireError(Wire):
    """Excel's error as a value."""

    error: ErrorText


WireValue = bool | float | CellText | WireError | None

_ERRORS: dict[str, ErrorValue] = {error.value: error for error in ErrorValue}
_WIRE_ERRORS = {error: WireError.model_validate({"error": error.value}) for error in ErrorValue}


def to_wire(value: Value) -> WireValue:
    """A cell's value as it travels."""
    return _WIRE_ERRORS[value] if isinstance(value, ErrorValue) else value


def from_wire(value: WireValue) -> Value:
    """Inverse of `to_wire`."""
    return _ERRORS[value.error] if isinstance(value, WireError) else value
