"""Arithmetic in words or signs over the columns of a row, as an Excel formula for its first row.

`Sales - COGS`, `multiplying the price with (1 - discount)`, `the difference between A and B`, `20% of Sales`.
Names are columns, rates that the request states, or values looked up in another table by a key that both
have. Known relations (revenue, profit, ...) stand in where the request gives no formula.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from cellwright.ask.frames import Frame, FrameColumn
from cellwright.ask.grounding.text import stem, stems
from cellwright.ask.mentions import columns_in, name_score
from cellwright.ask.rules import number_text
from cellwright.ask.scene import Scene
from cellwright.reference import Cell, Range, column_index, column_letters, quote_sheet
from cellwright.workbook.detect import ColumnKind

_TOKEN = re.compile(
    r"\s*(?:(\d[\d,]*(?:\.\d+)?\s*%?)|([()+\-*/^])|([^()+\-*/^\d][^()+*/^]*?)(?=\s*(?:[()+*/^]|\s-\s|-\s|$)))"
)
_WORDS: tuple[tuple[str, str], ...] = (
    (r"\braised to the power of\b|\bto the power of\b|\braised to\b", "^"),
    (r"\bmultiplied (?:by|with)\b|\btimes\b", "*"),
    (r"\bdivided (?:by|with)\b", "/"),
    (r"\bplus\b|\badded to\b", "+"),
    (r"\bminus\b|\bless\b", "-"),
)
_KNOWN: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = (
    (
        ("revenue", "sale", "amount"),
        (
            "quantity * retail price * (1 - discount)",
            "quantity * price * (1 - discount)",
            "quantity * retail price",
            "units * price",
            "quantity * price",
        ),
    ),
    (
        ("profit",),
        (
            "sales - COGS",
            "revenue - cost",
            "sales - cost",
            "revenue - total expenses",
            "net sales - COGS",
            "income - expenses",
        ),
    ),
    (
        ("margin",),
        ("profit / sales", "profit / revenue", "(sales - COGS) / sales", "(revenue - cost) / revenue"),
    ),
    (("total",), ("subtotal + tax", "price * quantity", "units * price")),
    (
        ("tax",),
        ("subtotal * tax rate", "sales * tax rate", "profit before tax * tax rate", "price * tax rate"),
    ),
    (("income",), ("revenue - total expenses", "sales - expenses")),
)
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


@dataclass(frozen=True)
class RowFormula:
    """A formula for the first row of a frame's body, with what its results are (`number_format`).

    `starts` is how many rows below that row it begins: 1 where it reads the row above.

     formula for the first row of a frame's body. `starts` is how many rows below it begins (1 where it reads
    the row above); `number_format` is what its results are.
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


def row_formula_of(text: str, names: Names, target: str | None) -> RowFormula | None:
    """The formula that a text asks for, one value a row; `target` is what the results are called."""
    for reader in (_by_growth, _by_days, _by_stated, _by_words, _by_charge, _by_across, _by_facts, _by_known):
        names.reads.clear()
        try:
            found = reader(text, names, target)
        except NotArithmetic:
            continue
        if found is not None:
            reads = tuple(dict.fromkeys(names.reads))
            return RowFormula(f"={found.text}", found.starts, found.number_format, reads)
    return None


def _by_growth(text: str, names: Names, target: str | None) -> RowFormula | None:
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
    numeric = [m for m in found if m.column.kind is ColumnKind.NUMBER and not _is_index(m.column)]
    if numeric:
        return numeric[0].column
    return found[0].column if found else None


def numeric_columns(frame: Frame) -> list[FrameColumn]:
    """The columns that hold numbers to calculate with: no years, numbers or ids."""
    return [c for c in frame.columns if c.kind is ColumnKind.NUMBER and not _is_index(c)]


def _is_index(column: FrameColumn) -> bool:
    return any(word in ("year", "no", "id", "number", "month", "week", "day") for word in column.stems[:2])


def _by_days(text: str, names: Names, target: str | None) -> RowFormula | None:
    """Days, months or years between two dates of a row, or between a row's date and one that is given."""
    from cellwright.ask.dates import date_formula, date_serial

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


def _by_stated(text: str, names: Names, target: str | None) -> RowFormula | None:
    """A formula in signs in the text itself: `using the formula F = m1 * a`, `by [(x - y) / y]`."""
    match = re.search(
        r"(?:formula|equation|using|by|as|with)\s*:?\s*(?:[\w "
        r"&'#()-]{1,40}?\s*=\s*)?([^=\n]*[*/^+][^=\n]*|[^=\n]*\s-\s[^=\n]*)$",
        _before_next(text),
        re.I,
    )
    body = match[1] if match else None
    if body is None:
        equation = re.search(r"(?:^|[\s,:])[A-Za-z][\w &'#()]{0,40}?\s*=\s*([^=\n]+)$", _before_next(text))
        body = equation[1] if equation else None
    if body is None:
        return None
    body = re.sub(
        r"\b(?:in|into|and (?:put|write)|as)\s+(?:a |the )?(?:new )?column.*$", "", body, flags=re.I
    )
    return RowFormula(expression(body, names))


