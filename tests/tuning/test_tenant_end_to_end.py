"""What a person decides in a pane comes back as what the same server says first; rolled back, it does not."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from cellwright.engine import Engine
from cellwright.feedback.runs import RunStatus
from cellwright.proposers.language import LanguageProposer
from cellwright.protocol import answers as a
from cellwright.protocol import workbooks as w
from cellwright.registry import find_model
from cellwright.registry.versions import Registry
from cellwright.session.service import Capacity
from cellwright_tuning.tenant.recipe import Method, Recipe, Training
from cellwright_tuning.tenant.run import Workplace, default_checkpoint, promoted, start, work
from tests.server.client import TestPane, connected, new_id
from tests.server.conftest import Running
from tests.server.conftest import start as start_server
from tests.server.conftest import stop as stop_server
from tests.tuning.tenant_books import organisation

TAUGHT = "=ROUND(B2*C2/12,1)"
WORKSPACE = "default"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Running]:
    parts = start_server(tmp_path / "home", Capacity(calculators=3, model_patience_ms=60_000))
    with Engine.open(find_model()) as engine:
        parts[0].service.language = LanguageProposer(engine, engine.name)
        yield parts[0]
        stop_server(*parts)


def budget(name: str, number: int) -> w.Block:
    """A sheet with yearly cost and share; what the person wants under `monthly` nobody proposes by itself."""
    rows: list[list[str | float | None]] = [["team", "yearly cost", "share", "monthly"]]
    rows += [[f"{name} {i}", 1200.0 + 100 * number + i, 0.5, None] for i in range(2)]
    return w.Block(sheet="Teams", range="A1:D3", values=rows, formulas=[[None] * 4] * 3)


async def first_formula(pane: TestPane, name: str, number: int) -> list[a.WireSuggestion]:
    book = new_id()
    await pane.open_pushed(book, budget(name, number))
    found, _ = await pane.suggest(book, "Teams!D2", include_unlikely=True)
    return found


async def teach(server: Running) -> None:
    async with connected(server.url, server.token) as pane:
        for number in range(12):
            found = await first_formula(pane, f"crew {number}", number)
            assert found
            assert all(suggestion.formula != TAUGHT for suggestion in found)
            recorded = await pane.outcome(found[0].id, "edited", final_text=TAUGHT)
            assert recorded.status == "recorded"


def said(server: Running) -> list[str | None]:
    async def ask() -> list[str | None]:
        async with connected(server.url, server.token) as pane:
            found = await first_formula(pane, "a new crew", 40)
            return [suggestion.formula for suggestion in found]

    return asyncio.run(ask())


def place_of(server: Running, tmp_path: Path) -> Workplace:
    place = Workplace(server.home, WORKSPACE, server.service.store, default_checkpoint())
    folder = organisation(tmp_path / "org")
    place.registry.folder.mkdir(parents=True, exist_ok=True)
    place.environment_file.write_text(json.dumps({"folder": str(folder)}))
    return place


@pytest.mark.timeout(900)
def test_from_a_decision_to_what_is_said_first(server: Running, tmp_path: Path) -> None:
    asyncio.run(teach(server))
    assert TAUGHT not in said(server)
    place = place_of(server, tmp_path)
    session = start(place, Recipe("house", ranker_tasks=36, gate_tasks=12, gate_general=6, threads=1))
    report = work(session)
    run = place.store.runs.find(session.run.id)
    assert run.status is RunStatus.DONE
    assert run.adapter == report.candidate == session.name()
    assert report.decided == "promote", "\n".join(report.lines())
    assert TAUGHT not in said(server), "a version that was not promoted serves"

    promoted(place, report, "tester")
    assert TAUGHT in said(server)[:1]
    assert Registry(server.home, WORKSPACE).version(report.candidate).decided == "promote"
    place.registry.rollback()
    assert TAUGHT not in said(server)
    place.registry.promote(report.candidate)
    assert TAUGHT in said(server)[:1]


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_with_an_adapter_what_was_taught_comes_first_too(server: Running, tmp_path: Path) -> None:
    asyncio.run(teach(server))
    place = place_of(server, tmp_path)
    phase = Training(
        Method.SUPERVISED, steps=40, learning_rate=2e-3, tokens_per_step=1024, max_tokens=512, replay=0.25
    )
    recipe = Recipe("house", [phase], ranker_tasks=36, gate_tasks=12, gate_general=6, threads=1)
    report = work(start(place, recipe))
    assert (place.registry.path(report.candidate) / "adapter").is_dir()
    assert all(suite.passes for suite in report.suites), "\n".join(report.lines())
    assert TAUGHT not in said(server)
    promoted(place, report, "tester")
    told = said(server)
    assert told[0] == TAUGHT
    others = [formula for formula in told[1:] if formula and formula.startswith("=ROUND(")]
    assert any(formula.endswith("/12,1)") for formula in others), (
        f"expected the model itself to write in the taught manner, got {told}"
    )
    place.registry.rollback()
    assert TAUGHT not in said(server)
