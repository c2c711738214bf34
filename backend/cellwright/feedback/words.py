"""The words that full-text search finds, the same on both databases, and how a search is read.

Text is folded (case, accents) and cut at everything that is neither letter nor digit, so `Sales!B2` is the
words `sales` and `b2`. A query finds what holds all its words; a word that ends in `*` stands for all that
begin so. On SQLite a line's words also hold marks of what filters ask for: the full-text index then
intersects filters and words at once, newest first, where several ordinary indexes could not.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable

from cellwright.errors import UsageError

_WORD = re.compile(r"[^\W_]+")
_QUERY_WORD = re.compile(r"[^\W_]+\*?")
_MOST_WORDS = 300
_LONGEST = 40
_LEAST_PREFIX = 2


def folded(text: str) -> str:
    """Without case and accents."""
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in decomposed if not unicodedata.combining(c))


def words_of(texts: Iterable[str]) -> list[str]:
    """The distinct words, at most 300, each at most 40 characters."""
    found: dict[str, None] = {}
    for text in texts:
        for match in _WORD.finditer(folded(text)):
            found[match.group()[:_LONGEST]] = None
            if len(found) >= _MOST_WORDS:
                return list(found)
    return list(found)


def query_words(query: str) -> list[str]:
    """The words of a search, a prefix with its `*`; raises UsageError for a prefix that is too short."""
    found = list(dict.fromkeys(word[: _LONGEST + 1] for word in _QUERY_WORD.findall(folded(query))))
    for word in found:
        if word.endswith("*") and len(word) <= _LEAST_PREFIX:
            raise UsageError(f"expected at least {_LEAST_PREFIX} characters before *, got {word!r}")
    return found


def mark(field: str, value: str) -> str:
    """The mark of a filter's value: no word of a text can be one, for marks begin with `_`."""
    return f"_{field}_{hashlib.sha256(value.encode()).hexdigest()[:12]}"


def fts5_query(marks: Iterable[str], words: Iterable[str]) -> str:
    """All of them, as SQLite's FTS5 reads it."""
    terms = [f'"{term}"' for term in marks]
    terms += [f'"{word[:-1]}"*' if word.endswith("*") else f'"{word}"' for word in words]
    return " AND ".join(terms)


def tsquery(words: Iterable[str]) -> str:
    """All of them, as PostgreSQL's tsquery reads it."""
    return " & ".join(f"'{word[:-1]}':*" if word.endswith("*") else f"'{word}'" for word in words)
