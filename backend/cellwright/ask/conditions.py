"""Conditions in words: `sales are at least 200 and the region is North` as a tree over a frame's columns.

The comparisons of a clause are marked first, the longest phrase first, so that `greater than or equal to` is
one; then `or` and `and` cut what is left. A piece without a column takes that of the piece before it, one
without a comparison its comparison too. What is read is a column (None: the cells themselves), and a number,
text, date or another column, times a factor.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from cellwright.ask.dates import date_serial, month_of
from cellwright.ask.frames import Frame, FrameColumn
from cellwright.ask.mentions import columns_in
from cellwright.ask.words import small_number
from cellwright.workbook.detect import ColumnKind


@dataclass(frozen=True, slots=True)
class Operand:
    """`factor` x `column` + `amount`; without a column a plain number, or a text."""

    amount: float = 0.0
    text: str | None = None
    column: FrameColumn | None = None
    factor: float = 1.0
    is_date: bool = False
    is_percent: bool = False
    cell: str | None = None


@dataclass(frozen=True, slots=True)
class Test:
    """One comparison of a column's cells (None: the cells themselves).

    `kind` is eq, ne, lt, le, gt, ge, between, outside, contains, begins, ends, blank, error, above, below,
    top, bottom, duplicate, unique, month, year, weekday, length (of the text; `operator` compares) or even,
    odd.
    """

    kind: str
    column: FrameColumn | None = None
    operands: tuple[Operand, ...] = ()
    operator: str = ""
    is_percent: bool = False


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite."""

    part: Condition


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every part holds."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Some part holds."""

    parts: tuple[Condition, ...]


Condition = Test | Not | AllOf | AnyOf

