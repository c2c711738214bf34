"""What of an edit and of a verdict the store keeps: all, or, without consent to keep contents, its shape.

An edit is kept as its line of text, a verdict as JSON: why, risks, cells before -> after. Redacted, formulas
have blanked literals, of other edits the kind stays, and of a verdict the numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cellwright.edits.model import Edit, SetFormulas
from cellwright.edits.text import edit_to_text
from cellwright.formula import TokenKind, tokenize
from cellwright.protocol.base import WireError, to_wire
from cellwright.verify.model import CellChange, Verdict
from cellwright.workbook.model import Value

MOST_CHANGES = 100
_LITERALS = {TokenKind.STRING: '"…"', TokenKind.NUMBER: "0"}


def edit_lines(edits: Sequence[Edit], keep_cell_contents: bool) -> list[str]:
    """One line an edit. Redacted: formulas with their literals blanked, of other edits the kind alone."""
    if keep_cell_contents:
        return [edit_to_text(edit) for edit in edits]
    lines: list[str] = []
    for edit in edits:
        if isinstance(edit, SetFormulas):
            lines += [f"FORMULA | {redacted(f)}" for row in edit.formulas for f in row if f is not None]
        else:
            lines.append(type(edit).__name__)
    return lines


def redacted(formula: str) -> str:
    """A formula whose string and number literals are blanked: `=IF(A1>5,"Ann",0)` -> `=IF(A1>0,"…",0)`."""
    return "".join(_LITERALS.get(token.kind, token.text) for token in tokenize(formula))


def kept_verdict(verdict: Verdict, *, keep_cell_contents: bool) -> dict[str, Any]:
    """The JSON of a verdict; of its changed cells at most 100."""
    counts = {"changed": len(verdict.changes), "errors": len(verdict.new_errors)}
    if not keep_cell_contents:
        return counts
    return counts | {
        "why": verdict.why,
        "risks": list(verdict.risks),
        "new_errors": [cell.a1 for cell in verdict.new_errors[:MOST_CHANGES]],
        "latency_ms": round(verdict.latency_ms, 3),
        "changes": [_change(change) for change in verdict.changes[:MOST_CHANGES]],
    }


def _change(change: CellChange) -> dict[str, Any]:
    return {
        "cell": change.cell.a1,
        "before": _value(change.before),
        "after": _value(change.after),
        "formula_before": change.formula_before,
        "formula_after": change.formula_after,
        "is_verified": change.is_verified,
    }


def _value(value: Value) -> Any:
    wire = to_wire(value)
    return wire.model_dump() if isinstance(wire, WireError) else wire
