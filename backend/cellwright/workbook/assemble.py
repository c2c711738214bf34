"""From the raw cells of a scan to a CellStore: errors, dates, shared and array formulas resolved, sorted.

Where a file gives an address twice, the later cell holds, as in openpyxl. Cells without value, formula and
format are dropped.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from cellwright.errors import ReferenceSyntaxError, WorkbookCorrupt
from cellwright.reference import Range
from cellwright.workbook.cells import CellStore
from cellwright.workbook.columns import (
    BLANK_KIND,
    BOOLEAN,
    ERROR,
    ERRORS,
    NUMBER,
    OWN_TEXT,
    SHARED_TEXT,
    Columns,
    FormulaTable,
)
from cellwright.workbook.model import ArrayFormula, ErrorValue, Style
from cellwright.workbook.scan_result import (
    FIRST_GROUP,
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
)
from cellwright.workbook.texts import Chain

_KINDS = np.empty(7, np.uint8)
_KINDS[[RAW_BLANK, RAW_NUMBER, RAW_BOOLEAN, RAW_ERROR, RAW_SHARED, RAW_TEXT, RAW_DATE]] = (
    BLANK_KIND,
    NUMBER,
    BOOLEAN,
    ERROR,
    SHARED_TEXT,
    OWN_TEXT,
    NUMBER,
)
_ERROR_ORDINALS = {error.value: ordinal for ordinal, error in enumerate(ERRORS)}
_UNKNOWN_ERROR = ERRORS.index(ErrorValue.UNKNOWN)
_TIME = re.compile(r"(?:T|\s)?([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}(?:\.[0-9]+)?))?(?:Z|[+-][0-9:]+)?$")
_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")


def assemble(
    scan: SheetScan,
    shared_texts: Sequence[str],
    styles: Sequence[Style],
    dynamic: frozenset[int],
    is_1904: bool,
    part: str,
) -> CellStore:
    """The store of a scanned sheet.

    `styles` by format index, `dynamic` the `cm` indices that mean a dynamic array. Raises WorkbookCorrupt
    where a shared string does not exist.
    """
    kinds = _KINDS[scan.kinds]
    payload = scan.payload
    own_texts = scan.texts
    _check_shared_texts(scan, len(shared_texts), part)
    for position in np.flatnonzero(scan.kinds == RAW_ERROR).tolist():
        text = own_texts[int(payload[position])].upper()
        payload[position] = _ERROR_ORDINALS.get(text, _UNKNOWN_ERROR)
    for position in np.flatnonzero(scan.kinds == RAW_DATE).tolist():
        serial = date_serial(own_texts[int(payload[position])], is_1904)
        if serial is None:
            kinds[position] = OWN_TEXT
        else:
            payload[position] = serial

    formulas, table = _formulas(scan)
    arrays = _arrays(scan, dynamic)
    style_table = tuple(styles)
    formats = np.where(scan.formats < len(style_table), scan.formats, 0).astype(np.uint32)

    kept = (kinds != BLANK_KIND) | (formulas >= 0) | (formats != 0)
    positions = np.flatnonzero(kept)
    order = _order(scan.keys[positions])
    if order is not None:
        positions = positions[order]
    if len(positions) == len(kinds) and order is None:
        return CellStore.of(
            Columns(
                scan.keys,
                kinds,
                payload,
                formats,
                formulas,
                style_table,
                shared_texts,
                own_texts,
                table,
                arrays,
            )
        )
    return CellStore.of(
        Columns(
            scan.keys[positions],
            kinds[positions],
            payload[positions],
            formats[positions],
            formulas[positions],
            style_table,
            shared_texts,
            own_texts,
            table,
            arrays,
        )
    )


def _check_shared_texts(scan: SheetScan, count: int, part: str) -> None:
    used = scan.payload[scan.kinds == RAW_SHARED]
    if len(used) and (highest := int(used.max())) >= count:
        raise WorkbookCorrupt(f"expected one of {count} shared strings, got index {highest} in {part}")


def _order(keys: NDArray[np.int64]) -> NDArray[np.intp] | None:
    """Positions by address, of equal addresses the last only; None where the keys ascend already."""
    if len(keys) < 2 or bool((keys[1:] > keys[:-1]).all()):
        return None
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    is_last = np.ones(len(keys), bool)
    is_last[:-1] = ordered[1:] != ordered[:-1]
    return order[is_last]


def _formulas(scan: SheetScan) -> tuple[NDArray[np.int32], FormulaTable]:
    """Formula indices and their table; members of a shared group point at their master's text."""
    formulas = scan.formulas
    origins: dict[int, int] = {}
    masters: dict[int, list[tuple[int, int]]] = {}
    texts: Sequence[str] = scan.formula_texts
    for mark in scan.marks:
        index = int(formulas[mark.position])
        if mark.kind == "shared":
            masters.setdefault(mark.group, []).append((mark.position, index))
            origins[index] = int(scan.keys[mark.position])
    tables = [mark for mark in scan.marks if mark.kind == "dataTable"]
    if tables:
        texts = Chain(texts, tuple(_table_formula(mark) for mark in tables))
        for index, mark in enumerate(tables, start=len(scan.formula_texts)):
            formulas[mark.position] = index
    members = np.flatnonzero(formulas <= FIRST_GROUP)
    if len(members):
        groups = FIRST_GROUP - formulas[members]
        found = np.full(len(members), NO_FORMULA, np.int32)
        for group in np.unique(groups).tolist():
            here = np.flatnonzero(groups == group)
            known = masters.get(group)
            if not known:
                continue
            # A group number may be used again further down; members before the first master belong to it too.
            starts = np.array([position for position, _ in known])
            nearest = np.maximum(np.searchsorted(starts, members[here], side="right") - 1, 0)
            found[here] = np.array([index for _, index in known], np.int32)[nearest]
        formulas[members] = found
    return formulas, FormulaTable(texts, origins)


