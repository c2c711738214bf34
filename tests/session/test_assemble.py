"""Blocks into a snapshot and back: contents, formats, arrays; shapes that contradict themselves."""

from __future__ import annotations

import pytest

from cellwright.errors import CellwrightError, LimitExceeded
from cellwright.protocol import workbooks as w
from cellwright.reference import Cell, Range
from cellwright.server.rest import samples_folder
from cellwright.session.assemble import Assembly, blocks_of, contents_of, sheet_info, wire_name, wire_table
from cellwright.workbook import read_workbook
from cellwright.workbook.model import Snapshot


def sent(snapshot: Snapshot) -> tuple[w.HostSource, list[w.Block]]:
    """A workbook as an Office host would send it."""
    whole = Range.parse("A1:XFD1048576")
    blocks = [block for sheet in snapshot.sheets for block in blocks_of(sheet, whole)]
    source = w.HostSource(
        sheets=[sheet_info(sheet) for sheet in snapshot.sheets],
        tables=[wire_table(table) for table in snapshot.tables],
        names=[wire_name(name) for name in snapshot.names],
        chunks=len(blocks),
    )
    return source, blocks


@pytest.mark.parametrize("name", ["sales", "budget", "meter", "project-plan"])
def test_a_workbook_there_and_back(name: str) -> None:
    snapshot = read_workbook(samples_folder() / f"{name}.xlsx")
    source, blocks = sent(snapshot)
    assembly = Assembly(source, max_cells=100_000)
    for block in blocks:
        assembly.add([w.Block.model_validate_json(block.model_dump_json())])
    assert assembly.is_whole
    got = assembly.finish()
    assert got.sheet_names == snapshot.sheet_names
    assert got.tables == snapshot.tables
    assert got.names == snapshot.names
    for mine, theirs in zip(snapshot.sheets, got.sheets, strict=True):
        assert (mine.merges, mine.freeze, mine.hidden_rows) == (
            theirs.merges,
            theirs.freeze,
            theirs.hidden_rows,
        )
        for cell, content in mine.cells.items():
            other = theirs.content(cell)
            assert (other.value, other.formula, other.array) == (
                content.value,
                content.formula,
                content.array,
            )
            assert other.style.number_format == content.style.number_format
            assert other.style.font == content.style.font


def block(**fields: object) -> w.Block:
    raw = {"sheet": "Plan", "range": "A1:B2", "values": [[1, 2], [3, 4]]} | fields
    return w.Block.model_validate(raw)


@pytest.mark.parametrize(
    "fields",
    [
        {"range": "A1:C2"},
        {"range": "A1:B3"},
        {"range": "nowhere"},
        {"formulas": [["=A1"]]},
        {"formulas": [["A1", None], [None, None]]},
        {"style_index": [[0, -1], [-1, -1]]},
        {"style_index": [[-2, -1], [-1, -1]]},
    ],
)
def test_contradictions_are_refused(fields: dict[str, object]) -> None:
    with pytest.raises(CellwrightError):
        contents_of(block(**fields))


def test_too_many_cells_and_unknown_sheets() -> None:
    source = w.HostSource(sheets=[w.SheetInfo(name="Plan")], chunks=2)
    with pytest.raises(LimitExceeded):
        Assembly(source, max_cells=3).add([block()])
    with pytest.raises(CellwrightError):
        Assembly(source, max_cells=9).add([block(sheet="Other")])


def test_without_styles_a_cell_keeps_its_own() -> None:
    snapshot = read_workbook(samples_folder() / "sales.xlsx")
    sheet = snapshot.sheet("Report")
    cell = next(cell for cell, content in sheet.cells.items() if content.style.number_format != "General")
    changed = block(sheet="Report", range=Range.of(cell).a1, values=[[7]])
    content = contents_of(changed, sheet)[cell]
    assert content is not None
    assert content.style == sheet.content(cell).style
    assert contents_of(changed)[Cell(*cell)] != content
