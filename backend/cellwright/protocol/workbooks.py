"""A workbook on the wire: opening, chunks, deltas, revisions, selection.

A workbook comes in one of two ways. `host`: an Office host pushes cells in chunks. `kept`: the server has the
.xlsx itself (uploaded, or a sample) and reads it. After `synced` both are the same: the server's snapshot has
a revision, every delta makes the next one, and all panes of the workbook hear of it.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from cellwright.protocol.base import (
    A1,
    ClientMessage,
    FormulaText,
    Id,
    ServerMessage,
    SheetName,
    Wire,
    WireValue,
)
from cellwright.protocol.edits import WireEdit

MAX_BLOCK_CELLS = 500_000


class CellStyle(Wire):
    """What of a cell's format travels; colours are `#RRGGBB`."""

    number_format: Annotated[str, Field(max_length=300)] = "General"
    bold: bool = False
    italic: bool = False
    underline: Annotated[str, Field(max_length=40)] | None = None
    font_name: Annotated[str, Field(max_length=80)] = "Calibri"
    font_size: float = 11.0
    font_color: Annotated[str, Field(max_length=9)] | None = None
    fill: Annotated[str, Field(max_length=9)] | None = None
    horizontal: Annotated[str, Field(max_length=20)] | None = None
    vertical: Annotated[str, Field(max_length=20)] | None = None
    wrap: bool = False


class ArrayArea(Wire):
    """The master cell of an array formula and the area that it fills."""

    cell: A1
    range: A1
    is_dynamic: bool


class Block(Wire):
    """A rectangle of cells, row by row; it replaces all that was there.

    `formulas` and `style_index` may be null where no cell has a formula or every style is the default; else
    they have the shape of `values`. For a formula cell `values` holds its last result. In a delta a null
    `style_index` leaves the formats as they are.
    """

    sheet: SheetName
    range: A1
    values: list[list[WireValue]]
    formulas: list[list[FormulaText | None]] | None = None
    styles: Annotated[list[CellStyle], Field(max_length=64_000)] = []
    style_index: list[list[int]] | None = None
    """Index into `styles` of each cell, -1 for the default."""
    arrays: list[ArrayArea] = []


class SheetInfo(Wire):
    """A sheet without its cells, in the order of the tabs."""

    name: SheetName
    visibility: Literal["visible", "hidden", "veryHidden"] = "visible"
    used_range: A1 | None = None
    merges: list[A1] = []
    is_protected: bool = False
    freeze: A1 | None = None
    """The first cell that scrolls."""
    column_widths: dict[str, float] = {}
    """Column letters -> width in characters, where not the default."""
    hidden_rows: list[int] = []
    """Zero-based."""
    hidden_columns: list[int] = []


class WireTable(Wire):
    """A table; `range` covers header and totals rows."""

    name: Annotated[str, Field(max_length=255)]
    sheet: SheetName
    range: A1
    columns: list[str]
    header_rows: int = 1
    totals_rows: int = 0
    style: str | None = None


class WireName(Wire):
    """A defined name; scope null is the workbook."""

    name: Annotated[str, Field(max_length=255)]
    formula: FormulaText
    scope: SheetName | None = None
    is_hidden: bool = False


class HostSource(Wire):
    """The pane pushes the cells: exactly `chunks` chunks follow, in order."""

    type: Literal["host"] = "host"
    sheets: Annotated[list[SheetInfo], Field(min_length=1, max_length=1000)]
    tables: list[WireTable] = []
    names: list[WireName] = []
    is_1904: bool = False
    chunks: Annotated[int, Field(ge=0, le=10_000)]


class KeptSource(Wire):
    """The server holds the file under this workbook's id (see `POST /api/workbooks`); no chunk follows."""

    type: Literal["kept"] = "kept"


