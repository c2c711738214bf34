"""The playground's share of the backend: a workbook as the browser's grid takes it.

The grid is IronCalc, compiled for browsers. It has no reader of its own there, so a caged worker turns our
Snapshot into the bytes that it loads. What the grid cannot hold stays in the person's file, which only the
patch writer ever changes.
"""

from cellwright.playground.grid import GridBook, left_out, make_grid

__all__ = ["GridBook", "left_out", "make_grid"]
