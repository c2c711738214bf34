"""Random small workbooks and random edits of every kind for the property tests."""

from __future__ import annotations

import random
from dataclasses import replace

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from cellwright.edits import model as m
from cellwright.reference import Cell, Range
from cellwright.workbook.cells import CellStore
from cellwright.workbook.model import (
    Alignment,
    ArrayFormula,
    Border,
    Borders,
    Comment,
    ConditionalFormat,
    Content,
    DataValidation,
    DefinedName,
    ErrorValue,
    Font,
    Sheet,
    Snapshot,
    Style,
    Table,
    Value,
    Visibility,
)

quick = settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)

ROWS, COLUMNS = 9, 6
SHEETS = ("Sheet1", "Q1 plan", "Data")

cells = st.builds(Cell, st.integers(0, ROWS - 1), st.integers(0, COLUMNS - 1))
sheet_names = st.sampled_from(SHEETS)


@st.composite
def ranges(draw: st.DrawFn, height: int = ROWS, width: int = COLUMNS) -> Range:
    """A range of up to that height and width inside the small grid."""
    top, left = draw(st.integers(0, ROWS - 1)), draw(st.integers(0, COLUMNS - 1))
    bottom = draw(st.integers(top, min(top + height, ROWS) - 1))
    right = draw(st.integers(left, min(left + width, COLUMNS) - 1))
    return Range(top, left, bottom, right)


colors = st.sampled_from([None, "#0D2B4E", "#FF0000"])
_thin = Border("thin", "#FF0000")
STYLES = [
    Style(xf=0),
    Style(xf=6),
    Style(number_format="0.0%", xf=3),
    Style(number_format="yyyy-mm-dd", fill="#0D2B4E"),
    Style(number_format='"x"0', font=Font(bold=True, color="#FF0000", underline="single")),
    Style(borders=Borders(left=_thin, bottom=Border("double")), xf=7),
    Style(alignment=Alignment(wrap=True, rotation=45), number_format="h:mm"),
]
NUMBERS = [0.0, 1.0, 2.0, 2.5, -3.0, 0.1, 45_000.0, 45_031.25, 1e20]
TEXTS = ["Region", "north", "Item 9", "A007", "Mon", "MAY", "Q3", "1st", "3 days", " | ", "=x"]
ODD_TEXTS = ["5", "TRUE", "#N/A", '"', "a\nb", "", "null", '["x"]', "é'!$", " x ", "\u2028"]
VALUES: list[Value] = [*NUMBERS, *TEXTS, True, False, ErrorValue.NA, ErrorValue.DIV0, None]
values = st.sampled_from(VALUES)
odd_values = st.sampled_from([*VALUES, *ODD_TEXTS])
FORMULAS = [
    "=A1+1",
    "=SUM(A1:B4)",
    "=$B$3*C2",
    "='Q1 plan'!C3",
    "=SUM(Data!A:A,Sheet1!2:3)",
    "=IF(Data!B2>0,B$2,$C5)",
    "=SUM(Sales[Amount])",
    "=Rate*A2",
    '=A1&"A1"',
    "=SUM(Sheet1:Data!A1)",
    "=Sheet1!A1:A6 Sheet1!A3:C3",
    "=NOW()",
]
formulas = st.sampled_from(FORMULAS)
_chance = random.Random(7)
contents = st.sampled_from(
    [Content(_chance.choice(VALUES), None, _chance.choice(STYLES)) for _ in range(60)]
    + [Content(_chance.choice([None, *NUMBERS]), formula, style) for formula in FORMULAS for style in STYLES]
)


def _rule_types(formula: st.SearchStrategy[str]) -> st.SearchStrategy[ConditionalFormat]:
    return st.builds(
        ConditionalFormat,
        ranges=st.lists(ranges(), min_size=1, max_size=2).map(tuple),
        type=st.just("expression"),
        formulas=st.tuples(formula),
        priority=st.integers(1, 3),
        fill=colors,
        options=st.just((("stopIfTrue", "1"),)),
    )


rules = _rule_types(formulas)
validations = st.builds(
    DataValidation,
    ranges=st.lists(ranges(), min_size=1, max_size=2).map(tuple),
    type=st.just("custom"),
    formulas=st.tuples(formulas),
    error_message=st.sampled_from([None, "no"]),
)


def _disjoint(areas: list[Range]) -> tuple[Range, ...]:
    kept: list[Range] = []
    for area in areas:
        if not any(area.intersect(other) for other in kept):
            kept.append(area)
    return tuple(kept)


