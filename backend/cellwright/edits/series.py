"""Series of constants as Excel's fill handle continues them.

A line of source cells is cut into runs of one kind; each run continues by itself, cycle after cycle:

- numbers: the least-squares line through them, exact where the step is constant; one number alone on the
  line is repeated, one number beside other kinds counts on by 1;
- dates: by a constant number of days, or of months where day and time agree (month ends stay month ends);
  one date counts on by a day, one time of day by an hour;
- names of weekdays and months (en-US, long and short, in the case they are written) and quarters (`Q3`);
- texts with a number behind or in front (`Item 9`, `A007`, `3 days`), and ordinals (`1st`);
- everything else repeats.

Not covered: custom lists, growth (geometric) series, names in other languages.
"""

from __future__ import annotations

import calendar
import itertools
import re
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from fractions import Fraction

from cellwright.workbook.model import Content, Value
from cellwright.workbook.number_formats import is_date_format

Continue = Callable[[int], Value]
"""The value at index j of a run, 0 being its first source cell; negative indices continue backwards."""

_LISTS = tuple(
    tuple(names.split())
    for names in (
        "Sun Mon Tue Wed Thu Fri Sat",
        "Sunday Monday Tuesday Wednesday Thursday Friday Saturday",
        "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec",
        "January February March April May June July August September October November December",
    )
)
_SHORT_MONTHS, _LONG_MONTHS = "list2", "list3"
_QUARTER = re.compile(r"(q|qtr|quarter)(\s*)([1-4])", re.IGNORECASE)
_BEHIND = re.compile(r"(.*?)([0-9]{1,15})()", re.DOTALL)
_IN_FRONT = re.compile(r"()([0-9]{1,15})(\s.*)", re.DOTALL)
_ORDINAL = re.compile(r"([0-9]{1,15})(st|nd|rd|th)", re.IGNORECASE)
_LITERALS = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?!h+\]|m+\]|s+\])[^\]]*\]', re.IGNORECASE)


def is_time_format(code: str) -> bool:
    """Whether a number format shows a time of day without a date."""
    bare = _LITERALS.sub("", code).split(";")[0].lower()
    return bool(re.search(r"[hs]", bare)) and not re.search(r"[dy]", bare)


def continued(contents: Sequence[Content], is_1904: bool = False) -> Continue:
    """The series through a line of constants: `continued(line)(i)` is the value at index i of the line.

    Index 0 is the line's first source cell; formulas on the line have no part in any series.
    """
    kinds = [_kind(content) for content in contents]
    count = len(contents)
    for place in (*range(count), *reversed(range(count))):  # May is short and long: as its neighbour is
        if kinds[place] == _SHORT_MONTHS and str(contents[place].value).casefold() == "may":
            neighbours = (kinds[max(place - 1, 0)], kinds[min(place + 1, count - 1)])
            kinds[place] = _LONG_MONTHS if _LONG_MONTHS in neighbours else _SHORT_MONTHS
    runs: list[tuple[int, int, Continue]] = []
    start = 0
    for end in range(1, count + 1):
        if end == count or kinds[end] != kinds[start]:
            series = _run(kinds[start], contents[start:end], count == 1, is_1904)
            runs.append((start, end - start, series))
            start = end
    of_position = [run for run in runs for _ in range(run[1])]

    def value(index: int) -> Value:
        cycle, position = divmod(index, count)
        first, length, series = of_position[position]
        return series(position - first + cycle * length)

    return value


def _kind(content: Content) -> str:
    value = content.value
    if content.formula is not None:
        return "formula"
    if isinstance(value, bool) or value is None:
        return "repeat"
    if isinstance(value, float | int):
        code = content.style.number_format
        if not is_date_format(code):
            return "number"
        return "time" if is_time_format(code) else "date"
    if isinstance(value, str):
        return next(
            (f"list{i}" for i, names in enumerate(_LISTS) if _place(names, value) is not None), "text"
        )
    return "repeat"


def _run(kind: str, contents: Sequence[Content], is_alone: bool, is_1904: bool) -> Continue:
    values = [content.value for content in contents]
    if kind in {"number", "date", "time"}:
        numbers = [float(value) for value in values if isinstance(value, float | int)]
        if len(numbers) == 1:
            step = Fraction(1, 24) if kind == "time" else Fraction(0 if is_alone and kind == "number" else 1)
            return _line(_exact(numbers[0]), step)
        months = _by_months(numbers, is_1904) if kind == "date" else None
        return months or _trend(numbers)
    texts = [value for value in values if isinstance(value, str)]
    if kind.startswith("list"):
        return _names(_LISTS[int(kind[4:])], texts)
    if kind == "text":
        return _texts(texts)
    return lambda j: values[j % len(values)]


