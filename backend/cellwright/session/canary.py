"""A canary on trial: what its people accept, against what the others do; on to the next share, or back.

After every few outcomes the accept rates of the requests that the canary answered and of those that it did
not are compared, from the store, since its present share began. The canary goes back where Wilson's 95 %
interval (Wilson 1927) of its rate lies below the others' rate, and on where it has been seen often enough and
is not clearly worse. Where others decided nothing, neither happens.
"""

from __future__ import annotations

import logging
from math import sqrt

from sqlmodel import col, func, select

from cellwright.errors import CellwrightError
from cellwright.feedback.model import OutcomeKind
from cellwright.feedback.store import FeedbackStore
from cellwright.feedback.tables import OutcomeRow, RequestRow, SuggestionRow
from cellwright.registry.versions import Registry, next_stage

log = logging.getLogger(__name__)

EVERY = 5
"""Outcomes between two looks."""
LEAST = 20
"""Human outcomes of a canary before it goes on."""
LEAST_BACK = 8
"""Human outcomes of a canary before it can be taken back."""
BY = "canary"
_Z = 1.96


def review(registry: Registry, store: FeedbackStore, workspace: str) -> str | None:
    """Move a canary on or back where its outcomes say so; what was done (`promote`, `canary`, `rollback`)."""
    state = registry.state()
    if state.canary is None:
        return None
    own, others = _counts(store, workspace, state.canary)
    if own[1] < LEAST_BACK or others[1] == 0:
        return None
    rate = others[0] / others[1]
    low, high = wilson(*own)
    told = f"accepted {own[0]} of {own[1]}, without it {others[0]} of {others[1]}"
    if high < rate:
        registry.rollback()
        log.warning("the canary %s is taken back: %s", state.canary, told)
        store.runs.add_promotion(BY, "rollback", state.canary, 0.0, told)
        return "rollback"
    if own[1] >= LEAST and own[0] / own[1] >= rate - (high - low) / 2:
        share = next_stage(state.share)
        registry.promote(state.canary, share)
        action = "promote" if share == 1.0 else "canary"
        store.runs.add_promotion(BY, action, state.canary, share, told)
        return action
    return None


def wilson(accepted: int, decided: int) -> tuple[float, float]:
    """The 95 % interval of a rate."""
    rate, square = accepted / decided, _Z * _Z / decided
    middle = (rate + square / 2) / (1 + square)
    half = _Z / (1 + square) * sqrt(rate * (1 - rate) / decided + square / (4 * decided))
    return middle - half, middle + half


def _counts(store: FeedbackStore, workspace: str, canary: str) -> tuple[tuple[int, int], tuple[int, int]]:
    """(accepted, decided) of the canary's requests at its present share, and of the others' since then."""
    since = max(
        (p.at for p in store.runs.promotions() if p.model == canary and p.action == "canary"), default=None
    )
    query = (
        select(RequestRow.adapter, OutcomeRow.kind, func.count())
        .join(SuggestionRow, col(SuggestionRow.request_id) == col(RequestRow.id))
        .join(OutcomeRow, col(OutcomeRow.suggestion_id) == col(SuggestionRow.id))
        .where(RequestRow.workspace == workspace, col(OutcomeRow.was_shown))
        .group_by(col(RequestRow.adapter), col(OutcomeRow.kind))
    )
    if since is not None:
        query = query.where(col(OutcomeRow.created) >= since)
    own, others = [0, 0], [0, 0]
    with store.database.reading() as session:
        for adapter, kind, count in session.exec(query):
            if kind not in _DECIDED:
                continue
            counts = own if adapter == canary else others
            counts[0] += count if kind != OutcomeKind.REJECTED.value else 0
            counts[1] += count
    return (own[0], own[1]), (others[0], others[1])


_DECIDED = (OutcomeKind.ACCEPTED.value, OutcomeKind.EDITED.value, OutcomeKind.REJECTED.value)


class Trial:
    """Looks at a canary after every few outcomes; called from the service's threads."""

    def __init__(self, store: FeedbackStore) -> None:
        self._store = store
        self._outcomes = 0

    def after_outcome(self, registry: Registry, workspace: str) -> str | None:
        """See `review`; a store or registry that fails is told in the log and asked again later."""
        self._outcomes += 1
        if self._outcomes % EVERY:
            return None
        try:
            return review(registry, self._store, workspace)
        except CellwrightError as error:
            log.error("the canary could not be looked at: %s", error)
            return None
