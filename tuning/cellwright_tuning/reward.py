"""What an answer is worth once the workbook has run it: small named functions and their weighted sum.

    total = 0.1 parses + 0.35 right_value + 0.4 right_formula + 0.1 harmless + 0.05 shorter

Each is in 0..1 and pure. A right formula has the right value too, so it is worth most; among answers that are
equally right the shorter is worth more; an answer that damages other cells loses what harmlessness gives, and
its value counts for nothing. Nothing here calculates: an Outcome holds what running the answer showed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cellwright.calc.values import same_value
from cellwright.errors import FormulaSyntaxError
from cellwright.formula import normalise, references
from cellwright.prompt.notation import scan
from cellwright.reference import Cell
from cellwright.verify.model import Status, Verdict
from cellwright.workbook.model import ErrorValue, Value

WEIGHTS: Mapping[str, float] = {
    "parses": 0.1,
    "right_value": 0.35,
    "right_formula": 0.4,
    "harmless": 0.1,
    "shorter": 0.05,
}


@dataclass(frozen=True)
class Outcome:
    """One answer that was run. `value` is what its cell then shows; `wanted` and `wanted_value` the truth."""

    cell: Cell
    formula: str
    verdict: Verdict
    value: Value
    wanted: str
    wanted_value: Value


def parses(outcome: Outcome) -> float:
    """Excel would take it: it parses, binds, calls known functions and is not refused."""
    return float(outcome.verdict.status not in (Status.INVALID, Status.REFUSED))


def right_formula(outcome: Outcome) -> float:
    """It is the wanted formula, up to spaces, case and how its references are written."""
    try:
        return float(normalise(outcome.formula, outcome.cell) == normalise(outcome.wanted, outcome.cell))
    except FormulaSyntaxError:
        return 0.0


def right_value(outcome: Outcome) -> float:
    """Its value is the wanted one; never for a constant, an error or a place without a known value."""
    wanted = outcome.wanted_value
    if not parses(outcome) or wanted is None or isinstance(wanted, ErrorValue):
        return 0.0
    return float(bool(references(outcome.formula)) and same_value(outcome.value, wanted))


def harmless(outcome: Outcome) -> float:
    """Nothing else changed for the worse: it parses, spills over nothing, breaks no other cell."""
    verdict = outcome.verdict
    is_broken = bool(verdict.broken_dependents) or verdict.is_spill_blocked
    return float(bool(parses(outcome)) and not is_broken)


def shorter(outcome: Outcome) -> float:
    """For a right value: how short, 1 where no longer than the wanted formula, 1/2 at twice its pieces."""
    if not right_value(outcome):
        return 0.0
    return min(1.0, size(outcome.wanted) / size(outcome.formula))


def size(formula: str) -> int:
    """Pieces of a formula: names, references, constants, operators, brackets."""
    return max(1, sum(lexeme.kind != "space" for lexeme in scan(formula.removeprefix("="))))


COMPONENTS = {
    "parses": parses,
    "right_value": right_value,
    "right_formula": right_formula,
    "harmless": harmless,
    "shorter": shorter,
}


def components(outcome: Outcome) -> dict[str, float]:
    """Every component by name. A right formula in a place without a known value has its value, too."""
    found = {name: function(outcome) for name, function in COMPONENTS.items()}
    if found["right_formula"]:
        found["right_value"], found["shorter"] = 1.0, 1.0
    if not found["harmless"]:
        found["right_value"] = found["shorter"] = 0.0
    return found


def total(parts: Mapping[str, float]) -> float:
    """The weighted sum, 0 to 1."""
    return sum(WEIGHTS[name] * value for name, value in parts.items())