def _exact(number: float) -> Fraction:
    """The number as it is shown, so that 0.1, 0.2 goes on with 0.3."""
    return Fraction(repr(number))


def _line(start: Fraction, step: Fraction) -> Continue:
    return lambda j: float(start + step * j)


def _trend(numbers: Sequence[float]) -> Continue:
    exact = [_exact(number) for number in numbers]
    count = len(exact)
    middle = Fraction(count - 1, 2)
    spread = sum((j - middle) ** 2 for j in range(count))
    step = Fraction(sum((j - middle) * number for j, number in enumerate(exact))) / spread
    start = sum(exact, Fraction(0)) / count - middle * step
    return lambda j: float(f"{float(start + step * j):.15g}")


def _by_months(numbers: Sequence[float], is_1904: bool) -> Continue | None:
    """Dates a constant number of months apart, on the same day or all on month ends; None otherwise."""
    fraction = numbers[0] % 1
    if any(number % 1 != fraction or not 61 <= number < 2_958_466 for number in numbers):
        return None
    dates = [_date(int(number), is_1904) for number in numbers]
    months = [day.year * 12 + day.month - 1 for day in dates]
    step = months[1] - months[0]
    if not step or any(after - before != step for before, after in itertools.pairwise(months)):
        return None
    are_ends = all(day.day == calendar.monthrange(day.year, day.month)[1] for day in dates)
    if not are_ends and len({day.day for day in dates}) > 1:
        return None

    def value(j: int) -> Value:
        year, month = divmod(months[0] + step * j, 12)
        if not 1900 <= year <= 9999:
            return None
        last = calendar.monthrange(year, month + 1)[1]
        day = date(year, month + 1, last if are_ends else min(dates[0].day, last))
        return float((day - _epoch(is_1904)).days) + fraction

    return value


def _epoch(is_1904: bool) -> date:
    return date(1904, 1, 1) if is_1904 else date(1899, 12, 30)


def _date(serial: int, is_1904: bool) -> date:
    return _epoch(is_1904) + timedelta(days=serial)


def _place(names: Sequence[str], text: str) -> int | None:
    folded = text.casefold()
    return next((i for i, name in enumerate(names) if name.casefold() == folded), None)


def _names(names: Sequence[str], texts: Sequence[str]) -> Continue:
    places = [place for text in texts if (place := _place(names, text)) is not None]
    steps = {(after - before) % len(names) for before, after in itertools.pairwise(places)}
    if len(steps) > 1:
        return lambda j: texts[j % len(texts)]
    step = steps.pop() if steps else 1
    cased = _case_of(texts[0])
    return lambda j: cased(names[(places[0] + step * j) % len(names)])


def _case_of(text: str) -> Callable[[str], str]:
    if text.isupper():
        return str.upper
    return str.lower if text.islower() else str


def _texts(texts: Sequence[str]) -> Continue:
    """Numbered texts count on; with one frame and a constant step as one series, else each for itself."""
    frames = [_frame(text) for text in texts]
    first = frames[0]
    if first is not None and all(frame is not None and frame[1:] == first[1:] for frame in frames):
        numbers = [frame[0] for frame in frames if frame is not None]
        steps = {after - before for before, after in itertools.pairwise(numbers)}
        if len(steps) <= 1:
            step = steps.pop() if steps else 1
            return lambda j: _framed(numbers[0] + step * j, first[1], texts[0])

    def value(j: int) -> Value:
        cycle, position = divmod(j, len(texts))
        frame = frames[position]
        return texts[position] if frame is None else _framed(frame[0] + cycle, frame[1], texts[position])

    return value


_Frame = tuple[int, tuple[str, str, str]]


def _frame(text: str) -> _Frame | None:
    """(number, (kind, what stands before it, what stands behind it)) of a numbered text."""
    if match := _QUARTER.fullmatch(text):
        return int(match[3]), ("quarter", match[1] + match[2], "")
    if match := _ORDINAL.fullmatch(text):
        return int(match[1]), ("ordinal", "", "")
    if match := _BEHIND.fullmatch(text) or _IN_FRONT.fullmatch(text):
        return int(match[2]), ("number", match[1], match[3])
    return None


def _framed(number: int, frame: tuple[str, str, str], model: str) -> str:
    kind, before, behind = frame
    if kind == "quarter":
        return f"{before}{(number - 1) % 4 + 1}"
    number = abs(number)
    if kind == "ordinal":
        ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
        return f"{number}{ending.upper() if model.isupper() else ending}"
    digits = model[len(before) : len(model) - len(behind)]
    width = len(digits) if digits.startswith("0") else 0
    return f"{before}{number:0{width}d}{behind}"
