"""Comparisons: two named values, or one and a number of the question, against each other."""

from __future__ import annotations

from collections.abc import Iterator

from cellwright.ask.grounding.links import Grounding, ValueLink
from cellwright.ask.questions.denotation import Denotation
from cellwright.ask.questions.forms import Form, Runner
from cellwright.ask.questions.rowsets import RowSet
from cellwright.ask.questions.values import Candidate, ValueSearch

_OPPOSITES = (
    ("more", "less"),
    ("more", "fewer"),
    ("above", "below"),
    ("after", "before"),
    ("higher", "lower"),
    ("later", "earlier"),
    ("larger", "smaller"),
    ("longer", "shorter"),
    ("over", "under"),
    ("older", "younger"),
)
_WHETHER = frozenset({"is", "are", "was", "were", "did", "do", "does", "has", "have", "had", "can", "could"})


class ComparisonSearch(ValueSearch):
    """The values that compare named rows."""

    def __init__(self, grounding: Grounding, runner: Runner) -> None:
        super().__init__(grounding, runner)
        text = " ".join(grounding.words)
        self.asks_whether = grounding.words[:1] != () and grounding.words[0] in _WHETHER
        self.opposites = next(
            (
                (more, less)
                for more, less in _OPPOSITES
                if f"{more} or {less}" in text or f"{less} or {more}" in text
            ),
            None,
        )

    def pairs_of_values(self) -> Iterator[Candidate]:
        """Two named values against each other: which has more, by how much, are they the same."""
        for i, first in enumerate(self.eqs):
            for second in self.eqs[i + 1 :]:
                if first.words & second.words or first.rows == second.rows:
                    continue
                one, other = self.g.values[first.links[0]], self.g.values[second.links[0]]
                if one.column == other.column:
                    yield from self.against(first, second, one, other)
        singles = [eq for eq in self.eqs if eq.rows & (eq.rows - 1) == 0]
        for eq in singles:
            row = eq.rows.bit_length() - 1
            yield from self.against_numbers(eq, row)
            for column, view in self.views:
                number = self.run.views[column, view][row]
                if number is None or view == "d":
                    continue
                for name, greatest in (("max", True), ("min", False)):
                    edge = self.run.extreme(self.every, column, view, greatest=greatest)
                    peak = self.run.numbers(edge, column, view)[0]
                    if peak != number:
                        form: Form = ("diff", (name, ("all",), column, view), eq.form, column, view)
                        yield self.value(
                            eq,
                            form,
                            frozenset((round(abs(peak - number), 6),)),
                            (name, "diff", f"v{view}"),
                            ("K", column),
                        )

    def against_numbers(self, eq: RowSet, row: int) -> Iterator[Candidate]:
        """One named row's number against a number of the question: yes or no, above or below."""
        for link in self.g.numbers:
            if link.is_ordinal or link.span & eq.words:
                continue
            used = eq._replace(words=eq.words | link.span, numbers=1)
            for column, view in self.views:
                number = self.run.views[column, view][row]
                if number is None or (view == "d" and not link.is_year):
                    continue
                if self.opposites and number != link.value:
                    key: Denotation = frozenset((self.opposites[number < link.value],))
                    form: Form = ("relation_to", eq.form, link.value, column, view, *self.opposites)
                    yield self.value(used, form, key, ("relation_to", f"v{view}"), ("K", column))
                elif not self.opposites and self.asks_whether:
                    known = int(number) if view == "d" else number
                    tests = (
                        (">=", known >= link.value),
                        ("<", known < link.value),
                        ("=", known == link.value),
                    )
                    for op, holds in tests:
                        key = frozenset(("yes" if holds else "no",))
                        form = ("yes_number", eq.form, link.value, column, view, op)
                        yield self.value(used, form, key, (f"yes_number{op}", f"v{view}"), ("K", column))

    def against(self, first: RowSet, second: RowSet, one: ValueLink, other: ValueLink) -> Iterator[Candidate]:
        both = RowSet(
            ("or", first.form, second.form),
            first.rows | second.rows,
            first.words | second.words,
            ("eq", "eq"),
            first.roles,
            first.links + second.links,
        )
        a, b = one.rows.bit_count(), other.rows.bit_count()
        key: Denotation = frozenset((float(abs(a - b)),))
        yield self.value(both, ("count_diff", first.form, second.form), key, ("count_diff",))
        column = one.column
        keys = [self.run.keys_of(one.rows, column), self.run.keys_of(other.rows, column)]
        if a != b and len(keys[0]) == len(keys[1]) == 1:
            more, fewer = keys if a > b else keys[::-1]
            yield self.value(both, ("more", first.form, second.form, column), more, ("more",), ("A", column))
            yield self.value(
                both, ("fewer", first.form, second.form, column), fewer, ("fewer",), ("A", column)
            )
        for key_column, view in self.views:
            if key_column == column and view != "m":
                pass
            x = self.run.numbers(one.rows, key_column, view)
            y = self.run.numbers(other.rows, key_column, view)
            if not x or not y:
                continue
            if len(x) == len(y) == 1:
                p, q = x[0], y[0]
                gap = abs(int(p) - int(q)) if view == "d" else abs(p - q)
                form: Form = ("diff", first.form, second.form, key_column, view)
                gaps: list[tuple[Denotation, tuple[str, ...]]] = [(frozenset((round(gap, 6),)), ())]
                if key_column in self.dated:
                    gaps = list(self.years(int(gap)))
                for key, ops in gaps:
                    yield self.value(both, form, key, ("diff", *ops, f"v{view}"), ("K", key_column))
                if self.opposites and p != q:
                    key = frozenset((self.opposites[p < q],))
                    form = ("relation", first.form, second.form, key_column, view, *self.opposites)
                    yield self.value(both, form, key, ("relation", f"v{view}"), ("K", key_column))
                for name, verdict in (
                    ()
                    if not self.asks_whether
                    else (("yes_more", p > q), ("yes_fewer", p < q), ("yes_same", p == q))
                ):
                    key = frozenset(("yes" if verdict else "no",))
                    form = (name, first.form, second.form, key_column, view)
                    yield self.value(both, form, key, (name, f"v{view}"), ("K", key_column))
            elif view != "d":
                p, q = sum(x), sum(y)
                form = ("diff", first.form, second.form, key_column, view)
                yield self.value(
                    both,
                    form,
                    frozenset((round(abs(p - q), 6),)),
                    ("diff_sum", f"v{view}"),
                    ("K", key_column),
                )
                if p != q and len(keys[0]) == len(keys[1]) == 1:
                    more, fewer = keys if p > q else keys[::-1]
                    for name, which in (("more_sum", more), ("fewer_sum", fewer)):
                        form = (name, first.form, second.form, column, key_column, view)
                        yield self.value(
                            both, form, which, (name, f"v{view}"), ("A", column), ("K", key_column)
                        )
        if a == b == 1:
            span = abs(one.rows.bit_length() - other.rows.bit_length())
            if span > 1:
                yield self.value(
                    both,
                    ("rows_between", first.form, second.form),
                    frozenset((float(span - 1),)),
                    ("rows_between",),
                )
