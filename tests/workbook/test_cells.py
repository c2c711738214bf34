"""The cell store against a plain dictionary: lookups, ranges, edits, shifts and whole columns."""

from __future__ import annotations

import pickle
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cellwright.reference import MAX_COLUMNS, MAX_ROWS, Cell, Range
from cellwright.workbook import read_workbook_bytes
from cellwright.workbook.cells import CellStore
from cellwright.workbook.columns import Columns, cell_of, key_of
from cellwright.workbook.model import ArrayFormula, Content, ErrorValue, Font, Style
from tests.workbook.archives import xlsx

CELLS = st.builds(Cell, st.integers(0, 12), st.integers(0, 6))
STYLES = st.sampled_from([Style(xf=0), Style(number_format="0%"), Style(font=Font(bold=True), xf=3)])
VALUES = st.one_of(
    st.none(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=5),
    st.booleans(),
    st.sampled_from(list(ErrorValue)),
)
FORMULAS = st.sampled_from([None, "=A1", "=SUM(A1:B2)", "=_x000D_"])
ARRAYS = st.sampled_from([None, ArrayFormula(Range(0, 0, 1, 1))])
CONTENTS = st.builds(Content, VALUES, FORMULAS, STYLES, ARRAYS)
SHEETS = st.dictionaries(CELLS, CONTENTS, max_size=30)
RANGES = st.builds(
    lambda a, b: Range(min(a[0], b[0]), min(a[1], b[1]), max(a[0], b[0]), max(a[1], b[1])), CELLS, CELLS
)


def kept(cells: dict[Cell, Content]) -> dict[Cell, Content]:
    """What a store keeps of them, in its order."""
    return {cell: cells[cell] for cell in sorted(cells) if cells[cell] != Content()}


def exactly(found: object, expected: object) -> bool:
    """Equal, and `1.0` is not `True`."""
    return repr(found) == repr(expected)


@settings(max_examples=80, deadline=None)
@given(SHEETS, RANGES, CELLS)
def test_a_store_answers_like_a_dictionary(cells: dict[Cell, Content], within: Range, cell: Cell) -> None:
    store, expected = CellStore(cells), kept(cells)
    assert exactly(list(store.items()), list(expected.items()))
    assert exactly(list(store.items(within)), [(c, v) for c, v in expected.items() if c in within])
    assert list(store.formulas()) == [(c, v.formula) for c, v in expected.items() if v.formula is not None]
    assert exactly(store.get(cell), expected.get(cell))
    assert len(store) == len(expected)
    assert store.arrays == {c: v.array for c, v in expected.items() if v.array is not None}
    filled = [c for c, v in expected.items() if not v.is_blank]
    bounds = (
        Range(
            min(c.row for c in filled),
            min(c.column for c in filled),
            max(c.row for c in filled),
            max(c.column for c in filled),
        )
        if filled
        else None
    )
    assert store.bounds == bounds


@settings(max_examples=80, deadline=None)
@given(
    SHEETS, st.lists(st.dictionaries(CELLS, st.one_of(st.none(), CONTENTS), max_size=9), max_size=12), RANGES
)
def test_edits_on_edits(
    cells: dict[Cell, Content], edits: list[dict[Cell, Content | None]], within: Range
) -> None:
    store, expected = CellStore(cells), dict(cells)
    for edit in edits:
        before, before_items = store, list(store.items())
        store = store.replaced(edit)
        for cell, content in edit.items():
            if content is None:
                expected.pop(cell, None)
            else:
                expected[cell] = content
        assert exactly(list(before.items()), before_items)  # the older store is as it was
    expected = kept(expected)
    assert exactly(list(store.items()), list(expected.items()))
    assert exactly(list(store.items(within)), [(c, v) for c, v in expected.items() if c in within])
    assert all(exactly(store.get(cell), expected.get(cell)) for cell in Range(0, 0, 12, 6).cells())
    assert len(store) == len(expected)
    assert store == CellStore(expected)
    assert store.columns is store.columns
    assert exactly(list(store.items()), list(expected.items()))


@settings(max_examples=50, deadline=None)
@given(SHEETS, SHEETS)
def test_equality_and_changes(first: dict[Cell, Content], second: dict[Cell, Content]) -> None:
    a, b = CellStore(first), CellStore(second)
    assert (a == b) == (kept(first) == kept(second))
    cells = sorted(kept(first).keys() | kept(second).keys())
    expected = [(c, kept(first).get(c), kept(second).get(c)) for c in cells]
    assert list(a.changes(b)) == [(c, x, y) for c, x, y in expected if x != y]


@settings(max_examples=80, deadline=None)
@given(SHEETS, st.booleans(), st.integers(0, 8), st.integers(-4, 4))
def test_shifts(cells: dict[Cell, Content], is_row: bool, at: int, count: int) -> None:
    """The cells move with their contents; formula texts stay, and so does what is left of the place."""
    expected: dict[Cell, Content] = {}
    for cell, content in kept(cells).items():
        place = cell.row if is_row else cell.column
        if place >= at:
            if count < 0 and place < at - count:
                continue
            cell = Cell(cell.row + count, cell.column) if is_row else Cell(cell.row, cell.column + count)
        expected[cell] = content
    assert exactly(list(CellStore(cells).shifted(is_row, at, count).items()), list(expected.items()))


