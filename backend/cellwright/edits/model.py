"""The Edit union: every change that can be proposed, applied, inverted, shown and written.

Values only: what an edit does to a Snapshot is in `apply.py`, its inverse in `invert.py`, its line of text
in `text.py`, and its step in a file in `cellwright.workbook`'s patch writer. Formulas are en-US A1 text with
a leading `=`. Every edit names its sheet; ranges are zero-based (`cellwright.reference`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from cellwright.reference import Cell, Range
from cellwright.workbook.model import (
    ChartSeries,
    ChartType,
    ConditionalFormat,
    Content,
    DataValidation,
    DefinedName,
    LegendPlace,
    Sheet,
    Snapshot,
    Stacking,
    Table,
    Value,
)

Axis = Literal["rows", "columns"]
BorderSide = Literal[
    "left", "right", "top", "bottom", "outside", "all", "inside_horizontal", "inside_vertical"
]


@dataclass(frozen=True, slots=True)
class SetFormulas:
    """Formulas for a rectangle, row by row; None leaves a cell as it is. `array` enters one array formula."""

    sheet: str
    range: Range
    formulas: tuple[tuple[str | None, ...], ...]
    array: bool = False


@dataclass(frozen=True, slots=True)
class SetValues:
    """Constants for a rectangle, row by row; None clears a cell's value and formula."""

    sheet: str
    range: Range
    values: tuple[tuple[Value, ...], ...]


@dataclass(frozen=True, slots=True)
class Fill:
    """Fill `source` (first cells of `target`) over `target`, as Excel's fill handle does: series continue."""

    sheet: str
    source: Range
    target: Range


@dataclass(frozen=True, slots=True)
class CopyRange:
    """Copy a range, possibly from another sheet; `what` is all, formulas, values or formats."""

    sheet: str
    target: Range
    source_sheet: str
    source: Range
    what: Literal["all", "formulas", "values", "formats"] = "all"


@dataclass(frozen=True, slots=True)
class SetNumberFormat:
    """A number format code such as `0.0%` or `yyyy-mm-dd`."""

    sheet: str
    range: Range
    format: str


@dataclass(frozen=True, slots=True)
class SetFont:
    """Font facets; None leaves a facet as it is. Colour is `#RRGGBB`; underline as `single` or `none`."""

    sheet: str
    range: Range
    bold: bool | None = None
    italic: bool | None = None
    underline: str | None = None
    size: float | None = None
    color: str | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class SetFill:
    """A solid fill `#RRGGBB`; None removes the fill."""

    sheet: str
    range: Range
    color: str | None


@dataclass(frozen=True, slots=True)
class SetAlignment:
    """Alignment facets in OOXML's words; None leaves a facet as it is. Orientation in degrees, -90 to 90."""

    sheet: str
    range: Range
    horizontal: str | None = None
    vertical: str | None = None
    wrap: bool | None = None
    orientation: int | None = None


@dataclass(frozen=True, slots=True)
class SetBorders:
    """Lines on sides of a range (OOXML style such as `thin`); style None removes them."""

    sheet: str
    range: Range
    side: BorderSide
    style: str | None
    color: str | None = None


@dataclass(frozen=True, slots=True)
class Merge:
    """Merge a range; only its first cell keeps its content."""

    sheet: str
    range: Range


@dataclass(frozen=True, slots=True)
class Unmerge:
    """Undo every merge that touches the range."""

    sheet: str
    range: Range


@dataclass(frozen=True, slots=True)
class InsertRows:
    """Insert `count` rows before row `at` (zero-based)."""

    sheet: str
    at: int
    count: int = 1


@dataclass(frozen=True, slots=True)
class InsertColumns:
    """Insert `count` columns before column `at` (zero-based)."""

    sheet: str
    at: int
    count: int = 1


@dataclass(frozen=True, slots=True)
class DeleteRows:
    """Delete `count` rows from row `at` (zero-based)."""

    sheet: str
    at: int
    count: int = 1


@dataclass(frozen=True, slots=True)
class DeleteColumns:
    """Delete `count` columns from column `at` (zero-based)."""

    sheet: str
    at: int
    count: int = 1


