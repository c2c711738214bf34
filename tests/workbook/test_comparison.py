"""Differences of stores found by whole arrays are those that reading every cell finds."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cellwright.reference import Cell
from cellwright.workbook.cells import CellStore
from cellwright.workbook.comparison import changed_cells
from cellwright.workbook.model import ArrayFormula, Content, Style
from tests.edits.reading import R
from tests.edits.strategies import cells, contents, quick, small

updates = st.dictionaries(cells, contents | st.none(), max_size=6)
Change = tuple[Cell, Content | None, Content | None]


def naive(mine: CellStore, theirs: CellStore) -> list[Change]:
    before, after = dict(mine.items()), dict(theirs.items())
    return [
        (cell, before.get(cell), after.get(cell))
        for cell in sorted({*before, *after})
        if before.get(cell) != after.get(cell)
    ]


@quick
@given(
    st.dictionaries(cells, contents, max_size=12), updates, updates, small, st.integers(-2, 2), st.booleans()
)
def test_changes(
    start: dict[Cell, Content],
    first: dict[Cell, Content | None],
    second: dict[Cell, Content | None],
    at: int,
    count: int,
    is_row: bool,
) -> None:
    store = CellStore(start)
    one, other = store.replaced(first), store.replaced(second)
    moved = one.shifted(is_row, at, count).replaced(second) if count else one
    for mine, theirs in (
        (store, one),
        (one, other),
        (other, one),
        (one, moved),
        (moved, other),
        (store, store),
    ):
        expected = naive(mine, theirs)
        assert list(changed_cells(mine.columns, theirs.columns)) == expected
        assert list(mine.changes(theirs)) == expected
        assert (mine == theirs) is (not expected)
    for unrelated in (CellStore(dict(one.items())), CellStore(first | start)):  # type: ignore[arg-type]
        assert list(one.changes(unrelated)) == naive(one, unrelated)


def test_texts_added_on_both_sides_of_a_fork_are_told_apart() -> None:
    base = CellStore({Cell(0, 0): Content("a")})
    one, other = base.replaced({Cell(1, 0): Content("b")}), base.replaced({Cell(1, 0): Content("c")})
    changes = list(changed_cells(one.columns, other.columns))
    assert changes == [(Cell(1, 0), Content("b"), Content("c"))]


def test_formulas_styles_and_arrays_of_a_fork_are_told_apart() -> None:
    base = CellStore({Cell(0, 0): Content(1.0)})
    for left, right in (
        (Content(formula="=A1"), Content(formula="=A2")),
        (Content(1.0, style=Style(fill="#FF0000")), Content(1.0, style=Style(fill="#00FF00"))),
        (
            Content(1.0, "=B1", array=ArrayFormula(R("A2:A3"))),
            Content(1.0, "=B1", array=ArrayFormula(R("A2:A4"))),
        ),
    ):
        one, other = base.replaced({Cell(1, 0): left}), base.replaced({Cell(1, 0): right})
        assert list(changed_cells(one.columns, other.columns)) == [(Cell(1, 0), left, right)]


def test_arrays_follow_edits() -> None:
    array = ArrayFormula(R("A1:A2"))
    store = CellStore({Cell(0, 0): Content(1.0, "=B1:B2", array=array)})
    assert store.arrays == {Cell(0, 0): array}
    assert store.replaced({Cell(0, 0): Content(2.0)}).arrays == {}
    assert store.replaced({Cell(5, 0): Content(2.0)}).arrays == {Cell(0, 0): array}
    assert store.shifted(True, 0, 2).arrays == {Cell(2, 0): array}
