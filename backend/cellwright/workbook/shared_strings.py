"""The shared strings of a workbook: one text for each `si`, rich runs joined, phonetic runs left out."""

from __future__ import annotations

from collections.abc import Iterable

from cellwright.workbook.markup import Names, feed, parser
from cellwright.workbook.texts import TextPool


def read_strings_with_expat(chunks: Iterable[bytes], part: str) -> TextPool:
    """The texts of a shared strings part, by index; raises WorkbookCorrupt."""
    names = Names()
    made = parser(part)
    texts: list[str] = []
    item: list[str] = []
    buffer: list[str] | None = None
    depth = phonetic = 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth, phonetic, buffer
        depth += 1
        tag = names[name]
        if depth == 2:
            item.clear()
            phonetic = 0
        elif tag == "rPh":
            phonetic += 1
        elif tag == "t" and not phonetic:
            buffer = []

    def end(name: str) -> None:
        nonlocal depth, phonetic, buffer
        tag = names[name]
        if depth == 2:
            if tag == "si":
                texts.append("".join(item))
        elif tag == "rPh":
            phonetic -= 1
        elif tag == "t" and buffer is not None:
            item.append("".join(buffer))
            buffer = None
        depth -= 1

    def data(text: str) -> None:
        if buffer is not None:
            buffer.append(text)

    made.StartElementHandler = start
    made.EndElementHandler = end
    made.CharacterDataHandler = data
    feed(made, chunks, part)
    return TextPool.of(texts)
