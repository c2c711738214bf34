"""Conditions in words: `sales are at least 200 and the region is North` as a tree over a frame's columns.

The comparisons of a clause are marked first, the longest phrase first, so that `greater than or equal to` is
one; then `or` and `and` cut what is left. A piece without a column takes that of the piece before it, one
without a comparison its comparison too. What is read is a column (None: the cells themselves), and a number,
text, date or another column, times a factor.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from cellwright.ask.condition_phrases import (
    BETWEEN,
    BLANK,
    DUPLICATE,
    ERROR,
    LENGTH,
    LOW,
    MARKS,
    NOT_BLANK,
    NUMBER,
    OPEN,
    OR_MORE,
    ORDERS,
    QUOTE_MARK,
    QUOTES,
    SHUT,
    TOP,
    UNIQUE,
    UP,
)
from cellwright.ask.conditions import AllOf, AnyOf, Condition, Not, Operand, Test, column_of, with_column
from cellwright.ask.dates import month_of, period_edge
from cellwright.ask.frames import Frame, FrameColumn
from cellwright.ask.mentions import columns_in, name_score
from cellwright.ask.operands import OperandReader, number_of, plain_text, with_scale_of
from cellwright.ask.words import small_number
from cellwright.workbook.detect import ColumnKind


def read_condition(text: str, frame: Frame, default: FrameColumn | None = None) -> Condition | None:
    """The condition that a text states.

    `default` is the column of what names none. None where there is none.
    """
    quoted: list[str] = []

    def keep(match: re.Match[str]) -> str:
        quoted.append(next(group for group in match.groups() if group is not None))
        return f"\x03{len(quoted) - 1}\x04"

    reader = _Reader(frame, quoted, default)
    return reader.read(QUOTES.sub(keep, text))


@dataclass
class _Reader:
    frame: Frame
    quoted: list[str]
    default: FrameColumn | None

    @property
    def operands(self) -> OperandReader:
        """What comparisons compare with."""
        return OperandReader(self.frame, self.quoted)

    def read(self, text: str) -> Condition | None:
        marked = self._marked(text)
        either = re.search(r"\band (?:are |is )?either\b", marked, re.I)
        if either:
            first, second = self.read_any(marked[: either.start()]), self.read_any(marked[either.end() :])
            if first is None or second is None:
                return first or second
            return AllOf((first, with_column(second, column_of(first))))
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
        text = OR_MORE.sub(
            lambda match: f" {OPEN}{'ge' if match[2].lower() in UP else 'le'}{SHUT} {match[1]} ", text
        )
        for pattern, name in MARKS:
            text = pattern.sub(lambda match, name=name: self._mark(match, name), text)  # type: ignore[misc]
        return BETWEEN.sub(r"\1\2 ~ \3", text)

    @staticmethod
    def _mark(match: re.Match[str], name: str) -> str:
        before = match.string[: match.start()]
        if before.count(OPEN) > before.count(SHUT):  # inside a mark
            return match[0]
        inner = match.groupdict().get("inner") or ""
        return f" {inner} {OPEN}{name}{SHUT} "

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
        marks = list(re.finditer(rf"{OPEN}(\w+){SHUT}", piece))
        special = self._special(piece, marks, last)
        if special is not None:
            return special
        if not marks:
            return self._bare(piece, last)
        mark = marks[0] if marks[0][1] != "eq" or len(marks) == 1 else self._strongest(marks)
        later = next((one for one in marks if one[1] in ORDERS and one.start() > mark.start()), None)
        if mark[1] == "contains" and later is not None:
            between = piece[mark.end() : later.start()]
            if LENGTH.search(piece) or re.fullmatch(
                r"\W*(?:(?:an?|the|any)\s+)?(?:dates?|values?|numbers?|times?|amounts?)?\W*", between
            ):
                mark = later
        name = mark[1]
        left, right = piece[: mark.start()], piece[mark.end() :]
        left = re.sub(rf"{OPEN}\w+{SHUT}", " ", left)
        right = re.sub(rf"{OPEN}eq{SHUT}", " ", right)
        column = self._column(left) or column_of(last) or self.default
        if name in ("above", "below"):
            return Test(name, self._column(left) or self._column(right) or column_of(last) or self.default)
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
        of_text = column is None or not LENGTH.search(column.name)
        if of_text and LENGTH.search(left + right) and name in ORDERS and not QUOTE_MARK.search(right):
            operand = self.operands.read(right, None)
            if operand is not None and operand.text is None:
                return Test("length", column, (operand,), name)
        if name in ("contains", "lacks", "begins", "lacks_start", "ends"):
            is_date = column is not None and column.kind is ColumnKind.DATE
            inner = re.search(r"\b(?:after|before)\b", right) if is_date else None
            if inner is None:
                text = self.operands.text(right)
                if not text:
                    return None
                kind = {"lacks": "contains", "lacks_start": "begins"}.get(name, name)
                test = Test(kind, column, (Operand(text=text),))
                return Not(test) if name.startswith("lacks") else test
        if name in ("between", "outside"):
            first, _, second = right.partition("~")
            ends = [self.operands.read(part, column) for part in (with_scale_of(first, second), second)]
            if ends[0] is None or ends[1] is None:
                return None
            test = Test("between", column, (ends[0], ends[1]))
            return Not(test) if name == "outside" else test
        if name == "in":
            return self._when(right, column)
        column = self._unit(right) or column
        percents = self._percents() if re.search(r"\d\s*(?:%|percent)", right, re.I) else None
        if percents is not None:
            number = NUMBER.search(right)
            assert number is not None
            amount = number_of(number[0].rstrip("% ")) / 100
            return Test(name, percents, (Operand(amount, is_percent=True),))
        operand = (
            self.operands.whole(right, column)
            or self._period(name, right, column)
            or self.operands.read(right, column)
        )
        if operand is None:
            return None
        if operand.is_date and (column is None or column.kind is not ColumnKind.DATE):
            column = self._only(ColumnKind.DATE) or column
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

    def _unit(self, right: str) -> FrameColumn | None:
        """The column with numbers that `more than 5 days` names behind its number."""
        number = NUMBER.search(right)
        behind = re.match(r"\s*([^\W\d_]+(?:\s+[^\W\d_]+)?)", right[number.end() :]) if number else None
        if behind is None:
            return None
        numeric = [one for one in self.frame.columns if one.kind is ColumnKind.NUMBER]
        words = behind[1].split()
        for said in (behind[1], words[0]):
            found = [one for one in numeric if name_score(said, one) >= 0.97]
            if len(found) == 1:
                return found[0]
        return None

    def _period(self, name: str, right: str, column: FrameColumn | None) -> Operand | None:
        """The day that `after June 2025` or `before 2024` turns on: the last one of it, or the first."""
        held = column or self._only(ColumnKind.DATE)
        if name not in ("gt", "ge", "lt", "le") or held is None or held.kind is not ColumnKind.DATE:
            return None
        said = re.sub(r"\b(?:the )?(?:year|end of|start of|beginning of)\b", " ", right, flags=re.I).strip(
            " .,"
        )
        match = re.fullmatch(
            r"(?:(?P<month>[^\W\d_]{3,})\.?,?\s+)?(?P<year>(?:19|20)\d\d)\b(?![/.-]\d).*", said
        )
        month = month_of(match["month"]) if match and match["month"] else None
        if match is None or (match["month"] and month is None):
            return None
        last = name in ("gt", "le")
        return Operand(period_edge(int(match["year"]), month, last=last), is_date=True)

    def _special(self, piece: str, marks: list[re.Match[str]], last: Condition | None) -> Condition | None:
        plain = re.sub(rf"{OPEN}\w+{SHUT}", lambda m: " is " if "eq" in m[0] else " ", piece)
        names = {mark[1] for mark in marks} - {"eq"}
        column = self._column(plain) or column_of(last) or self.default
        negated = f"{OPEN}ne{SHUT}" in piece or re.search(r"\bnot\b", plain, re.I)
        if not names - {"ne"}:
            if NOT_BLANK.search(plain):
                return Not(Test("blank", column))
            if BLANK.search(plain) and not QUOTE_MARK.search(piece):
                return Not(Test("blank", column)) if negated else Test("blank", column)
            if (
                ERROR.search(plain)
                and not QUOTE_MARK.search(piece)
                and not re.search(r"\bis\s+error", plain, re.I)
            ):
                return Not(Test("error", column)) if negated else Test("error", column)
        if DUPLICATE.search(plain):
            return Test("duplicate", column)
        if UNIQUE.search(plain) and not names:
            return Test("unique", column)
        if not names:
            top = TOP.search(plain)
            if top:
                return self._top(top, plain, column)
        return None

    def _top(self, match: re.Match[str], plain: str, column: FrameColumn | None) -> Test:
        word = (match[1] or match[6] or match[7]).lower()
        count = small_number(match[2] or match[4] or "one") or 1
        rest = plain[: match.start()] + " " + plain[match.end() :]
        percent = bool(match[3] or match[5] or match[8])
        if match[8]:
            count = 10
        return Test(
            "bottom" if word in LOW else "top",
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
            operand = self.operands.read(piece, core.column) if core.operands[0].text is None else None
            text = self.operands.text(piece)
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
        operand = self.operands.read(match[1], column)
        return None if operand is None else Test("eq", column, (operand,))

    def _column(self, text: str) -> FrameColumn | None:
        found = columns_in(plain_text(text, self.quoted), self.frame)
        if not found:
            return None
        best = max(one.score for one in found)
        return [one for one in found if one.score >= best - 0.15][-1].column

    def _only(self, kind: ColumnKind) -> FrameColumn | None:
        found = [column for column in self.frame.columns if column.kind is kind]
        return found[0] if len(found) == 1 else None
