"""XML as bytes with positions: find elements, change a few of them, keep every other byte.

A document is scanned once into elements that know where they lie; changes are splices of the bytes. Prefixes,
namespaces, `mc:Ignorable`, extension lists, comments, white space and attribute order survive because they
are never parsed into anything. Large subtrees (`sheetData`) may be left opaque: found, not descended into.

Only well-formed XML without a document type declaration is expected; the reader has refused the rest.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from cellwright.errors import WorkbookCorrupt

_TOKEN = re.compile(
    rb"<(?:!--.*?-->|!\[CDATA\[.*?\]\]>|\?.*?\?>|(?P<doctype>!)|(?P<close>/)?(?P<name>[^\s/>!?]+)"
    rb"(?:[^>\"']|\"[^\"]*\"|'[^']*')*?(?P<empty>/)?>)",
    re.DOTALL,
)
_ATTRIBUTE = re.compile(rb"\s([^\s=/>]+)\s*=\s*(\"[^\"]*\"|'[^']*')")
_ENTITY = re.compile(r"&(#x?[0-9A-Fa-f]+|lt|gt|amp|quot|apos);")
_ENTITIES = {"lt": "<", "gt": ">", "amp": "&", "quot": '"', "apos": "'"}
_DECLARATION = re.compile(rb"^\s*<\?xml[^>]*?encoding\s*=\s*[\"']([A-Za-z0-9._-]+)[\"'][^>]*\?>")
_HIDDEN = re.compile(rb"<!--.*?-->|<!\[CDATA\[.*?\]\]>|<\?.*?\?>", re.DOTALL)


@dataclass(slots=True)
class Element:
    """An element: `start`..`end` all of it, `inner_start`..`inner_end` its content (equal where empty)."""

    name: bytes
    start: int
    inner_start: int
    inner_end: int = -1
    end: int = -1
    is_empty: bool = False
    children: list[Element] = field(default_factory=list)

    @property
    def local(self) -> str:
        """The name without its prefix."""
        return self.name.rpartition(b":")[2].decode()

    @property
    def prefix(self) -> bytes:
        """The prefix with its colon; empty where there is none."""
        head, colon, _ = self.name.rpartition(b":")
        return head + colon

    def child(self, local: str) -> Element | None:
        """The first child of that local name."""
        return next((child for child in self.children if child.local == local), None)

    def all(self, local: str) -> list[Element]:
        """The children of that local name."""
        return [child for child in self.children if child.local == local]

    def walk(self) -> Iterator[Element]:
        """This element and all below it, in document order."""
        yield self
        for child in self.children:
            yield from child.walk()


class Document:
    """The bytes of a part (as UTF-8) and their elements."""

    def __init__(self, data: bytes, part: str, opaque: frozenset[bytes] = frozenset()) -> None:
        self.data = as_utf8(data, part)
        self.part = part
        self.root = _scan(self.data, part, opaque)
        self._splices: list[tuple[int, int, bytes]] = []

    def tag(self, element: Element) -> bytes:
        """The start tag as it is written."""
        return self.data[element.start : element.inner_start]

    def attributes(self, element: Element) -> dict[str, str]:
        """The attributes, names with their prefixes, values unescaped."""
        return attributes(self.tag(element))

    def attribute(self, element: Element, name: str) -> str | None:
        """One attribute by its name (with prefix)."""
        return attributes(self.tag(element)).get(name)

    def local_attribute(self, element: Element, local: str) -> str | None:
        """One attribute by its local name, whatever its prefix."""
        return next(
            (text for name, text in self.attributes(element).items() if name.rpartition(":")[2] == local),
            None,
        )

    def text(self, element: Element) -> str:
        """The text right inside an element that holds nothing else."""
        return inner_text(self.data[element.inner_start : element.inner_end])

    def raw(self, element: Element) -> bytes:
        """All bytes of an element."""
        return self.data[element.start : element.end]

    def replace(self, start: int, end: int, data: bytes) -> None:
        """Splice: the bytes from start to end become `data` when the result is asked for."""
        self._splices.append((start, end, data))

    def set_attributes(self, element: Element, **values: str | None) -> None:
        """Set attributes of a start tag (None removes one)."""
        tag = self.tag(element)
        for name, value in values.items():
            tag = with_attribute(tag, name, value)
        self.replace(element.start, element.inner_start, tag)

    def set_text(self, element: Element, text: str) -> None:
        """Replace the content of an element by a text."""
        self.replace(element.inner_start, element.inner_end, escape(text))

    def append(self, element: Element, data: bytes) -> None:
        """Put bytes at the end of an element's content; an empty element is opened for it."""
        if element.is_empty:
            tag = self.data[element.start : element.end]
            opened = tag[: tag.rindex(b"/>")].rstrip() + b">"
            self.replace(element.start, element.end, opened + data + b"</" + element.name + b">")
        else:
            self.replace(element.inner_end, element.inner_end, data)

    def remove(self, element: Element) -> None:
        """Take an element out."""
        self.replace(element.start, element.end, b"")

    def result(self) -> bytes:
        """The bytes with all splices made; splices must not overlap, insertions at one place keep order."""
        return spliced(self.data, self._splices)


