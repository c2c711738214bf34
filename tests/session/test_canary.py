"""A canary goes on where people take what it offers, and back where they don't."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from cellwright.edits.model import SetFormulas
from cellwright.feedback.model import Outcome, OutcomeKind, new_id
from cellwright.feedback.store import FeedbackStore
from cellwright.reference import Cell, Range, SheetRange
from cellwright.registry.versions import Registry
from cellwright.session.canary import review, wilson
from cellwright.suggest.model import Suggestion, Suggestions
from cellwright.verify.model import Candidate, Kind, Status, Verdict
from tests.registry.test_versions import added

TARGET = SheetRange("Sheet1", Range.of(Cell(0, 0)))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[FeedbackStore]:
    made = FeedbackStore(f"sqlite:///{tmp_path / 'f.db'}")
    yield made
    made.close()


def decided(store: FeedbackStore, version: str | None, accepted: int, refused: int) -> None:
    kinds = [OutcomeKind.ACCEPTED] * accepted + [OutcomeKind.REJECTED] * refused
    Random(0).shuffle(kinds)
    for kind in kinds:
        candidate = Candidate(Kind.FORMULA, (SetFormulas("Sheet1", TARGET.range, (("=B1",),)),), "x", "")
        made = Suggestion(new_id(), TARGET, candidate, Verdict(Status.UNVERIFIED), 0.9, 1, 1, adapter=version)
        store.record(Suggestions(TARGET, (made,), new_id(), {}), workspace="w")
        store.record_outcome(Outcome(made.id, kind))


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    made = Registry(tmp_path, "w")
    added(made, "new")
    made.promote("new", 0.05)
    return made


def test_it_goes_on_stage_by_stage(store: FeedbackStore, registry: Registry) -> None:
    decided(store, None, 15, 15)
    decided(store, "new", 5, 2)
    assert review(registry, store, "w") is None
    decided(store, "new", 14, 4)
    assert review(registry, store, "w") == "canary"
    assert registry.state().share == 0.25
    assert review(registry, store, "w") is None, "what was seen at the last share counts no more"
    decided(store, None, 4, 4)
    decided(store, "new", 16, 6)
    assert review(registry, store, "w") == "promote"
    assert registry.state().current == "new"
    assert [p.action for p in store.runs.promotions()] == ["promote", "canary"]


def test_it_goes_back_on_a_fall(store: FeedbackStore, registry: Registry) -> None:
    decided(store, None, 24, 6)
    decided(store, "new", 1, 9)
    assert review(registry, store, "w") == "rollback"
    assert registry.state().canary is None
    assert "accepted 1 of 10, without it 24 of 30" in store.runs.promotions()[0].reason


def test_wilsons_interval() -> None:
    low, high = wilson(10, 20)
    assert (low, high) == pytest.approx((0.2993, 0.7007), abs=1e-3)
