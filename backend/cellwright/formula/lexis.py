"""The lexical pieces of Excel's formula language, as regular expression sources shared by every scanner.

`tokens` takes formulas apart with all of them; `r1c1` and `shift` rewrite references in place with the few
they need, because a hundred thousand formulas have to be rewritten in a second or two. What a piece matches
is written once, here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

STRING = r'"(?:[^"]|"")*"'
WORD_CHARACTER = r"[\w.?\\]"
# A sheet's name needs no quotes for letters and symbols of any script; of ASCII few characters will do.
SHEET_CHARACTER = r"[\w.?\\\u00a1-\u1fff\u2010-\u2027\u2030-\u205e\u2060-\u2fff\u3001-\U0010ffff]"
WORD = r"[^\W\d]" + WORD_CHARACTER + r"*|\\" + WORD_CHARACTER + r"*"
QUOTED = r"'(?:[^']|'')*'"
_AREA_AHEAD = r"(?=\$?[A-Za-z]{1,3}\$?[1-9]|\$?[A-Za-z]{1,3}:|\$?[1-9][0-9]*:|\#REF!)"
# An unquoted prefix may be 3-D (`Jan:Mar!`), external (`[1]Sheet!`, `[1]!`) or DDE (`app|topic!`).
PREFIX = (
    rf"(?:{WORD_CHARACTER}+\|)?{QUOTED}!"
    rf"|(?:\[[^\[\]]*\])?{SHEET_CHARACTER}+(?:[:|]{SHEET_CHARACTER}+)?!"
    r"|\[[^\[\]]*\]!"
    rf"|\#REF!{_AREA_AHEAD}"
)
NOT_IN_WORD = r"(?<![\w.?\\$])"
WORD_ENDS = r"(?![\w.?\\(!\[])"
CELL = r"\$?[A-Za-z]{1,3}\$?[1-9][0-9]{0,6}"
COLUMNS = r"\$?[A-Za-z]{1,3}:\$?[A-Za-z]{1,3}"
ROWS = r"\$?[1-9][0-9]{0,6}:\$?[1-9][0-9]{0,6}"
# Two levels of brackets; a quote escapes the character after it (`Table['#Sold]`).
BRACKETS = r"\[(?:[^\[\]']|'.|\[(?:[^\[\]']|'.)*\])*\]"
NUMBER = r"(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
ERROR = (
    r"\#(?:NULL!|DIV/0!|VALUE!|REF!|NAME\?|NUM!|N/A|GETTING_DATA|SPILL!|CALC!|FIELD!|BLOCKED!|CONNECT!"
    r"|UNKNOWN!|BUSY!|PYTHON!|EXTERNAL!)"
)


@dataclass(frozen=True, slots=True)
class SheetPrefix:
    """What stands before `!`: a sheet, two sheets (3-D), and a workbook where the reference leaves this one.

    `workbook` is the text that names it: `1` of `[1]Sheet!`, `C:\\dir\\[Book.xlsx]` without its brackets,
    or an `app|topic` of DDE. A deleted sheet is `#REF`.
    """

    sheet: str | None
    last_sheet: str | None = None
    workbook: str | None = None

    @property
    def is_local(self) -> bool:
        """Names one existing sheet of the formula's own workbook."""
        return (
            self.workbook is None
            and self.last_sheet is None
            and self.sheet is not None
            and self.sheet != "#REF"
        )


_BOOK = re.compile(r"(.*)\[([^\[\]]*)\](.*)", re.DOTALL)


@lru_cache(maxsize=4096)
def read_prefix(text: str) -> SheetPrefix:
    """Take a prefix (its `!` included) such as `'Q1 plan'!`, `Jan:Mar!` or `'[Book.xlsx]A'!` apart."""
    body = text[:-1]
    if "|" in body:
        return SheetPrefix(None, None, body)
    if body.startswith("'"):
        body = body[1:-1].replace("''", "'")
    workbook = None
    if match := _BOOK.fullmatch(body):
        workbook, body = match[1] + match[2], match[3]
    elif "\\" in body or "/" in body:
        return SheetPrefix(None, None, body)
    first, _, last = body.partition(":")
    return SheetPrefix(first or None, last or None, workbook)
