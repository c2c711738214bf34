"""A cheap look at what was just written, before anybody sees it: whole members, well-formed XML."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from cellwright.patch.archive import Archive
from cellwright.workbook.markup import feed, parser
from cellwright.workbook.precheck import LIMITS, open_container

_MARKUP = (".xml", ".rels", ".vml")
_CHUNK = 1 << 20


def check_members(data: bytes, where: str, names: Iterable[str]) -> tuple[Archive, dict[str, str]]:
    """The zip taken apart again, and the sha256 of the content of each of those members.

    Raises WorkbookCorrupt or LimitExceeded where the zip or one of them can't be read back.
    """
    open_container(data, where).close()
    archive = Archive.parse(data, where)
    digests: dict[str, str] = {}
    for name in names:
        content = archive.members[name].read(LIMITS.unpacked)
        digests[name] = hashlib.sha256(content).hexdigest()
        if name.casefold().endswith(_MARKUP):
            made = parser(name)
            feed(made, (content[i : i + _CHUNK] for i in range(0, len(content), _CHUNK)), name)
    return archive, digests
