"""What a request wants in a column, as a formula for the first row: growth, days, stated, in words, known.

`multiplying the price with (1 - discount)`, `the difference between A and B`, `20% of Sales`. Known relations
(revenue, profit, ...) stand in where the request gives no formula.
"""

from __future__ import annotations

import re

from cellwright.ask.arithmetic import Names, NotArithmetic, RowFormula, expression, is_index
from cellwright.ask.frames import Frame, FrameColumn
from cellwright.ask.grounding.text import stem, stems
from cellwright.ask.mentions import columns_in, name_score
from cellwright.ask.row_times import by_days, by_growth, by_term
from cellwright.ask.rules import number_text
from cellwright.ask.words import FUNCTION, aggregate_in
from cellwright.formula import shift_fill
from cellwright.reference import Cell, Range
from cellwright.workbook.detect import ColumnKind

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


def row_formula_of(text: str, names: Names, target: str | None) -> RowFormula | None:
    """The formula that a text asks for, one value a row; `target` is what the results are called."""
    if target is not None:
        text = re.sub(rf"[\"“']{re.escape(target)}[\"”']", target, text)
    readers = (
        by_growth, by_term, by_days, _by_stated, _by_words, _by_signs, _by_charge, _by_across, _by_facts,
        _by_known,
    )  # fmt: skip
    for reader in readers:
        names.reads.clear()
        try:
            found = reader(text, names, target)
        except NotArithmetic:
            continue
        if found is not None:
            reads = tuple(dict.fromkeys(names.reads))
            return RowFormula(f"={found.text}", found.starts, found.number_format, reads)
    return None


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
    (re.compile(r"\bsubtract(?:s|ing|ed)?\s+(?P<b>.+?)\s+from\s+(?P<a>.+)", re.I), "{a}-{b}"),
    (re.compile(r"\bmultipl(?:y|ies|ied|ying)\s+(?P<a>.+?)\s+(?:by|with)\s+(?P<b>.+)", re.I), "{a}*{b}"),
    (re.compile(r"\bdivid(?:e|es|ed|ing)\s+(?P<a>.+?)\s+(?:by|with)\s+(?P<b>.+)", re.I), "{a}/{b}"),
    (re.compile(r"\badd(?:s|ing)?\s+(?P<b>[$€£]?\d[\d,.]*\s*%?)\s+to\s+(?P<a>.+)", re.I), "{a}+{b}"),
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
    (re.compile(r"\badd(?:s|ing)?(?:\s+up)?\s+(?P<a>.+?)\s+(?:and|to|with)\s+(?P<b>.+)", re.I), "{a}+{b}"),
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


_SIGN_WORDS = re.compile(
    r"\s(?:times|multiplied (?:by|with)|divided (?:by|with)|plus|minus|less|x|[-+*/^])\s", re.I
)
_BEFORE_SIGNS = re.compile(
    r"\b(?:compute[sd]?|calculat\w+|work\w* out|holding|holds|contain\w*|showing|shows?|that is|is|are|"
    r"as|with|being|"
    r"put|need|want|find|determine|for|from|of)\b|[:=(]",
    re.I,
)


def _by_signs(text: str, names: Names, target: str | None) -> RowFormula | None:
    """Names with signs or their words between them: `compute quantity times unit price in ...`."""
    if not _SIGN_WORDS.search(text):
        return None
    starts = [0, *(match.end() for match in _BEFORE_SIGNS.finditer(text))]
    if target is not None:
        starts += [match.end() for match in re.finditer(re.escape(target), text)]
    for start in sorted(starts):
        piece = re.split(r"[,;:]\s|\s\(|\)|\.\s|\.$|\band (?:put|write|show|place|store)\b", text[start:])[0]
        if not _SIGN_WORDS.search(piece):
            continue
        try:
            return RowFormula(_operand(piece, names))
        except NotArithmetic:
            continue
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
    r"\bfrom (?:the )?(?:sheet |worksheet )?[\"“']?[\w ]+[\"”']?(?: sheet| worksheet| table| tab)?\b.*|"
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
        c for c in names.frame.columns if c.kind is ColumnKind.NUMBER and c != names.skip and not is_index(c)
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
    top = frame.first + formula.starts
    origin = Cell(frame.first + formula.starts, column)
    area = Range(top, column, frame.last, column)
    return area, tuple((shift_fill(formula.text, origin, cell),) for cell in area.cells())
