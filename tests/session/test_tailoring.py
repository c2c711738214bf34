"""What serves a workspace: what was promoted, from the next request on; never something broken."""

from __future__ import annotations

from pathlib import Path

import pytest

from cellwright.feedback.model import Outcome, OutcomeKind
from cellwright.proposers.experts import EXPERTS
from cellwright.proposers.library import Entry, Library, write_library
from cellwright.rank.rank import Ranker, Weights, shipped_ranker
from cellwright.rank.stored import write_ranker
from cellwright.reference import Cell, Range, SheetRange
from cellwright.registry.versions import Registry, Version
from cellwright.session.tailoring import Tailoring
from cellwright.suggest import suggest
from tests.workbooks import book

HOUSE = "=ROUND(B2*1.19,2)"


def make_version(registry: Registry, name: str, created: str = "2026-11-28") -> None:
    prepared = registry.folder / f"new-{name}"
    prepared.mkdir(parents=True)
    entry = Entry("prices.xlsx", "Sheet1", HOUSE, Cell(1, 2), ("pens",), ("gross",))
    write_library(Library((entry,), {"prices.xlsx": frozenset({"sheet1"})}), prepared / "library.zst")
    trusting = Weights(0.0, {"retrieved": 9.0}, 0.5)
    write_ranker(Ranker(trusting, trusting, trusting, {}), prepared / "ranker.json")
    registry.add(Version(name, created), prepared)


def said_first(tailoring: Tailoring, book_id: str = "b") -> tuple[str | None, str]:
    """(the version that answered, its best formula)."""
    serving = tailoring.serving("w", book_id, None)
    snapshot = book({"B1": "net", "C1": "gross", "A2": "pens", "B2": 3.0})
    found = suggest(
        snapshot,
        SheetRange("Sheet1", Range.of(Cell(1, 2))),
        weights=serving.alone,
        cut=serving.cut,
        experts=serving.experts,
        version=serving.version,
    )
    tailoring.remember(found)
    best = found.candidates[0]
    return best.adapter, str(getattr(best.candidate.edits[0], "formulas", (("",),))[0][0])


def test_a_promotion_serves_with_the_next_request_and_back(tmp_path: Path) -> None:
    registry, tailoring = Registry(tmp_path, "w"), Tailoring(tmp_path)
    make_version(registry, "house")
    assert said_first(tailoring)[1] != HOUSE
    registry.promote("house")
    assert said_first(tailoring) == ("house", HOUSE)
    assert tailoring.serving("another", "b", None).version is None
    registry.rollback()
    assert said_first(tailoring)[1] != HOUSE


def test_a_canary_serves_the_same_workbooks_each_time(tmp_path: Path) -> None:
    registry, tailoring = Registry(tmp_path, "w"), Tailoring(tmp_path)
    make_version(registry, "house")
    registry.promote("house", 0.25)
    versions = [tailoring.serving("w", f"book {i}", None).version for i in range(200)]
    assert versions == [tailoring.serving("w", f"book {i}", None).version for i in range(200)]
    assert 25 <= versions.count("house") <= 75


@pytest.mark.parametrize("file", ["ranker.json", "library.zst", "version.json"])
def test_what_is_broken_does_not_serve(tmp_path: Path, file: str, caplog: pytest.LogCaptureFixture) -> None:
    registry, tailoring = Registry(tmp_path, "w"), Tailoring(tmp_path)
    make_version(registry, "house")
    registry.promote("house")
    (registry.path("house") / file).write_bytes(b"{")
    serving = tailoring.serving("w", "b", None)
    assert serving.version is None
    assert serving.experts is EXPERTS
    assert serving.alone.features == shipped_ranker().experts.features
    assert "can't serve" in caplog.text


def test_outcomes_teach_the_version_that_was_asked(tmp_path: Path) -> None:
    registry, tailoring = Registry(tmp_path, "w"), Tailoring(tmp_path)
    make_version(registry, "house")
    registry.promote("house")
    serving = tailoring.serving("w", "b", None)
    found = suggest(
        book({"B1": "net", "C1": "gross", "A2": "pens", "B2": 3.0}),
        SheetRange("Sheet1", Range.of(Cell(1, 2))),
        weights=serving.alone,
        cut=serving.cut,
        experts=serving.experts,
        version="house",
    )
    tailoring.remember(found)
    refused = Outcome(found.shown[0].id, OutcomeKind.REJECTED)
    assert tailoring.learn("w", refused)
    assert not tailoring.learn("w", refused), "the same end counts once"
    assert tailoring.serving("w", "b", None).alone.features["retrieved"] < 9.0
    assert registry.online("house").is_file()
    assert not tailoring.learn("w", Outcome("unknown", OutcomeKind.ACCEPTED))
    registry.rollback()
    assert tailoring.serving("w", "b", None).alone.features == shipped_ranker().experts.features
    registry.promote("house")
    assert Tailoring(tmp_path).serving("w", "b", None).alone.features["retrieved"] < 9.0
