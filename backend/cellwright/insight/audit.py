"""Audit a workbook: everything that looks wrong, risky or worth knowing, worst first.

Each check is a function of the workbook's Facts in `checks/`; this page says which there are and in what
order their findings are told. Nothing is recalculated: errors are those that the file shows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from cellwright.insight.checks.errors import errors
from cellwright.insight.checks.names import names
from cellwright.insight.checks.patterns import broken_text, hard_coded, inconsistent
from cellwright.insight.checks.ranges import circular, short_ranges
from cellwright.insight.checks.reach import hidden, reaching_out, volatile
from cellwright.insight.checks.text_numbers import text_numbers
from cellwright.insight.facts import Facts
from cellwright.insight.finding import Finding, FindingKind, Severity
from cellwright.workbook.model import Snapshot

CHECKS: tuple[Callable[[Facts], Iterator[Finding]], ...] = (
    errors,
    circular,
    broken_text,
    inconsistent,
    short_ranges,
    text_numbers,
    names,
    reaching_out,
    volatile,
    hidden,
    hard_coded,
)
_RANK = {severity: rank for rank, severity in enumerate(Severity)}


def audit(snapshot: Snapshot, facts: Facts | None = None) -> tuple[Finding, ...]:
    """All findings, the worst first, then by how many cells they concern, then in the order of the checks."""
    facts = facts or Facts(snapshot)
    found = [finding for check in CHECKS for finding in check(facts)]
    return tuple(
        sorted(found, key=lambda finding: (_RANK[finding.severity], _order(finding), -finding.count))
    )


def _order(finding: Finding) -> int:
    return list(FindingKind).index(finding.kind)
