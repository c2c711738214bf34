"""Which texts can still become a range of at most so many cells: what an edit may act on.

Ranges are in A1, top left corner first, inside Excel's limits: `B7`, `B7:C9`, rows `3:5`, columns `B:D`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from cellwright.reference import MAX_COLUMNS, MAX_ROWS

Form = Literal["cell", "cells", "rows", "columns"]
_CORNER = re.compile(r"([A-Z]{0,3})(|[1-9][0-9]{0,6})")


def goes_on(written: str, form: Form, most: int = MAX_ROWS * MAX_COLUMNS) -> bool:
    """Whether some range of this form and of at most `most` cells begins with `written`."""
    first, colon, second = written.partition(":")
    a, b = _CORNER.fullmatch(first), _CORNER.fullmatch(second)
    if a is None or b is None or (colon and form == "cell"):
        return False
    if form in ("rows", "columns"):
        other, kept = (1, 2) if form == "rows" else (2, 1)
        if a[other] or b[other] or (colon and not a[kept]):
            return False
        lines = _rows if form == "rows" else _columns
        low = next(lines(a[kept], 1), None)
        return low is not None and (not colon or next(lines(b[kept], low), None) is not None)
    if a[2] and not a[1]:
        return False
    left, top = next(_columns(a[1], 1, bool(a[2])), None), next(_rows(a[2], 1), None)
    if left is None or top is None:
        return False
    if not colon:
        return True
    if not a[2] or (b[2] and not b[1]):
        return False
    right, bottom = next(_columns(b[1], left, bool(b[2])), None), next(_rows(b[2], top), None)
    if right is None or bottom is None:
        return False
    return (right - left + 1) * (bottom - top + 1) <= most


def is_whole(written: str, form: Form) -> bool:
    """Whether `written`, which goes on, is a range as it stands."""
    first, colon, second = written.partition(":")
    corners = [_CORNER.fullmatch(part) for part in ((first, second) if colon else (first,))]
    if any(corner is None for corner in corners) or (form in ("rows", "columns") and not colon):
        return False
    ends = []
    for corner in corners:
        assert corner is not None
        if (form != "rows" and not corner[1]) or (form != "columns" and not corner[2]):
            return False
        column = next(_columns(corner[1], 1, True), None) if corner[1] else 1
        row = int(corner[2] or 1)
        if column is None or row > MAX_ROWS:
            return False
        ends.append((column, row))
    return len(ends) == 1 or (ends[0][0] <= ends[1][0] and ends[0][1] <= ends[1][1])


def _columns(letters: str, least: int, is_whole: bool = False) -> Iterator[int]:
    """The least column (from 1) of at least `least` whose letters begin so, for each number of letters."""
    for count in (len(letters),) if is_whole else range(max(1, len(letters)), 4):
        rest = count - len(letters)
        low, high = _number(letters + "A" * rest), _number(letters + "Z" * rest)
        found = max(low, least)
        if found <= min(high, MAX_COLUMNS):
            yield found


def _rows(digits: str, least: int) -> Iterator[int]:
    """The least row of at least `least` whose digits begin so, for each number of digits."""
    if not digits:
        yield least
        return
    for rest in range(8 - len(digits)):
        low, high = int(digits) * 10**rest, int(digits) * 10**rest + 10**rest - 1
        found = max(low, least)
        if found <= min(high, MAX_ROWS):
            yield found


def _number(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number
