"""Regions of equal formulas."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cellwright.formula import normalise, shift_fill
from cellwright.reference import Cell
from cellwright.workbook.regions import regions


def of(formulas: dict[str, str]) -> list[tuple[str, int]]:
    found = regions((Cell.parse(a1), text) for a1, text in formulas.items())
    return [(region.address, len(region.cells)) for region in found]


def test_a_column_and_a_cell_that_differs() -> None:
    formulas = {f"C{row}": f"=A{row}*B{row}" for row in range(2, 8)} | {"C5": "=A5*1.2"}
    assert of(formulas) == [("C2:C4", 3), ("C5", 1), ("C6:C7", 2)]


def test_a_block_that_is_no_rectangle() -> None:
    found = regions([(Cell(0, 0), "=B1"), (Cell(1, 0), "=B2"), (Cell(1, 1), "=C2"), (Cell(3, 3), "=E4")])
    assert [(region.address, region.is_rectangle) for region in found] == [("A1:B2", False), ("D4", True)]


def test_corners_do_not_connect() -> None:
    assert of({"A1": "=$Z$1", "B2": "=$Z$1"}) == [("A1", 1), ("B2", 1)]


def test_written_differently() -> None:
    assert of({"A1": "=sum( B1:C1 )", "A2": "=SUM(B2:C2)"}) == [("A1:A2", 2)]


@given(
    st.sets(st.tuples(st.integers(0, 6), st.integers(0, 6)).map(lambda at: Cell(*at)), max_size=30),
    st.integers(0, 1),
)
def test_regions_are_the_connected_cells(cells: set[Cell], kinds: int) -> None:
    """Every cell in one region, neighbours with equal formulas in the same one, regions connected."""
    home = Cell(0, 0)
    formulas = {cell: shift_fill(f"=Z{9 + kinds * (cell.row % 2)}", home, cell) for cell in cells}
    found = regions(formulas.items())
    owner = {cell: index for index, region in enumerate(found) for cell in region.cells}
    assert sorted(owner) == sorted(cells)
    assert sum(len(region.cells) for region in found) == len(cells)
    for cell in cells:
        for neighbour in (Cell(cell.row + 1, cell.column), Cell(cell.row, cell.column + 1)):
            if neighbour in formulas:
                same = normalise(formulas[cell], cell) == normalise(formulas[neighbour], neighbour)
                assert same == (owner[cell] == owner[neighbour])
