"""Excel's built-in number formats by id (ECMA-376 part 1, 18.8.30, the en-US codes)."""

from __future__ import annotations

import re
from functools import lru_cache

BUILT_IN = {
    0: "General",
    1: "0",
    2: "0.00",
    3: "#,##0",
    4: "#,##0.00",
    5: '"$"#,##0_);\\("$"#,##0\\)',
    6: '"$"#,##0_);[Red]\\("$"#,##0\\)',
    7: '"$"#,##0.00_);\\("$"#,##0.00\\)',
    8: '"$"#,##0.00_);[Red]\\("$"#,##0.00\\)',
    9: "0%",
    10: "0.00%",
    11: "0.00E+00",
    12: "# ?/?",
    13: "# ??/??",
    14: "m/d/yyyy",
    15: "d-mmm-yy",
    16: "d-mmm",
    17: "mmm-yy",
    18: "h:mm AM/PM",
    19: "h:mm:ss AM/PM",
    20: "h:mm",
    21: "h:mm:ss",
    22: "m/d/yyyy h:mm",
    37: "#,##0_);(#,##0)",
    38: "#,##0_);[Red](#,##0)",
    39: "#,##0.00_);(#,##0.00)",
    40: "#,##0.00_);[Red](#,##0.00)",
    41: '_(* #,##0_);_(* \\(#,##0\\);_(* "-"_);_(@_)',
    42: '_("$"* #,##0_);_("$"* \\(#,##0\\);_("$"* "-"_);_(@_)',
    43: '_(* #,##0.00_);_(* \\(#,##0.00\\);_(* "-"??_);_(@_)',
    44: '_("$"* #,##0.00_);_("$"* \\(#,##0.00\\);_("$"* "-"??_);_(@_)',
    45: "mm:ss",
    46: "[h]:mm:ss",
    47: "mm:ss.0",
    48: "##0.0E+0",
    49: "@",
}

_EAST_ASIAN_DATES = frozenset({*range(27, 37), *range(50, 59)})


def built_in(number: int) -> str:
    """The code of a built-in format; ids that depend on the locale give the en-US short date or General."""
    if number in BUILT_IN:
        return BUILT_IN[number]
    return "m/d/yyyy" if number in _EAST_ASIAN_DATES else "General"


_QUOTED = re.compile(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]')
_ELAPSED = re.compile(r"\[(?:h+|m+|s+)\]", re.IGNORECASE)
_DATE_LETTERS = re.compile(r"[ymdhse]", re.IGNORECASE)


@lru_cache(maxsize=4096)
def is_date_format(code: str) -> bool:
    """Whether a number format shows a date or a time (judged by its first section)."""
    section = code.split(";", 1)[0]
    if _ELAPSED.search(section):
        return True
    bare = _QUOTED.sub("", section)
    if bare.strip().casefold() == "general" or re.search(r"[#0?]E[+-]", bare, re.IGNORECASE):
        return False
    return bool(_DATE_LETTERS.search(bare)) and not re.search(r"[#?]", bare)