def _before_next(text: str) -> str:
    """The text up to where another sentence begins."""
    return re.split(r"\.\s+(?=[A-Za-z])", text)[0].strip(" .")


_BINARY: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"\bsubtract(?:ing)?\s+(?P<b>.+?)\s+from\s+(?P<a>.+)", re.I), "{a}-{b}"),
    (re.compile(r"\bmultipl(?:y|ying)\s+(?P<a>.+?)\s+(?:by|with)\s+(?P<b>.+)", re.I), "{a}*{b}"),
    (re.compile(r"\bdivid(?:e|ing)\s+(?P<a>.+?)\s+(?:by|with)\s+(?P<b>.+)", re.I), "{a}/{b}"),
    (re.compile(r"\badd(?:ing)?\s+(?P<b>[$€£]?\d[\d,.]*\s*%?)\s+to\s+(?P<a>.+)", re.I), "{a}+{b}"),
    (re.compile(r"\b(?:increas|rais)(?:e|ing)\s+(?P<a>.+?)\s+by\s+(?P<b>\d[\d.]*\s*%)", re.I), "{a}*(1+{b})"),
    (
        re.compile(r"\b(?:decreas|reduc|lower)(?:e|ing)\s+(?P<a>.+?)\s+by\s+(?P<b>\d[\d.]*\s*%)", re.I),
        "{a}*(1-{b})",
    ),
    (
        re.compile(r"\bdifferences?\s+(?:between|of)\s+(?P<a>.+?)\s+(?:and|from|to)\s+(?P<b>.+)", re.I),
        "{a}-{b}",
    ),
    (
        re.compile(r"\b(?:product|multiplication)\s+of\s+(?P<a>.+?)\s+(?:and|with|by)\s+(?P<b>.+)", re.I),
        "{a}*{b}",
    ),
    (
        re.compile(r"\b(?:ratio|quotient)\s+(?:of|between)\s+(?P<a>.+?)\s+(?:to|and|over)\s+(?P<b>.+)", re.I),
        "{a}/{b}",
    ),
    (
        re.compile(
            r"\b(?P<a>[\w ]+?)\s+as (?:a |the )?(?:percent(?:age)?|%|share|proportion) of\s+(?P<b>.+)", re.I
        ),
        "{a}/{b}",
    ),
    (re.compile(r"(?P<b>\d[\d.]*\s*%)\s+of\s+(?P<a>.+)", re.I), "{a}*{b}"),
    (re.compile(r"\bsum(?:ming)?(?:\s+up)?(?:\s+of)?\s+(?P<a>.+?)\s+and\s+(?P<b>.+)", re.I), "{a}+{b}"),
    (re.compile(r"\badd(?:ing)?(?:\s+up)?\s+(?P<a>.+?)\s+(?:and|to|with)\s+(?P<b>.+)", re.I), "{a}+{b}"),
)


def _by_words(text: str, names: Names, target: str | None) -> RowFormula | None:
    """Two operands and what is done with them, in words."""
    for pattern, shape in _BINARY:
        match = pattern.search(text)
        if match is None:
            continue
        try:
            first = _operand(match["a"], names)
            second = _operand(match["b"], names)
        except NotArithmetic:
            continue
        is_share = "as a" in match[0].lower() or "percent" in match[0].lower()
        if shape != "{a}+{b}":
            first, second = _grouped(first), _grouped(second)
        return RowFormula(shape.format(a=first, b=second), 0, "0.00%" if is_share and "/" in shape else None)
    return None


def _grouped(text: str) -> str:
    depth = 0
    for place, character in enumerate(text):
        depth += (character == "(") - (character == ")")
        if depth == 0 and character in "+-" and place:
            return f"({text})"
    return text


_OPERAND_TAIL = re.compile(
    r"\s*(?:\b(?:in|into|to|as|under)\s+(?:a |an |the |that |this )?(?:new |separate |next |same "
    r")*(?:columns?|sheet|row)\b.*|"
    r"[.;,]\s.*|\bfor (?:each|every|all)\b.*|\bin (?:each|every|the same) row\b.*|\b(?:named|"
    r"titled|called)\b.*|\busing\b.*|\bin column\b.*|\bin that column\b.*)$",
    re.I,
)


def _operand(text: str, names: Names) -> str:
    text = _OPERAND_TAIL.sub("", text).strip(" .,;")
    return expression(text, names)


