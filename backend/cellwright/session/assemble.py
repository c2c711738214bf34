"""Blocks of cells into a Snapshot and out of it: the one place where wire cells become contents.

Shapes are checked before anything is built: `values`, `formulas` and `style_index` must have the height and
width of the block's range. Cell texts are taken as they are; nothing in them is interpreted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from cellwright.errors import LimitExceeded, UsageError
from cellwright.protocol.base import from_wire, to_wire
from cellwright.protocol.workbooks import (
    ArrayArea,
    Block,
    CellStyle,
    HostSource,
    SheetInfo,
    WireName,
    WireTable,
)
from cellwright.reference import Cell, Range, column_index, column_letters
from cellwright.workbook.cells import CellStore
from cellwright.workbook.model import (
    DEFAULT_STYLE,
    Alignment,
    ArrayFormula,
    Content,
    DefinedName,
    Font,
    Sheet,
    Snapshot,
    Style,
    Table,
    Visibility,
)

Updates = dict[Cell, Content | None]


def contents_of(block: Block, old: Sheet | None = None) -> Updates:
    """The contents of a block's cells; None where a cell is blank.

    Without `style_index` cells keep the format that they have on `old` (the default where there is none).
    Raises UsageError where the shapes differ.
    """
    area = Range.parse(block.range)
    _require_shape(block, area)
    styles = [_style(style) for style in block.styles]
    arrays = {
        Cell.parse(array.cell): ArrayFormula(Range.parse(array.range), array.is_dynamic)
        for array in block.arrays
    }
    updates: Updates = {}
    for number, values in enumerate(block.values):
        formulas = block.formulas[number] if block.formulas is not None else None
        looks = block.style_index[number] if block.style_index is not None else None
        for position, value in enumerate(values):
            cell = Cell(area.top + number, area.left + position)
            formula = formulas[position] if formulas is not None else None
            if looks is None:
                style = DEFAULT_STYLE if old is None else old.content(cell).style
            else:
                style = styles[looks[position]] if looks[position] >= 0 else DEFAULT_STYLE
            if formula is not None and not formula.startswith("="):
                raise UsageError(f"expected a formula that starts with =, got other text in {cell.a1}")
            if value is None and formula is None and style == DEFAULT_STYLE:
                updates[cell] = None
            else:
                updates[cell] = Content(from_wire(value), formula, style, arrays.get(cell))
    return updates


def _require_shape(block: Block, area: Range) -> None:
    grids: list[tuple[str, Sequence[Sequence[object]]]] = [("values", block.values)]
    if block.formulas is not None:
        grids.append(("formulas", block.formulas))
    if block.style_index is not None:
        grids.append(("style_index", block.style_index))
    for name, grid in grids:
        if len(grid) != area.height or any(len(row) != area.width for row in grid):
            raise UsageError(
                f"expected {area.height} rows of {area.width} {name}, got {len(grid)} rows ({area.a1})"
            )
    if block.style_index is not None:
        last = len(block.styles) - 1
        if any(not -1 <= index <= last for row in block.style_index for index in row):
            raise UsageError(f"expected style indices from -1 to {last}, got others ({area.a1})")


@dataclass
class Assembly:
    """A workbook that comes in chunks; `finish` gives its snapshot. Not for several threads at once."""

    source: HostSource
    max_cells: int
    received: int = 0
    cells: int = 0
    _stores: dict[str, CellStore] = field(default_factory=dict)

    def __post_init__(self) -> None:
        names = [sheet.name for sheet in self.source.sheets]
        if len({name.casefold() for name in names}) != len(names):
            raise UsageError("expected sheets of different names, got one twice")
        self._stores = {name: CellStore() for name in names}

    def add(self, blocks: Sequence[Block]) -> None:
        """Take one chunk's blocks; raises UsageError, or LimitExceeded past `max_cells`."""
        self.cells += sum(len(row) for block in blocks for row in block.values)
        if self.cells > self.max_cells:
            raise LimitExceeded(f"expected a workbook of at most {self.max_cells:,} cells, got more")
        for block in blocks:
            store = self._stores.get(block.sheet)
            if store is None:
                raise UsageError(f"expected one of the workbook's sheets, got {block.sheet!r}")
            self._stores[block.sheet] = store.replaced(contents_of(block))
        self.received += 1

    @property
    def is_whole(self) -> bool:
        """Every chunk that was promised is in."""
        return self.received == self.source.chunks

    def finish(self) -> Snapshot:
        """The snapshot at revision 1."""
        source = self.source
        return Snapshot(
            sheets=tuple(_sheet(info, self._stores[info.name]) for info in source.sheets),
            tables=tuple(_table(table) for table in source.tables),
            names=tuple(DefinedName(n.name, n.formula, n.scope, n.is_hidden) for n in source.names),
            is_1904=source.is_1904,
            revision=1,
        )


