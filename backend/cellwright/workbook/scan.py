"""The native worksheet scanner (`scan.c`): the parts round it, and the choice between it and expat.

What stands before and after `sheetData` always goes through expat, which also decides whether the unprefixed
names are those of the spreadsheet namespace; a prefix that the root gives that namespace (`<x:worksheet
xmlns:x=...>`, as the Open XML SDK writes) is taken off first. Where the native scanner meets anything
unusual, or cannot be had, the part is scanned again with expat; a result is never mixed of both.
"""

from __future__ import annotations

import ctypes
import itertools
import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

import numpy as np
from numpy.typing import NDArray

from cellwright.errors import WorkbookCorrupt
from cellwright.workbook import markup
from cellwright.workbook.read_cells import scan_with_expat
from cellwright.workbook.scan_result import MOST_CELLS, FormulaMark, SheetScan, too_many_cells
from cellwright.workbook.shared_strings import read_strings_with_expat
from cellwright.workbook.texts import TextPool
from cellwright_kernels import native

Chunks = Callable[[], Iterable[bytes]]
"""Gives the inflated bytes of a part from its start, each time it is called."""

SOURCE = Path(__file__).with_name("scan.c")

_MOST_CARRIED = 1 << 22
_LONGEST_HEAD = 1 << 22
_ROOT_WITHIN = 4096
_LIMIT = -3
_SHEET_START = re.compile(rb"<sheetData\s*(/?)>")
_STRINGS_START = re.compile(rb"<sst(?:\s[^<>]*)?>")
_XML_DECLARATION = re.compile(rb"(?:\xef\xbb\xbf)?(<\?xml[^>]*\?>)?\s*")
_ENCODING = re.compile(rb"""encoding\s*=\s*["']([^"']*)["']""")
_OPAQUE = (b"<!", b"<?")
_PREFIXED_ROOT = re.compile(rb"<([A-Za-z][A-Za-z0-9]{0,9}):(?:worksheet|sst)(\s[^<>]*)>")
_DEFAULT_NAMESPACE = re.compile(rb"\sxmlns\s*=")

(
    _KEYS,
    _KINDS,
    _PAYLOAD,
    _FORMATS,
    _FORMULAS,
    _TEXT_BYTES,
    _TEXT_ENDS,
    _FORMULA_BYTES,
    _FORMULA_ENDS,
    _MARKS,
    _MARK_BYTES,
    _MARK_ENDS,
    _METADATA,
    _HIDDEN_ROWS,
) = range(14)
_MARK_KINDS = ("normal", "shared", "array", "dataTable")


class _Unusual(Exception):
    """The part is outside what the native scanner reads."""


def scan_sheet(chunks: Chunks, part: str) -> SheetScan:
    """Scan a worksheet part, natively where that can be; raises WorkbookCorrupt or LimitExceeded."""
    scanned = scan_natively(chunks(), part)
    return scan_with_expat(chunks(), part) if scanned is None else scanned


def read_shared_strings(chunks: Chunks, part: str) -> TextPool:
    """The texts of a shared strings part by index, read natively where that can be."""
    texts = read_strings_natively(chunks(), part)
    return read_strings_with_expat(chunks(), part) if texts is None else texts


@cache
def library() -> ctypes.CDLL | None:
    """The compiled scanner, None where there is none (the loader has then warned)."""
    loaded = native.load("cellwright_scan", [SOURCE])
    return None if loaded is None else declare(loaded)


def declare(loaded: ctypes.CDLL) -> ctypes.CDLL:
    """Give the functions of `scan.c` their C types."""
    loaded.cw_scan_new.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_int64]
    loaded.cw_scan_new.restype = ctypes.c_void_p
    loaded.cw_scan_free.argtypes = [ctypes.c_void_p]
    loaded.cw_scan_free.restype = None
    loaded.cw_scan_feed.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int64]
    loaded.cw_scan_feed.restype = ctypes.c_int64
    loaded.cw_scan_done.argtypes = [ctypes.c_void_p]
    loaded.cw_scan_done.restype = ctypes.c_int
    loaded.cw_scan_column.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.POINTER(ctypes.c_int64)]
    loaded.cw_scan_column.restype = ctypes.c_void_p
    loaded.cw_scan_drop.argtypes = [ctypes.c_void_p, ctypes.c_int]
    loaded.cw_scan_drop.restype = None
    return loaded


