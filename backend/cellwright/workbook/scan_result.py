"""What a scan of a worksheet part gives, whichever scanner ran: raw cells as columns, the rest as a tree.

Nothing is resolved yet: errors and dates are texts, shared formulas name their group, addresses come in the
order of the file and may repeat. `assemble` makes a CellStore of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element

import numpy as np
from numpy.typing import NDArray

from cellwright.errors import LimitExceeded

RAW_BLANK, RAW_NUMBER, RAW_BOOLEAN, RAW_ERROR, RAW_SHARED, RAW_TEXT, RAW_DATE = range(7)

MOST_CELLS = 1 << 24
"""Cells that a sheet may have; three hundred megabytes of real cells are well below it."""

NO_FORMULA = -1
FIRST_GROUP = -2
"""A formula entry of `FIRST_GROUP - si` says: the cell belongs to the shared group `si` and has no text."""


@dataclass(frozen=True, slots=True)
class FormulaMark:
    """An `f` element that is more than a text: master of a shared group, of an array or of a data table.

    `position` is the index of its cell among the scanned ones, `first_input` and `second_input` are a data
    table's `r1` and `r2`.
    """

    position: int
    kind: str
    ref: str
    group: int = -1
    first_input: str = ""
    second_input: str = ""
    is_two_way: bool = False
    is_row_input: bool = False


@dataclass(frozen=True, slots=True)
class SheetScan:
    """The cells of a sheet in file order, and everything outside `sheetData` as a tree of short names.

    payload: a number, 0 or 1, the index of a shared string, or (error, text, date) an index into `texts`.
    cell_metadata: (position, 1-based `cm`) of the cells that have one.
    """

    keys: NDArray[np.int64]
    kinds: NDArray[np.uint8]
    payload: NDArray[np.float64]
    formats: NDArray[np.uint32]
    formulas: NDArray[np.int32]
    texts: Sequence[str]
    formula_texts: Sequence[str]
    marks: tuple[FormulaMark, ...]
    cell_metadata: tuple[tuple[int, int], ...]
    hidden_rows: tuple[int, ...]
    rest: Element


def too_many_cells(most: int, part: str) -> LimitExceeded:
    """The error for a sheet with more than `most` cells."""
    return LimitExceeded(f"expected at most {most:,} cells on a sheet, got more in {part}")
