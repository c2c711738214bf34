"""A value in its number format as text, for previews: `0.125` in `0.0%` is `12.5%`.

Covered: General, digits with grouping, decimals and scaling commas, percent, exponents, literals, sections
for negative numbers and zero, dates and times. Not covered: fractions, colours, conditions such as `[>100]`,
and the padding marks `_` and `*`, which are left out. A preview of a rare format may therefore differ from
Excel's; the value beside it is exact.
"""

from __future__ import annotations

import datetime
import re
from functools import lru_cache

from cellwright.edits.display import general_text
from cellwright.workbook.model import Value
from cellwright.workbook.number_formats import is_date_format

_PIECE = re.compile(r'"([^"]*)"|\\(.)|_.|\*.|\[[^\]]*\]')
_DATE_PIECE = re.compile(
    r'"([^"]*)"|\\(.)|\[(h+|m+|s+)\]|(AM/PM|A/P)|(y+|m+|d+|h+|s+(?:\.0+)?)|_.|\*.|\[[^\]]*\]|(.)',
    re.IGNORECASE,
)
_EPOCH = datetime.datetime(1899, 12, 30)
_EPOCH_1904 = datetime.datetime(1904, 1, 1)
_LAST_SERIAL = 2_958_466
_SHOWN_CHARACTERS = 200


def value_text(value: Value, number_format: str = "General", is_1904: bool = False) -> str:
    """The value as a cell of that format shows it; long text is cut."""
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, float | int):
        text = general_text(value)
        return text if len(text) <= _SHOWN_CHARACTERS else text[: _SHOWN_CHARACTERS - 1] + "…"
    number = float(value)
    sections = _sections(number_format)
    section, is_negative_shown = _section_of(number, sections)
    if section.strip().casefold() in {"general", "", "@"}:
        return _general(number)
    if is_date_format(section):
        return _date_text(number, section, is_1904)
    return _number_text(abs(number) if is_negative_shown else number, section)


def _general(number: float) -> str:
    """At most 11 digits, as a cell shows them."""
    if number and not 1e-9 <= abs(number) < 1e11:
        mantissa, _, power = f"{number:.5E}".partition("E")
        return f"{mantissa.rstrip('0').rstrip('.')}E{power}"
    text = f"{number:.10f}".rstrip("0").rstrip(".") if abs(number) < 1 else f"{number:.11g}"
    return "0" if text in {"-0", ""} else text


@lru_cache(maxsize=1024)
def _sections(code: str) -> tuple[str, ...]:
    """The sections between semicolons that are not inside quotes."""
    parts, start, quoted = [], 0, False
    for place, letter in enumerate(code):
        if letter == '"':
            quoted = not quoted
        elif letter == ";" and not quoted and (place == 0 or code[place - 1] != "\\"):
            parts.append(code[start:place])
            start = place + 1
    return (*parts, code[start:])


def _section_of(number: float, sections: tuple[str, ...]) -> tuple[str, bool]:
    """The section for a number, and whether it shows the sign itself."""
    if number < 0 and len(sections) > 1:
        return sections[1], True
    if number == 0 and len(sections) > 2:
        return sections[2], False
    return sections[0], False


def _number_text(number: float, section: str) -> str:
    literals: list[str] = []

    def keep(match: re.Match[str]) -> str:
        text = match[1] if match[1] is not None else match[2]
        if text is None:
            currency = re.fullmatch(r"\[\$([^-\]]*)(?:-[^\]]*)?\]", match[0])
            text = currency[1] if currency else ""
        if not text:
            return ""
        literals.append(text)
        return "\0"

    bare = _PIECE.sub(keep, section)
    digits = re.search(r"[#0?][#0?,]*(?:\.[#0?]*,*)?(?:E[+-]0+)?|\.[#0?]+", bare, re.IGNORECASE)
    if digits is None:
        return _fill(bare, literals)
    body = _digits_text(number * 100 ** bare.count("%"), digits[0])
    sign = "-" if body.startswith("-") else ""
    head, tail = bare[: digits.start()], bare[digits.end() :]
    return sign + _fill(head + body.removeprefix("-") + tail, literals)


