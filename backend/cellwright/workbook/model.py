"""The immutable model of a workbook: Snapshot, Sheet, Content, Style, Table and their parts.

A Snapshot is what every other room works on. Nothing here reads or writes files. Addresses are zero-based
(`cellwright.reference`); formulas are en-US A1 text with a leading `=` and without the file's `_xlfn.`
prefixes; shared formulas are already expanded into each cell's own text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum, StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from cellwright.errors import UsageError
from cellwright.reference import Cell, Range

if TYPE_CHECKING:
    from cellwright.workbook.cells import CellStore


class ErrorValue(Enum):
    """An error as the value of a cell."""

    NULL = "#NULL!"
    DIV0 = "#DIV/0!"
    VALUE = "#VALUE!"
    REF = "#REF!"
    NAME = "#NAME?"
    NUM = "#NUM!"
    NA = "#N/A"
    GETTING_DATA = "#GETTING_DATA"
    SPILL = "#SPILL!"
    CALC = "#CALC!"
    FIELD = "#FIELD!"
    BLOCKED = "#BLOCKED!"
    CONNECT = "#CONNECT!"
    UNKNOWN = "#UNKNOWN!"
    BUSY = "#BUSY!"

    def __str__(self) -> str:
        return str(self.value)


Value = float | str | bool | ErrorValue | None
"""A cell's value. Dates are serial numbers (days since the workbook's epoch), as in Excel."""


@dataclass(frozen=True, slots=True)
class Font:
    """A font; colours are RGB hex such as `#0D2B4E`, None where automatic or a theme's."""

    name: str = "Calibri"
    size: float = 11.0
    bold: bool = False
    italic: bool = False
    underline: str | None = None
    color: str | None = None


@dataclass(frozen=True, slots=True)
class Border:
    """One side of a cell's border: OOXML line style (`thin`, `medium`, ...) and colour."""

    style: str
    color: str | None = None


@dataclass(frozen=True, slots=True)
class Borders:
    """The four sides; None where there is no line."""

    left: Border | None = None
    right: Border | None = None
    top: Border | None = None
    bottom: Border | None = None


@dataclass(frozen=True, slots=True)
class Alignment:
    """Alignment in OOXML's words; None and False where the default holds. Rotation in degrees, -90 to 90."""

    horizontal: str | None = None
    vertical: str | None = None
    wrap: bool = False
    rotation: int = 0


@dataclass(frozen=True, slots=True)
class Style:
    """What of a cell's format we model. `xf` is the file's own format index, a hint for the patch writer."""

    number_format: str = "General"
    font: Font = Font()
    fill: str | None = None
    borders: Borders = Borders()
    alignment: Alignment = Alignment()
    xf: int | None = field(default=None, compare=False)


DEFAULT_STYLE = Style(xf=0)


@dataclass(frozen=True, slots=True)
class ArrayFormula:
    """That a cell's formula is the master of an array: its range, and whether it spills by itself."""

    range: Range
    is_dynamic: bool = False


@dataclass(frozen=True, slots=True)
class Content:
    """All that one cell holds. For a formula `value` is the cached result (None where there is none)."""

    value: Value = None
    formula: str | None = None
    style: Style = DEFAULT_STYLE
    array: ArrayFormula | None = None

    @property
    def is_blank(self) -> bool:
        """Neither value nor formula; it may still have a format."""
        return self.value is None and self.formula is None


BLANK = Content()


class Visibility(StrEnum):
    """A sheet's state, in OOXML's words."""

    VISIBLE = "visible"
    HIDDEN = "hidden"
    VERY_HIDDEN = "veryHidden"


@dataclass(frozen=True, slots=True)
class Table:
    """A table (ListObject). `range` covers header, data and totals rows; `columns` are its header names."""

    name: str
    sheet: str
    range: Range
    columns: tuple[str, ...]
    header_rows: int = 1
    totals_rows: int = 0
    style: str | None = None
    part: str | None = field(default=None, compare=False)

    @property
    def data(self) -> Range | None:
        """The range without header and totals rows; None where nothing is left."""
        top, bottom = self.range.top + self.header_rows, self.range.bottom - self.totals_rows
        return Range(top, self.range.left, bottom, self.range.right) if top <= bottom else None


@dataclass(frozen=True, slots=True)
class DefinedName:
    """A name; `formula` starts with `=`; `scope` is a sheet's name or None for the workbook."""

    name: str
    formula: str
    scope: str | None = None
    is_hidden: bool = False


@dataclass(frozen=True, slots=True)
class ConditionalFormat:
    """One rule: OOXML type (`cellIs`, `expression`, `colorScale`, ...), operator, formulas with `=`, ranges.

    `fill` and `font` are the colours and font of its differential format where it has one; `text`, `rank`
    and flags of particular types are in `options` (attribute name -> text).
    """

    ranges: tuple[Range, ...]
    type: str
    operator: str | None = None
    formulas: tuple[str, ...] = ()
    priority: int = 1
    fill: str | None = None
    font_color: str | None = None
    bold: bool | None = None
    options: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class DataValidation:
    """A validation: OOXML type (`list`, `whole`, `decimal`, `date`, `custom`, ...), operator, formulas."""

    ranges: tuple[Range, ...]
    type: str
    operator: str | None = None
    formulas: tuple[str, ...] = ()
    allow_blank: bool = True
    error_message: str | None = None