def _by_charge(text: str, names: Names, target: str | None) -> RowFormula | None:
    """A charge by unit (`$3.5 per mile, at least $80`) over a column of units."""
    charge = names.scene.facts.charge
    said = f"{text} {target or ''}"
    if charge is None or not re.search(r"\b(?:costs?|charges?|fees?|price)\b", said, re.I):
        return None
    text = _without_target(text)
    found = [m.column for m in columns_in(text, names.frame) if m.column.kind is ColumnKind.NUMBER]
    numeric = [
        column for column in names.frame.columns if column.kind is ColumnKind.NUMBER and column != names.skip
    ]
    least = re.search(
        r"\b(min(?:imum)?|lowest|smallest|nearest|shortest|cheapest|max(?:imum)?|highest|largest|"
        r"farthest|longest)\b",
        said,
        re.I,
    )
    columns = found or (numeric if least else numeric[-1:])
    if not columns:
        return None
    if len(columns) > 1 and least:
        function = "MAX" if re.match(r"max|high|larg|far|long", least[1], re.I) else "MIN"
        base = f"{function}({names.cell(columns[0])}:{names.cell(columns[-1]).rpartition('!')[2]})"
    else:
        base = names.cell(columns[0])
    product = f"{base}*{number_text(charge.price)}"
    return RowFormula(product if charge.least is None else f"MAX({number_text(charge.least)},{product})")


def _without_target(text: str) -> str:
    """The text without `in column B`, which says where results go."""
    return re.sub(r"\b(?:in|into|under|to)\s+(?:the\s+)?column\s+[A-Z]{1,2}\b", " ", text, flags=re.I)


def _by_across(text: str, names: Names, target: str | None) -> RowFormula | None:
    """An aggregate across the numeric columns of each row.

    `the average of the four destinations of each customer`.
    """
    from cellwright.ask.words import FUNCTION, aggregate_in

    text = _without_target(text)
    aggregate = aggregate_in(f"{text} {target or ''}")
    if aggregate is None or aggregate[0] not in FUNCTION or aggregate[0] == "count":
        return None
    first = names.frame.columns[0]
    per_row = re.search(
        r"\b(?:for|of|from|in|by|across)\s+(?:each|every|all)\s+(?:the\s+)?(\w+(?: \w+)?)|\beach\b|"
        r"\bper\b|\brow\b|\bacross\b|\bcolumns?\b",
        text,
        re.I,
    )
    if per_row is None:
        return None
    numeric = [
        c for c in names.frame.columns if c.kind is ColumnKind.NUMBER and c != names.skip and not _is_index(c)
    ]
    found = [m.column for m in columns_in(text, names.frame) if m.column in numeric]
    group = per_row[1] if per_row[1] else ""
    heads = (group, group.split(" ")[0])
    if (
        group
        and max(name_score(one, first) for one in heads) < 0.6
        and not re.match(r"row|record|line", group, re.I)
    ):
        return None
    columns = found if len(found) > 1 else numeric
    if len(columns) < 2:
        return None
    areas = _runs([column.column for column in columns])
    cells = ",".join(
        names.cell(_at(columns, a)) + (f":{names.cell(_at(columns, b)).rpartition('!')[2]}" if b != a else "")
        for a, b in areas
    )
    return RowFormula(f"{FUNCTION[aggregate[0]]}({cells})")


def _at(columns: list[FrameColumn], place: int) -> FrameColumn:
    return next(column for column in columns if column.column == place)


def _runs(places: list[int]) -> list[tuple[int, int]]:
    runs: list[tuple[int, int]] = []
    for place in sorted(set(places)):
        if runs and runs[-1][1] == place - 1:
            runs[-1] = (runs[-1][0], place)
        else:
            runs.append((place, place))
    return runs


def _by_facts(text: str, names: Names, target: str | None) -> RowFormula | None:
    """The formula that the request gives for what is asked, under that name."""
    best: tuple[float, str] | None = None
    for name, body in names.scene.facts.formulas.items():
        score = max(_alike(name, target or ""), _alike(name, text) * 0.9)
        if score >= 0.6 and (best is None or score > best[0]):
            best = score, body
    if best is None:
        return None
    return RowFormula(expression(best[1], names))


def _alike(name: str, text: str) -> float:
    wanted, held = [stem(w) for w in stems(name)], set(stems(text))
    return sum(word in held for word in wanted) / len(wanted) if wanted else 0.0


def _by_known(text: str, names: Names, target: str | None) -> RowFormula | None:
    """A relation that everybody knows, where the table has its parts."""
    words = [*stems(target or ""), *stems(text)]
    for heads, bodies in _KNOWN:
        if not any(head in words for head in heads):
            continue
        for body in bodies:
            try:
                return RowFormula(expression(body, names))
            except NotArithmetic:
                names.reads.clear()
    return None


def filled(formula: RowFormula, frame: Frame, column: int) -> tuple[Range, tuple[tuple[str], ...]]:
    """The range of a column that a row formula fills, and its formulas."""
    from cellwright.formula import shift_fill

    top = frame.first + formula.starts
    origin = Cell(frame.first + formula.starts, column)
    area = Range(top, column, frame.last, column)
    return area, tuple((shift_fill(formula.text, origin, cell),) for cell in area.cells())
