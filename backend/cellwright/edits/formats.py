"""Formats of cells: number formats, fonts, fills, alignment, borders, and widths of columns.

A range of whole columns or rows is clipped to the rows or columns that the sheet uses: formats of empty
columns and rows are not modelled.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from cellwright.edits.model import (
    BorderSide,
    SetAlignment,
    SetBorders,
    SetColumnWidth,
    SetFill,
    SetFont,
    SetNumberFormat,
)
from cellwright.edits.writing import require_size
from cellwright.errors import EditError, UsageError
from cellwright.reference import MAX_COLUMNS, Cell, Range
from cellwright.workbook.model import DEFAULT_STYLE, Border, Content, Sheet, Snapshot, Style

LINE_STYLES = frozenset(
    [
        "thin",
        "medium",
        "thick",
        "hair",
        "dashed",
        "mediumDashed",
        "dotted",
        "double",
        "dashDot",
        "mediumDashDot",
        "dashDotDot",
        "mediumDashDotDot",
        "slantDashDot",
    ]
)
UNDERLINES = frozenset({"none", "single", "double", "singleAccounting", "doubleAccounting"})
HORIZONTAL = frozenset(
    ["general", "left", "center", "right", "fill", "justify", "centerContinuous", "distributed"],
)
VERTICAL = frozenset(["top", "center", "bottom", "justify", "distributed"])

Restyle = Callable[[Style, Cell], Style]


def set_number_format(snapshot: Snapshot, edit: SetNumberFormat) -> Snapshot:
    """Set the number format code."""
    if not edit.format or len(edit.format) > 255:
        raise EditError(f"expected a number format of 1 to 255 characters, got {edit.format[:40]!r}")
    return _restyled(
        snapshot, edit.sheet, edit.range, lambda style, _: replace(style, number_format=edit.format)
    )


def set_font(snapshot: Snapshot, edit: SetFont) -> Snapshot:
    """Set the facets of the font that are given."""
    if edit.underline is not None and edit.underline not in UNDERLINES:
        raise EditError(f"expected an underline of {', '.join(sorted(UNDERLINES))}; got {edit.underline!r}")
    if edit.size is not None and not 1 <= edit.size <= 409:
        raise EditError(f"expected a font size from 1 to 409 points, got {edit.size}")
    if edit.name is not None and not 1 <= len(edit.name) <= 31:
        raise EditError(f"expected a font name of 1 to 31 characters, got {edit.name[:40]!r}")
    _require_color(edit.color)
    given = {
        facet: value
        for facet in ("bold", "italic", "underline", "size", "color", "name")
        if (value := getattr(edit, facet)) is not None
    }
    if given.get("underline") == "none":
        given["underline"] = None
    return _restyled(
        snapshot, edit.sheet, edit.range, lambda style, _: replace(style, font=replace(style.font, **given))
    )


def set_fill(snapshot: Snapshot, edit: SetFill) -> Snapshot:
    """Set a solid fill, or remove it."""
    _require_color(edit.color)
    return _restyled(snapshot, edit.sheet, edit.range, lambda style, _: replace(style, fill=edit.color))


def set_alignment(snapshot: Snapshot, edit: SetAlignment) -> Snapshot:
    """Set the facets of the alignment that are given; `general` and `bottom` are the defaults."""
    if edit.horizontal is not None and edit.horizontal not in HORIZONTAL:
        raise EditError(f"expected an alignment of {', '.join(sorted(HORIZONTAL))}; got {edit.horizontal!r}")
    if edit.vertical is not None and edit.vertical not in VERTICAL:
        raise EditError(f"expected an alignment of {', '.join(sorted(VERTICAL))}; got {edit.vertical!r}")
    if edit.orientation is not None and not -90 <= edit.orientation <= 90:
        raise EditError(f"expected an orientation from -90 to 90 degrees, got {edit.orientation}")
    given: dict[str, object] = {}
    if edit.horizontal is not None:
        given["horizontal"] = None if edit.horizontal == "general" else edit.horizontal
    if edit.vertical is not None:
        given["vertical"] = None if edit.vertical == "bottom" else edit.vertical
    if edit.wrap is not None:
        given["wrap"] = edit.wrap
    if edit.orientation is not None:
        given["rotation"] = edit.orientation

    def align(style: Style, _: Cell) -> Style:
        return replace(style, alignment=replace(style.alignment, **given))  # type: ignore[arg-type]

    return _restyled(snapshot, edit.sheet, edit.range, align)


def set_borders(snapshot: Snapshot, edit: SetBorders) -> Snapshot:
    """Draw or remove lines on sides of the range; only its own cells change, not their neighbours."""
    if edit.style is not None and edit.style not in LINE_STYLES:
        raise EditError(f"expected a line style of {', '.join(sorted(LINE_STYLES))}; got {edit.style!r}")
    _require_color(edit.color)
    line = None if edit.style is None else Border(edit.style, edit.color)

    def draw(style: Style, cell: Cell) -> Style:
        sides = bordered_sides(edit.side, edit.range, cell)
        return replace(style, borders=replace(style.borders, **dict.fromkeys(sides, line)))

    return _restyled(snapshot, edit.sheet, edit.range, draw, key=lambda c: _edges(edit.range, c))


def bordered_sides(side: BorderSide, area: Range, cell: Cell) -> tuple[str, ...]:
    """Which sides of `cell` a border on `side` of `area` draws; inner lines belong to both neighbours."""
    top, bottom, left, right = _edges(area, cell)
    outer = {"top": top, "bottom": bottom, "left": left, "right": right}
    if side == "all":
        return ("top", "bottom", "left", "right")
    if side == "outside":
        return tuple(name for name, at_edge in outer.items() if at_edge)
    if side == "inside_horizontal":
        return tuple(name for name in ("top", "bottom") if not outer[name])
    if side == "inside_vertical":
        return tuple(name for name in ("left", "right") if not outer[name])
    return (side,) if outer[side] else ()


def set_column_width(snapshot: Snapshot, edit: SetColumnWidth) -> Snapshot:
    """Set the width of columns in characters, or give back the default."""
    if not 0 <= edit.left <= edit.right < MAX_COLUMNS:
        raise UsageError(f"expected columns from 0 to {MAX_COLUMNS - 1}, got {edit.left} to {edit.right}")
    if edit.width is not None and not 0 < edit.width <= 255:
        raise EditError(f"expected a column width over 0 and up to 255 characters, got {edit.width}")
    sheet = snapshot.sheet(edit.sheet)
    widths = dict(sheet.column_widths)
    for column in range(edit.left, edit.right + 1):
        if edit.width is None:
            widths.pop(column, None)
        else:
            widths[column] = float(edit.width)
    return snapshot.with_sheet(replace(sheet, column_widths=dict(sorted(widths.items()))))


def clipped(sheet: Sheet, area: Range) -> Range | None:
    """A range of whole columns or rows cut to what the sheet uses; None where nothing is left."""
    if not (area.is_whole_columns or area.is_whole_rows):
        return area
    used = sheet.cells.bounds
    if used is None:
        return None
    bottom = used.bottom if area.is_whole_columns else area.bottom
    right = used.right if area.is_whole_rows else area.right
    return area.intersect(Range(0, 0, bottom, right))


def _restyled(
    snapshot: Snapshot,
    sheet_name: str,
    area: Range,
    change: Restyle,
    key: Callable[[Cell], object] | None = None,
) -> Snapshot:
    """Every cell of `area` with its style changed; `change` runs once for each style and `key(cell)`."""
    sheet = snapshot.sheet(sheet_name)
    within = clipped(sheet, area)
    if within is None:
        return replace(snapshot, revision=snapshot.revision + 1)
    require_size(within, sheet_name)
    existing = dict(sheet.cells.items(within))
    seen: dict[tuple[int, object], tuple[Style, Style]] = {}  # keeps the old style alive: ids stay unique
    blanks: dict[int, Content] = {}
    updates: dict[Cell, Content | None] = {}
    for cell in within.cells():
        content = existing.get(cell)
        style = DEFAULT_STYLE if content is None else content.style
        slot = (id(style), key(cell) if key else None)
        if slot not in seen:
            changed = change(style, cell)
            seen[slot] = (style, style if changed == style else replace(changed, xf=None))
        new = seen[slot][1]
        if new is style:
            continue
        if content is None:
            updates[cell] = blanks.setdefault(id(new), Content(style=new))
        else:
            updates[cell] = replace(content, style=new)
    return snapshot.with_sheet(sheet.with_cells(updates))


def _edges(area: Range, cell: Cell) -> tuple[bool, bool, bool, bool]:
    return (
        cell.row == area.top,
        cell.row == area.bottom,
        cell.column == area.left,
        cell.column == area.right,
    )


def _require_color(color: str | None) -> None:
    if color is None:
        return
    if (
        len(color) != 7
        or color[0] != "#"
        or any(digit not in "0123456789ABCDEFabcdef" for digit in color[1:])
    ):
        raise EditError(f"expected a colour such as #0D2B4E, got {color[:40]!r}")
