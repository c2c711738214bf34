"""Suggestions and decisions for tests of the feedback store."""

from __future__ import annotations

from cellwright.edits.model import SetFormulas
from cellwright.feedback.decisions import LoggedCandidate, LoggedDecision
from cellwright.feedback.model import OutcomeKind, new_id
from cellwright.reference import Range, SheetCell, SheetRange
from cellwright.suggest.model import Suggestion, Suggestions
from cellwright.verify.model import Candidate, CellChange, Kind, Status, Verdict


def suggestions(
    formula: str = '=IF(B2>5,"Ann",0)', *, place: str = "D7", n: int = 3, model: str | None = "mini"
) -> Suggestions:
    """A request with n candidates, the first of them shown."""
    target = SheetRange("Sales", Range.parse(place))
    first = target.range.first
    change = CellChange(SheetCell("Sales", first), None, 12.0, None, formula)
    candidate = Candidate(
        Kind.FORMULA,
        (SetFormulas("Sales", target.range, ((formula,),)),),
        "sibling",
        "as in D6",
        features={"agreement": 2.0},
    )
    made = tuple(
        Suggestion(
            new_id(),
            target,
            candidate,
            Verdict(Status.VERIFIED, changes=(change,)),
            0.9 - i / 10,
            i + 1,
            3,
            i == 0,
            model,
        )
        for i in range(n)
    )
    return Suggestions(target, made, "abc", {"total": 12.0}, "<|context|>Ann")


def decision(
    user: str,
    outcome: OutcomeKind,
    *,
    p_accept: float = 0.7,
    status: str = "verified",
    formula: str = "=SUM(A1:A9)",
    context: str = "",
    day: int = 739_000,
    kept_rate: float | None = None,
) -> LoggedDecision:
    """A decision on a request of one candidate; contexts differ unless one is named."""
    candidate = LoggedCandidate(
        new_id(),
        "formula",
        "sibling",
        1,
        True,
        p_accept,
        1.0,
        status,
        (f"FORMULA | S!A1 | {formula}",),
        {},
        None,
    )
    return LoggedDecision(
        request_id=new_id(),
        created_day=day,
        workspace="team",
        user=user,
        target="S!A1",
        context_hash=context or new_id(),
        context=None,
        prompt_version=None,
        model="mini",
        adapter=None,
        is_redacted=False,
        candidates=(candidate,),
        first=0,
        outcome=outcome,
        latency_ms=900.0,
        reject_reason=None,
        final_text=None,
        kept_rate=kept_rate,
        label=None,
    )
