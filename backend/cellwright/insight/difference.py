"""What differs between two versions of a workbook: values, their JSON, and their table for the eye."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table as RichTable
from rich.text import Text

from cellwright.formula import Axis
from cellwright.insight.explain import value_words
from cellwright.insight.finding import plural
from cellwright.reference import Cell, SheetRange, column_letters
from cellwright.workbook.model import Content


class ChangeKind(StrEnum):
    """How cells differ."""

    FORMULA = "formula changed"
    FORMULA_TO_VALUE = "formula replaced by a value"
    VALUE_TO_FORMULA = "value replaced by a formula"
    ADDED = "added"
    REMOVED = "removed"
    VALUE = "value changed"
    RECALCULATED = "result changed"


@dataclass(frozen=True, slots=True)
class CellDifference:
    """One cell: where it was and is (None where there was none), what it held and holds.

    `before` has the old formula as it would stand in the new version, had nobody changed it.
    """

    kind: ChangeKind
    old: Cell | None
    new: Cell | None
    before: Content
    after: Content


@dataclass(frozen=True)
class RegionDifference:
    """Cells next to each other that changed in the same way; `place` is in the new version."""

    kind: ChangeKind
    place: SheetRange
    cells: tuple[CellDifference, ...]


@dataclass(frozen=True, slots=True)
class Lines:
    """Rows or columns put in (zero-based in the new version) or taken out (in the old); a taste of them."""

    axis: Axis
    at: int
    count: int
    sample: str = ""

    @property
    def text(self) -> str:
        """`rows 5:7` or `columns C:D`."""
        if self.axis is Axis.ROWS:
            return f"rows {self.at + 1}:{self.at + self.count}"
        return f"columns {column_letters(self.at)}:{column_letters(self.at + self.count - 1)}"


@dataclass(frozen=True)
class SheetDifference:
    """What differs on one sheet."""

    name: str
    regions: tuple[RegionDifference, ...]
    inserted: tuple[Lines, ...] = ()
    deleted: tuple[Lines, ...] = ()

    @property
    def cells(self) -> tuple[CellDifference, ...]:
        """Every changed cell."""
        return tuple(cell for region in self.regions for cell in region.cells)


@dataclass(frozen=True)
class Comparison:
    """What differs between two workbooks."""

    added_sheets: tuple[str, ...] = ()
    removed_sheets: tuple[str, ...] = ()
    sheets: tuple[SheetDifference, ...] = ()
    names: Mapping[str, tuple[str | None, str | None]] = field(default_factory=dict)
    tables: Mapping[str, tuple[str | None, str | None]] = field(default_factory=dict)

    @property
    def is_equal(self) -> bool:
        """Nothing differs."""
        return not (self.added_sheets or self.removed_sheets or self.sheets or self.names or self.tables)

    def to_json(self) -> dict[str, Any]:
        """The comparison for machines."""
        return {
            "equal": self.is_equal,
            "added_sheets": list(self.added_sheets),
            "removed_sheets": list(self.removed_sheets),
            "names": {name: list(pair) for name, pair in self.names.items()},
            "tables": {name: list(pair) for name, pair in self.tables.items()},
            "sheets": [
                {
                    "sheet": sheet.name,
                    "inserted": [block.text for block in sheet.inserted],
                    "deleted": [block.text for block in sheet.deleted],
                    "regions": [_region_json(region) for region in sheet.regions],
                }
                for sheet in self.sheets
            ],
        }

    def render(self, most: int = 40) -> RenderableType:
        """The comparison for the eye; at most that many rows a sheet."""
        if self.is_equal:
            return Text("No difference in cells, formulas, names or tables.", style="green")
        parts: list[RenderableType] = []
        parts += [Text.from_markup(f"[green]+ sheet {escape(name)}[/]") for name in self.added_sheets]
        parts += [Text.from_markup(f"[red]- sheet {escape(name)}[/]") for name in self.removed_sheets]
        for kind, found in (("name", self.names), ("table", self.tables)):
            for name, (before, after) in found.items():
                was, now = before or "none", after or "none"
                parts.append(
                    Text.from_markup(
                        f"{kind} {escape(name)}: [red]{escape(was)}[/] → [green]{escape(now)}[/]"
                    )
                )
        parts += [_sheet_table(sheet, most) for sheet in self.sheets]
        return Group(*parts)


def shown(content: Content) -> str:
    """A content as one line: its formula, else its value."""
    return content.formula if content.formula is not None else value_words(content.value)


def _region_json(region: RegionDifference) -> dict[str, Any]:
    return {
        "kind": region.kind.value,
        "place": region.place.a1,
        "count": len(region.cells),
        "before": shown(region.cells[0].before),
        "after": shown(region.cells[0].after),
    }


def _sheet_table(sheet: SheetDifference, most: int) -> RenderableType:
    name = f"[bold]{escape(sheet.name)}[/]"
    signs = [f"[green]+ {block.text}[/]  [dim]{escape(block.sample)}[/]" for block in sheet.inserted]
    signs += [f"[red]- {block.text}[/]  [dim]{escape(block.sample)}[/]" for block in sheet.deleted]
    parts: list[RenderableType] = [Text.from_markup(f"{name} {sign}") for sign in signs]
    if sheet.regions:
        title = (
            f"{escape(sheet.name)}: {plural(len(sheet.cells), 'cell')} differ{'s' * (len(sheet.cells) == 1)}"
        )
        table = RichTable(title=title, title_justify="left", header_style="bold")
        for heading in ("Where", "What", "Before", "After"):
            table.add_column(heading, overflow="fold")
        for region in sheet.regions[:most]:
            before, after = region.cells[0].before, region.cells[0].after
            what = region.kind.value + (f" ({len(region.cells):,} cells)" if len(region.cells) > 1 else "")
            table.add_row(
                region.place.range.a1,
                what,
                Text(shown(before), style="red"),
                Text(shown(after), style="green"),
            )
        if len(sheet.regions) > most:
            table.add_row("…", f"{len(sheet.regions) - most:,} more places", "", "")
        parts.append(table)
    return Group(*parts)