def sheet_info(sheet: Sheet) -> SheetInfo:
    """A sheet without its cells, as it travels."""
    used = sheet.cells.bounds
    return SheetInfo(
        name=sheet.name,
        visibility=sheet.visibility.value,
        used_range=None if used is None else used.a1,
        merges=[area.a1 for area in sheet.merges],
        is_protected=sheet.is_protected,
        freeze=None if sheet.freeze is None else sheet.freeze.a1,
        column_widths={column_letters(column): width for column, width in sheet.column_widths.items()},
        hidden_rows=sorted(sheet.hidden_rows),
        hidden_columns=sorted(sheet.hidden_columns),
    )


def wire_table(table: Table) -> WireTable:
    """A table as it travels."""
    return WireTable(
        name=table.name,
        sheet=table.sheet,
        range=table.range.a1,
        columns=list(table.columns),
        header_rows=table.header_rows,
        totals_rows=table.totals_rows,
        style=table.style,
    )


def wire_name(name: DefinedName) -> WireName:
    """A defined name as it travels."""
    return WireName(name=name.name, formula=name.formula, scope=name.scope, is_hidden=name.is_hidden)


def blocks_of(sheet: Sheet, area: Range) -> Iterator[Block]:
    """The cells of an area as blocks: one for each run of neighbouring rows that hold anything."""
    rows: dict[int, dict[int, Content]] = {}
    for cell, content in sheet.cells.items(area):
        rows.setdefault(cell.row, {})[cell.column] = content
    run: list[int] = []
    for row in sorted(rows):
        if run and row != run[-1] + 1:
            yield _block(sheet, run, rows)
            run = []
        run.append(row)
    if run:
        yield _block(sheet, run, rows)


def block_of(sheet: Sheet, area: Range) -> Block:
    """One area as one block, blanks included."""
    rows: dict[int, dict[int, Content]] = {row: {} for row in range(area.top, area.bottom + 1)}
    for cell, content in sheet.cells.items(area):
        rows[cell.row][cell.column] = content
    return _block(sheet, sorted(rows), rows, (area.left, area.right))


def _block(
    sheet: Sheet,
    run: Sequence[int],
    rows: Mapping[int, Mapping[int, Content]],
    across: tuple[int, int] | None = None,
) -> Block:
    left, right = across or (
        min(min(rows[row]) for row in run),
        max(max(rows[row]) for row in run),
    )
    palette: dict[Style, int] = {}
    blank = Content()
    contents = [[rows[row].get(column, blank) for column in range(left, right + 1)] for row in run]
    looks = [
        [
            -1 if content.style == DEFAULT_STYLE else palette.setdefault(content.style, len(palette))
            for content in row
        ]
        for row in contents
    ]
    has_formulas = any(content.formula is not None for row in contents for content in row)
    return Block(
        sheet=sheet.name,
        range=Range(run[0], left, run[-1], right).a1,
        values=[[to_wire(content.value) for content in row] for row in contents],
        formulas=[[content.formula for content in row] for row in contents] if has_formulas else None,
        styles=[_wire_style(style) for style in palette],
        style_index=looks if palette else None,
        arrays=[
            ArrayArea(
                cell=Cell(row, left + position).a1,
                range=content.array.range.a1,
                is_dynamic=content.array.is_dynamic,
            )
            for row, line in zip(run, contents, strict=True)
            for position, content in enumerate(line)
            if content.array is not None
        ],
    )


def _style(style: CellStyle) -> Style:
    return Style(
        number_format=style.number_format or "General",
        font=Font(
            name=style.font_name,
            size=style.font_size,
            bold=style.bold,
            italic=style.italic,
            underline=style.underline,
            color=style.font_color,
        ),
        fill=style.fill,
        alignment=Alignment(horizontal=style.horizontal, vertical=style.vertical, wrap=style.wrap),
    )


def _wire_style(style: Style) -> CellStyle:
    return CellStyle(
        number_format=style.number_format,
        bold=style.font.bold,
        italic=style.font.italic,
        underline=style.font.underline,
        font_name=style.font.name,
        font_size=style.font.size,
        font_color=style.font.color,
        fill=style.fill,
        horizontal=style.alignment.horizontal,
        vertical=style.alignment.vertical,
        wrap=style.alignment.wrap,
    )


def _sheet(info: SheetInfo, store: CellStore) -> Sheet:
    return Sheet(
        name=info.name,
        cells=store,
        visibility=Visibility(info.visibility),
        merges=tuple(Range.parse(area) for area in info.merges),
        column_widths={column_index(letters): width for letters, width in info.column_widths.items()},
        hidden_rows=frozenset(info.hidden_rows),
        hidden_columns=frozenset(info.hidden_columns),
        freeze=None if info.freeze is None else Cell.parse(info.freeze),
        is_protected=info.is_protected,
    )


def _table(table: WireTable) -> Table:
    return Table(
        name=table.name,
        sheet=table.sheet,
        range=Range.parse(table.range),
        columns=tuple(table.columns),
        header_rows=table.header_rows,
        totals_rows=table.totals_rows,
        style=table.style,
    )
