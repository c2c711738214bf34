"""One plain sentence for an answer: what was looked at, in the table's own words."""

from __future__ import annotations

from cellwright.ask.grounding.quantities import Day
from cellwright.ask.grounding.table import TypedTable
from cellwright.ask.questions.conditions import number_text
from cellwright.ask.questions.forms import Form

_OPS = {">": "over", ">=": "at least", "<": "under", "<=": "at most", "=": "equal to"}
_VIEWS = {"n": "", "d": "", "m": " (second number)", "x": " (difference of its numbers)"}


def sentence_of(form: Form, table: TypedTable, value: str | float) -> str:
    """`Nation of the row with the greatest Gold: Kenya.`"""
    shown = number_text(value) if isinstance(value, float) else value
    said = _Words(table).value(form)
    return f"{said[:1].upper()}{said[1:]}: {shown}."


class _Words:
    def __init__(self, table: TypedTable) -> None:
        self.table = table

    def column(self, index: int, view: str = "n") -> str:
        column = self.table.columns[index]
        return (column.header or f"column {index + 1}").replace("\n", " ") + _VIEWS[view]

    def value(self, form: Form) -> str:
        match form:
            case ("get" | "number", inner, column, *_):
                return f"{self.column(column)} {self.of(inner)}"
            case ("count", inner):
                return f"number of {self.rows(inner)}"
            case ("distinct", inner, column):
                return f"number of different {self.column(column)} in {self.rows(inner)}"
            case ("place", inner):
                return f"place in the table of {self.rows(inner)}"
            case ("sum" | "avg" | "span" as name, inner, column, view):
                word = {"sum": "sum", "avg": "average", "hi": "greatest", "lo": "least", "span": "spread"}[
                    name
                ]
                return f"{word} of {self.column(column, view)} over {self.rows(inner)}"
            case ("mode" | "rare" as name, inner, column):
                most = "most" if name == "mode" else "least"
                return f"{self.column(column)} that stands {most} often in {self.rows(inner)}"
            case ("times" | "times_more" | "count_times" | "count_times_more" as name, inner, column, count):
                head = "number of " if name.startswith("count") else ""
                least = "at least " if name.endswith("more") else ""
                return f"{head}{self.column(column)} that stand {least}{count} times in {self.rows(inner)}"
            case ("top" | "bottom" as name, inner, column, key, view):
                edge = "greatest" if name == "top" else "least"
                total = f"{edge} total {self.column(key, view)}"
                return f"{self.column(column)} with the {total} in {self.rows(inner)}"
            case ("diff" | "relation", first, second, column, view, *_):
                return f"{self.column(column, view)} of {self.rows(first)} against {self.rows(second)}"
            case ("relation_to" | "yes_number", inner, number, column, view, *_):
                return f"{self.column(column, view)} of {self.rows(inner)} against {number_text(number)}"
            case ("count_diff" | "more" | "fewer" | "rows_between", first, second, *_):
                return f"number of {self.rows(first)} against {self.rows(second)}"
            case ("more_sum" | "fewer_sum", first, second, _, key, view):
                return f"total {self.column(key, view)} of {self.rows(first)} against {self.rows(second)}"
            case ("yes_more" | "yes_fewer" | "yes_same", first, second, column, view):
                return f"{self.column(column, view)} of {self.rows(first)} compared with {self.rows(second)}"
            case ("years", inner, first, second):
                return f"years from {self.column(first)} to {self.column(second)} {self.of(inner)}"
            case ("parts", inner, column):
                return f"number of items in {self.column(column)} {self.of(inner)}"
            case ("part_first" | "part_last" as name, inner, column):
                return f"{name[5:]} item in {self.column(column)} {self.of(inner)}"
        return "answer"

    def of(self, form: Form) -> str:
        return "of every row" if form == ("all",) else f"in {self.rows(form)}"

    def rows(self, form: Form) -> str:
        match form:
            case ("all",):
                return "all rows"
            case ("eq", column, text, _):
                return f"rows whose {self.column(column)} is {text}"
            case ("cmp", column, view, op, number):
                return f"rows whose {self.column(column, view)} is {_OPS[op]} {number_text(number)}"
            case ("day", column, op, day):
                return f"rows whose {self.column(column)} is {_DAY_OPS[op]} {_day(day)}"
            case ("and", first, second):
                return f"{self.rows(first)} and {self.rows(second).removeprefix('rows ')}"
            case ("or", first, second):
                return f"{self.rows(first)} or {self.rows(second).removeprefix('rows ')}"
            case ("not", inner):
                return f"rows other than {self.rows(inner)}"
            case ("same", column, inner):
                return f"other rows with the same {self.column(column)} as {self.rows(inner)}"
            case ("max" | "min" as name, inner, column, view):
                edge = "greatest" if name == "max" else "least"
                return f"the row with the {edge} {self.column(column, view)} of {self.rows(inner)}"
            case ("rank", inner, column, view, place):
                edge = "greatest" if place > 0 else "least"
                sought = f"{edge} but {abs(place) - 1} {self.column(column, view)}"
                return f"the row with the {sought} of {self.rows(inner)}"
            case ("nth", inner, place):
                end = "" if place > 0 else " from the end"
                return f"row {abs(place)}{end} of {self.rows(inner)}"
            case ("last", inner):
                return f"the last of {self.rows(inner)}"
            case ("first_n" | "last_n" as name, inner, count):
                return f"the {name[:-2]} {count} of {self.rows(inner)}"
            case ("next", inner):
                return f"the row after {self.rows(inner)}"
            case ("prev", inner):
                return f"the row before {self.rows(inner)}"
            case ("after" | "before" as name, inner):
                return f"every row {name} {self.rows(inner)}"
            case ("beyond" | "below" as name, inner, column, view):
                more = "more" if name == "beyond" else "less"
                return f"rows with {more} {self.column(column, view)} than {self.rows(inner)}"
            case ("nearest", inner):
                return f"the nearest of {self.rows(inner)}"
        return "rows"


_DAY_OPS = {"=": "on", ">": "after", "<": "before"}


def _day(day: Day) -> str:
    parts = [f"{part:02}" for part in (day.year, day.month, day.day) if part is not None]
    return "-".join(parts)
