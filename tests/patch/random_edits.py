"""Random edits that fit a snapshot more often than not, of every kind that can be written."""

from __future__ import annotations

import random
import string

from cellwright.edits import model
from cellwright.edits.model import Edit
from cellwright.reference import Cell, Range
from cellwright.workbook.model import ConditionalFormat, DataValidation, ErrorValue, Sheet, Snapshot, Value

TEXTS = (
    "North",
    "a & b",
    "<x>",
    " padded ",
    "two\nlines",
    "_x000D_",
    "naïve €",
    "=not a formula",
    "'quoted'",
    "1",
)
FORMULAS = ("=SUM(A1:B3)", "=A1*2", '=IF($A$1>0,"y","n")', "=XLOOKUP(A1,A:A,B:B)", '=CONCAT(A1," & ",B2)')
COLORS = ("#0D2B4E", "#FF0000", "#92D050")


def random_value(source: random.Random) -> Value:
    """A constant of any type."""
    kind = source.randrange(6)
    if kind == 0:
        return None
    if kind == 1:
        return source.choice((True, False))
    if kind == 2:
        return source.choice((ErrorValue.NA, ErrorValue.DIV0, ErrorValue.REF))
    if kind == 3:
        return source.choice(TEXTS)
    return source.choice((0.0, -1.5, 1e300, 1 / 3, 12345678901234.0, float(source.randrange(100))))


def random_range(source: random.Random, sheet: Sheet, height: int = 4, width: int = 3) -> Range:
    """A small range in or near what the sheet uses."""
    used = sheet.cells.bounds or Range(0, 0, 5, 5)
    top = source.randrange(min(used.bottom, 200) + 3)
    left = source.randrange(min(used.right, 30) + 3)
    return Range.of(Cell(top, left), source.randint(1, height), source.randint(1, width))


def random_edit(source: random.Random, snapshot: Snapshot) -> Edit:
    """One edit; it may be one that `apply` refuses."""
    sheet = source.choice(snapshot.sheets)
    name, area = sheet.name, random_range(source, sheet)
    index = source.randrange(8)
    count = source.randint(1, 3)
    makers = (
        lambda: model.SetValues(
            name,
            area,
            tuple(tuple(random_value(source) for _ in range(area.width)) for _ in range(area.height)),
        ),
        lambda: model.SetFormulas(
            name,
            area,
            tuple(
                tuple(source.choice((*FORMULAS, None)) for _ in range(area.width)) for _ in range(area.height)
            ),
        ),
        lambda: model.SetFormulas(
            name, Range.of(area.first), ((source.choice(("=SUM(A1:A3*B1:B3)", "=A1:A2*2")),),), array=True
        ),
        lambda: model.Fill(name, Range.of(area.first), area),
        lambda: model.CopyRange(
            name,
            area,
            source.choice(snapshot.sheet_names),
            Range.of(Cell(index, count), area.height, area.width),
        ),
        lambda: model.CopyRange(name, area, name, Range.of(Cell(index, count)), "formats"),
        lambda: model.SetNumberFormat(name, area, source.choice(("0.00", "#,##0", "yyyy-mm-dd", '0.0"x"'))),
        lambda: model.SetFont(
            name,
            area,
            bold=source.choice((None, True, False)),
            italic=source.choice((None, True)),
            underline=source.choice((None, "single", "double", "none")),
            size=source.choice((None, 8.0, 14.5)),
            color=source.choice((None, *COLORS)),
            name=source.choice((None, "Arial")),
        ),
        lambda: model.SetFill(name, area, source.choice((None, *COLORS))),
        lambda: model.SetAlignment(
            name,
            area,
            horizontal=source.choice((None, "center", "right")),
            vertical=source.choice((None, "top")),
            wrap=source.choice((None, True, False)),
            orientation=source.choice((None, 45, -30, 0)),
        ),
        lambda: model.SetBorders(
            name,
            area,
            source.choice(("left", "outside", "all", "bottom", "inside_horizontal")),
            source.choice((None, "thin", "double")),
            source.choice((None, *COLORS)),
        ),
        lambda: model.Merge(name, area),
        lambda: model.Unmerge(name, area),
        lambda: model.InsertRows(name, index, count),
        lambda: model.DeleteRows(name, index, count),
        lambda: model.InsertColumns(name, index, count),
        lambda: model.DeleteColumns(name, index, count),
        lambda: model.SetColumnWidth(name, index, index + count, source.choice((None, 5.5, 22.0))),
        lambda: model.Sort(
            name,
            Range.of(area.first, 5, 3),
            (model.SortKey(area.left, source.random() < 0.5),),
            source.random() < 0.5,
        ),
        lambda: model.Filter(name, Range.of(area.first, 5, 2), area.left, ("1", "North")),
        lambda: model.AddTable(
            name, Range.of(area.first, 4, 3), "T_" + "".join(source.choices(string.ascii_letters, k=5))
        ),
        lambda: model.AddConditionalFormat(
            name,
            ConditionalFormat(
                (area,), "cellIs", "greaterThan", ("=5",), source.randint(1, 3), fill="#FFC7CE"
            ),
        ),
        lambda: model.AddConditionalFormat(
            name,
            ConditionalFormat((area,), "expression", None, ("=$A1>B$2",), 1, bold=True, font_color="#9C0006"),
        ),
        lambda: model.AddDataValidation(
            name, DataValidation((area,), "list", None, ('="a,b & c"',), True, "Pick <one>")
        ),
        lambda: model.AddDataValidation(
            name, DataValidation((area,), "whole", "between", ("=1", "=9"), False)
        ),
        lambda: model.DefineName(
            source.choice(("Rate", "Total_1", "x.y")),
            "=" + source.choice(("$A$1", "Rate2*2", '"a & b"')),
            None,
        ),
        lambda: model.AddSheet("New " + "".join(source.choices(string.ascii_lowercase, k=4)), None),
        lambda: model.RenameSheet(name, source.choice(("Plan", "It's", "Q1 & Q2", "R1C1x"))),
        lambda: model.FreezePanes(name, source.choice((None, Cell(1, 0), Cell(0, 2), Cell(3, 1)))),
    )
    return source.choice(makers)()
