"""What formulas read, bound in a workbook."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cellwright.formula import Problem, precedents, references
from cellwright.reference import Range, SheetCell
from cellwright.workbook.model import DefinedName, Table
from tests.workbooks import book

SALES = Table("Sales", "Sheet2", Range.parse("B2:D6"), ("Item", "Net amount", "Tax"), totals_rows=1)
BOOK = replace(
    book({"A1": 1}, {"B2": "Item"}, {"A1": 2}, tables=(SALES,)),
    names=(
        DefinedName("Rate", "=Sheet1!$B$1"),
        DefinedName("Rate", "=Sheet2!$C$1", scope="Sheet2"),
        DefinedName("Both", "=Rate*Sheet3!$A$1"),
        DefinedName("Loop", "=Loop+1"),
        DefinedName("Broken", "=SUM("),
        DefinedName("Gone", "=Sheet1!#REF!"),
    ),
)


def read(text: str, cell: str = "Sheet1!F1") -> list[str]:
    """What a formula reads, as `Sheet!Range`, or the problem."""
    bound = precedents(text, SheetCell.parse(cell), BOOK)
    return [b.place.a1 if b.place else str(b.problem) for b in bound]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("=A1+$B$2:C9", ["Sheet1!A1", "Sheet1!B2:C9"]),
        ("=SUM(A:A,3:4)", ["Sheet1!A:A", "Sheet1!3:4"]),
        ("=sheet2!A1", ["Sheet2!A1"]),
        ("=SUM(Sheet1:Sheet3!A1)", ["Sheet1!A1", "Sheet2!A1", "Sheet3!A1"]),
        ("=SUM(Sheet3:Sheet2!A1)", ["Sheet2!A1", "Sheet3!A1"]),
        ("=Missing!A1", [Problem.NO_SHEET]),
        ("=[1]Sheet1!A1+[1]!x", [Problem.EXTERNAL, Problem.EXTERNAL]),
        ("=[1]!Rate(A1)", [Problem.EXTERNAL, "Sheet1!A1"]),
        ("=#REF!+Sheet1!#REF!+#REF!A1", [Problem.DELETED] * 3),
        ("=#N/A", []),
        ("=Rate", ["Sheet1!B1"]),
        ("=Sheet2!Rate", ["Sheet2!C1"]),
        ("=Both", ["Sheet1!B1", "Sheet3!A1"]),
        ("=Nothing", [Problem.NO_NAME]),
        ("=Loop", [Problem.BROKEN_NAME]),
        ("=Broken", [Problem.BROKEN_NAME]),
        ("=Gone", [Problem.DELETED]),
        ("=SUM(Sales[Net amount])", ["Sheet2!C3:C5"]),
        ("=SUM(sales[[item]:[tax]])", ["Sheet2!B3:D5"]),
        ("=ROWS(Sales)+ROWS(Sales[])", ["Sheet2!B3:D5", "Sheet2!B3:D5"]),
        ("=Sales[#All]", ["Sheet2!B2:D6"]),
        ("=Sales[[#Totals],[Tax]]", ["Sheet2!D6"]),
        ("=Sales[[#Headers],[#Data],[Tax]]", ["Sheet2!D2:D5"]),
        ("=Sales[Nope]", [Problem.NO_COLUMN]),
        ("=Nope[Tax]", [Problem.NO_TABLE]),
        ("=[@Tax]", [Problem.NO_TABLE]),
        ("=Sales[@Tax]", [Problem.NOT_IN_TABLE]),
        ("=INDIRECT(A1)", [Problem.COMPUTED, "Sheet1!A1"]),
        ("=LET(x,A1,x+1)", ["Sheet1!A1"]),
        ("=LAMBDA(x,x+B1)(A1)", ["Sheet1!B1", "Sheet1!A1"]),
        ('="A1"', []),
    ],
)
def test_bound(text: str, expected: list[str]) -> None:
    assert read(text) == [str(item) for item in expected]


def test_this_row() -> None:
    assert read("=[@Tax]*Sales[@[Net amount]]", "Sheet2!D4") == ["Sheet2!D4", "Sheet2!C4"]
    assert read("=Sales[@Tax]", "Sheet2!Z4") == ["Sheet2!D4"]
    assert read("=[@Tax]", "Sheet2!D2") == [str(Problem.NOT_IN_TABLE)]


def test_names_of_the_sheet_come_first() -> None:
    assert read("=Rate", "Sheet2!A1") == ["Sheet2!C1"]


def test_where_in_the_text() -> None:
    bound = precedents("=1+Both", SheetCell.parse("Sheet1!F1"), BOOK)
    assert [(b.text, b.start, b.end, b.name) for b in bound] == [("Both", 3, 7, "Both")] * 2


def test_references_without_a_workbook() -> None:
    found = references("=A1+Data!B2:C3+[1]S!A1+rate")
    assert [(r.sheet, r.range.a1 if r.range else None, r.problem) for r in found] == [
        (None, "A1", None),
        ("Data", "B2:C3", None),
        ("S", None, Problem.EXTERNAL),
    ]
