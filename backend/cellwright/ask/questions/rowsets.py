"""Row sets of a question: links, comparisons, pairs of them, superlatives and neighbours.

A set that selects no row, or a condition that leaves its set as it was, is dropped. Nothing is pruned by the
words, except that comparisons need a number and places an ordinal.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from cellwright.ask.grounding.links import Grounding
from cellwright.ask.questions.forms import Form, Rows, Runner, rows_of

MAX_PAIRS = 40
_OPS = (">", ">=", "<", "<=", "=")

Roles = tuple[tuple[str, int], ...]
"""(role, column): `A` answer, `K` key of a superlative or sum, `C` compared, `S` same, `F` filtered."""


class RowSet(NamedTuple):
    """Rows with the form that selects them, the words it used up, its operators, columns and links."""

    form: Form
    rows: Rows
    words: int = 0
    ops: tuple[str, ...] = ()
    roles: Roles = ()
    links: tuple[int, ...] = ()
    numbers: int = 0
    """How many numbers of the question it used."""


class RowSearch:
    """The row sets of one grounded question."""

    def __init__(self, grounding: Grounding, runner: Runner) -> None:
        self.g = grounding
        self.run = runner
        self.table = grounding.table
        self.every = self.table.all_rows
        self.views = list(runner.views)
        self.columns = range(len(self.table.columns))
        self.whole = RowSet(("all",), self.every)
        self.eqs = [
            RowSet(
                ("eq", link.column, link.text, link.how),
                link.rows,
                link.span,
                ("eq",),
                (("F", link.column),),
                (i,),
            )
            for i, link in enumerate(grounding.values)
        ]
        numbers = grounding.numbers
        self.ordinals = {int(n.value): n.span for n in numbers if n.is_ordinal and n.value < 100}
        self.small = {int(n.value): n.span for n in numbers if not n.is_ordinal and 1 < n.value <= 20}

    def compared(self) -> list[RowSet]:
        found = []
        for number in self.g.numbers:
            for column, view in self.views:
                if number.is_ordinal and view != "n":
                    continue
                if view == "d" and not number.is_year:
                    continue
                for op in _OPS:
                    rows = self.run.compared(column, view, op, number.value)
                    if rows and rows != self.every:
                        form: Form = ("cmp", column, view, op, number.value)
                        found.append(
                            RowSet(form, rows, number.span, (f"cmp{op}", f"v{view}"), (("C", column),), (), 1)
                        )
        for day in self.g.days:
            for column, view in self.views:
                if view != "d":
                    continue
                for op in (">", "<", "="):
                    rows = self.run.on_day(column, op, day.day)
                    if rows and rows != self.every:
                        form = ("day", column, op, day.day)
                        found.append(
                            RowSet(form, rows, day.span, (f"cmp{op}", "vd"), (("C", column),), (), 1)
                        )
        return found

    def joined(self, first: RowSet, second: RowSet) -> RowSet | None:
        rows = first.rows & second.rows
        if first.words & second.words or not rows or rows in (first.rows, second.rows):
            return None
        return RowSet(
            ("and", first.form, second.form),
            rows,
            first.words | second.words,
            (*first.ops, *second.ops, "and"),
            first.roles + second.roles,
            first.links + second.links,
            first.numbers + second.numbers,
        )

    def base(self) -> list[RowSet]:
        compared = self.compared()
        singles = self.eqs + compared
        pairs: list[RowSet] = []
        for i, first in enumerate(self.eqs):
            for second in self.eqs[i + 1 :]:
                one, other = self.g.values[first.links[0]], self.g.values[second.links[0]]
                may = one.column != other.column or self.table.columns[one.column].has_lists
                if may and (pair := self.joined(first, second)):
                    pairs.append(pair)
        pairs = pairs[:MAX_PAIRS]
        triples = [
            triple
            for pair in pairs[:12]
            for third in self.eqs
            if third.links[0] > max(pair.links) and (triple := self.joined(pair, third))
        ]
        mixed = [pair for eq in self.eqs for cmp in compared if (pair := self.joined(eq, cmp))]
        between = [
            pair
            for i, first in enumerate(compared)
            for second in compared[i + 1 :]
            if first.roles == second.roles
            and {first.ops[0][3], second.ops[0][3]} == {">", "<"}
            and (pair := self.joined(first, second))
        ]
        return [self.whole, *singles, *pairs, *mixed[: 3 * MAX_PAIRS], *between[:MAX_PAIRS], *triples[:10]]

    def unions(self) -> list[RowSet]:
        found = []
        for i, first in enumerate(self.eqs):
            for second in self.eqs[i + 1 :]:
                one, other = self.g.values[first.links[0]], self.g.values[second.links[0]]
                if one.column == other.column and not first.words & second.words and one.rows != other.rows:
                    found.append(
                        RowSet(
                            ("or", first.form, second.form),
                            one.rows | other.rows,
                            first.words | second.words,
                            ("eq", "eq", "or"),
                            first.roles,
                            first.links + second.links,
                        )
                    )
        return found[:MAX_PAIRS]

    def negated(self) -> list[RowSet]:
        return [
            RowSet(("not", eq.form), rows, eq.words, ("eq", "not"), eq.roles, eq.links)
            for eq in self.eqs
            if (rows := self.every & ~eq.rows)
        ]

    def shared(self) -> list[RowSet]:
        return [
            RowSet(("same", c, eq.form), rows, eq.words, ("eq", "same"), (*eq.roles, ("S", c)), eq.links)
            for eq in self.eqs
            for c in self.columns
            if c != eq.roles[0][1] and (rows := self.run.same(c, eq.rows))
        ]

    def derived(self, base: RowSet) -> Iterator[RowSet]:
        """Superlatives and ends of a set of several rows."""
        rows = base.rows
        if rows & (rows - 1) == 0:
            return
        for column, view in self.views:
            for name, greatest in (("max", True), ("min", False)):
                edge = self.run.extreme(rows, column, view, greatest=greatest)
                if edge and edge != rows:
                    yield self.wrap(
                        base, (name, base.form, column, view), edge, (name, f"v{view}"), ("K", column)
                    )
        low = rows & -rows
        high = 1 << (rows.bit_length() - 1)
        yield self.wrap(base, ("nth", base.form, 1), low, ("first",))
        yield self.wrap(base, ("last", base.form), high, ("last",))
        order = rows_of(rows)
        for n, span in self.ordinals.items():
            if 1 < n <= len(order) and not span & base.words:
                found = base._replace(words=base.words | span, numbers=base.numbers + 1)
                yield self.wrap(found, ("nth", base.form, n), 1 << order[n - 1], ("nth",))
                yield self.wrap(found, ("nth", base.form, -n), 1 << order[-n], ("nth_last",))
                for column, view in self.views:
                    for sign, name in ((1, "rank_max"), (-1, "rank_min")):
                        some = self.run.ranked(rows, column, view, sign * n)
                        if some:
                            form: Form = ("rank", base.form, column, view, sign * n)
                            yield self.wrap(found, form, some, (name, f"v{view}"), ("K", column))

    def firsts(self, base: RowSet) -> Iterator[RowSet]:
        """The first or last n rows of a set ("top five"), by order of the sheet."""
        order = rows_of(base.rows)
        for n, span in self.small.items():
            if n < len(order) and not span & base.words:
                used = base.words | span
                for name, part in (("first_n", order[:n]), ("last_n", order[-n:])):
                    rows = sum(1 << row for row in part)
                    form: Form = (name, base.form, n)
                    yield RowSet(
                        form, rows, used, (*base.ops, name), base.roles, base.links, base.numbers + 1
                    )

    def beside(self, base: RowSet) -> Iterator[RowSet]:
        """Rows next to a set in the sheet's order, or further on."""
        order = rows_of(base.rows)
        if order[-1] + 1 < self.run.count:
            yield self.wrap(base, ("next", base.form), 1 << order[-1] + 1, ("next",))
            after = self.every & ~((1 << order[-1] + 1) - 1)
            yield self.wrap(base, ("after", base.form), after, ("after",))
        if order[0]:
            yield self.wrap(base, ("prev", base.form), 1 << order[0] - 1, ("prev",))
            yield self.wrap(base, ("before", base.form), (1 << order[0]) - 1, ("before",))
        if len(order) == 1:
            for column, view in self.views:
                number = self.run.views[column, view][order[0]]
                if number is None:
                    continue
                for name, op in (("beyond", ">"), ("below", "<")):
                    rows = self.run.compared_exactly(column, view, op, number)
                    if rows:
                        form: Form = (name, base.form, column, view)
                        yield self.wrap(base, form, rows, (name, f"v{view}"), ("K", column))

    @staticmethod
    def wrap(
        base: RowSet, form: Form, rows: Rows, ops: tuple[str, ...], role: tuple[str, int] | None = None
    ) -> RowSet:
        roles = base.roles if role is None else (*base.roles, role)
        return RowSet(form, rows, base.words, (*base.ops, *ops), roles, base.links, base.numbers)
