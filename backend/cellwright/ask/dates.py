"""Dates in instructions, as Excel's serial numbers (of the 1900 system)."""

from __future__ import annotations

import datetime
import re

from cellwright.ask.grounding.quantities import MONTHS, read_day
from cellwright.ask.grounding.text import fold

_EPOCH = datetime.date(1899, 12, 30)
_YEAR_FIRST = re.compile(r"\b(\d{4})[/.-](\d{1,2})[/.-](\d{1,2})\b")


def date_serial(text: str) -> float | None:
    """The serial of the first whole date of a text (`2015/07/01`, `July 1, 2015`, `1.7.2015`)."""
    match = _YEAR_FIRST.search(text)
    if match:
        parts: tuple[int | None, ...] = (int(match[1]), int(match[2]), int(match[3]))
    else:
        day = read_day(text)
        if day is None:
            return None
        parts = tuple(day)
    year, month, number = parts
    if year is None or month is None or number is None:
        return None
    try:
        return float((datetime.date(year, month, number) - _EPOCH).days)
    except ValueError:
        return None


def period_edge(year: int, month: int | None, *, last: bool) -> float:
    """The serial of the first or last day of a month, or of a year."""
    if not last:
        day = datetime.date(year, month or 1, 1)
    elif month is None or month == 12:
        day = datetime.date(year, 12, 31)
    else:
        day = datetime.date(year, month + 1, 1) - datetime.timedelta(days=1)
    return float((day - _EPOCH).days)


def month_of(text: str) -> int | None:
    """The first month that a text names; `may` and `march` only with a capital or alone."""
    for match in re.finditer(r"[^\W\d_]+", text):
        word = fold(match[0])
        if word in MONTHS and len(word) >= 3 and (word not in ("may", "march") or match[0][0].isupper()):
            return MONTHS[word]
    return None


def date_formula(serial: float) -> str:
    """`DATE(2015,7,1)`."""
    day = _EPOCH + datetime.timedelta(days=int(serial))
    return f"DATE({day.year},{day.month},{day.day})"
