"""A value form as one Excel formula (en-US), with the columns it reads; short forms first.

A count over one plain condition is COUNTIF, a sum SUMIFS, a look-up INDEX and MATCH; everything else is
FILTER over the table's body. `pinned` is the last resort: the cells of the answer by their addresses. No
function that reaches out, and nothing volatile.
"""

from __future__ import annotations

from dataclasses import dataclass

from cellwright.ask.grounding.links import Grounding
from cellwright.ask.questions.conditions import Condition, ConditionWriter, Unwritable, number_text, quote
from cellwright.ask.questions.forms import Form, Runner, rows_of
from cellwright.ask.questions.values import Candidate
from cellwright.reference import Range, SheetCell, SheetRange

MAX_FORMULA = 8192
LIST_SEPARATOR = ", "


@dataclass(frozen=True, slots=True)
class Written:
    """A formula with the ranges it read; `is_pinned` where it names the answer's cells."""

    formula: str
    cited: tuple[SheetRange, ...]
    is_pinned: bool = False


def write_formula(candidate: Candidate, grounding: Grounding, runner: Runner) -> Written:
    """The formula of a candidate."""
    writer = _ValueWriter(grounding, runner)
    try:
        text = "=" + writer.value(candidate.form)
        if len(text) <= MAX_FORMULA:
            return Written(text, writer.cited_ranges(candidate.rows))
    except Unwritable:
        pass
    return pinned(candidate, grounding, runner)


def pinned(candidate: Candidate, grounding: Grounding, runner: Runner) -> Written:
    """A formula that names the answer's cells, or a constant where the answer stands in no cell."""
    table = grounding.table
    form = candidate.form
    if form[0] == "get":
        cells = [
            table.at(row, form[2])
            for row in rows_of(candidate.rows)
            if table.columns[form[2]].cells[row].text
        ]
        listed = [SheetCell(table.sheet, cell).a1 for cell in cells]
        text = listed[0] if len(listed) == 1 else f'TEXTJOIN("{LIST_SEPARATOR}",TRUE,{",".join(listed)})'
        return Written(f"={text}", tuple(SheetRange(table.sheet, Range.of(c)) for c in cells), is_pinned=True)
    answers = sorted(candidate.denotation, key=str)
    if len(answers) == 1 and isinstance(answers[0], float):
        text = number_text(answers[0])
    else:
        text = '"' + LIST_SEPARATOR.join(map(str, answers)).replace('"', '""')[:250] + '"'
    writer = ConditionWriter(grounding, runner, {column for _, column in candidate.roles})
    return Written(f"={text}", _ranges(writer, candidate.rows), is_pinned=True)


def _ranges(writer: ConditionWriter, rows: int) -> tuple[SheetRange, ...]:
    """The cells of the columns read: the selected rows where they are few, else the whole body."""
    table = writer.table
    found = []
    chosen = rows_of(rows)
    for column in sorted(writer.cited):
        place = table.columns[column].place
        if 0 < len(chosen) <= 3:
            found += [SheetRange(table.sheet, Range.of(table.at(row, column))) for row in chosen]
        else:
            found.append(SheetRange(table.sheet, Range(table.rows[0], place, table.rows[-1], place)))
    return tuple(found)


