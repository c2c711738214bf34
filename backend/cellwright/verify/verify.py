"""Verification on one page: Candidate -> Verdict, by running the candidate on the workbook.

A candidate is checked (parses, binds, no risks), applied to the snapshot, and its changed cells are tried in
the calculator: all candidates in one request to one worker. The reproduction gate says whether the results
may be believed. Candidates that change the workbook's shape (rows, names, sheets) are calculated as a whole
in a worker of their own. What cannot be run or believed is `unverified`, never guessed.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace

from cellwright.calc.calculator import Calculator, WhatIf
from cellwright.errors import CalcError
from cellwright.verify.judge import judge_changes, unknown
from cellwright.verify.model import Candidate, Status, Verdict
from cellwright.verify.plan import Plan, make_plan
from cellwright.verify.whole import judge_whole
from cellwright.workbook.model import Snapshot


def verify(snapshot: Snapshot, candidate: Candidate, calculator: Calculator) -> Verdict:
    """The verdict on one candidate; `calculator` holds `snapshot`."""
    return verify_many(snapshot, [candidate], calculator)[0]


def verify_many(snapshot: Snapshot, candidates: Sequence[Candidate], calculator: Calculator) -> list[Verdict]:
    """The verdicts, in order; one worker serves all. A candidate's fault is in its verdict, never raised."""
    start = time.perf_counter()
    plans = [make_plan(snapshot, candidate.edits) for candidate in candidates]
    runnable = [plan for plan in plans if plan.is_runnable]
    outcomes = _outcomes(calculator, runnable)
    verdicts = [
        _verdict(snapshot, candidate, plan, outcomes, calculator)
        for candidate, plan in zip(candidates, plans, strict=True)
    ]
    latency_ms = (time.perf_counter() - start) * 1000 / max(1, len(plans))
    return [replace(verdict, latency_ms=latency_ms) for verdict in verdicts]


def _outcomes(calculator: Calculator, plans: Sequence[Plan]) -> Iterator[WhatIf | CalcError]:
    try:
        return iter(calculator.what_if_many([dict(plan.changes) for plan in plans]))
    except CalcError as error:  # no worker could be had at all
        return iter([error] * len(plans))


def _verdict(
    snapshot: Snapshot,
    candidate: Candidate,
    plan: Plan,
    outcomes: Iterator[WhatIf | CalcError],
    calculator: Calculator,
) -> Verdict:
    check = plan.check
    if check.why:
        return Verdict(
            Status.REFUSED if check.risks else Status.INVALID,
            parses=check.parses,
            binds=check.binds and check.parses,
            evaluates=False,
            risks=check.risks,
            why=check.why,
        )
    if plan.is_runnable:
        outcome = next(outcomes)
        if isinstance(outcome, CalcError):
            return unknown(plan, calculator, str(outcome))
        return judge_changes(snapshot, plan, outcome, calculator)
    if plan.is_whole:
        return judge_whole(snapshot, candidate.edits, plan, calculator)
    return Verdict(Status.VERIFIED, why="no value changes")
