"""Candidate forms for a question: the grammar of `forms`, filled with what the question's words link to.

The search goes outward: base row sets (links, comparisons, pairs of them) and their values, comparisons of
named rows, then row sets derived from those (superlatives, first and last, next and previous, the same as)
and theirs. Ranking is `scorer`'s work.
"""

from __future__ import annotations

from collections.abc import Iterator

from cellwright.ask.grounding.links import Grounding
from cellwright.ask.questions.comparisons import ComparisonSearch
from cellwright.ask.questions.forms import Form, Runner
from cellwright.ask.questions.rowsets import RowSet
from cellwright.ask.questions.values import Candidate

MAX_FORMS = 2500


def candidates(grounding: Grounding, runner: Runner, limit: int = MAX_FORMS) -> list[Candidate]:
    """The candidate forms of a question, at most `limit`, short ones first."""
    search = _Search(grounding, runner)
    found: list[Candidate] = []
    seen: set[Form] = set()
    for candidate in search.values():
        if candidate.form in seen:
            continue
        seen.add(candidate.form)
        found.append(candidate)
        if len(found) >= limit:
            break
    return found


class _Search(ComparisonSearch):
    """The order of the search."""

    def values(self) -> Iterator[Candidate]:
        base = self.base()
        unions, negated, shared = self.unions(), self.negated(), self.shared()
        for rows in base:
            yield from self.aggregates(rows)
            if rows.rows != self.every:
                yield from self.got(rows)
        yield from self.pairs_of_values()
        derived: list[RowSet] = []
        for rows in [*base, *unions, *negated]:
            if rows.ops.count("and") < 2:
                derived += self.derived(rows)
        for rows in derived:
            yield from self.got(rows)
        for rows in [*unions, *negated, *shared]:
            yield from self.got(rows)
            yield from self.counted(rows)
        for rows in unions:
            yield from self.summed(rows)
        for eq in base[1 : 1 + len(self.eqs)]:
            for beside in self.beside(eq):
                if beside.ops[-1] not in {"after", "before"} and not beside.ops[-1].startswith("v"):
                    yield from self.got(beside)
                yield from self.counted(beside)
                if beside.ops[-1].startswith("v"):
                    column, view = beside.form[2], beside.form[3]
                    nearest = self.run.extreme(beside.rows, column, view, greatest="below" in beside.ops)
                    if nearest:
                        yield from self.got(
                            self.wrap(beside, ("nearest", beside.form), nearest, ("nearest",))
                        )
        for rows in derived:
            if len(rows.ops) <= 3 and rows.rows.bit_count() == 1:
                for beside in self.beside(rows):
                    if beside.ops[-1] in {"next", "prev"}:
                        yield from self.got(beside)
        for rows in base[: 1 + len(self.eqs)]:
            yield from self.grouped(rows)
            for first in self.firsts(rows):
                yield from self.got(first)
                yield from self.summed(first)