_AVERAGE = r"(?:the )?(?:column'?s? )?(?:average|mean)"
_PHRASES: tuple[tuple[str, str], ...] = (
    (
        r"(?:is |are )?(?:greater|higher|larger|more|bigger) than or (?:is )?equal to|(?:is |are "
        r")?equal to or (?:greater|more|higher|larger) than|equals? or (?:greater|more|higher) "
        r"than|greater or equal (?:to|than)|(?:is |are )?at least|(?:is |are )?(?:no|not) (?:less|"
        r"fewer|lower|smaller) than",
        "ge",
    ),
    (
        r"(?:is |are )?(?:less|lower|smaller|fewer) than or (?:is )?equal to|(?:is |are )?equal to "
        r"or (?:less|lower|smaller|fewer) than|equals? or (?:less|lower) than|less or equal (?:to|"
        r"than)|(?:is |are )?at most|(?:is |are )?(?:no|not) (?:more|greater|higher|larger) than|"
        r"(?:is |are )?up to",
        "le",
    ),
    (
        r"(?:is |are )?not equal to|(?:does|do) not equal|(?:is|are) other than|other than|"
        r"(?:is|are) different (?:from|than|to)|(?:isn't|aren't|is not|are not|not) (?:marked|"
        r"classified|labell?ed) as",
        "ne",
    ),
    (
        rf"(?:is |are |fall |lie |with )?(?:greater than|higher than|more than|larger than|above|"
        rf"over|exceeding|exceeds?) {_AVERAGE}|above[- ]average|better than {_AVERAGE}",
        "above",
    ),
    (
        rf"(?:is |are |fall |lie |with )?(?:less than|lower than|smaller than|below|under|beneath) "
        rf"{_AVERAGE}|below[- ]average|worse than {_AVERAGE}",
        "below",
    ),
    (
        r"(?:is |are |lies? |falls? |fall |ranges? |range |in the range )?(?:not (?:in )?between|"
        r"outside(?: of)?(?: the range(?: of)?)?)",
        "outside",
    ),
    (
        r"(?:is |are |lies? |falls? |ranges? |having |have |with )?(?:in )?between|(?:is |are )?in "
        r"the range(?: of)?|ranges? from|within the range(?: of)?",
        "between",
    ),
    (
        r"(?:is |are )?(?:exactly )?(?:greater|higher|larger|more|bigger|longer|older|later) than|"
        r"(?:with |having |have |has )?(?:more|greater|higher|larger) (?!than)(?P<inner>(?:\w+ "
        r"){1,3}?)than(?! average| the average)|exceeding|exceeds?|(?:is |are )?(?:above|over|"
        r"beyond|after|past)|surpass(?:es|ing)?",
        "gt",
    ),
    (
        r"(?:is |are |having |have )?(?:less|lower|smaller|fewer|shorter|younger|earlier) than|"
        r"(?:with |having |have |has )?(?:less|lower|smaller|fewer) (?!than)(?P<inner>(?:\w+ "
        r"){1,3}?)than(?! average| the average)|(?:is |are )?(?:below|under|before|beneath)|falls? "
        r"short of",
        "lt",
    ),
    (
        r"(?:does not|do not|doesn't|don't|not) (?:contain|include|have)(?: the (?:text|word|"
        r"letter|phrase|string|character)s?)?|not containing|without the (?:text|word)|excluding",
        "lacks",
    ),
    (
        r"(?:contain|include)(?:s|ing)?(?: the| a| an)?(?: (?:text|word|letter|phrase|string|"
        r"substring|character)s?)?|(?:with|having|has|have) the (?:text|word|letter|phrase|string)|"
        r"that mention|mention(?:s|ing)",
        "contains",
    ),
    (r"(?:does not|do not|doesn't|don't|not) (?:start|begin) with", "lacks_start"),
    (
        r"(?:start|begin)(?:s|ning|ing)? (?:with|from)(?: the)?(?: (?:text|word|letter|"
        r"character)s?)?|(?:where |whose )?(?:the )?first (?:character|letter) is|prefixed with",
        "begins",
    ),
    (
        r"(?:end)(?:s|ing)? (?:with|in)(?: the)?(?: (?:text|word|letter|character)s?)?|(?:where |"
        r"whose )?(?:the )?last (?:character|letter) is|suffixed with",
        "ends",
    ),
    (
        r"(?:is|are|was|were) (?:in )(?=(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec))|"
        r"(?:issued|dated|made|sold|placed|during|happening|occurring) in(?= (?:jan|feb|mar|apr|"
        r"may|jun|jul|aug|sep|oct|nov|dec|\d{4}))",
        "in",
    ),
    (
        r"(?:is |are )?(?:exactly )?(?:equal to|equals?|exactly|precisely)|(?:is |are )?(?:marked|"
        r"classified|labell?ed|flagged|tagged|listed|categori[sz]ed|set) (?:as|to)|matche?s?|(?:is|"
        r"are|was|were|being)(?: exactly)?",
        "eq",
    ),
)
_SIGNS = {
    "ge": ">=|=>|≥", "le": "<=|=<|≤", "ne": "<>|!=|≠", "gt": ">", "lt": "<", "eq": "==|=",
}  # fmt: skip
_MARKS = tuple(
    (re.compile(rf"(?<!\w)(?:{pattern})(?!\w)" + (f"|{_SIGNS[name]}" if name in _SIGNS else ""), re.I), name)
    for pattern, name in _PHRASES
)
_NOT_BLANK = re.compile(
    r"\b(?:is not|are not|isn't|aren't|not|non)[- ](?:blank|empty)\b|\bhas (?:a|any) value\b|"
    r"\b(?:filled|nonblank|nonempty)\b",
    re.I,
)
_BLANK = re.compile(r"\b(?:blanks?|empty|missing|has no value|without (?:a )?value)\b", re.I)
_ERROR = re.compile(r"\b(?:formulas? that return )?errors?\b|#N/A|#VALUE!|#REF!", re.I)
_DUPLICATE = re.compile(
    r"\b(?:duplicate[sd]?|duplicated|repeated|repeating|appears? more than once|occurs? more than "
    r"once|not unique)\b",
    re.I,
)
_UNIQUE = re.compile(r"\b(?:unique|appears? (?:only|exactly) once|distinct)\b", re.I)
_TOP = re.compile(
    r"\b(?:(top|highest|largest|biggest|greatest|best|bottom|lowest|smallest|least|worst)[- ]+(\d+|"
    r"one|two|three|four|five|"
    r"six|seven|eight|nine|ten)\b\s*(%|percent)?|(\d+|one|two|three|four|five|six|seven|eight|nine|"
    r"ten)\s*(%|percent)?\s+(?:of the )?"
    r"(highest|largest|biggest|greatest|top|best|lowest|smallest|least|bottom|worst)\b|"
    r"(maximum|highest|largest|max|biggest|minimum|lowest|smallest|min|top(?= ?1?\b)|bottom)\b(?: values?)?)",
    re.I,
)
_LOW = frozenset(["bottom", "lowest", "smallest", "least", "worst", "minimum", "min"])
_LENGTH = re.compile(r"\b(?:characters?|letters?|length|digits)\b", re.I)
_NUMBER = re.compile(
    r"[-+]?[$€£]?\s?-?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:\s?%)?(?:\s?(?:k|million|thousand|"
    r"billion|percent)\b)?",
    re.I,
)
_OR_MORE = re.compile(
    r"((?:[$€£]\s?)?\d[\d,.]*\s*(?:%|percent(?:age)?)?)\s*(?:,\s*)?or "
    r"(more|above|greater|higher|over|later|after|less|below|lower|fewer|under|earlier|before)\b"
    r"(?!\s+(?:than|[$€£]?\d))",
    re.I,
)
_SCALES = {"k": 1e3, "thousand": 1e3, "million": 1e6, "billion": 1e9}
_OPEN, _SHUT = "\x01", "\x02"
_QUOTES = re.compile(r"\"([^\"]*)\"|“([^”]*)”|(?<!\w)'([^']*)'(?!\w)|‘([^’]*)’")


