"""The parts of a workbook's zip: found by name whatever its case and slashes, inflated under the limits.

Relationships and content types follow ECMA-376 part 2 (Open Packaging Conventions); targets may be relative,
absolute, percent-encoded or written with backslashes.
"""

from __future__ import annotations

import lzma
import posixpath
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from types import TracebackType
from urllib.parse import unquote
from xml.etree.ElementTree import Element

from cellwright.errors import LimitExceeded, NotAWorkbook, UnsupportedFormat, WorkbookCorrupt
from cellwright.workbook import markup
from cellwright.workbook.precheck import LIMITS, Limits, check_size, open_container

CHUNK = 1 << 18
_MAX_PART = 64_000_000
_DAMAGE = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError, ValueError, struct.error)
_ZIP_REFUSALS = (NotImplementedError, RuntimeError)


@dataclass(frozen=True, slots=True)
class Relationship:
    """One relationship; `type` is the last segment of its URI, `target` a part name or an outside address."""

    id: str
    type: str
    target: str
    is_external: bool = False


class Package:
    """An open workbook. Part names are given without the leading slash (`xl/workbook.xml`)."""

    def __init__(self, data: bytes, where: str, limits: Limits = LIMITS) -> None:
        self.where = where
        self.limits = limits
        self._zip = open_container(data, where, limits)
        self._members = {
            member.filename.replace("\\", "/").casefold(): member
            for member in self._zip.infolist()
            if not member.is_dir()
        }
        self._unpacked = 0
        self._counted: set[str] = set()

    def __enter__(self) -> Package:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._zip.close()

    @property
    def parts(self) -> tuple[str, ...]:
        """The names of all parts, as the zip spells them but for its slashes."""
        return tuple(member.filename.replace("\\", "/") for member in self._members.values())

    def has(self, part: str) -> bool:
        """Whether the zip holds that part."""
        return part.casefold() in self._members

    def member_name(self, part: str) -> str:
        """The name of a part as the zip spells it."""
        return self._member(part).filename

    def chunks(self, part: str, size: int = CHUNK) -> Iterator[bytes]:
        """The inflated bytes of a part, piece by piece, counted against the limits.

        Raises WorkbookCorrupt for a missing or damaged part and LimitExceeded.
        """
        member = self._member(part)
        is_new = part.casefold() not in self._counted
        self._counted.add(part.casefold())
        done = 0
        try:
            with self._zip.open(member) as stream:
                while chunk := stream.read(size):
                    done += len(chunk)
                    if is_new:
                        self._unpacked += len(chunk)
                    check_size(self._unpacked, member, done, self.where, self.limits)
                    yield chunk
        except _ZIP_REFUSALS as error:
            raise UnsupportedFormat(
                f"expected a stored or deflated part, got {error} ({part}): {self.where}"
            ) from error
        except _DAMAGE as error:
            raise WorkbookCorrupt(f"expected a whole part {part}, got {error}: {self.where}") from error

    def read(self, part: str) -> bytes:
        """All bytes of a part."""
        pieces, size = [], 0
        for chunk in self.chunks(part):
            pieces.append(chunk)
            size += len(chunk)
            if size > _MAX_PART:
                raise LimitExceeded(f"expected {part} of at most {_MAX_PART:,} bytes, got more: {self.where}")
        return b"".join(pieces)

    def tree(self, part: str) -> Element:
        """The element tree of a part, with the short names of `markup`."""
        return markup.parse(iter((self.read(part),)), f"{part} of {self.where}")

    def relationships(self, part: str) -> dict[str, Relationship]:
        """The relationships of a part (of the package for an empty name) by id; empty where it has none."""
        folder, name = posixpath.split(part)
        source = posixpath.join(folder, "_rels", f"{name}.rels")
        if not self.has(source):
            return {}
        found: dict[str, Relationship] = {}
        for element in self.tree(source).iter("Relationship"):
            key, kind, target = (element.get(name) or "" for name in ("Id", "Type", "Target"))
            is_external = (element.get("TargetMode") or "").casefold() == "external"
            kind = kind.rstrip("/").rsplit("/", 1)[-1]
            found[key] = Relationship(
                key, kind, target if is_external else self._resolve(folder, target), is_external
            )
        return found

    @cached_property
    def content_types(self) -> tuple[dict[str, str], dict[str, str]]:
        """(part name -> type, extension -> type), both casefolded."""
        if not self.has("[Content_Types].xml"):
            return {}, {}
        overrides: dict[str, str] = {}
        defaults: dict[str, str] = {}
        for element in self.tree("[Content_Types].xml"):
            kind = element.get("ContentType") or ""
            if element.tag == "Override":
                overrides[(element.get("PartName") or "").lstrip("/\\").replace("\\", "/").casefold()] = kind
            elif element.tag == "Default":
                defaults[(element.get("Extension") or "").casefold()] = kind
        return overrides, defaults

    def content_type(self, part: str) -> str:
        """The content type of a part; empty where none is declared."""
        overrides, defaults = self.content_types
        extension = posixpath.splitext(part)[1].lstrip(".").casefold()
        return overrides.get(part.casefold()) or defaults.get(extension, "")

    @cached_property
    def main_part(self) -> str:
        """The name of the workbook part; raises NotAWorkbook or UnsupportedFormat where there is none."""
        target = next(
            (rel.target for rel in self.relationships("").values() if rel.type == "officeDocument"), ""
        )
        if not self.has(target):
            declared = (name for name, kind in self.content_types[0].items() if "sheet.main+xml" in kind)
            target = next((name for name in (*declared, "xl/workbook.xml") if self.has(name)), "")
        if not target:
            raise NotAWorkbook(f"expected a workbook, got a zip without a workbook part: {self.where}")
        kind = self.content_type(target).casefold()
        if "sheet.binary" in kind:
            raise UnsupportedFormat(
                "expected .xlsx or .xlsm, got a binary workbook (.xlsb), save it as .xlsx first: "
                f"{self.where}"
            )
        if "wordprocessingml" in kind or "presentationml" in kind:
            raise NotAWorkbook(f"expected a workbook, got another Office document: {self.where}")
        return target

    def _member(self, part: str) -> zipfile.ZipInfo:
        member = self._members.get(part.casefold())
        if member is None:
            raise WorkbookCorrupt(f"expected a part {part}, got none of that name: {self.where}")
        return member

    def _resolve(self, folder: str, target: str) -> str:
        """The part that a relationship's target names, seen from the folder of its source."""
        target = target.replace("\\", "/").split("#", 1)[0]
        absolute = target if target.startswith("/") else posixpath.join("/", folder, target)
        name = posixpath.normpath(absolute).lstrip("/")
        return name if self.has(name) or not self.has(unquote(name)) else unquote(name)
