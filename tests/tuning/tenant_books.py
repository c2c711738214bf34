"""A small organisation's workbooks for the tests: two regions, families of price lists with a house style."""

from __future__ import annotations

from pathlib import Path

from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

GOODS = ("pens", "paper", "lamps", "desks", "chairs", "shelves")


def begun(title: str, header: list[str]) -> tuple[Workbook, Worksheet]:
    """A workbook whose only sheet has its header."""
    book = Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    sheet.title = title
    sheet.append(header)
    return book, sheet


def price_list(path: Path, goods: tuple[str, ...], *, markup: bool = True) -> None:
    """Price, count and gross amount, which this house always rounds after the tax of its sheet `Rates`."""
    book, sheet = begun("Prices", ["item", "price", "count", "net", "gross"])
    for row, name in enumerate(goods, start=2):
        gross = f"=ROUND(D{row}*(1+Rates!$B$2),2)" if markup else f"=D{row}"
        sheet.append([name, 2.0 + row, 3.0 * row, f"=B{row}*C{row}", gross])
    last = len(goods) + 1
    sheet.append(["total", None, None, f"=SUM(D2:D{last})", f"=SUM(E2:E{last})"])
    rates = book.create_sheet("Rates")
    rates.append(["name", "rate"])
    rates.append(["tax", 0.19])
    path.parent.mkdir(parents=True, exist_ok=True)
    book.save(path)


def organisation(folder: Path, families: int = 6) -> Path:
    """Two regions with the same families; each has its own goods."""
    for region, order in (("north", 1), ("south", -1)):
        for number in range(families):
            goods = tuple(f"{name} {number}" for name in GOODS[: 3 + number % 4][::order])
            price_list(folder / region / f"list {number}.xlsx", goods)
    return folder


def pay_sheet(path: Path, people: tuple[str, ...]) -> None:
    """Hours and pay in half units, in a manner that no price list has."""
    book, sheet = begun("Hours", ["name", "hours", "days", "rate", "pay"])
    for row, name in enumerate(people, start=2):
        sheet.append([name, 4.0 + row, 2.0 * row, 9.5, f"=CEILING(B{row}*C{row}*D{row}/8,0.5)"])
    path.parent.mkdir(parents=True, exist_ok=True)
    book.save(path)


def two_houses(folder: Path, families: int) -> Path:
    """Two regions that have nothing in common."""
    for number in range(families):
        names = tuple(f"{name} {number}" for name in GOODS[: 3 + number % 4])
        price_list(folder / "north" / f"list {number}.xlsx", names)
        pay_sheet(folder / "south" / f"hours {number}.xlsx", names)
    return folder
