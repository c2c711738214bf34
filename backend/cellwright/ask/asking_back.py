"""When the person is asked back: whether words are a question, and which of two columns a word means."""

from __future__ import annotations

import re

from cellwright.ask.grounding.text import fold, stem
from cellwright.ask.mentions import WORD, columns_in, name_score
from cellwright.ask.model import Choice, Clarification
from cellwright.ask.scene import Scene

_QUESTION = re.compile(
    r"^\s*(?:what|which|who|whom|whose|when|where|why|how (?:many|much|often|long|far|old|big|"
        r"large|high)|is|are|was|were|"
    r"does|do|did|has|have|had)\b", re.I)  # fmt: skip
_WISH = re.compile(
    r"\b(?:highlight|create|insert|add a|new (?:sheet|column|row)|chart|pivot|sort|filter|format|"
        r"delete|remove|fill|write|"
    r"put|calculate)\b", re.I)  # fmt: skip
_BY = re.compile(
    r"\b(?:sort(?:ed)?|order(?:ed)?|filter(?:ed)?|group(?:ed)?|total|sum|average|highlight)\b", re.I
)


def is_question(text: str) -> bool:
    """Whether a request asks for a fact and not for a change."""
    if _WISH.search(text):
        return False
    return bool(_QUESTION.match(text)) or (
        text.strip().endswith("?") and not re.match(r"\s*(?:can|could|would|will|please)\b", text, re.I)
    )


def open_column(text: str, scene: Scene) -> Clarification | None:
    """A question where one word names two columns equally well and neither by its full name."""
    frame = scene.frame_for(text)
    if frame is None or not _BY.search(text):
        return None
    for match in WORD.finditer(text):
        word = stem(fold(match[0]))
        if len(word) < 3:
            continue
        sharing = [column for column in frame.columns if word in column.stems and len(column.stems) == 2]
        if len(sharing) != 2 or any(column.stems == (word,) for column in frame.columns):
            continue
        named = [m for m in columns_in(text, frame) if m.column in sharing]
        exact = any(name_score(text[m.start : m.end].strip("\"'“”"), m.column) > 0.95 for m in named)
        others = {one for column in sharing for one in column.stems} - {word}
        said = {stem(fold(one[0])) for one in WORD.finditer(text)}
        if exact or said & others or len({c.kind for c in sharing}) > 1:
            continue
        choices = tuple(
            Choice(column.name, f'{text[: match.start()]}"{column.name}"{text[match.end() :]}')
            for column in sharing
        )
        names = " or ".join(column.name for column in sharing)
        return Clarification(text, f"Which column do you mean by {match[0]!r}: {names}?", choices)
    return None
