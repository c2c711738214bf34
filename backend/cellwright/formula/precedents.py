"""What a formula reads: its references bound to sheets and ranges, those that cannot be bound flagged.

Names, tables and sheets are looked up through `Book`, a small protocol that a workbook's Snapshot fits; this
room knows no workbook. References that only evaluation can know (`INDIRECT`, `OFFSET`) are flagged on
their call.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from cellwright.errors import FormulaSyntaxError
from cellwright.formula import nodes
from cellwright.formula.parser import parse
from cellwright.reference import Range, SheetCell, SheetRange

_MAX_NAME_DEPTH = 16
_COMPUTED = {"INDIRECT", "OFFSET"}


class BookTable(Protocol):
    """A table, as `workbook.model.Table` has it."""

    @property
    def name(self) -> str: ...
    @property
    def sheet(self) -> str: ...
    @property
    def range(self) -> Range: ...
    @property
    def columns(self) -> tuple[str, ...]: ...
    @property
    def header_rows(self) -> int: ...
    @property
    def totals_rows(self) -> int: ...


class BookName(Protocol):
    """A defined name, as `workbook.model.DefinedName` has it."""

    @property
    def name(self) -> str: ...
    @property
    def formula(self) -> str: ...
    @property
    def scope(self) -> str | None: ...


class Book(Protocol):
    """What binding needs of a workbook."""

    @property
    def sheet_names(self) -> tuple[str, ...]: ...
    @property
    def tables(self) -> Sequence[BookTable]: ...
    @property
    def names(self) -> Sequence[BookName]: ...


class Problem(StrEnum):
    """Why a reference is not bound."""

    NO_SHEET = "no such sheet"
    NO_TABLE = "no such table"
    NO_COLUMN = "no such column in the table"
    NO_NAME = "no such name"
    NOT_IN_TABLE = "outside the table's rows"
    DELETED = "its cells were deleted"
    EXTERNAL = "in another workbook"
    COMPUTED = "known only when it is calculated"
    BROKEN_NAME = "the name's own formula is broken"


@dataclass(frozen=True, slots=True)
class BoundReference:
    """One thing a formula reads. `sheet` is None for the formula's own sheet where no cell was given.

    `text` is how the formula writes it, `start` and `end` its span there; `name` is the defined name that led
    to it. Where it could not be bound `range` is None and `problem` says why.
    """

    text: str
    start: int
    end: int
    sheet: str | None = None
    range: Range | None = None
    name: str | None = None
    problem: Problem | None = None

    @property
    def place(self) -> SheetRange | None:
        """Sheet and range, None where it is not bound."""
        return (
            SheetRange(self.sheet, self.range) if self.sheet is not None and self.range is not None else None
        )


def references(formula: nodes.Formula | str) -> tuple[BoundReference, ...]:
    """The plain references of a formula as written, without a workbook; 3-D ones name their first sheet."""
    parsed = parse(formula) if isinstance(formula, str) else formula
    found: list[BoundReference] = []
    for node in nodes.walk(parsed.root):
        if isinstance(node, nodes.ReferenceNode):
            problem = Problem.EXTERNAL if node.workbook is not None else None
            found.append(
                BoundReference(
                    parsed.source(node),
                    node.start,
                    node.end,
                    node.sheet,
                    None if problem else node.range,
                    None,
                    problem,
                )
            )
    return tuple(found)


def precedents(formula: nodes.Formula | str, cell: SheetCell, book: Book) -> tuple[BoundReference, ...]:
    """Everything the formula in `cell` reads, in the order it is written; raises FormulaSyntaxError."""
    parsed = parse(formula) if isinstance(formula, str) else formula
    return tuple(_Binder(cell, book).bind(parsed, 0))


class _Binder:
    def __init__(self, cell: SheetCell, book: Book) -> None:
        self._cell = cell
        self._book = book
        self._sheets = {name.casefold(): name for name in book.sheet_names}

    def bind(self, formula: nodes.Formula, depth: int) -> Iterator[BoundReference]:
        for node in nodes.walk(formula.root):
            text = formula.source(node)
            if isinstance(node, nodes.ReferenceNode):
                yield from self._area(node, text)
            elif isinstance(node, nodes.StructuredReference):
                yield self._structured(node, text)
            elif isinstance(node, nodes.Name):
                if not node.is_local:
                    yield from self._name(node, text, depth)
            elif isinstance(node, nodes.Error):
                if node.text == "#REF!":
                    yield BoundReference(text, node.start, node.end, node.sheet, problem=Problem.DELETED)
            elif isinstance(node, nodes.FunctionCall):
                if node.workbook is not None:
                    yield BoundReference(text, node.start, node.end, problem=Problem.EXTERNAL)
                elif node.name in _COMPUTED:
                    yield BoundReference(text, node.start, node.end, problem=Problem.COMPUTED)
                elif self._find_name(node.name, None) is not None:
                    yield from self._name(nodes.Name(node.start, node.end, node.name), text, depth)

    def _area(self, node: nodes.ReferenceNode, text: str) -> Iterator[BoundReference]:
        problem = None
        if node.workbook is not None:
            problem = Problem.EXTERNAL
        elif node.sheet == "#REF":
            problem = Problem.DELETED
        if problem is not None:
            yield BoundReference(text, node.start, node.end, node.sheet, problem=problem)
            return
        if node.sheet is None:
            yield BoundReference(text, node.start, node.end, self._cell.sheet, node.range)
            return
        ends = [self._sheets.get(name.casefold()) for name in (node.sheet, node.last_sheet or node.sheet)]
        first, last = ends
        if first is None or last is None:
            yield BoundReference(text, node.start, node.end, node.sheet, problem=Problem.NO_SHEET)
            return
        names = self._book.sheet_names
        low, high = sorted((names.index(first), names.index(last)))
        for name in names[low : high + 1]:
            yield BoundReference(text, node.start, node.end, name, node.range)

    def _structured(self, node: nodes.StructuredReference, text: str) -> BoundReference:
        def flag(problem: Problem) -> BoundReference:
            return BoundReference(text, node.start, node.end, problem=problem)

        if node.workbook is not None:
            return flag(Problem.EXTERNAL)
        table = self._table(node.table)
        if table is None:
            return flag(Problem.NO_TABLE)
        columns = _columns(table, node)
        if columns is None:
            return flag(Problem.NO_COLUMN)
        rows = self._rows(table, node.items)
        if rows is None:
            return flag(Problem.NOT_IN_TABLE)
        return BoundReference(
            text, node.start, node.end, table.sheet, Range(rows[0], columns[0], rows[1], columns[1])
        )

    def _table(self, name: str | None) -> BookTable | None:
        for table in self._book.tables:
            if name is None:
                if table.sheet == self._cell.sheet and self._cell.cell in table.range:
                    return table
            elif table.name.casefold() == name.casefold():
                return table
        return None

    def _rows(self, table: BookTable, items: tuple[str, ...]) -> tuple[int, int] | None:
        top, bottom = table.range.top, table.range.bottom
        data = (top + table.header_rows, bottom - table.totals_rows)
        spans = {
            "#All": (top, bottom),
            "#Data": data,
            "#Headers": (top, data[0] - 1),
            "#Totals": (data[1] + 1, bottom),
        }
        if "#This Row" in items:
            row = self._cell.cell.row
            return (row, row) if data[0] <= row <= data[1] else None
        chosen = [spans[item] for item in items] or [data]
        first, last = min(span[0] for span in chosen), max(span[1] for span in chosen)
        return (first, last) if first <= last else None

    def _name(self, node: nodes.Name, text: str, depth: int) -> Iterator[BoundReference]:
        def flag(problem: Problem) -> BoundReference:
            return BoundReference(text, node.start, node.end, name=node.name, problem=problem)

        if node.workbook is not None:
            yield flag(Problem.EXTERNAL)
            return
        defined = self._find_name(node.name, node.sheet)
        if defined is None:
            table = self._table(node.name)
            if table is None:
                yield flag(Problem.NO_NAME)
                return
            yield self._structured(nodes.StructuredReference(node.start, node.end, table.name), text)
            return
        if depth >= _MAX_NAME_DEPTH:
            yield flag(Problem.BROKEN_NAME)
            return
        try:
            formula = parse(defined.formula)
        except FormulaSyntaxError:
            yield flag(Problem.BROKEN_NAME)
            return
        for bound in self.bind(formula, depth + 1):
            yield BoundReference(
                text, node.start, node.end, bound.sheet, bound.range, defined.name, bound.problem
            )

    def _find_name(self, name: str, sheet: str | None) -> BookName | None:
        folded = name.casefold()
        scope = (sheet or self._cell.sheet).casefold()
        found = None
        for defined in self._book.names:
            if defined.name.casefold() == folded:
                if defined.scope is not None and defined.scope.casefold() == scope:
                    return defined
                if defined.scope is None:
                    found = defined
        return found


def _columns(table: BookTable, node: nodes.StructuredReference) -> tuple[int, int] | None:
    if node.first_column is None:
        return table.range.left, table.range.right
    folded = [column.casefold() for column in table.columns]
    ends = []
    for name in (node.first_column, node.last_column or node.first_column):
        if name.casefold() not in folded:
            return None
        ends.append(table.range.left + folded.index(name.casefold()))
    return min(ends), max(ends)
