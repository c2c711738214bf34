"""Values as text, in the format `General`: what a header cell, a filter or a message shows."""

from __future__ import annotations

from cellwright.workbook.model import Value


def general_text(value: Value) -> str:
    """`5.0` -> `5`, `True` -> `TRUE`, an error its own text, None the empty text; 15 digits at most."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float | int):
        text = f"{value:.15g}".upper()
        return "0" if text == "-0" else text
    return str(value)
