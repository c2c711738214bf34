"""A formula text that goes on as it went on before: what followed its last pieces the last time they stood
there, as it was or moved by as much as they were.

    IF((C7-D7)>5,MOD(D7-C7,10),D7      ->  -C7
    (Rates!$C$5:$C$9=C5)*(Rates!$D$5   ->  :$D$9, :$D$9=D5

Last pieces match an earlier place where they are equal, or are references a constant step apart; numbers and
texts may differ. What followed is copied up to each place where an argument could end.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cellwright.prompt.notation import Lexeme, column_index, column_letters, scan

LONGEST_MATCH = 8
LONGEST_COPY = 16
MOST_MATCHES = 6
MOST_COPIES = 4
_PARTS = re.compile(r"(\$?)([A-Z]{1,3})(\$?)([1-9]\d*)\Z")
_COLUMNS = re.compile(r"(\$?)([A-Z]{1,3}):(\$?)([A-Z]{1,3})\Z")
_STOPS = frozenset([",", ")", "=", "<>", "<", ">", "<=", ">=", "+", "-", "*", "/", "&"])
_WEAK = frozenset([",", "(", ")"])

Step = tuple[int, int]
"""Rows down, columns to the right."""


@dataclass(frozen=True)
class _Match:
    """The `length` earlier pieces up to `end` are as the last ones, `step` away (None: as they are)."""

    end: int
    length: float
    step: Step | None


def echoes(text: str) -> Iterator[tuple[str, str]]:
    """(what `text` may go on to be, "echo" or "echo_moved"), longer matches first."""
    pieces = [lexeme for lexeme in scan(text) if lexeme.kind != "space"]
    for match in _matches(pieces):
        steps: list[tuple[Step, bool]] = [((0, 0), False)]
        if match.step is not None:
            steps = [(match.step, False), (match.step, True), *steps]
        for step, only_ranges in steps:
            for count in _stops(pieces, match.end):
                copied = _copied(pieces, match.end + 1, count, step, only_ranges=only_ranges)
                if copied is not None:
                    yield text + copied, "echo" if step == (0, 0) else "echo_moved"


def _matches(pieces: Sequence[Lexeme]) -> list[_Match]:
    found = []
    for end in range(len(pieces) - 2, -1, -1):
        match = _match(pieces, end)
        if match is not None:
            found.append(match)
    return sorted(found, key=lambda match: (-match.length, -match.end))[:MOST_MATCHES]


def _match(pieces: Sequence[Lexeme], end: int) -> _Match | None:
    length, step, exact = 0.0, None, 0
    for back in range(min(LONGEST_MATCH, end + 1)):
        earlier, last = pieces[end - back], pieces[-1 - back]
        if earlier.text == last.text:
            length += 1
            exact += earlier.text not in _WEAK
            continue
        apart = _apart(earlier.text, last.text) if earlier.kind == last.kind else None
        if apart is not None and step in {None, apart}:
            step = apart
            length += 0.9
        elif earlier.kind == last.kind and earlier.kind in {"number", "string"}:
            length += 0.5
        else:
            break
    return _Match(end, length, step) if exact or length >= 2 else None


def _stops(pieces: Sequence[Lexeme], end: int) -> list[int]:
    """How many pieces after `end` may be copied: to where an argument or an operand ends."""
    counts = [
        count
        for count in range(1, min(LONGEST_COPY, len(pieces) - end - 1) + 1)
        if end + count + 1 == len(pieces) or pieces[end + count + 1].text in _STOPS
    ]
    return counts[:MOST_COPIES]


def _copied(pieces: Sequence[Lexeme], start: int, count: int, step: Step, *, only_ranges: bool) -> str | None:
    """The pieces with their references moved; None where one would leave the sheet."""
    copied = ""
    for place in range(start, start + count):
        piece = pieces[place]
        is_range = piece.kind == "column" or any(
            0 <= beside < len(pieces) and pieces[beside].text == ":" for beside in (place - 1, place + 1)
        )
        moved = moved_reference(piece.text, step) if not only_ranges or is_range else piece.text
        if moved is None:
            return None
        copied += moved
    return copied


def _apart(first: str, second: str) -> Step | None:
    """How far two references lie apart, with equal dollar signs."""
    one, other = _PARTS.match(first), _PARTS.match(second)
    if one is not None and other is not None:
        if one.group(1, 3) != other.group(1, 3):
            return None
        return int(other[4]) - int(one[4]), column_index(other[2]) - column_index(one[2])
    one, other = _COLUMNS.match(first), _COLUMNS.match(second)
    if one is None or other is None or one.group(1, 3) != other.group(1, 3):
        return None
    return 0, column_index(other[2]) - column_index(one[2])


def moved_reference(text: str, step: Step) -> str | None:
    """A cell or whole columns a step away, dollar signs kept; other text as it is; None: off the sheet."""
    cell = _PARTS.match(text)
    if cell is not None:
        row, column = int(cell[4]) + step[0], column_index(cell[2]) + step[1]
        if row < 1 or column < 0:
            return None
        return f"{cell[1]}{column_letters(column)}{cell[3]}{row}"
    columns = _COLUMNS.match(text)
    if columns is None:
        return text
    first, last = column_index(columns[2]) + step[1], column_index(columns[4]) + step[1]
    if min(first, last) < 0:
        return None
    return f"{columns[1]}{column_letters(first)}:{columns[3]}{column_letters(last)}"
