"""Tuning runs, gate reports and promotions in the store."""

from __future__ import annotations

import pytest

from cellwright.errors import UsageError
from cellwright.feedback.runs import RunStatus
from cellwright.feedback.store import FeedbackStore


def test_a_run_tells_its_progress_and_its_end(store: FeedbackStore) -> None:
    run = store.runs.create("lora-kto.toml", "kto", "mini", workspace="team")
    assert store.runs.find(run.id[:8]).status is RunStatus.QUEUED
    store.runs.start(run.id, pid=4711)
    for step in (1, 2, 3):
        store.runs.add_event(run.id, step, {"loss": 3.0 / step})
    first, *later = store.runs.events(run.id)
    assert first.metrics == {"loss": 3.0}
    assert [e.step for e in store.runs.events(run.id, after=first.id)] == [e.step for e in later] == [2, 3]
    store.runs.finish(run.id, RunStatus.DONE, adapter="team-1")
    ended = store.runs.recent()[0]
    assert (ended.status, ended.adapter, ended.pid) == (RunStatus.DONE, "team-1", None)
    assert ended.created_at <= ended.started_at <= ended.finished_at  # type: ignore[operator]


def test_a_failed_run_that_is_taken_up_again_has_no_problem_left(store: FeedbackStore) -> None:
    run = store.runs.create("lora.toml", "supervised", "mini")
    store.runs.start(run.id)
    store.runs.finish(run.id, RunStatus.FAILED, problem="the loss is not a number at step 3")
    assert store.runs.find(run.id).problem == "the loss is not a number at step 3"
    store.runs.start(run.id)
    again = store.runs.find(run.id)
    assert (again.status, again.problem, again.finished_at) == (RunStatus.RUNNING, None, None)


def test_reports_and_promotions_are_kept_newest_first(store: FeedbackStore) -> None:
    run = store.runs.create("lora.toml", "supervised", "mini")
    store.runs.add_report(run.id, "team-1", "mini", "reject", {"suites": {"formula": -0.1}})
    store.runs.add_report(None, "team-2", "mini", "promote", {"suites": {}})
    assert [r.candidate for r in store.runs.reports()] == ["team-2", "team-1"]
    assert store.runs.reports(run.id)[0].report == {"suites": {"formula": -0.1}}
    store.runs.add_promotion("ann", "canary", "team-2", 0.05, "gate passed")
    store.runs.add_promotion("ann", "rollback", "mini", 1.0)
    assert [(p.action, p.share) for p in store.runs.promotions()] == [("rollback", 1.0), ("canary", 0.05)]


def test_wrong_ids_ends_and_shares_are_refused(store: FeedbackStore) -> None:
    with pytest.raises(UsageError, match="expected the id of a tuning run"):
        store.runs.start("nobody")
    run = store.runs.create("lora.toml", "supervised", "mini")
    with pytest.raises(UsageError, match="expected the end of a run"):
        store.runs.finish(run.id, RunStatus.RUNNING)
    with pytest.raises(UsageError, match=r"from 0 to 1, got 1\.5"):
        store.runs.add_promotion("ann", "canary", "team-2", 1.5)
    with pytest.raises(UsageError, match="at least 4 characters"):
        store.runs.find("ab")