@dataclass(frozen=True, slots=True)
class SetColumnWidth:
    """Width of columns left..right in characters of the default font, as in Excel; None is the default."""

    sheet: str
    left: int
    right: int
    width: float | None


@dataclass(frozen=True, slots=True)
class SortKey:
    """A column of a sort (zero-based on the sheet)."""

    column: int
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Sort:
    """Sort the rows of a range by keys, stable, Excel's order of types; a header row stays."""

    sheet: str
    range: Range
    keys: tuple[SortKey, ...]
    has_header: bool = True


@dataclass(frozen=True, slots=True)
class Filter:
    """An autofilter on a range (header row first); `values` keeps rows whose column holds one of them."""

    sheet: str
    range: Range
    column: int | None = None
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AddTable:
    """Make a range a table; its first row is the header."""

    sheet: str
    range: Range
    name: str
    style: str | None = "TableStyleMedium2"


@dataclass(frozen=True, slots=True)
class AddConditionalFormat:
    """Add one rule (ranges inside the rule)."""

    sheet: str
    rule: ConditionalFormat


@dataclass(frozen=True, slots=True)
class AddDataValidation:
    """Add one validation (ranges inside it)."""

    sheet: str
    validation: DataValidation


@dataclass(frozen=True, slots=True)
class AddChart:
    """A chart, its top left corner at `anchor`, over `source` (of `source_sheet`; None: of its own sheet).

    Without `series` they are the columns of `source` (`cellwright.edits.charts`); the rest is as in Chart.
    """

    sheet: str
    anchor: Cell
    source: Range
    type: ChartType = "column"
    title: str | None = None
    source_sheet: str | None = None
    series: tuple[ChartSeries, ...] = ()
    stacking: Stacking = "none"
    legend: LegendPlace | None = None
    data_labels: bool = False
    x_title: str | None = None
    y_title: str | None = None
    markers: str | None = None
    is_smooth: bool = False
    trendline: str | None = None


@dataclass(frozen=True, slots=True)
class AddPivot:
    """A pivot table at `anchor` over `source` (header row first): its fields by header text.

    `values` are (field, function): sum, count, average, min, max, product, stdDev or var.
    """

    sheet: str
    anchor: Cell
    source_sheet: str
    source: Range
    rows: tuple[str, ...]
    columns: tuple[str, ...] = ()
    values: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class DefineName:
    """Define or redefine a name; `formula` with its leading `=`; scope None is the workbook."""

    name: str
    formula: str
    scope: str | None = None


@dataclass(frozen=True, slots=True)
class AddSheet:
    """Add an empty sheet before position `at` (None: last)."""

    name: str
    at: int | None = None


@dataclass(frozen=True, slots=True)
class RenameSheet:
    """Rename a sheet; every formula and name that mentions it follows."""

    sheet: str
    name: str


@dataclass(frozen=True, slots=True)
class FreezePanes:
    """Freeze rows above and columns left of `cell`; None unfreezes."""

    sheet: str
    cell: Cell | None


@dataclass(frozen=True, slots=True)
class Restore:
    """Journal only: put back before-images where the union has no inverse; never proposed.

    `cells` restores contents (None clears) of a sheet; `sheet_image` that sheet's facts, all but its cells,
    or only those fields that `facts` names; `tables` and `names` all of the workbook's where not None;
    `removes_sheet` takes the sheet away; `snapshot` restores everything.
    """

    sheet: str | None
    cells: tuple[tuple[Cell, Content | None], ...] = ()
    sheet_image: Sheet | None = None
    snapshot: Snapshot | None = None
    facts: tuple[str, ...] = ()
    tables: tuple[Table, ...] | None = None
    names: tuple[DefinedName, ...] | None = None
    removes_sheet: bool = False


Edit = (
    SetFormulas
    | SetValues
    | Fill
    | CopyRange
    | SetNumberFormat
    | SetFont
    | SetFill
    | SetAlignment
    | SetBorders
    | Merge
    | Unmerge
    | InsertRows
    | InsertColumns
    | DeleteRows
    | DeleteColumns
    | SetColumnWidth
    | Sort
    | Filter
    | AddTable
    | AddConditionalFormat
    | AddDataValidation
    | AddChart
    | AddPivot
    | DefineName
    | AddSheet
    | RenameSheet
    | FreezePanes
    | Restore
)
