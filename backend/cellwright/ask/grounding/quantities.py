"""Numbers and dates in text, as people of several languages write them.

Covered: `1,234.5`, `1.234,5`, `1 234`, `3,5`, percent and money signs, number words and ordinals in English,
`12 million`; dates as `4 March 1803`, `March 4, 1803`, `1803-03-04`, `4.3.1803`, `3/4/1803` (month first
unless it can't be), `March 1803`, with month names in English, German, French, Spanish, Italian, Dutch and
Portuguese. Not covered: other calendars, Roman numerals.
"""

from __future__ import annotations

import datetime
import re
from functools import lru_cache
from typing import NamedTuple

from cellwright.ask.grounding.text import fold

_NUMBER = re.compile(r"\d+(?:[.,\u00a0\u202f' ]\d{3})+(?:[.,]\d+)?(?!\d)|\d+(?:[.,]\d+)?")
_ORDINAL = re.compile(r"(\d+)(?:st|nd|rd|th)\b")
_CLOCK = re.compile(r"(?<![\d:])(?:(\d{1,2}):)?(\d{1,2}):(\d{2}(?:\.\d+)?)(?![\d:])")
_SCALE = {"thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12, "mio": 1e6, "mrd": 1e9}

_UNIT_TEXT = """
zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
seventeen eighteen nineteen twenty
"""
_UNITS = _UNIT_TEXT.split()
_TENS = {"thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90}
NUMBER_WORDS = (
    {word: float(i) for i, word in enumerate(_UNITS)}
    | {word: float(n) for word, n in _TENS.items()}
    | {"hundred": 100.0, "thousand": 1000.0, "dozen": 12.0, "once": 1.0, "twice": 2.0}
)
_ORDINAL_TEXT = """
first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth
"""
ORDINAL_WORDS = {word: float(i) for i, word in enumerate(_ORDINAL_TEXT.split(), 1)}

_MONTH_NAMES = (
    "january jan januar janvier janv enero ene gennaio gen januari janeiro",
    "february feb februar fevrier fevr febrero febbraio februari fevereiro fev",
    "march mar marz mars marzo maart mrt marco",
    "april apr avril abril aprile abr",
    "may mai mayo maggio mag mei maio",
    "june jun juni juin junio giugno giu junho",
    "july jul juli juillet juil julio luglio lug julho",
    "august aug aout agosto ago augustus",
    "september sep sept septembre septiembre settembre set setembro",
    "october oct oktober okt octobre octubre ottobre ott outubro out",
    "november nov novembre noviembre novembro",
    "december dec dezember dez decembre diciembre dic dicembre dezembro",
)
MONTHS = {name: number for number, names in enumerate(_MONTH_NAMES, 1) for name in names.split()}
_MONTH = "|".join(sorted(MONTHS, key=len, reverse=True))
_YEAR = r"(?P<y>1[0-9]{3}|20[0-9]{2})"
_DATES = tuple(
    re.compile(pattern)
    for pattern in (
        rf"\b{_YEAR}-(?P<m>\d{{1,2}})-(?P<d>\d{{1,2}})\b",
        rf"\b(?P<d>\d{{1,2}})(?:st|nd|rd|th)?\.?(?:-| (?:of |de )?|)(?P<M>{_MONTH})\b\.?"
        rf"(?:,|-| (?:de )?)*{_YEAR}?(?!\d)",
        rf"\b(?P<M>{_MONTH})\b\.?[ -](?P<d>\d{{1,2}})(?:st|nd|rd|th)?(?!\d)(?:,? ?{_YEAR})?(?!\d)",
        rf"\b(?P<d>\d{{1,2}})\.(?P<m>\d{{1,2}})\.{_YEAR}\b",
        rf"\b(?P<a>\d{{1,2}})/(?P<b>\d{{1,2}})/{_YEAR}\b",
        rf"\b(?P<M>{_MONTH})\b\.?,?(?: (?:of |de )?|-){_YEAR}\b",
    )
)
_MONTH_ALONE = re.compile(rf"\b({_MONTH})\b")
_YEAR_ALONE = re.compile(rf"(?<![\d,.]){_YEAR}(?!\d|,\d|\.\d)")


class Day(NamedTuple):
    """A date of which some parts may be unknown (None)."""

    year: int | None
    month: int | None
    day: int | None

    @property
    def key(self) -> float:
        """A number that grows with the date: years, with months as twelfths; unknown parts count as least."""
        return (self.year or 0) + ((self.month or 1) - 1) / 12 + ((self.day or 1) - 1) / 372

    def covers(self, other: Day) -> bool:
        """Whether every part known here is the same there."""
        return all(mine is None or mine == theirs for mine, theirs in zip(self, other, strict=True))


@lru_cache(maxsize=65536)
def read_number(text: str) -> float | None:
    """The number that a numeral stands for; separators are told apart by their places."""
    plain = re.sub("[\u00a0\u202f' ]", "", text)
    dot, comma = plain.rfind("."), plain.rfind(",")
    if dot >= 0 and comma >= 0:
        thousands, decimal = (",", ".") if dot > comma else (".", ",")
        plain = plain.replace(thousands, "").replace(decimal, ".")
    elif comma >= 0:
        is_grouped = re.fullmatch(r"[1-9]\d{0,2}(?:,\d{3})+", plain) is not None
        plain = plain.replace(",", "" if is_grouped or plain.count(",") > 1 else ".")
    elif plain.count(".") > 1:
        plain = plain.replace(".", "")
    try:
        return float(plain)
    except ValueError:
        return None


@lru_cache(maxsize=65536)
def numbers_in(text: str) -> tuple[float, ...]:
    """Every number of a text in order; a sign counts where no digit or letter stands before it."""
    folded = fold(text)
    clock = _CLOCK.search(folded)
    if clock and "-" not in folded:
        hours, minutes, seconds = (float(part or 0) for part in clock.groups())
        return (hours * 3600 + minutes * 60 + seconds,)
    found = []
    for match in _NUMBER.finditer(folded):
        value = read_number(match[0])
        if value is None:
            continue
        before, after = folded[: match.start()], folded[match.end() :].lstrip()
        if before.endswith("-") and not re.search(r"[\w)%]\s?-$", before):
            value = -value
        scale = next((factor for word, factor in _SCALE.items() if after.startswith(word)), 1.0)
        found.append(value * scale)
    return tuple(found)


@lru_cache(maxsize=65536)
def read_day(text: str) -> Day | None:
    """The first date of a text that has at least a month and a day or a month and a year; else None."""
    folded = fold(text)
    for pattern in _DATES:
        match = pattern.search(folded)
        if not match:
            continue
        parts = match.groupdict()
        month = MONTHS[parts["M"]] if parts.get("M") else int(parts.get("m") or 0)
        day = int(parts.get("d") or 0)
        if "a" in parts:
            month, day = int(parts["a"]), int(parts["b"])
            if month > 12:
                month, day = day, month
        year = parts.get("y")
        if 1 <= month <= 12 and day <= 31:
            return Day(int(year) if year else None, month, day or None)
    return None


def day_of_serial(serial: float, is_1904: bool = False) -> Day:
    """The date of Excel's serial number (days since the workbook's epoch)."""
    epoch = datetime.date(1904, 1, 1) if is_1904 else datetime.date(1899, 12, 30)
    date = epoch + datetime.timedelta(days=int(serial))
    return Day(date.year, date.month, date.day)


def year_in(text: str) -> int | None:
    """The first year from 1000 to 2099 of a text."""
    match = _YEAR_ALONE.search(fold(text))
    return int(match[1]) if match else None


def month_in(text: str) -> int | None:
    """The first month that a text names."""
    match = _MONTH_ALONE.search(fold(text))
    return MONTHS[match[1]] if match else None


def ordinal_of(token: str) -> float | None:
    """`3rd` or `third` -> 3."""
    match = _ORDINAL.fullmatch(token)
    return float(match[1]) if match else ORDINAL_WORDS.get(token)