def _table_formula(mark: FormulaMark) -> str:
    """A data table as Excel shows it: `TABLE(row input, column input)`."""
    if mark.is_two_way:
        return f"TABLE({mark.first_input},{mark.second_input})"
    return f"TABLE({mark.first_input},)" if mark.is_row_input else f"TABLE(,{mark.first_input})"


def _arrays(scan: SheetScan, dynamic: frozenset[int]) -> dict[int, ArrayFormula]:
    found: dict[int, ArrayFormula] = {}
    metadata = dict(scan.cell_metadata)
    for mark in scan.marks:
        if mark.kind not in ("array", "dataTable"):
            continue
        key = int(scan.keys[mark.position])
        try:
            area = Range.parse(mark.ref)
        except ReferenceSyntaxError:
            area = Range(key >> 14, key & 0x3FFF, key >> 14, key & 0x3FFF)
        found[key] = ArrayFormula(area, is_dynamic=metadata.get(mark.position) in dynamic)
    return found


def date_serial(text: str, is_1904: bool) -> float | None:
    """The serial number of an ISO 8601 date, time or both (`t="d"`); None where the text is none."""
    date, rest, days = _DATE.match(text), text, 0
    if date:
        try:
            day = datetime.date(int(date[1]), int(date[2]), int(date[3]))
        except ValueError:
            return None
        days = (day - datetime.date(1904, 1, 1)).days if is_1904 else (day - datetime.date(1899, 12, 30)).days
        if not is_1904 and days < 61:
            days -= 1  # Excel counts a 29 February 1900 that never was
        rest = text[date.end() :]
    if not rest:
        return float(days) if date else None
    time = _TIME.match(rest)
    if time is None:
        return None
    return days + (int(time[1]) * 3600 + int(time[2]) * 60 + float(time[3] or 0)) / 86400
