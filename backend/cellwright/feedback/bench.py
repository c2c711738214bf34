"""A store with many outcomes, and how long the admin page's questions take on it.

The log is made up: requests over a year in several workspaces, with a shown candidate, a rival and an
outcome each, reviewers' labels and notes, written as the store writes them but in bulk; projections are then
made by the product's own code. Measured are whole answers (the page of lines with what is shown of them, all
series of a plot), alternating over a list of questions that a reviewer asks, common and rare, in random
order.
"""

from __future__ import annotations

import datetime
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Table, insert, text
from sqlmodel import SQLModel

from cellwright.errors import UsageError
from cellwright.feedback.model import new_id
from cellwright.feedback.queue import Filters, Queue
from cellwright.feedback.store import FeedbackStore
from cellwright.feedback.tables import LabelRow, OutcomeRow, RequestRow, SuggestionRow
from cellwright.feedback.tallies import GROUPS, Tallies

_BATCH = 20_000
_LAST = datetime.datetime(2026, 6, 30, tzinfo=datetime.UTC)
_WORKSPACES = ("finance", "operations", "sales", "energy", "people")
_MODELS = ("mini-a", "mini-b", "mini-b+team-1", "mini-b+team-2")
_KINDS = (("formula", 70), ("completion", 12), ("repair", 8), ("edit", 8), ("answer", 2))
_PROPOSERS = ("sibling", "model", "series", "total", "lookup", "repair", "format", "retrieval")
_OUTCOMES = (
    ("accepted", 34),
    ("rejected", 20),
    ("ignored", 25),
    ("superseded", 12),
    ("edited", 6),
    ("stale", 2),
    ("undone", 1),
)
_REASONS = (*("wrong_result", "wrong_cells", "not_here", "too_complex"), "the wrong month")
_FUNCTIONS = ("SUM", "AVERAGE", "SUMIF", "COUNTIF", "VLOOKUP", "INDEX", "MATCH", "IF", "ROUND", "XLOOKUP")
_SHEETS = ("Sales", "Plan", "Costs", "Budget", "Meters", "Staff", "Prices", "Overview")
_WORDS = ("north", "south", "march", "margin", "hours", "tariff", "discount", "forecast", "invoice", "stock")


@dataclass(frozen=True)
class Question:
    """What is asked; `ask` answers it whole."""

    name: str
    ask: Callable[[], object]


def fill(store: FeedbackStore, outcomes: int, say: Callable[[str], None] = lambda _: None) -> float:
    """Write so many outcomes; the seconds that the projections took. The store should be empty."""
    chance = random.Random(20_261_128)
    database = store.database
    for at in range(0, outcomes, _BATCH):
        rows = _rows(chance, min(_BATCH, outcomes - at), at / outcomes, 1 / outcomes)
        with database.writing() as session:
            for table, made in rows.items():
                _bulk(session.connection(), table, made)
        say(f"{at + _BATCH:,} outcomes")
    begun = time.perf_counter()
    with database.writing() as session:
        store.projection.rebuild(session)
    with (
        database.errors(),
        database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection,
    ):
        connection.execute(text("ANALYZE"))
    return time.perf_counter() - begun


def questions(store: FeedbackStore) -> list[Question]:
    """What a reviewer asks: the first page, filters alone and together, words, deep pages, every plot."""
    queue, tallies = Queue(store.database), Tallies(store.database)
    deep = queue.page(Filters(), limit=1).lines[0].position // 2
    filters = {
        "queue": Filters(),
        "workspace": Filters(workspace="finance"),
        "rejected": Filters(outcome="rejected"),
        "undone_repairs": Filters(outcome="undone", kind="repair"),
        "rare_together": Filters(workspace="people", outcome="stale", kind="answer", model="mini-a"),
        "contradiction": Filters(outcome="accepted", reason="wrong_cells"),
        "user_bad": Filters(user="user17", label="bad"),
        "month": Filters(since="2026-01-01", until="2026-01-31", outcome="rejected"),
        "old_week": Filters(since="2025-08-04", until="2025-08-10"),
    }
    searches = {
        "common_word": Filters(text="sum"),
        "two_words": Filters(text="sumif tariff"),
        "rare_word": Filters(text="note123456"),
        "absent_word": Filters(text="zanzibar"),
        "prefix": Filters(text="not* march"),
        "word_and_filters": Filters(text="vlookup", workspace="energy", outcome="rejected"),
        "word_and_rare": Filters(text="sum", outcome="undone", kind="answer"),
    }
    asked = [
        Question(f"filter_{name}" if name != "queue" else name, lambda f=f: queue.page(f))  # type: ignore[misc]
        for name, f in filters.items()
    ]
    asked.append(Question("queue_deep", lambda: queue.page(Filters(), before=deep)))
    asked.append(Question("facets", queue.facets))
    asked += [Question(f"search_{n}", lambda f=f: queue.page(f)) for n, f in searches.items()]  # type: ignore[misc]
    asked += [Question(f"plot_{by}", lambda b=by: tallies.measures(b, Filters())) for by in GROUPS]  # type: ignore[misc]
    asked.append(
        Question("plot_filtered", lambda: tallies.measures("week", Filters(workspace="sales", kind="repair")))
    )
    return asked


def measure(store: FeedbackStore, rounds: int) -> dict[str, list[float]]:
    """Milliseconds of every question, in random order, so many times; first asks count like all others."""
    asked = questions(store)
    order = [question for question in asked for _ in range(rounds)]
    random.Random(1).shuffle(order)
    took: dict[str, list[float]] = {question.name: [] for question in asked}
    for question in order:
        begun = time.perf_counter()
        question.ask()
        took[question.name].append((time.perf_counter() - begun) * 1000)
    return took


