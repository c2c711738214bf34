"""The queue and the plots say what the log says, whatever was recorded, decided, labelled or deleted."""

from __future__ import annotations

import datetime
import random
from collections import Counter

import pytest
from sqlmodel import select

from cellwright.errors import UsageError
from cellwright.feedback.model import Label, LabelKind, Outcome, OutcomeKind
from cellwright.feedback.queue import Filters, Queue
from cellwright.feedback.store import FeedbackStore
from cellwright.feedback.tables import EntryRow
from cellwright.feedback.tallies import Tallies, quantile
from cellwright.feedback.words import query_words, words_of
from tests.feedback.books import suggestions


def ids(store: FeedbackStore, **filters: str) -> list[str]:
    return [line.suggestion_id for line in Queue(store.database).page(Filters(**filters)).lines]


def test_a_line_changes_with_outcomes_and_labels_and_is_found_by_its_words(store: FeedbackStore) -> None:
    made = suggestions('=SUMIF(Regions!B:B,"Köln",C:C)')
    store.record(made, workspace="team", user="ann")
    shown = made.candidates[0].id
    assert ids(store, workspace="team", user="ann", model="mini", kind="formula") == [shown]
    assert ids(store, outcome="undecided") == [shown]
    assert ids(store, text="regions koln") == [shown]
    assert ids(store, text="reg*") == [shown]
    store.record_outcome(Outcome(shown, OutcomeKind.REJECTED, reject_reason="wrong_cells"))
    assert ids(store, outcome="undecided") == []
    assert ids(store, outcome="rejected", reason="wrong_cells", text="sumif") == [shown]
    store.label(Label(shown, "eva", LabelKind.BAD, "should look at the month"))
    assert ids(store, label="bad", text="month") == [shown]
    assert ids(store, label="good") == ids(store, label="undecided") == []
    assert ids(store, workspace="other") == ids(store, text="absent") == []


def test_pages_follow_one_another_without_gap_or_repeat(store: FeedbackStore) -> None:
    made = [suggestions(f"=A{i}*2") for i in range(25)]
    for number, one in enumerate(made):
        store.record(one, workspace="even" if number % 2 == 0 else "odd")
    wanted = [one.candidates[0].id for one in reversed(made)]
    for filters in (Filters(), Filters(workspace="even"), Filters(text="d7", workspace="odd")):
        found: list[str] = []
        before = None
        while True:
            page = Queue(store.database).page(filters, before=before, limit=4)
            found += [line.suggestion_id for line in page.lines]
            before = page.next_before
            if before is None:
                break
        start, step = {"": (0, 1), "even": (0, 2), "odd": (1, 2)}[filters.workspace]
        assert found == wanted[start::step]


def test_a_span_of_days_is_exact_even_where_lines_came_out_of_order(store: FeedbackStore) -> None:
    chance, made = random.Random(3), []
    for _ in range(30):
        one = suggestions()
        store.record(one, workspace=chance.choice(("team", "other")))
        made.append(one.candidates[0].id)
    first = datetime.date(2026, 3, 1)
    days = {key: first + datetime.timedelta(days=chance.randrange(8)) for key in made}
    with store.database.writing() as session:
        for key, day in days.items():
            row = session.exec(select(EntryRow).where(EntryRow.suggestion_id == key)).one()
            row.day = day.toordinal()
            session.add(row)
    for _ in range(12):
        since, until = sorted(first + datetime.timedelta(days=chance.randrange(-2, 10)) for _ in range(2))
        span = [key for key in reversed(made) if since <= days[key] <= until]
        assert ids(store, since=since.isoformat(), until=until.isoformat()) == span
        assert ids(store, until=until.isoformat()) == [k for k in reversed(made) if days[k] <= until]
        assert ids(store, since=since.isoformat()) == [k for k in reversed(made) if days[k] >= since]
        team = set(ids(store, workspace="team"))
        assert ids(store, since=since.isoformat(), until=until.isoformat(), workspace="team") == [
            key for key in span if key in team
        ]


def test_the_tallies_are_the_count_over_all_lines(store: FeedbackStore) -> None:
    chance = random.Random(7)
    expected: dict[str, Counter[str]] = {"a": Counter(), "b": Counter()}
    for _ in range(40):
        workspace = chance.choice("ab")
        made = suggestions()
        store.record(made, workspace=workspace)
        last = None
        for _ in range(chance.randrange(3)):  # changed minds: the latest outcome counts
            last = chance.choice(["accepted", "rejected", "undone"])
            store.record_outcome(Outcome(made.candidates[0].id, OutcomeKind(last)))
        if chance.random() < 0.3:
            store.record_outcome(Outcome(made.candidates[0].id, OutcomeKind.KEPT, kept_rate=0.5))
            expected[workspace]["kept"] += 1
        expected[workspace]["shown"] += 1
        if last is not None:
            expected[workspace][last] += 1
    measured = {m.group: m for m in Tallies(store.database).measures("workspace", Filters())}
    for name, counts in expected.items():
        told = measured[name]
        assert told.shown == counts["shown"]
        assert {k: v for k, v in told.outcomes.items() if v} == {
            k: counts[k] for k in ("accepted", "rejected", "undone") if counts[k]
        }
        assert told.kept_rate == 0.5
        assert told.latency_p50_ms is not None
        assert 10 <= told.latency_p50_ms <= 20
    before = measured
    with store.database.writing() as session:
        store.projection.rebuild(session)
    again = {m.group: m for m in Tallies(store.database).measures("workspace", Filters())}
    assert again == before
    today = datetime.datetime.now(datetime.UTC).date()
    week = Tallies(store.database).measures("week", Filters(since=today.isoformat()))
    assert sum(m.shown for m in week) == 40
    assert Tallies(store.database).measures("week", Filters(until="2020-01-01")) == []


def test_bad_filters_are_refused_in_words(store: FeedbackStore) -> None:
    with pytest.raises(UsageError, match="expected a day such as"):
        Filters(since="yesterday")
    with pytest.raises(UsageError, match="expected filters of"):
        Filters.of({"colour": "red"})
    with pytest.raises(UsageError, match="before \\*"):
        Filters(text="a*")
    with pytest.raises(UsageError, match="expected a word"):
        Queue(store.database).page(Filters(text="!?"))
    with pytest.raises(UsageError, match="lines a page"):
        Queue(store.database).page(Filters(), limit=1_000)
    with pytest.raises(UsageError, match="expected plots filtered by"):
        Tallies(store.database).measures("week", Filters(user="ann"))


@pytest.mark.parametrize("text", ["'; DROP TABLE entry; --", 'a" OR "b', "NEAR(x y)", "x:y & !z | (", "{}"])
def test_a_search_is_words_and_never_a_query_of_the_database(store: FeedbackStore, text: str) -> None:
    store.record(suggestions(), workspace="team")
    words = query_words(text)
    if words:
        assert ids(store, text=text) == []
    assert ids(store, workspace="team")


def test_words_are_folded_and_bounded() -> None:
    assert words_of(["Größe!B2 + größe"]) == ["große".replace("ß", "ss"), "b2"]
    assert len(words_of([" ".join(f"w{i}" for i in range(1_000))])) == 300


def test_quantiles_of_a_histogram_lie_in_their_bucket() -> None:
    assert quantile([0] * 16, 0.5) is None
    assert quantile([0, 10] + [0] * 14, 0.5) == 7.5  # halfway between 5 and 10 ms
    assert quantile([0] * 15 + [3], 0.95) == 10_000.0
