"""From the store to lessons and examples: who is heard, how often, and what the model reads of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from zlib import crc32

import pytest

from cellwright.edits.model import SetFormulas
from cellwright.feedback.model import Label, LabelKind, Outcome, OutcomeKind
from cellwright.feedback.store import FeedbackStore
from cellwright.prompt.context import formula_prompt
from cellwright.reference import Cell, Range, SheetRange
from cellwright.suggest.model import Suggestion, Suggestions
from cellwright.verify.model import Candidate, Kind, Status, Verdict
from cellwright_tuning.tenant.examples import Judgement, Pair, Supervised
from cellwright_tuning.tenant.outcomes import decisions, examples, lesson_of, taught, voices
from tests.workbooks import book

TARGET = SheetRange("Sheet1", Range.of(Cell(1, 3)))
FORMULAS = ("=B2*C2", "=B2+C2")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[FeedbackStore]:
    made = FeedbackStore(f"sqlite:///{tmp_path / 'f.db'}")
    yield made
    made.close()


def asked(
    store: FeedbackStore, name: str, *, context: bool = True, keep: bool = True, context_name: str = ""
) -> list[str]:
    """A logged request with two candidates, the first shown; their ids. Each has a context of its own."""
    snapshot = book({"A1": "item", "D1": "net cost", "A2": "pens", "B2": 2.0, "C2": 3.0})
    made = tuple(
        Suggestion(
            id=f"{name}-{i}",
            target=TARGET,
            candidate=Candidate(
                Kind.FORMULA, (SetFormulas("Sheet1", TARGET.range, ((text,),)),), "aggregates", "", (),
                {"by_aggregates": 1.0, "length": float(i)},
            ),
            verdict=Verdict(Status.UNVERIFIED),
            p_accept=0.6 - 0.5 * i,
            rank=i + 1,
            base_revision=1,
            is_shown=i == 0,
            model="m",
        )
        for i, text in enumerate(FORMULAS)
    )  # fmt: skip
    prompt = formula_prompt(snapshot, "Sheet1", Cell(1, 3)).text if context else ""
    found = Suggestions(TARGET, made, f"{crc32((context_name or name).encode()):08x}", {}, prompt)
    store.record(found, workspace="w", keep_cell_contents=keep)
    return [suggestion.id for suggestion in made]


def test_what_each_outcome_teaches(store: FeedbackStore) -> None:
    taken, edited, refused = (asked(store, name)[0] for name in ("a", "b", "c"))
    store.record_outcome(Outcome(taken, OutcomeKind.ACCEPTED))
    store.record_outcome(Outcome(edited, OutcomeKind.EDITED, final_text="=B2+C2"))
    store.record_outcome(Outcome(refused, OutcomeKind.REJECTED))
    found = {decision.suggestion_id: decision for decision in decisions(store, "w")}
    assert [
        (lesson_of(found[key]).wanted, lesson_of(found[key]).rejected) for key in (taken, edited, refused)
    ] == [
        (0, None),
        (1, None),
        (None, 0),
    ]
    data = examples([found[taken], found[edited], found[refused]])
    prompt, product, total = data.supervised[0].prompt, "R[0]C[-2]*R[0]C[-1]", "R[0]C[-2]+R[0]C[-1]"
    assert data.supervised == [Supervised(prompt, product), Supervised(prompt, total)]
    assert data.pairs == [Pair(prompt, total, product)]
    assert data.judgements == [Judgement(prompt, product, good) for good in (True, False, False)]


def test_what_was_accepted_goes_into_the_library_under_its_labels(store: FeedbackStore) -> None:
    first = asked(store, "a")[0]
    store.record_outcome(Outcome(first, OutcomeKind.ACCEPTED))
    entry = taught(decisions(store, "w")).entries[0]
    assert (entry.formula, entry.row_label, entry.column_label) == ("=B2*C2", ("pens",), ("net", "cost"))


def test_who_is_not_heard(store: FeedbackStore) -> None:
    excluded, undone, unseen, ignored = (asked(store, name)[0] for name in "abcd")
    for key in (excluded, undone):
        store.record_outcome(Outcome(key, OutcomeKind.ACCEPTED))
    store.label(Label(excluded, "reviewer", LabelKind.EXCLUDE))
    store.record_outcome(Outcome(undone, OutcomeKind.UNDONE))
    store.record_outcome(Outcome(unseen, OutcomeKind.ACCEPTED, was_shown=False))
    store.record_outcome(Outcome(ignored, OutcomeKind.IGNORED))
    assert decisions(store, "w") == []
    assert decisions(store, "another") == []


def test_a_flood_is_cut_off(store: FeedbackStore) -> None:
    for number in range(40):
        key = asked(store, f"flood {number}")[0]
        store.record_outcome(Outcome(key, OutcomeKind.ACCEPTED, user="loud"))
    quiet = asked(store, "quiet")[0]
    store.record_outcome(Outcome(quiet, OutcomeKind.REJECTED, user="quiet"))
    found = decisions(store, "w")
    assert [decision.user for decision in found].count("loud") == 20
    assert voices(found).counts == {"loud": 20, "quiet": 1}
    assert voices(found).surprise["loud"] > 0 > voices(found).surprise["quiet"]


def test_a_poisoner_is_not_heard(store: FeedbackStore) -> None:
    for number in range(30):
        right = number % 2 == 0  # what the others think of it
        for user in ("ann", "bob", "mallory"):
            key = asked(store, f"{user} {number}", context_name=f"c{number}")[0]
            accepts = right == (user != "mallory")
            kind = OutcomeKind.ACCEPTED if accepts else OutcomeKind.REJECTED
            store.record_outcome(Outcome(key, kind, user=user))
    heard = [decision.user for decision in decisions(store, "w")]
    assert "mallory" not in heard
    assert heard.count("ann") == heard.count("bob") == 30


def test_redacted_requests_teach_the_ranker_alone(store: FeedbackStore) -> None:
    first = asked(store, "a", keep=False)[0]
    store.record_outcome(Outcome(first, OutcomeKind.ACCEPTED))
    found = decisions(store, "w")
    assert examples(found).supervised == []
    assert taught(found).entries == ()
