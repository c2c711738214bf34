"""A condition as a tree: comparisons of a frame's columns, joined by `not`, `and` and `or`."""

from __future__ import annotations

from dataclasses import dataclass, replace

from cellwright.ask.frames import FrameColumn


@dataclass(frozen=True, slots=True)
class Operand:
    """`factor` x `column` + `amount`; without a column a plain number, or a text."""

    amount: float = 0.0
    text: str | None = None
    column: FrameColumn | None = None
    factor: float = 1.0
    is_date: bool = False
    is_percent: bool = False
    cell: str | None = None


@dataclass(frozen=True, slots=True)
class Test:
    """One comparison of a column's cells (None: the cells themselves).

    `kind` is eq, ne, lt, le, gt, ge, between, outside, contains, begins, ends, blank, error, above, below,
    top, bottom, duplicate, unique, month, year, weekday, length (of the text; `operator` compares) or even,
    odd.
    """

    kind: str
    column: FrameColumn | None = None
    operands: tuple[Operand, ...] = ()
    operator: str = ""
    is_percent: bool = False


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite."""

    part: Condition


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every part holds."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Some part holds."""

    parts: tuple[Condition, ...]


Condition = Test | Not | AllOf | AnyOf


def column_of(condition: Condition | None) -> FrameColumn | None:
    """The column of a condition's last comparison."""
    match condition:
        case Test():
            return condition.column
        case Not():
            return column_of(condition.part)
        case AllOf() | AnyOf():
            return column_of(condition.parts[-1])
    return None


def with_column(condition: Condition, column: FrameColumn | None) -> Condition:
    """The condition with that column where a comparison names none."""
    match condition:
        case Test():
            return condition if condition.column is not None else replace(condition, column=column)
        case Not():
            return Not(with_column(condition.part, column))
        case AllOf():
            return AllOf(tuple(with_column(part, column) for part in condition.parts))
        case AnyOf():
            return AnyOf(tuple(with_column(part, column) for part in condition.parts))


def tests_of(condition: Condition) -> list[Test]:
    """Every comparison of a condition."""
    match condition:
        case Test():
            return [condition]
        case Not():
            return tests_of(condition.part)
        case AllOf() | AnyOf():
            return [test for part in condition.parts for test in tests_of(part)]
