"""Dynamic arrays in a file: which formulas need the mark, and the metadata part that holds it.

A formula that may spill is written as an array with a cell metadata record of the type XLDAPR; without it
Excel takes the formula for an old one and shows it with an `@` (MS-XLSX, dynamic array properties).
"""

from __future__ import annotations

import re

from cellwright.errors import UnsupportedWrite
from cellwright.formula import parse, walk
from cellwright.formula.nodes import FunctionCall, Spill
from cellwright.patch.spans import Document

METADATA = (
    b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    b'<metadata xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    b' xmlns:xda="http://schemas.microsoft.com/office/spreadsheetml/2017/dynamicarray">'
    b'<metadataTypes count="1"><metadataType name="XLDAPR" minSupportedVersion="120000" copy="1"'
    b' pasteAll="1" pasteValues="1" merge="1" splitFirst="1" rowColShift="1" clearFormats="1"'
    b' clearComments="1" assign="1" coerce="1" cellMeta="1"/></metadataTypes>'
    b'<futureMetadata name="XLDAPR" count="1"><bk><extLst>'
    b'<ext uri="{bdbb8cdc-fa1e-496e-a857-3c3f30c029c3}">'
    b'<xda:dynamicArrayProperties fDynamic="1" fCollapsed="0"/></ext></extLst></bk></futureMetadata>'
    b'<cellMetadata count="1"><bk><rc t="1" v="0"/></bk></cellMetadata></metadata>'
)
_NEEDS_PARSING = re.compile(
    r"[@#\[]|\.[A-Za-z]*\(|\b(?!(?:SUM|SUMIF|IF|INDEX|MATCH|VLOOKUP|ROUND|AVERAGE|COUNT|COUNTIF|MIN|MAX|AND|OR)\()"
    r"[A-Za-z_][\w.]*\(",
    re.IGNORECASE,
)
"""What may need prefixes or spill in a formula that the file had already; the commonest functions don't."""
SPILLING = frozenset(
    """
    BYCOL BYROW CHOOSECOLS CHOOSEROWS DROP EXPAND FILTER GROUPBY HSTACK LAMBDA MAKEARRAY MAP PIVOTBY RANDARRAY
    SCAN SEQUENCE SORT SORTBY TAKE TEXTSPLIT TOCOL TOROW TRIMRANGE UNIQUE VSTACK WRAPCOLS WRAPROWS XLOOKUP
    """.split()  # noqa: SIM905
)
"""Functions that return arrays; Excel puts an `@` before them where the file doesn't mark a dynamic array."""


def may_need_parsing(text: str) -> bool:
    """Whether a formula may spill or need prefixes; answers quickly, and yes when in doubt."""
    return _NEEDS_PARSING.search(text) is not None


def spills(text: str) -> bool:
    """Whether a formula calls a function that returns an array, or names a spilled range."""
    return any(
        isinstance(node, Spill) or (isinstance(node, FunctionCall) and node.name in SPILLING)
        for node in walk(parse(text).root)
    )


def with_dynamic_arrays(document: Document) -> bytes:
    """A metadata part of other things (such as pictures in cells) with dynamic arrays added to it."""
    own = Document(METADATA, "metadata")
    sections = {child.local: child for child in own.root.children}
    order = ("metadataTypes", "metadataStrings", "mdxMetadata", "futureMetadata", "cellMetadata")
    types = document.root.child("metadataTypes")
    if document.root.prefix or types is None or types.is_empty:
        raise UnsupportedWrite(f"expected cell metadata as Excel writes it, got other in {document.part}")
    document.set_attributes(types, count=str(len(types.children) + 1))
    document.append(types, own.raw(sections["metadataTypes"].children[0]))
    last = {
        name: max((c.end for c in document.root.children if c.local in order[: rank + 1]), default=types.end)
        for rank, name in enumerate(order)
    }
    declared = b' xmlns:xda="' + own.attributes(own.root)["xmlns:xda"].encode() + b'"'
    name = b"<xda:dynamicArrayProperties"
    future = own.raw(sections["futureMetadata"]).replace(name, name + declared)
    document.replace(last["futureMetadata"], last["futureMetadata"], future)
    record = b'<bk><rc t="%d" v="0"/></bk>' % (len(types.children) + 1)
    cells = document.root.child("cellMetadata")
    if cells is None:
        new = b'<cellMetadata count="1">' + record + b"</cellMetadata>"
        document.replace(last["cellMetadata"], last["cellMetadata"], new)
    else:
        document.set_attributes(cells, count=str(len(cells.all("bk")) + 1))
        document.append(cells, record)
    return document.result()


def metadata_index(document: Document) -> int:
    """The 1-based index of the cell metadata record of dynamic arrays; 0 where there is none."""
    types = document.root.child("metadataTypes")
    names = [document.attribute(child, "name") for child in types.children] if types else []
    if "XLDAPR" not in names:
        return 0
    wanted = str(names.index("XLDAPR") + 1)
    cells = document.root.child("cellMetadata")
    for number, block in enumerate(cells.all("bk") if cells else (), 1):
        if any(document.attribute(record, "t") == wanted for record in block.all("rc")):
            return number
    return 0
