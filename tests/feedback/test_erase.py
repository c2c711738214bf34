"""Deletion: everything that was asked for goes, bytes included, nothing else; adapters are named."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest

from cellwright.errors import UsageError
from cellwright.feedback.erase import Scope, erase, prune
from cellwright.feedback.model import Consent, Label, LabelKind, Outcome, OutcomeKind, Workspace
from cellwright.feedback.queue import Filters, Queue
from cellwright.feedback.runs import RunStatus
from cellwright.feedback.store import FeedbackStore
from cellwright.feedback.tallies import Tallies
from tests.feedback.books import suggestions


def test_a_workspace_is_deleted_and_its_adapters_are_named(store: FeedbackStore) -> None:
    mine, other = suggestions('=IF(A1,"Zanzibar",0)'), suggestions()
    store.record(mine, workspace="team")
    store.record(other, workspace="others")
    shown = mine.candidates[0].id
    store.record_outcome(Outcome(shown, OutcomeKind.ACCEPTED))
    store.label(Label(shown, "eva", LabelKind.GOOD))
    run = store.runs.create("lora.toml", "supervised", "mini")
    store.runs.add_used(run.id, [shown])
    store.runs.finish(run.id, RunStatus.DONE, adapter="team-1")
    asked = erase(store, Scope(workspace="team"), "ann", is_dry_run=True)
    assert store.stats()["requests"] == 2
    done = erase(store, Scope(workspace="team"), "ann")
    assert done == asked
    assert (done.requests, done.suggestions, done.outcomes, done.labels) == (1, 3, 1, 1)
    assert done.adapters == ("team-1",)
    assert store.stats()["requests"] == 1
    assert store.stats()["outcomes"]["accepted"] == 0
    assert Queue(store.database).page(Filters(text="zanzibar")).lines == ()
    assert [m.group for m in Tallies(store.database).measures("workspace", Filters()) if m.shown] == [
        "others"
    ]
    deed = store.people.deeds()[0]
    assert (deed.user, deed.action, deed.subject) == ("ann", "delete feedback", "workspace team")
    assert deed.detail["adapters"] == ["team-1"]


def test_a_persons_decisions_on_others_requests_go_too(store: FeedbackStore) -> None:
    theirs = suggestions()
    store.record(theirs, workspace="team", user="bob")
    shown = theirs.candidates[0].id
    store.record_outcome(Outcome(shown, OutcomeKind.REJECTED, user="ann"))
    store.record_outcome(Outcome(shown, OutcomeKind.ACCEPTED, user="bob"))
    store.record_outcome(Outcome(shown, OutcomeKind.REJECTED, user="ann"))
    erase(store, Scope(user="ann"), "admin")
    assert store.find(shown).outcome == "accepted"
    assert store.stats()["outcomes"]["rejected"] == 0


def test_deleted_text_is_in_no_file_of_the_store(tmp_path: Path) -> None:
    store = FeedbackStore(f"sqlite:///{tmp_path / 'f.db'}")
    for number in range(50):
        store.record(suggestions(f'=IF(A{number + 1},"Zanzibar",0)'), workspace="team")
    assert b"zanzibar" in b"".join(p.read_bytes() for p in tmp_path.iterdir()).lower()
    erase(store, Scope(workspace="team"), "ann")
    assert b"zanzibar" not in b"".join(p.read_bytes() for p in tmp_path.iterdir()).lower()
    store.close()


def test_retention_deletes_what_is_older_and_no_more(store: FeedbackStore) -> None:
    store.people.set_workspace(Workspace("team", retention_days=30), "ann")
    store.record(suggestions(), workspace="team")
    store.record(suggestions(), workspace="others")
    now = datetime.datetime.now(datetime.UTC)
    assert prune(store, now + datetime.timedelta(days=29)) == []
    assert [d.requests for d in prune(store, now + datetime.timedelta(days=31))] == [1]
    assert store.stats()["requests"] == 1
    assert store.people.deeds()[0].user == "retention"


def test_nothing_named_is_no_scope() -> None:
    with pytest.raises(UsageError, match="got none"):
        Scope()


def test_consent_decides_what_is_kept(store: FeedbackStore) -> None:
    store.people.set_workspace(Workspace("redacted", Consent.REDACTED), "ann")
    store.people.set_workspace(Workspace("none", Consent.NONE), "ann")
    full, redacted, none = suggestions(), suggestions(), suggestions()
    assert store.record(full, workspace="full") is not None
    assert store.record(redacted, workspace="redacted") is not None
    assert store.record(none, workspace="none") is None
    assert store.find(full.candidates[0].id).target == "Sales!D7"
    kept = store.find(redacted.candidates[0].id)
    assert kept.edits == ('FORMULA | =IF(B2>0,"…",0)',)
    assert "Sales" not in kept.target
    store.record_outcome(Outcome(redacted.candidates[0].id, OutcomeKind.EDITED, final_text="=secret"))
    assert Queue(store.database).page(Filters(text="secret")).lines == ()
    with pytest.raises(UsageError):
        store.find(none.candidates[0].id)
