"""Operands that may come next in a formula text, from the formula itself: its references as they are or some
columns further, its texts and numbers again, the next number of a row, the opposite of a text, and what often
stands at this argument of the function. Each with the rule that gave it. Not covered: new words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from cellwright.formula.functions import ArgumentKind, known_function
from cellwright.prompt.notation import scan

from .closings import Open, constants
from .echoes import moved_reference

_CELL = r"(\$?)([A-Z]{1,3})(\$?)([1-9]\d*)"
AREA = re.compile(rf"(?<![\w$.:])((?:'[^']+'|[^\W\d][\w.]*)!)?{_CELL}(?::{_CELL})?(?![\w:(!])")
"""Sheet, then dollar, column, dollar, row of the first and perhaps of the last cell."""
_COLUMNS = re.compile(r"(?<![\w$.:])(\$?)([A-Z]{1,3}):(\$?)([A-Z]{1,3})(?![\w:(!])")
_SHEET_BEGUN = re.compile(r"('[^']+'|[^\W\d][\w.]*)!\Z")
_RANGES = frozenset([ArgumentKind.RANGE, ArgumentKind.ARRAY])
_PAIRS = (
    ("YES", "NO"), ("Y", "N"), ("TRUE", "FALSE"), ("PASS", "FAIL"), ("OK", "ERROR"), ("ON", "OFF"),
    ("OPEN", "CLOSED"), ("HIGH", "LOW"), ("GOOD", "BAD"), ("UP", "DOWN"), ("IN", "OUT"), ("WIN", "LOSS"),
    ("ACTIVE", "INACTIVE"), ("VALID", "INVALID"), ("MATCH", "NO MATCH"), ("M", "F"),
    ("MALE", "FEMALE"), ("TOTAL", ""), ("1", "0"), ("A", "B"),
)  # fmt: skip
_OPPOSITES = dict(_PAIRS) | {b: a for a, b in _PAIRS if b}


def operands(text: str, frames: list[Open]) -> Iterator[tuple[str, str]]:
    """(operand, its rule), likelier ones first; each once."""
    found: dict[str, str] = {}
    for operand, rule in _all(text, frames):
        found.setdefault(operand, rule)
    yield from found.items()


def _all(text: str, frames: list[Open]) -> Iterator[tuple[str, str]]:
    areas, columns = list(AREA.finditer(text)), list(_COLUMNS.finditer(text))
    begun = _SHEET_BEGUN.search(text)
    if begun is not None:
        yield from _of_sheet(text, begun[0], areas)
        return
    wants_range = _wants_range(frames)
    for constant in constants(frames):
        yield constant, "constant"
    ranges = [area for area in areas if area[9] is not None]
    cells = [area for area in areas if area[9] is None]
    if wants_range is not False:
        yield from _ranges(ranges, columns)
    pieces = [lexeme.text for lexeme in scan(text) if lexeme.kind in {"cell", "string", "number"}]
    for opposite in _opposites(text, pieces):
        yield opposite, "opposite"
    for piece in list(dict.fromkeys(reversed(pieces)))[:6]:
        yield piece, "again"
    yield '""', "nothing"
    yield "0", "nothing"
    for area in list(reversed(cells))[:2]:
        yield from _beside(area, (1, -1))
    for piece in [piece for piece in reversed(pieces) if piece[-1].isdigit()][:1]:
        below = moved_reference(piece, (1, 0))
        if below is not None and below != piece:
            yield below, "moved"
    yield from _next_numbers(pieces)
    if wants_range is False:
        yield from _ranges(ranges, columns)
    yield "1", "nothing"


def _wants_range(frames: list[Open]) -> bool | None:
    """Whether the argument that has begun is a range; None where nothing is known of it."""
    known = known_function(frames[-1].function) if frames else None
    if known is None:
        return None
    return known.kind(frames[-1].arguments - 1) in _RANGES


def _ranges(ranges: list[re.Match[str]], columns: list[re.Match[str]]) -> Iterator[tuple[str, str]]:
    for area in list(reversed(ranges))[:2]:
        yield from _beside(area, (1, 0, -1, 2))
    for match in list(reversed(columns))[:2]:
        yield from _beside(match, (1, 0, -1))


def _of_sheet(text: str, sheet: str, areas: list[re.Match[str]]) -> Iterator[tuple[str, str]]:
    """After `Sheet!`: the areas of that sheet, then the others, without their sheet."""
    own = [area for area in reversed(areas) if area[1] == sheet]
    for match in [*own[:2], *list(reversed(list(_COLUMNS.finditer(text))))[:2]]:
        yield from ((place.removeprefix(sheet), rule) for place, rule in _beside(match, (1, 0, -1)))
    for area in [area for area in reversed(areas) if area[1] != sheet][:3]:
        yield area[0].removeprefix(area[1] or ""), "again"


def _beside(reference: re.Match[str], steps: tuple[int, ...]) -> Iterator[tuple[str, str]]:
    """An area or whole columns, so many columns to the right, where that is on the sheet."""
    for step in steps:
        place = moved(reference[0], step)
        if place is not None:
            yield place, "moved" if step else "again"


def _opposites(text: str, pieces: list[str]) -> Iterator[str]:
    """`"Yes"` -> `"No"`, in the same capitals."""
    for piece in list(reversed(pieces))[:2]:
        opposite = _OPPOSITES.get(piece.strip('"').upper())
        if opposite is None or not (piece.startswith('"') or opposite.isdigit()):
            continue
        word = piece.strip('"')
        cased = opposite if word.isupper() else opposite.lower() if word.islower() else opposite.capitalize()
        yield f'"{cased}"' if piece.startswith('"') else cased


def opposite_begun(opening: str, strings: list[str]) -> Iterator[str]:
    """The opposites of earlier texts that begin like the open text `opening` (with its quote)."""
    for opposite in _opposites("", strings):
        if opposite.upper().startswith(opening.upper()) and len(opposite) > len(opening):
            yield opening + opposite[len(opening) :]


def _next_numbers(pieces: list[str]) -> Iterator[tuple[str, str]]:
    """`10, 20` -> 30; `1` -> 2."""
    numbers = [int(piece) for piece in pieces if piece.isdigit()]
    if len(numbers) >= 2:
        yield str(max(0, 2 * numbers[-1] - numbers[-2])), "number"
    if numbers:
        yield str(numbers[-1] + 1), "number"


def moved(reference: str, columns: int) -> str | None:
    """A reference so many columns to the right, its sheet and dollar signs kept; None off the sheet."""
    sheet, mark, cells = reference.rpartition("!")
    if _COLUMNS.fullmatch(cells):
        parts = [moved_reference(cells, (0, columns))]
    else:
        parts = [moved_reference(part, (0, columns)) for part in cells.split(":")]
    kept = [part for part in parts if part is not None]
    return sheet + mark + ":".join(kept) if len(kept) == len(parts) else None
