"""Words of a request made plain before its condition is read: names of Excel's rules, slips, places.

`topItems` is `top items`, `equalTo = X` is `equal to X`; where a rule goes (`on cell range C2:C107 in
sheet1`) says nothing of what it compares.
"""

from __future__ import annotations

import re

_CAMEL = re.compile(
    r"\b(top|bottom|above|below|greater|less|equal|not|duplicate|unique|contains?|begins|ends|between|data|icon|color)"
    r"((?:[A-Z][a-z]+)+)\b"
)
_SLIPS = (
    (re.compile(r"\bgrater\b", re.I), "greater"),
    (re.compile(r"\bhigest\b", re.I), "highest"),
    (re.compile(r"\bdupl?icates? (?:data|items?|entries|records?|values?)\b", re.I), "duplicate values"),
    (re.compile(r"\bequals? to\s*(?:==?|:)\s*", re.I), "equal to "),
    (re.compile(r"\b(values?|cells?|texts?)\s*==?\s*", re.I), r"\1 equal to "),
    (
        re.compile(
            r"\b(?:have|has|having|with)\s+([^\"“\s][^\"“]*?)\s+in\s+(?:them|it|(?:their|its|the)\s+"
            r"(?:values?|names?|texts?|cells?))\b",
            re.I,
        ),
        r'contain "\1"',
    ),
)
_ADDRESS = r"\$?[A-Z]{1,3}\s?\$?\d{1,7}"
_QUOTED = re.compile(r"\"[^\"]*\"|“[^”]*”|(?<!\w)'[^']*'(?!\w)")
_PLACES = (
    re.compile(
        rf"(?:\b(?:to|on|for|from|in|at|of|over|within|across|through)\s+)?(?:the\s+)?(?:\bcells?\s+)?(?:\brange?\s+)?"
        rf"(?:\bcells?\s+)?(?:{_ADDRESS}\s*(?:to|-|:|–|through|until)\s*{_ADDRESS}(?!\w)|{_ADDRESS}:\$?[A-Z]{{1,3}}(?!\w))",
        re.I,
    ),
    re.compile(
        r"\b(?:to|on|in|for|from|of|at)\s+(?:the\s+)?(?:work)?sheet(?:\b|-)\s*(?:named|called)?\s*[^,;.]*?"
        r"(?=\s+(?:find|highlight|to|where|if|with|by|for|from|using|and|range|column|apply|show)\b|[,;.]|$)",
        re.I,
    ),
    re.compile(
        r"\b(?:on|in|of|from)\s+(?:the\s+)?[\w()/.&-]+(?:\s[\w()/.&-]+){0,5}\s+(?:work)?sheet\b\.?", re.I
    ),
    re.compile(r"^\s*in\s+(?:the\s+)?columns?\s*[-:]\s*[^,]+,", re.I),
    re.compile(r"\b(?:by|using|with|through)\s+(?:the\s+)?conditional\s+form\w*\b.*$", re.I),
    re.compile(
        r"\b(?:apply|add|use|applied|used|insert|set|change)\s+(?:a\s+|the\s+)?conditional\s+form\w*\b", re.I
    ),
    re.compile(r"\bconditional\s+form\w*\b", re.I),
)


def _as_words(name: re.Match[str]) -> str:
    return name[1] + re.sub(r"[A-Z]", lambda letter: f" {letter[0].lower()}", name[2])


def plain_words(text: str) -> str:
    """The request with the names of Excel's rules as words, and common slips mended."""
    text = _CAMEL.sub(_as_words, text)
    for pattern, word in _SLIPS:
        text = pattern.sub(word, text)
    return text


def without_places(text: str) -> str:
    """The request without the words that say where on the sheet its rule goes; quoted texts stay."""
    kept: list[str] = []

    def keep(match: re.Match[str]) -> str:
        kept.append(match[0])
        return f"\x05{len(kept) - 1}\x06"

    masked = _QUOTED.sub(keep, text)
    for pattern in _PLACES:
        masked = pattern.sub(" ", masked)
    return re.sub(r"\x05(\d+)\x06", lambda match: kept[int(match[1])], masked).strip()
