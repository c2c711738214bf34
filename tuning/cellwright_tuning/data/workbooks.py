"""Generates whole workbooks: record tables, time series and linked sheets with their formulas.

A workbook is a Snapshot whose formula regions (equal R1C1 down or across) are known, so that any of them
can be hidden and asked for. Values are drawn, not computed: the prompt shows kinds of cells, headers and
formulas, and a formula's value only by its kind. Not covered yet: formats, tables as objects, merged titles.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from cellwright.reference import Cell, column_letters, quote_sheet
from cellwright.workbook.cells import CellStore
from cellwright.workbook.model import Sheet, Snapshot, Value

from . import words
from .drafts import Block, Draft, Region
from .models import model_drafts

MODELS_SHARE = 0.5
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_ROW_LABELS = (
    "Revenue", "Sales", "Cost of sales", "Wages", "Rent", "Marketing", "Utilities", "Travel", "Insurance",
    "Repairs", "Depreciation", "Interest", "Tax", "Units sold", "Price", "Headcount", "Opening balance",
    "Additions", "Disposals", "Coal", "Gas", "Solar", "Wind", "Hydro", "Residential", "Industry",
    "Transport", "North", "South", "East", "West", "Product A", "Product B", "Product C", "Services",
    "Other", "Grants", "Fees", "Imports", "Exports", "Demand", "Supply",
)  # fmt: skip
TOTAL_LABELS = (
    "Total",
    "Total",
    "Total",
    "Sum",
    "TOTAL",
    "Totals",
    "Grand Total",
    "Subtotal",
    "Total expenses",
    "Net",
)
_AGGREGATE_LABELS = {
    "SUM": TOTAL_LABELS,
    "AVERAGE": ("Average", "Mean", "Avg", "Average per line"),
    "COUNT": ("Count", "Number", "n", "Lines"),
    "MAX": ("Max", "Maximum", "Highest", "Peak"),
}
_UNITS = (
    "kg per tonne", "Conversion factor", "Exchange rate", "Growth", "Growth rate", "Tax rate",
    "Discount rate", "Inflation", "Hours per day", "Days per year", "GWh per PJ", "Efficiency", "Margin",
    "Share", "VAT",
)  # fmt: skip
_RESULT = {
    "*": ("Amount", "Total", "Value", "Cost", "Pay", "Line Total", "Revenue", "Gross"),
    "-": ("Difference", "Variance", "Balance", "Profit", "Net", "Remaining", "Change", "Margin"),
    "+": ("Total", "Sum", "Combined", "Gross", "Subtotal"),
    "/": ("Ratio", "Rate", "%", "Per Unit", "Average", "Share", "Yield"),
}


@dataclass(frozen=True)
class Workbook:
    """A generated workbook and its formula regions."""

    snapshot: Snapshot
    regions: tuple[Region, ...]


def generate_workbook(random: Random) -> Workbook:
    """One workbook: tables of one to four sheets, or a calculation model (`models.py`) of up to eight."""
    if random.random() < MODELS_SHARE:
        return _workbook(model_drafts(random))
    field_of_work = random.choice(words.FIELDS)
    names = _sheet_names(field_of_work, random)
    drafts = [Draft(name) for name in names]
    for i, draft in enumerate(drafts):
        kind = random.random()
        if kind < 0.35 or (i == 0 and kind < 0.6):
            _records(draft, field_of_work, drafts[:i], random)
        elif kind < 0.65 or i == 0:
            _series(draft, drafts[:i], random)
        else:
            _links(draft, drafts[:i], random)
        if random.random() < 0.35 and draft.taken:
            _records(draft, field_of_work, drafts[:i], random)
    return _workbook(drafts)


def _workbook(drafts: list[Draft]) -> Workbook:
    sheets = tuple(Sheet(draft.name, CellStore(draft.cells)) for draft in drafts)
    return Workbook(Snapshot(sheets), tuple(region for draft in drafts for region in draft.regions))


def _sheet_names(field_of_work: words.Field, random: Random) -> list[str]:
    pool = list(dict.fromkeys([*field_of_work.sheets, *random.sample(words.SHEETS, 8)]))
    return random.sample(pool, random.choice((1, 1, 2, 2, 3, 3, 4)))


def _ref(row: int, column: int, fixed_row: bool = False, fixed_column: bool = False, sheet: str = "") -> str:
    dollar_column, dollar_row = "$" if fixed_column else "", "$" if fixed_row else ""
    prefix = f"{quote_sheet(sheet)}!" if sheet else ""
    return f"{prefix}{dollar_column}{column_letters(column)}{dollar_row}{row + 1}"


def _span(block: Block, column: int, style: str, here: str, right: int | None = None) -> str:
    """A column (or more) of a block's data as its author writes ranges; `here` is the formula's sheet."""
    last = column if right is None else right
    sheet = f"{quote_sheet(block.sheet)}!" if block.sheet != here else ""
    a, b = column_letters(column), column_letters(last)
    if style == "whole":
        return f"{sheet}{a}:{b}"
    if style == "whole_fixed":
        return f"{sheet}${a}:${b}"
    if style == "fixed":
        return f"{sheet}${a}${block.first + 1}:${b}${block.last + 1}"
    return f"{sheet}{a}{block.first + 1}:{b}{block.last + 1}"


def _title(draft: Draft, random: Random) -> int:
    """Perhaps a title, a note and a blank row; the row where the block begins."""
    row = draft.taken + (random.choice((1, 2, 2, 3)) if draft.taken else 0)
    if random.random() < 0.45:
        draft.put(
            row,
            0,
            f"{random.choice(words.SHEETS)} {random.choice(('2023', '2024', 'Q1', 'report', 'by month'))}",
        )
        row += random.choice((1, 2, 2))
        if random.random() < 0.25:
            draft.put(
                row, 0, random.choice(("Source: internal", "All figures in USD", "Draft", "Updated monthly"))
            )
            row += random.choice((1, 2))
    return row


def _number(random: Random) -> float:
    kind = random.random()
    if kind < 0.6:
        return float(random.randint(1, 2000))
    return round(random.random() * random.choice((1, 10, 100, 10_000)), random.choice((1, 2, 3)))


def _header(names: tuple[str, ...], random: Random) -> str:
    return random.choice(random.choice(names).split("|"))


def _records(draft: Draft, field_of_work: words.Field, others: list[Draft], random: Random) -> None:
    """A table of records with computed columns, a total row and perhaps a summary beside it."""
    header = _title(draft, random)
    left = random.choice((0, 0, 0, 0, 1, 1, 2))
    first, count = header + 1, random.choice((3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30))
    last = first + count - 1
    column = left
    keys: list[int] = []
    numbers: list[int] = []
    dates: list[int] = []
    foreign = random.choice(list(words.FOREIGN.values())) if random.random() < 0.15 else None
    is_numbered = random.random() < 0.3  # lines known by a number or a date, without a text of their own
    for _ in range(1 if is_numbered else random.randint(1, 3)):
        draft.put(header, column, _header(foreign[1] if foreign else field_of_work.texts, random))
        pool = random.sample(field_of_work.categories, min(5, len(field_of_work.categories)))
        start, step = random.choice(((1, 1), (1001, 1), (45_000, 1), (45_000, 7), (100, 10)))
        for row in range(first, last + 1):
            text: Value = random.choice(pool) if keys else f"{random.choice(pool)} {row}"
            draft.put(row, column, float(start + step * (row - first)) if is_numbered else text)
        keys.append(column)
        column += 1
    for _ in range(random.choice((0, 0, 1, 1, 2))):
        draft.put(header, column, _header(foreign[2] if foreign else field_of_work.dates, random))
        for row in range(first, last + 1):
            draft.put(row, column, float(random.randint(43_000, 46_000)))
        dates.append(column)
        column += 1
    for _ in range(random.randint(1, 4)):
        draft.put(header, column, _header(foreign[0] if foreign else field_of_work.numbers, random))
        for row in range(first, last + 1):
            draft.put(row, column, _number(random))
        numbers.append(column)
        column += 1
    block = Block(draft.name, header, first, last, left, tuple(keys), tuple(numbers), tuple(dates))
    for _ in range(random.choice((0, 1, 1, 2, 3))):
        if random.random() < 0.15 and count > 2:
            name, opening, write = _from_line_before(block, column, random)
            value: Value = 1.0
            if opening is not None:
                draft.fill([(first, column)], _column_taken(opening))
            begin = first + 1
        else:
            name, write, value = _computed(block, others, column, random)
            begin = first
        draft.put(header, column, name)
        draft.fill([(row, column) for row in range(begin, last + 1)], write, value)
        if isinstance(value, float):
            numbers.append(column)
        column += 1
        block = Block(draft.name, header, first, last, left, tuple(keys), tuple(numbers), tuple(dates))
    draft.taken = last + 1
    if random.random() < 0.55:
        _total_row(draft, block, random)
    if random.random() < 0.3:
        _summary(draft, block, column + random.choice((1, 1, 2)), random)
    draft.tables.append(block)


def _column_taken(column: int) -> Callable[[int, int], str]:
    """The formula that takes over a column of its own row."""
    return lambda row, _: _ref(row, column)


def _from_line_before(
    block: Block, column: int, random: Random
) -> tuple[str, int | None, Callable[[int, int], str]]:
    """(header, the column that the first line takes over, formula) of a column that reads the line before."""
    a, b = _two(block.numbers, random)
    kind = random.random()
    if kind < 0.3:
        return "Change", None, lambda r, c: f"{_ref(r, a)}-{_ref(r - 1, a)}"
    if kind < 0.45 and a != b:
        both = "({0}+{1})-({2}+{3})"
        return (
            "Used",
            None,
            lambda r, c: both.format(_ref(r, a), _ref(r, b), _ref(r - 1, a), _ref(r - 1, b)),
        )
    if kind < 0.65:
        return "Growth", None, lambda r, c: f"{_ref(r, a)}/{_ref(r - 1, a)}-1"
    if kind < 0.85 or a == b:
        return "Balance", a, lambda r, c: f"{_ref(r - 1, column)}+{_ref(r, a)}"
    return "Balance", a, lambda r, c: f"{_ref(r - 1, column)}+{_ref(r, a)}-{_ref(r, b)}"


def _computed(
    block: Block, others: list[Draft], column: int, random: Random
) -> tuple[str, Callable[[int, int], str], Value]:
    """(header, text of the formula at a cell, a value of its kind) of a computed column."""
    numbers, keys, first = block.numbers, block.keys, block.first
    style = random.choice(("fixed", "fixed", "whole", "whole_fixed"))
    kind = random.random()
    tables = [table for other in others for table in other.tables]
    if tables and kind < 0.45:
        table = random.choice(tables)
        key, target = random.choice(keys), random.choice(table.numbers)
        area = random.choice(("fixed", "whole", "whole_fixed", "fixed"))
        if random.random() < 0.5:
            whole = _span(table, table.left, area, block.sheet, table.right)
            index, exact = target - table.left + 1, random.choice(("FALSE", "0"))
            return "Price", lambda r, c: f"VLOOKUP({_ref(r, key)},{whole},{index},{exact})", 1.0
        values, labels = _span(table, target, area, block.sheet), _span(table, table.left, area, block.sheet)
        if random.random() < 0.5:
            return "Rate", lambda r, c: f"INDEX({values},MATCH({_ref(r, key)},{labels},0))", 1.0
        return "Total", lambda r, c: f"SUMIF({labels},{_ref(r, key)},{values})", 1.0
    a, b = _two(numbers, random)
    kind = random.random() if a != b else random.uniform(0.61, 1.0)
    if kind < 0.4:
        operator = random.choice(("*", "*", "*", "-", "-", "+", "/"))
        return random.choice(_RESULT[operator]), lambda r, c: f"{_ref(r, a)}{operator}{_ref(r, b)}", 1.0
    if kind < 0.46:
        return "Change %", lambda r, c: f"({_ref(r, a)}-{_ref(r, b)})/{_ref(r, b)}", 1.0
    if kind < 0.53:
        span = _span(block, a, "fixed", block.sheet)
        return "% of Total", lambda r, c: f"{_ref(r, a)}/SUM({span})", 1.0
    if kind < 0.61:
        low, high = numbers[0], numbers[-1]
        function = random.choice(("SUM", "SUM", "AVERAGE", "MAX"))
        return function.title(), lambda r, c: f"{function}({_ref(r, low)}:{_ref(r, high)})", 1.0
    if kind < 0.72:
        step, (yes, no) = random.choice((50, 60, 100, 500, 1000)), random.choice(words.FLAGS)[:2]
        operator = random.choice((">", ">=", "<"))
        return (
            random.choice(("Status", "Flag", "Result")),
            lambda r, c: f'IF({_ref(r, a)}{operator}{step},"{yes}","{no}")',
            "x",
        )
    if kind < 0.78 and block.dates:
        date = random.choice(block.dates)
        name, text = random.choice(
            (("Days", "TODAY()-{0}"), ("Month", "MONTH({0})"), ("Year", "YEAR({0})"), ("Due", "{0}+30"))
        )
        return name, lambda r, c: text.format(_ref(r, date)), 1.0
    if kind < 0.84:
        key = random.choice(keys)
        span = _span(block, key, style, block.sheet)
        return "Count", lambda r, c: f"COUNTIF({span},{_ref(r, key)})", 1.0
    if kind < 0.89:
        return "Running Total", lambda r, c: f"SUM({_ref(first, a, fixed_row=True)}:{_ref(r, a)})", 1.0
    if kind < 0.96:
        percent = random.choice(("0.1", "0.2", "1.1", "10%", "5%", "1000", "12", "100"))
        operator = random.choice("**/")
        return random.choice(_RESULT["*"]), lambda r, c: f"{_ref(r, a)}{operator}{percent}", 1.0
    key, other = _two(keys, random)
    return "Label", lambda r, c: f'{_ref(r, key)}&" "&{_ref(r, other)}', "x"


def _two(places: tuple[int, ...], random: Random) -> tuple[int, int]:
    """Two places in any order, different where there are two."""
    a = random.choice(places)
    return a, random.choice([place for place in places if place != a] or [a])


def _total_row(draft: Draft, block: Block, random: Random) -> None:
    row = block.last + 1 + random.choice((0, 0, 0, 1))
    function = random.choice(("SUM", "SUM", "SUM", "SUM", "AVERAGE", "COUNT", "MAX"))
    labels = _AGGREGATE_LABELS[function] if random.random() < 0.95 else TOTAL_LABELS
    draft.put(row, block.left, random.choice(labels))
    summed = block.numbers if random.random() < 0.6 else block.numbers[-1:]
    runs: list[list[int]] = []
    for column in summed:
        if runs and runs[-1][-1] == column - 1:
            runs[-1].append(column)
        else:
            runs.append([column])
    for run in runs:
        draft.fill(
            [(row, column) for column in run],
            lambda r, c: f"{function}({_ref(block.first, c)}:{_ref(block.last, c)})",
        )
    if random.random() < 0.2:
        following = random.choice([f for f in ("AVERAGE", "MAX", "MIN", "COUNT") if f != function])
        draft.put(row + 1, block.left, following.title())
        for run in runs:
            draft.fill(
                [(row + 1, column) for column in run],
                lambda r, c: f"{following}({_ref(block.first, c)}:{_ref(block.last, c)})",
            )
        row += 1
    draft.taken = row + 1


def _summary(draft: Draft, block: Block, left: int, random: Random) -> None:
    """Counts and sums by category beside the table."""
    key, number = block.keys[-1], random.choice(block.numbers)
    seen = {draft.cells[Cell(row, key)].value: row for row in range(block.first, block.last + 1)}
    labels = sorted(seen, key=str)[:6]
    style = random.choice(("fixed", "whole", "whole_fixed", "fixed"))
    keys, numbers = _span(block, key, style, draft.name), _span(block, number, style, draft.name)
    draft.put(block.header, left, str(draft.cells[Cell(block.header, key)].value))
    for i, label in enumerate(labels):
        draft.put(block.first + i, left, label)
    rows = range(block.first, block.first + len(labels))
    draft.put(block.header, left + 1, "Count")
    draft.fill([(row, left + 1) for row in rows], lambda r, c: f"COUNTIF({keys},{_ref(r, left)})")
    if random.random() < 0.7:
        function = random.choice(("SUMIF", "SUMIF", "AVERAGEIF"))
        draft.put(block.header, left + 2, str(draft.cells[Cell(block.header, number)].value))
        draft.fill(
            [(row, left + 2) for row in rows], lambda r, c: f"{function}({keys},{_ref(r, left)},{numbers})"
        )


def _series(draft: Draft, others: list[Draft], random: Random) -> None:
    """Rows of items over months or years, with totals, growth, running balances and inputs above."""
    row = _title(draft, random)
    inputs: list[tuple[int, int]] = []
    for _ in range(random.choice((0, 0, 1, 2, 3))):
        draft.put(row, 0, random.choice(_UNITS))
        draft.put(row, 1, round(random.random(), 2))
        inputs.append((row, 1))
        row += 1
    row += 1 if inputs else 0
    header, left = row, random.choice((1, 1, 1, 2))
    periods = random.choice((3, 4, 5, 6, 12, 12, 10, 15, 20))
    start = random.randint(2005, 2028)
    for i in range(periods):
        draft.put(header, left + i, MONTHS[i] if periods == 12 else float(start + i))
    right = left + periods - 1
    items = random.sample(_ROW_LABELS, random.randint(2, 7))
    first = header + 1
    columns = range(left, right + 1)
    for i, label in enumerate(items):
        draft.put(first + i, 0, label)
        _series_row(draft, first + i, columns, inputs, others, random)
    last = first + len(items) - 1
    row = last + 1
    if random.random() < 0.7:
        row += random.choice((0, 0, 1))
        draft.put(row, 0, random.choice(TOTAL_LABELS))
        draft.fill([(row, c) for c in columns], lambda r, c: f"SUM({_ref(first, c)}:{_ref(last, c)})")
        row += 1
    if random.random() < 0.45:
        draft.put(header, right + 1, random.choice(("Total", "Average", "YTD", "Sum")))
        function = "AVERAGE" if draft.cells[Cell(header, right + 1)].value == "Average" else "SUM"
        draft.fill(
            [(r, right + 1) for r in range(first, row)],
            lambda r, c: f"{function}({_ref(r, left)}:{_ref(r, right)})",
        )
    for _ in range(random.choice((0, 1, 1, 2))):
        _derived_row(draft, row, first, last, columns, inputs, random)
        row += 1
    draft.taken = row


def _series_row(
    draft: Draft, row: int, columns: range, inputs: list[tuple[int, int]], others: list[Draft], random: Random
) -> None:
    """One item: numbers, or growth from the period before, or the same cell of another sheet."""
    kind = random.random()
    if inputs and kind < 0.25:
        r0, c0 = random.choice(inputs)
        draft.put(row, columns[0], _number(random))
        rate = _ref(r0, c0, True, True)
        operator = random.choice(("*(1+{0})", "*(1+{0})", "*{0}", "*(1-{0})"))
        draft.fill([(row, c) for c in columns[1:]], lambda r, c: _ref(r, c - 1) + operator.format(rate))
    elif others and kind < 0.65:
        other = random.choice(others)
        multiplier = ""
        if inputs and random.random() < 0.5:
            r0, c0 = random.choice(inputs)
            multiplier = random.choice("*/") + _ref(r0, c0, True, True)
        shift = random.choice((0, 0, 0, 1, -1)) if row else 0
        draft.fill(
            [(row, c) for c in columns],
            lambda r, c: _ref(max(0, r + shift), c, sheet=other.name) + multiplier,
        )
    else:
        for c in columns:
            draft.put(row, c, _number(random))


def _derived_row(
    draft: Draft,
    row: int,
    first: int,
    last: int,
    columns: range,
    inputs: list[tuple[int, int]],
    random: Random,
) -> None:
    kind = random.random()
    a, b = _two(tuple(range(first, last + 1)), random)
    if kind < 0.3:
        draft.put(row, 0, random.choice(("Difference", "Net", "Profit", "Balance", "Gross profit")))
        draft.fill([(row, c) for c in columns], lambda r, c: f"{_ref(a, c)}-{_ref(b, c)}")
    elif kind < 0.5:
        draft.put(row, 0, random.choice(("Growth", "Change %", "YoY", "Growth rate")))
        draft.fill(
            [(row, c) for c in columns[1:]],
            lambda r, c: f"({_ref(a, c)}-{_ref(a, c - 1)})/{_ref(a, c - 1)}",
        )
    elif kind < 0.65:
        draft.put(row, 0, random.choice(("Share", "% of total", "Ratio", "Margin %")))
        draft.fill([(row, c) for c in columns], lambda r, c: f"{_ref(a, c)}/{_ref(row - 1, c)}")
    elif kind < 0.8 and inputs:
        r0, c0 = random.choice(inputs)
        draft.put(row, 0, random.choice(("Tax", "Converted", "In kWh", "Adjusted", "Discounted")))
        operator, rate = random.choice("**/"), _ref(r0, c0, True, True)
        draft.fill([(row, c) for c in columns], lambda r, c: f"{_ref(row - 1, c)}{operator}{rate}")
    elif kind < 0.9:
        draft.put(row, 0, random.choice(("Cumulative", "Running total", "Closing balance")))
        draft.fill([(row, columns[0])], lambda r, c: _ref(a, c))
        draft.fill([(row, c) for c in columns[1:]], lambda r, c: f"{_ref(r, c - 1)}+{_ref(a, c)}")
    else:
        draft.put(row, 0, random.choice(("Average", "Mean", "Maximum")))
        function = random.choice(("AVERAGE", "MAX", "MIN"))
        draft.fill([(row, c) for c in columns], lambda r, c: f"{function}({_ref(first, c)}:{_ref(last, c)})")


def _links(draft: Draft, others: list[Draft], random: Random) -> None:
    """A sheet that gathers from another: the same labels, its cells one by one, guarded or converted."""
    other = random.choice(others)
    if not other.cells:
        return
    cells = list(other.cells)
    bottom = min(max(cell.row for cell in cells), 30)
    right = min(max(cell.column for cell in cells), 16)
    top = random.choice((0, 0, 0, 1, 2))
    factor = random.choice(("", "", "", "*1000", "/1000", "*10^3", "*10^6", "/100"))
    form = random.choice(
        ("{0}", "{0}", "{0}", 'IF(ISBLANK({0}),"",{0})', 'IF({0}="","",{0})', "IFERROR({0},0)")
    )
    for row in range(bottom + 1):
        for column in range(right + 1):
            content = other.cells.get(Cell(row, column))
            if content is not None and content.formula is None and isinstance(content.value, str):
                draft.put(row + top, column, content.value)
    places = [
        (row + top, column)
        for row in range(bottom + 1)
        for column in range(right + 1)
        if Cell(row, column) in other.cells and Cell(row + top, column) not in draft.cells
    ]
    draft.fill(
        places,
        lambda r, c: form.format(_ref(r - top, c, sheet=other.name)) + factor,
    )
    draft.taken = bottom + top + 1
