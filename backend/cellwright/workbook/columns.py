"""The columns behind a CellStore: one numpy array for each fact, sorted by address.

An address is one integer, `row * 16384 + column`, so that order is row by row and a lookup is a binary search
(`keys` is int64). `payload` holds by kind a number, 0 or 1, the ordinal of an error, or the index of a text.
Formulas are indices into a FormulaTable, which expands shared formulas when one is asked for.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cellwright.formula.fileform import strip_file_prefixes
from cellwright.formula.shift import shift_fill
from cellwright.reference import Cell
from cellwright.workbook.model import DEFAULT_STYLE, ArrayFormula, Content, ErrorValue, Style, Value
from cellwright.workbook.texts import Chain, common_length

COLUMN_BITS = 14
COLUMN_MASK = (1 << COLUMN_BITS) - 1

BLANK_KIND, NUMBER, BOOLEAN, ERROR, SHARED_TEXT, OWN_TEXT = range(6)
ERRORS = tuple(ErrorValue)
_ERROR_ORDINALS = {error: ordinal for ordinal, error in enumerate(ERRORS)}

Keys = NDArray[np.int64]


def key_of(cell: Cell) -> int:
    """The address of a cell as one integer."""
    return cell[0] << COLUMN_BITS | cell[1]


def cell_of(key: int) -> Cell:
    """The cell of an integer address."""
    return Cell(key >> COLUMN_BITS, key & COLUMN_MASK)


def from_file(text: str) -> str:
    """A formula as a file writes it, as people see it: a leading `=`, no `_xlfn.` prefixes."""
    if "_xl" in text or "_XL" in text:
        text = strip_file_prefixes(text)
    return text if text.lstrip().startswith("=") else f"={text}"


class FormulaTable:
    """The distinct formula texts of a sheet: those of the file first, then those that edits added.

    `origins` maps the index of a shared formula to the address it was written for; its text at another
    address is shifted like a fill, at the first time it is asked for.
    """

    def __init__(
        self,
        file_texts: Sequence[str] = (),
        origins: Mapping[int, int] | None = None,
        added: tuple[str, ...] = (),
    ) -> None:
        self._file_texts = file_texts
        self._origins: Mapping[int, int] = {} if origins is None else origins
        self._added = added
        self._expanded: dict[int, str] = {}

    def __len__(self) -> int:
        return len(self._file_texts) + len(self._added)

    def text(self, index: int, home: int) -> str:
        """Formula `index` as it reads at the integer address `home`, with its leading `=`."""
        count = len(self._file_texts)
        if index >= count:
            return self._added[index - count]
        origin = self._origins.get(index)
        if origin is None or origin == home:
            return from_file(self._file_texts[index])
        known = self._expanded.get(home)
        if known is None:
            text = from_file(self._file_texts[index])
            known = self._expanded[home] = shift_fill(text, cell_of(origin), cell_of(home))
        return known

    def common_length(self, other: FormulaTable) -> int:
        """How many formulas both tables start with in common."""
        if self._file_texts is not other._file_texts or self._origins is not other._origins:
            return 0
        return len(self._file_texts) + common_length(self._added, other._added)

    def extended(self, texts: Iterable[str]) -> FormulaTable:
        """This table with texts added at its end."""
        table = FormulaTable(self._file_texts, self._origins, (*self._added, *texts))
        table._expanded = self._expanded
        return table


@dataclass(frozen=True, eq=False)
class Columns:
    """Cells as parallel arrays of equal length, sorted by `keys` without duplicates.

    `homes`, where given, is the address that a cell's formula was read at (cells that moved since).
    """

    keys: Keys
    kinds: NDArray[np.uint8]
    payload: NDArray[np.float64]
    styles: NDArray[np.uint32]
    formulas: NDArray[np.int32]
    style_table: Sequence[Style] = (DEFAULT_STYLE,)
    shared_texts: Sequence[str] = ()
    own_texts: Sequence[str] = ()
    formula_table: FormulaTable = field(default_factory=FormulaTable)
    arrays: Mapping[int, ArrayFormula] = field(default_factory=dict)
    homes: Keys | None = None

    def __len__(self) -> int:
        return len(self.keys)

    def __getstate__(self) -> dict[str, Any]:
        """The fields alone: a view that was made of them does not travel to another process."""
        return {one.name: getattr(self, one.name) for one in fields(self)}

    @cached_property
    def key_view(self) -> Sequence[int]:
        """The keys for a binary search: an item is a Python integer, not a numpy scalar."""
        return memoryview(np.ascontiguousarray(self.keys).data)

    def position(self, key: int) -> int | None:
        """Where the cell of an integer address is, None where there is none."""
        view = self.key_view
        position = bisect_left(view, key)
        return position if position < len(view) and view[position] == key else None

    def content(self, position: int) -> Content:
        """The content at a position."""
        kinds, payload, styles, formulas = self._views
        key = self.key_view[position]
        formula = formulas[position]
        text = None
        if formula >= 0:
            home = key if self.homes is None else int(self.homes[position])
            text = self.formula_table.text(formula, home)
        array = self.arrays.get(key) if self.arrays else None
        value = self.value(kinds[position], payload[position])
        return Content(value, text, self.style_table[styles[position]], array)

    @cached_property
    def _views(self) -> tuple[Sequence[int], Sequence[float], Sequence[int], Sequence[int]]:
        """Kinds, payload, styles and formulas, items as Python numbers."""
        columns = (self.kinds, self.payload, self.styles, self.formulas)
        kinds, payload, styles, formulas = (memoryview(np.ascontiguousarray(c).data) for c in columns)
        return kinds, payload, styles, formulas

    def value(self, kind: int, payload: float) -> Value:
        """The value that a kind and its payload stand for."""
        if kind == NUMBER:
            return payload
        if kind == SHARED_TEXT:
            return self.shared_texts[int(payload)]
        if kind == OWN_TEXT:
            return self.own_texts[int(payload)]
        if kind == BOOLEAN:
            return payload != 0
        return ERRORS[int(payload)] if kind == ERROR else None

    def contents(self, positions: slice | NDArray[np.intp]) -> Iterator[tuple[int, Content]]:
        """(integer address, content) of those positions, in their order."""
        keys = self.keys[positions].tolist()
        homes = keys if self.homes is None else self.homes[positions].tolist()
        styles, table, arrays = self.style_table, self.formula_table, self.arrays
        columns = (self.kinds, self.payload, self.styles, self.formulas)
        for key, home, kind, payload, style, formula in zip(
            keys, homes, *(column[positions].tolist() for column in columns), strict=True
        ):
            text = None if formula < 0 else table.text(formula, home)
            array = arrays.get(key) if arrays else None
            yield key, Content(self.value(kind, payload), text, styles[style], array)

    def formula_texts(self, positions: NDArray[np.intp]) -> Iterator[tuple[int, str]]:
        """(integer address, formula) of those positions, which all have one."""
        keys = self.keys[positions].tolist()
        homes = keys if self.homes is None else self.homes[positions].tolist()
        text = self.formula_table.text
        for key, home, formula in zip(keys, homes, self.formulas[positions].tolist(), strict=True):
            yield key, text(formula, home)

    def taken(self, positions: NDArray[np.intp]) -> Columns:
        """The columns of those positions only; `positions` ascend."""
        return replace(
            self,
            keys=self.keys[positions],
            kinds=self.kinds[positions],
            payload=self.payload[positions],
            styles=self.styles[positions],
            formulas=self.formulas[positions],
            homes=None if self.homes is None else self.homes[positions],
        )

    def rekeyed(self, keys: Keys, positions: NDArray[np.intp]) -> Columns:
        """The cells of those positions at new addresses; `keys` has one for each cell, order unchanged."""
        homes = self.keys if self.homes is None else self.homes
        moved = (
            dict(zip(self.keys[positions].tolist(), keys[positions].tolist(), strict=True))
            if self.arrays
            else {}
        )
        arrays = {moved[key]: array for key, array in self.arrays.items() if key in moved}
        return replace(self, keys=keys, homes=homes, arrays=arrays).taken(positions)

    def merged(self, updates: Mapping[int, Content | None]) -> Columns:
        """These columns with cells replaced, added and (where the update is None) removed: one new copy."""
        replaced = np.fromiter(updates, dtype=np.int64, count=len(updates))
        kept = self.taken(np.flatnonzero(~np.isin(self.keys, replaced)))
        added = _Builder(self)
        for key, content in updates.items():
            if content is not None:
                added.add(key, content)
        return added.merged_into(kept, removed=updates)


EMPTY = Columns(
    np.empty(0, np.int64),
    np.empty(0, np.uint8),
    np.empty(0, np.float64),
    np.empty(0, np.uint32),
    np.empty(0, np.int32),
)


class _Builder:
    """Turns contents into columns that continue the tables of an existing store."""

    def __init__(self, base: Columns) -> None:
        self._base = base
        self._keys: list[int] = []
        self._kinds: list[int] = []
        self._payload: list[float] = []
        self._styles: list[int] = []
        self._formulas: list[int] = []
        self._texts: list[str] = []
        self._formula_texts: dict[str, int] = {}
        self._arrays: dict[int, ArrayFormula] = {}
        self._style_table = list(base.style_table)
        self._style_indices = {(style, style.xf): index for index, style in enumerate(base.style_table)}

    def add(self, key: int, content: Content) -> None:
        """Take one cell in."""
        kind, payload = self._payload_of(content.value)
        self._keys.append(key)
        self._kinds.append(kind)
        self._payload.append(payload)
        identity = (content.style, content.style.xf)
        style = self._style_indices.get(identity)
        if style is None:
            style = self._style_indices[identity] = len(self._style_table)
            self._style_table.append(content.style)
        self._styles.append(style)
        if content.formula is None:
            self._formulas.append(-1)
        else:
            start = len(self._base.formula_table)
            index = self._formula_texts.setdefault(content.formula, len(self._formula_texts))
            self._formulas.append(start + index)
        if content.array is not None:
            self._arrays[key] = content.array

    def _payload_of(self, value: Value) -> tuple[int, float]:
        if value is None:
            return BLANK_KIND, 0.0
        if isinstance(value, str):
            self._texts.append(value)
            return OWN_TEXT, float(len(self._base.own_texts) + len(self._texts) - 1)
        if isinstance(value, ErrorValue):
            return ERROR, float(_ERROR_ORDINALS[value])
        return (BOOLEAN if isinstance(value, bool) else NUMBER), float(value)

    def merged_into(self, kept: Columns, removed: Mapping[int, Content | None]) -> Columns:
        """The kept cells and the added ones, in the order of their addresses."""
        base = self._base
        keys = np.concatenate((kept.keys, np.array(self._keys, np.int64)))
        order = np.argsort(keys, kind="stable")

        def joined(column: NDArray[Any], added: list[Any]) -> NDArray[Any]:
            return np.concatenate((column, np.array(added, column.dtype)))[order]

        arrays = {key: array for key, array in base.arrays.items() if key not in removed}
        return Columns(
            keys=keys[order],
            kinds=joined(kept.kinds, self._kinds),
            payload=joined(kept.payload, self._payload),
            styles=joined(kept.styles, self._styles),
            formulas=joined(kept.formulas, self._formulas),
            style_table=tuple(self._style_table),
            shared_texts=base.shared_texts,
            own_texts=Chain(base.own_texts, tuple(self._texts)) if self._texts else base.own_texts,
            formula_table=base.formula_table.extended(self._formula_texts),
            arrays={**arrays, **self._arrays},
            homes=None if kept.homes is None else joined(kept.homes, self._keys),
        )
