"""Breaks planted into real workbooks: the audit finds them in their place."""

from __future__ import annotations

import random
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import zstandard

from cellwright.formula import shift_fill
from cellwright.insight.audit import audit
from cellwright.insight.facts import Facts, FormulaRegion
from cellwright.insight.finding import FindingKind
from cellwright.reference import Cell
from cellwright.workbook import read_workbook_bytes
from cellwright.workbook.model import Content, Snapshot

_MIN_CELLS = 8


def workbooks(packed: Path, most: int) -> Iterator[Snapshot]:
    """The first small workbooks of a tar."""
    with (
        packed.open("rb") as stream,
        zstandard.ZstdDecompressor().stream_reader(stream) as plain,
        tarfile.open(fileobj=plain, mode="r|") as tar,
    ):
        for member in tar:
            content = tar.extractfile(member)
            if most and content is not None and member.name.endswith(".xlsx") and member.size < 200_000:
                most -= 1
                yield read_workbook_bytes(content.read())


def middle(found: FormulaRegion) -> Cell | None:
    """A cell with two cells of its region on both sides."""
    cells = set(found.region.cells)
    cell = found.region.cells[len(cells) // 2]
    for down, right in ((1, 0), (0, 1)):
        line = [(cell.row + down * step, cell.column + right * step) for step in (-2, -1, 1, 2)]
        if cells.issuperset(line):
            return cell
    return None


@pytest.mark.slow
def test_planted_breaks_are_found(shared_data: Path) -> None:
    chance = random.Random(20)
    planted = missed = 0
    for snapshot in workbooks(shared_data / "eps_dev_workbooks.tar.zst", most=40):
        regions = [r for r in Facts(snapshot).regions if len(r.region.cells) >= _MIN_CELLS and r.readings]
        for found in chance.sample(regions, min(2, len(regions))):
            cell = middle(found)
            if cell is None:
                continue
            sheet = snapshot.sheet(found.sheet)
            formula = sheet.formula(cell) or ""
            other = shift_fill(formula, cell, Cell(cell.row + 1, cell.column + 1))
            for kind, content in (
                (FindingKind.OVERWRITTEN, Content(42.0)),
                (FindingKind.INCONSISTENT, Content(sheet.value(cell), other)),
            ):
                if content.formula == formula or "#REF!" in other:
                    continue
                broken = snapshot.with_sheet(sheet.with_cells({cell: content}))
                places = [f.place for f in audit(broken) if f.kind is kind and f.place]
                planted += 1
                missed += not any(place.sheet == sheet.name and cell in place.range for place in places)
    assert planted > 40
    assert missed <= 0.05 * planted