def read_condition(text: str, frame: Frame, default: FrameColumn | None = None) -> Condition | None:
    """The condition that a text states.

    `default` is the column of what names none. None where there is none.
    """
    quoted: list[str] = []

    def keep(match: re.Match[str]) -> str:
        quoted.append(next(group for group in match.groups() if group is not None))
        return f"\x03{len(quoted) - 1}\x04"

    reader = _Reader(frame, quoted, default)
    return reader.read(_QUOTES.sub(keep, text))


@dataclass
class _Reader:
    frame: Frame
    quoted: list[str]
    default: FrameColumn | None

    def read(self, text: str) -> Condition | None:
        marked = self._marked(text)
        either = re.search(r"\band (?:are |is )?either\b", marked, re.I)
        if either:
            first, second = self.read_any(marked[: either.start()]), self.read_any(marked[either.end() :])
            if first is None or second is None:
                return first or second
            return AllOf((first, _with_column(second, _column_of(first))))
        return self.read_any(marked)

    def read_any(self, marked: str) -> Condition | None:
        parts: list[Condition] = []
        for alternative in self._split(marked, "or"):
            found: list[Condition] = []
            for piece in self._split(alternative, "and"):
                last = found[-1] if found else (parts[-1] if parts else None)
                test = self._atom(piece, last)
                if test is not None:
                    found.append(test)
            if found:
                parts.append(found[0] if len(found) == 1 else AllOf(tuple(found)))
        if not parts:
            return None
        return parts[0] if len(parts) == 1 else AnyOf(tuple(parts))

    def _marked(self, text: str) -> str:
        """The text with comparisons in marks, `between A and B` joined, `N or more` turned round."""
        text = _OR_MORE.sub(
            lambda match: f" {_OPEN}{'ge' if match[2].lower() in _UP else 'le'}{_SHUT} {match[1]} ", text
        )
        for pattern, name in _MARKS:
            text = pattern.sub(lambda match, name=name: self._mark(match, name), text)  # type: ignore[misc]
        return _BETWEEN.sub(r"\1\2 ~ \3", text)

    @staticmethod
    def _mark(match: re.Match[str], name: str) -> str:
        before = match.string[: match.start()]
        if before.count(_OPEN) > before.count(_SHUT):  # inside a mark
            return match[0]
        inner = match.groupdict().get("inner") or ""
        return f" {inner} {_OPEN}{name}{_SHUT} "

    @staticmethod
    def _split(text: str, word: str) -> list[str]:
        pieces = re.split(
            rf"\s+{word}\s+(?:if\s+|that\s+|whose\s+|with\s+)?|\s*,\s*{word}\s+"
            + (r"|\s*&\s*" if word == "and" else ""),
            text,
            flags=re.I,
        )
        return [piece for piece in pieces if piece.strip()]

    def _atom(self, piece: str, last: Condition | None) -> Condition | None:
        marks = list(re.finditer(rf"{_OPEN}(\w+){_SHUT}", piece))
        special = self._special(piece, marks, last)
        if special is not None:
            return special
        if not marks:
            return self._bare(piece, last)
        mark = marks[0] if marks[0][1] != "eq" or len(marks) == 1 else self._strongest(marks)
        later = next((one for one in marks if one[1] in _ORDERS and one.start() > mark.start()), None)
        if mark[1] == "contains" and later is not None:
            between = piece[mark.end() : later.start()]
            if _LENGTH.search(piece) or re.fullmatch(
                r"\W*(?:(?:an?|the|any)\s+)?(?:dates?|values?|numbers?|times?|amounts?)?\W*", between
            ):
                mark = later
        name = mark[1]
        left, right = piece[: mark.start()], piece[mark.end() :]
        left = re.sub(rf"{_OPEN}\w+{_SHUT}", " ", left)
        right = re.sub(rf"{_OPEN}eq{_SHUT}", " ", right)
        column = self._column(left) or _column_of(last) or self.default
        if name in ("above", "below"):
            return Test(name, self._column(left) or self._column(right) or _column_of(last) or self.default)
        negate = bool(re.search(r"\b(?:not|never)\s*$", left.strip(), re.I))
        if name == "eq" and re.match(r"\s*not\b", right, re.I):
            right, negate = re.sub(r"^\s*not\b", "", right, flags=re.I), True
        test = self._compared(name, column, left, right)
        if test is None:
            return None
        return Not(test) if negate else test

    @staticmethod
    def _strongest(marks: list[re.Match[str]]) -> re.Match[str]:
        return next((mark for mark in marks if mark[1] != "eq"), marks[0])

    def _compared(self, name: str, column: FrameColumn | None, left: str, right: str) -> Condition | None:
        if _LENGTH.search(left + right) and name in _ORDERS and not _QUOTE_MARK.search(right):
            operand = self._operand(right, None)
            if operand is not None and operand.text is None:
                return Test("length", column, (operand,), name)
        if name in ("contains", "lacks", "begins", "lacks_start", "ends"):
            is_date = column is not None and column.kind is ColumnKind.DATE
            inner = re.search(r"\b(?:after|before)\b", right) if is_date else None
            if inner is None:
                text = self._text(right)
                if not text:
                    return None
                kind = {"lacks": "contains", "lacks_start": "begins"}.get(name, name)
                test = Test(kind, column, (Operand(text=text),))
                return Not(test) if name.startswith("lacks") else test
        if name in ("between", "outside"):
            first, _, second = right.partition("~")
            ends = [self._operand(part, column) for part in (first, second)]
            if ends[0] is None or ends[1] is None:
                return None
            test = Test("between", column, (ends[0], ends[1]))
            return Not(test) if name == "outside" else test
        if name == "in":
            return self._when(right, column)
        percents = self._percents() if re.search(r"\d\s*(?:%|percent)", right, re.I) else None
        if percents is not None:
            number = _NUMBER.search(right)
            assert number is not None
            amount = _number(number[0].rstrip("% ")) / 100
            return Test(name, percents, (Operand(amount, is_percent=True),))
        operand = self._operand(right, column)
        if operand is None:
            return None
        times = re.search(r"(\d+(?:\.\d+)?)\s*times\s*$", left.strip(), re.I)
        if times and operand.column is not None:
            operand = replace(operand, factor=operand.factor * float(times[1]))
        return Test(name, column, (operand,))

    def _percents(self) -> FrameColumn | None:
        """The one column that says it holds percentages."""
        found = [
            column
            for column in self.frame.columns
            if any(word in ("%", "percent", "percentage") for word in column.stems)
        ]
        return found[0] if len(found) == 1 else None

    def _when(self, right: str, column: FrameColumn | None) -> Condition | None:
        dates = (
            column if column is not None and column.kind is ColumnKind.DATE else self._only(ColumnKind.DATE)
        )
        month = month_of(right)
        year = re.search(r"\b(1[89]\d\d|20\d\d)\b", right)
        parts: list[Condition] = []
        if month is not None:
            parts.append(Test("month", dates, (Operand(float(month)),)))
        if year:
            parts.append(Test("year", dates, (Operand(float(year[1])),)))
        if not parts:
            return None
        return parts[0] if len(parts) == 1 else AllOf(tuple(parts))

    def _special(self, piece: str, marks: list[re.Match[str]], last: Condition | None) -> Condition | None:
        plain = re.sub(rf"{_OPEN}\w+{_SHUT}", lambda m: " is " if "eq" in m[0] else " ", piece)
        names = {mark[1] for mark in marks} - {"eq"}
        column = self._column(plain) or _column_of(last) or self.default
        negated = f"{_OPEN}ne{_SHUT}" in piece or re.search(r"\bnot\b", plain, re.I)
        if not names - {"ne"}:
            if _NOT_BLANK.search(plain):
                return Not(Test("blank", column))
            if _BLANK.search(plain) and not _QUOTE_MARK.search(piece):
                return Not(Test("blank", column)) if negated else Test("blank", column)
            if (
                _ERROR.search(plain)
                and not _QUOTE_MARK.search(piece)
                and not re.search(r"\bis\s+error", plain, re.I)
            ):
                return Not(Test("error", column)) if negated else Test("error", column)
        if _DUPLICATE.search(plain):
            return Test("duplicate", column)
        if _UNIQUE.search(plain) and not names:
            return Test("unique", column)
        if not names:
            top = _TOP.search(plain)
            if top:
                return self._top(top, plain, column)
        return None

    def _top(self, match: re.Match[str], plain: str, column: FrameColumn | None) -> Test:
        word = (match[1] or match[6] or match[7]).lower()
        count = small_number(match[2] or match[4] or "one") or 1
        rest = plain[: match.start()] + " " + plain[match.end() :]
        percent = bool(match[3] or match[5])
        return Test(
            "bottom" if word in _LOW else "top",
            self._column(rest) or column,
            (Operand(float(count)),),
            is_percent=percent,
        )

    def _bare(self, piece: str, last: Condition | None) -> Condition | None:
        """A piece without a comparison: another value for the last one's, or a value of the table."""
        core = last.part if isinstance(last, Not) else last
        while isinstance(core, AllOf | AnyOf):
            core = core.parts[-1]
        if isinstance(core, Test) and core.operands and core.kind not in ("between", "top", "bottom"):
            operand = self._operand(piece, core.column) if core.operands[0].text is None else None
            text = self._text(piece)
            if operand is None and text:
                operand = Operand(text=text)
            if operand is not None:
                again = replace(core, operands=(operand,))
                return Not(again) if isinstance(last, Not) else again
        if last is None:
            return self._value_in(piece)
        return None

    def _value_in(self, piece: str) -> Condition | None:
        """`0 in the rooms column`: a value and where it stands, without a comparison."""
        match = re.search(r"(?:^|\s)(\x03\d+\x04|[-+]?\d[\d,.]*)\s+(?:in|of|for|under)\s+(.*)$", piece)
        column = self._column(match[2]) if match else None
        if match is None or column is None:
            return None
        operand = self._operand(match[1], column)
        return None if operand is None else Test("eq", column, (operand,))

    def _column(self, text: str) -> FrameColumn | None:
        found = columns_in(_plain(text, self.quoted), self.frame)
        if not found:
            return None
        best = max(one.score for one in found)
        return [one for one in found if one.score >= best - 0.15][-1].column

    def _only(self, kind: ColumnKind) -> FrameColumn | None:
        found = [column for column in self.frame.columns if column.kind is kind]
        return found[0] if len(found) == 1 else None

    def _text(self, right: str) -> str | None:
        quoted = _QUOTE_MARK.search(right)
        if quoted:
            return self.quoted[int(quoted[1])]
        text = re.sub(rf"{_OPEN}\w+{_SHUT}", " ", right)
        text = _TAIL.sub("", text.strip(" .,;:!?"))
        text = re.sub(r"^(?:the\s+(?:text|word|value|letter)s?\s+|the\s+)", "", text, flags=re.I)
        text = re.sub(
            r"\s+(?:type )?(?:in (?:them|it|their value|the cell|it's value)|values?|cells?)$",
            "",
            text,
            flags=re.I,
        )
        return text.strip(" .,;:!?") or None

    def _operand(self, right: str, column: FrameColumn | None) -> Operand | None:
        quoted = _QUOTE_MARK.search(right)
        plain = re.sub(rf"{_OPEN}\w+{_SHUT}", " ", right)
        if quoted and not columns_in(_plain(quoted[0], self.quoted), self.frame):
            return _literal(self.quoted[int(quoted[1])], column)
        cell = re.search(r"(?<![\w$])\$?([A-Z]{1,2})\$?(\d{1,6})(?!\w)", plain)
        if cell and not (quoted and cell.start() > quoted.start()):
            return Operand(cell=f"${cell[1]}${cell[2]}")
        serial = date_serial(plain)
        wants_date = column is not None and column.kind is ColumnKind.DATE
        if serial is not None and (wants_date or re.search(r"\d[/-]\d|\d{4}-\d", plain)):
            return Operand(serial, is_date=True)
        named = _plain(plain, self.quoted)
        earlier = self._earlier(plain, column)
        if earlier is not None:
            return Operand(column=earlier)
        others = [one for one in columns_in(named, self.frame) if column is None or one.column != column]
        number = _NUMBER.search(plain)
        if others and (
            number is None or re.search(r"\btimes|\btwice|\bdouble|\bhalf|%|percent|by\b|plus", named, re.I)
        ):
            return self._relative(named, others[0].column)
        if others and number is not None and others[0].end <= number.start() and column is None:
            return self._relative(named, others[0].column)
        if number is not None:
            value = _number(number[0])
            before = plain[: number.start()].strip().lower()
            if (
                not before
                or re.fullmatch(
                    r"(?:is|are|of|the|a|an|value|values|to|than|exactly|number|about|total|year)(?:\s+\w+)?",
                    before,
                )
                or wants_date
            ):
                return Operand(
                    value, is_percent="%" in number[0] or "percent" in plain[number.end() :].lower()[:9]
                )
        text = self._text(right)
        return None if text is None else _literal(text, column)

    def _earlier(self, text: str, column: FrameColumn | None) -> FrameColumn | None:
        """`last year` beside a column of this one: the column to its left."""
        if column is None or column.kind is ColumnKind.DATE:
            return None
        if not re.search(
            r"\b(?:last|previous|prior) (?:year|month|quarter|week|period|column)\b", text, re.I
        ):
            return None
        return self.frame.at(column.column - 1)

    def _relative(self, text: str, column: FrameColumn) -> Operand:
        times = re.search(r"(\d+(?:\.\d+)?)\s*(?:times|x)\b", text, re.I)
        if times:
            return Operand(column=column, factor=float(times[1]))
        if re.search(r"\btwice|\bdouble", text, re.I):
            return Operand(column=column, factor=2.0)
        if re.search(r"\bhalf", text, re.I):
            return Operand(column=column, factor=0.5)
        percent = re.search(r"by\s+(?:more than\s+)?(\d+(?:\.\d+)?)\s*(?:%|percent)", text, re.I)
        if percent:
            return Operand(column=column, factor=1 + float(percent[1]) / 100)
        of = re.search(r"(\d+(?:\.\d+)?)\s*(?:%|percent) of", text, re.I)
        if of:
            return Operand(column=column, factor=float(of[1]) / 100)
        more = re.search(r"by\s+(?:more than\s+)?(\d[\d,]*(?:\.\d+)?)", text, re.I)
        return Operand(column=column, amount=_number(more[1]) if more else 0.0)


