"""Values over row sets: cells, counts, sums, averages, most frequent values, totals of groups."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from cellwright.ask.grounding.links import Grounding
from cellwright.ask.questions.denotation import Denotation
from cellwright.ask.questions.forms import Form, Rows, Runner
from cellwright.ask.questions.rowsets import Roles, RowSearch, RowSet

MAX_ANSWERS = 12
_VIEW_OPS = frozenset(("vn", "vm", "vx", "vd"))
_OF_NAMED_ROWS = frozenset({"place", "parts", "part_first", "part_last"})
"""Values that only of rows named by their cells are likely to be meant; of others they are chance hits."""
_PLAIN = frozenset({"eq", "and", "cmp="}) | _VIEW_OPS
_Single = tuple[str, tuple[int | str, ...], Denotation, tuple[str, ...], Roles]


class Candidate(NamedTuple):
    """A value form with its denotation, and what it is made of, for ranking."""

    form: Form
    denotation: Denotation
    rows: Rows
    words: int
    ops: tuple[str, ...]
    roles: Roles
    links: tuple[int, ...]
    numbers: int

    @property
    def template(self) -> str:
        """The form's operators in order, without views and repeated conditions."""
        return " ".join(dict.fromkeys(op for op in self.ops if op not in _VIEW_OPS))


