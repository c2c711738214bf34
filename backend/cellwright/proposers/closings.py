"""How the brackets that are open at the end of a formula text may close.

A call closes as it is where it has enough arguments, or after one more argument that the function often has
last; where arguments are missing, after what stands there most often. Known constants are of our own writing
(`_CONSTANTS`). Not covered: operands that the formula itself suggests (`operands`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice

from cellwright.formula.functions import known_function
from cellwright.prompt.notation import scan

_OPERAND_KINDS = frozenset(["cell", "number", "string", "word", "column", "error"])
# What often stands at an argument (zero-based) of a function.
_CONSTANTS: dict[tuple[str, int], tuple[str, ...]] = {
    ("IF", 2): ('""', "0"), ("IFERROR", 1): ('""', "0"), ("IFNA", 1): ('""', "0"),
    ("VLOOKUP", 2): ("2", "3"), ("VLOOKUP", 3): ("FALSE", "0"), ("HLOOKUP", 2): ("2", "3"),
    ("HLOOKUP", 3): ("FALSE", "0"), ("MATCH", 2): ("0",), ("INDEX", 1): ("1", "0"), ("INDEX", 2): ("1", "0"),
    ("ROUND", 1): ("0", "2"), ("ROUNDUP", 1): ("0",), ("ROUNDDOWN", 1): ("0",), ("RANK", 2): ("0", "1"),
    ("RANK.EQ", 2): ("0", "1"), ("LARGE", 1): ("1", "2"), ("SMALL", 1): ("1", "2"), ("MOD", 1): ("1", "2"),
    ("DATE", 1): ("1",), ("DATE", 2): ("1",), ("EOMONTH", 1): ("0", "-1"), ("EDATE", 1): ("1", "12"),
    ("TIME", 1): ("0",), ("TIME", 2): ("0",), ("LEFT", 1): ("1", "2"), ("RIGHT", 1): ("1", "2"),
    ("MID", 2): ("1",), ("OFFSET", 1): ("0",), ("OFFSET", 2): ("0", "1"), ("OFFSET", 4): ("1",),
    ("WEEKDAY", 1): ("2",), ("LOOKUP", 0): ("2",), ("SUBTOTAL", 0): ("9", "109"), ("SUBSTITUTE", 2): ('""',),
    ("AGGREGATE", 0): ("15", "14"), ("AGGREGATE", 1): ("6",), ("AGGREGATE", 3): ("1",),
    ("PERCENTILE", 1): ("0.9",), ("QUARTILE", 1): ("1", "3"), ("CEILING", 1): ("1",), ("FLOOR", 1): ("1",),
    ("XLOOKUP", 3): ('""',), ("TEXT", 1): ('"0"', '"0.00"'), ("DATEDIF", 2): ('"d"', '"m"', '"y"'),
}  # fmt: skip
_MOST_MISSING = 3


@dataclass(frozen=True)
class Open:
    """A bracket that is open: its function (empty: none) and how many arguments have begun."""

    function: str
    arguments: int
    closing: str = ")"

    @property
    def least(self) -> int:
        """The fewest arguments that its function takes."""
        known = known_function(self.function)
        return known.min_arguments if known else 1

    @property
    def most(self) -> int:
        """The most arguments."""
        known = known_function(self.function)
        return known.max_arguments if known else 1


def open_brackets(text: str) -> tuple[list[Open], bool]:
    """The brackets that are open at the end, outermost first, and whether an operand is due."""
    frames: list[Open] = []
    before, is_due = "", True
    for lexeme in scan(text):
        piece = lexeme.text
        if piece == "(":
            frames.append(Open(before.upper() if known_function(before) else "", 1))
        elif piece == "{":
            frames.append(Open("", 1, "}"))
        elif piece in {")", "}"} and frames:
            frames.pop()
        elif piece == "," and frames:
            frames[-1] = replace(frames[-1], arguments=frames[-1].arguments + 1)
        if lexeme.kind != "space":
            before = piece
            is_due = not (lexeme.kind in _OPERAND_KINDS or piece in {")", "}", "%", "]"})
    return frames, is_due


def constants(frames: list[Open]) -> tuple[str, ...]:
    """What often stands at the argument that has begun, likelier ones first."""
    return _CONSTANTS.get((frames[-1].function, frames[-1].arguments - 1), ()) if frames else ()


def closed(text: str, frames: list[Open], most: int) -> Iterator[tuple[str, str]]:
    """`text` with all brackets closed, at most `most` ways: (text, "closed" as it is or "filled")."""
    yield from islice(_closed(text, frames), most)


def _closed(text: str, frames: list[Open]) -> Iterator[tuple[str, str]]:
    ways = [_ways(frame) for frame in reversed(frames)]
    if not all(ways):
        return
    first = [way[0] for way in ways]
    is_bare = all(end in {")", "}"} for end in first)
    yield text + "".join(first), "closed" if is_bare else "filled"
    for place, others in enumerate(ways):
        for other in others[1:]:
            yield text + "".join([*first[:place], other, *first[place + 1 :]]), "filled"


def _ways(frame: Open) -> list[str]:
    """How one bracket may close, likeliest first; none where nothing is known of a missing argument."""
    missing = frame.least - frame.arguments
    if missing > _MOST_MISSING:
        return []
    begun = [""]
    for argument in range(frame.arguments, frame.arguments + max(0, missing)):
        choices = _CONSTANTS.get((frame.function, argument), ())
        begun = [f"{way},{choice}" for way in begun for choice in choices]
    ways = [way + frame.closing for way in begun]
    following = max(frame.arguments, frame.least)
    if following < frame.most:
        more = _CONSTANTS.get((frame.function, following), ())
        ways += [f"{way},{choice}{frame.closing}" for way in begun for choice in more]
    return ways
