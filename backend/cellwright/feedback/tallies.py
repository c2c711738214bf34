"""Plots from the weekly tallies: shown, accept and kept rate, latency, reasons; by week or another group."""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from sqlalchemy import func, select
from sqlmodel import col

from cellwright.errors import UsageError
from cellwright.feedback.database import Database
from cellwright.feedback.model import OutcomeKind
from cellwright.feedback.projection import LATENCY_BOUNDS_MS
from cellwright.feedback.queue import Filters
from cellwright.feedback.tables import TallyRow

Group = Literal["week", "model", "workspace", "kind"]
GROUPS: tuple[Group, ...] = get_args(Group)
_PLOTTED = ("workspace", "model", "kind", "since", "until")


@dataclass(frozen=True)
class Measures:
    """Of one group. Rates are 0 to 1, None where nothing counts; latencies in ms, from a histogram."""

    group: str
    shown: int
    outcomes: Mapping[str, int]
    accept_rate: float | None
    kept_rate: float | None
    latency_p50_ms: float | None
    latency_p95_ms: float | None
    reasons: Mapping[str, int]


class Tallies:
    """Reads the tallies of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def measures(self, by: Group, filters: Filters) -> list[Measures]:
        """One a group, in its order; of the filters those that the tallies know (others are refused).

        Weeks are named by their Monday; a span of days counts whole weeks.
        """
        if by not in GROUPS:
            raise UsageError(f"expected plots by {', '.join(GROUPS)}, got {by!r}")
        unknown = sorted(set(filters.as_json()) - set(_PLOTTED))
        if unknown:
            raise UsageError(f"expected plots filtered by {', '.join(_PLOTTED)}, got {', '.join(unknown)}")
        group = getattr(TallyRow, by)
        query = select(
            group, col(TallyRow.measure), func.sum(col(TallyRow.count)), func.sum(col(TallyRow.total))
        ).group_by(group, col(TallyRow.measure))
        for name in ("workspace", "model", "kind"):
            if getattr(filters, name):
                query = query.where(getattr(TallyRow, name) == getattr(filters, name))
        if filters.since:
            first = datetime.date.fromisoformat(filters.since).toordinal()
            query = query.where(col(TallyRow.week) > first - 7)
        if filters.until:
            query = query.where(col(TallyRow.week) <= datetime.date.fromisoformat(filters.until).toordinal())
        found: dict[str | int, dict[str, tuple[int, float]]] = defaultdict(dict)
        with self._database.reading() as session:
            for key, measure, count, total in session.execute(query):
                found[key][measure] = (int(count), float(total))
        return [_measures(_name(by, key), found[key]) for key in sorted(found)]


def _name(by: Group, key: str | int) -> str:
    return datetime.date.fromordinal(int(key)).isoformat() if by == "week" else str(key)


def _measures(group: str, tallies: Mapping[str, tuple[int, float]]) -> Measures:
    outcomes = {kind.value: tallies.get(f"outcome:{kind.value}", (0, 0.0))[0] for kind in OutcomeKind}
    del outcomes[OutcomeKind.KEPT.value]
    accepted = outcomes["accepted"] + outcomes["edited"]
    decided = accepted + outcomes["rejected"]
    saved, kept = tallies.get("kept", (0, 0.0))
    buckets = [tallies.get(f"ms:{i:02}", (0, 0.0))[0] for i in range(len(LATENCY_BOUNDS_MS) + 1)]
    reasons = {
        measure.removeprefix("reason:"): count
        for measure, (count, _) in tallies.items()
        if measure.startswith("reason:") and count
    }
    return Measures(
        group=group,
        shown=tallies.get("shown", (0, 0.0))[0],
        outcomes=outcomes,
        accept_rate=accepted / decided if decided else None,
        kept_rate=kept / saved if saved else None,
        latency_p50_ms=quantile(buckets, 0.5),
        latency_p95_ms=quantile(buckets, 0.95),
        reasons=dict(sorted(reasons.items(), key=lambda item: -item[1])),
    )


def quantile(buckets: list[int], share: float) -> float | None:
    """The quantile of a latency histogram, in ms: linear within a bucket; the open one is its bound."""
    total = sum(buckets)
    if total == 0:
        return None
    wanted, below = share * total, 0
    for index, count in enumerate(buckets):
        if count and below + count >= wanted:
            low = LATENCY_BOUNDS_MS[index - 1] if index else 0
            high = LATENCY_BOUNDS_MS[min(index, len(LATENCY_BOUNDS_MS) - 1)]
            return low + (high - low) * (wanted - below) / count if high > low else float(low)
        below += count
    return float(LATENCY_BOUNDS_MS[-1])
