"""The syntax tree of a formula: frozen nodes, each with its span in the formula's text.

Nodes compare by what they mean, not by where they stand. A long chain (`1+1+1+...`) is a deep tree:
walk it with `walk`, which does not recurse.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar

from cellwright.reference import MAX_COLUMNS, MAX_ROWS, Range


@dataclass(frozen=True, slots=True)
class Node:
    """A part of a formula; `start` and `end` are character offsets into `Formula.text`."""

    start: int = field(compare=False)
    end: int = field(compare=False)

    @property
    def children(self) -> tuple[Node, ...]:
        """The parts of this part, left to right."""
        return ()


@dataclass(frozen=True, slots=True)
class Number(Node):
    """A number; `text` is how it was written (`1E3`)."""

    value: float
    text: str = field(compare=False)


@dataclass(frozen=True, slots=True)
class String(Node):
    """A text; `value` has its doubled quotes undone."""

    value: str


@dataclass(frozen=True, slots=True)
class Boolean(Node):
    """`TRUE` or `FALSE`."""

    value: bool


@dataclass(frozen=True, slots=True)
class Error(Node):
    """An error value; `sheet` where it is a reference that lost its cells (`Sheet1!#REF!`)."""

    text: str
    sheet: str | None = None


@dataclass(frozen=True, slots=True)
class Empty(Node):
    """An argument left out, as the second of `IF(A1,,2)`."""


@dataclass(frozen=True, slots=True)
class Corner:
    """One corner of a reference, zero-based; `row` is None in whole columns, `column` in whole rows."""

    row: int | None
    column: int | None
    is_row_absolute: bool = False
    is_column_absolute: bool = False


@dataclass(frozen=True, slots=True)
class ReferenceNode(Node):
    """A cell, an area, whole rows or columns; `last` is None for a single cell.

    `sheet` None is the formula's own sheet; `last_sheet` makes it 3-D; `workbook` makes it external.
    """

    first: Corner
    last: Corner | None = None
    sheet: str | None = None
    last_sheet: str | None = None
    workbook: str | None = None

    @property
    def range(self) -> Range:
        """The cells it covers on each of its sheets."""
        last = self.last or self.first
        top, bottom = _span(self.first.row, last.row, MAX_ROWS)
        left, right = _span(self.first.column, last.column, MAX_COLUMNS)
        return Range(top, left, bottom, right)

    @property
    def is_cell(self) -> bool:
        """One cell, not an area."""
        return self.last is None and self.last_sheet is None


def _span(first: int | None, last: int | None, count: int) -> tuple[int, int]:
    if first is None or last is None:
        return 0, count - 1
    return min(first, last), max(first, last)


@dataclass(frozen=True, slots=True)
class StructuredReference(Node):
    """A reference into a table: `Sales[Amount]`, `[@Amount]`, `Sales[[#Totals],[Amount]:[Tax]]`.

    `table` is None where the formula's own table is meant. `items` are of `#All`, `#Data`, `#Headers`,
    `#Totals`, `#This Row` (`@` counts as `#This Row`); `first_column` and `last_column` are column names with
    escapes undone, None where all columns are meant.
    """

    table: str | None
    items: tuple[str, ...] = ()
    first_column: str | None = None
    last_column: str | None = None
    workbook: str | None = None


@dataclass(frozen=True, slots=True)
class Name(Node):
    """A defined name, a table's name, or (`is_local`) a parameter of LET or LAMBDA."""

    name: str
    sheet: str | None = None
    workbook: str | None = None
    is_local: bool = False


@dataclass(frozen=True, slots=True)
class FunctionCall(Node):
    """A call by name; `name` is in capitals, without the file's `_xlfn.` prefixes.

    `workbook` is the workbook or add-in that has the function, where it is not Excel's own.
    """

    name: str
    arguments: tuple[Node, ...]
    workbook: str | None = None

    @property
    def children(self) -> tuple[Node, ...]:
        """The arguments."""
        return self.arguments


@dataclass(frozen=True, slots=True)
class Call(Node):
    """A call of what an expression gives, as in `LAMBDA(x,x+1)(2)`."""

    callee: Node
    arguments: tuple[Node, ...]

    @property
    def children(self) -> tuple[Node, ...]:
        """The callee, then the arguments."""
        return (self.callee, *self.arguments)


@dataclass(frozen=True, slots=True)
class _Wrapper(Node):
    operand: Node

    @property
    def children(self) -> tuple[Node, ...]:
        """The one operand."""
        return (self.operand,)


@dataclass(frozen=True, slots=True)
class Paren(_Wrapper):
    """Parentheses, kept because a person wrote them."""


@dataclass(frozen=True, slots=True)
class Unary(_Wrapper):
    """`-x` or `+x`."""

    operator: str


@dataclass(frozen=True, slots=True)
class Percent(_Wrapper):
    """`x%`."""


@dataclass(frozen=True, slots=True)
class Spill(_Wrapper):
    """`A1#`: all that the formula in A1 spilled."""


@dataclass(frozen=True, slots=True)
class ImplicitIntersection(_Wrapper):
    """`@x`: the one value of x that lies in the formula's row or column."""


@dataclass(frozen=True, slots=True)
class Binary(Node):
    """Two operands; the reference operators are `:` (range), ` ` (intersection) and `,` (union)."""

    operator: str
    left: Node
    right: Node

    REFERENCE_OPERATORS: ClassVar[frozenset[str]] = frozenset({":", " ", ","})

    @property
    def children(self) -> tuple[Node, ...]:
        """Left, then right."""
        return (self.left, self.right)


@dataclass(frozen=True, slots=True)
class ArrayConstant(Node):
    """`{1,2;3,4}` as rows of constants."""

    rows: tuple[tuple[Node, ...], ...]

    @property
    def children(self) -> tuple[Node, ...]:
        """Every constant, row by row."""
        return tuple(node for row in self.rows for node in row)


@dataclass(frozen=True, slots=True)
class Formula:
    """A parsed formula. `str()` gives the person's own text back, character for character."""

    text: str
    root: Node = field(compare=False, repr=False)

    def source(self, node: Node) -> str:
        """The text of one part."""
        return self.text[node.start : node.end]

    def __str__(self) -> str:
        return self.text


def walk(node: Node) -> Iterator[Node]:
    """The node and everything under it, parents first, left to right."""
    stack = [node]
    while stack:
        current = stack.pop()
        yield current
        stack.extend(reversed(current.children))
