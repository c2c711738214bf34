"""Render tasks to the text that the model reads, and read its answers back.

A prompt ends where the answer begins; an answer ends at `<|end|>`. Training and serving share these
functions; a change of any rendering raises `PROMPT_VERSION`, which stands in every suggestion and model card.

    completion   <|complete|> model text typed so far ...
    repair       <|repair|> broken text <|answer|> right text
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from . import vocabulary
from .notation import Notation, Origin, normalise

PROMPT_VERSION = 1

# A last word, or half a reference, that further typing may still change.
_OPEN_END = re.compile(r"(?<![\w.$])\$?[^\W\d][\w.]*\Z|(?<![\w.$])\$?[A-Z]{0,3}\$\Z")
_OPEN_WORD = re.compile(r"\w+\Z")
_WHOLE_CELL = re.compile(r"\$?[A-Z]{1,3}\$?[1-9]\d*\Z")
_HALF_REFERENCE = re.compile(r"(?:\bR\[?-?\d*\]?(?:C\[?-?\d*)?|\bC\[-?\d*)\Z")


@dataclass(frozen=True)
class Prompt:
    """`text` is what the model reads.

    `origin_text` is the formula text whose first reference later ones are relative to, `stem` the part of
    the formula that `text` holds already, `typed` what the whole formula must begin with. `cell` is the
    formula's own cell where there is a workbook; `sheets`, `tables` and `names` are then what it has, in
    capitals, and None where that is not known.
    """

    text: str
    origin_text: str = ""
    stem: str = ""
    typed: str = ""
    cell: Origin | None = None
    sheets: frozenset[str] | None = None
    tables: frozenset[str] | None = None
    names: frozenset[str] | None = None

    def read(self, answer: str) -> str:
        """The formula text (no `=`) that an answer of the model stands for."""
        return self.stem + self._notation().decode(answer, in_string=self._is_in_string)

    def write(self, formula: str) -> str:
        """The answer that stands for `formula`; raises ValueError where it does not begin with `stem`."""
        normal = normalise(formula)
        if not normal.startswith(self.stem):
            raise ValueError(f"expected a formula that begins with {self.stem!r}, got {normal!r}")
        rest, inside = normal[len(self.stem) :], ""
        if self._is_in_string:
            inside, quote, rest = rest.partition('"')
            inside += quote
        return inside + self._notation().encode(rest)

    def _notation(self) -> Notation:
        notation = Notation(self.cell)
        notation.encode(self.origin_text)
        return notation

    @property
    def _is_in_string(self) -> bool:
        return bool(split_open_string(self.stem)[1])

    def admits(self, answer: str) -> bool:
        """Whether an answer that begins so can still agree with what the person typed."""
        if len(self.typed) == len(self.stem):
            return True
        text = self.read(_HALF_REFERENCE.sub("", answer))
        return self.typed.startswith(text) or text.startswith(self.typed)


def repair_prompt(broken: str) -> Prompt:
    """`broken`: formula text as a person typed it, with or without `=`."""
    normal = normalise(broken)
    text = f"{vocabulary.REPAIR}{Notation().encode(normal)}{vocabulary.ANSWER}"
    return Prompt(text, origin_text=normal)


def completion_prompt(typed: str) -> Prompt:
    """`typed`: what stands before the cursor. A word or reference that may go on is left for the model.

    Inside a string that is still open, spaces and letters stay as they are.
    """
    stem, whole, text = typed_so_far(typed, Notation())
    origin_text = split_open_string(stem)[0]
    return Prompt(vocabulary.COMPLETE + text, origin_text=origin_text, stem=stem, typed=whole)


def typed_so_far(typed: str, notation: Notation) -> tuple[str, str, str]:
    """(what an answer goes on from, all that was typed, the former as model text), normalised."""
    head, opening = split_open_string(typed)
    normal = normalise(head)
    if opening:
        end = _OPEN_WORD.search(opening)
        inside = opening[: end.start()] if end else opening
        return normal + inside, normal + opening, notation.encode(normal) + inside
    end = _OPEN_END.search(normal)
    stem = normal if end is None or _WHOLE_CELL.match(end.group()) else normal[: end.start()]
    return stem, normal, notation.encode(stem)


def split_open_string(typed: str) -> tuple[str, str]:
    """What comes before a string literal that was not closed, and that literal from its quote on."""
    start = -1
    for position, character in enumerate(typed):
        if character == '"':
            start = position if start < 0 else -1
    return (typed, "") if start < 0 else (typed[:start], typed[start:])


def completion_text(formula: str) -> str:
    """A whole formula as the model learns it: its tail is the answer to the prompt of each beginning."""
    return vocabulary.COMPLETE + Notation().encode(normalise(formula))