def _bulk(connection: Any, model: type[SQLModel], rows: list[dict[str, Any]]) -> None:
    table: Table = SQLModel.metadata.tables[str(model.__tablename__)]
    if rows:
        connection.execute(insert(table), rows)


def _rows(
    chance: random.Random, count: int, start: float, step: float
) -> dict[type[SQLModel], list[dict[str, Any]]]:
    requests, suggestions, outcomes, labels = [], [], [], []
    for number in range(count):
        moment = _LAST - datetime.timedelta(days=365 * (1 - start - step * number))
        request, pair, outcome = _one(chance, moment)
        requests.append(request)
        suggestions += pair
        outcomes.append(outcome)
        if chance.random() < 0.02:
            labels.append(
                {
                    "id": new_id(),
                    "suggestion_id": pair[0]["id"],
                    "user": chance.choice(("eva", "jan")),
                    "label": chance.choice(("good", "bad", "exclude")),
                    "note": f"note{chance.randrange(1_000_000)} {chance.choice(_WORDS)}",
                    "created": moment,
                }
            )
    return {RequestRow: requests, SuggestionRow: suggestions, OutcomeRow: outcomes, LabelRow: labels}


def _one(
    chance: random.Random, moment: datetime.datetime
) -> tuple[dict[str, Any], list[dict[str, Any]], dict[str, Any]]:
    request_id = new_id()
    name, _, adapter = chance.choice(_MODELS).partition("+")
    place = f"{chance.choice(_SHEETS)}!{chance.choice('BCDEFG')}{chance.randrange(2, 400)}"
    user = f"user{min(int(chance.expovariate(1 / 12)), 99)}"
    request = {
        "id": request_id,
        "created": moment,
        "workspace": chance.choices(_WORKSPACES, (45, 25, 18, 10, 2))[0],
        "target": place,
        "context_hash": f"{chance.getrandbits(64):016x}",
        "base_revision": 1,
        "model": name,
        "adapter": adapter or None,
        "prompt_version": "1",
        "is_redacted": False,
        "latency_ms": {"total": round(chance.lognormvariate(4.3, 0.7), 1)},
        "user": user,
        "context": None,
    }
    kind = chance.choices([k for k, _ in _KINDS], [w for _, w in _KINDS])[0]
    p = chance.betavariate(4, 2)
    suggestions = [
        {
            "id": new_id(),
            "request_id": request_id,
            "rank": rank,
            "kind": kind,
            "proposer": chance.choice(_PROPOSERS),
            "was_shown": rank == 1,
            "p_accept": p / rank,
            "propensity": 1.0,
            "status": "verified" if chance.random() < 0.9 else "unverified",
            "edits": [f"FORMULA | {place} | {_formula(chance)}"],
            "features": {"agreement": 2.0},
            "log_probability": -chance.random(),
            "reason": f"As in the column beside it, {chance.choice(_WORDS)}",
            "verdict": None,
        }
        for rank in (1, 2)
    ]
    ending = chance.choices([k for k, _ in _OUTCOMES], [w for _, w in _OUTCOMES])[0]
    outcome = {
        "id": new_id(),
        "suggestion_id": suggestions[0]["id"],
        "created": moment + datetime.timedelta(seconds=5),
        "kind": ending,
        "was_shown": True,
        "latency_ms": chance.expovariate(1 / 2_000),
        "reject_reason": chance.choice(_REASONS) if ending == "rejected" else None,
        "final_text": None,
        "kept_rate": round(chance.betavariate(9, 1), 3) if ending in ("accepted", "edited") else None,
        "user": user,
    }
    return request, suggestions, outcome


def _formula(chance: random.Random) -> str:
    column = chance.choice("ABCDEFGH")
    area = f"{column}2:{column}{chance.randrange(10, 500)}"
    return f'={chance.choice(_FUNCTIONS)}({chance.choice(_SHEETS)}!{area},"{chance.choice(_WORDS)}")'


def measured_on(
    url: str, outcomes: int, rounds: int, say: Callable[[str], None] = lambda _: None
) -> dict[str, dict[str, float]]:
    """p95 of every question in ms, with the median as `low` and the slowest as `high`; and the worst p95.

    An empty store is filled first; one that has that many outcomes already is measured as it is.
    """
    store = FeedbackStore(url)
    try:
        found: dict[str, dict[str, float]] = {}
        held = sum(store.stats()["outcomes"].values())
        if held == 0:
            found["projections_s"] = _one_value(fill(store, outcomes, say))
        elif held != outcomes:
            raise UsageError(f"expected an empty store or one of {outcomes} outcomes, got {held}")
        for name, times in measure(store, rounds).items():
            ordered = sorted(times)
            say(f"{name}: median {ordered[len(ordered) // 2]:.1f} ms, slowest {ordered[-1]:.1f} ms")
            found[f"{name}_p95_ms"] = {
                "value": ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))],
                "low": ordered[len(ordered) // 2],
                "high": ordered[-1],
            }
        found["outcomes"] = _one_value(outcomes)
        worst = max(value["value"] for name, value in found.items() if name.endswith("_p95_ms"))
        return found | {"worst_p95_ms": _one_value(worst)}
    finally:
        store.close()


def _one_value(value: float) -> dict[str, float]:
    return {"value": value, "low": value, "high": value}
