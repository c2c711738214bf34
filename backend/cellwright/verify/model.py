"""What a proposer offers and what running it on the workbook showed: Candidate, CellChange, Verdict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from cellwright.edits.model import Edit
from cellwright.reference import SheetCell, SheetRange
from cellwright.workbook.model import Value


class Kind(StrEnum):
    """What a candidate is for."""

    FORMULA = "formula"
    COMPLETION = "completion"
    REPAIR = "repair"
    EDIT = "edit"
    ANSWER = "answer"


@dataclass(frozen=True)
class Candidate:
    """One proposal before ranking.

    `reason` is one line for a person; `citations` are the places it rests on; `features` are what the
    ranker weighs (name -> number, without unit); `log_probability` is the language model's, in nats.
    """

    kind: Kind
    edits: tuple[Edit, ...]
    proposer: str
    reason: str
    citations: tuple[SheetRange, ...] = ()
    features: Mapping[str, float] = field(default_factory=dict)
    log_probability: float | None = None


@dataclass(frozen=True, slots=True)
class CellChange:
    """One cell's value and formula before and after; `is_verified`: `after` may be believed to be Excel's."""

    cell: SheetCell
    before: Value
    after: Value
    formula_before: str | None = None
    formula_after: str | None = None
    is_verified: bool = True


class Status(StrEnum):
    """The outcome of verification."""

    VERIFIED = "verified"
    """Ran, and the calculator reproduces what Excel computes here."""
    UNVERIFIED = "unverified"
    """Ran or could not run, and the calculator cannot be trusted here; `why` says the cause."""
    MAKES_ERRORS = "makes_errors"
    """Ran, trusted, and leaves new errors or broken dependents."""
    INVALID = "invalid"
    """Does not parse, does not bind, or does not fit the sheet."""
    REFUSED = "refused"
    """Reaches out of the workbook or hides what it does (DESIGN.md, Security)."""


@dataclass(frozen=True)
class Verdict:
    """What verification found. `changes` lists edited cells first, then their dependents."""

    status: Status
    parses: bool = True
    binds: bool = True
    evaluates: bool = True
    changes: tuple[CellChange, ...] = ()
    new_errors: tuple[SheetCell, ...] = ()
    broken_dependents: tuple[SheetCell, ...] = ()
    unverified_cells: tuple[SheetCell, ...] = ()
    """Changed or dependent cells whose value nobody can vouch for: a writer drops what was cached there."""
    spill: SheetRange | None = None
    is_spill_blocked: bool = False
    risks: tuple[str, ...] = ()
    why: str = ""
    latency_ms: float = 0.0
