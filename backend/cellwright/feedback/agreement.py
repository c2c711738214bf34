"""Do reviewers agree? Cohen's kappa over suggestions that both of a pair have labelled.

kappa = (p_o - p_e) / (1 - p_e), with p_o the share of equal labels and p_e what two independent reviewers
with these habits would share by chance (Cohen 1960). 1: always, 0: as by chance, below: less than that.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from sqlmodel import col, select

from cellwright.feedback.database import Database
from cellwright.feedback.tables import LabelRow


@dataclass(frozen=True)
class Agreement:
    """Of two reviewers: how many suggestions both labelled, how many alike, and kappa (None: undefined)."""

    first: str
    second: str
    both: int
    equal: int
    kappa: float | None
    disputed: tuple[str, ...]
    """Ids of suggestions that they see differently, at most 50."""


def cohens_kappa(pairs: Sequence[tuple[str, str]]) -> float | None:
    """Kappa of pairs of labels; None without pairs, or where chance alone explains everything (p_e = 1)."""
    if not pairs:
        return None
    observed = sum(a == b for a, b in pairs) / len(pairs)
    first, second = Counter(a for a, _ in pairs), Counter(b for _, b in pairs)
    by_chance = sum(first[label] * second[label] for label in first) / len(pairs) ** 2
    return None if by_chance == 1.0 else (observed - by_chance) / (1.0 - by_chance)


def agreements(database: Database) -> list[Agreement]:
    """Every pair of reviewers that has labelled the same; the latest label of each counts."""
    latest: dict[str, dict[str, str]] = defaultdict(dict)
    with database.reading() as session:
        query = select(LabelRow.user, LabelRow.suggestion_id, LabelRow.label).order_by(col(LabelRow.created))
        for user, suggestion_id, label in session.exec(query):
            latest[user][suggestion_id] = label
    found = []
    for first, second in combinations(sorted(latest), 2):
        shared = sorted(latest[first].keys() & latest[second].keys())
        if not shared:
            continue
        pairs = [(latest[first][i], latest[second][i]) for i in shared]
        disputed = [i for i, (a, b) in zip(shared, pairs, strict=True) if a != b]
        found.append(
            Agreement(
                first,
                second,
                len(shared),
                len(shared) - len(disputed),
                cohens_kappa(pairs),
                tuple(disputed[:50]),
            )
        )
    return found
