"""The caged process that makes a grid: one frame in, one frame out.

Started as `python -m cellwright.playground.grid_worker MEMORY_MB` (see `grid.make_grid`). It parses formulas
but calculates nothing: the browser does, in its own cage.
"""

from __future__ import annotations

import os
import sys
from typing import Any, cast

import ironcalc

from cellwright.calc import protocol, sandbox

_HORIZONTAL = frozenset(
    ("left", "center", "right", "general", "centercontinuous", "distributed", "fill", "justify")
)
_VERTICAL = frozenset(("bottom", "center", "distributed", "justify", "top"))


def build(request: dict[str, Any]) -> bytes:
    """The grid's bytes: the image at `path` with formats, widths, hidden parts and frozen panes."""
    model = ironcalc.load_from_xlsx(str(request["path"]), "en", "UTC", "en")
    for index, sheet in enumerate(request["sheets"]):
        looks = [_checked(look) for look in sheet["styles"]]
        for row, left, right, style in sheet["runs"]:
            for column in range(left, right + 1):
                model.set_cell_style(index, row + 1, column + 1, looks[style])
        for column, width in sheet["widths"].items():
            model.set_column_width(index, int(column) + 1, float(width))
        for row, height in sheet["heights"].items():
            model.set_row_height(index, int(row) + 1, float(height))
        for row in sheet["hidden_rows"]:
            model.set_row_hidden(index, row + 1, True)
        for column in sheet["hidden_columns"]:
            model.set_column_hidden(index, column + 1, True)
        if sheet["freeze"] is not None:
            rows, columns = sheet["freeze"]
            model.set_frozen_rows_count(index, rows)
            model.set_frozen_columns_count(index, columns)
        if sheet["state"] != "visible":
            model.set_sheet_state(index, sheet["state"])
    return model.to_bytes()


def _checked(look: dict[str, Any]) -> dict[str, Any]:
    """A look without alignments that IronCalc has no word for."""
    alignment = look.get("alignment")
    if alignment is not None:
        if alignment["horizontal"] not in _HORIZONTAL:
            alignment["horizontal"] = "general"
        if alignment["vertical"] not in _VERTICAL:
            alignment["vertical"] = "bottom"
    return look


def main(memory_mb: int) -> None:
    """Answer the one request on stdin; the frame leaves by a private copy of stdout (the engine prints)."""
    out = os.dup(1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    request, _ = protocol.read_frame(sys.stdin.buffer.read)
    sandbox.cap_resources(memory_mb)
    sandbox.cap_files(0)
    sandbox.deny_network_and_exec()
    sandbox.cap_cpu(float(cast(float, request["timeout_s"])))
    try:
        data = memoryview(protocol.pack({}, build(cast(dict[str, Any], request))))
    except MemoryError:
        os._exit(77)
    except BaseException as error:  # the process boundary; a panic in Rust is no Exception
        data = memoryview(protocol.pack({"error": f"{type(error).__name__}: {error}"[:300]}))
    while data:
        data = data[os.write(out, data) :]


if __name__ == "__main__":
    main(int(sys.argv[1]))
