"""The worksheet scanner in Python, over expat: any legal XML, at about a tenth of the native one's speed.

It is the reference for `scan.c`: same input, same SheetScan. Cells and rows without an address follow the one
before (ECMA-376 part 1, 18.3.1.4). Phonetic runs are not part of a text.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable

import numpy as np

from cellwright.errors import LimitExceeded, WorkbookCorrupt
from cellwright.reference import MAX_COLUMNS, MAX_ROWS
from cellwright.workbook.columns import COLUMN_BITS
from cellwright.workbook.markup import Names, TreeHandlers, feed, is_true, parser
from cellwright.workbook.scan_result import (
    FIRST_GROUP,
    MOST_CELLS,
    NO_FORMULA,
    RAW_BLANK,
    RAW_BOOLEAN,
    RAW_DATE,
    RAW_ERROR,
    RAW_NUMBER,
    RAW_SHARED,
    RAW_TEXT,
    FormulaMark,
    SheetScan,
    too_many_cells,
)
from cellwright.workbook.texts import TextPool

_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_ADDRESS = re.compile(r"([A-Za-z]{1,4})([0-9]{1,8})")
_MAX_GROUP = 1 << 24


class CellHandlers:
    """Collects cells from the parser events inside `sheetData`."""

    def __init__(self, part: str, names: Names, most_cells: int = MOST_CELLS) -> None:
        self._part = part
        self._most_cells = most_cells
        self._names = names
        self._columns: dict[str, int] = {}
        self.keys = array("q")
        self.kinds = array("B")
        self.payload = array("d")
        self.formats = array("I")
        self.formulas = array("i")
        self.texts: list[str] = []
        self.formula_texts: list[str] = []
        self.marks: list[FormulaMark] = []
        self.cell_metadata: list[tuple[int, int]] = []
        self.hidden_rows: list[int] = []
        self._row = -1
        self._column = -1
        self._depth = 0
        self._phonetic = 0
        self._in_row = False
        self._cell: dict[str, str] | None = None
        self._formula: dict[str, str] | None = None
        self._value: str | None = None
        self._inline: list[str] | None = None
        self._formula_text = ""
        self._buffer: list[str] | None = None

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """An element inside `sheetData` begins."""
        self._depth += 1
        tag = self._names[name]
        if self._depth == 1:
            if tag == "row":
                self._start_row(attributes)
        elif self._depth == 2:
            if tag == "c" and self._in_row:
                self._cell = attributes
                self._formula = self._value = self._inline = None
        elif self._cell is not None:
            if self._depth == 3:
                if tag == "v":
                    self._buffer = []
                elif tag == "f":
                    self._formula = attributes
                    self._buffer = []
                elif tag == "is":
                    self._inline = []
            elif self._inline is not None:
                if tag == "rPh":
                    self._phonetic += 1
                elif tag == "t" and not self._phonetic:
                    self._buffer = []

    def end(self, name: str) -> None:
        """An element inside `sheetData` ends."""
        tag = self._names[name]
        if self._depth == 1:
            self._in_row = False
        elif self._depth == 2:
            if self._cell is not None:
                self._finish(self._cell)
                self._cell = None
        elif self._cell is not None:
            if self._depth == 3:
                text = "".join(self._buffer) if self._buffer is not None else ""
                if tag == "v":
                    self._value = text
                elif tag == "f":
                    self._formula_text = text
                self._buffer = None
                if tag == "is":
                    self._phonetic = 0
            elif self._inline is not None:
                if tag == "rPh":
                    self._phonetic -= 1
                elif tag == "t" and self._buffer is not None:
                    self._inline.append("".join(self._buffer))
                    self._buffer = None
        self._depth -= 1

    def data(self, text: str) -> None:
        """Text inside `sheetData`."""
        if self._buffer is not None:
            self._buffer.append(text)

    def _start_row(self, attributes: dict[str, str]) -> None:
        given = attributes.get("r")
        self._row = self._row + 1 if given is None else self._integer(given, "a row number") - 1
        if not 0 <= self._row < MAX_ROWS:
            raise LimitExceeded(
                f"expected rows from 1 to {MAX_ROWS}, got row {self._row + 1} in {self._part}"
            )
        self._column = -1
        self._in_row = True
        if is_true(attributes.get("hidden")):
            self.hidden_rows.append(self._row)

    def _integer(self, text: str, what: str) -> int:
        text = text.strip(" \t\r\n")
        if not (text.isascii() and text.isdigit() and len(text) < 10):
            raise WorkbookCorrupt(f"expected {what}, got {text!r} in {self._part}")
        return int(text)

    def _address(self, given: str | None) -> int:
        row = self._row
        if given is None:
            self._column += 1
        else:
            match = _ADDRESS.fullmatch(given)
            if match is None:
                raise WorkbookCorrupt(f"expected a cell's address, got {given!r} in {self._part}")
            letters = match[1]
            column = self._columns.get(letters, -1)
            if column < 0:
                column = 0
                for letter in letters.upper():
                    column = column * 26 + ord(letter) - 64
                self._columns[letters] = column
            self._column = column - 1
            row = int(match[2]) - 1
        if not (0 <= row < MAX_ROWS and self._column < MAX_COLUMNS):
            raise LimitExceeded(f"expected cells inside XFD{MAX_ROWS}, got {given!r} in {self._part}")
        return row << COLUMN_BITS | self._column

    def _finish(self, cell: dict[str, str]) -> None:
        key = self._address(cell.get("r"))
        is_bare = self._value is None and self._inline is None and self._formula is None
        if is_bare and cell.get("s", "0").strip("0") == "" and "cm" not in cell:
            return
        kind, payload = self._value_of(cell.get("t", "n"))
        position = len(self.keys)
        if position >= self._most_cells:
            raise too_many_cells(self._most_cells, self._part)
        self.keys.append(key)
        self.kinds.append(kind)
        self.payload.append(payload)
        style = cell.get("s")
        self.formats.append(0 if not style else self._integer(style, "a format index"))
        self.formulas.append(NO_FORMULA if self._formula is None else self._formula_of(position))
        metadata = cell.get("cm")
        if metadata is not None:
            self.cell_metadata.append((position, self._integer(metadata, "a metadata index")))

    def _value_of(self, kind: str) -> tuple[int, float]:
        value = self._value
        if kind == "inlineStr" and self._inline is not None:
            return self._text(RAW_TEXT, "".join(self._inline))
        if value is None:
            return RAW_BLANK, 0.0
        if kind in ("str", "inlineStr"):
            return self._text(RAW_TEXT, value)
        stripped = value.strip(" \t\r\n")
        if not stripped:
            return RAW_BLANK, 0.0
        if kind == "s":
            return RAW_SHARED, float(self._integer(stripped, "the index of a shared string"))
        if kind == "b":
            return RAW_BOOLEAN, float(stripped.lower() in ("1", "true"))
        if kind == "e":
            return self._text(RAW_ERROR, stripped)
        if kind == "d":
            return self._text(RAW_DATE, stripped)
        if _NUMBER.fullmatch(stripped):
            number = float(stripped)
            return (RAW_NUMBER, number) if number - number == 0 else self._text(RAW_ERROR, "#NUM!")
        return self._text(RAW_TEXT, value)

    def _text(self, kind: int, text: str) -> tuple[int, float]:
        self.texts.append(text)
        return kind, float(len(self.texts) - 1)

    def _formula_of(self, position: int) -> int:
        attributes = self._formula or {}
        kind = attributes.get("t", "normal")
        text = self._formula_text
        if kind == "normal":
            return self._add_formula(text) if text.strip(" \t\r\n") else NO_FORMULA
        group = -1
        if kind == "shared":
            group = self._integer(attributes.get("si", "0"), "a shared formula's group")
            if group >= _MAX_GROUP:
                raise LimitExceeded(f"expected shared formulas up to {_MAX_GROUP}, got more in {self._part}")
            if not text.strip(" \t\r\n"):
                return FIRST_GROUP - group
        elif not text.strip(" \t\r\n") and kind != "dataTable":
            return NO_FORMULA
        self.marks.append(
            FormulaMark(
                position,
                kind,
                attributes.get("ref", ""),
                group,
                attributes.get("r1", ""),
                attributes.get("r2", ""),
                is_true(attributes.get("dt2D")),
                is_true(attributes.get("dtr")),
            )
        )
        return self._add_formula(text)

    def _add_formula(self, text: str) -> int:
        self.formula_texts.append(text)
        return len(self.formula_texts) - 1


def scan_with_expat(chunks: Iterable[bytes], part: str, most_cells: int = MOST_CELLS) -> SheetScan:
    """Scan a worksheet part; raises WorkbookCorrupt or LimitExceeded."""
    names = Names()
    made = parser(part)
    tree = TreeHandlers(part, names)
    cells = CellHandlers(part, names, most_cells)
    inside = 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal inside
        tree.start(name, attributes)
        if names[name] == "sheetData":
            inside = 1
            made.StartElementHandler = start_inside
            made.EndElementHandler = end_inside
            made.CharacterDataHandler = cells.data

    def start_inside(name: str, attributes: dict[str, str]) -> None:
        nonlocal inside
        inside += 1
        cells.start(name, attributes)

    def end_inside(name: str) -> None:
        nonlocal inside
        inside -= 1
        if inside:
            cells.end(name)
            return
        tree.end(name)
        made.StartElementHandler = start
        made.EndElementHandler = tree.end
        made.CharacterDataHandler = tree.data

    made.StartElementHandler = start
    made.EndElementHandler = tree.end
    made.CharacterDataHandler = tree.data
    feed(made, chunks, part)
    return SheetScan(
        keys=np.array(cells.keys, dtype=np.int64),
        kinds=np.array(cells.kinds, dtype=np.uint8),
        payload=np.array(cells.payload, dtype=np.float64),
        formats=np.array(cells.formats, dtype=np.uint32),
        formulas=np.array(cells.formulas, dtype=np.int32),
        texts=TextPool.of(cells.texts),
        formula_texts=TextPool.of(cells.formula_texts),
        marks=tuple(cells.marks),
        cell_metadata=tuple(cells.cell_metadata),
        hidden_rows=tuple(cells.hidden_rows),
        rest=tree.close(),
    )
