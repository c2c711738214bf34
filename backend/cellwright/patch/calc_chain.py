"""The calculation chain, Excel's last order of calculation: it must not name cells without a formula."""

from __future__ import annotations

from collections.abc import Collection

from cellwright.patch.spans import Document


def without_cells(document: Document, gone: Collection[tuple[str, str]]) -> bytes | None:
    """The chain without those (sheet id, A1 address); None where nothing would be left, which is not allowed.

    An entry without a sheet id is on the sheet of the entry before it (ECMA-376 part 1, 18.6.1), so the id of
    an entry that goes is handed on.
    """
    sheet, kept = "", 0
    is_after_gone = False
    for element in document.root.children:
        marks = document.attributes(element)
        sheet = marks.get("i", sheet)
        if (sheet, marks.get("r", "").replace("$", "")) in gone:
            document.remove(element)
            is_after_gone = True
            continue
        kept += 1
        if is_after_gone and "i" not in marks:
            document.set_attributes(element, i=sheet)
        is_after_gone = False
    return document.result() if kept else None
