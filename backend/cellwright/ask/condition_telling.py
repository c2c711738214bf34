"""A condition in a few words for a person."""

from __future__ import annotations

from cellwright.ask.conditions import AnyOf, Condition, Not, Test
from cellwright.ask.frames import FrameColumn

_WORDS = {
    "eq": "is",
    "ne": "is not",
    "lt": "is less than",
    "le": "is at most",
    "gt": "is greater than",
    "ge": "is at least",
    "between": "is between",
    "contains": "contains",
    "begins": "begins with",
    "ends": "ends with",
    "blank": "is blank",
    "error": "is an error",
    "above": "is above average",
    "below": "is below average",
    "top": "is among the highest",
    "bottom": "is among the lowest",
    "duplicate": "is repeated",
    "unique": "is unique",
    "month": "is in month",
    "year": "is in year",
    "weekday": "is on weekday",
    "length": "has a length",
    "even": "is even",
    "odd": "is odd",
}


def condition_words(condition: Condition, targets: tuple[FrameColumn, ...] = ()) -> str:
    """A condition in a few words."""
    if isinstance(condition, Test):
        name = condition.column.name if condition.column is not None else "a cell"
        values = []
        for operand in condition.operands:
            if operand.text is not None:
                values.append(f'"{operand.text}"')
            elif operand.column is not None:
                values.append((f"{operand.factor:g} x " if operand.factor != 1 else "") + operand.column.name)
            else:
                values.append(operand.cell or f"{operand.amount:g}")
        return f"{name} {_WORDS[condition.kind]} {' and '.join(values)}".strip()
    if isinstance(condition, Not):
        return f"not ({condition_words(condition.part)})"
    word = " or " if isinstance(condition, AnyOf) else " and "
    return word.join(condition_words(part) for part in condition.parts)