class ValueSearch(RowSearch):
    """The values of row sets."""

    def __init__(self, grounding: Grounding, runner: Runner) -> None:
        super().__init__(grounding, runner)
        text = " ".join(grounding.words)
        self.asks_time = "how long" in text or "how many years" in text
        self.dated = [c for c in self.columns if "d" in self.table.columns[c].views or self.is_year(c)]
        self.singles: dict[int, list[_Single]] = {}

    def value(
        self, rows: RowSet, form: Form, key: Denotation, ops: tuple[str, ...], *roles: tuple[str, int]
    ) -> Candidate:
        return Candidate(
            form, key, rows.rows, rows.words, (*rows.ops, *ops), rows.roles + roles, rows.links, rows.numbers
        )

    def got(self, rows: RowSet) -> Iterator[Candidate]:
        """The cells of a row set in each column; of one row also its numbers, years apart and list items."""
        if rows.rows & (rows.rows - 1) == 0:
            is_plain = _PLAIN.issuperset(rows.ops)
            is_beside = "next" in rows.ops or "prev" in rows.ops
            for name, extra, key, ops, roles in self.single(rows.rows.bit_length() - 1):
                if (name in _OF_NAMED_ROWS and not is_plain) or (name == "number" and is_beside):
                    continue
                yield self.value(rows, (name, rows.form, *extra), key, ops, *roles)
            return
        if rows.rows.bit_count() > MAX_ANSWERS:
            return
        for column in self.columns:
            key = self.run.keys_of(rows.rows, column)
            if key:
                yield self.value(rows, ("get", rows.form, column), key, ("get",), ("A", column))

    def single(self, row: int) -> list[_Single]:
        """Everything that one row gives, made once a row."""
        known = self.singles.get(row)
        if known is None:
            known = self.singles[row] = list(self.of_row(row))
        return known

    def of_row(self, row: int) -> Iterator[_Single]:
        for column in self.columns:
            key = self.run.keys[column][row]
            if key != "":
                yield "get", (column,), frozenset((key,)), ("get",), (("A", column),)
        yield "place", (), frozenset((float(row + 1),)), ("place",), ()
        for column, view in self.views:
            number = self.run.views[column, view][row]
            if number is None or view == "d":
                continue
            value: Denotation = frozenset((round(number, 6),))
            if view != "n" or value != frozenset((self.run.keys[column][row],)):
                yield "number", (column, view), value, ("number", f"v{view}"), (("A", column),)
        for i, first in enumerate(self.dated):
            for second in self.dated[i + 1 :]:
                a, b = self.year_at(row, first), self.year_at(row, second)
                if a is not None and b is not None:
                    for count, ops in self.years(abs(int(b) - int(a))):
                        yield "years", (first, second), count, ("years", *ops), (("K", first), ("K", second))
        for column in self.columns:
            parts = self.run.parts(row, column)
            if len(parts) > 1:
                role = (("A", column),)
                yield "parts", (column,), frozenset((float(len(parts)),)), ("parts",), role
                yield "part_first", (column,), frozenset((parts[0],)), ("part_first",), role
                yield "part_last", (column,), frozenset((parts[-1],)), ("part_last",), role

    def years(self, count: float) -> Iterator[tuple[Denotation, tuple[str, ...]]]:
        """A number of years, and where the question asks how long also with its unit."""
        yield frozenset((float(count),)), ()
        if self.asks_time and count > 0:
            yield frozenset((f"{int(count)} year{'s' if count != 1 else ''}",)), ("unit",)

    def is_year(self, column: int) -> bool:
        numbers = self.run.views.get((column, "n"))
        if numbers is None:
            return False
        known = [n for n in numbers if n is not None]
        return sum(1000 <= n < 2100 for n in known) >= 0.8 * len(known)

    def year_at(self, row: int, column: int) -> float | None:
        for view in ("d", "n"):
            if (column, view) in self.run.views:
                return self.run.views[column, view][row]
        return None

    def counted(self, rows: RowSet) -> Iterator[Candidate]:
        key = frozenset((float(rows.rows.bit_count()),))
        yield self.value(rows, ("count", rows.form), key, ("count",))

    def summed(self, rows: RowSet) -> Iterator[Candidate]:
        for column, view in self.views:
            numbers = self.run.numbers(rows.rows, column, view)
            if len(numbers) < 2:
                continue
            high, low = max(numbers), min(numbers)
            made = [("span", high - low)]
            if view != "d":
                total = sum(numbers)
                made += [("sum", total), ("avg", total / len(numbers))]
            for name, value in made:
                if name == "span" and (view == "d" or column in self.dated):
                    for key, ops in self.years(int(high) - int(low)):
                        form: Form = (name, rows.form, column, view)
                        yield self.value(rows, form, key, (name, *ops, f"v{view}"), ("K", column))
                    continue
                if view == "d":
                    continue
                yield self.value(
                    rows,
                    (name, rows.form, column, view),
                    frozenset((round(value, 6),)),
                    (name, f"v{view}"),
                    ("K", column),
                )

    def aggregates(self, rows: RowSet) -> Iterator[Candidate]:
        yield from self.counted(rows)
        yield from self.summed(rows)
        if rows.rows & (rows.rows - 1) == 0:
            return
        filtered = {column for role, column in rows.roles if role == "F"}
        for column in self.columns:
            counts = list(self.run.counts(rows.rows, column))
            if not counts or column in filtered:
                continue
            if len(counts) < rows.rows.bit_count():
                key: Denotation = frozenset((float(len(counts)),))
                yield self.value(rows, ("distinct", rows.form, column), key, ("distinct",), ("K", column))
                most = max(count for _, count in counts)
                least = min(count for _, count in counts)
                for name, times in (("mode", most), ("rare", least)):
                    keys = frozenset(k for k, count in counts if count == times)
                    if most > least and len(keys) <= MAX_ANSWERS:
                        yield self.value(rows, (name, rows.form, column), keys, (name,), ("A", column))
                for n, span in self.small.items():
                    if span & rows.words:
                        continue
                    for name in ("times", "times_more"):
                        keys = frozenset(
                            k for k, count in counts if count == n or (count > n and name == "times_more")
                        )
                        if keys and len(keys) < len(counts):
                            used = rows._replace(words=rows.words | span, numbers=rows.numbers + 1)
                            if len(keys) <= MAX_ANSWERS:
                                yield self.value(
                                    used, (name, rows.form, column, n), keys, (name,), ("A", column)
                                )
                            key = frozenset((float(len(keys)),))
                            yield self.value(
                                used,
                                ("count_" + name, rows.form, column, n),
                                key,
                                ("count_" + name,),
                                ("K", column),
                            )
            elif len(counts) <= MAX_ANSWERS and rows.rows == self.every:
                keys = frozenset(k for k, _ in counts)
                yield self.value(rows, ("get", rows.form, column), keys, ("get",), ("A", column))

    def grouped(self, rows: RowSet) -> Iterator[Candidate]:
        """The value of a column whose rows add up to the most or the least."""
        if rows.rows & (rows.rows - 1) == 0:
            return
        for column in self.columns:
            groups = [(k, m) for k, r in self.run.groups[column].items() if k != "" and (m := r & rows.rows)]
            if not 1 < len(groups) < rows.rows.bit_count():
                continue
            for key_column, view in self.views:
                if key_column == column or view == "d":
                    continue
                sums = [(sum(self.run.numbers(m, key_column, view)), k) for k, m in groups]
                for name, edge in (("top", max), ("bottom", min)):
                    best = edge(total for total, _ in sums)
                    keys = frozenset(k for total, k in sums if total == best)
                    if len(keys) <= 3:
                        yield self.value(
                            rows,
                            (name, rows.form, column, key_column, view),
                            keys,
                            (name, f"v{view}"),
                            ("A", column),
                            ("K", key_column),
                        )