class _Scanner:
    """One run of the native scanner; frees its memory when left."""

    def __init__(
        self, loaded: ctypes.CDLL, part: str, *, is_strings: bool, head: bytes, most_cells: int = MOST_CELLS
    ) -> None:
        self._library = loaded
        self._part = part
        self._most_cells = most_cells
        self._handle = loaded.cw_scan_new(is_strings, b"xmlns:x14ac=" in head, most_cells)
        if not self._handle:
            raise MemoryError("the worksheet scanner could not be made")

    def __enter__(self) -> _Scanner:
        return self

    def __exit__(self, *_: object) -> None:
        self._library.cw_scan_free(self._handle)

    def run(self, first: bytes, chunks: Iterator[bytes]) -> bytes:
        """Feed bytes until the closing tag; returns those behind it. Raises _Unusual."""
        carried = first
        while True:
            used = self._library.cw_scan_feed(self._handle, carried, len(carried))
            if used == _LIMIT:
                raise too_many_cells(self._most_cells, self._part)
            if used < 0:
                raise _Unusual
            carried = carried[used:]
            if self._library.cw_scan_done(self._handle):
                return carried
            chunk = next(chunks, None)
            if chunk is None or len(carried) > _MOST_CARRIED:
                raise _Unusual
            carried += chunk

    def column(self, column: int, kind: type[np.generic]) -> NDArray[Any]:
        """A column as an array of its own, taken out of the scanner."""
        size = ctypes.c_int64()
        address = self._library.cw_scan_column(self._handle, column, ctypes.byref(size))
        item = np.dtype(kind).itemsize
        taken = np.empty(size.value // item, kind)
        if address and size.value:
            ctypes.memmove(taken.ctypes.data, address, size.value)
        self._library.cw_scan_drop(self._handle, column)
        return taken

    def texts(self, column: int) -> TextPool:
        """A pool of texts (its bytes and, in the next column, its ends)."""
        size = ctypes.c_int64()
        address = self._library.cw_scan_column(self._handle, column, ctypes.byref(size))
        blob = ctypes.string_at(address, size.value) if address else b""
        self._library.cw_scan_drop(self._handle, column)
        return TextPool(blob, self.column(column + 1, np.int64))


def scan_natively(
    chunks: Iterable[bytes], part: str, loaded: ctypes.CDLL | None = None, most_cells: int = MOST_CELLS
) -> SheetScan | None:
    """The native scan of a worksheet part; None where it is outside what the scanner reads."""
    loaded = loaded or library()
    if loaded is None:
        return None
    try:
        stream = _unprefixed(iter(chunks))
        head, tag, rest = _split_head(stream, _SHEET_START)
        with _Scanner(loaded, part, is_strings=False, head=head, most_cells=most_cells) as scanner:
            tail = rest if tag.endswith(b"/>") else scanner.run(rest, stream)
            tree = _parse_round((head, b"<sheetData/>", tail), stream, part)
            if tree.tag != "worksheet" or [child.tag for child in tree].count("sheetData") != 1:
                raise _Unusual
            metadata = scanner.column(_METADATA, np.int64).reshape(-1, 2).tolist()
            return SheetScan(
                keys=scanner.column(_KEYS, np.int64),
                kinds=scanner.column(_KINDS, np.uint8),
                payload=scanner.column(_PAYLOAD, np.float64),
                formats=scanner.column(_FORMATS, np.uint32),
                formulas=scanner.column(_FORMULAS, np.int32),
                texts=scanner.texts(_TEXT_BYTES),
                formula_texts=scanner.texts(_FORMULA_BYTES),
                marks=_marks(scanner),
                cell_metadata=tuple((position, index) for position, index in metadata),
                hidden_rows=tuple(scanner.column(_HIDDEN_ROWS, np.int64).tolist()),
                rest=tree,
            )
    except _Unusual:
        return None


def read_strings_natively(
    chunks: Iterable[bytes], part: str, loaded: ctypes.CDLL | None = None
) -> TextPool | None:
    """The native reading of a shared strings part; None where it is outside what the scanner reads."""
    loaded = loaded or library()
    if loaded is None:
        return None
    try:
        stream = _unprefixed(iter(chunks))
        head, tag, rest = _split_head(stream, _STRINGS_START)
        if tag.endswith(b"/>"):
            raise _Unusual
        with _Scanner(loaded, part, is_strings=True, head=head) as scanner:
            tail = scanner.run(rest, stream)
            tree = _parse_round((head, tag, b"</sst>", tail), stream, part)
            if tree.tag != "sst":
                raise _Unusual
            return scanner.texts(_TEXT_BYTES)
    except _Unusual:
        return None


def _unprefixed(stream: Iterator[bytes]) -> Iterator[bytes]:
    """The stream with the root's prefix taken off every tag; as it is where the root has none.

    In text a `<` cannot stand for itself, so `<x:` always begins a tag; where comments or CDATA could hold
    one, _Unusual is raised.
    """
    first = next(stream, b"")
    while first and len(first) < _ROOT_WITHIN and (more := next(stream, None)) is not None:
        first += more
    root = _PREFIXED_ROOT.search(first, 0, _ROOT_WITHIN)
    declared = None
    if root is not None and not _DEFAULT_NAMESPACE.search(root[2]):
        declared = re.search(rb"\sxmlns:" + root[1] + rb"""\s*=\s*("[^"]*"|'[^']*')""", root[2])
    stream = itertools.chain((first,), stream)
    if root is None or declared is None:
        return stream
    head = first[: root.end() - 1] + b" xmlns=" + declared[1] + first[root.end() - 1 :]
    return _without_prefix(itertools.chain((head,), itertools.islice(stream, 1, None)), root[1])


def _without_prefix(stream: Iterator[bytes], prefix: bytes) -> Iterator[bytes]:
    opening, closing = b"<" + prefix + b":", b"</" + prefix + b":"
    carried = b""
    for chunk in stream:
        whole = carried + chunk
        last = whole.rfind(b"<", max(len(whole) - len(closing), 0))
        carried = whole[last:] if last >= 0 else b""
        whole = whole[:last] if last >= 0 else whole
        if b"<!" in whole:
            raise _Unusual
        yield whole.replace(opening, b"<").replace(closing, b"</")
    if carried:
        yield carried.replace(opening, b"<").replace(closing, b"</")


def _split_head(stream: Iterator[bytes], start: re.Pattern[bytes]) -> tuple[bytes, bytes, bytes]:
    """What stands before the tag that matches `start`, the tag, and what was read behind it.

    Raises _Unusual for another encoding than UTF-8, and for comments or instructions on the way, which
    could hide such a tag.
    """
    head = b""
    searched = 0
    while (match := start.search(head, max(searched - 4096, 0))) is None:
        searched = len(head)
        chunk = next(stream, None)
        if chunk is None or searched > _LONGEST_HEAD:
            raise _Unusual
        head += chunk
    before = head[: match.start()]
    declaration = _XML_DECLARATION.match(before)
    declared = declaration[1] if declaration is not None and declaration[1] else b""
    encoding = _ENCODING.search(declared)
    if encoding is not None and encoding[1].lower() not in (b"utf-8", b"us-ascii"):
        raise _Unusual
    if any(mark in before[before.find(declared) + len(declared) :] for mark in _OPAQUE):
        raise _Unusual
    return before, match.group(), head[match.end() :]


def _parse_round(pieces: Iterable[bytes], stream: Iterator[bytes], part: str) -> Element:
    """The tree of what stands round the scanned element; raises _Unusual where it is no XML."""
    try:
        return markup.parse(itertools.chain(pieces, stream), part)
    except WorkbookCorrupt as error:
        raise _Unusual from error


def _marks(scanner: _Scanner) -> tuple[FormulaMark, ...]:
    fields = scanner.column(_MARKS, np.int64).reshape(-1, 6).tolist()
    texts = scanner.texts(_MARK_BYTES)
    return tuple(
        FormulaMark(
            position,
            _MARK_KINDS[kind],
            texts[first],
            group,
            texts[first + 1],
            texts[first + 2],
            bool(is_two_way),
            bool(is_row_input),
        )
        for position, kind, group, is_two_way, is_row_input, first in fields
    )