def _digits_text(number: float, pattern: str) -> str:
    exponent = re.search(r"E[+-](0+)$", pattern, re.IGNORECASE)
    if exponent:
        decimals = pattern[: exponent.start()].partition(".")[2]
        mantissa, _, power = f"{number:.{len(decimals)}E}".partition("E")
        return f"{mantissa}E{power[0]}{abs(int(power)):0{len(exponent[1])}d}"
    whole, _, decimals = pattern.partition(".")
    scaled = decimals if decimals else whole
    number /= 1000 ** (len(scaled) - len(scaled.rstrip(",")))
    whole, decimals = whole.rstrip(","), decimals.rstrip(",")
    places = len(decimals)
    text = f"{number:{',' if ',' in whole else ''}.{places}f}"
    if places and (optional := len(decimals) - len(decimals.rstrip("#?"))):
        kept = text[: len(text) - optional]
        text = kept + text[len(kept) :].rstrip("0")
        text = text.rstrip(".") if not decimals.rstrip("#?") else text
    least = whole.count("0")
    sign = "-" if text.startswith("-") else ""
    integer, point, fraction = text.removeprefix("-").partition(".")
    integer = "" if integer == "0" and least == 0 else integer.rjust(least, "0")
    return sign + integer + point + fraction


def _fill(text: str, literals: list[str]) -> str:
    for literal in literals:
        text = text.replace("\0", literal, 1)
    return text.strip(" ")


def _date_text(number: float, section: str, is_1904: bool) -> str:
    if not 0 <= number < _LAST_SERIAL:
        return "#" * 8
    epoch = _EPOCH_1904 if is_1904 else _EPOCH
    if number < 60 and not is_1904:  # serial 60 is the day that 1900 did not have
        epoch += datetime.timedelta(days=1)
    moment = epoch + datetime.timedelta(seconds=round(number * 86400, 3))
    pieces = list(_DATE_PIECE.finditer(section))
    is_half_day = any(match[4] for match in pieces)
    out: list[str] = []
    last = ""
    for place, match in enumerate(pieces):
        literal = match[1] if match[1] is not None else match[2] if match[2] is not None else match[6]
        if literal is not None:
            out.append(literal)
        elif match[3]:
            unit = {"h": 3600, "m": 60, "s": 1}[match[3][0].lower()]
            out.append(str(int(round(number * 86400) // unit)).rjust(len(match[3]), "0"))
            last = match[3][0].lower()
        elif match[4]:
            out.append(("AM" if moment.hour < 12 else "PM")[: 1 if match[4].upper() == "A/P" else 2])
        elif match[5]:
            following = next((m[5].lower() for m in pieces[place + 1 :] if m[5]), "")
            out.append(_date_part(match[5].lower(), moment, last, following, is_half_day))
            last = match[5][0].lower()
    return "".join(out)


def _date_part(code: str, moment: datetime.datetime, last: str, following: str, is_half_day: bool) -> str:
    letter, length = code[0], len(code)
    if letter == "m" and (last == "h" or following.startswith("s")):
        return str(moment.minute).rjust(min(length, 2), "0")
    if letter == "y":
        return f"{moment.year:04d}" if length > 2 else f"{moment.year % 100:02d}"
    if letter == "m":
        name = moment.strftime("%B")
        return {1: str(moment.month), 2: f"{moment.month:02d}", 3: name[:3], 5: name[:1]}.get(length, name)
    if letter == "d":
        name = moment.strftime("%A")
        return {1: str(moment.day), 2: f"{moment.day:02d}", 3: name[:3]}.get(length, name)
    if letter == "h":
        hour = (moment.hour % 12 or 12) if is_half_day else moment.hour
        return str(hour).rjust(min(length, 2), "0")
    seconds, _, fraction = code.partition(".")
    text = str(moment.second).rjust(min(len(seconds), 2), "0")
    return text + (f".{moment.microsecond / 1e6:.{len(fraction)}f}".replace(".0.", ".") if fraction else "")
