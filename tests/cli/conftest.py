"""A command line to call in tests, with a store of its own and a workbook that openpyxl made."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import openpyxl
import pytest

from cellwright import cli
from cellwright.config import settings

ITEMS = [
    ("Pens", 10, 1.5),
    ("Paper", 4, 6.0),
    ("Ink", 3, 12.5),
    ("Tape", 8, 2.25),
    ("Glue", 2, 3.1),
    ("Cards", 20, 0.4),
    ("Files", 6, 1.9),
]


@dataclass(frozen=True)
class Ran:
    """What a command printed and its exit code."""

    code: int
    out: str
    err: str


Run = Callable[..., Ran]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Run]:
    """`run("suggest", book, "--cell", "Sheet1!B2")` in this process, exactly as the console script does."""
    monkeypatch.setenv("CELLWRIGHT_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "160")
    settings.cache_clear()

    def call(*arguments: object) -> Ran:
        monkeypatch.setattr("sys.argv", ["cellwright", *map(str, arguments)])
        capsys.readouterr()
        code = 0
        try:
            cli.main()
        except SystemExit as stopped:
            code = int(stopped.code or 0)
        printed = capsys.readouterr()
        return Ran(code, printed.out, printed.err)

    yield call
    settings.cache_clear()


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """Quantities and prices with a formula in all amounts but the last, and a total that reads them."""
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    sheet.title = "Sales"
    sheet.append(["Item", "Quantity", "Price", "Amount"])
    for row, (item, quantity, price) in enumerate([*ITEMS, ("Clips", 5, 0.8)], 2):
        sheet.append([item, quantity, price, f"=B{row}*C{row}" if row < 9 else None])
    sheet["F1"] = "=SUM(D2:D9)"
    workbook.create_sheet("Notes")["A1"] = "nothing here"
    path = tmp_path / "sales.xlsx"
    workbook.save(path)
    return path
