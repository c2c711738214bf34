"""A Snapshot as bytes of IronCalc's own format, formats included, made by a worker in a cage.

The engine loads the calculation image (`calc.image`), never the person's file; formats, widths, frozen panes
and hidden parts are set on top. Not carried over, because the grid has no place for it: see `left_out`.

IronCalc writes a sheet's name into references without quotes where it holds a sign such as `&` and no space,
and then cannot read them (`=P&L!A1`); of a `!` in a name it makes a reference. So such sheets get other names
in the grid (`grid_name`); the page shows the real ones (`addin/src/playground/model/sheetNames.ts`).
"""

from __future__ import annotations

import json
import math
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cellwright.calc import protocol
from cellwright.calc.image import calculation_image
from cellwright.edits.apply import apply_all
from cellwright.edits.model import RenameSheet
from cellwright.errors import CalcError, CalcTimeout
from cellwright.workbook.model import DEFAULT_STYLE, Border, Sheet, Snapshot, Style, Visibility

TIMEOUT_S = 30.0
MEMORY_MB = 2048
MAX_SHEET_NAME = 31
_STANDARD_WIDTH = 8.43
_LINE_PX, _MOST_LINES = 20, 20
_PIXELS_PER_CHARACTER, _CELL_PADDING_PX = 7, 5
# What IronCalc calls Excel's line styles; it has no dash-dot thin lines and no hair lines.
_LINES = {
    "thin": "thin",
    "hair": "thin",
    "dashed": "dotted",
    "dashDot": "dotted",
    "dashDotDot": "dotted",
    "dotted": "dotted",
    "medium": "medium",
    "mediumDashed": "mediumdashed",
    "mediumDashDot": "mediumdashdot",
    "mediumDashDotDot": "mediumdashdotdot",
    "slantDashDot": "slantdashdot",
    "thick": "thick",
    "double": "double",
}


@dataclass(frozen=True)
class GridBook:
    """What a browser needs to show a workbook: the grid's bytes, and in words what they lack."""

    model: bytes
    left_out: tuple[str, ...]


