"""Structured references after a table's columns were renamed or lost: `Sales[Amount]` follows `Amount`."""

from __future__ import annotations

from collections.abc import Mapping

from cellwright.edits.rewrite import rewrite_formulas
from cellwright.errors import FormulaSyntaxError
from cellwright.formula import nodes, parse, walk
from cellwright.formula.structured import Brackets, write_brackets
from cellwright.reference import Cell
from cellwright.workbook.model import Snapshot

ColumnChanges = Mapping[str, Mapping[str, str | None] | None]
"""Table name -> (every old column, in order -> its new name or None where it is lost); None: the table is."""


def follow_columns(snapshot: Snapshot, changes: ColumnChanges) -> Snapshot:
    """Formulas rewritten; what refers to lost columns or tables becomes `#REF!`.

    The tables of `snapshot` tell which table `[@Amount]` in a cell means. The revision stays.
    """
    folded = {
        name.casefold(): None if columns is None else list(columns.items())
        for name, columns in changes.items()
    }

    def own_table(sheet: str, cell: Cell | None) -> str | None:
        for table in snapshot.tables:
            if cell is not None and table.sheet == sheet and cell in table.range:
                return table.name
        return None

    def rewrite(text: str, sheet: str, cell: Cell | None) -> str:
        lowered = text.casefold()
        if "[" not in text and not any(name in lowered for name in folded):
            return text
        try:
            formula = parse(text)
        except FormulaSyntaxError:
            return text  # what does not parse binds to no table
        for node in sorted(walk(formula.root), key=lambda node: -node.start):
            new = None
            if isinstance(node, nodes.StructuredReference) and node.workbook is None:
                table = node.table or own_table(sheet, cell)
                if table is not None and table.casefold() in folded:
                    new = _rewritten(formula.source(node), node, folded[table.casefold()])
            elif _is_lost_table(node, folded):
                new = "#REF!"
            if new is not None:
                text = text[: node.start] + new + text[node.end :]
        return text

    return rewrite_formulas(snapshot, rewrite)


def _is_lost_table(node: nodes.Node, folded: Mapping[str, object]) -> bool:
    if not isinstance(node, nodes.Name) or node.is_local or node.workbook is not None:
        return False
    return folded.get(node.name.casefold(), ...) is None


def _rewritten(
    text: str, node: nodes.StructuredReference, columns: list[tuple[str, str | None]] | None
) -> str | None:
    if columns is None:
        return "#REF!"
    if node.first_column is None:
        return None
    places = {old.casefold(): place for place, (old, _) in enumerate(columns)}
    first = places.get(node.first_column.casefold())
    last = first if node.last_column is None else places.get(node.last_column.casefold())
    if first is None or last is None:
        return None
    low, high = sorted((first, last))
    left = [new for _, new in columns[low : high + 1] if new is not None]
    if not left:
        return "#REF!"
    ends = (left[0], left[-1]) if first <= last else (left[-1], left[0])
    is_same = ends[0] == columns[first][0] and ends[1] == columns[last][0]
    if is_same:
        return None
    brackets = Brackets(node.items, ends[0], None if node.last_column is None else ends[1])
    return text[: text.index("[")] + write_brackets(brackets)
