"""Formulas and references outside cells: in names, rules, tables, charts, drawings, controls, pivot sources.

One walk finds them all by element and attribute; what becomes of each text is the caller's function. Cells'
formulas are not touched here: the snapshot knows them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from cellwright.errors import FormulaSyntaxError, UnsupportedWrite, WorkbookCorrupt
from cellwright.formula import rename_sheet
from cellwright.patch.book_file import BookFile
from cellwright.patch.spans import Document, Element

Rewrite = Callable[[str, str], str]
"""(text with or without a leading `=`, the sheet it stands on or the empty text) -> its new text."""

FORMULA_ELEMENTS = frozenset(
    """
    f formula formula1 formula2 definedName calculatedColumnFormula totalsRowFormula
    FmlaLink FmlaRange FmlaGroup FmlaTxbx FmlaPict
    """.split()  # noqa: SIM905
)
FORMULA_ATTRIBUTES = frozenset(
    ["textlink", "fmlaLink", "fmlaRange", "fmlaGroup", "fmlaTxbx", "linkedCell", "listFillRange", "cellRange"]
)
_FOLLOWED = frozenset(
    """
    drawing vmlDrawing chart chartEx table ctrlProp control chartUserShapes legacyDrawingHF
    """.split()  # noqa: SIM905
)
_UNMOVABLE = {"revisionHeaders": "a log of shared changes", "volatileDependencies": "real-time data"}


def rename(book: BookFile, old: str, new: str) -> None:
    """Rename a sheet in the workbook part and wherever it is mentioned outside cells."""
    require_no_logs(book)
    rewrite_mentions(book, lambda text, _: rename_sheet(text, old, new))
    for part in pivot_caches(book):
        document = book.parts.document(part)
        for element in document.root.walk():
            if element.local == "worksheetSource" and _is(document.attribute(element, "sheet"), old):
                document.set_attributes(element, sheet=new)
        book.parts.write(part, document.result())
    for sheet, part in book.sheets():
        if _kind(book, part) != "worksheet":
            continue
        file = book.sheet(sheet)
        for element in file.root.walk():
            if element.local == "dataRef" and _is(file.document.attribute(element, "sheet"), old):
                file.change(element, sheet=new)
        file.settle()
    book.rename_sheet(old, new)


def rewrite_mentions(book: BookFile, rewrite: Rewrite) -> None:
    """Rewrite every formula and reference outside cells."""
    for name, part in book.sheets():
        if _kind(book, part) == "worksheet":
            file = book.sheet(name)
            if _rewrite_document(file.document, name, rewrite):
                file.mark_changed()
                file.settle()
    book.settle()
    main = book.parts.document(book.main)
    if _rewrite_document(main, "", rewrite):
        book.parts.write(book.main, main.result())
    seen: set[str] = set()
    for name, sheet_part in book.sheets():
        for part in followed(book, sheet_part, seen):
            document = scanned(book, part)
            if _rewrite_document(document, name, rewrite):
                book.parts.write(part, document.result())


def followed(book: BookFile, source: str, seen: set[str]) -> Iterator[str]:
    """The parts below a sheet that may mention cells, each once."""
    for rel in book.parts.relations(source):
        if (
            rel.is_external
            or rel.kind not in _FOLLOWED
            or rel.target in seen
            or not book.parts.has(rel.target)
        ):
            continue
        seen.add(rel.target)
        if rel.target.casefold().endswith((".xml", ".vml")):
            yield rel.target
        yield from followed(book, rel.target, seen)


def scanned(book: BookFile, part: str) -> Document:
    """A part's document; a drawing that is no XML (old VML may not be) is refused by name."""
    try:
        return book.parts.document(part)
    except WorkbookCorrupt as error:
        if part.casefold().endswith(".vml"):
            raise UnsupportedWrite(
                f"expected drawings that can follow, got one that is no XML: {part}"
            ) from error
        raise


def pivot_caches(book: BookFile) -> list[str]:
    """The pivot cache definitions of the workbook."""
    return book.parts.related(book.main, "pivotCacheDefinition")


def require_no_logs(book: BookFile) -> None:
    """Refuse workbooks with parts that record cells in ways that can't follow."""
    for rel in book.parts.relations(book.main):
        if rel.kind in _UNMOVABLE:
            raise UnsupportedWrite(
                f"expected a workbook whose parts can follow, got {_UNMOVABLE[rel.kind]} ({rel.target})"
            )


def _rewrite_document(document: Document, sheet: str, rewrite: Rewrite) -> bool:
    """Splice new texts into a document; whether there were any."""
    changed = False
    scopes = _scopes(document)
    for element in document.root.walk():
        local = element.local
        if local in FORMULA_ELEMENTS and not element.children and not element.is_empty:
            text = document.text(element)
            home = sheet or scopes.get(document.attribute(element, "localSheetId") or "", "")
            new = _rewritten(text, home, rewrite)
            if new != text:
                document.set_text(element, new)
                changed = True
        elif b"=" in document.tag(element):
            changed |= _rewrite_attributes(document, element, sheet, rewrite)
    return changed


def _rewrite_attributes(document: Document, element: Element, sheet: str, rewrite: Rewrite) -> bool:
    new: dict[str, str | None] = {}
    for name, text in document.attributes(element).items():
        is_place = name in FORMULA_ATTRIBUTES or (name == "location" and element.local == "hyperlink")
        if is_place and text and (changed := _rewritten(text, sheet, rewrite)) != text:
            new[name] = changed
    if new:
        document.set_attributes(element, **new)
    return bool(new)


def _rewritten(text: str, sheet: str, rewrite: Rewrite) -> str:
    try:
        return rewrite(text, sheet)
    except FormulaSyntaxError:
        return text  # text that is no formula mentions no cell


def _scopes(document: Document) -> dict[str, str]:
    """`localSheetId` -> name of the sheet, in a workbook part."""
    sheets = document.root.child("sheets")
    return {
        str(place): document.attribute(child, "name") or ""
        for place, child in enumerate(sheets.children if sheets else ())
    }


def _kind(book: BookFile, part: str) -> str:
    return next((rel.kind for rel in book.parts.relations(book.main) if rel.target == part), "")


def _is(text: str | None, name: str) -> bool:
    return text is not None and text.casefold() == name.casefold()
