"""Row sets as Excel expressions: TRUE/FALSE or 0/1 for each row of the body, and criteria where they fit.

Every expression uses plain comparisons, arithmetic, FILTER and array constants, which Excel 365 and our
calculator both compute. Numbers inside text (`4th, Western`) can't be compared by a cell reference; they
stand in the formula as an array constant, as they were read. Texts are compared with what the cells hold;
where neither equality nor SEARCH selects the linked rows, the texts themselves are listed.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from cellwright.ask.grounding.links import Grounding, ValueLink
from cellwright.ask.grounding.quantities import Day
from cellwright.ask.questions.forms import Form, Rows, Runner, rows_of
from cellwright.reference import Range, SheetRange

MAX_LISTED = 12


class Unwritable(Exception):
    """A form has no expression; the writer falls back to citing cells."""


@dataclass(frozen=True)
class Condition:
    """A row set: what selects it (None: every row), its mask, and criteria for COUNTIFS where it has some."""

    test: str | None
    rows: Rows
    criteria: tuple[tuple[str, str], ...] | None = None

    @property
    def factor(self) -> str:
        """The test as a factor of a product."""
        if self.test is None:
            raise Unwritable("every row")
        return self.test if _is_bracketed(self.test) else f"({self.test})"


@dataclass
class ConditionWriter:
    """Writes row sets of one grounded question. `cited` collects the columns it read."""

    grounding: Grounding
    runner: Runner
    cited: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        table = self.grounding.table
        self.table = table
        self.first, self.last = table.rows[0], table.rows[-1]
        self.height = self.last - self.first + 1
        self.offsets = [row - self.first for row in table.rows]

    def area(self, column: int) -> str:
        """The body of a column as a reference with its sheet."""
        self.cited.add(column)
        place = self.table.columns[column].place
        return SheetRange(self.table.sheet, Range(self.first, place, self.last, place)).a1

    def order(self) -> str:
        """1, 2, 3, ... down the body."""
        return f"SEQUENCE({self.height})"

    def numbers(self, column: int, view: str) -> str:
        """A view as a column of numbers: the cells themselves, or what was read from them."""
        cells = self.table.columns[column].cells
        values = self.runner.views[column, view]
        if view in "nd" and all(
            cell.is_native or not cell.text for cell, value in zip(cells, values, strict=True)
        ):
            return self.area(column)
        self.cited.add(column)
        by_offset = dict(zip(self.offsets, values, strict=True))
        listed = (by_offset.get(i) for i in range(self.height))
        return "{" + ";".join('""' if value is None else number_text(value) for value in listed) + "}"

    def is_native(self, column: int, view: str) -> bool:
        """Whether the view is read from the cells themselves."""
        return not self.numbers(column, view).startswith("{")

    def guard(self, column: int, view: str) -> str:
        """A factor that leaves out rows without a number; empty where all have one."""
        whole = self.height == len(self.table.rows)
        if whole and all(value is not None for value in self.runner.views[column, view]):
            return ""
        return f'*({self.numbers(column, view)}<>"")'

    def within(self, expression: str, condition: Condition, guard: str = "") -> str:
        """The part of a column that a condition selects."""
        if condition.test is None:
            return f"FILTER({expression},{guard[1:]})" if guard else expression
        return (
            f"FILTER({expression},{condition.factor}{guard})"
            if guard
            else f"FILTER({expression},{condition.test})"
        )

    def condition(self, form: Form) -> Condition:
        """The condition of a row-set form; raises Unwritable."""
        match form:
            case ("all",):
                whole = self.height == len(self.table.rows)
                return Condition(None if whole else self.filled(), self.table.all_rows)
            case ("eq", column, text, _):
                return self.equal(column, text)
            case ("cmp", column, view, op, number):
                return self.compared(column, view, op, number)
            case ("day", column, op, day):
                return self.on_day(column, op, day)
            case ("and", first, second):
                one, other = self.condition(first), self.condition(second)
                both = None
                if one.criteria is not None and other.criteria is not None:
                    both = one.criteria + other.criteria
                return Condition(f"{one.factor}*{other.factor}", one.rows & other.rows, both)
            case ("or", first, second):
                one, other = self.condition(first), self.condition(second)
                return Condition(f"({one.factor}+{other.factor})>0", one.rows | other.rows)
            case ("not", inner):
                one = self.condition(inner)
                return Condition(f"1-{one.factor}", self.table.all_rows & ~one.rows)
            case _:
                return self.derived(form)

    def derived(self, form: Form) -> Condition:
        """Superlatives, places and neighbours of another row set."""
        if form[0] == "same":
            one = self.condition(form[2])
            area = self.area(form[1])
            test = f"({area}=INDEX({self.within(area, one)},1))*(1-{one.factor})"
            return Condition(test, self.runner.same(form[1], one.rows))
        one = self.condition(form[1])
        order = self.within(self.order(), one)
        rows = rows_of(one.rows)
        match form:
            case ("max" | "min" as name, _, column, view):
                rows_found = self.runner.extreme(one.rows, column, view, greatest=name == "max")
                return self.at_number(one, column, view, f"{name.upper()}(#)", rows_found)
            case ("rank", _, column, view, place):
                name = "LARGE" if place > 0 else "SMALL"
                rows_found = self.runner.ranked(one.rows, column, view, place)
                return self.at_number(one, column, view, f"{name}(#,{abs(place)})", rows_found)
            case ("nth", _, place):
                at = rows[place - 1] if place > 0 else rows[place]
                name = "SMALL" if place > 0 else "LARGE"
                return Condition(f"{self.order()}={name}({order},{abs(place)})", 1 << at)
            case ("last", _):
                return Condition(f"{self.order()}=MAX({order})", 1 << rows[-1])
            case ("first_n", _, count):
                return Condition(
                    self.and_order(one, f"{self.order()}<=SMALL({order},{count})"), _mask(rows[:count])
                )
            case ("last_n", _, count):
                return Condition(
                    self.and_order(one, f"{self.order()}>=LARGE({order},{count})"), _mask(rows[-count:])
                )
            case ("next", _):
                return Condition(f"{self.order()}=MAX({order})+{self.step(rows[-1], 1)}", 1 << rows[-1] + 1)
            case ("prev", _):
                return Condition(f"{self.order()}=MIN({order})-{self.step(rows[0], -1)}", 1 << rows[0] - 1)
            case ("after", _):
                every = self.table.all_rows & ~((1 << rows[-1] + 1) - 1)
                return Condition(self.and_filled(f"{self.order()}>MAX({order})"), every)
            case ("before", _):
                return Condition(self.and_filled(f"{self.order()}<MIN({order})"), (1 << rows[0]) - 1)
            case ("beyond" | "below" as name, _, column, view):
                op = ">" if name == "beyond" else "<"
                number = self.runner.views[column, view][rows[0]]
                if number is None:
                    raise Unwritable("no number")
                numbers = self.numbers(column, view)
                test = f"({numbers}{op}INDEX({self.within(numbers, one)},1)){self.guard(column, view)}"
                return Condition(test, self.runner.compared_exactly(column, view, op, number))
            case ("nearest", inner):
                column, view = inner[2], inner[3]
                greatest = inner[0] == "below"
                found = self.runner.extreme(one.rows, column, view, greatest=greatest)
                return self.at_number(one, column, view, f"{'MAX' if greatest else 'MIN'}(#)", found)
        raise Unwritable(str(form[0]))

    def at_number(self, one: Condition, column: int, view: str, edge: str, rows: Rows) -> Condition:
        """The rows of a condition whose number is an edge of it; `#` stands for the numbers."""
        numbers = self.numbers(column, view)
        sought = edge.replace("#", self.within(numbers, one, self.guard(column, view)))
        if one.test is None:
            return Condition(f"{numbers}={sought}", rows)
        return Condition(f"{one.factor}*({numbers}={sought})", rows)

    def and_order(self, one: Condition, test: str) -> str:
        return test if one.test is None else f"{one.factor}*({test})"

    def and_filled(self, test: str) -> str:
        return test if self.height == len(self.table.rows) else f"({test})*({self.filled()})"

    def filled(self) -> str:
        """The rows of the body that hold something, where blank rows stand between."""
        column = max(range(len(self.table.columns)), key=lambda c: self.table.columns[c].filled.bit_count())
        if self.table.columns[column].filled != self.table.all_rows:
            raise Unwritable("no column is filled in every row")
        return f'{self.area(column)}<>""'

    def step(self, row: int, by: int) -> int:
        """How many sheet rows lie between a body row and its neighbour."""
        if not 0 <= row + by < len(self.offsets):
            raise Unwritable("no neighbour")
        return abs(self.offsets[row + by] - self.offsets[row])

    def equal(self, column: int, text: str) -> Condition:
        """The rows that a value link means."""
        link = next(v for v in self.grounding.values if v.column == column and v.text == text)
        cells = self.table.columns[column].cells
        area = self.area(column)
        shown = list(dict.fromkeys(cells[row].text for row in rows_of(link.rows)))
        if len(shown) == 1:
            matching = _mask([i for i, cell in enumerate(cells) if cell.text.lower() == shown[0].lower()])
            if matching == link.rows:
                only = cells[rows_of(link.rows)[0]]
                if only.is_native and only.day is None:
                    number = number_text(only.numbers[0])
                    return Condition(f"{area}={number}", link.rows, ((area, number),))
                if not only.is_native:
                    quoted = quote(shown[0])
                    plain = not any(mark in shown[0] for mark in "*?~<>=") and len(shown[0]) < 250
                    return Condition(f"{area}={quoted}", link.rows, ((area, quoted),) if plain else None)
        pattern = self.pattern(column, link)
        criteria = ((area, quote(f"*{pattern}*")),) if pattern else None
        if len(shown) <= MAX_LISTED and not any(cells[row].is_native for row in rows_of(link.rows)):
            lowered = {one.lower() for one in shown}
            if _mask([i for i, cell in enumerate(cells) if cell.text.lower() in lowered]) == link.rows:
                listed = "+".join(f"({area}={quote(one)})" for one in shown)
                test = f"({listed})>0" if len(shown) > 1 else listed[1:-1]
                return Condition(test, link.rows, criteria)
        begins = _mask([i for i, cell in enumerate(cells) if cell.text.lower().startswith(link.text)])
        if pattern is None and begins == link.rows and not any(cell.is_native for cell in cells):
            return Condition(f"LEFT({area},{len(link.text)})={quote(link.text)}", link.rows)
        if pattern is None:
            raise Unwritable("no test selects these rows")
        return Condition(f"IFERROR(SEARCH({quote(pattern)},{area}),0)>0", link.rows, criteria)

    def pattern(self, column: int, link: ValueLink) -> str | None:
        """A run of letters that stands in exactly the cells that a link means."""
        cells = self.table.columns[column].cells
        words = " ".join(self.grounding.words[link.start : link.end])
        for phrase in dict.fromkeys((words, link.text)):
            hits = [i for i, cell in enumerate(cells) if phrase in cell.text.lower() and not cell.is_native]
            if _mask(hits) == link.rows and not any(mark in phrase for mark in "*?~"):
                return phrase
        return None

    def compared(self, column: int, view: str, op: str, number: float) -> Condition:
        """Rows whose number compares so; a year compares with the year of a date."""
        rows = self.runner.compared(column, view, op, number)
        numbers, shown = self.numbers(column, view), number_text(number)
        if view != "d":
            guard = self.guard(column, view) if op in ("<", "<=") else ""
            test = f"({numbers}{op}{shown}){guard}" if guard else f"{numbers}{op}{shown}"
            native = self.is_native(column, view)
            return Condition(test, rows, ((numbers, quote(f"{op}{shown}")),) if native else None)
        year = int(number)
        if self.is_native(column, view):
            low, high = f"DATE({year},1,1)", f"DATE({year + 1},1,1)"
        else:
            low, high = str(year), str(year + 1)
        tests = {
            "=": f"({numbers}>={low})*({numbers}<{high})",
            ">": f"{numbers}>={high}",
            ">=": f"{numbers}>={low}",
            "<": f"{numbers}<{low}",
            "<=": f"{numbers}<{high}",
        }
        guard = self.guard(column, view)
        test = tests[op]
        return Condition(f"({test}){guard}" if guard else test, rows)

    def on_day(self, column: int, op: str, day: Day) -> Condition:
        """Rows on, before or after a date; where parts of it are open, the rows' texts are listed."""
        rows = self.runner.on_day(column, op, day)
        if self.is_native(column, "d") and None not in day:
            date = f"DATE({day.year},{day.month},{day.day})"
            test = f"({self.area(column)}{op}{date}){self.guard(column, 'd')}"
            return Condition(
                f"({self.area(column)}{op}{date}){self.guard(column, 'd')}" if "*" in test else test, rows
            )
        if not self.is_native(column, "d"):
            cells = self.table.columns[column].cells
            shown = list(dict.fromkeys(cells[row].text for row in rows_of(rows)))
            if len(shown) <= MAX_LISTED:
                area = self.area(column)
                listed = "+".join(f"({area}={quote(one)})" for one in shown)
                return Condition(f"({listed})>0" if len(shown) > 1 else listed[1:-1], rows)
        raise Unwritable("a date with open parts")


def number_text(value: float) -> str:
    """A number as a formula writes it."""
    if value == int(value) and abs(value) < 1e15:
        return str(int(value))
    return repr(round(value, 9))


def quote(text: str) -> str:
    """A text as a formula's literal; raises Unwritable where it is too long for one."""
    if len(text) > 255:
        raise Unwritable("a text of more than 255 characters")
    return '"' + text.replace('"', '""') + '"'


def _mask(rows: tuple[int, ...] | list[int]) -> Rows:
    return sum(1 << row for row in rows)


def _is_bracketed(text: str) -> bool:
    """Whether one pair of brackets holds the whole text."""
    if not (text.startswith("(") and text.endswith(")")):
        return False
    depth, in_text = 0, False
    for i, character in enumerate(text):
        if character == '"':
            in_text = not in_text
        elif not in_text:
            depth += (character == "(") - (character == ")")
            if depth == 0 and i + 1 < len(text):
                return False
    return True
