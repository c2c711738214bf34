"""Arithmetic in signs over the columns of a row: `Sales - COGS`, `price * (1 - discount)`.

Names are columns, rates that the request states, or values looked up in another table by a key that both
have.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from cellwright.ask.frames import Frame, FrameColumn
from cellwright.ask.grounding.text import stems
from cellwright.ask.mentions import columns_in, name_score
from cellwright.ask.rules import number_text
from cellwright.ask.scene import Scene
from cellwright.reference import column_index, column_letters, quote_sheet
from cellwright.workbook.detect import ColumnKind

_WORDS: tuple[tuple[str, str], ...] = (
    (r"\braised to the power of\b|\bto the power of\b|\braised to\b", "^"),
    (r"\bmultiplied (?:by|with)\b|\btimes\b", "*"),
    (r"\bdivided (?:by|with)\b", "/"),
    (r"\bplus\b|\badded to\b", "+"),
    (r"\bminus\b|\bless\b", "-"),
)


@dataclass(frozen=True)
class RowFormula:
    """A formula for the first row of a frame's body, with what its results are (`number_format`).

    `starts` is how many rows below that row it begins: 1 where it reads the row above.
    """

    text: str
    starts: int = 0
    number_format: str | None = None
    reads: tuple[FrameColumn, ...] = ()


class NotArithmetic(ValueError):
    """A text that is no expression over the columns."""


@dataclass
class Names:
    """What names stand for in one row of a frame: a column, a rate, a value looked up elsewhere."""

    scene: Scene
    frame: Frame
    skip: FrameColumn | None = None
    row: int | None = None
    sheet: str | None = None
    """The sheet that the formula stands on, where it is not the frame's."""

    def __post_init__(self) -> None:
        self.reads: list[FrameColumn] = []
        self._depth = 0

    def cell(self, column: FrameColumn, offset: int = 0) -> str:
        """The reference to a column in the first row."""
        self.reads.append(column)
        row = (self.frame.first if self.row is None else self.row) + offset
        prefix = (
            ""
            if self.sheet is None or self.sheet == self.frame.sheet
            else f"{quote_sheet(self.frame.sheet)}!"
        )
        return f"{prefix}{column_letters(column.column)}{row + 1}"

    def resolve(self, name: str) -> str:
        """A name as formula text; raises NotArithmetic."""
        lettered = re.fullmatch(r"\s*(?:the\s+)?column\s+([A-Z]{1,2})\b.*", name)
        if lettered:
            held = self.frame.at(column_index(lettered[1]))
            if held is not None:
                return self.cell(held)
        exact = next((c for c in self.frame.columns if c != self.skip and name_score(name, c) >= 0.97), None)
        if exact is not None and (exact.is_filled or self.scene.facts.rates.get(name) is None):
            return self.cell(exact)
        whole = _WHOLE_COLUMN.match(name)
        if whole and all(name_score(name, c) < 0.75 for c in self.frame.columns):
            named = self._column(_bare(whole["name"]))
            if named is not None and named.is_filled:
                self.reads.append(named)
                return f"{_AGGREGATE[whole['how'].lower()[:3]]}({_fixed(self.frame, named)})"
        plain = _bare(name)
        column = self._column(plain)
        if column is not None and column.is_filled:
            return self.cell(column)
        rate = self.scene.facts.rate(plain) if len(plain) > 2 else self.scene.facts.rates.get(plain)
        if rate is not None and (column is None or not column.is_filled):
            return number_text(rate)
        if self._depth < 4:
            defined = self._defined(plain)
            if defined is not None:
                return f"({defined})"
        found = self.lookup(plain)
        if found is not None:
            return found
        if column is not None:
            return self.cell(column)
        raise NotArithmetic(f"expected a column or a rate, got {name[:40]!r}")

    def _column(self, name: str) -> FrameColumn | None:
        scored = [(name_score(name, column), column) for column in self.frame.columns if column != self.skip]
        best = max((score for score, _ in scored), default=0.0)
        if best >= 0.62:
            return next(column for score, column in scored if score == best)
        if re.fullmatch(r"[a-z]", name, re.I):
            initial = [
                column
                for column in self.frame.columns
                if column != self.skip and column.name[:1].casefold() == name.casefold()
            ]
            if len(initial) == 1:
                return initial[0]
        found = [m for m in columns_in(name, self.frame, 0.8) if m.column != self.skip]
        return (
            found[0].column
            if len(found) == 1 and len(stems(name)) <= len(found[0].column.stems) + 2
            else None
        )

    def _defined(self, name: str) -> str | None:
        """The value of a name that the request defines by a formula."""
        for defined, body in self.scene.facts.formulas.items():
            words, wanted = stems(defined), stems(name)
            if words == wanted and body:
                self._depth += 1
                try:
                    return expression(body, self)
                except NotArithmetic:
                    return None
                finally:
                    self._depth -= 1
        return None

    def lookup(self, name: str) -> str | None:
        """A value of another table by the column that both tables have: `INDEX(..., MATCH(...))`."""
        best: tuple[float, str] | None = None
        for sheet in self.scene.snapshot.sheets:
            if sheet.name == self.frame.sheet:
                continue
            for other in self.scene.frames(sheet.name):
                for column in other.columns:
                    score = name_score(name, column)
                    key = _shared_key(self.frame, other, column, self.skip)
                    if score >= 0.7 and key is not None and (best is None or score > best[0]):
                        mine, theirs = key
                        values, keys = (_whole(other, one) for one in (column, theirs))
                        best = score, f"INDEX({values},MATCH({self.cell(mine)},{keys},0))"
        return None if best is None else best[1]


