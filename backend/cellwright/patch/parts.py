"""The parts of a workbook while edits change them: read, replace, add and remove, with types and relations.

Everything is lazy: a part that no edit asks for is never inflated, and one whose bytes end as they began
counts as unchanged.
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from urllib.parse import unquote

from cellwright.errors import NotAWorkbook, UnsupportedFormat, UnsupportedWrite, WorkbookCorrupt
from cellwright.patch.archive import Archive, Member, new_member
from cellwright.patch.spans import Document, Element, escape
from cellwright.workbook.precheck import LIMITS

XML_HEAD = b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
CONTENT_TYPES = "[Content_Types].xml"
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
_STRICT = "http://purl.oclc.org/ooxml/officeDocument/relationships/"


@dataclass(frozen=True, slots=True)
class Relation:
    """A relationship: `kind` is the end of its type, `target` a part's name or an outside address."""

    id: str
    kind: str
    target: str
    is_external: bool


class Parts:
    """The parts of an archive by name (no leading slash, case ignored), with changes laid over them."""

    def __init__(self, archive: Archive, where: str) -> None:
        self.archive = archive
        self.where = where
        self._names = {_folded(name): name for name in archive.members}
        self._changed: dict[str, bytes] = {}
        self._added: dict[str, bytes] = {}
        self._names_added: dict[str, str] = {}
        self._removed: set[str] = set()
        self._read: dict[str, bytes] = {}
        self._relations: dict[str, list[Relation]] = {}
        self._require_writable()

    def _require_writable(self) -> None:
        if any(name.startswith("_xmlsignatures/") for name in self._names):
            raise UnsupportedFormat(
                f"expected a workbook without a digital signature, got a signed one, "
                f"which any change would make void: {self.where}"
            )
        if _folded(CONTENT_TYPES) not in self._names:
            raise NotAWorkbook(f"expected a workbook, got a zip without content types: {self.where}")

    def has(self, part: str) -> bool:
        """Whether there is such a part now."""
        folded = _folded(part)
        return folded in self._added or (folded in self._names and folded not in self._removed)

    def read(self, part: str) -> bytes:
        """The bytes of a part now; raises WorkbookCorrupt where there is none."""
        folded = _folded(part)
        for overlay in (self._changed, self._added, self._read):
            if folded in overlay:
                return overlay[folded]
        if not self.has(part):
            raise WorkbookCorrupt(f"expected a part {part}, got none of that name: {self.where}")
        return self._original(folded)

    def _original(self, folded: str) -> bytes:
        """A part as the archive has it, inflated once."""
        if folded not in self._read:
            self._read[folded] = self.archive.members[self._names[folded]].read(LIMITS.unpacked)
        return self._read[folded]

    def document(self, part: str) -> Document:
        """A part scanned into elements."""
        return Document(self.read(part), part)

    def write(self, part: str, data: bytes) -> None:
        """Replace the bytes of a part."""
        folded = _folded(part)
        if folded in self._added:
            self._added[folded] = data
        elif data == self._original(folded):
            self._changed.pop(folded, None)
        else:
            self._changed[folded] = data
        self._relations.clear()

    def add(self, part: str, data: bytes, content_type: str) -> None:
        """Add a part with its content type."""
        folded = _folded(part)
        self._removed.discard(folded)
        if folded in self._names:
            self._changed[folded] = data
        else:
            self._names_added[folded] = part
            self._added[folded] = data
        if content_type:
            document = self.document(self.spelled(CONTENT_TYPES))
            tag = document.root.prefix
            override = (
                b"<" + tag + b'Override PartName="/' + escape(part, quote=True)
                + b'" ContentType="' + content_type.encode() + b'"/>'
            )  # fmt: skip
            document.append(document.root, override)
            self.write(self.spelled(CONTENT_TYPES), document.result())

    def remove(self, part: str) -> None:
        """Remove a part, its content type and the relationships part beside it."""
        folded = _folded(part)
        self._added.pop(folded, None)
        self._changed.pop(folded, None)
        if folded in self._names:
            self._removed.add(folded)
        document = self.document(self.spelled(CONTENT_TYPES))
        for element in document.root.children:
            name = document.attribute(element, "PartName")
            if name is not None and _folded(name.lstrip("/")) == folded:
                document.remove(element)
        self.write(self.spelled(CONTENT_TYPES), document.result())

    def spelled(self, part: str) -> str:
        """The name of a part as the zip spells it."""
        return self._names.get(_folded(part), part)

    def content_type(self, part: str) -> str:
        """The declared content type of a part; empty where none is."""
        document = self.document(self.spelled(CONTENT_TYPES))
        default = ""
        for element in document.root.children:
            marks = document.attributes(element)
            if element.local == "Override":
                if _folded(marks.get("PartName", "").lstrip("/")) == _folded(part):
                    return marks.get("ContentType", "")
            elif (
                marks.get("Extension", "\0").casefold() == posixpath.splitext(part)[1].lstrip(".").casefold()
            ):
                default = marks.get("ContentType", "")
        return default

    def relations(self, part: str) -> list[Relation]:
        """The relationships of a part (of the package for an empty name)."""
        source = relations_part(part)
        if not self.has(source):
            return []
        if source not in self._relations:
            document = self.document(source)
            folder = posixpath.dirname(part)
            self._relations[source] = [
                self._relation(document, element, folder)
                for element in document.root.children
                if element.local == "Relationship"
            ]
        return self._relations[source]

    def related(self, part: str, kind: str) -> list[str]:
        """The parts inside the package that a part points at with that kind of relationship."""
        return [
            rel.target
            for rel in self.relations(part)
            if rel.kind == kind and not rel.is_external and self.has(rel.target)
        ]

    def relate(self, part: str, kind: str, target: str, type_uri: str | None = None) -> str:
        """Add a relationship from `part` to another part; gives its id."""
        source = relations_part(part)
        taken = {rel.id for rel in self.relations(part)}
        number = 1
        while f"rId{number}" in taken:
            number += 1
        key = f"rId{number}"
        relative = posixpath.relpath(target, posixpath.dirname(part) or ".")
        uri = type_uri or self._family(part) + kind
        if not self.has(source):
            self.add(source, XML_HEAD + f'<Relationships xmlns="{_RELATIONS}"/>'.encode(), "")
        document = self.document(source)
        element = (
            b"<" + document.root.prefix + b'Relationship Id="' + key.encode() + b'" Type="' + uri.encode()
            + b'" Target="' + escape(relative, quote=True) + b'"/>'
        )  # fmt: skip
        document.append(document.root, element)
        self.write(source, document.result())
        return key

    def unrelate(self, part: str, target: str) -> None:
        """Remove the relationships from `part` to another part."""
        source = relations_part(part)
        document = self.document(source)
        folder = posixpath.dirname(part)
        for element in document.root.children:
            if element.local == "Relationship":
                relation = self._relation(document, element, folder)
                if not relation.is_external and _folded(relation.target) == _folded(target):
                    document.remove(element)
        self.write(source, document.result())

    def free_name(self, pattern: str) -> str:
        """The first part name `pattern` with a number in place of `{}` that is not taken."""
        number = 1
        while self.has(pattern.format(number)):
            number += 1
        return pattern.format(number)

    @property
    def workbook(self) -> str:
        """The name of the workbook part."""
        target = next(iter(self.related("", "officeDocument")), None)
        if target is None and self.has("xl/workbook.xml"):
            target = "xl/workbook.xml"
        if target is None:
            raise NotAWorkbook(f"expected a workbook, got a zip without a workbook part: {self.where}")
        return target

    def changes(self) -> tuple[dict[str, Member], set[str], list[Member]]:
        """(changed members by name, removed names, added members) of the archive."""
        changed = {}
        for folded, data in self._changed.items():
            name = self._names[folded]
            changed[name] = self.archive.members[name].with_data(data)
        removed = {self._names[folded] for folded in self._removed}
        added = [new_member(self._names_added[folded], data) for folded, data in self._added.items()]
        return changed, removed, added

    def _family(self, part: str) -> str:
        """Whether the package writes strict or transitional relationship types."""
        source = relations_part(part)
        if self.has(source) and _STRICT.encode() in self.read(source):
            return _STRICT
        return _OFFICE

    def _relation(self, document: Document, element: Element, folder: str) -> Relation:
        marks = document.attributes(element)
        target = marks.get("Target", "")
        is_external = marks.get("TargetMode", "").casefold() == "external"
        if not is_external:
            target = self._resolve(folder, target)
        kind = marks.get("Type", "").rstrip("/").rsplit("/", 1)[-1]
        return Relation(marks.get("Id", ""), kind, target, is_external)

    def _resolve(self, folder: str, target: str) -> str:
        target = target.replace("\\", "/").split("#", 1)[0]
        absolute = target if target.startswith("/") else posixpath.join("/", folder, target)
        name = posixpath.normpath(absolute).lstrip("/")
        name = name if self.has(name) or not self.has(unquote(name)) else unquote(name)
        return self.spelled(name).replace("\\", "/")


def relations_part(part: str) -> str:
    """The name of the part that holds a part's relationships."""
    folder, name = posixpath.split(part)
    return posixpath.join(folder, "_rels", f"{name}.rels")


def _folded(name: str) -> str:
    return re.sub(r"/+", "/", name.replace("\\", "/")).casefold()


def unsupported(what: str, expected: str, where: str) -> UnsupportedWrite:
    """The refusal of an edit that the file's `what` stands in the way of."""
    return UnsupportedWrite(f"expected {expected}, got {what}: {where}")