def make_grid(snapshot: Snapshot, timeout_s: float = TIMEOUT_S) -> GridBook:
    """The workbook for the grid. Raises CalcError where the worker fails, CalcTimeout where it is late."""
    snapshot = apply_all(
        snapshot,
        [
            RenameSheet(name, grid_name(name, snapshot.sheet_names))
            for name in snapshot.sheet_names
            if grid_name(name, snapshot.sheet_names) != name
        ],
    )
    request = {"sheets": [_sheet(sheet) for sheet in snapshot.sheets], "timeout_s": timeout_s}
    with tempfile.TemporaryDirectory(prefix="cellwright-grid-") as folder:
        path = Path(folder) / "image.xlsx"
        path.write_bytes(calculation_image(snapshot))
        frame = protocol.pack({**request, "path": str(path)})
        try:
            done = subprocess.run(
                [sys.executable, "-m", "cellwright.playground.grid_worker", str(MEMORY_MB)],
                input=frame,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={"PYTHONPATH": str(Path(__file__).resolve().parents[2]), "PYTHONUTF8": "1"},
                timeout=timeout_s,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise CalcTimeout(f"expected the grid within {timeout_s:g} s, got none") from None
    head = done.stdout[: protocol.HEAD_SIZE]
    try:
        body, blob = protocol.unpack_head(head)
        answer = json.loads(done.stdout[protocol.HEAD_SIZE : protocol.HEAD_SIZE + body])
    except (protocol.BrokenFrame, ValueError):
        raise CalcError(f"expected the grid, its worker ended with {done.returncode}") from None
    if "error" in answer:
        raise CalcError(f"expected the grid, got {answer['error']}")
    return GridBook(done.stdout[protocol.HEAD_SIZE + body :][:blob], left_out(snapshot))


def grid_name(name: str, taken: Sequence[str]) -> str:
    """The name of a sheet within the grid: itself where it is of letters, digits, spaces and underscores."""
    if all(letter.isalnum() or letter in " _" for letter in name):
        return name
    stem = name.replace("!", "ǃ")  # a letter that looks the same; the space behind it makes IronCalc quote
    known = {other.casefold() for other in taken}
    spaced = (stem[: MAX_SHEET_NAME - spaces] + " " * spaces for spaces in range(1, MAX_SHEET_NAME))
    return next(inner for inner in spaced if inner.casefold() not in known)


def left_out(snapshot: Snapshot) -> tuple[str, ...]:
    """What of the workbook the grid does not show, one plain sentence each; all of it stays in the file."""
    sentences: list[str] = []
    for what, count in (
        ("merged areas are shown as single cells", sum(len(sheet.merges) for sheet in snapshot.sheets)),
        (
            "conditional formats are not drawn",
            sum(len(sheet.conditional_formats) for sheet in snapshot.sheets),
        ),
        ("data validations are not enforced", sum(len(sheet.validations) for sheet in snapshot.sheets)),
        ("comments are not shown", sum(len(sheet.comments) for sheet in snapshot.sheets)),
        ("filters are not applied", sum(sheet.autofilter is not None for sheet in snapshot.sheets)),
        ("tables have no style of their own", len(snapshot.tables)),
    ):
        if count:
            sentences.append(f"{what} ({count})")
    return tuple(sentences)


def _sheet(sheet: Sheet) -> dict[str, Any]:
    styles: list[dict[str, Any]] = []
    indexes: dict[Style, int] = {}
    runs: list[list[int]] = []
    for row, left, right, style in style_runs(sheet):
        if style not in indexes:
            indexes[style] = len(styles)
            styles.append(_look(style))
        runs.append([row, left, right, indexes[style]])
    return {
        "name": sheet.name,
        "state": "visible" if sheet.visibility is Visibility.VISIBLE else "hidden",
        "styles": styles,
        "runs": runs,
        "widths": {
            column: width * _PIXELS_PER_CHARACTER + _CELL_PADDING_PX
            for column, width in sheet.column_widths.items()
        },
        "heights": dict(_heights(sheet)),
        "hidden_rows": sorted(sheet.hidden_rows),
        "hidden_columns": sorted(sheet.hidden_columns),
        "freeze": None if sheet.freeze is None else [sheet.freeze.row, sheet.freeze.column],
    }


def _heights(sheet: Sheet) -> Iterator[tuple[int, float]]:
    """(row, pixels) of rows with wrapped text that needs several lines, as Excel fits them by itself.

    A snapshot has no heights; the lines are counted by the characters that fit into the column. Merged cells
    fit no row, as in Excel.
    """
    merged = [area for area in sheet.merges if not area.is_cell]
    lines: dict[int, int] = {}
    for cell, content in sheet.cells.items():
        if not content.style.alignment.wrap or not isinstance(content.value, str):
            continue
        if any(cell in area for area in merged):
            continue
        fits = max(1.0, sheet.column_widths.get(cell.column, _STANDARD_WIDTH))
        count = sum(max(1, math.ceil(len(part) / fits)) for part in content.value.split("\n"))
        lines[cell.row] = max(lines.get(cell.row, 1), min(count, _MOST_LINES))
    for row, count in lines.items():
        if count > 1:
            yield row, float(count * _LINE_PX + _CELL_PADDING_PX)


def style_runs(sheet: Sheet) -> Iterator[tuple[int, int, int, Style]]:
    """`(row, first column, last column, style)` of neighbours in a row that share a style not the default."""
    row = left = right = -1
    style = DEFAULT_STYLE
    for cell, content in sheet.cells.items():
        if cell.row == row and cell.column == right + 1 and content.style == style:
            right = cell.column
            continue
        if style != DEFAULT_STYLE:
            yield row, left, right, style
        row, left, right, style = cell.row, cell.column, cell.column, content.style
    if style != DEFAULT_STYLE:
        yield row, left, right, style


def _look(style: Style) -> dict[str, Any]:
    """A style in IronCalc's words."""
    font: dict[str, Any] = {
        "name": style.font.name,
        "sz": max(1, round(style.font.size)),
        "family": 2,
        "scheme": "none",
        "b": style.font.bold,
        "i": style.font.italic,
        "u": style.font.underline is not None,
    }
    if style.font.color:
        font["color"] = style.font.color
    look: dict[str, Any] = {
        "num_fmt": "general" if style.number_format == "General" else style.number_format,
        "font": font,
        "fill": {"color": style.fill} if style.fill else {},
        "border": {
            side: _line(border)
            for side in ("left", "right", "top", "bottom")
            if (border := getattr(style.borders, side)) is not None
        },
        "quote_prefix": False,
    }
    alignment = style.alignment
    if alignment.horizontal or alignment.vertical or alignment.wrap:
        look["alignment"] = {
            "horizontal": (alignment.horizontal or "general").lower(),  # IronCalc's `centercontinuous`
            "vertical": alignment.vertical or "bottom",
            "wrap_text": alignment.wrap,
        }
    return look


def _line(border: Border) -> dict[str, Any]:
    line: dict[str, Any] = {"style": _LINES.get(border.style, "thin")}
    if border.color:
        line["color"] = border.color
    return line