@dataclass(frozen=True, slots=True)
class Comment:
    """A note or threaded comment on a cell."""

    cell: Cell
    text: str
    author: str = ""


ChartType = Literal["column", "bar", "line", "pie", "scatter", "area"]
Stacking = Literal["none", "stacked", "percent"]
LegendPlace = Literal["right", "left", "top", "bottom", "none"]


@dataclass(frozen=True, slots=True)
class ChartSeries:
    """One series: `values` and `categories` are references such as `=Sheet1!B2:B9`, `name` may be a text.

    `categories` are the x values of a scatter chart; None counts 1, 2, 3, ...
    """

    values: str
    categories: str | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart on a sheet, its top left corner at `anchor`. Titles and legend are None where left to Excel.

    `markers` is OOXML's symbol (`triangle`, `none`, ...); `trendline` such as `linear`.
    """

    anchor: Cell
    type: ChartType
    series: tuple[ChartSeries, ...]
    title: str | None = None
    stacking: Stacking = "none"
    legend: LegendPlace | None = None
    data_labels: bool = False
    x_title: str | None = None
    y_title: str | None = None
    markers: str | None = None
    is_smooth: bool = False
    trendline: str | None = None


@dataclass(frozen=True, slots=True)
class Pivot:
    """A pivot table that covers `range`; `values` are (field, function) such as `("Amount", "sum")`."""

    name: str
    range: Range
    source_sheet: str
    source: Range
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    values: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Sheet:
    """One worksheet. `cells` is an immutable store; row and column facts are kept where not the default.

    `charts` and `pivots` are those that edits added to this snapshot: the reader leaves a file's own alone.
    """

    name: str
    cells: CellStore
    visibility: Visibility = Visibility.VISIBLE
    merges: tuple[Range, ...] = ()
    conditional_formats: tuple[ConditionalFormat, ...] = ()
    validations: tuple[DataValidation, ...] = ()
    comments: tuple[Comment, ...] = ()
    column_widths: Mapping[int, float] = field(default_factory=dict)
    hidden_rows: frozenset[int] = frozenset()
    hidden_columns: frozenset[int] = frozenset()
    freeze: Cell | None = None
    autofilter: Range | None = None
    is_protected: bool = False
    charts: tuple[Chart, ...] = field(default=(), compare=False)
    pivots: tuple[Pivot, ...] = field(default=(), compare=False)
    part: str | None = field(default=None, compare=False)

    def content(self, cell: Cell) -> Content:
        """What a cell holds; BLANK where it holds nothing."""
        return self.cells.get(cell) or BLANK

    def value(self, cell: Cell) -> Value:
        """A cell's value (for a formula the cached one)."""
        return self.content(cell).value

    def formula(self, cell: Cell) -> str | None:
        """A cell's formula with its leading `=`, None where it has none."""
        return self.content(cell).formula

    def with_cells(self, updates: Mapping[Cell, Content | None]) -> Sheet:
        """This sheet with those cells replaced; None (or a Content equal to BLANK) removes a cell."""
        return replace(self, cells=self.cells.replaced(updates))


@dataclass(frozen=True, slots=True)
class SourceFile:
    """The file that a Snapshot was read from: what must still be so when an edit is written back."""

    path: Path
    size: int
    mtime_ns: int
    sha256: str


@dataclass(frozen=True)
class Snapshot:
    """A whole workbook at one revision. Equality compares contents, not revision or source."""

    sheets: tuple[Sheet, ...]
    tables: tuple[Table, ...] = ()
    names: tuple[DefinedName, ...] = ()
    is_1904: bool = False
    revision: int = field(default=0, compare=False)
    source: SourceFile | None = field(default=None, compare=False)

    @property
    def sheet_names(self) -> tuple[str, ...]:
        """In the order of the tabs."""
        return tuple(sheet.name for sheet in self.sheets)

    def sheet(self, name: str) -> Sheet:
        """The sheet of that name (case ignored, as in Excel); raises UsageError that lists the sheets."""
        folded = name.casefold()
        for sheet in self.sheets:
            if sheet.name.casefold() == folded:
                return sheet
        known = ", ".join(self.sheet_names[:8]) + (", ..." if len(self.sheets) > 8 else "")
        raise UsageError(f"expected one of the sheets {known}; got {name!r}")

    def has_sheet(self, name: str) -> bool:
        """Whether there is a sheet of that name, case ignored."""
        folded = name.casefold()
        return any(sheet.name.casefold() == folded for sheet in self.sheets)

    def table(self, name: str) -> Table | None:
        """The table of that name, case ignored."""
        folded = name.casefold()
        return next((table for table in self.tables if table.name.casefold() == folded), None)

    def tables_on(self, sheet: str) -> tuple[Table, ...]:
        """The tables of a sheet."""
        return tuple(table for table in self.tables if table.sheet == sheet)

    def with_sheet(self, sheet: Sheet) -> Snapshot:
        """The next revision, with the sheet of that name replaced."""
        sheets = tuple(sheet if old.name == sheet.name else old for old in self.sheets)
        return replace(self, sheets=sheets, revision=self.revision + 1)