_BETWEEN = re.compile(rf"({_OPEN}(?:between|outside){_SHUT}\s*)([^{_OPEN}]+?)\s+(?:and|to|-)\s+(\S+)", re.I)
_ORDERS = {"eq", "ne", "lt", "le", "gt", "ge"}
_UP = frozenset(["more", "above", "greater", "higher", "over", "later", "after"])
_QUOTE_MARK = re.compile("\x03(\\d+)\x04")
_TAIL = re.compile(
    r"\s+(?:in (?:the |that |this )?[\w /.-]*\bcolumns?|(?:to|as|with|in|using|by) (?:the "
    r")?(?:(?:a|an) )?(?:light |dark |bold )?"
    r"(?:red|green|yellow|blue|orange|purple|pink|gr[ae]y|bold|fill|colou?r|different|"
    r"italics?)\b.*|columns?|and$)$",
    re.I,
)


def _plain(text: str, quoted: list[str]) -> str:
    """The text with its quoted pieces put back."""
    return _QUOTE_MARK.sub(lambda match: f'"{quoted[int(match[1])]}"', text)


def _number(text: str) -> float:
    plain = re.sub(r"[$€£,\s]", "", text.lower())
    factor = 1.0
    for word, scale in _SCALES.items():
        if plain.endswith(word):
            plain, factor = plain.removesuffix(word), scale
    if plain.endswith(("%", "percent")):
        plain, factor = plain.removesuffix("%").removesuffix("percent"), 0.01
    return float(plain) * factor


