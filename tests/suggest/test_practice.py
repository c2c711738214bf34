"""Practice on the workbook itself: what its own formulas teach, and what they must not."""

from __future__ import annotations

import pytest

from cellwright.edits.model import SetFormulas
from cellwright.proposers.model import Place
from cellwright.rank.rank import shipped_weights
from cellwright.reference import SheetRange
from cellwright.suggest import practice as practising
from cellwright.suggest import suggest
from cellwright.suggest.model import Suggestion
from cellwright.suggest.practice import Practice, deadline
from cellwright.workbook.model import Content, Snapshot, Value
from tests.workbooks import book

SITES = 5


def sites(formulas: int = SITES) -> Snapshot:
    """Blocks of one site each, output and hours above their rate; the first `formulas` have theirs."""
    cells: dict[str, Value | Content] = {}
    for number in range(SITES):
        top = 1 + 6 * number
        cells |= {
            f"A{top}": f"Site {number + 1}",
            f"B{top}": "Day",
            f"C{top}": "Night",
            f"A{top + 1}": "Output",
            f"B{top + 1}": 100 + number,
            f"C{top + 1}": 120 + number,
            f"A{top + 2}": "Hours",
            f"B{top + 2}": 20 + number,
            f"C{top + 2}": 22 + number,
            f"A{top + 3}": "Rate",
        }
        if number < formulas:
            cells |= {f"{c}{top + 3}": f"={c}{top + 1}/{c}{top + 2}" for c in "BC"}
    return book(cells)


def best(snapshot: Snapshot, a1: str, practice: Practice | None) -> tuple[Suggestion, str | None]:
    first = suggest(snapshot, SheetRange.parse(a1, "Sheet1"), practice=practice).candidates[0]
    edit = first.candidate.edits[0]
    assert isinstance(edit, SetFormulas)
    return first, edit.formulas[0][0]


def test_a_block_like_those_before_is_told_with_confidence() -> None:
    snapshot = sites(formulas=4)
    untaught, _ = best(snapshot, "B28", None)
    taught, formula = best(snapshot, "B28", Practice(snapshot, "Sheet1"))
    assert formula == "=B26/B27"
    assert not untaught.is_shown
    assert taught.is_shown
    assert taught.p_accept > untaught.p_accept + 0.2


def test_the_same_labels_with_another_habit_teach_that_habit() -> None:
    other = sites(formulas=0)
    for top in (1, 7, 13, 19):
        for column in "BC":
            cells_of = {f"{column}{top + 3}": f"={column}{top + 2}/{column}{top + 1}"}
            other = _with(other, cells_of)
    _, formula = best(other, "B28", Practice(other, "Sheet1"))
    assert formula == "=B27/B26"


def _with(snapshot: Snapshot, cells: dict[str, str]) -> Snapshot:
    kept: dict[str, Value | Content] = {c.a1: content for c, content in snapshot.sheets[0].cells.items()}
    return book(kept | dict(cells))


def test_a_gap_in_a_run_stays_a_copy() -> None:
    rows: dict[str, Value | Content] = {"A1": "name", "B1": "x", "C1": "y", "D1": "z"}
    for row in range(2, 12):
        rows |= {f"A{row}": f"n{row}", f"B{row}": row, f"C{row}": 3 * row + 1}
        if row != 6:
            rows[f"D{row}"] = f"=C{row}-B{row}"
    snapshot = book(rows)
    taught, formula = best(snapshot, "D6", Practice(snapshot, "Sheet1"))
    assert formula == "=C6-B6"
    assert taught.is_shown


def test_a_new_workbook_and_one_too_large_leave_the_weights_as_they_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    place = Place(sites(), SheetRange.parse("B28", "Sheet1"))
    weights = shipped_weights()
    empty = book({"A1": "x", "B1": 1})
    assert Practice(empty, "Sheet1").weights(weights, place) is weights
    monkeypatch.setattr(practising, "MOST_FORMULAS", 3)
    assert Practice(sites(), "Sheet1").weights(weights, place) is weights


def test_practice_that_is_stopped_keeps_what_it_has_made() -> None:
    asked: list[int] = []

    def stop() -> bool:
        asked.append(1)
        return len(asked) > 2

    made = Practice(sites(), "Sheet1", stop=stop).exercises(led=False)
    assert len(made) <= 2 < len(Practice(sites(), "Sheet1").exercises(led=False))
    assert not deadline(60.0)()
    assert deadline(-1.0)()


def test_completed_practice_forgets_the_workbook_and_knows_when_it_is_stale() -> None:
    snapshot = sites()
    practice = Practice(snapshot, "Sheet1")
    practice.complete()
    assert not any(isinstance(kept, Snapshot) for kept in vars(practice).values())
    assert practice.exercises(led=False)
    assert not practice.is_stale(snapshot)
    more = _with(snapshot, {f"E{row}": f"=B{row}+1" for row in range(1, 30)})
    assert practice.is_stale(more)
