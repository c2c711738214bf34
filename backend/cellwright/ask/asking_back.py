"""When the person is asked back: whether words are a question, and which of two columns a word means."""

from __future__ import annotations

import re

from cellwright.ask.frames import Frame, FrameColumn
from cellwright.ask.grounding.text import fold, likeness, stem
from cellwright.ask.mentions import WORD, columns_in, name_score
from cellwright.ask.model import Choice, Clarification
from cellwright.ask.scene import Scene
from cellwright.ask.words import are_synonyms
from cellwright.workbook.detect import ColumnKind

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


_PHRASE = re.compile(
    r"\s*(?:the )?(?:total|sum of|average|mean|median|highest|lowest|largest|smallest|biggest|"
    r"max(?:imum)?|min(?:imum)?|number of|count of|latest|earliest)\b", re.I)  # fmt: skip
_PLACED = re.compile(
    r"\b(?:row|column|cell|sheet|tab|below|under|beside|next to|by|per|each|every)\b|[A-Z]{1,2}\d", re.I
)


def is_phrase(text: str) -> bool:
    """Whether a request only names a figure (`average discount for East`) and says nothing of a place."""
    return bool(_PHRASE.match(text)) and not _WISH.search(text) and not _PLACED.search(text)


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
    return _open_synonym(text, frame) or _open_part(text, frame)


def _open_synonym(text: str, frame: Frame) -> Clarification | None:
    """A word that no column bears and that may stand for two of the columns with numbers, as `amount` may."""
    plain = re.sub(r"[\"“][^\"”]*[\"”]", lambda match: " " * len(match[0]), text)
    named = columns_in(text, frame)
    for match in WORD.finditer(plain):
        word = stem(fold(match[0]))
        if any(
            m.start <= match.end() + 1 and match.start() <= m.end + 1 and (m.start, m.end) != match.span()
            for m in named
        ):
            continue  # named by more than this word, or the word beside it names one (`start date`)
        if len(word) < 4 or any(likeness(word, part) >= 0.7 for c in frame.columns for part in c.stems):
            continue
        meant = [
            column
            for column in frame.columns
            if column.kind is ColumnKind.NUMBER and any(are_synonyms(word, part) for part in column.stems)
        ]
        if len(meant) > 1:
            return _which(text, match, meant)
    return None


def _which(text: str, match: re.Match[str], columns: list[FrameColumn]) -> Clarification:
    choices = tuple(
        Choice(column.name, f'{text[: match.start()]}"{column.name}"{text[match.end() :]}')
        for column in columns
    )
    names = " or ".join(column.name for column in columns)
    return Clarification(text, f"Which column do you mean by {match[0]!r}: {names}?", choices)


def _open_part(text: str, frame: Frame) -> Clarification | None:
    """A word that is half of the names of two columns."""
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
        return _which(text, match, sharing)
    return None