class _ValueWriter:
    def __init__(self, grounding: Grounding, runner: Runner) -> None:
        self.w = ConditionWriter(grounding, runner)
        self.run = runner
        self.table = grounding.table

    def cited_ranges(self, rows: int) -> tuple[SheetRange, ...]:
        return _ranges(self.w, rows)

    def value(self, form: Form) -> str:
        match form:
            case ("get", inner, column):
                return self.got(inner, column)
            case ("count", inner):
                return self.count(self.w.condition(inner))
            case ("distinct", inner, column):
                return f"ROWS({self.unique(self.w.condition(inner), column)})"
            case ("place", inner):
                return f"MATCH(1,{self.w.condition(inner).factor}*1,0)"
            case ("sum" | "avg" | "span" as name, inner, column, view):
                return self.aggregate(name, self.w.condition(inner), column, view)
            case ("number", inner, column, view):
                return self.number(inner, column, view)
            case ("diff", first, second, column, view):
                a, b = self.number(first, column, view), self.number(second, column, view)
                if view == "d":
                    a, b = self.year(a, column), self.year(b, column)
                return f"ABS({a}-{b})"
            case ("years", inner, first, second):
                views = [("d" if (c, "d") in self.run.views else "n") for c in (first, second)]
                a, b = (
                    self.year(self.number(inner, c, v), c) if v == "d" else f"INT({self.number(inner, c, v)})"
                    for c, v in zip((first, second), views, strict=True)
                )
                return f"ABS({b}-{a})"
            case ("count_diff", first, second):
                return f"ABS({self.count(self.w.condition(first))}-{self.count(self.w.condition(second))})"
            case ("more" | "fewer" as name, first, second, column):
                a, b = (self.count(self.w.condition(f)) for f in (first, second))
                return self.either(a, b, ">" if name == "more" else "<", first, second, column)
            case ("more_sum" | "fewer_sum" as name, first, second, column, key, view):
                a, b = (self.number(f, key, view) for f in (first, second))
                return self.either(a, b, ">" if name == "more_sum" else "<", first, second, column)
            case ("yes_more" | "yes_fewer" | "yes_same" as name, first, second, column, view):
                op = {"yes_more": ">", "yes_fewer": "<", "yes_same": "="}[name]
                a, b = self.number(first, column, view), self.number(second, column, view)
                return f'IF({a}{op}{b},"yes","no")'
            case ("relation", first, second, column, view, more, less):
                a, b = self.number(first, column, view), self.number(second, column, view)
                return f"IF({a}>{b},{quote(more)},{quote(less)})"
            case ("relation_to", inner, number, column, view, more, less):
                a = self.number(inner, column, view)
                return f"IF({a}>{number_text(number)},{quote(more)},{quote(less)})"
            case ("yes_number", inner, number, column, view, op):
                value = self.number(inner, column, view)
                if view == "d":
                    value = self.year(value, column)
                return f'IF({value}{op}{number_text(number)},"yes","no")'
            case ("rows_between", first, second):
                a, b = (f"MATCH(1,{self.w.condition(f).factor}*1,0)" for f in (first, second))
                return f"ABS({a}-{b})-1"
            case ("parts" | "part_first" | "part_last" as name, inner, column):
                return self.part(name, inner, column)
            case _:
                return self.grouped(form)

    def got(self, inner: Form, column: int) -> str:
        condition = self.w.condition(inner)
        area = self.w.area(column)
        rows = condition.rows
        if (
            inner[0] == "eq"
            and rows & (rows - 1) == 0
            and condition.criteria
            and "*" not in condition.criteria[0][1]
        ):
            keys, sought = condition.criteria[0]
            return f"INDEX({area},MATCH({sought},{keys},0))"
        if len(self.run.answers(rows, column)) == 1:
            return f"INDEX({self.w.within(area, condition)},1)"
        return f'TEXTJOIN("{LIST_SEPARATOR}",TRUE,{self.unique(condition, column)})'

    def unique(self, condition: Condition, column: int) -> str:
        area = self.w.area(column)
        has_gaps = self.table.columns[column].filled & condition.rows != condition.rows
        guard = f'*({area}<>"")' if has_gaps else ""
        return f"UNIQUE({self.w.within(area, condition, guard)})"

    def count(self, condition: Condition) -> str:
        if condition.test is None:
            return f"ROWS({self.w.area(0)})"
        if condition.criteria:
            name = "COUNTIF" if len(condition.criteria) == 1 else "COUNTIFS"
            return f"{name}({_pairs(condition)})"
        return f"SUMPRODUCT({condition.factor}*1)"

    def aggregate(self, name: str, condition: Condition, column: int, view: str) -> str:
        numbers = self.w.numbers(column, view)
        native = self.w.is_native(column, view)
        if condition.criteria and native and name != "span":
            function = "SUMIFS" if name == "sum" else "AVERAGEIFS"
            return f"{function}({numbers},{_pairs(condition)})"
        part = self.w.within(
            numbers, condition, "" if native and condition.test is None else self.w.guard(column, view)
        )
        if name == "span":
            high, low = f"MAX({part})", f"MIN({part})"
            if view == "d":
                high, low = self.year(high, column), self.year(low, column)
            return f"{high}-{low}"
        return f"{'SUM' if name == 'sum' else 'AVERAGE'}({part})"

    def number(self, inner: Form, column: int, view: str) -> str:
        condition = self.w.condition(inner)
        numbers = self.w.numbers(column, view)
        known = self.run.numbers(condition.rows, column, view)
        if condition.test is None and inner == ("all",):
            raise Unwritable("a number of every row")
        if len(known) == 1 or inner[0] in ("max", "min"):
            return f"INDEX({self.w.within(numbers, condition, self.w.guard(column, view))},1)"
        return f"SUM({self.w.within(numbers, condition, self.w.guard(column, view))})"

    def year(self, expression: str, column: int) -> str:
        return f"YEAR({expression})" if self.w.is_native(column, "d") else f"INT({expression})"

    def either(self, a: str, b: str, op: str, first: Form, second: Form, column: int) -> str:
        shown = []
        for form in (first, second):
            answers = self.run.answers(self.w.condition(form).rows, column)
            shown.append(quote(answers[0]))
        return f"IF({a}{op}{b},{shown[0]},{shown[1]})"

    def part(self, name: str, inner: Form, column: int) -> str:
        cell = self.got(inner, column)
        row = rows_of(self.w.condition(inner).rows)[0]
        text = self.table.columns[column].cells[row].text
        separator = next(mark for mark in ("\n", ";", ",") if mark in text)
        mark = "CHAR(10)" if separator == "\n" else quote(separator)
        if name == "parts":
            return f'LEN({cell})-LEN(SUBSTITUTE({cell},{mark},""))+1'
        if name == "part_first":
            return f"TRIM(LEFT({cell},FIND({mark},{cell})-1))"
        return f'TRIM(RIGHT(SUBSTITUTE({cell},{mark},REPT(" ",255)),255))'

    def grouped(self, form: Form) -> str:
        """Forms over the different values of a column: how often each stands, or what its rows add up to."""
        name, inner, column = form[:3]
        condition = self.w.condition(inner)
        if condition.test is not None and not condition.criteria:
            raise Unwritable("groups under a condition without criteria")
        area = self.w.area(column)
        if any(mark in cell.text for cell in self.table.columns[column].cells for mark in "*?~<>="):
            raise Unwritable("texts that criteria would read as patterns")
        more = f",{_pairs(condition)}" if condition.criteria else ""
        counts = f"COUNTIFS({area},u{more})"
        head = f"LET(u,{self.unique(condition, column)},n,"
        match name:
            case "mode" | "rare":
                edge = "MAX" if name == "mode" else "MIN"
                return f'{head}{counts},TEXTJOIN("{LIST_SEPARATOR}",TRUE,FILTER(u,n={edge}(n))))'
            case "times" | "times_more":
                op = "=" if name == "times" else ">="
                return f'{head}{counts},TEXTJOIN("{LIST_SEPARATOR}",TRUE,FILTER(u,n{op}{form[3]})))'
            case "count_times" | "count_times_more":
                op = "=" if name == "count_times" else ">="
                return f"{head}{counts},SUMPRODUCT((n{op}{form[3]})*1))"
            case "top" | "bottom":
                key, view = form[3], form[4]
                if not self.w.is_native(key, view):
                    raise Unwritable("sums over numbers in text")
                sums = f"SUMIFS({self.w.numbers(key, view)},{area},u{more})"
                edge = "MAX" if name == "top" else "MIN"
                return f'{head}{sums},TEXTJOIN("{LIST_SEPARATOR}",TRUE,FILTER(u,n={edge}(n))))'
        raise Unwritable(name)


def _pairs(condition: Condition) -> str:
    return ",".join(f"{keys},{sought}" for keys, sought in condition.criteria or ())
