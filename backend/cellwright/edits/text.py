"""The one-line text form of edits, both ways: `OPERATION | Sheet!Range | value`.

A line is split at its first two ` | ` (a quoted sheet's name may hold one itself). Kinds that published
histories have are written in their words (`FORMULA`, `FILL_COLOR`, ...: `text_operations`); all others are
their own name in capitals with their remaining fields as JSON. Line breaks stand as JSON escapes, so an edit
is one line whatever it holds, and `edit_from_text(edit_to_text(edit)) == edit`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

from cellwright.edits import text_operations
from cellwright.edits.journal import KINDS, Json, edit_from_record, edit_to_record, one_line_json
from cellwright.edits.model import Edit
from cellwright.edits.text_targets import read_target, write_target
from cellwright.errors import CellwrightError, EditSyntaxError

_CAPITAL = re.compile(r"(?<!^)(?=[A-Z])")
_OPERATIONS = {_CAPITAL.sub("_", name).upper(): name for name in KINDS}


def edit_to_text(edit: Edit) -> str:
    """An edit as one line."""
    written = text_operations.write(edit)
    if written is None:
        operation = _CAPITAL.sub("_", type(edit).__name__).upper()
        target, rest = write_target(edit, edit_to_record(edit))
        written = operation, target, one_line_json(rest) if rest else None
    line = " | ".join(part for part in written if part is not None)
    if len(line.splitlines()) != 1:
        raise EditSyntaxError(f"expected a sheet's name without line breaks, got {written[1][:40]!r}")
    return line


def edit_from_text(line: str, default_sheet: str | None = None) -> Edit:
    """The edit of a line; `default_sheet` is meant where the line names none. Raises EditSyntaxError."""
    edits = edits_from_text(line, default_sheet)
    if len(edits) != 1:
        raise EditSyntaxError(
            f"expected constants or formulas, not both, in one edit; got {line.strip()[:60]!r}"
        )
    return edits[0]


def edits_from_text(line: str, default_sheet: str | None = None) -> tuple[Edit, ...]:
    """Like `edit_from_text`, for one line of a history: an INPUT of constants and formulas is two edits."""
    operation, place, value = split_line(line)
    try:
        edits = text_operations.read(operation, place, value, default_sheet)
        if edits is None:
            edits = (_from_json(operation, place, value, default_sheet),)
    except EditSyntaxError:
        raise
    except CellwrightError as error:
        raise EditSyntaxError(f"{error} (in {line.strip()[:60]!r})") from None
    return edits


def history_from_text(lines: Iterable[str], default_sheet: str | None = None) -> tuple[Edit, ...]:
    """All edits of a history, one line each; blank lines are passed over."""
    return tuple(edit for line in lines if line.strip() for edit in edits_from_text(line, default_sheet))


def split_line(line: str) -> tuple[str, str, str | None]:
    """(operation, target, value or None) of a line; the operation in capitals."""
    operation, mark, rest = line.strip("\r\n").partition("|")
    operation = operation.strip().upper()
    if not mark or not operation:
        raise EditSyntaxError(f"expected OPERATION | Sheet!Range | value, got {line.strip()[:60]!r}")
    rest = rest.strip()
    start = 0
    if rest.startswith("'"):
        quoted = re.match(r"'(?:[^']|'')*'", rest)
        start = quoted.end() if quoted else 0
    bar = rest.find("|", start)
    if bar < 0:
        return operation, rest, None
    return operation, rest[:bar].strip(), rest[bar + 1 :].strip()


def _from_json(operation: str, place: str, value: str | None, default_sheet: str | None) -> Edit:
    kind = _OPERATIONS.get(operation)
    if kind is None:
        raise EditSyntaxError(f"expected an operation such as FORMULA or INSERT_ROWS, got {operation[:40]!r}")
    record: Json = {}
    if value:
        try:
            record = json.loads(value)
        except ValueError as error:
            raise EditSyntaxError(
                f"expected JSON fields for {operation}, got {value[:60]!r} ({error})"
            ) from None
    if not isinstance(record, dict):
        raise EditSyntaxError(f"expected a JSON object for {operation}, got {str(value)[:60]!r}")
    fields = read_target(KINDS[kind], place, default_sheet, record)
    return edit_from_record({"edit": kind, **fields})
