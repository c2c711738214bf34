"""Endings of a formula of which a beginning is typed, without a model: close what is open, repeat what is
there.

An ending is an operand, where one is due, and then the brackets. Operands: what the formula holds already,
its ranges some columns further, the end of a range that has begun (with the rows of an earlier one), the next
number of a row. Brackets close as they are, or after one more argument that the function often has last. A
text that is open is closed, or goes on as an earlier one. Not covered: new words, new conditions, what the
workbook holds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from cellwright.formula.functions import known_function
from cellwright.prompt.notation import column_index, column_letters, normalise, scan
from cellwright.prompt.tasks import split_open_string

from .repair_sense import is_sound

MOST = 60
OPERANDS = 16
LONGEST_COPY = 6
"""Pieces, brackets and separators too."""
_CELL = r"(\$?)([A-Z]{1,3})(\$?)([1-9]\d*)"
_AREA = re.compile(rf"(?<![\w$.:])((?:'[^']+'|[^\W\d][\w.]*)!)?{_CELL}(?::{_CELL})?(?![\w:(!])")
_COLUMNS = re.compile(r"(?<![\w$.:])(\$?)([A-Z]{1,3}):(\$?)([A-Z]{1,3})(?![\w:(!])")
_BEGUN_RANGE = re.compile(rf"{_CELL}:(\$?[A-Z]{{0,3}}\$?\d*)\Z")
_BEGUN_COLUMNS = re.compile(r"(?<![\w$.:])(\$?[A-Z]{1,3}):\$?\Z")
_LONE_COLUMN = re.compile(r"(?<![\w$.:])\$[A-Z]{1,3}\Z")
_LAST_WORD = re.compile(r"(?<![\w.])[$A-Z]*[A-Z$]*\d*\Z")
# What often stands last in a call, where it is not there yet.
_LAST_ARGUMENTS = {
    "IF": ('""', "0"), "IFERROR": ('""', "0"), "IFNA": ('""', "0"), "VLOOKUP": ("FALSE", "0"),
    "HLOOKUP": ("FALSE", "0"), "MATCH": ("0",), "ROUND": ("0", "2"), "ROUNDUP": ("0",), "ROUNDDOWN": ("0",),
    "RANK": ("0",),
}  # fmt: skip
_OPERAND_KINDS = frozenset(["cell", "number", "string", "word", "column", "error"])


@dataclass(frozen=True)
class _Open:
    """A bracket that is open: its function (empty: none) and how many arguments have begun."""

    function: str
    arguments: int
    closing: str = ")"


def endings(typed: str) -> list[str]:
    """At most `MOST` sound texts (normalised, without `=`) that begin with `typed`, likelier ones first."""
    whole = normalise(typed) if not split_open_string(typed)[1] else _normal_with_open_text(typed)
    found: dict[str, None] = {}
    for begun in _begun(whole):
        for text in _finished(begun):
            if text not in found and text.startswith(whole) and is_sound(text):
                found[text] = None
                if len(found) == MOST:
                    return list(found)
    return list(found)


def _normal_with_open_text(typed: str) -> str:
    head, opening = split_open_string(typed)
    return normalise(head) + opening


def _begun(whole: str) -> Iterator[str]:
    """`whole` with its last piece finished: an open text closed, a range that has begun ended."""
    head, opening = split_open_string(whole)
    if opening:
        earlier = dict.fromkeys(lexeme.text for lexeme in scan(head) if lexeme.kind == "string")
        yield whole + '"'
        yield from (
            head + text for text in earlier if text.startswith(opening) and len(text) > len(opening) + 1
        )
        return
    range_begun = _BEGUN_RANGE.search(whole)
    if range_begun is not None:
        yield from _ranges_ended(whole, range_begun)
    columns_begun = _BEGUN_COLUMNS.search(whole)
    if columns_begun is not None:
        yield whole[: columns_begun.start()] + f"{columns_begun[1]}:{columns_begun[1]}"
        return
    if not whole.endswith(":"):
        yield whole
        yield from _copied(whole)
    column = _LONE_COLUMN.search(whole)
    if column is not None:
        yield f"{whole}:{column.group()}"
    word = _LAST_WORD.search(whole)
    if word is not None and word.group():
        stem = whole[: word.start()]
        for lexeme in scan(stem):
            if lexeme.kind == "cell" and lexeme.text.startswith(word.group()) and lexeme.text != word.group():
                yield stem + lexeme.text


def _copied(whole: str) -> Iterator[str]:
    """`whole` and what followed its last two pieces earlier on: `(A1:B9=3)*(A1` -> `(A1:B9=3)*(A1:B9=3`."""
    pieces = [lexeme.text for lexeme in scan(whole) if lexeme.kind != "space"]
    last = pieces[-2:]
    for start in range(len(pieces) - 3, -1, -1):
        if pieces[start : start + 2] != last:
            continue
        copied = ""
        for piece in pieces[start + 2 : start + 2 + LONGEST_COPY]:
            copied += piece
            yield whole + copied
        return


def _ranges_ended(whole: str, begun: re.Match[str]) -> Iterator[str]:
    """`$A$2:` -> `$A$2:$A$9` where an earlier range has the rows 2 to 9, and with its width."""
    dollar, letters, _, row, rest = begun.groups()
    stem = whole[: begun.start(5)]
    for area in reversed(list(_AREA.finditer(whole[: begun.start()]))):
        if area[9] is None:
            continue
        wide = column_index(area[7]) - column_index(area[3])
        height = int(area[9]) - int(area[5])
        rows = dict.fromkeys([area[9], str(int(row) + height)])
        for last_row in rows:
            for width in dict.fromkeys([0, wide]):
                last = f"{dollar}{column_letters(column_index(letters) + width)}{area[8]}{last_row}"
                if last.startswith(rest) and int(last_row) >= int(row):
                    yield stem + last


def _finished(begun: str) -> Iterator[str]:
    """`begun` with an operand where one is due, and with its brackets closed."""
    frames, is_due = _state(begun)
    if not is_due:
        yield from islice(_closed(begun, frames), 6)
        return
    if begun.endswith("(") and frames and _least(frames[-1].function) == 0:
        yield from islice(_closed(begun, frames), 2)
    for operand in islice(_operands(begun), OPERANDS):
        yield from islice(_closed(begun + operand, frames), 4)


def _state(text: str) -> tuple[list[_Open], bool]:
    """The brackets that are open, outermost first, and whether an operand is due."""
    frames: list[_Open] = []
    before, is_due = "", True
    for lexeme in scan(text):
        piece = lexeme.text
        if piece == "(":
            frames.append(_Open(before.upper() if known_function(before) else "", 1))
        elif piece == "{":
            frames.append(_Open("", 1, "}"))
        elif piece in {")", "}"} and frames:
            frames.pop()
        elif piece == "," and frames:
            frames[-1] = _Open(frames[-1].function, frames[-1].arguments + 1, frames[-1].closing)
        if lexeme.kind != "space":
            before = piece
            is_due = not (lexeme.kind in _OPERAND_KINDS or piece in {")", "}", "%", "]"})
    return frames, is_due


def _least(function: str) -> int:
    known = known_function(function)
    return known.min_arguments if known else 1


def _closed(text: str, frames: list[_Open]) -> Iterator[str]:
    """`text` with all brackets closed: as they are, then with one more argument, inner calls first."""
    yield text + "".join(frame.closing for frame in reversed(frames))
    for place in range(len(frames) - 1, -1, -1):
        for more in _LAST_ARGUMENTS.get(frames[place].function, ()):
            inner = "".join(frame.closing for frame in reversed(frames[place + 1 :]))
            outer = "".join(frame.closing for frame in reversed(frames[: place + 1]))
            yield f"{text}{inner},{more}{outer}"


def _operands(text: str) -> Iterator[str]:
    """Operands that may come next, likelier ones first; each once."""
    areas = list(_AREA.finditer(text))
    columns = list(_COLUMNS.finditer(text))
    ranges = [area for area in areas if area[9] is not None]
    drawn: dict[str, None] = {}
    for area in reversed(ranges[-2:]):
        for step in (1, 0, -1, 2):
            drawn.setdefault(_moved(area, step))
    for match in reversed(columns[-2:]):
        for step in (1, 0, -1):
            first, last = (column_letters(max(0, column_index(match[i]) + step)) for i in (2, 4))
            drawn.setdefault(f"{match[1]}{first}:{match[3]}{last}")
    pieces = [lexeme for lexeme in scan(text) if lexeme.kind in {"cell", "string", "number"}]
    for lexeme in reversed(pieces[-6:]):
        drawn.setdefault(lexeme.text)
    drawn.setdefault('""')
    drawn.setdefault("0")
    for area in reversed([area for area in areas if area[9] is None][-2:]):
        drawn.setdefault(_moved(area, 1))
    numbers = [int(lexeme.text) for lexeme in pieces if lexeme.kind == "number" and lexeme.text.isdigit()]
    if len(numbers) >= 2:
        drawn.setdefault(str(max(0, 2 * numbers[-1] - numbers[-2])))
    drawn.setdefault("1")
    yield from drawn


def _moved(area: re.Match[str], step: int) -> str:
    """An area some columns to the right, its sheet and dollar signs kept."""
    groups = [group or "" for group in area.groups()]
    first = column_letters(max(0, column_index(groups[2]) + step))
    moved = f"{groups[0]}{groups[1]}{first}{groups[3]}{groups[4]}"
    if groups[8]:
        last = column_letters(max(0, column_index(groups[6]) + step))
        moved += f":{groups[5]}{last}{groups[7]}{groups[8]}"
    return moved
