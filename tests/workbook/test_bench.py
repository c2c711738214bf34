"""The benchmark of reading measures three readers on one file and gives ratios."""

from __future__ import annotations

from pathlib import Path

import pytest

from cellwright.reference import Cell, Range
from cellwright.workbook import read_workbook
from cellwright.workbook.bench import bench_read, write_sample


def test_the_sample_is_a_workbook_with_right_values(tmp_path: Path) -> None:
    path = tmp_path / "sample.xlsx"
    write_sample(path, 50)
    sheet = read_workbook(path).sheets[0]
    assert sheet.cells.bounds == Range.parse("A1:J50")
    assert sheet.formula(Cell.parse("H7")) == "=E7*F7"
    assert sheet.formula(Cell.parse("J7")) == "=SUM(I$2:I7)"
    numbers = sheet.cells.numeric(Range.parse("A2:J50"))
    assert numbers[:, 7] == pytest.approx(numbers[:, 4] * numbers[:, 5])
    assert numbers[:, 8] == pytest.approx(numbers[:, 7] * (1 - numbers[:, 6]))
    assert numbers[:, 9] == pytest.approx(numbers[:, 8].cumsum())


@pytest.mark.slow
def test_bench_gives_times_memory_and_ratios() -> None:
    result = bench_read(repeats=1, openpyxl_repeats=1, rows=2_000)
    assert result["ratio_openpyxl"] == result["cellwright_s"] / result["openpyxl_s"]
    assert result["ratio_formualizer"] > 0
    assert 10 < result["cellwright_mb"] < 400


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_two_million_cells_within_the_promised_time_and_memory() -> None:
    result = bench_read(repeats=3, openpyxl_repeats=1)
    assert result["ratio_formualizer"] <= 1.5
    assert result["ratio_openpyxl"] <= 0.1
    assert result["cellwright_mb"] <= 400
