"""A question whose words are struck out as they are accounted for, and the words that need no account."""

from __future__ import annotations

import re
from dataclasses import dataclass

from cellwright.ask.frames import Frame
from cellwright.ask.grounding.text import fold, stem

NAMED = 0.9
"""From this score on words are a column's own name."""
ALIKE = 0.72
"""From this score on they may stand for it."""
WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?|\d[\d.,]*|[#%$€£]")
_SMALL_TEXT = """
what which is are was were be been the a an of in on at to for by from with and or all our my their your me
we us they you i it its this that there here do does did have has had having whose who where when how much
many row rows record records entry entries line lines item items value values number overall altogether
whole entire sheet table data workbook file column ever far so please tell show give can could find get
calculate compute out up made make one each any during within than has's what's who's that's combined
single individual
"""
SMALL = frozenset(_SMALL_TEXT.split())
SUPERLATIVE = re.compile(
    r"\b(?:(?P<max>most|highest|largest|biggest|greatest|maximum|max|best|longest|latest)|"
    r"(?P<min>least|lowest|smallest|fewest|minimum|min|worst|shortest|earliest))\b",
    re.I,
)
MEANT = (
    (re.compile(r"\bmost expensive|\bdearest|\bcostliest|\bpriciest", re.I), "most", ("price", "cost")),
    (re.compile(r"\bcheapest|\bleast expensive", re.I), "least", ("price", "cost")),
    (
        re.compile(r"\b(?:sell|sold|sells|earn(?:ed)?|brought in|turn(?:ed)? over)\b", re.I),
        "",
        ("sale", "quantity"),
    ),
    (re.compile(r"\b(?:spend|spent|pay|paid|pays)\b", re.I), "", ("cost", "amount")),
)
"""Words that speak of a column without its name: (words, superlative, what such a column is called)."""


class Unclear(Exception):
    """A word has two readings that the table does not decide between."""


@dataclass
class Sentence:
    """A question whose words are struck out as they are accounted for."""

    text: str

    def strike(self, start: int, end: int) -> None:
        """Account for the characters from start to end."""
        self.text = self.text[:start] + " " * (end - start) + self.text[end:]

    def left(self) -> list[re.Match[str]]:
        """The words that nothing accounts for."""
        return [match for match in WORD.finditer(self.text) if fold(match[0]) not in SMALL]

    def strike_all(self, pattern: str) -> None:
        """Strike out every match."""
        for match in re.finditer(pattern, self.text, re.I):
            self.strike(*match.span())

    def strike_meant(self) -> None:
        """Strike out verbs that speak of a column without its name."""
        for pattern, _, _ in MEANT:
            match = pattern.search(self.text)
            if match:
                self.strike(*match.span())


def content(text: str) -> list[str]:
    """The words of a text that are no small ones."""
    return [match[0] for match in WORD.finditer(text) if fold(match[0]) not in SMALL]


def own_words(frame: Frame) -> set[str]:
    """The words of the table's and its sheet's names, which a person calls its rows by."""
    return {stem(fold(word)) for name in (frame.sheet, frame.name or "") for word in WORD.findall(name)}
