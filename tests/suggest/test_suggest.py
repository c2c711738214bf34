"""The serving story: what is offered, in what order, when the assistant stays silent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import pytest

from cellwright.calc.calculator import Calculator
from cellwright.edits.model import SetFormulas
from cellwright.errors import UsageError
from cellwright.proposers.model import Place, formula_candidate
from cellwright.proposers.template import read_template
from cellwright.rank.rank import shipped_weights
from cellwright.reference import SheetRange
from cellwright.suggest import suggest
from cellwright.suggest.model import Suggestions
from cellwright.verify.model import Candidate, Kind, Status
from cellwright.workbook.model import Content, Sheet, Snapshot, Value
from tests.workbooks import book

HEAD: dict[str, Value | Content] = {"A1": "item", "B1": "price", "C1": "count", "D1": "cost"}
PRICES: dict[str, Value | Content] = dict(HEAD)
for _row in range(2, 7):
    PRICES |= {
        f"A{_row}": f"i{_row}",
        f"B{_row}": _row,
        f"C{_row}": 10 * _row,
        f"D{_row}": f"=B{_row}*C{_row}",
    }


def without(cells: Mapping[str, Value | Content], *left_out: str) -> Snapshot:
    return book({a1: value for a1, value in cells.items() if a1 not in left_out})


def formulas(found: Suggestions) -> list[str | None]:
    edits = [s.candidate.edits[0] for s in found.candidates]
    return [e.formulas[0][0] for e in edits if isinstance(e, SetFormulas)]


@pytest.fixture
def snapshot() -> Snapshot:
    return without(PRICES, "D4")


@pytest.fixture
def calculator(snapshot: Snapshot) -> Iterator[Calculator]:
    with Calculator(snapshot) as calculator:
        yield calculator


def test_a_gap_in_a_column_is_filled_and_run(snapshot: Snapshot, calculator: Calculator) -> None:
    found = suggest(snapshot, SheetRange.parse("Sheet1!D4"), calculator=calculator)
    best = found.shown[0]
    assert formulas(found)[0] == "=B4*C4"
    assert best.p_accept > 0.9
    assert best.verdict.changes[0].after == 160.0
    assert best.rank == 1
    assert [s.p_accept for s in found.candidates] == sorted(
        (s.p_accept for s in found.candidates), reverse=True
    )
    assert sum(s.p_accept for s in found.candidates) <= 1.0 + 1e-9


def test_the_same_formula_is_offered_once(snapshot: Snapshot) -> None:
    found = suggest(snapshot, SheetRange.parse("Sheet1!D4"))
    assert len(formulas(found)) == len(set(formulas(found)))


def test_silence_where_nothing_speaks_for_a_formula() -> None:
    found = suggest(book({"A1": "notes", "A2": "call Ann", "C7": 4}), SheetRange.parse("Sheet1!B9"))
    assert found.shown == ()


def test_below_the_threshold_all_stay_hidden(snapshot: Snapshot) -> None:
    deaf = replace(shipped_weights(), threshold=1.0)
    found = suggest(snapshot, SheetRange.parse("Sheet1!D4"), weights=deaf)
    assert found.candidates
    assert found.shown == ()


def test_at_most_n_are_shown(snapshot: Snapshot) -> None:
    eager = replace(shipped_weights(), threshold=0.0)
    assert len(suggest(snapshot, SheetRange.parse("Sheet1!D4"), weights=eager, n=1).shown) == 1


def test_a_range_gets_a_formula_for_every_cell() -> None:
    found = suggest(without(PRICES, "D4", "D5", "D6"), SheetRange.parse("Sheet1!D4:D6"))
    edit = found.candidates[0].candidate.edits[0]
    assert isinstance(edit, SetFormulas)
    assert edit.formulas == (("=B4*C4",), ("=B5*C5",), ("=B6*C6",))


def test_the_one_cell_that_differs_is_told() -> None:
    odd = dict(PRICES) | {"D4": "=B4*C3"}
    found = suggest(book(odd), SheetRange.parse("Sheet1!D4"))
    assert formulas(found)[0] == "=B4*C4"
    assert found.shown


def test_a_cell_that_agrees_with_its_column_is_left_alone() -> None:
    found = suggest(book(PRICES), SheetRange.parse("Sheet1!D4"))
    assert "=B4*C4" not in formulas(found)
    assert found.shown == ()


def test_what_is_typed_must_be_kept(snapshot: Snapshot) -> None:
    found = suggest(snapshot, SheetRange.parse("Sheet1!D4"), typed="= b4")
    assert formulas(found)
    assert all((text or "").startswith("=B4") for text in formulas(found))
    assert {s.candidate.kind for s in found.candidates} == {Kind.COMPLETION}


class Scripted:
    """A proposer that says one formula, as a language model's would join."""

    name = "scripted"

    def __init__(self, formula: str) -> None:
        self.formula = formula

    def propose(self, place: Place) -> list[Candidate]:
        return [formula_candidate(place, read_template(self.formula, place.cell), self.name, "says so")]


@pytest.mark.parametrize(
    "formula", ["=B4*(", "=NOSUCH(B4)", "=D4+1", '=WEBSERVICE("http://a.b")', "=Nowhere!A1"]
)
def test_nothing_invalid_or_refused_survives(
    snapshot: Snapshot, calculator: Calculator, formula: str
) -> None:
    target = SheetRange.parse("Sheet1!D4")
    found = suggest(snapshot, target, calculator=calculator, engine=Scripted(formula), experts=())
    assert formulas(found) == []


def test_an_engine_joins_as_one_more_proposer(snapshot: Snapshot, calculator: Calculator) -> None:
    target = SheetRange.parse("Sheet1!D4")
    found = suggest(snapshot, target, calculator=calculator, engine=Scripted("=B4+C4+1"), experts=())
    assert formulas(found) == ["=B4+C4+1"]
    assert found.candidates[0].verdict.status is Status.VERIFIED


def test_without_a_calculator_nothing_is_called_verified(snapshot: Snapshot) -> None:
    found = suggest(snapshot, SheetRange.parse("Sheet1!D4"))
    assert {s.verdict.status for s in found.candidates} == {Status.UNVERIFIED}


def test_an_unknown_sheet_is_an_error(snapshot: Snapshot) -> None:
    with pytest.raises(UsageError, match="expected one of the sheets"):
        suggest(snapshot, SheetRange.parse("Nowhere!D4"))


def test_a_new_revision_is_read_anew() -> None:
    snapshot = book(PRICES)
    target = SheetRange.parse("Sheet1!E4")
    before = suggest(snapshot, target).context_hash
    sheet = snapshot.sheet("Sheet1")
    cell = SheetRange.parse("Sheet1!E3").range.first
    changed: Sheet = sheet.with_cells({cell: Content(formula="=D3/2")})
    after = suggest(snapshot.with_sheet(changed), target)
    assert formulas(after)[0] == "=D4/2"
    assert after.context_hash != before
