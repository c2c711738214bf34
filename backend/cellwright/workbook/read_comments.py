"""Notes and threaded comments of a worksheet.

For old readers a threaded comment leaves a note behind, with the author `tc={...}` and a text that explains
it; where the thread itself is there, that note is left out.
"""

from __future__ import annotations

from collections.abc import Iterable
from xml.etree.ElementTree import Element

from cellwright.errors import ReferenceSyntaxError
from cellwright.reference import Cell
from cellwright.workbook.model import Comment
from cellwright.workbook.texts import unescape


def read_comments(
    notes: Iterable[Element], threads: Iterable[Element], persons: dict[str, str]
) -> tuple[Comment, ...]:
    """The comments of the given parts in the order of their cells; a thread is one of several lines."""
    threaded: dict[Cell, list[tuple[str, str]]] = {}
    for root in threads:
        for element in root.iter("tc.threadedComment"):
            cell = _cell(element.get("ref"))
            if cell is not None:
                author = persons.get(element.get("personId") or "", "")
                threaded.setdefault(cell, []).append((author, element.findtext("tc.text") or ""))
    found = [
        Comment(cell, "\n".join(text for _, text in replies), replies[0][0])
        for cell, replies in threaded.items()
    ]
    for root in notes:
        authors = [element.text or "" for element in root.iterfind("authors/author")]
        for element in root.iterfind("commentList/comment"):
            cell = _cell(element.get("ref"))
            if cell is None or cell in threaded:
                continue
            index = element.get("authorId") or ""
            known = index.isdigit() and int(index) < len(authors)
            author = authors[int(index)] if known else ""
            found.append(Comment(cell, rich_text(element.find("text")), unescape(author)))
    return tuple(sorted(found, key=lambda comment: comment.cell))


def read_persons(root: Element) -> dict[str, str]:
    """Person id -> display name."""
    return {element.get("id") or "": element.get("displayName") or "" for element in root.iter("tc.person")}


def rich_text(element: Element | None) -> str:
    """The text of an element of runs, without phonetic ones."""
    if element is None:
        return ""
    pieces = [child.text or "" for child in element if child.tag == "t"]
    for run in element.iterfind("r"):
        pieces += [child.text or "" for child in run.iterfind("t")]
    return unescape("".join(pieces))


def _cell(text: str | None) -> Cell | None:
    try:
        return Cell.parse(text or "")
    except ReferenceSyntaxError:
        return None
