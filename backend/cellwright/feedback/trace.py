"""What of a shown suggestion's verdict the store keeps, as JSON: why, risks, cells before -> after.

Without the consent to keep contents only the numbers stay: how many cells change, how many new errors.
"""

from __future__ import annotations

from typing import Any

from cellwright.protocol.base import WireError, to_wire
from cellwright.verify.model import CellChange, Verdict
from cellwright.workbook.model import Value

MOST_CHANGES = 100


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