def _literal(text: str, column: FrameColumn | None) -> Operand:
    """A quoted or left-over value: a number where it is one and the column holds numbers."""
    stripped = text.strip()
    if _NUMBER.fullmatch(stripped) and (column is None or column.kind is not ColumnKind.TEXT):
        return Operand(_number(stripped))
    return Operand(text=stripped)


def _column_of(condition: Condition | None) -> FrameColumn | None:
    match condition:
        case Test():
            return condition.column
        case Not():
            return _column_of(condition.part)
        case AllOf() | AnyOf():
            return _column_of(condition.parts[-1])
    return None


def _with_column(condition: Condition, column: FrameColumn | None) -> Condition:
    match condition:
        case Test():
            return condition if condition.column is not None else replace(condition, column=column)
        case Not():
            return Not(_with_column(condition.part, column))
        case AllOf():
            return AllOf(tuple(_with_column(part, column) for part in condition.parts))
        case AnyOf():
            return AnyOf(tuple(_with_column(part, column) for part in condition.parts))


def tests_of(condition: Condition) -> list[Test]:
    """Every comparison of a condition."""
    match condition:
        case Test():
            return [condition]
        case Not():
            return tests_of(condition.part)
        case AllOf() | AnyOf():
            return [test for part in condition.parts for test in tests_of(part)]
