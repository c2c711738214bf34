"""A request cut into clauses: one thing to do each, in order; quoted texts and formulas stay whole."""

from __future__ import annotations

import re

VERBS = [
    "add",
    "adjust",
    "align",
    "append",
    "apply",
    "arrange",
    "autofill",
    "average",
    "bold",
    "bring",
    "build",
    "calculate",
    "center",
    "change",
    "chart",
    "check",
    "clean",
    "clear",
    "color",
    "colour",
    "combine",
    "compare",
    "complete",
    "compute",
    "concatenate",
    "convert",
    "copy",
    "count",
    "create",
    "deduplicate",
    "delete",
    "determine",
    "display",
    "divide",
    "draw",
    "drop",
    "duplicate",
    "extract",
    "fetch",
    "figure",
    "fill",
    "filter",
    "find",
    "fit",
    "fix",
    "format",
    "freeze",
    "generate",
    "get",
    "give",
    "group",
    "hide",
    "highlight",
    "insert",
    "italicize",
    "join",
    "keep",
    "label",
    "lay",
    "limit",
    "list",
    "lock",
    "look",
    "make",
    "mark",
    "mask",
    "merge",
    "move",
    "multiply",
    "name",
    "number",
    "order",
    "paint",
    "paste",
    "pin",
    "place",
    "plot",
    "put",
    "rank",
    "remove",
    "rename",
    "reorder",
    "replace",
    "report",
    "resize",
    "restrict",
    "round",
    "save",
    "separate",
    "set",
    "shade",
    "show",
    "sort",
    "split",
    "strip",
    "subtract",
    "sum",
    "summarize",
    "summarise",
    "swap",
    "tally",
    "title",
    "total",
    "transpose",
    "trim",
    "turn",
    "underline",
    "unfreeze",
    "unhide",
    "unmerge",
    "update",
    "use",
    "validate",
    "visualize",
    "visualise",
    "work",
    "wrap",
    "select",
    "style",
    "identify",
    "locate",
    "emphasize",
    "emphasise",
    "flag",
    "write",
]
_VERB = "|".join(VERBS)
_NOUNS = (
    r"(?:total|sum|average|count|number|rank|chart|title|name|label|order)s?\b"
    r"(?!\s+(?:the|up|all|how|each|every|it|them|these|those|by|any)\b)"
)
"""Words that may name a thing as well as tell to do one; without a small word behind them they go on a list
of things (`the average Price and total Units`) where one stands before."""
_NOUN_COLUMN = re.compile(r"\w+(?:\s+\w+)?\s+(?:columns?|rows?|fields?)\b", re.I)
_SUMS = re.compile(
    r"\b(?:totals?|sums?|averages?|means?|counts?|max\w*|min\w*|medians?|number of|how many)\b", re.I
)
_STARTS = (
    r"(?:please\s+|also\s+|then\s+|next,?\s+|finally,?\s+|afterwards,?\s+|lastly,?\s+|now\s+)*"
    rf"(?:{_VERB})\b(?! of\b)"
)
_SENTENCE = re.compile(
    r"(?<=[^\d\W])[.!?]\s+(?=[A-Z\"“(])|(?<=[)%\"”'\d\0])[.!?]\s+(?=[A-Z\"“])|\n+|;\s+(?![^\n;]*$)|;\s+"
)
_JOINT = re.compile(
    rf"\s*(?:,\s*and\s+then|,\s*then|\band\s+then|,\s*and\s+also|\band\s+also|,\s*and|,|"
    rf"\band)\s+(?={_STARTS})"
    rf"|\s+(?:before|after)\s+that,?\s+(?={_STARTS})|\s+then\s+(?={_STARTS})",
    re.I,
)
_LEAD = re.compile(
    r"^\s*(?:(?:please|kindly|also|then|next|finally|afterwards?|lastly|now|first(?:ly)?|"
    r"second(?:ly)?|and|so|ok|"
    r"hi|hello|hey|thanks|can you|could you|would you|will you|help me(?: to)?|i(?:'d| would) like "
    r"(?:you )?to|"
    r"i (?:want|need)(?: you)? to|i need help (?:to|with)|we (?:want|need) to|let's|you need to|"
    r"don't forget to|"
    r"be sure to|make sure to|go ahead and|in this example|we will|i will|i'll|we'll|let us|i have "
    r"applied|i applied|after that|at last|in the end)[,:]?\s+)+",
    re.I,
)
_ONLY_VERB = re.compile(rf"(?:\s*(?:in|on|for)\b[^,]*,)?\s*(?:{_VERB})\s*", re.I)
_ABBREVIATION = re.compile(r"\b(?:No|no|vs|e\.g|i\.e|etc|approx|Nr|St|Mr|Mrs|Dr|Inc|Ltd)\.$")
_QUOTED = re.compile(r"\"[^\"]*\"|“[^”]*”|\[[^\]]*\]|\([^()]*\)|=[A-Z]+\([^\n]*?\)")


def clauses(text: str) -> list[str]:
    """The clauses of a request."""
    found: list[str] = []
    for sentence in sentences(text):
        found += _parts(sentence)
    return [part for part in (bare(one) for one in found) if part]


def sentences(text: str) -> list[str]:
    """The sentences of a request."""
    text = " ".join(line.strip() for line in text.replace("\r", "").split("\n") if line.strip())
    found: list[str] = []
    start = 0
    masked = _masked(text)
    for match in _SENTENCE.finditer(masked):
        piece = text[start : match.start() + 1]
        if _ABBREVIATION.search(piece):
            continue
        found.append(text[start : match.start()].strip())
        start = match.end()
    found.append(text[start:].strip().rstrip(".!?"))
    return [sentence for sentence in found if sentence]


def bare(clause: str) -> str:
    """A clause without words of courtesy and order before it."""
    return _LEAD.sub("", clause).strip(" ,;:")


def _parts(sentence: str) -> list[str]:
    masked = _masked(sentence)
    parts: list[str] = []
    start = 0
    for match in _JOINT.finditer(masked):
        before, behind = sentence[start : match.start()], masked[match.end() :]
        if re.match(_NOUNS, behind, re.I) and (_SUMS.search(before) or _NOUN_COLUMN.match(behind)):
            continue
        parts.append(before)
        start = match.end()
    parts.append(sentence[start:])
    return _with_objects(parts)


def _with_objects(parts: list[str]) -> list[str]:
    """Verbs of one object together: `add and calculate a new column` is one thing to do."""
    joined: list[str] = []
    for part in parts:
        if joined and _ONLY_VERB.fullmatch(joined[-1]):
            joined[-1] = f"{joined[-1]} and {part}"
        else:
            joined.append(part)
    return joined


def _masked(text: str) -> str:
    """The text with what stands in quotes or brackets blanked out, at the same length."""
    return _QUOTED.sub(lambda match: "\0" * len(match[0]), text)
