"""The lexicon of instructions, written by hand in English: colours, number formats, functions, synonyms."""

from __future__ import annotations

import re

COLORS = {
    "light green": "#C6EFCE",
    "light red": "#FFC7CE",
    "light yellow": "#FFEB9C",
    "light blue": "#BDD7EE",
    "light gray": "#D9D9D9",
    "light grey": "#D9D9D9",
    "dark red": "#C00000",
    "dark blue": "#002060",
    "dark green": "#00B050",
    "red": "#FF0000",
    "green": "#00FF00",
    "yellow": "#FFFF00",
    "blue": "#0000FF",
    "orange": "#FFC000",
    "purple": "#7030A0",
    "violet": "#7030A0",
    "pink": "#FF99CC",
    "black": "#000000",
    "white": "#FFFFFF",
    "gray": "#808080",
    "grey": "#808080",
    "brown": "#993300",
    "cyan": "#00FFFF",
    "teal": "#008080",
    "gold": "#FFD700",
    "magenta": "#FF00FF",
}
COLOR = re.compile(r"#[0-9a-f]{6}\b|\b(?:" + "|".join(sorted(COLORS, key=len, reverse=True)) + r")\b", re.I)

NUMBER_FORMATS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"\baccounting\b", re.I), '_($* #,##0.00_);_($* (#,##0.00);_($* "-"??_);_(@_)'),
    (re.compile(r"\b(?:currency|dollars?|usd|monetary)\b", re.I), "$#,##0.00"),
    (re.compile(r"\beuros?\b|€", re.I), '#,##0.00 "€"'),
    (re.compile(r"\bpercent(?:age)?s?\b", re.I), "0.00%"),
    (re.compile(r"\b(?:thousands? separators?|comma(?: style)?|separate thousands)\b", re.I), "#,##0"),
    (re.compile(r"\bscientific\b", re.I), "0.00E+00"),
    (re.compile(r"\b(?:short date|date)\b", re.I), "m/d/yyyy"),
    (re.compile(r"\blong date\b", re.I), "dddd, mmmm dd, yyyy"),
    (re.compile(r"\b(?:integers?|whole numbers?|no decimals?)\b", re.I), "0"),
    (re.compile(r"\btext\b", re.I), "@"),
    (re.compile(r"\bgeneral\b", re.I), "General"),
)
_DECIMALS = re.compile(r"\b(\d+|one|two|three|four|no)\s+(?:decimals?|decimal places?|digits? after)\b", re.I)
_WORD_NUMBERS = {
    "no": 0,
    "a": 1,
    "one": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "nine": 9,
    "ten": 10,
}

AGGREGATES: tuple[tuple[str, str], ...] = (
    (
        r"(?:number|count) of (?:the )?(?:distinct|unique|different)|count (?:the )?(?:distinct|"
        r"unique)|how many (?:distinct|unique|different)",
        "distinct",
    ),
    (r"averages?|mean|on average", "average"),
    (r"medians?", "median"),
    (r"maximum|max|largest|highest|greatest|biggest|longest|latest", "max"),
    (r"minimum|min|smallest|lowest|least|shortest|nearest|earliest", "min"),
    (r"standard deviation|std\.? ?dev|stdev", "stdDev"),
    (r"variance", "var"),
    (
        r"(?:how many times|how often|number of (?:times|occurrences|rows|records|entries)|"
        r"occurrences?|frequenc(?:y|ies)|counts?|counting|tally|number of|how many)",
        "count",
    ),
    (r"totals?|sums?|summing|sum up|add up|summari[sz]e|aggregate", "sum"),
)
FUNCTION = {
    "sum": "SUM",
    "average": "AVERAGE",
    "median": "MEDIAN",
    "max": "MAX",
    "min": "MIN",
    "count": "COUNT",
    "stdDev": "STDEV",
    "var": "VAR",
    "product": "PRODUCT",
}
_AGGREGATE = tuple((re.compile(rf"\b(?:{pattern})\b", re.I), name) for pattern, name in AGGREGATES)

SYNONYMS: tuple[frozenset[str], ...] = tuple(
    frozenset(group.split())
    for group in (
        "revenue sale turnover income",
        "quantity qty unit amount count",
        "amount net gross revenue sale",
        "cost cog expense",
        "id identifier no number code",
        "employee staff worker person",
        "customer client buyer",
        "gender sex",
        "price rate charge",
        "name title",
        "date day",
        "education educational",
        "product item article",
        "website site web",
        "vendor supplier",
        "salary pay wage",
        "phone telephone",
        "mail email",
        "earning profit",
    )
)
"""Words that may stand for one another in the name of a column."""


def color_in(text: str) -> str | None:
    """The first colour of a text as `#RRGGBB`."""
    match = COLOR.search(text)
    if match is None:
        return None
    found = match[0].lower()
    return found.upper() if found.startswith("#") else COLORS[found]


def number_format_in(text: str) -> str | None:
    """The number format that a text asks for."""
    for pattern, code in NUMBER_FORMATS:
        if pattern.search(text):
            return with_decimals(code, decimals_in(text))
    places = decimals_in(text)
    return None if places is None else with_decimals("0.00", places)


def decimals_in(text: str) -> int | None:
    """`two decimal places` -> 2."""
    match = _DECIMALS.search(text)
    return None if match is None else small_number(match[1])


def with_decimals(code: str, places: int | None) -> str:
    """A format code with that many decimals."""
    if places is None:
        return code
    digits = "." + "0" * places if places else ""
    if re.search(r"\.0+", code):
        return re.sub(r"\.0+", digits, code)
    return re.sub(r"0(?![#,0])(?=[^0]*$)", "0" + digits, code, count=1) if places else code


def small_number(text: str) -> int | None:
    """`3` or `three` -> 3."""
    if text.isdigit():
        return int(text)
    return _WORD_NUMBERS.get(text.lower())


def aggregate_in(text: str) -> tuple[str, int, int] | None:
    """(function, start, end) of the first aggregate that a text names; the longer of two at one place."""
    best: tuple[int, int, str] | None = None
    for pattern, name in _AGGREGATE:
        match = pattern.search(text)
        if match and (best is None or (match.start(), -match.end()) < (best[0], -best[1])):
            best = match.start(), match.end(), name
    return None if best is None else (best[2], best[0], best[1])


def without_aggregates(text: str) -> str:
    """The text without the words that name an aggregate, which may be headers of a summary elsewhere too."""
    for pattern, _ in _AGGREGATE:
        text = pattern.sub(" ", text)
    return text


def are_synonyms(word: str, other: str) -> bool:
    """Whether two stems may name the same thing."""
    return any(word in group and other in group for group in SYNONYMS)
