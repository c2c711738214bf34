"""Row formulas about time: growth against the row above, days between two dates, a date so many days on."""

from __future__ import annotations

import re

from cellwright.ask.arithmetic import Names, RowFormula, is_index
from cellwright.ask.dates import date_formula, date_serial
from cellwright.ask.frames import FrameColumn
from cellwright.ask.mentions import columns_in
from cellwright.reference import Cell
from cellwright.workbook.detect import ColumnKind

_EARLIER = re.compile(
    r"\b(?:consecutive|year[- ]over[- ]year|previous|prior|month[- ]over[- ]month|each year|"
    r"annual(?:ly)? (?:change|growth)|"
    r"yearly (?:change|growth)|from (?:the )?(?:previous|prior|last)|successive|compared (?:to|"
    r"with) (?:the )?previous|annual changes?|yearly changes?)\b",
    re.I,
)
_GROWTH = re.compile(
    r"\b(?:growth|percent(?:age)? (?:change|increase|decrease|difference)|rate of (?:change|"
    r"growth)|change rate|increase rate|% change)\b",
    re.I,
)
_CHANGE = re.compile(r"\b(?:change|difference|increase|decrease|delta)s?\b", re.I)
_DAYS = re.compile(r"\b(?:number of )?(days|months|years)\b", re.I)


def by_growth(text: str, names: Names, target: str | None) -> RowFormula | None:
    """Change against the row above, as a number or a share."""
    said = f"{text} {target or ''}"
    if not (_EARLIER.search(text) or re.search(r"\bgrowth(?: rate)?\b", said, re.I)):
        return None
    is_share = bool(_GROWTH.search(said)) or bool(re.search(r"\bpercent\w*\b", said, re.I))
    is_share = is_share or bool(re.search(r"\bresults?\b[^.]*\bpercent", names.scene.request, re.I))
    if not is_share and not _CHANGE.search(said):
        return None
    column = _measure(text, names)
    if column is None:
        return None
    now, before = names.cell(column, 1), names.cell(column)
    if not is_share:
        return RowFormula(f"{now}-{before}", 1)
    change = f"({now}-{before})/{before}"
    is_hundred = bool(re.search(r"\*\s*100\b", text))
    if is_hundred:
        change = f"{change}*100"
    if re.search(r"\bif\b.*\bnot\b.*\b0(?:\.0)?\b|\bavoid\b.*\bzero\b", text, re.I):
        change = f'IF({before}<>0,{change},"")'
    return RowFormula(change, 1, None if is_hundred else "0.00%")


def _measure(text: str, names: Names) -> FrameColumn | None:
    """The numeric column that a text speaks of first, not the target."""
    found = [m for m in columns_in(text, names.frame) if m.column != names.skip]
    numeric = [m for m in found if m.column.kind is ColumnKind.NUMBER and not is_index(m.column)]
    if numeric:
        return numeric[0].column
    return found[0].column if found else None


def by_days(text: str, names: Names, target: str | None) -> RowFormula | None:
    """Days, months or years between two dates of a row, or between a row's date and one that is given."""
    unit = _DAYS.search(text)
    if unit is None or not re.search(
        r"\bbetween\b|\bsince\b|\buntil\b|\bfrom\b.*\bto\b|\belapsed\b|\bpassed\b", text, re.I
    ):
        return None
    dates = [m for m in columns_in(text, names.frame) if m.column.kind is ColumnKind.DATE]
    if not dates:
        return None
    serial = date_serial(text)
    if serial is not None:
        given = re.search(r"\d{4}[/.-]\d|\b[A-Z][a-z]+ \d{1,2}, \d{4}|\d{1,2}[/.-]\d{1,2}[/.-]\d{4}", text)
        ends = [date_formula(serial), names.cell(dates[0].column)]
        if given is not None and given.start() > dates[0].start:
            ends.reverse()
    elif re.search(r"\btoday\b", text, re.I):
        ends = [names.cell(dates[0].column), "TODAY()"]
    elif len(dates) > 1:
        ends = [names.cell(dates[0].column), names.cell(dates[1].column)]
    else:
        return None
    if serial is not None and re.search(r"\bbetween\b", text, re.I):
        ends = _forward(ends, dates[0].column, serial, names)
    if unit[1].lower() == "days":
        return RowFormula(f"{ends[1]}-{ends[0]}", 0, "0")
    code = "M" if unit[1].lower() == "months" else "Y"
    return RowFormula(f'DATEDIF({ends[0]},{ends[1]},"{code}")', 0, "0")


def _forward(ends: list[str], column: FrameColumn, serial: float, names: Names) -> list[str]:
    """The two ends in the order that counts most of the rows upwards."""
    held = [v for v in names.frame.values(names.scene.snapshot, column) if isinstance(v, float)]
    earlier = sum(value < serial for value in held) * 2 > len(held)
    cell = names.cell(column)
    given = next((end for end in ends if end != cell), ends[0])
    return [cell, given] if earlier else [given, cell]


_DUE = re.compile(
    r"\b(?:maturity|due|end|expir\w+|delivery|completion|finish|return|deadline|"
    r"payment)\b(?: \w+)? dates?\b|\bdeadline\b",
    re.I,
)
_TERM = frozenset(("day", "term", "duration", "length"))


def by_term(text: str, names: Names, target: str | None) -> RowFormula | None:
    """A date so many days after the row's only date: maturity, due and end dates."""
    if not _DUE.search(f"{target or ''} {text}"):
        return None
    columns = [column for column in names.frame.columns if column != names.skip and column.is_filled]
    dates = [column for column in columns if column.kind is ColumnKind.DATE]
    terms = [c for c in columns if c.kind is ColumnKind.NUMBER and not _TERM.isdisjoint(c.stems)]
    if len(dates) != 1 or len(terms) != 1:
        return None
    style = (
        names.scene.snapshot.sheet(names.frame.sheet).content(Cell(names.frame.first, dates[0].column)).style
    )
    return RowFormula(f"{names.cell(dates[0])}+{names.cell(terms[0])}", 0, style.number_format)
