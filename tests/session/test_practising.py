"""Practice beside the requests: begun by the first, done for the next, never in anybody's way."""

from __future__ import annotations

import time

import pytest

from cellwright.session import practising
from cellwright.session.practising import Practising
from cellwright.suggest.practice import Practice
from cellwright.workbook.model import Snapshot
from tests.workbooks import book

SNAPSHOT = book({"A1": 1, "A2": 2, "B1": "=A1*2", "B2": "=A2+5", "C1": "=A1-B1"})


def awaited(practice: Practising, snapshot: Snapshot = SNAPSHOT, seconds: float = 20.0) -> Practice | None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = practice.of("book", snapshot, "Sheet1")
        if found is not None:
            return found
        time.sleep(0.01)
    return None


def test_the_first_request_sets_it_going_and_later_ones_find_it() -> None:
    practice = Practising(lambda: False)
    try:
        assert practice.of("book", SNAPSHOT, "Sheet1") is None
        found = awaited(practice)
        assert found is not None
        assert practice.of("book", SNAPSHOT, "SHEET1") is found
        assert found.exercises(led=False)
        practice.drop("book")
        assert practice.of("book", SNAPSHOT, "Sheet1") is None
    finally:
        practice.close()


def test_it_waits_while_somebody_waits_and_closes_at_once_all_the_same() -> None:
    practice = Practising(lambda: True)
    assert practice.of("book", SNAPSHOT, "Sheet1") is None
    assert awaited(practice, seconds=0.3) is None
    begun = time.monotonic()
    practice.close()
    assert time.monotonic() - begun < 5.0
    assert practice.of("other", SNAPSHOT, "Sheet1") is None


def test_a_workbook_that_has_grown_is_practised_anew() -> None:
    practice = Practising(lambda: False)
    try:
        first = awaited(practice)
        grown = book({"A1": 1, **{f"B{row}": f"=A1+{row}" for row in range(1, 60)}})
        assert practice.of("book", grown, "Sheet1") is first
        end = time.monotonic() + 20.0
        while practice.of("book", grown, "Sheet1") is first and time.monotonic() < end:
            time.sleep(0.01)
        later = practice.of("book", grown, "Sheet1")
        assert later is not None
        assert later is not first
    finally:
        practice.close()


def test_a_failure_leaves_the_shipped_ranking(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object, **__: object) -> Practice:
        raise RuntimeError("no practice today")

    monkeypatch.setattr(practising, "Practice", broken)
    practice = Practising(lambda: False)
    try:
        assert awaited(practice, seconds=0.3) is None
        assert "no practice today" in caplog.text
    finally:
        practice.close()