def spliced(data: bytes, splices: list[tuple[int, int, bytes]]) -> bytes:
    """`data` with (start, end, replacement) applied; raises AssertionError where two overlap."""
    if not splices:
        return data
    view = memoryview(data)
    pieces: list[bytes | memoryview] = []
    position = 0
    for start, end, new in sorted(splices, key=lambda splice: splice[:2]):
        assert start >= position, "splices overlap"
        pieces += (view[position:start], new)
        position = end
    pieces.append(view[position:])
    return b"".join(pieces)


def as_utf8(data: bytes, part: str) -> bytes:
    """The part in UTF-8: unchanged where it is, else transcoded with its declaration corrected."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encoding = "utf-16"
    elif data[:4] in (b"<\0?\0", b"\0<\0?"):
        encoding = "utf-16-le" if data[1] == 0 else "utf-16-be"
    else:
        match = _DECLARATION.match(data)
        encoding = match[1].decode().lower() if match else "utf-8"
        if encoding in ("utf-8", "utf8", "us-ascii", "ascii"):
            return data
    try:
        text = data.decode(encoding)
    except (LookupError, UnicodeDecodeError) as error:
        raise WorkbookCorrupt(f"expected text in {encoding}, got other bytes in {part}") from error
    return re.sub(r"(<\?xml[^>]*?encoding\s*=\s*[\"'])[^\"']+", r"\1UTF-8", text, count=1).encode()


def masked(data: bytes) -> bytes:
    """`data` with comments, CDATA sections and processing instructions blanked, positions unchanged."""
    if b"<!" not in data and data.count(b"<?") <= 1:
        return data
    return _HIDDEN.sub(lambda match: b" " * len(match[0]), data)


def attributes(tag: bytes) -> dict[str, str]:
    """The attributes of a start tag."""
    return {name.decode(): unescape(value[1:-1].decode()) for name, value in _ATTRIBUTE.findall(tag)}


def with_attribute(tag: bytes, name: str, value: str | None) -> bytes:
    """A start tag with one attribute set (at its place where it exists, else last) or removed."""
    for match in _ATTRIBUTE.finditer(tag):
        if match[1] == name.encode():
            if value is None:
                return tag[: match.start()] + tag[match.end() :]
            return tag[: match.start(2)] + b'"' + escape(value, quote=True) + b'"' + tag[match.end(2) :]
    if value is None:
        return tag
    end = len(tag) - (2 if tag.endswith(b"/>") else 1)
    body = tag[:end].rstrip()
    return body + b" " + name.encode() + b'="' + escape(value, quote=True) + b'"' + tag[end:]


def inner_text(data: bytes) -> str:
    """Character data with entities and CDATA sections resolved, comments left out."""
    if b"<" not in data:
        return unescape(data.decode())
    pieces, position = [], 0
    for match in _HIDDEN.finditer(data):
        pieces.append(unescape(data[position : match.start()].decode()))
        if match[0].startswith(b"<![CDATA["):
            pieces.append(match[0][9:-3].decode())
        position = match.end()
    return "".join(pieces) + unescape(data[position:].decode())


def unescape(text: str) -> str:
    """Resolve XML's own entities and character references."""
    if "&" not in text:
        return text

    def resolve(match: re.Match[str]) -> str:
        body = match[1]
        if body.startswith("#"):
            return chr(int(body[2:], 16) if body[1] in "xX" else int(body[1:]))
        return _ENTITIES[body]

    return _ENTITY.sub(resolve, text)


def escape(text: str, quote: bool = False) -> bytes:
    """Text as XML content (or, with `quote`, as an attribute's value in double quotes)."""
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\r", "&#13;")
    if quote:
        text = text.replace('"', "&quot;").replace("\n", "&#10;").replace("\t", "&#9;")
    return text.encode("utf-8", "surrogatepass")


def _scan(data: bytes, part: str, opaque: frozenset[bytes]) -> Element:
    root: Element | None = None
    stack: list[Element] = []
    position = 0
    while (match := _TOKEN.search(data, position)) is not None:
        position = match.end()
        if match["doctype"] is not None:
            raise WorkbookCorrupt(f"expected XML without a document type declaration, got one in {part}")
        name = match["name"]
        if name is None:
            continue
        if match["close"] is not None:
            if not stack or stack[-1].name != name:
                raise WorkbookCorrupt(f"expected well-formed XML in {part}, got a stray </{name.decode()}>")
            element = stack.pop()
            element.inner_end, element.end = match.start(), match.end()
            continue
        element = Element(name, match.start(), match.end())
        if stack:
            stack[-1].children.append(element)
        elif root is None:
            root = element
        if match["empty"] is not None:
            element.inner_end = element.end = element.inner_start
            element.is_empty = True
            continue
        if name.rpartition(b":")[2] in opaque:
            closing = b"</" + name
            found = data.find(closing, position)
            if found < 0:
                raise WorkbookCorrupt(f"expected the end of {name.decode()} in {part}, got none")
            position = data.index(b">", found) + 1
            element.inner_end, element.end = found, position
            continue
        stack.append(element)
    if root is None or stack:
        raise WorkbookCorrupt(f"expected one whole XML element in {part}, got a piece of one")
    return root