def test_a_shift_drops_what_leaves_the_sheet() -> None:
    store = CellStore({Cell(MAX_ROWS - 1, 0): Content(1.0), Cell(0, MAX_COLUMNS - 1): Content(2.0)})
    assert [content.value for _, content in store.shifted(True, 0, 1).items()] == [2.0]
    assert [content.value for _, content in store.shifted(False, 0, 1).items()] == [1.0]


def test_shared_formulas_keep_their_text_when_cells_move() -> None:
    rows = "".join(
        f'<row r="{row}"><c r="B{row}">'
        + ('<f t="shared" ref="B1:B9" si="0">A1*2</f>' if row == 1 else '<f t="shared" si="0"/>')
        + "<v>1</v></c></row>"
        for row in range(1, 10)
    )
    store = read_workbook_bytes(xlsx(rows)).sheets[0].cells
    moved = store.shifted(True, 4, 3).replaced({Cell(0, 0): Content(1.0)}).shifted(False, 0, 1)
    assert [text for _, text in moved.formulas()] == [text for _, text in store.formulas()]
    assert [cell.a1 for cell, _ in moved.formulas()] == [
        "C1",
        "C2",
        "C3",
        "C4",
        "C8",
        "C9",
        "C10",
        "C11",
        "C12",
    ]


@settings(max_examples=50, deadline=None)
@given(SHEETS, RANGES)
def test_numeric(cells: dict[Cell, Content], within: Range) -> None:
    store = CellStore(cells)
    numbers = store.numeric(within)
    for cell in within.cells():
        content = store.get(cell)
        is_number = content is not None and isinstance(content.value, float)
        row, column = cell.row - within.top, cell.column - within.left
        if row < numbers.shape[0] and column < numbers.shape[1]:
            assert np.isnan(numbers[row, column]) != is_number
            assert not is_number or numbers[row, column] == content.value  # type: ignore[union-attr]
        else:
            assert not is_number


def test_numeric_of_whole_columns_stays_small() -> None:
    store = CellStore({Cell(1, 1): Content(5.0), Cell(2, 1): Content("x")})
    np.testing.assert_array_equal(store.numeric(Range.parse("B:B")), [[np.nan], [5.0], [np.nan]])
    assert CellStore().numeric(Range.parse("B:B")).size == 0


@given(st.integers(0, MAX_ROWS - 1), st.integers(0, MAX_COLUMNS - 1))
def test_integer_addresses(row: int, column: int) -> None:
    cell = Cell(row, column)
    assert cell_of(key_of(cell)) == cell


def million() -> CellStore:
    count = 1_000_000
    keys = np.arange(count, dtype=np.int64) // 10 << 14 | np.arange(count) % 10
    return CellStore.of(
        Columns(
            keys,
            np.ones(count, np.uint8),
            np.arange(count, dtype=np.float64),
            np.zeros(count, np.uint32),
            np.full(count, -1, np.int32),
        )
    )


def test_small_edits_of_a_million_cells_cost_like_small_edits() -> None:
    """A hundred edits with lookups in less time than one pass over the sheet's contents."""
    store = million()
    start = time.perf_counter()
    total = sum(content.value for _, content in store.items() if isinstance(content.value, float))
    one_pass = time.perf_counter() - start
    assert total == 999_999 * 500_000
    start = time.perf_counter()
    edited = store
    for row in range(100):
        edited = edited.replaced({Cell(row, 3): Content(-1.0)})
        assert edited.get(Cell(row, 3)) == Content(-1.0)
        assert edited.get(Cell(row, 4)) == Content(row * 10 + 4.0)
    assert time.perf_counter() - start < one_pass / 4
    assert store.get(Cell(0, 3)) == Content(3.0)
    assert len(edited) == 1_000_000


@pytest.mark.parametrize("a1", ["A1:J100000", "C5:D9", "B:B", "7:7", "Z1:Z9"])
def test_ranges_of_a_million_cells(a1: str) -> None:
    store, area = million(), Range.parse(a1)
    expected = area.intersect(Range.parse("A1:J100000"))
    numbers = store.numeric(area)
    count = 0 if expected is None else expected.size
    assert np.count_nonzero(~np.isnan(numbers)) == count
    if count < 2_000:
        assert sum(1 for _ in store.items(area)) == count


def test_a_store_that_was_looked_at_travels_to_another_process() -> None:
    store = CellStore.of(CellStore({Cell(0, 0): Content(1.5), Cell(0, 1): Content(3.0, "=A1*2")}).columns)
    looked_at = dict(store.items())
    assert store.get(Cell(0, 1)) == looked_at[Cell(0, 1)]
    copy = pickle.loads(pickle.dumps(store))
    assert dict(copy.items()) == looked_at