class OpenWorkbook(ClientMessage):
    """Start to sync a workbook. The first pane to open an id fills it; others join with `join`."""

    type: Literal["open_workbook"] = "open_workbook"
    id: Id
    workbook_id: Id
    """Of the pane's choice for `host`, the same for all panes of one workbook; the server's for `kept`."""
    name: Annotated[str, Field(max_length=260)] = ""
    source: Annotated[HostSource | KeptSource, Field(discriminator="type")]
    join: bool = True
    """Where the server holds this workbook already: it answers `synced` at once. False: replace it."""


class WorkbookChunk(ClientMessage):
    """Blocks of a workbook, under the limit of a message. `index` counts from 0 without a gap."""

    type: Literal["workbook_chunk"] = "workbook_chunk"
    id: Id
    """The id of `open_workbook`."""
    workbook_id: Id
    index: Annotated[int, Field(ge=0)]
    blocks: Annotated[list[Block], Field(max_length=1000)]


class ChunkReceived(ServerMessage):
    """Back-pressure: a pane has at most two chunks on the way that were not yet received."""

    type: Literal["chunk_received"] = "chunk_received"
    request_id: Id
    workbook_id: Id
    index: int


class Synced(ServerMessage):
    """The server holds the workbook at this revision; requests may come now."""

    type: Literal["synced"] = "synced"
    request_id: Id
    workbook_id: Id
    revision: int
    cells: int
    formulas: int
    needs_chunks: bool
    """True: an answer to `open_workbook` that asks for the chunks; `revision` is then 0 until they are in."""


class CellsChange(Wire):
    """Cells hold something else now; what a person typed, or what Excel recalculated."""

    type: Literal["cells"] = "cells"
    block: Block
    is_recalculated: bool = False
    """Only results of formulas changed; no revision is made stale by it."""


class EditChange(Wire):
    """A change that is an edit: rows inserted, a sheet renamed, a format set."""

    type: Literal["edit"] = "edit"
    edit: WireEdit


class PlanChange(Wire):
    """The pane did exactly what a `plan` said (accepted a suggestion, or took one back)."""

    type: Literal["plan"] = "plan"
    plan_id: Id


class Delta(ClientMessage):
    """What changed in the workbook since `base_revision`; all of it or nothing is taken over.

    Answered by `delta_applied`. With an older `base_revision` the change is carried over what came in
    between; where that can't be, the answer is the error `revision_mismatch` and the pane syncs again.
    A delta sent twice (same id) is applied once.
    """

    type: Literal["delta"] = "delta"
    id: Id
    workbook_id: Id
    base_revision: int
    changes: Annotated[
        list[Annotated[CellsChange | EditChange | PlanChange, Field(discriminator="type")]],
        Field(min_length=1, max_length=1000),
    ]


class DeltaApplied(ServerMessage):
    """The delta is in; the workbook is at `revision`."""

    type: Literal["delta_applied"] = "delta_applied"
    request_id: Id
    workbook_id: Id
    revision: int


class WorkbookChanged(ServerMessage):
    """Another pane changed the workbook; suggestions for those places may be stale."""

    type: Literal["workbook_changed"] = "workbook_changed"
    workbook_id: Id
    revision: int
    pane_id: Id
    places: list[str]
    """Sheet ranges that changed; empty where it was more than can be listed."""


class CloseWorkbook(ClientMessage):
    """The pane no longer looks at the workbook."""

    type: Literal["close_workbook"] = "close_workbook"
    workbook_id: Id


class Selection(ClientMessage):
    """What is selected now; it supersedes the requests of an earlier selection.

    With `request_id` suggestions for it are asked for and answered as for `suggest`.
    """

    type: Literal["selection"] = "selection"
    workbook_id: Id
    revision: int
    sheet: SheetName
    ranges: Annotated[list[A1], Field(min_length=1, max_length=100)]
    active_cell: A1 | None = None
    request_id: Id | None = None
    sent_ms: float | None = None
    """The pane's clock at the selection event, for its own timing; comes back in `result`."""