def _shared_key(
    frame: Frame, other: Frame, column: FrameColumn, skip: FrameColumn | None
) -> tuple[FrameColumn, FrameColumn] | None:
    for theirs in other.columns:
        if theirs.column == column.column:
            continue
        for mine in frame.columns:
            if mine != skip and mine.stems == theirs.stems and mine.stems:
                return mine, theirs
    return None


_WHOLE_COLUMN = re.compile(
    r"^\s*(?:the\s+)?(?:(?:grand|overall)\s+)?(?P<how>sum|total|average|mean|maximum|max|minimum|min|"
    r"largest|highest|"
    r"smallest|lowest)\s+(?:of\s+)?(?:the\s+|all\s+)*(?P<name>\S.*)$",
    re.I,
)
_AGGREGATE = {
    "sum": "SUM", "tot": "SUM", "ave": "AVERAGE", "mea": "AVERAGE", "max": "MAX", "lar": "MAX", "hig": "MAX",
    "min": "MIN", "sma": "MIN", "low": "MIN",
}  # fmt: skip


def _fixed(frame: Frame, column: FrameColumn) -> str:
    """The body of a column of the same sheet, pinned."""
    return f"${column.letters}${frame.first + 1}:${column.letters}${frame.last + 1}"


def _whole(frame: Frame, column: FrameColumn) -> str:
    letters = column_letters(column.column)
    return f"{quote_sheet(frame.sheet)}!${letters}${frame.first + 1}:${letters}${frame.last + 1}"


def _bare(name: str) -> str:
    text = re.sub(
        r"^\s*(?:(?:the|a|an|each|its|their|corresponding|current|value|values|of|in|column|"
        r"columns|respective)\s+)+",
        "",
        name,
        flags=re.I,
    )
    text = re.sub(
        r"\s+(?:columns?|values?|in (?:each|the same|every) row|for each \w+|of each \w+)$",
        "",
        text.strip(),
        flags=re.I,
    )
    return text.strip(" .,;:\"“”'[]")


def expression(text: str, names: Names) -> str:
    """An expression in signs (and words for signs) as formula text; raises NotArithmetic."""
    text = (
        text.replace("–", "-")
        .replace("−", "-")
        .replace("×", "*")
        .replace("÷", "/")
        .replace("[", "(")
        .replace("]", ")")
    )
    text = re.sub(r"(?<=[\w)])\s+x\s+(?=[\w(])", " * ", text)
    for pattern, sign in _WORDS:
        text = re.sub(pattern, f" {sign} ", text, flags=re.I)
    found = _pieces(text, names)
    formula = "".join(found)
    if not found or formula.count("(") != formula.count(")"):
        raise NotArithmetic(f"expected an expression, got {text[:60]!r}")
    return formula


def _pieces(text: str, names: Names) -> list[str]:
    """The signs, numbers and names of an expression, names resolved whole: `Long-term Debt` is one name."""
    pieces: list[str] = []
    rest = text.strip()
    while rest:
        column = _leading_column(rest, names)
        if column is not None:
            mention, length = column
            pieces.append(mention)
            rest = rest[length:].lstrip()
            continue
        match = re.match(r"[()+*/^]|-", rest)
        if match:
            pieces.append(match[0])
            rest = rest[match.end() :].lstrip()
            continue
        number = re.match(r"[$€£]?\s?(\d[\d,]*(?:\.\d+)?)\s*(%|percent\b)?", rest)
        if number:
            value = float(number[1].replace(",", ""))
            pieces.append(number_text(value / 100 if number[2] else value))
            rest = rest[number.end() :].lstrip()
            continue
        name = re.match(r"[^()+*/^]+?(?=\s*[()+*/^]|\s+-\s*|\s*-\s+|$)", rest)
        if name is None or not name[0].strip():
            raise NotArithmetic(f"expected a name, got {rest[:30]!r}")
        pieces.append(names.resolve(name[0]))
        rest = rest[name.end() :].lstrip()
    return pieces


def _leading_column(text: str, names: Names) -> tuple[str, int] | None:
    """A column whose very name the text begins with, longest first (it may hold signs of its own)."""
    folded = re.sub(r"^(?:the|each)\s+", "", text.casefold())
    skipped = len(text) - len(folded)
    for column in sorted(names.frame.columns, key=lambda one: -len(one.name)):
        name = column.name.casefold()
        if column == names.skip or len(name) < 2 or not folded.startswith(name):
            continue
        end = len(name)
        if folded[end : end + 1].isalnum():
            continue
        after = re.match(r"\s*(?:\([^()]*[A-Za-z][^()]*\))?(?=\s*(?:[-()+*/^]|$))", folded[end:])
        if after is None:
            continue
        return names.resolve(column.name), skipped + end + after.end()
    return None


def numeric_columns(frame: Frame) -> list[FrameColumn]:
    """The columns that hold numbers to calculate with: no years, numbers or ids."""
    return [c for c in frame.columns if c.kind is ColumnKind.NUMBER and not is_index(c)]


def is_index(column: FrameColumn) -> bool:
    """Whether a column of numbers counts or names rows: years, numbers, ids."""
    return any(word in ("year", "no", "id", "number", "month", "week", "day") for word in column.stems[:2])