@st.composite
def sheets(draw: st.DrawFn, name: str, taken: tuple[Range, ...] = ()) -> Sheet:
    """A sheet with anything that a sheet may have; nothing merged or arrayed on the `taken` ranges."""
    store = draw(st.dictionaries(cells, contents, max_size=16))
    blocks = _disjoint([*taken, *draw(st.lists(ranges(3, 2), max_size=3))])[len(taken) :]
    merges = tuple(block for block in blocks[:2] if not block.is_cell)
    for merge in merges:
        for cell in merge.cells():
            if cell != merge.first and cell in store:
                store[cell] = replace(store[cell], value=None, formula=None)
    for block in blocks[2:]:
        is_dynamic = draw(st.booleans())
        for cell in block.cells():
            store[cell] = Content(value=1.0)
        store[block.first] = Content(1.0, "=Data!A1:A3*2", array=ArrayFormula(block, is_dynamic))
    return Sheet(
        name,
        CellStore(store),
        visibility=draw(st.sampled_from(Visibility)) if name != SHEETS[0] else Visibility.VISIBLE,
        merges=merges,
        conditional_formats=tuple(draw(st.lists(rules, max_size=2))),
        validations=tuple(draw(st.lists(validations, max_size=2))),
        comments=tuple(Comment(cell, "why?", "Ada") for cell in sorted(draw(st.sets(cells, max_size=2)))),
        column_widths=draw(st.dictionaries(st.integers(0, COLUMNS), st.just(12.5), max_size=2)),
        hidden_rows=draw(st.frozensets(st.integers(0, ROWS), max_size=2)),
        hidden_columns=draw(st.frozensets(st.integers(0, COLUMNS), max_size=1)),
        freeze=draw(st.sampled_from([None, Cell(1, 0), Cell(2, 3)])),
        autofilter=draw(st.none() | st.just(Range(0, 0, ROWS - 1, 2))),
    )


@st.composite
def snapshots(draw: st.DrawFn) -> Snapshot:
    """Three sheets, sometimes a table `Sales` on Data, sometimes names."""
    tables: tuple[Table, ...] = ()
    area = Range(2, 1, 6, 3)
    if draw(st.booleans()):
        columns = ("Region", "Amount", "Share, %")
        tables = (Table("Sales", "Data", area, columns, totals_rows=draw(st.integers(0, 1))),)
    book = [draw(sheets(name, (area,) if tables and name == "Data" else ())) for name in SHEETS]
    if tables:
        heads = {Cell(2, 1 + i): Content(name) for i, name in enumerate(tables[0].columns)}
        heads[Cell(4, 3)] = Content(formula="=[@Amount]/SUM(Sales[Amount])")
        book[2] = replace(book[2].with_cells(heads), autofilter=None)
    names = draw(
        st.sampled_from([(), (DefinedName("Rate", "='Q1 plan'!$B$2"), DefinedName("x_1", "=2", "Data"))])
    )
    return Snapshot(tuple(book), tables=tables, names=names, is_1904=draw(st.booleans()))


@st.composite
def _grids(draw: st.DrawFn, item: st.SearchStrategy[object]) -> tuple[Range, tuple[tuple[object, ...], ...]]:
    area = draw(ranges(3, 3))
    rows = [tuple(draw(item) for _ in range(area.width)) for _ in range(area.height)]
    return area, tuple(rows)


@st.composite
def set_formulas(draw: st.DrawFn) -> m.SetFormulas:
    area, rows = draw(_grids(formulas | st.none()))
    if draw(st.integers(0, 4)) == 0:
        return m.SetFormulas(draw(sheet_names), area, ((draw(formulas),),), array=True)
    return m.SetFormulas(draw(sheet_names), area, rows)  # type: ignore[arg-type]


@st.composite
def set_values(draw: st.DrawFn) -> m.SetValues:
    area, rows = draw(_grids(odd_values))
    return m.SetValues(draw(sheet_names), area, rows)  # type: ignore[arg-type]


@st.composite
def fills(draw: st.DrawFn) -> m.Fill:
    source = draw(ranges(3, 3))
    more = draw(st.integers(1, 4))
    top, left, bottom, right = source.top, source.left, source.bottom, source.right
    direction = draw(st.sampled_from(["down", "up", "right", "left"]))
    if direction == "down":
        bottom += more
    elif direction == "right":
        right += more
    elif direction == "up":
        top = max(top - more, 0)
    else:
        left = max(left - more, 0)
    return m.Fill(draw(sheet_names), source, Range(top, left, bottom, right))


