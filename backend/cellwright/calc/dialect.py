"""A formula as the engines take it: the same meaning, in words that both engines know.

Structured references become plain ones (the engines bind tables differently), a reference to another
workbook becomes `#REF!` (one such formula would make an engine refuse the whole file), and a bare range that
a file's ordinary formula reads by implicit intersection gets its `@`.
"""

from __future__ import annotations

from cellwright.errors import FormulaSyntaxError
from cellwright.formula import nodes, parse, precedents, walk
from cellwright.formula.precedents import Book
from cellwright.reference import MAX_COLUMNS, MAX_ROWS, Range, SheetCell, column_letters, quote_sheet

BROKEN = "=#REF!"


def engine_formula(formula: str, at: SheetCell, book: Book, *, spills: bool = True) -> str:
    """The engines' text of a formula; `spills` False for a file's ordinary formula (implicit intersection).

    A formula that we cannot parse comes back as `=#REF!`: the gate never trusts it.
    """
    if "[" not in formula and (spills or ":" not in formula):
        return formula
    try:
        parsed = parse(formula)
    except FormulaSyntaxError:
        return BROKEN
    edits: list[tuple[int, int, str]] = []
    bound = None
    for node in walk(parsed.root):
        if isinstance(node, nodes.ReferenceNode | nodes.Name) and node.workbook is not None:
            edits.append((node.start, node.end, "#REF!"))
        elif isinstance(node, nodes.StructuredReference):
            if bound is None:
                bound = {
                    (ref.start, ref.end): ref for ref in precedents(parsed, at, book) if ref.name is None
                }
            reference = bound.get((node.start, node.end))
            place = reference.place if reference else None
            edits.append((node.start, node.end, _absolute(place.sheet, place.range) if place else "#REF!"))
    is_broken = any(piece == "#REF!" for _, _, piece in edits)
    if not spills and _is_area(parsed.root) and not is_broken:
        edits.append((parsed.root.start, parsed.root.start, "@"))
    text = formula
    for start, end, piece in sorted(edits, reverse=True):
        text = text[:start] + piece + text[end:]
    return text


def _is_area(node: nodes.Node) -> bool:
    while isinstance(node, nodes.Paren):
        node = node.operand
    if isinstance(node, nodes.StructuredReference):
        return "#This Row" not in node.items
    return isinstance(node, nodes.ReferenceNode) and node.last is not None and node.workbook is None


def _absolute(sheet: str, area: Range) -> str:
    left, right = column_letters(area.left), column_letters(min(area.right, MAX_COLUMNS - 1))
    first = f"${left}${area.top + 1}"
    last = f"${right}${min(area.bottom, MAX_ROWS - 1) + 1}"
    return f"{quote_sheet(sheet)}!{first}" + ("" if area.is_cell else f":{last}")
