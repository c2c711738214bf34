"""What may be called how: sheets, defined names and tables."""

from __future__ import annotations

import re
from dataclasses import replace

from cellwright.edits.cells import require_formula
from cellwright.edits.model import DefineName
from cellwright.errors import EditError
from cellwright.workbook.model import DefinedName, Snapshot

MAX_SHEET_NAME = 31
MAX_NAME = 255
_FORBIDDEN_IN_SHEETS = frozenset("[]:*?/\\")
_NAME = re.compile(r"[^\W\d\\]?[\w.?\\]*", re.UNICODE)
_FIRST = re.compile(r"[^\W\d]|_|\\")
_LOOKS_LIKE_CELL = re.compile(r"\$?[A-Za-z]{1,3}\$?[0-9]+|[Rr][0-9]*(?:[Cc][0-9]*)?|[Cc][0-9]*")


def require_sheet_name(snapshot: Snapshot, name: str, besides: str | None = None) -> None:
    """Refuse a name that no new sheet can have; `besides` is the sheet that is being renamed."""
    if not 1 <= len(name) <= MAX_SHEET_NAME:
        raise EditError(f"expected a sheet name of 1 to {MAX_SHEET_NAME} characters, got {name[:60]!r}")
    if bad := sorted(_FORBIDDEN_IN_SHEETS.intersection(name)):
        raise EditError(f"expected a sheet name without {' '.join(bad)}, got {name!r}")
    if any(ord(character) < 32 for character in name):
        raise EditError(f"expected a sheet name without control characters, got {name!r}")
    if name.startswith("'") or name.endswith("'"):
        raise EditError(f"expected a sheet name without apostrophes at its ends, got {name!r}")
    if name.casefold() == "history":
        raise EditError("expected a sheet name other than History, which Excel keeps for itself")
    if snapshot.has_sheet(name) and (besides is None or name.casefold() != besides.casefold()):
        raise EditError(f"expected a sheet name that is not taken, got {name!r}")


def require_name(name: str, what: str) -> None:
    """Refuse what Excel takes neither as a defined name nor as a table's: `what` says which it is."""
    if not 1 <= len(name) <= MAX_NAME:
        raise EditError(f"expected {what} of 1 to {MAX_NAME} characters, got {name[:60]!r}")
    if not _FIRST.match(name) or not _NAME.fullmatch(name):
        raise EditError(
            f"expected {what} that starts with a letter, _ or \\ and goes on with letters, digits, . and _; "
            f"got {name!r}"
        )
    if _LOOKS_LIKE_CELL.fullmatch(name) or name.upper() in {"TRUE", "FALSE"}:
        raise EditError(f"expected {what} that does not look like a cell or a value, got {name!r}")


def define_name(snapshot: Snapshot, edit: DefineName) -> Snapshot:
    """Define a name, or redefine the one of that name and scope."""
    require_name(edit.name, "a name")
    require_formula(edit.formula, edit.name)
    scope = None if edit.scope is None else snapshot.sheet(edit.scope).name
    if snapshot.table(edit.name):
        raise EditError(f"expected a name that is not taken, got the table {edit.name!r}")
    folded = edit.name.casefold()
    names = list(snapshot.names)
    place = next(
        (i for i, n in enumerate(names) if n.name.casefold() == folded and n.scope == scope), len(names)
    )
    if place == len(names):
        names.append(DefinedName(edit.name, edit.formula, scope))
    else:
        names[place] = replace(names[place], name=edit.name, formula=edit.formula)
    return replace(snapshot, names=tuple(names), revision=snapshot.revision + 1)