sort_keys = st.builds(m.SortKey, st.integers(0, COLUMNS - 1), st.booleans())
small = st.integers(0, ROWS)
counts = st.integers(1, 3)

EDITS: dict[str, st.SearchStrategy[m.Edit]] = {
    "SetFormulas": set_formulas(),
    "SetValues": set_values(),
    "Fill": fills(),
    "CopyRange": st.builds(
        m.CopyRange,
        sheet_names,
        cells.map(Range.of) | ranges(),
        sheet_names,
        ranges(3, 2),
        st.sampled_from(["all", "formulas", "values", "formats"]),
    ),
    "SetNumberFormat": st.builds(m.SetNumberFormat, sheet_names, ranges(), st.sampled_from(["0.00", '"x"'])),
    "SetFont": st.builds(
        m.SetFont,
        sheet_names,
        ranges(),
        bold=st.none() | st.booleans(),
        italic=st.none() | st.booleans(),
        underline=st.sampled_from([None, "none", "single"]),
        size=st.sampled_from([None, 9.0, 10.5]),
        color=colors,
        name=st.sampled_from([None, "Arial"]),
    ),
    "SetFill": st.builds(m.SetFill, sheet_names, ranges(), colors),
    "SetAlignment": st.builds(
        m.SetAlignment,
        sheet_names,
        ranges(),
        horizontal=st.sampled_from([None, "center", "general"]),
        vertical=st.sampled_from([None, "top"]),
        wrap=st.none() | st.booleans(),
        orientation=st.sampled_from([None, 0, 90, -45]),
    ),
    "SetBorders": st.builds(
        m.SetBorders,
        sheet_names,
        ranges(),
        st.sampled_from(
            ["left", "right", "top", "bottom", "outside", "all", "inside_horizontal", "inside_vertical"]
        ),
        st.sampled_from([None, "thin", "double", "mediumDashDot", "hair", "slantDashDot"]),
        colors,
    ),
    "Merge": st.builds(m.Merge, sheet_names, ranges(3, 3)),
    "Unmerge": st.builds(m.Unmerge, sheet_names, ranges()),
    "InsertRows": st.builds(m.InsertRows, sheet_names, small, counts),
    "InsertColumns": st.builds(m.InsertColumns, sheet_names, small, counts),
    "DeleteRows": st.builds(m.DeleteRows, sheet_names, small, counts),
    "DeleteColumns": st.builds(m.DeleteColumns, sheet_names, small, counts),
    "SetColumnWidth": st.builds(
        m.SetColumnWidth, sheet_names, st.just(1), st.integers(1, 4), st.sampled_from([None, 8.0, 20.5])
    ),
    "Sort": st.builds(
        m.Sort, sheet_names, ranges(), st.lists(sort_keys, min_size=1, max_size=2).map(tuple), st.booleans()
    ),
    "Filter": st.builds(m.Filter, sheet_names, ranges())
    | st.builds(
        m.Filter,
        sheet_names,
        st.just(Range(1, 1, ROWS - 1, 3)),
        st.integers(1, 3),
        st.lists(st.sampled_from(["", "1", "North", "2.5"]), min_size=1, max_size=2, unique=True).map(tuple),
    ),
    "AddTable": st.builds(
        m.AddTable,
        sheet_names,
        ranges(),
        st.sampled_from(["Costs", "T_2", "Sales"]),
        st.sampled_from([None, "TableStyleMedium2"]),
    ),
    "AddConditionalFormat": st.builds(m.AddConditionalFormat, sheet_names, rules),
    "AddDataValidation": st.builds(m.AddDataValidation, sheet_names, validations),
    "DefineName": st.builds(
        m.DefineName, st.sampled_from(["Rate", "Total_1"]), formulas, st.none() | sheet_names
    ),
    "AddSheet": st.builds(
        m.AddSheet, st.sampled_from(["New", "Q2 'plan'", "a | b"]), st.none() | st.integers(0, 3)
    ),
    "RenameSheet": st.builds(
        m.RenameSheet, sheet_names, st.sampled_from(["New", "Q2 plan", "sheet1", "R1C1"])
    ),
    "FreezePanes": st.builds(m.FreezePanes, sheet_names, st.none() | cells),
}
"""A strategy for each kind that `apply` takes, by the class's name; Restore comes from `invert`."""

any_edit = st.one_of(*EDITS.values())
