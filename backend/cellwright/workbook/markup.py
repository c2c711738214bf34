"""XML as the workbook parts use it: a hardened parser that gives short, namespace-free names.

Names of the spreadsheet namespace (transitional, strict or none) lose it; the other namespaces that we read
get a fixed prefix (`r.id`, `x14.cfRule`), whatever prefix the file uses; the rest stay `{uri}name`. A
document type declaration, and with it every entity but XML's own five, is refused. Elements nest at most
256 deep, and a tree has at most a million of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from cellwright.errors import LimitExceeded, WorkbookCorrupt

MAX_DEPTH = 256
MAX_ELEMENTS = 1_000_000
_SEPARATOR = "\n"

_PREFIXES = {
    "http://schemas.openxmlformats.org/spreadsheetml/2006/main": "",
    "http://purl.oclc.org/ooxml/spreadsheetml/main": "",
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships": "r.",
    "http://purl.oclc.org/ooxml/officeDocument/relationships": "r.",
    "http://schemas.openxmlformats.org/package/2006/relationships": "",
    "http://schemas.openxmlformats.org/package/2006/content-types": "",
    "http://schemas.openxmlformats.org/drawingml/2006/main": "a.",
    "http://purl.oclc.org/ooxml/drawingml/main": "a.",
    "http://schemas.openxmlformats.org/markup-compatibility/2006": "mc.",
    "http://schemas.microsoft.com/office/spreadsheetml/2009/9/main": "x14.",
    "http://schemas.microsoft.com/office/excel/2006/main": "xm.",
    "http://schemas.microsoft.com/office/spreadsheetml/2018/threadedcomments": "tc.",
    "http://schemas.microsoft.com/office/spreadsheetml/2017/dynamicarray": "xda.",
}


class Names(dict[str, str]):
    """The parser's `uri<newline>name` to our short name, worked out once for each name that occurs."""

    def __missing__(self, name: str) -> str:
        uri, mark, local = name.rpartition(_SEPARATOR)
        if not mark:
            short = name
        elif (prefix := _PREFIXES.get(uri)) is not None:
            short = prefix + local
        else:
            short = f"{{{uri}}}{local}"
        self[name] = short
        return short


def parser(part: str) -> expat.XMLParserType:
    """A namespace-aware expat parser that refuses document types; `part` is named in its errors."""
    made = expat.ParserCreate(namespace_separator=_SEPARATOR)
    made.buffer_text = True
    made.buffer_size = 1 << 16

    def refuse(*_: object) -> None:
        raise WorkbookCorrupt(f"expected XML without a document type declaration, got one in {part}")

    made.StartDoctypeDeclHandler = refuse
    return made


def feed(made: expat.XMLParserType, chunks: Iterable[bytes], part: str) -> None:
    """Run the chunks of a part through a parser; raises WorkbookCorrupt where they are no XML."""
    try:
        for chunk in chunks:
            made.Parse(chunk, False)
        made.Parse(b"", True)
    except expat.ExpatError as error:
        reason = expat.ErrorString(error.code)
        raise WorkbookCorrupt(f"expected XML in {part}, got {reason} at line {error.lineno}") from error
    except (LookupError, ValueError) as error:  # an encoding that Python does not know, or a broken one
        raise WorkbookCorrupt(f"expected XML in {part}, got {error}") from error


class TreeHandlers:
    """Builds an element tree from parser events, with short names."""

    def __init__(self, part: str, names: Names) -> None:
        self._builder = TreeBuilder()
        self._names = names
        self._part = part
        self._depth = 0
        self._count = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise LimitExceeded(
                f"expected XML nested at most {MAX_DEPTH} deep, got a deeper element in {self._part}"
            )
        self._count += 1
        if self._count > MAX_ELEMENTS:
            raise LimitExceeded(f"expected at most {MAX_ELEMENTS:,} elements, got more in {self._part}")
        names = self._names
        self._builder.start(names[name], {names[key]: value for key, value in attributes.items()})

    def end(self, name: str) -> None:
        """An element ends."""
        self._depth -= 1
        self._builder.end(self._names[name])

    @property
    def data(self) -> Callable[[str], None]:
        """Takes text."""
        return self._builder.data

    def close(self) -> Element:
        """The finished root element."""
        return self._builder.close()


def parse(chunks: Iterable[bytes], part: str) -> Element:
    """The element tree of a part, with short names; raises WorkbookCorrupt or LimitExceeded."""
    made = parser(part)
    tree = TreeHandlers(part, Names())
    made.StartElementHandler = tree.start
    made.EndElementHandler = tree.end
    made.CharacterDataHandler = tree.data
    feed(made, chunks, part)
    return tree.close()


def is_true(text: str | None) -> bool:
    """An xsd:boolean attribute; absent is false."""
    return text is not None and text.strip().lower() in {"1", "true", "on"}


def integer(text: str | None, default: int) -> int:
    """An integer attribute; absent or unreadable gives the default."""
    if text is None:
        return default
    try:
        return int(text)
    except ValueError:
        return default


def decimal(text: str | None, default: float) -> float:
    """A number attribute; absent, unreadable or not finite gives the default."""
    if text is None:
        return default
    try:
        value = float(text)
    except ValueError:
        return default
    return value if value - value == 0 else default
