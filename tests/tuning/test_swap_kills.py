"""Adapters swapped in a server at work, by a process that is killed at random, and the server killed too.

Every request is answered, each by one whole version; what serves afterwards is what the registry says.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import pytest
from sqlmodel import col, select
from torch import nn
from websockets.exceptions import ConnectionClosed

from cellwright.engine import Engine
from cellwright.feedback.store import FeedbackStore
from cellwright.feedback.tables import RequestRow
from cellwright.protocol import answers as a
from cellwright.protocol import handshake as h
from cellwright.protocol import requests as r
from cellwright.protocol import workbooks as w
from cellwright.registry import find_model
from cellwright.registry.versions import Registry, Version
from cellwright_tuning.tenant.lora import Tuner
from cellwright_tuning.tenant.recipe import AdapterShape
from cellwright_tuning.tenant.run import default_checkpoint
from tests.server.client import TestPane, connected, new_id
from tests.server.test_resilience import Served

VERSIONS = ("one", "two", "three")
KILLED_SWAPS = 30
KILLED_SERVERS = 5
PANES = 3
SWAPPER = """
import random, sys
from pathlib import Path
from cellwright.errors import UsageError
from cellwright.registry.versions import Registry
registry, chance = Registry(Path(sys.argv[1]), "default"), random.Random(int(sys.argv[2]))
print("ready", flush=True)
while True:
    name, share = chance.choice(("one", "two", "three")), chance.choice((0.25, 0.5, 1.0, 1.0))
    try:
        registry.rollback() if chance.random() < 0.3 else registry.promote(name, share)
    except UsageError:
        pass  # it serves already, or there is nothing to go back to
"""


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        server = Served(tmp_path / "home", probe.getsockname()[1], model=str(find_model()))
    make_versions(Registry(server.home, "default"))
    server.boot()
    yield server
    if server.process is not None and server.process.poll() is None:
        server.end(signal.SIGTERM)


def make_versions(registry: Registry) -> None:
    """Three adapters of the served model that say different things."""
    with Engine.open(find_model()) as engine:
        base = engine.name
    for name in VERSIONS:
        tuner = Tuner(default_checkpoint(), AdapterShape(rank=4, alpha=8))
        for parameter_name, parameter in tuner.model.named_parameters():
            if "lora_B" in parameter_name:
                nn.init.normal_(parameter, std=0.02)
        prepared = registry.folder / f"new-{name}"
        tuner.save(prepared / "adapter")
        registry.add(Version(name, "2026-11-28", base=base), prepared)


@dataclass
class Asking:
    """Panes that ask without a pause until they are told to end."""

    served: Served
    is_over: bool = False
    asked: int = 0
    ended: Counter[str] = field(default_factory=Counter)
    shown: set[str] = field(default_factory=set)

    async def pane(self, number: int) -> None:
        """One person's: a lost line is opened again, and what was asked over it is asked again."""
        while not self.is_over:
            with contextlib.suppress(ConnectionClosed, OSError):
                async with connected(self.served.url, self.served.token, pane_id=f"pane-{number}") as pane:
                    await self._ask(pane, number)
            await asyncio.sleep(0.05)

    async def _ask(self, pane: TestPane, number: int) -> None:
        book = f"book-{number}"
        rows: list[list[str | float | None]] = [["team", "cost", "share", "part"]]
        rows += [[f"crew {number} {i}", 100.0 * i, 0.5, None] for i in range(4)]
        await pane.open_pushed(
            book, w.Block(sheet="T", range="A1:D5", values=rows, formulas=[[None] * 4] * 5)
        )
        while not self.is_over:
            request = r.Suggest(
                id=new_id(), workbook_id=book, revision=1, target="T!D2", include_unlikely=True
            )
            self.asked += 1
            await pane.send(request)
            self.ended[await asyncio.wait_for(self._end(pane, request.id), 60)] += 1

    async def _end(self, pane: TestPane, request_id: str) -> str:
        while True:
            message = await pane.next()
            if isinstance(message, a.CandidateFound):
                self.shown.add(message.suggestion.id)
            if isinstance(message, a.Result) and message.request_id == request_id:
                return message.status
            if isinstance(message, h.ErrorMessage):
                return message.code


def swap_and_kill(home: Path, seed: int) -> None:
    """A process that promotes, starts canaries and rolls back as fast as it can, killed at some moment."""
    command = [sys.executable, "-c", SWAPPER, str(home), str(seed)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    time.sleep(Random(seed).uniform(0.0, 0.4))
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()


def latest_version(store: FeedbackStore) -> str | None:
    """The version that answered the latest request."""
    with store.database.reading() as session:
        query = select(RequestRow.adapter).order_by(col(RequestRow.created).desc()).limit(1)
        return session.exec(query).one()


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_swaps_killed_at_random_while_a_server_answers(served: Served) -> None:
    registry = Registry(served.home, "default")

    async def storm() -> Asking:
        asking = Asking(served)
        panes = [asyncio.create_task(asking.pane(number)) for number in range(PANES)]
        lost = 0
        for seed in range(KILLED_SWAPS):
            before = asking.ended.total()
            await asyncio.to_thread(swap_and_kill, served.home, seed)
            state = registry.state()  # raises where it is not whole
            assert {state.current, state.canary, *state.earlier} <= {None, *VERSIONS}
            if seed % (KILLED_SWAPS // KILLED_SERVERS) == 0:
                served.end(signal.SIGKILL)
                await asyncio.to_thread(served.boot)
                lost += PANES
            until = time.monotonic() + 60
            while asking.ended.total() < before + PANES and time.monotonic() < until:
                assert not any(pane.done() for pane in panes), "a pane failed"
                await asyncio.sleep(0.02)
            assert asking.ended.total() >= before + PANES, "the server answers no more"
        asking.is_over = True
        await asyncio.gather(*panes)
        assert asking.asked - asking.ended.total() <= lost, "a request that got no answer"
        return asking

    asking = asyncio.run(storm())
    # A machine at its limit says so, and a pane asks again.
    assert set(asking.ended) <= {"complete", "busy"}, asking.ended
    assert asking.ended["complete"] >= 0.9 * asking.ended.total()

    with contextlib.suppress(Exception):
        registry.rollback()
    registry.promote("one" if registry.state().current != "one" else "two")
    now = registry.state().current

    async def once() -> None:
        async with connected(served.url, served.token) as pane:
            block = w.Block(
                sheet="T", range="A1:B2", values=[["a", "b"], [1.0, None]], formulas=[[None] * 2] * 2
            )
            book = new_id()
            await pane.open_pushed(book, block)
            await pane.suggest(book, "T!B2", include_unlikely=True)

    asyncio.run(once())
    served.end(signal.SIGTERM)
    store = FeedbackStore(f"sqlite:///{served.home / 'feedback.db'}")
    try:
        assert latest_version(store) == now
        with store.database.reading() as session:
            answered = Counter(session.exec(select(RequestRow.adapter)))
        assert {name for name in answered if name} == set(VERSIONS), answered
        for suggestion_id in asking.shown:
            store.find(suggestion_id)  # raises where what a pane was shown is not in the store
        print(f"{asking.ended.total()} requests answered, {KILLED_SWAPS} swaps killed, by version {answered}")
    finally:
        store.close()
